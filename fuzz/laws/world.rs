//! What outlives a run that is cut short: a store of checkpoints, sinks, and how many chances are left before the next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use primestream_engine::checkpoint::{
    Checkpoint, Epoch, Loaded, Pending, StateStore, StoreError, Transactional,
};
use primestream_engine::disk::{DiskError, Operation};
use primestream_engine::{Sink, SinkError};

/// What outlives a run that was cut short, seen from one of its sinks.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) checkpoints: Arc<Mutex<Vec<Checkpoint>>>,
    outputs: Arc<[Mutex<Output>; SINKS]>,
    /// Which of the sinks this is.
    sink: usize,
    /// How many more chances there are before one is cut short; none if it is 0.
    pub(crate) chances: Arc<AtomicU64>,
    /// What cuts a run short, if it does not fail.
    stop: Arc<Mutex<Option<Stop>>>,
}

type Stop = Box<dyn FnOnce() + Send>;

/// What a sink has.
#[derive(Default)]
struct Output {
    written: Vec<u64>,
    /// How many of them there were at the end of each epoch that was prepared.
    prepared: BTreeMap<Epoch, usize>,
    shown: usize,
    is_finished: bool,
}

/// How many sinks there are.
pub(crate) const SINKS: usize = 3;

impl World {
    /// Returns another of its sinks.
    pub(crate) fn sink(&self, sink: usize) -> Self {
        Self { sink, ..self.clone() }
    }

    /// Fails if it is time, or does what is to be done then.
    pub(crate) fn chance(&self) -> Result<(), std::io::Error> {
        let left =
            self.chances.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left != Ok(1) {
            return Ok(());
        }
        let Some(stop) = self.stop.lock().expect("nothing panics under it").take() else {
            return Err(std::io::Error::other("cut short"));
        };
        stop();
        Ok(())
    }

    /// Lets the next run be cut short by other means than a failure.
    pub(crate) fn stop_by(&self, stop: impl FnOnce() + Send + 'static) {
        *self.stop.lock().expect("nothing panics under it") = Some(Box::new(stop));
    }

    /// Begins a run: without a checkpoint the sinks begin anew, as files do.
    pub(crate) fn begin(&self) {
        self.stop.lock().expect("nothing panics under it").take();
        if self.checkpoints.lock().expect("nothing panics under it").is_empty() {
            for output in self.outputs.iter() {
                let mut output = output.lock().expect("nothing panics under it");
                assert_eq!(output.shown, 0, "nothing shows without a checkpoint");
                *output = Output::default();
            }
        }
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.outputs[self.sink].lock().expect("nothing panics under it")
    }

    /// Returns what the sink has.
    pub(crate) fn written(&self) -> Vec<u64> {
        self.output().written.clone()
    }

    /// Returns whether the sink was finished.
    pub(crate) fn is_finished(&self) -> bool {
        self.output().is_finished
    }
}

impl StateStore for World {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        self.chance().map_err(|error| model(Operation::Read { offset: 0 }, error))?;
        let newest = self.checkpoints.lock().expect("nothing panics under it").last().cloned();
        Ok(newest.map(|checkpoint| Loaded { checkpoint, passed_over: Vec::new() }))
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.chance().map_err(|error| model(Operation::Sync, error))?;
        let mut all = self.checkpoints.lock().expect("nothing panics under it");
        assert!(all.last().is_none_or(|last| last.epoch < checkpoint.epoch), "epochs ascend");
        all.push(checkpoint.clone());
        drop(all);
        self.chance().map_err(|error| model(Operation::Sync, error)) // stored, and nobody knows
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.checkpoints.lock().expect("nothing panics under it").clear();
        Ok(())
    }

    fn place(&self) -> String {
        "model".to_owned()
    }
}

fn model(operation: Operation, error: std::io::Error) -> StoreError {
    DiskError::new(operation, std::path::Path::new("model"), error).into()
}

impl Sink<u64> for World {
    fn write(&mut self, items: &mut Vec<u64>) -> Result<(), SinkError> {
        self.chance()?;
        let mut output = self.output();
        assert!(!output.is_finished, "nothing comes behind the end");
        output.written.append(items);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        let mut output = self.output();
        output.is_finished = true;
        assert_eq!(output.shown, output.written.len(), "everything is committed in the end");
        Ok(())
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        Some(self)
    }
}

impl Transactional for World {
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        self.chance()?;
        let mut output = self.output();
        let count = output.written.len();
        let newest = output.prepared.last_key_value().map(|(&newest, _)| newest);
        assert!(newest < Some(epoch), "epochs ascend: {epoch} behind {newest:?}");
        output.prepared.insert(epoch, count);
        state.extend_from_slice(&epoch.get().to_le_bytes());
        state.extend_from_slice(&(count as u64).to_le_bytes());
        Ok(Pending::done())
    }

    fn commit(&mut self, epoch: Epoch) -> Result<(), SinkError> {
        self.chance()?;
        let newest = self.checkpoints.lock().expect("nothing panics under it").last().map(|it| it.epoch);
        assert!(newest >= Some(epoch), "epoch {epoch} shows, and {newest:?} is the newest that is stored");
        let mut output = self.output();
        let newest = output.prepared.range(..=epoch).next_back();
        output.shown = *newest.expect("what is committed was prepared").1;
        Ok(())
    }

    fn restore(&mut self, epoch: Epoch, state: &[u8]) -> Result<(), SinkError> {
        self.chance()?;
        let (own, count) = state.split_at(8);
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        let mut output = self.output();
        output.prepared.retain(|&prepared, _| prepared <= epoch);
        // One that has ended prepares nothing any more, so that its last epoch may be an earlier one.
        let (newest, &there) = output.prepared.last_key_value().expect("what is restored was prepared");
        assert_eq!(
            (number(own), number(count)),
            (newest.get(), there as u64),
            "restored behind epoch {epoch}"
        );
        assert!(output.shown <= there, "what showed is taken back");
        output.written.truncate(there);
        output.is_finished = false;
        Ok(())
    }
}
