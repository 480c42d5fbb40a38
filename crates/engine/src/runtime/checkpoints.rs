//! Checkpoints of a running pipeline: when an epoch ends, what the stages hand over, and when it counts.
//!
//! One epoch ends at a time. When every stage has handed over what it remembers, or has ended, what was written to
//! sinks is synced, then the checkpoint is stored, then the sinks show the epoch's writes. This happens on a thread of
//! its own, so that the stages go on meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::beat::Beat;
use super::failure::Failure;
use crate::checkpoint::{Checkpoint, Commit, Epoch, Every, Loaded, Part, Prepared, StateStore, StoreError};
use crate::error::{CheckpointError, panic_message};
use crate::pipeline::Keeping;
use crate::plan::saved::{Kept, Saved};
use crate::plan::stage::Stage;

/// Checkpoints of a running pipeline.
pub(crate) struct Checkpoints {
    every: Every,
    beat: Option<Beat>,
    note: String,
    /// `None` when the run is over.
    store: Mutex<Option<Box<dyn StateStore>>>,
    /// For each stage the names of its steps and what its groups handed over.
    handed_over: Mutex<HandedOver>,
    /// An epoch that is ready to be stored, or that there will be none.
    ready: Mutex<Ready>,
    arrived: Condvar,
    /// The epoch that is to end now; that of the last checkpoint if none is.
    wanted: AtomicU64,
    committed: AtomicU64,
    /// How many checkpoints this run has stored.
    stored: AtomicU64,
    items: AtomicU64,
    bytes: AtomicU64,
    is_suspending: AtomicBool,
}

struct HandedOver {
    stages: Vec<StageShare>,
    /// The last epoch of which a checkpoint was made; storing it may take its time.
    made: Option<Epoch>,
}

struct StageShare {
    name: String,
    groups: Vec<Share>,
}

/// What a group handed over. One that ends while an epoch does hands over both, and each counts for itself.
#[derive(Default)]
struct Share {
    at_barrier: Option<Saved>,
    at_end: Option<Saved>,
}

impl Share {
    /// Returns what belongs to the end of an epoch.
    fn of(&mut self, epoch: Epoch) -> Option<&mut Saved> {
        self.at_barrier.as_mut().filter(|saved| saved.epoch == epoch).or(self.at_end.as_mut())
    }
}

#[derive(Default)]
struct Ready {
    epoch: Option<Full>,
    is_over: bool,
}

/// All that makes a checkpoint.
struct Full {
    checkpoint: Checkpoint,
    prepared: Vec<Prepared>,
}

impl Checkpoints {
    pub(crate) fn new(keeping: Keeping, stages: &[Box<dyn Stage>]) -> Self {
        let stages = stages.iter().map(|stage| StageShare {
            name: stage.plan().steps.join(", "),
            groups: (0..stage.groups()).map(|_| Share::default()).collect(),
        });
        Self {
            every: keeping.every,
            beat: keeping.every.time.map(Beat::every),
            note: keeping.note,
            store: Mutex::new(Some(keeping.store)),
            handed_over: Mutex::new(HandedOver { stages: stages.collect(), made: None }),
            ready: Mutex::default(),
            arrived: Condvar::new(),
            wanted: AtomicU64::new(0),
            committed: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            items: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            is_suspending: AtomicBool::new(false),
        }
    }

    /// Loads the newest checkpoint, if there is one.
    pub(crate) fn load(&self) -> Result<Option<Loaded>, CheckpointError> {
        let mut store = lock(&self.store);
        let store = store.as_mut().expect(STILL_THERE);
        store.load().map_err(|error| failed(store.as_ref(), error))
    }

    /// Counts on from a checkpoint. What had ended hands over nothing any more: what it said then holds.
    pub(crate) fn begin_behind(&self, from: &Checkpoint, stages: &[Box<dyn Stage>]) {
        let mut all = lock(&self.handed_over);
        for (index, stage) in stages.iter().enumerate() {
            let shares = all.stages[index].groups.iter_mut().enumerate();
            for (group, share) in shares.filter(|&(group, _)| stage.is_group_finished(group)) {
                share.at_end = Some(Saved::again(from, index, group));
            }
        }
        drop(all);
        self.committed.store(from.epoch.get(), Ordering::SeqCst);
        self.wanted.swap(from.epoch.get(), Ordering::SeqCst);
        // Asked for before it was known which epoch is the next.
        if self.is_suspending() {
            self.want_next();
        }
    }

