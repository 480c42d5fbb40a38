//! Law 5, resume: of pipelines that write a file and folders of parts to a disk which loses what was not synced.
//!
//! A run is stopped at a call of the disk that the seed draws, or that call fails, or the power is cut; another goes on
//! from what is there then. `PRIMESTREAM_SEEDS` says how many seeds are tried, and `PRIMESTREAM_SEED` where to begin.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "seeds to run come from outside")]

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use primestream_engine::checkpoint::{Directory, Every};
use primestream_engine::disk::{Disk, LossyDisk};
use primestream_engine::files::{PartsFolder, TransactionalFile};
use primestream_engine::{BoxError, Fixed, Order, Report, Stream};

const STATE: &str = "/state";
const WHOLE: &str = "/file/whole";
const FEW: &str = "/few";
const ODD: &str = "/odd";

/// Numbers that go through.
const COUNT: u64 = 60;

/// How a run goes, whatever the disk does.
struct Start {
    lanes: usize,
    chunk: usize,
    every: u64,
    /// A seed of a simulation, or how many threads.
    on: Result<u64, usize>,
}

impl Start {
    fn drawn(rng: &mut Rng) -> Self {
        let on = if rng.u8(..4) > 0 { Ok(rng.u64(..)) } else { Err(rng.usize(1..4)) };
        Self { lanes: rng.usize(1..4), chunk: rng.usize(1..9), every: rng.u64(1..30), on }
    }

    /// Writes the squares to a file, the odd numbers to a folder, and some of the first to another, which ends early.
    fn run(&self, disk: &LossyDisk) -> Result<Report, BoxError> {
        let on: Arc<dyn Disk> = Arc::new(disk.clone());
        let store = Directory::on(Arc::clone(&on), STATE)?;
        let whole = TransactionalFile::on(Arc::clone(&on), WHOLE);
        let (few, odd) = (PartsFolder::on(Arc::clone(&on), FEW), PartsFolder::on(on, ODD));
        let pipeline = Stream::iter_from(|at| at..COUNT)
            .chunked(Fixed(self.chunk))
            .branch(|copies| copies.filter(|n| n % 3 == 0).take(5).write_lines(few))
            .branch(|copies| copies.filter(|n| n % 2 == 1).write_lines(odd))
            .parallel(self.lanes, Order::Input)
            .map(|n| n * n)
            .write_lines(whole)
            .checkpoint(Every::items(self.every), store)
            .exactly_once();
        Ok(match self.on {
            Ok(seed) => pipeline.simulated(seed).run()?,
            Err(threads) => pipeline.threads(threads).run()?,
        })
    }
}

fn lines(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|n| format!("{n}\n")).collect()
}

/// Returns what the parts show of a folder, and whether there is anything else in it.
fn shown(disk: &LossyDisk, folder: &str) -> (String, bool) {
    let (shown, hidden): (Vec<_>, Vec<_>) =
        disk.names(Path::new(folder)).into_iter().partition(|name| name.starts_with("part-"));
    let bytes = shown.iter().flat_map(|name| disk.content(&Path::new(folder).join(name)).unwrap());
    (String::from_utf8(bytes.collect()).unwrap(), !hidden.is_empty())
}

/// Checks that what shows is the beginning of what should, and all of it if all is done.
fn look(disk: &LossyDisk, is_done: bool, at: &str) {
    let few = lines((0..COUNT).filter(|n| n % 3 == 0).take(5));
    let odd = lines((0..COUNT).filter(|n| n % 2 == 1));
    for (folder, expected) in [(FEW, few), (ODD, odd)] {
        let (shown, has_more) = shown(disk, folder);
        assert!(expected.starts_with(&shown), "{at}: {folder} shows {shown:?}");
        assert!(!is_done || shown == expected && !has_more, "{at}: {folder} shows {shown:?} in the end");
    }
    let whole = disk.content(Path::new(WHOLE));
    let expected = lines((0..COUNT).map(|n| n * n));
    assert!(
        !is_done && whole.is_none() || whole.is_some_and(|it| it == expected.as_bytes()),
        "{at}: {WHOLE}"
    );
}

#[test]
fn what_several_sinks_wrote_survives_every_crash_once() {
    let from = |name: &str, or: u64| std::env::var(name).map_or(or, |value| value.parse().unwrap());
    let (first, count) = (from("PRIMESTREAM_SEED", 1), from("PRIMESTREAM_SEEDS", 60));
    let (mut crashes, mut resumed) = (0, 0);
    for seed in first..first + count {
        let mut rng = Rng::with_seed(seed);
        let disk = LossyDisk::default();
        disk.create_folder(Path::new("/file")).unwrap();
        disk.sync_folder(Path::new("/")).unwrap();
        if rng.bool() {
            disk.transfer_in_parts(rng.u64(..));
        }
        for life in 0..rng.u8(1..7) {
            let at = format!("seed {seed}, life {life}");
            let span = if life > 0 && rng.bool() { 40 } else { 250 };
            let call = disk.calls() + rng.u64(1..span);
            let fails = rng.u8(..4) == 0;
            if fails {
                disk.fail_at(call, EIO)
            } else {
                disk.stop_at(call)
            }
            if let Err(error) = Start::drawn(&mut rng).run(&disk) {
                let text = error.to_string();
                assert!(
                    text.contains("the process has ended") || text.contains("os error 5"),
                    "{at}: {text}"
                );
                crashes += 1;
            }
            disk.crash(rng.u64(..));
            look(&disk, false, &at);
        }
        let report = Start::drawn(&mut rng).run(&disk).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        resumed += u64::from(report.resumed_from().is_some());
        look(&disk, true, &format!("seed {seed}"));
        disk.crash(rng.u64(..));
        let again = Start::drawn(&mut rng)
            .run(&disk)
            .unwrap_or_else(|error| panic!("seed {seed}, complete: {error}"));
        assert_eq!((again.items_in(), again.checkpoints()), (0, 0), "seed {seed}: it was complete");
        look(&disk, true, &format!("seed {seed}, complete"));
    }
    assert!(crashes > count && resumed > count / 2, "{crashes} crashes, {resumed} gone on with");
}

const EIO: i32 = 5;
