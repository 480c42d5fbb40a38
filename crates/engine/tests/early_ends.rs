//! Law 5, resume: of pipelines in which some sources and sinks end long before the others.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream_engine::checkpoint::{Checkpoint, Directory, Epoch, Every, Loaded, StateStore, StoreError};
use primestream_engine::disk::{Disk, LossyDisk, read_full};
use primestream_engine::files::PartsFolder;
use primestream_engine::runtime::Failure;
use primestream_engine::{Budget, Pipeline, PipelineError, Report, Stream};

#[path = "../../../fuzz/laws/world.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod world;

use world::World;

/// Passes on numbers until there is one that cuts the run short.
fn until(cut_at: u64) -> impl Fn(u64) -> Result<u64, std::io::Error> + Send + Sync {
    move |n| if n == cut_at { Err(std::io::Error::other("cut short")) } else { Ok(n) }
}

const NEVER: u64 = u64::MAX;

/// The part of an ended stage was missing in each epoch of the run that went on, so that none was ever stored.
#[test]
fn a_run_that_goes_on_behind_the_end_of_a_source_makes_checkpoints_too() {
    for seed in 0..4 {
        let world = World::default();
        let run = |cut_at| {
            let few = Stream::iter_from(|at| at..10u64);
            let many = Stream::iter_from(|at| (10 + at)..40_000u64).try_map(until(cut_at));
            few.merge(many)
                .write_to(world.clone())
                .checkpoint(Every::items(1), world.clone())
                .exactly_once()
                .simulated(seed)
                .run()
        };
        assert!(run(20_000).unwrap_err().to_string().contains("cut short"));
        let before = world.checkpoints.lock().unwrap().len();
        assert!(run(30_000).unwrap_err().to_string().contains("cut short"));
        let between = world.checkpoints.lock().unwrap().len();
        assert!(between > before, "seed {seed}: {before} checkpoints, and {between}");
        run(NEVER).unwrap();
        let mut written = world.written();
        written.sort_unstable();
        assert_eq!(written, (0..40_000).collect::<Vec<_>>(), "seed {seed}");
    }
}

/// Where the first source ended without a barrier that the second one had answered already, none came any more.
#[test]
fn what_follows_a_source_makes_checkpoints_however_that_one_ends() {
    for seed in 0..50 {
        let world = World::default();
        // Its end takes a while: the last batch fills the memory, and an epoch is ending meanwhile.
        let first = Stream::iter_from(|at| at..1900u64).batch(2000).stateful().unbatch();
        let report = first
            .concat(Stream::iter_from(|at| (1900 + at)..20_000u64))
            .write_to(world.clone())
            .budget(&Budget::new(16 << 10))
            .checkpoint(Every::items(1), world.clone())
            .exactly_once()
            .simulated(seed)
            .run()
            .unwrap();
        assert!(report.checkpoints() > 4, "seed {seed}: {report}");
        assert_eq!(world.written(), (0..20_000).collect::<Vec<_>>());
    }
}

/// What a sink prepared at its end was taken for a part of the epoch behind the one that was ending, so that the part
/// that showed was not found again. In the last checkpoint it was missing.
#[test]
fn a_sink_that_ends_before_the_others_is_found_again() {
    for seed in 0..50 {
        let disk: Arc<dyn Disk> = Arc::new(LossyDisk::default());
        let pipeline = |cut_at: u64| -> Pipeline {
            let few = PartsFolder::on(Arc::clone(&disk), "/few");
            let all = PartsFolder::on(Arc::clone(&disk), "/all");
            Stream::iter_from(|at| at..200u64)
                .partition(|n| n % 4 != 0, move |rest| rest.take(5).write_lines(few))
                .try_map(until(cut_at))
                .write_lines(all)
                .checkpoint(Every::items(3), Directory::on(Arc::clone(&disk), "/state").unwrap())
                .exactly_once()
                .simulated(seed)
        };
        let run = |cut_at| -> Result<Report, PipelineError> { pipeline(cut_at).run() };
        for cut_at in [99, 150] {
            let error = run(cut_at).unwrap_err();
            assert!(error.to_string().contains("cut short"), "seed {seed}: {error}");
        }
        let report = run(NEVER);
        assert!(report.is_ok(), "seed {seed}: {}", report.unwrap_err());
        let again = run(NEVER);
        assert!(again.is_ok(), "seed {seed}, complete: {}", again.unwrap_err());
        let lines = |some: &mut dyn Iterator<Item = u64>| some.map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(shown(&*disk, "/few"), lines(&mut [0, 4, 8, 12, 16].into_iter()), "seed {seed}");
        assert_eq!(shown(&*disk, "/all"), lines(&mut (0..200).filter(|n| n % 4 != 0)), "seed {seed}");
    }
}

/// Returns what the parts of a folder hold.
fn shown(disk: &dyn Disk, folder: &str) -> String {
    let mut all = Vec::new();
    for entry in disk.list(Path::new(folder)).unwrap() {
        assert!(entry.name.starts_with("part-"), "{}", entry.name);
        let mut bytes = vec![0; usize::try_from(entry.len).unwrap()];
        let mut file = disk.open(&Path::new(folder).join(entry.name)).unwrap();
        read_full(file.as_mut(), &mut bytes, 0).unwrap();
        all.extend(bytes);
    }
    String::from_utf8(all).unwrap()
}

