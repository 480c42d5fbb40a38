//! A store of checkpoints and outputs that show what is committed, on a disk that loses what was not synced.
//!
//! A run writes records, an epoch after the other, to one file and to a folder of parts. It is stopped at a call that the
//! seed draws, the disk shows one of the images that a real one could show then, and another run goes on from there, to
//! be stopped as well, or not. In the end the output is that of a run that nobody disturbed, and at no time is anything
//! lost that was committed. `PRIMESTREAM_IMAGES` says how many images are tried, up to five of each seed, and `PRIMESTREAM_SEED` where to begin, as
//! `cargo xtask long images` does.
#![expect(clippy::print_stdout, reason = "a long run says how many passed")]
#![expect(clippy::disallowed_methods, reason = "whoever starts a long run says how long it is")]

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use fastrand::Rng;
use primestream_engine::BoxError;
use primestream_engine::checkpoint::{Checkpoint, Directory, Epoch, Part, StateStore, Transactional};
use primestream_engine::disk::{Disk, LossyDisk, Step};
use primestream_engine::files::{PartsFolder, TransactionalFile};

const STATE: &str = "/state";
const WHOLE: &str = "/file/whole";
const PARTS: &str = "/out/parts";

/// Images tried unless more are asked for.
const IMAGES: u64 = 5000;
const RECORDS: usize = 16;

const EIO: i32 = 5;
const EACCES: i32 = 13;
const EMFILE: i32 = 24;
const ENOSPC: i32 = 28;
const EDQUOT: i32 = 122;
const EINTR: i32 = 4;

/// The records, of up to 900 bytes: some within a sector, some across two or three.
fn records() -> &'static [Vec<u8>] {
    static RECORDS_MADE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    RECORDS_MADE.get_or_init(|| {
        let mut rng = Rng::with_seed(26);
        (0..RECORDS).map(|_| (0..rng.usize(1..900)).map(|_| rng.u8(..)).collect()).collect()
    })
}

/// A disk, and what a program may count on.
struct World {
    disk: LossyDisk,
    records: &'static [Vec<u8>],
    /// The last epoch whose checkpoint was said to be stored.
    stored: Option<Epoch>,
    /// The bytes of the epochs that were said to be shown.
    shown_len: usize,
}

impl World {
    fn new() -> Self {
        let disk = LossyDisk::default();
        for folder in ["/out", "/file"] {
            disk.create_folder(Path::new(folder)).expect("an empty disk");
        }
        disk.sync_folder(Path::new("/")).expect("a folder");
        Self { disk, records: records(), stored: None, shown_len: 0 }
    }

    /// Runs to the end, unless the disk or the process ends it before. How many records make an epoch is drawn anew in
    /// each run.
    fn run(&mut self, rng: &mut Rng) -> Result<(), BoxError> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let mut store = Directory::on(Arc::clone(&disk), STATE)?;
        let mut whole = TransactionalFile::on(Arc::clone(&disk), WHOLE);
        let mut parts = PartsFolder::on(disk, PARTS);
        let (mut epoch, mut next, mut is_complete) = (Epoch::FIRST, 0, false);
        match store.load()? {
            Some(loaded) => {
                assert!(loaded.passed_over.is_empty(), "{:?}", loaded.passed_over);
                let found = loaded.checkpoint;
                assert!(Some(found.epoch) >= self.stored, "epoch {:?} is lost", self.stored);
                next = usize::from(found.parts[0].state[0]);
                whole.restore(found.epoch, &found.parts[1].state)?;
                parts.restore(found.epoch, &found.parts[2].state)?;
                whole.commit(found.epoch)?;
                parts.commit(found.epoch)?;
                let expected = self.records[..next].concat();
                assert_eq!(whole.len(), expected.len() as u64);
                self.is_shown(&expected);
                self.shown_len = expected.len();
                (epoch, is_complete) = (found.epoch.next(), found.is_complete);
            }
            None => assert_eq!(self.stored, None, "all is lost"),
        }
        while !is_complete {
            let end = RECORDS.min(next + rng.usize(0..6));
            for record in &self.records[next..end] {
                whole.write_all(record)?;
                parts.write_all(record)?;
            }
            next = end;
            is_complete = next == RECORDS;
            let part = |stage| Part { stage, lane: 0, step: 0, name: "part".to_owned(), state: vec![] };
            let mut states = [part(0), part(1), part(2)];
            states[0].state.push(u8::try_from(next).expect("few records"));
            whole.prepare(epoch, &mut states[1].state)?.wait()?;
            parts.prepare(epoch, &mut states[2].state)?.wait()?;
            let note = "x".repeat(rng.usize(0..600));
            store.save(&Checkpoint { epoch, is_complete, parts: states.into(), note })?;
            self.stored = Some(epoch);
            whole.commit(epoch)?;
            parts.commit(epoch)?;
            self.shown_len = usize::try_from(whole.len()).expect("few bytes");
            epoch = epoch.next();
        }
        whole.finish()?;
        parts.finish()?;
        Ok(())
    }

    /// The parts that are shown, in the order of their names.
    fn shown_parts(&self) -> Vec<(String, Vec<u8>)> {
        let names = self.disk.names(Path::new(PARTS)).into_iter().filter(|name| !name.starts_with('.'));
        names.map(|name| (name.clone(), self.read(&format!("{PARTS}/{name}")).expect("listed"))).collect()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.disk.content(Path::new(path))
    }

    /// Checks that the parts are these bytes.
    fn is_shown(&self, expected: &[u8]) {
        let shown: Vec<Vec<u8>> = self.shown_parts().into_iter().map(|(_, bytes)| bytes).collect();
        let shown = shown.concat();
        assert!(shown == expected, "{} bytes are shown, not {}", shown.len(), expected.len());
    }

    /// Checks what must hold in any image: what shows is right, and a beginning of the whole; what was shown is there.
    fn look(&self) {
        let all = self.records.concat();
        if let Some(whole) = self.read(WHOLE) {
            assert!(whole == all, "a file that is not whole has its final name");
        }
        let parts = self.shown_parts();
        let shown: Vec<&[u8]> = parts.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let shown = shown.concat();
        assert!(all.starts_with(&shown), "what shows is no beginning of the output");
        assert!(shown.len() >= self.shown_len, "{} bytes are shown of {}", shown.len(), self.shown_len);
    }

    /// Checks what is there when all is done.
    fn is_done(&self) {
        let all = self.records.concat();
        assert_eq!(self.read(WHOLE), Some(all.clone()), "the file");
        self.is_shown(&all);
        for folder in ["/file", "/out", PARTS, STATE] {
            let names = self.disk.names(Path::new(folder));
            let is_left = |name: &String| name.starts_with('.') || name.ends_with(".tmp");
            assert!(!names.iter().any(is_left), "something is left over: {names:?}");
        }
    }
}