    pub(crate) fn every(&self) -> Every {
        self.every
    }

    /// Returns the number of the epoch that is to end now; that of the last one if none is.
    pub(crate) fn wanted(&self) -> u64 {
        self.wanted.load(Ordering::Acquire)
    }

    /// Returns the number of the last epoch that is committed; 0 if none is.
    pub(crate) fn committed(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    /// Returns the epoch that the end of a group of a stage belongs to: the one that is ending, which waits for it,
    /// unless the group has ended that one before.
    pub(crate) fn epoch_of_end(&self, stage: usize, group: usize) -> Epoch {
        let all = lock(&self.handed_over);
        let at_barrier = &all.stages[stage].groups[group].at_barrier;
        let passed = at_barrier.as_ref().map_or(0, |saved| saved.epoch.get());
        epoch_of(passed.max(self.committed()) + 1)
    }

    pub(crate) fn is_suspending(&self) -> bool {
        self.is_suspending.load(Ordering::SeqCst)
    }

    /// How many checkpoints this run has stored.
    pub(crate) fn stored(&self) -> u64 {
        self.stored.load(Ordering::Acquire)
    }

    /// Ends the epoch now, unless one is ending already, and lets sources give nothing behind it.
    pub(crate) fn suspend(&self) {
        self.is_suspending.store(true, Ordering::SeqCst);
        self.want_next();
    }

    /// Asks for the end of the next epoch, unless one is ending.
    fn want_next(&self) -> bool {
        let committed = self.committed();
        let next = (committed, committed + 1);
        let is_next =
            self.wanted.compare_exchange(next.0, next.1, Ordering::SeqCst, Ordering::Acquire).is_ok();
        if is_next {
            self.items.store(0, Ordering::Relaxed);
            self.bytes.store(0, Ordering::Relaxed);
        }
        is_next
    }

    /// Notes that a source gave so many items and took so many bytes; returns whether an epoch is to end for that.
    pub(crate) fn gave(&self, items: u64, bytes: u64) -> bool {
        let items = self.items.fetch_add(items, Ordering::Relaxed) + items;
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let is_enough = |of: Option<u64>, count| of.is_some_and(|most| count >= most);
        (is_enough(self.every.items, items) || is_enough(self.every.bytes, bytes)) && self.want_next()
    }

    /// Returns whether an epoch is to end since it is time, and something was given in it.
    pub(crate) fn look(&self, now: Duration) -> bool {
        let has_moved = || self.items.load(Ordering::Relaxed) > 0 || self.bytes.load(Ordering::Relaxed) > 0;
        self.beat.as_ref().is_some_and(|beat| beat.is_due(now)) && has_moved() && self.want_next()
    }

    /// Takes what a group of a stage hands over. Returns whether an epoch is ready to be stored.
    pub(crate) fn take(&self, stage: usize, saved: Saved) -> bool {
        let mut all = lock(&self.handed_over);
        let share = &mut all.stages[stage].groups[saved.group];
        let slot = if saved.state.has_ended { &mut share.at_end } else { &mut share.at_barrier };
        *slot = Some(saved);
        let wanted = self.wanted();
        if wanted == self.committed() {
            return false; // no epoch is ending
        }
        let epoch = epoch_of(wanted);
        if all.made == Some(epoch) {
            return false; // it is being stored, and this belongs to a later one
        }
        let (mut is_missing, mut has_ended) = (false, true);
        for share in all.stages.iter_mut().flat_map(|stage| &mut stage.groups) {
            is_missing |= share.of(epoch).is_none();
            has_ended &= share.at_end.is_some();
        }
        // When everything has ended, the run is complete and says so itself.
        if is_missing || has_ended {
            return false;
        }
        let full = all.full(epoch, &self.note);
        all.made = Some(epoch);
        drop(all);
        lock(&self.ready).epoch = Some(full);
        self.arrived.notify_all();
        true
    }

    /// Stores epochs as they become ready, until the run is over; returns why it cannot.
    pub(crate) fn keep(&self, committed: impl Fn()) -> Result<(), CheckpointError> {
        loop {
            let ready = lock(&self.ready);
            let is_idle = |ready: &mut Ready| ready.epoch.is_none() && !ready.is_over;
            let mut ready = self.arrived.wait_while(ready, is_idle).unwrap_or_else(PoisonError::into_inner);
            let Some(full) = ready.epoch.take() else { return Ok(()) };
            drop(ready);
            self.store(full)?;
            committed();
        }
    }

    /// Stores the epoch that is ready, if one is.
    pub(crate) fn store_ready(&self) -> Result<(), CheckpointError> {
        let ready = lock(&self.ready).epoch.take();
        ready.map_or(Ok(()), |full| self.store(full))
    }

    /// Says that no epoch will become ready any more.
    pub(crate) fn end(&self) {
        lock(&self.ready).is_over = true;
        self.arrived.notify_all();
    }

    /// Stores that everything was delivered.
    pub(crate) fn complete(&self) -> Result<(), CheckpointError> {
        // One that became ready when nobody was waiting any more: what its sinks prepared is not durable yet.
        self.store_ready()?;
        let epoch = epoch_of(self.wanted().max(self.committed()) + 1);
        let mut all = lock(&self.handed_over);
        let mut prepared = Vec::new();
        for stage in &mut all.stages {
            for (group, share) in stage.groups.iter_mut().enumerate() {
                // An epoch that was ending when everything did: what was written in it is not durable yet.
                prepared.extend(share.at_barrier.take().into_iter().flat_map(|saved| saved.prepared));
                // Nobody needed what it would have made besides.
                share.at_end.get_or_insert_with(|| Saved::ended(epoch, group, 0));
            }
        }
        let mut full = all.full(epoch, &self.note);
        full.checkpoint.is_complete = true;
        prepared.append(&mut full.prepared);
        full.prepared = prepared;
        drop(all);
        self.store(full)
    }

    /// Lets go of the store, and of sinks that had something to commit: they are another run's to open, whoever still has
    /// a hand on this one.
    pub(crate) fn close(&self) {
        drop(lock(&self.store).take());
        drop(lock(&self.ready).epoch.take());
        lock(&self.handed_over).stages.clear();
    }

    /// Commits an epoch. A store or a sink of the user's that panics has failed: nobody waits for what will not come.
    fn store(&self, full: Full) -> Result<(), CheckpointError> {
        let caught = catch_unwind(AssertUnwindSafe(|| self.commit(full)));
        caught.unwrap_or_else(|panic| {
            Err(CheckpointError::new(format!("panicked: {}", panic_message(&*panic))))
        })
    }

    /// Makes data durable, then stores the checkpoint, then shows the data.
    fn commit(&self, full: Full) -> Result<(), CheckpointError> {
        let Full { checkpoint, prepared } = full;
        let commits: Vec<Commit> =
            prepared.into_iter().map(Prepared::sync).collect::<Result<_, _>>().map_err(|error| {
                CheckpointError::new(format!("epoch {}: {error}", checkpoint.epoch.get()))
            })?;
        {
            let mut store = lock(&self.store);
            let store = store.as_mut().expect(STILL_THERE);
            store.save(&checkpoint).map_err(|error| failed(store.as_ref(), error))?;
        }
        commits.into_iter().try_for_each(Commit::run).map_err(CheckpointError::new)?;
        let epoch = checkpoint.epoch.get();
        self.stored.fetch_add(1, Ordering::AcqRel);
        self.committed.store(epoch, Ordering::Release);
        self.wanted.fetch_max(epoch, Ordering::AcqRel);
        Ok(())
    }
}

impl HandedOver {
    /// Makes a checkpoint of what all stages handed over.
    fn full(&mut self, epoch: Epoch, note: &str) -> Full {
        let (mut parts, mut prepared) = (Vec::new(), Vec::new());
        for (index, stage) in self.stages.iter_mut().enumerate() {
            for saved in stage.groups.iter_mut().filter_map(|share| share.of(epoch)) {
                parts.extend(saved.parts(index, &stage.name));
                prepared.append(&mut saved.prepared);
            }
        }
        let note = note.to_owned();
        Full { checkpoint: Checkpoint { epoch, is_complete: false, parts, note }, prepared }
    }
}

/// Lets the stages of a pipeline take up what a checkpoint holds, or begin anew without one; tells them whether
/// checkpoints are made on the way.
pub(crate) fn resume(
    stages: &[Box<dyn Stage>],
    from: Option<&Checkpoint>,
    is_kept: bool,
) -> Result<(), CheckpointError> {
    let parts: &[Part] = from.map_or(&[], |from| &from.parts);
    let epoch = from.map(|from| from.epoch);
    if from.is_some() {
        compare(stages, parts)?;
    }
    for (index, stage) in stages.iter().enumerate() {
        let kept = Kept::of((epoch, is_kept), parts, index)?;
        let name = &stage.plan().name;
        stage
            .resume(&kept)
            .map_err(|error| CheckpointError::new(format!("stage {index} ({name}): {error}")))?;
    }
    Ok(())
}

/// Compares the stages of a pipeline with those that made a checkpoint.
fn compare(stages: &[Box<dyn Stage>], parts: &[Part]) -> Result<(), CheckpointError> {
    let saved: Vec<&Part> = parts.iter().filter(|part| part.step == 0 && part.lane == 0).collect();
    for (index, stage) in stages.iter().enumerate() {
        let now = stage.plan().steps.join(", ");
        let then = saved.iter().find(|part| part.stage as usize == index).map(|part| &*part.name);
        if then != Some(&*now) {
            let then = then.map_or("not there".to_owned(), |then| format!("`{then}`"));
            return Err(CheckpointError::new(format!(
                "the checkpoint is of another pipeline: stage {index} is `{now}` and was {then}"
            )));
        }
    }
    if saved.len() == stages.len() {
        Ok(())
    } else {
        Err(CheckpointError::new(format!(
            "the checkpoint is of another pipeline: it had {} stages, this one has {}",
            saved.len(),
            stages.len()
        )))
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Failure::Checkpoint(error)
    }
}

const STILL_THERE: &str = "a run has its store until it is over";

/// Returns an epoch that was asked for.
pub(crate) fn epoch_of(number: u64) -> Epoch {
    Epoch::new(number).expect("epochs are counted from 1")
}

/// Says what failed and where: all but what does not fit the format names its place itself.
fn failed(store: &dyn StateStore, error: StoreError) -> CheckpointError {
    match error {
        StoreError::Unfit(_) => CheckpointError::new(format!("{}: {error}", store.place())),
        error => CheckpointError::new(error),
    }
}

/// Locks what no user's function is called under, but for stores.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checkpoint::Pending;
    use crate::plan::saved::StageState;
    use crate::stream::Stream;

