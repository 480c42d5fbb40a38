//! Containers of every kind a writer can make, each with its content.

use primestream_codec::container::{
    Compression, ContainerId, ContainerWriter, Header, Positions, Settings, encode_symbols,
};
use primestream_codec::{BlockLen, CodewordRun, Symbols, Units, operation};

use super::forge::{Forged, ID};

/// A good file.
pub(crate) struct Good {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) content: Symbols,
    /// Whether it comes out byte for byte the same from any writer: a compressor may write as it likes.
    pub(crate) is_exact: bool,
}

/// Bytes that look random and are always the same.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

pub(crate) fn blocks_of(len: usize, frame_blocks: u32) -> Settings {
    let settings = Settings::default().with_block_len(BlockLen::try_new(len).expect("8 to 256"));
    settings.with_frame_blocks(frame_blocks).expect("some symbols")
}

fn dense(frame_blocks: u32) -> Settings {
    Settings::dense().with_frame_blocks(frame_blocks).expect("some symbols")
}

fn plain(content: &Symbols, settings: Settings, id: ContainerId) -> Vec<u8> {
    let mut writer =
        ContainerWriter::new(Vec::new(), Header::new(settings, id)).expect("memory").without_index();
    writer.write(content.as_ref()).expect("symbols of the kind");
    writer.finish().expect("memory")
}

fn program() -> Symbols {
    let mut run = CodewordRun::new();
    for (opcode, operand) in [(2, Some(2)), (2, Some(40)), (3, None), (5, None), (97, Some(0)), (197, None)] {
        run.push(&operation(opcode, operand).expect("a prime"));
    }
    Symbols::Codewords(run)
}

