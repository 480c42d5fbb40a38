//! Files that were written once and are read ever after: good ones come out as they went in, bad ones are refused
//! with the same words at the same place. `cargo xtask golden` writes those of this version; those of a version that was
//! released stay.

mod bad;
mod forge;
mod good;

use std::fs;
use std::path::{Path, PathBuf};

use primestream_codec::container::{
    ContainerError, ContentDigest, Continuity, DecodeError, FrameDecoder, FrameReader, Piece, decode_symbols,
};
use primestream_codec::{Limits, Symbols, Units};

/// Where the files of all versions are.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The version that writes.
const THIS: &str = "v0.1";

fn digest(symbols: &Symbols) -> String {
    let mut digest = ContentDigest::default();
    digest.update(symbols.as_ref());
    digest.finish().0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn units(symbols: &Symbols) -> &'static str {
    match symbols.units() {
        Units::Utf16 => "utf16",
        Units::Codewords => "codewords",
        _ => "bytes",
    }
}

/// What a file is known to be: a line of a table.
struct Row {
    folder: PathBuf,
    fields: Vec<String>,
}

impl Row {
    fn bytes(&self) -> Vec<u8> {
        let path = self.folder.join(format!("{}.prime", self.fields[0]));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// The rows of one table in every version.
fn rows(kind: &str) -> Vec<Row> {
    let versions = fs::read_dir(root()).expect("a folder for each version");
    let folders = versions.map(|version| version.expect("a folder").path());
    folders
        .flat_map(|folder| {
            let table = fs::read_to_string(folder.join(format!("{kind}.tsv"))).expect("a table");
            let folder = folder.join(kind);
            let files = fs::read_dir(&folder).expect("files beside their table").count();
            assert_eq!(files, table.lines().skip(1).count(), "{}: a row for each file", folder.display());
            let rows = table.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect());
            rows.map(|fields| Row { folder: folder.clone(), fields }).collect::<Vec<_>>()
        })
        .collect()
}

/// Writes the files of this version if it is asked for.
#[test]
fn files_of_this_version_are_written_as_ever() {
    let folder = root().join(THIS);
    let (good, bad) = (good::all(), bad::all());
    assert!(good.len() >= 40 && bad.len() >= 60, "{} good, {} bad", good.len(), bad.len());
    if std::env::var_os("PRIMESTREAM_WRITE_GOLDEN").is_some() {
        write(&folder, &good, &bad);
    }
    for file in good.iter().filter(|file| file.is_exact) {
        let there = fs::read(folder.join("good").join(format!("{}.prime", file.name))).expect("a file");
        assert!(there == file.bytes, "{}: the same content is written otherwise", file.name);
    }
}

fn write(folder: &Path, good: &[good::Good], bad: &[bad::Bad]) {
    let mut tables =
        ["name\tunits\tsymbols\tdigest\n".to_owned(), "name\toffset\tdelivered\terror\n".to_owned()];
    for kind in ["good", "bad"] {
        fs::create_dir_all(folder.join(kind)).expect("a folder");
    }
    for file in good {
        fs::write(folder.join("good").join(format!("{}.prime", file.name)), &file.bytes).expect("a file");
        let content = &file.content;
        let row = format!("{}\t{}\t{}\t{}\n", file.name, units(content), content.len(), digest(content));
        tables[0].push_str(&row);
    }
    for file in bad {
        fs::write(folder.join("bad").join(format!("{}.prime", file.name)), &file.bytes).expect("a file");
        let delivered = file.delivered.map_or("-".to_owned(), |symbols| symbols.to_string());
        tables[1].push_str(&format!("{}\t{}\t{delivered}\t{}\n", file.name, file.offset, file.error));
    }
    fs::write(folder.join("good.tsv"), &tables[0]).expect("a table");
    fs::write(folder.join("bad.tsv"), &tables[1]).expect("a table");
}

#[test]
fn good_files_come_out_as_they_went_in() {
    let rows = rows("good");
    assert!(rows.len() >= 40, "{} files", rows.len());
    for row in rows {
        let content = decode_symbols(row.bytes().as_slice(), &Limits::default());
        let content = content.unwrap_or_else(|error| panic!("{}: {error}", row.fields[0]));
        let found = [units(&content).to_owned(), content.len().to_string(), digest(&content)];
        assert_eq!(row.fields[1..], found, "{}", row.fields[0]);
    }
}

#[test]
fn bad_files_are_refused_with_place_and_reason() {
    let rows = rows("bad");
    assert!(rows.len() >= 60, "{} files", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let bytes = row.bytes();
            let (offset, error) = first_fault(&bytes);
            let delivered = delivered(&bytes).map_or("-".to_owned(), |symbols| symbols.to_string());
            let found = [row.fields[0].clone(), offset.to_string(), delivered, error];
            (row.fields[..] != found).then(|| format!("expected {:?}\n   found {found:?}", row.fields))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a reader that stops at the first fault says.
fn first_fault(bytes: &[u8]) -> (u64, String) {
    match decode_symbols(bytes, &Limits::default()).expect_err("a bad file") {
        DecodeError::Container(error) => (place_of(&error), error.to_string()),
        DecodeError::Damage(damage) => (damage.offset, damage.kind.to_string()),
        DecodeError::Frame(damage) => (damage.offset, damage.fault.to_string()),
        error @ DecodeError::MemberUnits { offset, .. } => (offset, error.to_string()),
        error => panic!("{error}"),
    }
}

const fn place_of(error: &ContainerError) -> u64 {
    match error {
        ContainerError::NewerFeature { offset, .. } | ContainerError::Io { offset, .. } => *offset,
        _ => 0,
    }
}

/// How many symbols a reader delivers that passes over damage, if it can read on.
fn delivered(bytes: &[u8]) -> Option<u64> {
    let limits = Limits::default();
    let mut reader = FrameReader::open(bytes, limits).ok()?;
    let mut decoder = FrameDecoder::new(reader.header(), limits);
    let mut continuity = Continuity::new(reader.header());
    let first = reader.header().settings().units();
    let (mut symbols, mut delivered) = (Symbols::new(first), 0);
    while let Some(piece) = reader.next_piece().ok()? {
        match piece {
            Piece::Frame(frame) if decoder.decode(&frame, &mut symbols).is_ok() => {
                let is_admitted = continuity.admit(&frame.place(), symbols.as_ref()).is_ok();
                delivered += if is_admitted && symbols.units() == first { symbols.len() as u64 } else { 0 };
            }
            Piece::Frame(frame) => drop(continuity.damaged(&frame.place())),
            Piece::Member { header, .. } => {
                decoder = FrameDecoder::new(&header, limits);
                continuity = Continuity::new(&header);
            }
            Piece::End(end) => drop(continuity.end(&end)),
            _ => continuity.broken(),
        }
    }
    Some(delivered)
}