    #[derive(Default)]
    struct Forgetful;

    impl StateStore for Forgetful {
        fn load(&mut self) -> Result<Option<Loaded>, crate::checkpoint::StoreError> {
            Ok(None)
        }

        fn save(&mut self, _: &Checkpoint) -> Result<(), crate::checkpoint::StoreError> {
            Ok(())
        }

        fn clear(&mut self) -> Result<(), crate::checkpoint::StoreError> {
            Ok(())
        }

        fn place(&self) -> String {
            String::new()
        }
    }

    /// Checkpoints of a pipeline of two stages.
    fn of_two_stages() -> Checkpoints {
        as_often_as(Every::items(1))
    }

    fn as_often_as(every: Every) -> Checkpoints {
        let pipeline = Stream::iter_from(|at| at..9u64).boxed().drain_with(|_| ());
        let keeping = Keeping { every, store: Box::new(Forgetful), note: String::new() };
        Checkpoints::new(keeping, &pipeline.stages)
    }

    fn saved(epoch: u64, position: u64, has_ended: bool) -> Saved {
        let state = StageState { position, has_ended, source: None };
        Saved { epoch: epoch_of(epoch), group: 0, state, lanes: Vec::new(), prepared: Vec::new() }
    }

    fn positions(full: &Full) -> Vec<u64> {
        full.checkpoint
            .parts
            .iter()
            .map(|part| u64::from_le_bytes(*part.state.first_chunk().unwrap()))
            .collect()
    }