/// Makes them all.
pub(crate) fn all() -> Vec<Good> {
    let mut files = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, content: Symbols, is_exact| {
        files.push(Good { name: name.to_owned(), bytes, content, is_exact });
    };
    let bytes = |content: &[u8]| Symbols::Bytes(content.to_vec());
    let text = b"It was the best of times, it was the worst of times.";
    let every: Vec<u8> = (0..=255).collect();

    for (name, content, settings) in [
        ("empty", &b""[..], blocks_of(64, 1)),
        ("one-byte", b"x", blocks_of(64, 1)),
        ("zero-byte", &[0], blocks_of(64, 1)),
        ("last-byte-value", &[255], blocks_of(64, 1)),
        ("text", text, blocks_of(64, 1)),
        ("blocks-of-8", text, blocks_of(8, 1)),
        ("blocks-of-9", text, blocks_of(9, 1)),
        ("blocks-of-65", &every[..80], blocks_of(65, 1)),
        ("blocks-of-256", &every, blocks_of(256, 1)),
        ("one-full-block", &text[..8], blocks_of(8, 1)),
        ("one-full-block-and-one-byte", &text[..9], blocks_of(8, 1)),
        ("several-blocks-in-a-frame", text, blocks_of(8, 3)),
        ("exactly-two-frames", &text[..48], blocks_of(8, 3)),
        ("a-frame-that-is-not-full", &text[..20], blocks_of(8, 3)),
        ("every-byte-value", &every, blocks_of(64, 2)),
        ("noise", &noise(100), blocks_of(64, 1)),
        ("exponent-seven", b"Hello, world!", blocks_of(64, 1)),
        ("frame-marker-in-the-content", &[0xF5, 0x70, 0x66, 0x9E, 1, 0, 0, 0], blocks_of(8, 1)),
        ("global-positions", text, blocks_of(8, 1).with_positions(Positions::Global)),
        ("global-positions-empty", b"", blocks_of(8, 1).with_positions(Positions::Global)),
    ] {
        let content = bytes(content);
        let whole = encode_symbols(content.as_ref(), &settings, ID).expect("bytes");
        add(name, whole, content, true);
    }
    for (name, units, settings) in [
        ("utf16", &"naïve 🎈".encode_utf16().collect::<Vec<_>>()[..], blocks_of(8, 1)),
        ("utf16-empty", &[], blocks_of(8, 1)),
        ("utf16-lone-surrogate", &[0xD800, 0x41], blocks_of(8, 1)),
        ("utf16-largest-unit", &[0xFFFF], blocks_of(8, 1)),
        ("utf16-global", &[0x48, 0xD83D, 0xDE00], blocks_of(8, 1).with_positions(Positions::Global)),
    ] {
        let (content, settings) = (Symbols::Utf16(units.to_vec()), settings.with_units(Units::Utf16));
        let whole = encode_symbols(content.as_ref(), &settings, ID).expect("units");
        add(name, whole, content, true);
    }
    for (name, content) in [
        ("dense-empty", &b""[..]),
        ("dense-one-byte", b"x"),
        ("dense-zeros", &[0; 40]),
        ("dense-ones", &[255; 40]),
        ("dense-text", text),
        ("dense-every-byte-value", &every),
        ("dense-noise", &noise(300)),
    ] {
        let content = bytes(content);
        add(name, encode_symbols(content.as_ref(), &dense(1), ID).expect("bytes"), content.clone(), true);
        let (zipped, settings) = (name.to_owned() + "-zstd", dense(1).with_compression(Compression::Zstd));
        add(&zipped, encode_symbols(content.as_ref(), &settings, ID).expect("bytes"), content, false);
    }
    for (name, content, settings) in [
        ("zstd-text", &text.repeat(2)[..], blocks_of(64, 2)),
        ("zstd-empty", b"", blocks_of(64, 2)),
        ("zstd-one-byte-that-stays-as-it-is", b"x", blocks_of(8, 1)),
        ("zstd-several-frames", &[7; 40], blocks_of(8, 1)),
    ] {
        let (content, settings) = (bytes(content), settings.with_compression(Compression::Zstd));
        add(name, encode_symbols(content.as_ref(), &settings, ID).expect("bytes"), content, false);
    }
    let codewords = Settings::default().with_units(Units::Codewords);
    add("program", encode_symbols(program().as_ref(), &codewords, ID).expect("codewords"), program(), true);
    let nothing = Symbols::new(Units::Codewords);
    add("program-empty", encode_symbols(nothing.as_ref(), &codewords, ID).expect("codewords"), nothing, true);

    let content = bytes(text);
    add("without-index", plain(&content, blocks_of(8, 1), ID), content.clone(), true);
    let first = encode_symbols(content.as_ref(), &blocks_of(8, 1), ID).expect("bytes");
    let other = encode_symbols(content.as_ref(), &dense(1), ContainerId([6; 16])).expect("bytes");
    let (again, twice) = (first.clone(), bytes(&text.repeat(2)));
    add("two-containers", [first.clone(), other].concat(), twice.clone(), true);
    add("the-same-container-twice", [first.clone(), again].concat(), twice, true);
    let nothing = encode_symbols(bytes(b"").as_ref(), &blocks_of(8, 1), ContainerId([7; 16])).expect("bytes");
    add("an-empty-container-behind-another", [first, nothing].concat(), content.clone(), true);
    add("an-unknown-optional-frame", with_optional(&plain(&content, blocks_of(64, 1), ID)), content, true);
    let settings = dense(1).with_compression(Compression::Zstd);
    let content = bytes(&noise(256 * 3));
    add(
        "dense-zstd-several-frames",
        encode_symbols(content.as_ref(), &settings, ID).expect("bytes"),
        content,
        false,
    );
    files
}

/// Puts a frame of a kind nobody knows in front of the only one, and moves the end.
fn with_optional(bytes: &[u8]) -> Vec<u8> {
    let (content, end) = bytes.split_at(bytes.len() - 100);
    let optional = Forged { kind: 77, flags: 1, ..Forged::content(b"of a later version", 0) }.bytes();
    let mut payload = end[32..96].to_vec();
    let offset = (content.len() + optional.len()) as u64;
    payload[56..].copy_from_slice(&offset.to_le_bytes());
    let end = Forged { kind: 2, number: 1, ..Forged::content(&payload, 0) }.bytes();
    [&content[..64], &optional, &content[64..], &end].concat()
}
