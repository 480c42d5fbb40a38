//! No damaged container is taken for a good one, and every frame that is not damaged is delivered.

use primestream_codec::container::{
    Compression, ContainerError, ContainerId, Continuity, Damage, DamageKind, DecodeError, FrameDecoder,
    FrameReader, HEADER_BYTES, Piece, Positions, Settings, decode_all, encode_symbols,
};
use primestream_codec::{BlockLen, CodewordRun, Limits, Symbols, Units, operation};

/// What a reader that passes over damage makes of a container.
#[derive(Debug, Default)]
struct Survey {
    delivered: Vec<(u64, Symbols)>,
    /// Frames named by some damage.
    named: Vec<u64>,
    kinds: Vec<DamageKind>,
    is_complete: bool,
    /// Containers behind the first.
    members: u64,
}

fn survey(container: &[u8]) -> Result<Survey, ContainerError> {
    let limits = Limits { frame_bytes_max: 1 << 20, ..Limits::default() };
    let mut reader = FrameReader::open(container, limits)?;
    let mut decoder = FrameDecoder::new(reader.header(), limits);
    let mut continuity = Continuity::new(reader.header());
    let mut symbols = Symbols::new(reader.header().settings().units());
    let mut found = Survey::default();
    let mut is_complete = true;
    while let Some(piece) = reader.next_piece()? {
        let damages = match piece {
            Piece::Frame(frame) => match decoder.decode(&frame, &mut symbols) {
                Ok(()) => match continuity.admit(&frame.place(), symbols.as_ref()) {
                    Ok(before) => {
                        found.delivered.push((frame.number(), symbols.clone()));
                        before.into_iter().collect()
                    }
                    Err(refused) => vec![refused],
                },
                Err(damage) => {
                    continuity.damaged(&frame.place()).into_iter().chain([damage.summary()]).collect()
                }
            },
            Piece::End(end) => continuity.end(&end),
            Piece::Damage(damage) => {
                continuity.broken();
                vec![damage]
            }
            Piece::Member { header, .. } => {
                found.members += 1;
                is_complete &= continuity.is_complete();
                decoder = FrameDecoder::new(&header, limits);
                continuity = Continuity::new(&header);
                vec![]
            }
            _ => unreachable!("no other piece exists"),
        };
        for damage in damages {
            let count = if let DamageKind::Lost { count } = damage.kind { count } else { 1 };
            found.named.extend(damage.frame.into_iter().flat_map(|first| first..first + count));
            found.kinds.push(damage.kind);
        }
    }
    found.is_complete = is_complete && continuity.is_complete();
    Ok(found)
}

fn small(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}

/// A small container, where its frames lie, and what is in them.
struct Sample {
    bytes: Vec<u8>,
    /// Starts of the frames, the end frame's and the end included.
    starts: Vec<usize>,
    contents: Vec<Symbols>,
}

impl Sample {
    fn new(settings: Settings, symbols: &Symbols, id: u8) -> Self {
        let bytes = encode_symbols(symbols.as_ref(), &settings, ContainerId([id; 16])).expect("small");
        let mut reader = FrameReader::open(bytes.as_slice(), Limits::default()).expect("a container");
        let mut starts = vec![HEADER_BYTES];
        while reader.next_piece().expect("in memory").is_some() {
            starts.push(usize::try_from(reader.offset()).expect("small"));
        }
        let contents =
            symbols.as_ref().pieces(settings.frame_symbols()).map(|piece| piece.to_symbols()).collect();
        let sample = Self { bytes, starts, contents };
        assert_eq!(sample.starts.len(), sample.contents.len() + 2);
        assert!(survey(&sample.bytes).expect("a container").is_complete);
        sample
    }

    /// Returns the bytes of a frame; the one after the last content frame is the end frame.
    fn frame(&self, frame: usize) -> &[u8] {
        &self.bytes[self.starts[frame]..self.starts[frame + 1]]
    }

    fn frames(&self) -> usize {
        self.contents.len()
    }

    fn frame_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Puts frames together in another order.
    fn assembled(&self, order: &[usize]) -> Vec<u8> {
        let mut bytes = self.bytes[..HEADER_BYTES].to_vec();
        order.iter().for_each(|&frame| bytes.extend_from_slice(self.frame(frame)));
        bytes
    }