    #[test]
    fn an_epoch_ends_in_its_time_if_anything_was_given() {
        let second = Duration::from_secs(1);
        for (items, bytes) in [(1, 0), (0, 1), (1, 1)] {
            let checkpoints = as_often_as(Every::time(second));
            assert_eq!(checkpoints.every().time, Some(second));
            assert!(!checkpoints.look(second), "nothing was given");
            assert!(!checkpoints.gave(items, bytes), "what is given is no reason");
            assert!(!checkpoints.look(second * 3 / 2), "it is not time");
            assert!(checkpoints.look(second * 2), "{items} items and {bytes} bytes");
            assert_eq!((checkpoints.wanted(), checkpoints.committed()), (1, 0));
            assert!(!checkpoints.look(second * 3), "one is ending");
        }
    }

    #[test]
    fn an_epoch_ends_behind_so_many_items_or_bytes() {
        let checkpoints = as_often_as(Every::items(10).or(Every::bytes(100)));
        assert!(!checkpoints.gave(9, 99));
        assert!(checkpoints.gave(1, 0), "ten items");
        assert!(!checkpoints.gave(10, 100), "one is ending");
        let checkpoints = as_often_as(Every::items(10).or(Every::bytes(100)));
        assert!(!checkpoints.gave(4, 99));
        assert!(checkpoints.gave(0, 1), "a hundred bytes");
    }