/// The wish was forgotten, and the run stood still for ever.
#[test]
fn a_run_that_is_suspended_while_it_loads_its_checkpoint_stops() {
    let world = World::default();
    let pipeline = |store: Slow| {
        Stream::iter_from(|at| at..u64::MAX)
            .sink(|_| Ok::<(), std::io::Error>(()))
            .checkpoint(Every::items(9), store)
    };
    let asked = Arc::new(AtomicBool::new(true));
    let running = pipeline(Slow { world: world.clone(), asked: Arc::clone(&asked) }).start();
    while world.checkpoints.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    running.flow().suspend(Duration::from_secs(60)).unwrap();
    assert!(matches!(running.join().unwrap_err().failure(), Failure::Suspended(_)));
    let before = world.checkpoints.lock().unwrap().last().unwrap().epoch;
    asked.store(false, Ordering::Release);
    let running = pipeline(Slow { world: world.clone(), asked: Arc::clone(&asked) }).start();
    let _ = running.flow().suspend(Duration::ZERO);
    asked.store(true, Ordering::Release);
    running.flow().suspend(Duration::from_secs(60)).unwrap();
    let error = running.join().unwrap_err();
    let Failure::Suspended(epoch) = error.failure() else { panic!("{error}") };
    assert_eq!(*epoch, Epoch::next(before));
}

/// A store that loads nothing before it is asked to.
struct Slow {
    world: World,
    asked: Arc<AtomicBool>,
}

impl StateStore for Slow {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        while !self.asked.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        self.world.load()
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.world.save(checkpoint)
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.world.clear()
    }

    fn place(&self) -> String {
        self.world.place()
    }
}

/// The run went on for ever without any more checkpoints.
#[test]
fn a_store_that_panics_ends_the_run() {
    let world = World::default();
    let error = Stream::iter_from(|at| at..u64::MAX)
        .sink(|_| Ok::<(), std::io::Error>(()))
        .checkpoint(Every::items(1), Panics(world.clone()))
        .run()
        .unwrap_err();
    assert!(matches!(error.failure(), Failure::Checkpoint(_)), "{error}");
    assert!(error.to_string().contains("panicked: no more room"), "{error}");
}

struct Panics(World);

impl StateStore for Panics {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        self.0.load()
    }

    fn save(&mut self, _: &Checkpoint) -> Result<(), StoreError> {
        panic!("no more room")
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.0.clear()
    }

    fn place(&self) -> String {
        self.0.place()
    }
}

/// It was passed over, and nobody told.
#[test]
fn a_report_says_what_was_passed_over() {
    let disk: Arc<dyn Disk> = Arc::new(LossyDisk::default());
    let run = |cut_at| {
        Stream::iter_from(|at| at..9_000u64)
            .try_map(until(cut_at))
            .write_lines(PartsFolder::on(Arc::clone(&disk), "/out"))
            .checkpoint(Every::items(1), Directory::on(Arc::clone(&disk), "/state").unwrap())
            .exactly_once()
            .simulated(1)
            .run()
    };
    run(8_000).unwrap_err();
    let stored = Directory::read_on(&*disk, "/state").unwrap();
    disk.open_to_write(&stored[0].path).unwrap().write_at(b"?", 20).unwrap();
    let report = run(NEVER).unwrap();
    assert_eq!(report.resumed_from(), Some(stored[1].epoch));
    let [fault] = report.passed_over() else { panic!("{report}") };
    assert!(fault.ends_with("damaged: the checksum does not fit"), "{fault}");
    assert!(report.to_string().contains(&format!("passed over {fault}")), "{report}");
    assert_eq!(shown(&*disk, "/out"), (0..9_000).map(|n| format!("{n}\n")).collect::<String>());
}

/// The lock was held for as long as anybody had a hand on the run.
#[test]
fn the_store_is_free_when_the_run_is_over() {
    let disk: Arc<dyn Disk> = Arc::new(LossyDisk::default());
    let store = || Directory::on(Arc::clone(&disk), "/state");
    let numbers = Stream::iter_from(|at| at..9u64).sink(|_| Ok::<(), std::io::Error>(()));
    let running = numbers.checkpoint(Every::items(1), store().unwrap()).start();
    let flow = running.flow();
    running.join().unwrap();
    assert!(store().unwrap().load().unwrap().is_some_and(|loaded| loaded.checkpoint.is_complete));
    assert!(flow.is_finished());
}

/// What a buffer around the writer held was in the checkpoint, and lost with the process.
#[test]
fn what_a_buffered_writer_holds_is_passed_on_before_the_checkpoint() {
    let (world, out) = (World::default(), Shared::default());
    let run = |cut_at| {
        Stream::iter_from(|at| at..5_000u64)
            .try_map(until(cut_at))
            .write_lines(Unclean(Some(BufWriter::with_capacity(1 << 20, out.clone()))))
            .checkpoint(Every::items(1), world.clone())
            .simulated(1)
            .run()
    };
    run(4_000).unwrap_err();
    assert_eq!(run(NEVER).unwrap().delivery().to_string(), "at least once: sink `sink` is not transactional");
    let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
    let mut all: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all, (0..5_000).collect::<Vec<_>>());
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A buffered writer of a process that is killed: what it holds then is gone.
struct Unclean(Option<BufWriter<Shared>>);

impl Write for Unclean {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.as_mut().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.as_mut().unwrap().flush()
    }
}

impl Drop for Unclean {
    fn drop(&mut self) {
        drop(self.0.take().unwrap().into_parts());
    }
}