    /// Checks that exactly the frames not in `damaged` are delivered, each as it was, and the others named.
    fn check(&self, bytes: &[u8], damaged: &[usize], what: &str) {
        let found = survey(bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(!found.is_complete, "{what}: taken for good");
        self.check_delivered(&found, what);
        let delivered: Vec<usize> = found.delivered.iter().map(|(frame, _)| small(*frame)).collect();
        let good: Vec<usize> = (0..self.frames()).filter(|frame| !damaged.contains(frame)).collect();
        assert_eq!(delivered, good, "{what}: {:?}", found.kinds);
        for frame in damaged.iter().filter(|&&frame| frame < self.frames()) {
            assert!(
                found.named.contains(&(*frame as u64)),
                "{what}: frame {frame} not named in {:?}",
                found.kinds
            );
        }
    }

    fn check_delivered(&self, found: &Survey, what: &str) {
        for (number, symbols) in &found.delivered {
            assert_eq!(self.contents.get(small(*number)), Some(symbols), "{what}: frame {number} is another");
        }
    }
}

fn samples() -> Vec<Sample> {
    let bytes = Symbols::Bytes(b"It was the best of times, it was the worst of times \x00\xFF\x07".to_vec());
    let units =
        Symbols::Utf16("Hello, world! \u{1F600} na\u{EF}ve, \u{4E16}\u{754C}".encode_utf16().collect());
    let base = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(2).expect("two blocks");
    let dense = Settings::dense().with_frame_blocks(1).expect("one block");
    let three_frames: Vec<u8> = (0..600_u32).map(|i| ((i * i) >> 5).to_le_bytes()[0]).collect();
    let mut program = CodewordRun::new();
    for operand in 0..40 {
        program.push(&operation(2, Some(operand)).expect("small"));
    }
    let longer =
        base.with_block_len(BlockLen::try_new(17).expect("8 to 256")).with_frame_blocks(1).expect("one");
    [
        (base, bytes.clone()),
        (longer, bytes.clone()),
        (base.with_compression(Compression::Zstd), bytes.clone()),
        (base.with_positions(Positions::Global), bytes.clone()),
        (base.with_units(Units::Utf16), units.clone()),
        (longer.with_units(Units::Utf16).with_compression(Compression::Zstd), units),
        (Settings::default(), bytes),
        (Settings::default(), Symbols::Bytes(Vec::new())),
        (Settings::dense(), Symbols::Bytes(b"squarefree".to_vec())),
        (dense.with_compression(Compression::Zstd), Symbols::Bytes(three_frames.clone())),
        (dense, Symbols::Bytes(three_frames)),
        (base.with_units(Units::Codewords), Symbols::Codewords(program)),
    ]
    .into_iter()
    .zip(1..)
    .map(|((settings, symbols), id)| Sample::new(settings, &symbols, id))
    .collect()
}

#[test]
fn every_flipped_bit_is_detected_and_its_frame_named() {
    let mut flips = 0;
    for sample in samples() {
        for bit in 0..sample.bytes.len() * 8 {
            let mut bytes = sample.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            flips += 1;
            if bit / 8 < HEADER_BYTES {
                assert!(survey(&bytes).is_err(), "header bit {bit}");
            } else {
                sample.check(&bytes, &[sample.frame_at(bit / 8)], &format!("bit {bit}"));
            }
        }
    }
    assert!(flips > 8 * 8 * 1024, "{flips} flips are too few");
}

#[test]
fn every_truncation_is_detected() {
    for sample in samples() {
        for len in 0..sample.bytes.len() {
            let bytes = &sample.bytes[..len];
            if len < HEADER_BYTES {
                assert!(matches!(survey(bytes), Err(ContainerError::HeaderCut { .. })), "{len} bytes");
                continue;
            }
            let found = survey(bytes).expect("a header");
            assert!(!found.is_complete, "{len} bytes taken for good");
            assert!(found.kinds.contains(&DamageKind::Incomplete), "{len} bytes");
            let whole = sample.starts[1..=sample.frames()].iter().filter(|&&end| end <= len).count();
            assert_eq!(found.delivered.len(), whole, "{len} bytes");
            sample.check_delivered(&found, &format!("{len} bytes"));
        }
    }
}

#[test]
fn frames_out_of_place_are_detected() {
    for sample in samples().iter().filter(|sample| sample.frames() >= 3) {
        let count = sample.frames();
        let order: Vec<usize> = (0..=count).collect();
        for frame in 0..=count {
            let mut dropped = order.clone();
            dropped.remove(frame);
            let missing = if frame == count { vec![] } else { vec![frame] };
            sample.check(&sample.assembled(&dropped), &missing, &format!("dropped {frame}"));
            for place in 0..=count + 1 {
                let mut repeated = order.clone();
                repeated.insert(place, frame);
                let found = survey(&sample.assembled(&repeated)).expect("a header");
                assert!(!found.is_complete, "{frame} repeated at {place}");
                sample.check_delivered(&found, "repeated");
            }
            for other in 0..frame {
                let mut swapped = order.clone();
                swapped.swap(frame, other);
                let found = survey(&sample.assembled(&swapped)).expect("a header");
                assert!(!found.is_complete, "{frame} and {other} swapped");
                sample.check_delivered(&found, "swapped");
            }
        }
    }
}

/// An index frame put in front of a content frame, all lengths and counts as they were, was read as if nothing had
/// happened: its checksum fits, and nobody asked whether it stands behind the frames it names.
#[test]
fn an_index_frame_out_of_place_is_detected() {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let whole =
        encode_symbols(b"sixteen bytes, and one more".as_slice().into(), &settings, ContainerId([1; 16]))
            .expect("small");
    let (first, index) = (HEADER_BYTES, whole.len() - 100 - (36 + 24 + 4 * 4));
    let second = first + 36 + small(u32::from_le_bytes(whole[80..84].try_into().expect("four")).into());
    for at in [first, second] {
        let moved =
            [&whole[..at], &whole[index..whole.len() - 100], &whole[at..index], &whole[whole.len() - 100..]];
        let found = survey(&moved.concat()).expect("a header");
        assert!(!found.is_complete, "moved to {at}");
        assert_eq!((found.delivered.len(), found.kinds), (4, vec![DamageKind::Displaced]));
    }
}

#[test]
fn frames_of_another_container_are_detected() {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let ours = Sample::new(settings, &Symbols::Bytes(vec![1; 40]), 1);
    let theirs = Sample::new(settings, &Symbols::Bytes(vec![2; 40]), 2);
    for frame in 0..=ours.frames() {
        let mut bytes = ours.bytes[..HEADER_BYTES].to_vec();
        for at in 0..=ours.frames() {
            bytes.extend_from_slice(if at == frame { theirs.frame(at) } else { ours.frame(at) });
        }
        ours.check(&bytes, &[frame], &format!("spliced {frame}"));
    }
    let headless = [ours.bytes.as_slice(), &theirs.bytes[HEADER_BYTES..]].concat();
    ours.check(&headless, &[], "frames of another container behind the container");
}

#[test]
fn bytes_lost_or_added_cost_one_frame() {
    for sample in samples().iter().filter(|sample| sample.frames() >= 2) {
        for frame in 0..sample.frames() {
            let (start, end) = (sample.starts[frame], sample.starts[frame + 1]);
            for at in (start..end).step_by(5) {
                for count in [1, 3, 40, 90, 92].into_iter().filter(|count| at + count <= end) {
                    let mut bytes = sample.bytes.clone();
                    bytes.drain(at..at + count);
                    sample.check(&bytes, &[frame], &format!("{count} bytes lost at {at}"));
                }
                let mut bytes = sample.bytes.clone();
                bytes.splice(at..at, [0xF5; 7]);
                // In front of the frame, it is not damaged.
                let damaged = if at == start { vec![] } else { vec![frame] };
                sample.check(&bytes, &damaged, &format!("7 bytes added at {at}"));
            }
        }
    }
}

/// Checks that frames, end frames, headers and damages follow each other without gaps from the header to the end, but for
/// index frames that are good, and that whatever is wrong with a frame names it.
fn places_make_up(bytes: &[u8], what: &str) {
    let limits = Limits { frame_bytes_max: 1 << 20, ..Limits::default() };
    let mut reader = FrameReader::open(bytes, limits).expect("a container");
    let mut at = HEADER_BYTES as u64;
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    while let Some(piece) = reader.next_piece().expect("in memory") {
        let (offset, len) = match &piece {
            Piece::Frame(frame) => (frame.place().offset, frame.stored_bytes()),
            Piece::End(end) => (end.offset, 100),
            Piece::Damage(damage) => (damage.offset, damage.bytes),
            Piece::Member { offset, .. } => (*offset, HEADER_BYTES as u64),
            _ => unreachable!("no other piece exists"),
        };
        while at < offset {
            let start = small(at);
            assert_eq!(bytes[start + 4], INDEX, "{what}: passed over in silence at {at}");
            at += 36 + u64::from(word(start + 16));
        }
        assert_eq!(at, offset, "{what}: {piece:?}");
        if let Piece::Damage(Damage { kind: DamageKind::Broken | DamageKind::Cut, frame, .. }) = piece {
            let start = small(offset);
            let number = u64::from(word(start + 8)) | u64::from(word(start + 12)) << 32;
            assert_eq!(frame, (bytes[start + 4] != INDEX).then_some(number), "{what}: {piece:?}");
        }
        at += len;
    }
    assert_eq!(at, bytes.len() as u64, "{what}: the end");
}

/// The kind of an index frame.
const INDEX: u8 = 3;

#[test]
fn what_is_read_and_what_is_damaged_make_up_the_file() {
    for sample in samples() {
        let (behind, end) = (sample.starts[sample.frames()], sample.bytes.len() - 100);
        for at in (HEADER_BYTES..sample.bytes.len()).step_by(7) {
            for count in [1, 40, 92].into_iter().filter(|count| at + count <= sample.bytes.len()) {
                let mut bytes = sample.bytes.clone();
                bytes.drain(at..at + count);
                places_make_up(&bytes, &format!("{count} bytes lost at {at}"));
            }
            places_make_up(&sample.bytes[..at], &format!("cut at {at}"));
            let mut bytes = sample.bytes.clone();
            bytes.splice(at..at, [0xF5; 70]);
            places_make_up(&bytes, &format!("bytes added at {at}"));
        }
        // Whatever stands behind the end, with something behind that.
        for part in [sample.frame(0), &sample.bytes[behind..end], &sample.bytes[end..], &[7; 50]] {
            let bytes = [&sample.bytes, part, &sample.bytes[end..]].concat();
            places_make_up(&bytes, "behind the end");
            let found = survey(&bytes).expect("a container");
            let is_behind =
                |kind: &DamageKind| matches!(kind, DamageKind::AfterEnd | DamageKind::EndOffset { .. });
            assert!(found.kinds.iter().all(is_behind), "{:?}", found.kinds);
            assert_eq!(found.named.contains(&0), sample.frames() > 0 && part == sample.frame(0));
        }
    }
}

#[test]
fn random_damage_is_detected() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        small(state % end as u64)
    };
    for sample in samples() {
        for round in 0..4000 {
            let mut bytes = sample.bytes.clone();
            let len = bytes.len();
            let at = random(len);
            match round % 5 {
                0 => {
                    // A burst of at most 32 bits.
                    let burst = u32::try_from(random(1 << 31)).expect("31 bits") | 1 << 31;
                    bytes
                        .iter_mut()
                        .skip(at)
                        .zip(burst.to_le_bytes())
                        .for_each(|(byte, change)| *byte ^= change);
                }
                1 => [at, random(len)].iter().for_each(|&at| bytes[at] ^= 1 << (at % 8)),
                2 => bytes.iter_mut().skip(at).take(64).for_each(|byte| *byte = 0),
                3 => {
                    let to = random(len);
                    let sector: Vec<u8> = bytes.iter().skip(at).take(64).copied().collect();
                    bytes.iter_mut().skip(to).zip(sector).for_each(|(byte, from)| *byte = from);
                }
                _ => bytes
                    .iter_mut()
                    .skip(at)
                    .take(1 + round % 30)
                    .for_each(|byte| *byte = byte.wrapping_add(77)),
            }
            if bytes == sample.bytes {
                continue;
            }
            if let Ok(found) = survey(&bytes) {
                assert!(!found.is_complete, "round {round} at {at} taken for good");
                sample.check_delivered(&found, "random damage");
            }
        }
    }
}

