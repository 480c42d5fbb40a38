//! Files through pipelines that are cut short and go on: what arrives is what would have arrived.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::BufWriter;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream_engine::checkpoint::{Delivery, Directory, Every};
use primestream_engine::files::{PartsFolder, ReplayFile, TransactionalFile};
use primestream_engine::{Boundary, Fixed, LengthPrefix, Order, Pipeline, Rate, Report, Stream};

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("engine-kept-{name}-{}", std::process::id()));
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

/// Fails when it has been asked so often.
#[derive(Clone)]
struct Cut(Arc<AtomicU64>);

impl Cut {
    fn after(items: u64) -> Self {
        Self(Arc::new(AtomicU64::new(items)))
    }

    fn pass<T>(&self, item: T) -> std::io::Result<T> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left == Ok(1) { Err(std::io::Error::other("cut short")) } else { Ok(item) }
    }
}

/// Runs what `make` makes until it comes through, cut short after more and more items; returns the last report and how
/// often it was cut.
fn until_through(state: &Path, make: impl Fn(Cut) -> Pipeline) -> (Report, u32) {
    let mut items = 50;
    for cuts in 0.. {
        let pipeline = make(Cut::after(items)).checkpoint(Every::items(64), Directory::open(state).unwrap());
        assert_eq!(*pipeline.explain().delivery(), Delivery::ExactlyOnce);
        match pipeline.threads(2).exactly_once().run() {
            Ok(report) => return (report, cuts),
            Err(error) => assert!(error.to_string().contains("cut short"), "{error}"),
        }
        items += 150;
    }
    unreachable!("each run has more time than the one before")
}

#[test]
fn lines_of_a_file_reach_another_once() {
    let folder = Folder::new("lines");
    let (input, output) = (folder.path("in"), folder.path("out"));
    let lines: Vec<String> = (0..3000).map(|n| format!("{}", n * n % 1009)).collect();
    std::fs::write(&input, lines.join("\n")).unwrap(); // the last without its end
    let (report, cuts) = until_through(&folder.path("state"), |cut| {
        Stream::lines(ReplayFile::open(&input).unwrap())
            .parallel(2, Order::Input)
            .try_map(move |line| cut.pass(line))
            .map(|line| format!("<{line}>"))
            .write_lines(TransactionalFile::create(&output))
    });
    assert!(cuts > 3 && report.resumed_from().is_some(), "{cuts} cuts");
    let expected: String = lines.iter().map(|line| format!("<{line}>\n")).collect();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
    assert!(!folder.path(".out.part").exists());
}

#[test]
fn what_a_buffer_around_an_output_holds_belongs_to_the_epoch() {
    let folder = Folder::new("buffered");
    let (parts, output) = (folder.path("parts"), folder.path("out"));
    let pieces = |cut: Cut| Stream::iter_from(|at| at..3000u64).try_map(move |n| cut.pass(n));
    let (_, cuts) = until_through(&folder.path("state"), |cut| {
        pieces(cut).write_lines(BufWriter::new(TransactionalFile::create(&output)))
    });
    let (_, cuts_of_parts) = until_through(&folder.path("state of parts"), |cut| {
        pieces(cut).write_lines(BufWriter::new(PartsFolder::create(&parts)))
    });
    assert!(cuts.min(cuts_of_parts) > 2, "{cuts} and {cuts_of_parts} cuts");
    let expected: String = (0..3000).map(|n| format!("{n}\n")).collect();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), expected);
    let mut names: Vec<_> = std::fs::read_dir(&parts).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.iter().map(|name| std::fs::read_to_string(name).unwrap()).collect::<String>(), expected);

    let calm = folder.path("calm");
    let written = pieces(Cut::after(0)).write_lines(BufWriter::new(TransactionalFile::create(&calm)));
    written.run().unwrap();
    assert_eq!(std::fs::read_to_string(&calm).unwrap(), expected, "without checkpoints too");
}

#[test]
fn records_and_pieces_of_a_file_fill_a_folder_of_parts() {
    let folder = Folder::new("parts");
    let input = folder.path("in");
    let mut bytes = Vec::new();
    for n in 0..2000u32 {
        let record = vec![n.to_le_bytes()[0]; (n % 40) as usize];
        bytes.extend(u32::try_from(record.len()).unwrap().to_le_bytes());
        bytes.extend(record);
    }
    std::fs::write(&input, &bytes).unwrap();
    let written = |parts: &Path| {
        let mut names: Vec<_> =
            std::fs::read_dir(parts).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let whole: Vec<u8> = names.iter().flat_map(|name| std::fs::read(name).unwrap()).collect();
        (whole, names.len())
    };

    let parts = folder.path("pieces");
    let (_, cuts) = until_through(&folder.path("state of pieces"), |cut| {
        Stream::read(ReplayFile::open(&input).unwrap(), 37)
            .try_map(move |piece| cut.pass(piece))
            .write_bytes(PartsFolder::create(&parts))
    });
    let (whole, count) = written(&parts);
    assert!(cuts > 2 && count > 1, "{cuts} cuts, {count} parts");
    assert_eq!(whole, bytes);

    let parts = folder.path("records");
    let boundary = || Boundary::length_prefixed(LengthPrefix::U32Le);
    let (_, cuts) = until_through(&folder.path("state of records"), |cut| {
        Stream::records(ReplayFile::open(&input).unwrap(), boundary())
            .try_map(move |record| cut.pass(record))
            .write_bytes(PartsFolder::create(&parts))
    });
    let expected: Vec<u8> = (0..2000u32).flat_map(|n| vec![n.to_le_bytes()[0]; (n % 40) as usize]).collect();
    assert!(cuts > 2);
    assert_eq!(written(&parts).0, expected);
}

