//! What outlives a run that is cut short: a store of checkpoints, a sink, and how many chances are left before the next.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use primestream_engine::checkpoint::{
    Checkpoint, Epoch, Loaded, Pending, StateStore, StoreError, Transactional,
};
use primestream_engine::disk::{DiskError, Operation};
use primestream_engine::{Sink, SinkError};

/// What outlives a run that was cut short.
#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) checkpoints: Arc<Mutex<Vec<Checkpoint>>>,
    /// What the sink was given and what of it shows.
    pub(crate) output: Arc<Mutex<Output>>,
    /// How many more chances there are before one is cut short; none if it is 0.
    pub(crate) chances: Arc<AtomicU64>,
}

/// What a sink has.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) written: Vec<u64>,
    shown: usize,
    is_finished: bool,
}

impl World {
    /// Fails if it is time.
    pub(crate) fn chance(&self) -> Result<(), std::io::Error> {
        let left =
            self.chances.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left == Ok(1) { Err(std::io::Error::other("cut short")) } else { Ok(()) }
    }

    /// Begins a run: without a checkpoint the sink begins anew, as a file does.
    pub(crate) fn begin(&self) {
        if self.checkpoints.lock().expect("nothing panics under it").is_empty() {
            self.output.lock().expect("nothing panics under it").written.clear();
        }
    }

    /// Returns what the sink has.
    pub(crate) fn written(&self) -> Vec<u64> {
        self.output.lock().expect("nothing panics under it").written.clone()
    }

    /// Returns whether the sink was finished.
    pub(crate) fn is_finished(&self) -> bool {
        self.output.lock().expect("nothing panics under it").is_finished
    }
}

impl StateStore for World {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        let newest = self.checkpoints.lock().expect("nothing panics under it").last().cloned();
        Ok(newest.map(|checkpoint| Loaded { checkpoint, passed_over: Vec::new() }))
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let cut =
            |error| StoreError::from(DiskError::new(Operation::Sync, std::path::Path::new("model"), error));
        self.chance().map_err(cut)?;
        let mut all = self.checkpoints.lock().expect("nothing panics under it");
        assert!(all.last().is_none_or(|last| last.epoch < checkpoint.epoch), "epochs ascend");
        all.push(checkpoint.clone());
        drop(all);
        self.chance().map_err(cut) // stored, and nobody knows
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.checkpoints.lock().expect("nothing panics under it").clear();
        Ok(())
    }

    fn place(&self) -> String {
        "model".to_owned()
    }
}

impl Sink<u64> for World {
    fn write(&mut self, items: &mut Vec<u64>) -> Result<(), SinkError> {
        self.chance()?;
        self.output.lock().expect("nothing panics under it").written.append(items);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        let mut output = self.output.lock().expect("nothing panics under it");
        output.is_finished = true;
        assert_eq!(output.shown, output.written.len(), "everything is committed in the end");
        Ok(())
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        Some(self)
    }
}

impl Transactional for World {
    fn prepare(&mut self, _: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        self.chance()?;
        let count = self.output.lock().expect("nothing panics under it").written.len() as u64;
        state.extend_from_slice(&count.to_le_bytes());
        Ok(Pending::done())
    }

    fn commit(&mut self, _: Epoch) -> Result<(), SinkError> {
        self.chance()?;
        let mut output = self.output.lock().expect("nothing panics under it");
        output.shown = output.written.len(); // in a simulated run nothing comes between
        Ok(())
    }

    fn restore(&mut self, _: Epoch, state: &[u8]) -> Result<(), SinkError> {
        self.chance()?;
        let count = u64::from_le_bytes(state.try_into().expect("eight bytes"));
        let mut output = self.output.lock().expect("nothing panics under it");
        assert!(output.shown as u64 <= count, "what showed is taken back");
        output.written.truncate(usize::try_from(count).expect("it was a length"));
        Ok(())
    }
}
