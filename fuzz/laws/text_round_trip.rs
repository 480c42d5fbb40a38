//! The law of texts: text, units, codewords, lines and containers go into each other and back, wherever they are cut; and
//! what is no text is named at its place.

use primestream_codec::container::{
    Compression, ContainerId, ContainerWriter, Header, Positions, Settings, decode_symbols, encode_symbols,
};
use primestream_codec::text::{TextError, TextToUnits, UnitsToText};
use primestream_codec::{
    Assembler, BlockLen, Codeword, DecimalEncoder, Event, Flow, Limits, SequenceReader, Symbols, SymbolsRef,
    Units,
};

use crate::draw::Draw;

/// Panics if the law does not hold for some bytes, of which the first few say how they are cut and kept.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let cut = 1 + draw.below(16);
    let block_len = BlockLen::try_new(8 + draw.below(249)).expect("8 to 256");
    let base = Settings::default().with_block_len(block_len).with_frame_blocks(1).expect("one block");
    let settings = match draw.below(4) {
        0 => base.with_positions(Positions::Global),
        1 => base.with_compression(Compression::Zstd),
        2 => Settings::dense().with_frame_blocks(1).expect("one block"),
        _ => base,
    };
    let text = draw.bytes(TEXT_BYTES_MAX);
    comes_back(text.into(), &settings, cut);
    // The same bytes as units, whatever halves of pairs they hold.
    let (pairs, _) = text.as_chunks::<2>();
    let any: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let of_units = if settings.with_units(Units::Utf16).units() == Units::Utf16 { settings } else { base };
    comes_back(any.as_slice().into(), &of_units.with_units(Units::Utf16), cut);
    is_text_or_named(&any, cut);

    let (mut to_units, mut units) = (TextToUnits::default(), Vec::new());
    let pushed = text
        .chunks(cut)
        .try_for_each(|piece| to_units.push(piece, &mut units))
        .and_then(|()| to_units.finish());
    match std::str::from_utf8(text) {
        Ok(text) => {
            assert!(pushed == Ok(()) && text.encode_utf16().eq(units.iter().copied()));
            comes_back(units.as_slice().into(), &of_units.with_units(Units::Utf16), cut);
            is_text_or_named(&units, cut);
        }
        Err(error) => {
            let offset = error.valid_up_to() as u64;
            let expected = match error.error_len() {
                Some(_) => TextError::InvalidUtf8 { offset },
                None => TextError::CutCharacter { offset },
            };
            assert_eq!(pushed, Err(expected));
            let good = std::str::from_utf8(&text[..error.valid_up_to()]).expect("valid up to here");
            assert!(good.encode_utf16().eq(units.iter().copied()), "what comes before is delivered");
        }
    }
}

/// Turns units into text in pieces, and compares with the library's own.
fn is_text_or_named(units: &[u16], cut: usize) {
    let (mut to_text, mut text) = (UnitsToText::default(), String::new());
    let pushed = units
        .chunks(cut)
        .try_for_each(|piece| to_text.push(piece, &mut text))
        .and_then(|()| to_text.finish());
    let mut good = String::new();
    let mut index = 0;
    let lone = char::decode_utf16(units.iter().copied()).find_map(|character| match character {
        Ok(character) => {
            good.push(character);
            index += character.len_utf16() as u64;
            None
        }
        Err(_) => Some(TextError::LoneSurrogate { index }),
    });
    assert_eq!((pushed, text), (lone.map_or(Ok(()), Err), good));
}

/// Writes symbols as a container and as both flows of lines, cut and whole, and reads them back.
fn comes_back(symbols: SymbolsRef<'_>, settings: &Settings, cut: usize) {
    let id = ContainerId([8; 16]);
    let whole = encode_symbols(symbols, settings, id).expect("these units");
    let mut writer = ContainerWriter::new(Vec::new(), Header::new(*settings, id)).expect("in memory");
    symbols.pieces(cut).for_each(|piece| writer.write(piece).expect("in memory"));
    assert_eq!(writer.finish().expect("in memory"), whole, "how it was handed over shows");
    let again = decode_symbols(whole.as_slice(), &Limits::default()).expect("it was encoded");
    assert_eq!(again.as_ref(), symbols);

    let (mut encoder, mut lines, mut count) = (DecimalEncoder::new(id.0), Vec::new(), 0);
    for block in symbols.pieces(settings.block_len().get()) {
        encoder.encode_block(count, block, &mut lines).expect("a short block");
        count += 1;
    }
    encoder.encode_end(count, symbols.len() as u64, &mut lines);
    assert!(assembled(&lines, Flow::Blocks, symbols.units()) == symbols.to_symbols());
    if !symbols.is_empty() {
        lines.clear();
        encoder.encode_bare(0, symbols, &mut lines).expect("few symbols");
        assert!(assembled(&lines, Flow::Bare, symbols.units()) == symbols.to_symbols());
    }
}

/// Reads lines, and expects nothing wrong with them.
fn assembled(lines: &[u8], flow: Flow, units: Units) -> Symbols {
    let limits = Limits::default();
    let mut assembler = Assembler::new(units, [8; 16], &limits);
    let (mut reader, mut events) = (SequenceReader::new(limits), Vec::new());
    for (place, line) in (0..).zip(lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())) {
        let codeword = Codeword::parse_decimal(line).expect("digits");
        assembler.push(place, &reader.read(codeword.as_natural()), &mut events);
    }
    let summary = assembler.finish(&mut events);
    assert!(summary.is_undamaged() && summary.flow == Some(flow), "{summary:?}");
    assert_eq!(summary.is_verified(), flow == Flow::Blocks);
    let mut symbols = Symbols::new(units);
    for event in events {
        let Event::Symbols(own) = event else { panic!("{event:?}") };
        assert!(symbols.extend(own.as_ref()));
    }
    symbols
}

/// Longer texts repeat what shorter ones show.
const TEXT_BYTES_MAX: usize = 128;