#[test]
fn containers_may_stand_one_behind_the_other() {
    let base = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let first = Sample::new(base, &Symbols::Bytes(vec![1; 40]), 1);
    let second = Sample::new(Settings::dense(), &Symbols::Bytes(vec![2; 40]), 2);
    let units = Sample::new(base.with_units(Units::Utf16), &Symbols::Utf16(vec![3; 40]), 3);
    let both = [first.bytes.as_slice(), &second.bytes].concat();
    let content = [vec![1; 40], vec![2; 40]].concat();
    assert_eq!(decode_all(&both, &Limits::default()).expect("two containers"), content);
    let found = survey(&both).expect("a container");
    assert!(found.is_complete && found.members == 1 && found.kinds.is_empty(), "{found:?}");
    let mixed = [both.as_slice(), &units.bytes].concat();
    let error = decode_all(&mixed, &Limits::default()).expect_err("other units");
    let offset = both.len() as u64;
    assert!(
        matches!(error, DecodeError::MemberUnits { offset: at, units: Units::Utf16, .. } if at == offset)
    );

    // Each bit of both: never taken for good, and the frames of the other container are delivered.
    for bit in HEADER_BYTES * 8..both.len() * 8 {
        let mut bytes = both.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let found = survey(&bytes).expect("the first header is good");
        assert!(!found.is_complete, "bit {bit}");
        let in_first = bit / 8 < first.bytes.len();
        let header = !in_first && bit / 8 < first.bytes.len() + HEADER_BYTES;
        assert_eq!(
            found.kinds.contains(&DamageKind::MemberHeader) || found.kinds.contains(&DamageKind::AfterEnd),
            header,
            "bit {bit}: {:?}",
            found.kinds
        );
        let lost = if in_first { usize::from(first.frame_at(bit / 8) < 5) } else { 1 };
        let end = !in_first && bit / 8 >= both.len() - 100;
        assert_eq!(found.delivered.len(), 6 - if end { 0 } else { lost }, "bit {bit}: {:?}", found.kinds);
    }
    let limits = Limits { codewords_listed_max: 3, ..Limits::default() };
    let mut reader = FrameReader::open(both.as_slice(), limits).expect("a container");
    assert_eq!((reader.member_offset(), *reader.limits()), (0, limits));
    let is_member = |piece: &Option<Piece>| matches!(piece, Some(Piece::Member { .. }));
    while !is_member(&reader.next_piece().expect("in memory")) {}
    assert_eq!(reader.member_offset(), first.bytes.len() as u64);
    assert_eq!((reader.header().id(), reader.offset()), (ContainerId([2; 16]), reader.member_offset() + 64));

    // A damaged frame is whole where a container follows it.
    let mut headless = [&first.bytes[..first.starts[1]], &second.bytes].concat();
    headless[first.starts[1] - 5] ^= 1;
    let mut reader = FrameReader::open(headless.as_slice(), Limits::default()).expect("a container");
    assert!(matches!(reader.next_piece(), Ok(Some(Piece::Frame(frame))) if frame.number() == 0));

    // Wherever the first or the second ends too early, both are told.
    for len in HEADER_BYTES..both.len() {
        let found = survey(&both[..len]).expect("a header");
        assert_eq!(found.is_complete, len == first.bytes.len(), "{len} bytes");
    }
    for len in HEADER_BYTES..first.bytes.len() {
        let cut = [&first.bytes[..len], &second.bytes].concat();
        let found = survey(&cut).expect("a header");
        assert!(!found.is_complete && found.members == 1, "{len} bytes: {:?}", found.kinds);
        assert!(found.kinds.contains(&DamageKind::Incomplete), "{len} bytes: {:?}", found.kinds);
        assert_eq!(found.delivered.last().map(|(_, symbols)| symbols), second.contents.last(), "{len} bytes");
    }
}