/// Calls of a run that nobody disturbs.
fn calls_of_a_run() -> u64 {
    let mut world = World::new();
    let before = world.disk.calls();
    world.run(&mut Rng::with_seed(1)).expect("nothing disturbs it");
    world.is_done();
    world.disk.calls() - before
}

/// Runs, crashes and goes on until the run comes to its end; returns how many images there were to go on from.
fn survive(seed: u64, calls: u64) -> u64 {
    let mut rng = Rng::with_seed(seed);
    let mut world = World::new();
    if rng.bool() {
        world.disk.transfer_in_parts(rng.u64(..));
    }
    let crashes_max = rng.u64(1..5);
    for crashes in 0..crashes_max {
        // One in three in recovery, or soon after.
        let span = if rng.u8(..3) == 0 { 25 } else { calls };
        world.disk.stop_at(world.disk.calls() + rng.u64(1..=span));
        if world.run(&mut rng).is_ok() {
            world.is_done();
            // It was to be stopped behind its end.
            return crashes;
        }
        world.disk.crash(rng.u64(..));
        world.look();
    }
    world.disk.stop_at(u64::MAX);
    world.run(&mut rng).expect("nothing disturbs it any more");
    world.is_done();
    // Everything is done, and done again.
    world.disk.crash(rng.u64(..));
    world.run(&mut rng).expect("nothing is left to do");
    world.is_done();
    crashes_max + 1
}

#[test]
fn every_image_recovers_and_nothing_committed_is_lost() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let first = number("PRIMESTREAM_SEED").unwrap_or(1);
    let count = number("PRIMESTREAM_IMAGES").unwrap_or(IMAGES);
    let calls = calls_of_a_run();
    let (mut failed, mut seed, mut passed) = (Vec::new(), first, 0);
    while passed + (failed.len() as u64) < count {
        match catch_unwind(AssertUnwindSafe(|| survive(seed, calls))) {
            Ok(images) => passed += images,
            Err(_) => failed.push(seed),
        }
        seed += 1;
    }
    println!("images of {} seeds from {first}: {passed} passed, {} failed", seed - first, failed.len());
    assert!(failed.is_empty(), "seeds {:?}", &failed[..failed.len().min(20)]);
}

/// Calls that make something durable, with the files that a failure concerns.
const SYNCS: [&str; 2] = ["sync", "sync_folder"];

#[test]
fn after_a_sync_that_failed_there_is_no_second_and_no_rename() {
    let mut world = World::new();
    let before = world.disk.calls();
    world.disk.take_steps();
    world.run(&mut Rng::with_seed(3)).expect("nothing disturbs it");
    let undisturbed = world.disk.take_steps();
    let mut count = 0;
    for (step, call) in undisturbed.iter().zip(before + 1..) {
        if !SYNCS.contains(&step.call) {
            continue;
        }
        let mut world = World::new();
        world.disk.fail_at(call, EIO);
        world.disk.take_steps();
        let error = world.run(&mut Rng::with_seed(3)).expect_err("a sync failed").to_string();
        // What is prepared has got another name before it is synced.
        let place = step.path.parent().unwrap_or(&step.path).display().to_string();
        assert!(
            error.contains("cannot sync") && error.contains(&place) && error.contains("os error 5"),
            "{error}"
        );
        let steps = world.disk.take_steps();
        let failed = steps.iter().position(|step| !step.is_done).expect("one failed");
        assert_eq!(steps[failed], Step { is_done: false, ..step.clone() });
        for later in &steps[failed + 1..] {
            assert!(!SYNCS.contains(&later.call), "{later:?} behind a sync that failed");
            assert!(later.call != "rename" && later.call != "remove", "{later:?} behind a sync that failed");
        }
        // Another run, whether the power was cut or not, comes to the end; what had failed counted for nothing.
        world.disk.crash(call);
        world.look();
        world.run(&mut Rng::with_seed(4)).expect("the disk is well again");
        world.is_done();
        count += 1;
    }
    assert!(count >= 30, "{count} syncs");
}

