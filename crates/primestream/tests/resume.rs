//! Containers, primes and factors that are cut short and go on: what arrives is what would have arrived.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream::container::{Found, contents};
use primestream::prelude::*;
use primestream_codec::container::{decode_all, encode_all};
use primestream_engine::checkpoint::{Directory, Every};
use primestream_engine::files::{ReplayFile, TransactionalFile};
use primestream_engine::{Pipeline, Weigh};

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("primestream-resume-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Lets items pass until so many have.
fn cut<T>(stream: Stream<T>, items: u64) -> Stream<T>
where
    T: Weigh + Send + 'static,
{
    let left = Arc::new(AtomicU64::new(items));
    stream
        .try_map(move |item| {
            let left = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if left == Ok(1) { Err(std::io::Error::other("cut short")) } else { Ok(item) }
        })
        .boxed()
}

/// Runs what `make` makes, cut short after more and more items, until it comes through; returns how often it was cut.
fn until_through(state: &Path, make: impl Fn(u64) -> Pipeline) -> u32 {
    let mut items = 7;
    for cuts in 0.. {
        let store = Directory::open(state).unwrap();
        match make(items).checkpoint(Every::items(9), store).exactly_once().threads(2).run() {
            Ok(_) => return cuts,
            Err(error) => assert!(error.to_string().contains("cut short"), "{error}"),
        }
        items += 30;
    }
    unreachable!("each run has more time than the one before")
}

fn content(kind: Units, bytes: usize) -> Vec<u8> {
    match kind {
        Units::Utf16 => "naïve 😀 текст\n".repeat(bytes / 24).into_bytes(),
        _ => (0..bytes).map(|n| ((n * n) >> 5).to_le_bytes()[0]).collect(),
    }
}

fn settings() -> Vec<(&'static str, Settings)> {
    let small = Settings::default().with_frame_blocks(4).unwrap();
    vec![
        ("uor", small),
        ("text", small.with_units(Units::Utf16)),
        ("compressed", small.with_compression(Compression::Zstd)),
        ("dense", Settings::dense().with_frame_blocks(1).unwrap()),
    ]
}

#[test]
fn a_container_that_is_cut_short_is_encoded_and_decoded_as_if_it_were_not() {
    for (name, settings) in settings() {
        let folder = Folder::new(name);
        let (input, container, output) = (folder.path("in"), folder.path("out.prime"), folder.path("out"));
        let bytes = content(settings.units(), if name == "dense" { 1 << 22 } else { 60_000 });
        std::fs::write(&input, &bytes).unwrap();
        let id = ContainerId([9; 16]);
        let encoded_cuts = until_through(&folder.path("encoding"), |items| {
            let how = Encode { lanes: 2, ..Encode::default() };
            let reader = ReplayFile::open(&input).unwrap();
            let encoded = container::encode(reader, Header::new(settings, id), how);
            cut(encoded, items).write_bytes(TransactionalFile::create(&container))
        });
        let written = std::fs::read(&container).unwrap();
        let reader = std::io::Cursor::new(bytes.clone());
        let calm = container::encode(reader, Header::new(settings, id), Encode::default());
        assert!(written == calm.collect::<Vec<_>>().unwrap().concat(), "{name}");

        let decoded_cuts = until_through(&folder.path("decoding"), |items| {
            let how = Decode { lanes: 2, ..Decode::default() };
            let (_, decoded) = container::decode(ReplayFile::open(&container).unwrap(), how).unwrap();
            cut(decoded, items).write_bytes(TransactionalFile::create(&output))
        });
        assert_eq!(std::fs::read(&output).unwrap(), bytes, "{name}");
        assert!(encoded_cuts.min(decoded_cuts) > 0, "{name}: {encoded_cuts} and {decoded_cuts} cuts");
    }
}

#[test]
fn damage_and_further_containers_are_followed_over_a_cut() {
    let folder = Folder::new("damage");
    let (path, output) = (folder.path("many.prime"), folder.path("told"));
    let settings = Settings::default().with_frame_blocks(2).unwrap();
    let mut bytes = encode_all(&content(Units::Bytes, 5_000), &settings, ContainerId([1; 16])).unwrap();
    let other = encode_all(&content(Units::Bytes, 3_000), &settings, ContainerId([2; 16])).unwrap();
    bytes[9_000] ^= 1;
    bytes.extend(&other);
    let damaged = bytes.len() - other.len() / 2;
    bytes[damaged] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let told = |found: Stream<Found>| {
        found
            .map(|found| match found {
                Found::Symbols { place, first, symbols, .. } => {
                    format!("{} {first:?} {}", place.offset, symbols.len())
                }
                other => format!("{other:?}"),
            })
            .boxed()
    };
    let find = || container::verify(ReplayFile::open(&path).unwrap(), Decode::default()).unwrap().1;
    let calm = told(find()).collect::<Vec<_>>().unwrap();
    assert!(calm.iter().filter(|line| line.contains("Damage")).count() >= 2, "{calm:?}");
    let cuts = until_through(&folder.path("state"), |items| {
        cut(told(find()), items).write_lines(TransactionalFile::create(&output))
    });
    assert!(cuts > 1, "{cuts} cuts");
    let lines: Vec<String> =
        std::fs::read_to_string(&output).unwrap().lines().map(ToOwned::to_owned).collect();
    assert_eq!(lines, calm);
}

#[test]
fn primes_and_factors_go_on_behind_the_last() {
    let folder = Folder::new("numbers");
    let output = folder.path("primes");
    for (name, lanes) in [("one lane", None), ("lanes", Some(2))] {
        let cuts = until_through(&folder.path(name), |items| {
            let primes = match lanes {
                None => primes(1_000_000..1_040_000).boxed(),
                Some(lanes) => primes_in_lanes(1_000_000..1_040_000, lanes),
            };
            cut(primes, items * 40).write_lines(TransactionalFile::create(&output).overwrite())
        });
        let written = std::fs::read_to_string(&output).unwrap();
        let expected: String =
            primestream_primes::primes(1_000_000..1_040_000u64).map(|p| format!("{p}\n")).collect();
        assert!(written == expected && cuts > 1, "{name}, {cuts} cuts");
    }

    let (input, output) = (folder.path("in"), folder.path("factors"));
    let numbers: Vec<u64> = (0..3_000).map(|n| n * n * 977 + 1).collect();
    let lines: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    std::fs::write(&input, lines).unwrap();
    let cuts = until_through(&folder.path("factoring"), |items| {
        let numbers = Stream::lines(ReplayFile::open(&input).unwrap())
            .try_map(|line| Natural::parse_decimal(line.as_bytes()).map(Number));
        let factored = numbers.parallel(2, Order::Input).through(primestream::Factor::new(Effort::Quick));
        cut(factored.map(|answer| answer.factorization.to_string()).boxed(), items * 40)
            .write_lines(TransactionalFile::create(&output))
    });
    let expected: Vec<String> = numbers
        .iter()
        .map(|&n| primestream_primes::factor(&Natural::from(n), Effort::Quick).to_string())
        .collect();
    let written = std::fs::read_to_string(&output).unwrap();
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
    assert!(cuts > 1, "{cuts} cuts");
}

#[test]
fn another_range_of_primes_is_refused() {
    let folder = Folder::new("ranges");
    let run = |range: std::ops::Range<u64>, items| {
        let written =
            cut(primes(range).boxed(), items).write_lines(TransactionalFile::create(folder.path("primes")));
        let store = Directory::open(folder.path("state")).unwrap();
        written.checkpoint(Every::items(9), store).run().map(drop).map_err(|error| error.to_string())
    };
    while Directory::read(folder.path("state")).map_or(true, |stored| stored.is_empty()) {
        assert!(run(10..90_000, 5_000).unwrap_err().contains("cut short"));
    }
    for (range, differs) in [(11..90_000, "10..=89999 and is 11..=89999"), (10..90_001, "and is 10..=90000")]
    {
        let refused = run(range, 0).unwrap_err();
        assert!(refused.contains("the range of primes was ") && refused.contains(differs), "{refused}");
    }
    run(10..90_000, 0).unwrap();
}

#[test]
fn what_a_container_holds_is_all_there_after_a_cut() {
    // The digest of all is compared at the end: of a run that went on it is that of the whole.
    let folder = Folder::new("digest");
    let path = folder.path("one.prime");
    let settings = Settings::default().with_frame_blocks(1).unwrap();
    let whole = content(Units::Bytes, 40_000);
    let bytes = encode_all(&whole, &settings, ContainerId([3; 16])).unwrap();
    assert_eq!(decode_all(&bytes, &Limits::default()).unwrap(), whole);
    std::fs::write(&path, &bytes).unwrap();
    let output = folder.path("out");
    until_through(&folder.path("state"), |items| {
        let (header, found) = container::verify(ReplayFile::open(&path).unwrap(), Decode::default()).unwrap();
        cut(contents(found, header), items * 10).write_bytes(TransactionalFile::create(&output))
    });
    assert_eq!(std::fs::read(&output).unwrap(), whole);
}
