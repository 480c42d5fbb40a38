//! Reading never holds more memory than its limits say, whatever the bytes claim.

use primestream_codec::container::{
    Compression, ContainerId, FrameDecoder, FrameReader, Header, Piece, Settings, encode_all,
};
use primestream_codec::{Limits, Symbols, Units};

#[path = "../../../fuzz/laws/counting.rs"]
mod counting;

/// Reads everything, good or bad, and returns the most that was held above what was held before.
fn peak_of(bytes: &[u8], limits: Limits) -> usize {
    let read_through = || {
        let Ok(mut reader) = FrameReader::open(bytes, limits) else { return };
        let mut decoder = FrameDecoder::new(reader.header(), limits);
        let mut symbols = Symbols::new(Units::Bytes);
        while let Ok(Some(piece)) = reader.next_piece() {
            if let Piece::Frame(frame) = piece {
                let _ = decoder.decode(&frame, &mut symbols);
            }
        }
    };
    counting::peak_of(read_through).1
}

/// A frame header whose checksum fits.
fn claim(id: ContainerId, flags: u8, lens: [u32; 3]) -> Vec<u8> {
    let mut head = vec![0xF5, 0x70, 0x66, 0x9E, 1, flags, 0, 0];
    head.extend(0_u64.to_le_bytes());
    head.extend(lens.iter().flat_map(|len| len.to_le_bytes()));
    let crc = crc32fast::hash(&[id.0.as_slice(), &head].concat());
    head.extend(crc.to_le_bytes());
    head
}

#[test]
fn peak_allocation_stays_below_the_limits() {
    let id = ContainerId([4; 16]);
    let settings = Settings::default().with_compression(Compression::Zstd);
    let limits = Limits { frame_bytes_max: 1 << 19, codewords_listed_max: 64, ..Limits::default() };
    let content: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let good = encode_all(&content, &settings, id).expect("small");
    // The tables that all share are made once and are not part of what a reader holds.
    peak_of(&good, limits);
    assert!(primestream_primes::table::prime(primestream_primes::table::TABLE_LEN - 1).is_some());
    let allowed = limits.memory_bytes_max() + (64 << 10);

    let header = Header::new(settings, id).to_bytes();
    let zeros = zstd::bulk::compress(&vec![0; 1 << 19], 1).expect("in memory");
    let mut hostile: Vec<Vec<u8>> = vec![good.clone(), content.clone(), header.to_vec()];
    for len in [1 << 10, 1 << 19, (1 << 19) + 1, 1 << 26, 1 << 31, u32::MAX] {
        for symbols in [1, 16_384, u32::MAX] {
            for flags in [0, 2, 1] {
                let stored = if flags == 2 { u32::try_from(zeros.len()).expect("small") } else { len };
                let mut bytes = header.to_vec();
                bytes.extend(claim(id, flags, [stored, len, symbols]));
                bytes.extend(&zeros);
                hostile.push([bytes.clone(), claim(id, 0, [len, len, symbols]).repeat(3000)].concat());
                hostile.push(bytes);
            }
        }
    }
    // Damage of every kind in a container of several frames.
    for at in (64..good.len()).step_by(good.len() / 40) {
        let mut changed = good.clone();
        changed[at] ^= 4;
        hostile.push(changed);
        let mut shorter = good.clone();
        shorter.drain(at..(at + 1000).min(good.len()));
        hostile.push(shorter);
    }
    for (bytes, case) in hostile.iter().zip(0..) {
        let peak = peak_of(bytes, limits);
        assert!(peak <= allowed, "case {case}: {peak} bytes held, {allowed} allowed");
    }
}

#[test]
fn no_file_that_is_kept_needs_more() {
    let limits = Limits { frame_bytes_max: 1 << 13, codewords_listed_max: 8, ..Limits::default() };
    let allowed = limits.memory_bytes_max() + (64 << 10);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let folders = |path: &std::path::Path| {
        std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path())
    };
    let files = folders(&root).flat_map(|version| {
        folders(&version).filter(|path| path.is_dir()).flat_map(|kind| folders(&kind)).collect::<Vec<_>>()
    });
    let mut count = 0;
    for file in files {
        let bytes = std::fs::read(&file).expect("a file");
        // The first time makes the tables that all share.
        peak_of(&bytes, limits);
        let peak = peak_of(&bytes, limits);
        assert!(peak <= allowed, "{}: {peak} bytes held, {allowed} allowed", file.display());
        count += 1;
    }
    assert!(count >= 100, "{count} files");
}