#[test]
fn every_call_may_fail_once_and_another_run_completes() {
    let calls = calls_of_a_run();
    for errno in [EIO, EACCES, EMFILE, ENOSPC, EDQUOT, EINTR] {
        for call in 1..=calls {
            let mut world = World::new();
            let first = world.disk.calls();
            world.disk.fail_at(first + call, errno);
            world.disk.take_steps();
            if let Err(error) = world.run(&mut Rng::with_seed(1)) {
                let text = error.to_string();
                assert!(text.contains(&format!("os error {errno}")) && text.contains('/'), "{text}");
                world.look();
                world.run(&mut Rng::with_seed(2)).expect("it fails once");
            } else {
                // A folder above ours may be one that we cannot open.
                let failed = world.disk.take_steps().into_iter().find(|step| !step.is_done).expect("one");
                let is_above = failed.call == "sync_folder" && failed.path == Path::new("/");
                assert!(
                    errno == EINTR || errno == EACCES && is_above,
                    "{failed:?}: {errno}, and nobody said so"
                );
            }
            world.is_done();
        }
    }
}

#[test]
fn on_a_full_disk_the_run_stops_and_says_what_it_wanted() {
    let most = records().concat().len() as u64 * 2 + 4096;
    let mut refused = 0;
    for room in (0..most).step_by(97) {
        let mut world = World::new();
        world.disk.set_room(room);
        if let Err(error) = world.run(&mut Rng::with_seed(5)) {
            let text = error.to_string();
            assert!(text.starts_with("cannot write ") && text.contains(" bytes to /"), "{text}");
            assert!(text.contains("os error 28"), "{text}");
            refused += 1;
            world.look();
            world.disk.set_room(u64::MAX);
            world.run(&mut Rng::with_seed(6)).expect("there is room again");
        }
        world.is_done();
    }
    assert!(refused > 100, "{refused} runs were refused");
}

#[test]
fn a_damaged_newest_checkpoint_costs_an_epoch_and_no_more() {
    let mut count = 0;
    for seed in 0..60 {
        let mut world = World::new();
        let mut rng = Rng::with_seed(seed);
        let calls = calls_of_a_run();
        world.disk.stop_at(world.disk.calls() + rng.u64(calls / 2..calls));
        if world.run(&mut rng).is_ok() {
            continue;
        }
        world.disk.crash(seed);
        let stored = Directory::read_on(&world.disk, STATE).expect("a folder");
        let [newest, _, ..] = stored.as_slice() else { continue };
        world.disk.damage(&newest.path, |bytes| bytes[20] ^= 1);
        let disk: Arc<dyn Disk> = Arc::new(world.disk.clone());
        let mut store = Directory::on(Arc::clone(&disk), STATE).expect("the folder is there");
        let loaded = store.load().expect("the one before is whole").expect("there is one");
        assert_eq!(loaded.passed_over.len(), 1);
        assert!(loaded.checkpoint.epoch < newest.epoch);
        let mut parts = PartsFolder::on(disk, PARTS);
        parts.restore(loaded.checkpoint.epoch, &loaded.checkpoint.parts[2].state).expect("all is there");
        parts.commit(loaded.checkpoint.epoch).expect("all is there");
        let kept = usize::from(loaded.checkpoint.parts[0].state[0]);
        // What showed of the epoch that is done again was taken back.
        world.is_shown(&world.records[..kept].concat());
        count += 1;
    }
    assert!(count >= 20, "{count} were damaged");
}

#[test]
fn a_file_that_was_finished_is_whole_in_every_image() {
    let all = records().concat();
    for seed in 0..500 {
        let disk = LossyDisk::default();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let mut file = TransactionalFile::on(shared, "/whole");
        file.write_all(&all).expect("there is room");
        let is_stopped = seed % 2 == 1;
        if is_stopped {
            disk.stop_at(disk.calls() + 1 + seed / 2 % 5);
        }
        let is_finished = file.finish().is_ok();
        disk.crash(seed);
        match disk.content(Path::new("/whole")) {
            Some(content) => assert!(content == all, "seed {seed}: it has its name and is not whole"),
            None => assert!(!is_finished, "seed {seed}: it was finished and is gone"),
        }
    }
}