    #[test]
    fn an_epoch_is_made_once_although_stages_end_while_it_is_stored() {
        let checkpoints = of_two_stages();
        assert!(checkpoints.gave(1, 0), "one item is an epoch");
        assert!(!checkpoints.take(0, saved(1, 5, false)));
        assert!(checkpoints.take(1, saved(1, 4, false)));
        assert!(!checkpoints.take(0, saved(2, 9, true)), "that it ends belongs to a later epoch");
        assert!(checkpoints.store_ready().is_ok() && checkpoints.stored() == 1);
        assert!(checkpoints.store_ready().is_ok() && checkpoints.stored() == 1, "there is no other");
    }

    #[test]
    fn an_epoch_that_is_ready_when_all_is_over_is_stored_before_all_is_complete() {
        let checkpoints = of_two_stages();
        assert!(checkpoints.gave(1, 0));
        let is_durable = Arc::new(AtomicBool::new(false));
        let sync = Arc::clone(&is_durable);
        let pending = Pending::new(move || {
            sync.store(true, Ordering::Release);
            Ok(())
        });
        let at_barrier = Saved { prepared: vec![Prepared::new(pending, || Ok(()))], ..saved(1, 5, false) };
        assert!(!checkpoints.take(0, saved(1, 5, false)));
        assert!(checkpoints.take(1, at_barrier));
        assert!(!checkpoints.take(1, saved(2, 5, true)));
        checkpoints.end();
        assert!(checkpoints.complete().is_ok() && checkpoints.stored() == 2);
        assert!(is_durable.load(Ordering::Acquire), "what was prepared for the first");
    }

    #[test]
    fn what_a_stage_was_at_the_barrier_counts_although_it_has_ended_since() {
        let checkpoints = of_two_stages();
        assert!(checkpoints.gave(1, 0));
        assert!(!checkpoints.take(0, saved(1, 5, false)));
        assert!(!checkpoints.take(0, saved(2, 9, true)));
        assert!(checkpoints.take(1, saved(1, 4, false)));
        let full = lock(&checkpoints.ready).epoch.take().unwrap();
        assert_eq!(positions(&full), [5, 4]);
        // Of the next epoch its end is all it has to say.
        assert!(checkpoints.store(full).is_ok() && checkpoints.gave(1, 0));
        assert!(checkpoints.take(1, saved(2, 8, false)));
        assert_eq!(positions(&lock(&checkpoints.ready).epoch.take().unwrap()), [9, 8]);
    }
}