#[test]
fn an_input_that_was_changed_meanwhile_is_refused() {
    let folder = Folder::new("changed");
    let (input, output, state) = (folder.path("in"), folder.path("out"), folder.path("state"));
    std::fs::write(&input, "1\n2\n3\n".repeat(100)).unwrap();
    let run = |items, even_if_changed| {
        let file = ReplayFile::open(&input).unwrap();
        let file = if even_if_changed { file.even_if_changed() } else { file };
        let cut = Cut::after(items);
        Stream::lines(file)
            .try_map(move |line| cut.pass(line))
            .write_lines(TransactionalFile::create(&output))
            .checkpoint(Every::items(10), Directory::open(&state).unwrap())
            .run()
    };
    assert!(run(200, false).unwrap_err().to_string().contains("cut short"));
    std::fs::write(&input, "1\n2\n3\n".repeat(101)).unwrap();
    let error = run(0, false).unwrap_err().to_string();
    assert!(error.contains("it had 600 bytes and has 606"), "{error}");
    run(0, true).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "1\n2\n3\n".repeat(101));
}

#[test]
fn a_run_that_goes_on_from_elsewhere_ends_its_output_by_itself() {
    let folder = Folder::new("elsewhere");
    let (input, output, state) = (folder.path("in"), folder.path("out"), folder.path("state"));
    let lines = "1\n2\n3\n".repeat(100);
    std::fs::write(&input, &lines).unwrap();
    let pipeline = |items| {
        let cut = Cut::after(items);
        Stream::lines(ReplayFile::open(&input).unwrap())
            .try_map(move |line| cut.pass(line))
            .write_lines(TransactionalFile::create(&output))
    };
    let store = || Directory::open(&state).unwrap();
    let error = pipeline(0).resume_from(store()).run().unwrap_err().to_string();
    assert!(error.starts_with("not started: ") && error.ends_with("there is no checkpoint"), "{error}");
    pipeline(200).checkpoint(Every::items(10), store()).run().unwrap_err();
    assert!(!output.exists());
    let report = pipeline(0).resume_from(store()).run().unwrap();
    assert!(report.resumed_from().is_some() && report.checkpoints() == 0);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), lines);
}

#[test]
fn checkpoints_come_as_often_as_was_asked_for() {
    let folder = Folder::new("often");
    let stored = |name: &str, pipeline: Pipeline, every: Every| {
        let kept = pipeline.checkpoint(every, Directory::open(folder.path(name)).unwrap());
        kept.run().unwrap().checkpoints()
    };
    let input = folder.path("in");
    std::fs::write(&input, vec![b'x'; 1_000_000]).unwrap();
    let pieces = || {
        // Slower than the storing of checkpoints, of which one is on its way at a time.
        let pieces = Stream::read(ReplayFile::open(&input).unwrap(), 1000).chunked(Fixed(1));
        pieces.throttle(Rate::per_second(1000.0)).simulated(1).write_bytes(std::io::sink())
    };
    // A chunk or two more may be on their way, and the last is that of the end.
    for (every, most) in [
        (Every::bytes(100_000), 11),
        (Every::items(100), 11),
        (Every::items(100).or(Every::bytes(50_000)), 21),
        (Every::bytes(100_000).or(Every::items(50)), 21),
    ] {
        let name = format!("{every:?}");
        let count = stored(&name, pieces(), every);
        assert!(count <= most && count > most / 3, "{count} for {name}");
    }

    let seconds = |items: u64, per_second: f64| {
        let slow = Stream::iter_from(move |at| at..items).throttle(Rate::per_second(per_second)).simulated(1);
        slow.write_lines(std::io::sink())
    };
    let count = stored("ten a second", seconds(1000, 1000.0), Every::time(Duration::from_millis(100)));
    assert!((8..=12).contains(&count), "{count}");
    let count = stored("none", seconds(1000, 1000.0), Every::time(Duration::from_secs(100)));
    assert_eq!(count, 1, "that of the end");
    // While nothing is given none is due, however much time passes.
    let count = stored("idle", seconds(5, 0.1), Every::time(Duration::from_millis(100)));
    assert!((4..=7).contains(&count), "{count}");
}

#[test]
fn a_reader_that_is_no_file_promises_less() {
    let folder = Folder::new("reader");
    let pipeline = |reader: Box<dyn Read + Send>| {
        Stream::lines(reader)
            .write_lines(TransactionalFile::create(folder.path("out")))
            .checkpoint(Every::items(1), Directory::open(folder.path("state")).unwrap())
    };
    let promised = pipeline(Box::new(&b"1\n"[..])).explain().delivery().to_string();
    assert_eq!(promised, "at most once: source `records` cannot be asked for the same again");
}
