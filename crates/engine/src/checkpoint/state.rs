//! What steps remember from one item to the next, written at a barrier and read again.
//!
//! Each step that remembers something writes one value under its name, in the order of the steps; read
//! back, the names must come in the same order, so that a changed pipeline is noticed where it differs.

use std::fmt;

#[cfg(feature = "stateful")]
use serde::Serialize;
#[cfg(feature = "stateful")]
use serde::de::DeserializeOwned;

use super::{Epoch, Part, Prepared};
use crate::error::{CheckpointError, Outcome};

/// What a step remembers from one item to the next, as checkpoints see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Nothing: what it makes of an item depends on the item alone.
    None,
    /// State that it saves and takes up again.
    Saved,
    /// State that no checkpoint holds.
    Lost,
}

/// Gathers what the steps of a chain remember.
#[derive(Debug)]
pub struct Saver {
    epoch: Epoch,
    is_last: bool,
    parts: Vec<(String, Vec<u8>)>,
    prepared: Vec<Prepared>,
}

impl Saver {
    pub(crate) fn new(epoch: Epoch, is_last: bool) -> Self {
        Self { epoch, is_last, parts: Vec::new(), prepared: Vec::new() }
    }

    /// Returns the epoch that ends here.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns whether everything has ended.
    pub fn is_last(&self) -> bool {
        self.is_last
    }

    /// Writes what a step remembers, as MessagePack.
    ///
    /// # Errors
    ///
    /// If the value cannot be written: a map of unknown length, for one.
    #[cfg(feature = "stateful")]
    pub fn put<V: Serialize>(&mut self, step: &str, value: &V) -> Result<(), CheckpointError> {
        let bytes = write(step, value)?;
        self.put_bytes(step, bytes);
        Ok(())
    }

    /// Writes the number that is all a step remembers.
    pub fn put_number(&mut self, step: &str, number: u64) {
        self.put_bytes(step, number.to_le_bytes().to_vec());
    }

    /// Writes what a step remembers in bytes of its own.
    pub fn put_bytes(&mut self, step: &str, bytes: Vec<u8>) {
        self.parts.push((step.to_owned(), bytes));
    }

    /// Takes what is left to be done before and after the checkpoint is stored.
    pub(crate) fn prepared(&mut self, prepared: Prepared) {
        self.prepared.push(prepared);
    }

    pub(crate) fn into_parts(self) -> (Vec<(String, Vec<u8>)>, Vec<Prepared>) {
        (self.parts, self.prepared)
    }
}

/// Hands out what the steps of a chain remembered: nothing, if the run begins anew.
#[derive(Debug)]
pub struct Restorer<'a> {
    /// What each lane, or group of keys, of the stage saved.
    lanes: &'a [Vec<&'a Part>],
    lane: usize,
    lanes_now: usize,
    next: usize,
    /// The epoch whose end it was; nothing in a run that begins anew.
    epoch: Option<Epoch>,
    has_ended: bool,
    /// Checkpoints are made on the way, the last of them at the end.
    is_kept: bool,
}

impl<'a> Restorer<'a> {
    pub(crate) fn new(
        lanes: &'a [Vec<&'a Part>],
        (lane, lanes_now): (usize, usize),
        (epoch, has_ended, is_kept): (Option<Epoch>, bool, bool),
    ) -> Self {
        Self { lanes, lane, lanes_now, next: 0, epoch, has_ended, is_kept }
    }

    /// Returns the first part of this lane that no step has taken.
    pub(crate) fn left(&self) -> Option<&'a Part> {
        self.lanes.get(self.lane)?.get(self.next).copied()
    }

    /// Returns whether its stage had ended, so that nothing will be given.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Returns the epoch that had ended; nothing in a run that begins anew.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// Returns whether checkpoints are made on the way, the last of them at the end.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Returns which lane, or group of keys, this is, and of how many.
    #[cfg(feature = "stateful")]
    pub(crate) fn lane(&self) -> (usize, usize) {
        (self.lane, self.lanes_now)
    }

    /// Takes what a step wrote; `None` in a run that begins anew.
    ///
    /// # Errors
    ///
    /// As [`take_bytes`](Self::take_bytes), and if the bytes are of another type.
    #[cfg(feature = "stateful")]
    pub fn take<V: DeserializeOwned>(&mut self, step: &str) -> Result<Option<V>, CheckpointError> {
        self.take_bytes(step)?.map(|bytes| read(step, bytes)).transpose()
    }

    /// Takes the number that a step wrote; `None` in a run that begins anew.
    ///
    /// # Errors
    ///
    /// As [`take_bytes`](Self::take_bytes), and if it wrote no number.
    pub fn take_number(&mut self, step: &str) -> Result<Option<u64>, CheckpointError> {
        self.take_bytes(step)?.map(|bytes| number(step, bytes)).transpose()
    }

    /// Takes what a step wrote in bytes of its own; `None` in a run that begins anew.
    ///
    /// # Errors
    ///
    /// If another step wrote here, or there were more or fewer lanes.
    pub fn take_bytes(&mut self, step: &str) -> Result<Option<&'a [u8]>, CheckpointError> {
        if self.lanes.is_empty() {
            return Ok(None);
        }
        if self.lanes.len() != self.lanes_now {
            return Err(CheckpointError::new(format!(
                "step `{step}` was in {} lanes and is in {}: what it remembers of one lane belongs to no other",
                self.lanes.len(),
                self.lanes_now
            )));
        }
        let part = part(&self.lanes[self.lane], self.next, step)?;
        self.next += 1;
        Ok(Some(part))
    }

    /// Takes what a step wrote in all lanes, each with its number, for one that can tell what belongs to which; and how
    /// many lanes there were.
    #[cfg(feature = "stateful")]
    pub(crate) fn take_of_all(&mut self, step: &str) -> Result<OfAll<'a>, CheckpointError> {
        let at = self.next;
        self.next += 1;
        // A group that ended before the others left nothing: what it would pass on, nobody takes any more.
        let has_left = |lane: &Vec<&Part>| !lane.is_empty() || self.lanes.iter().all(Vec::is_empty);
        let lanes = self.lanes.iter().enumerate().filter(|(_, lane)| has_left(lane));
        let parts = lanes.map(|(number, lane)| Ok((number, part(lane, at, step)?)));
        Ok((parts.collect::<Result<_, CheckpointError>>()?, self.lanes.len()))
    }
}

/// The bytes of lanes, by their numbers, and how many lanes there were.
#[cfg(feature = "stateful")]
pub(crate) type OfAll<'a> = (Vec<(usize, &'a [u8])>, usize);

fn part<'a>(lane: &[&'a Part], at: usize, step: &str) -> Result<&'a [u8], CheckpointError> {
    match lane.get(at) {
        Some(part) if part.name == step => Ok(&part.state),
        Some(part) => {
            Err(CheckpointError::new(format!("where step `{step}` is now, step `{}` was saved", part.name)))
        }
        None => Err(CheckpointError::new(format!("step `{step}` was not saved"))),
    }
}

/// Returns the number that a step wrote.
fn number(step: &str, bytes: &[u8]) -> Result<u64, CheckpointError> {
    let bytes = <[u8; 8]>::try_from(bytes);
    let no_number = |_| CheckpointError::new(format!("what step `{step}` saved is no number"));
    bytes.map(u64::from_le_bytes).map_err(no_number)
}

/// Returns a value as MessagePack [MSGPACK].
#[cfg(feature = "stateful")]
pub(crate) fn write<V: Serialize + ?Sized>(step: &str, value: &V) -> Result<Vec<u8>, CheckpointError> {
    rmp_serde::to_vec(value).map_err(|error| {
        CheckpointError::new(format!("what step `{step}` remembers cannot be written: {error}"))
    })
}

/// Reads a value that was written, and nothing else.
#[cfg(feature = "stateful")]
pub(crate) fn read<V: DeserializeOwned>(step: &str, bytes: &[u8]) -> Result<V, CheckpointError> {
    let mut rest = bytes;
    let unread = |what: &dyn fmt::Display| {
        CheckpointError::new(format!("what step `{step}` saved cannot be read: {what}"))
    };
    let value = rmp_serde::from_read(&mut rest).map_err(|error| unread(&error))?;
    match rest.len() {
        0 => Ok(value),
        more => Err(unread(&format_args!("{more} bytes more are there, so its type has changed"))),
    }
}

/// How a value of the user's is written and read, where the user said that it can be.
pub(crate) struct Keep<V> {
    write: fn(&str, &V) -> Result<Vec<u8>, CheckpointError>,
    read: fn(&str, &[u8]) -> Result<V, CheckpointError>,
}

impl<V> Clone for Keep<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Keep<V> {}

impl<V> fmt::Debug for Keep<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

impl Keep<u64> {
    /// Makes it for a number.
    pub(crate) fn of_number() -> Self {
        Self { write: |_, value| Ok(value.to_le_bytes().to_vec()), read: number }
    }
}

impl<V> Keep<V> {
    /// Makes it for a type that can be written and read.
    #[cfg(feature = "stateful")]
    pub(crate) fn new() -> Self
    where
        V: Serialize + DeserializeOwned,
    {
        Self { write: |step, value| write(step, value), read: |step, bytes| read(step, bytes) }
    }

    /// Returns a value as bytes.
    pub(crate) fn bytes(self, step: &str, value: &V) -> Result<Vec<u8>, CheckpointError> {
        (self.write)(step, value)
    }

    /// Writes a value.
    pub(crate) fn save(self, to: &mut Saver, step: &str, value: &V) -> Result<(), CheckpointError> {
        let bytes = self.bytes(step, value)?;
        to.put_bytes(step, bytes);
        Ok(())
    }

    /// Takes what was written, if the run does not begin anew.
    pub(crate) fn take(self, from: &mut Restorer<'_>, step: &str) -> Result<Option<V>, CheckpointError> {
        from.take_bytes(step)?.map(|bytes| (self.read)(step, bytes)).transpose()
    }
}

/// Returns what a step with a value of the user's remembers: something that is lost unless it is kept.
pub(crate) fn memory_of<V>(keep: Option<Keep<V>>) -> Memory {
    if keep.is_some() { Memory::Saved } else { Memory::Lost }
}

/// Writes a value of the user's, if it is to be kept.
pub(crate) fn save_kept<V>(keep: Option<Keep<V>>, to: &mut Saver, step: &str, value: &V) -> Outcome {
    match keep {
        Some(keep) => Ok(keep.save(to, step, value)?),
        None => Ok(()),
    }
}

/// Takes a value of the user's, if it is kept and the run does not begin anew.
pub(crate) fn take_kept<V>(
    keep: Option<Keep<V>>,
    from: &mut Restorer<'_>,
    step: &str,
) -> Result<Option<V>, CheckpointError> {
    match keep {
        Some(keep) => keep.take(from, step),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(values: &[(&str, u64)]) -> Vec<Part> {
        let mut saver = Saver::new(Epoch::FIRST, false);
        values.iter().for_each(|(step, value)| saver.put_number(step, *value));
        parts_of(saver)
    }

    fn parts_of(saver: Saver) -> Vec<Part> {
        let parts = saver.into_parts().0.into_iter();
        let part = |(step, (name, state))| Part { stage: 0, lane: 0, step, name, state };
        (1..).zip(parts).map(part).collect()
    }

    #[test]
    fn what_was_saved_is_taken_in_its_order_and_nothing_else() {
        let parts = saved(&[("take", 5), ("skip", 7)]);
        let lanes = [parts.iter().collect::<Vec<_>>()];
        let mut restorer = Restorer::new(&lanes, (0, 1), (Some(Epoch::FIRST), false, true));
        assert_eq!(restorer.take_number("take").unwrap(), Some(5));
        let error = restorer.take_number("batch").unwrap_err();
        assert_eq!(error.to_string(), "where step `batch` is now, step `skip` was saved");
        assert_eq!(restorer.take_number("skip").unwrap(), Some(7));
        assert_eq!(restorer.take_number("scan").unwrap_err().to_string(), "step `scan` was not saved");

        let error = Restorer::new(&lanes, (0, 2), (None, false, true)).take_number("take").unwrap_err();
        assert!(error.to_string().contains("was in 1 lanes and is in 2"), "{error}");
        assert_eq!(
            Restorer::new(&[], (0, 2), (None, false, true)).take_number("take").unwrap(),
            None,
            "it begins anew"
        );
    }

    #[test]
    #[cfg(feature = "stateful")]
    fn groups_that_ended_before_the_others_left_nothing() {
        let parts = saved(&[("fold_by_key", 5)]);
        let take = |lanes: &[Vec<&Part>]| {
            let mut restorer = Restorer::new(lanes, (1, 2), (Some(Epoch::FIRST), false, true));
            restorer.take_of_all("fold_by_key").map(|(all, _)| all.len()).map_err(|error| error.to_string())
        };
        assert_eq!(take(&[parts.iter().collect(), vec![]]), Ok(1));
        assert_eq!(take(&[vec![], vec![]]), Err("step `fold_by_key` was not saved".to_owned()));
        assert_eq!(take(&[]), Ok(0), "it begins anew");
    }

    #[test]
    #[cfg(feature = "stateful")]
    fn a_value_is_read_as_the_type_it_was_written_as() {
        let mut saver = Saver::new(Epoch::FIRST, false);
        saver.put("pair", &(7u64, "seven")).unwrap();
        saver.put("list", &[1u8, 2]).unwrap();
        let parts = parts_of(saver);
        let lanes = [parts.iter().collect::<Vec<_>>()];
        let mut restorer = Restorer::new(&lanes, (0, 1), (Some(Epoch::FIRST), false, true));
        assert_eq!(restorer.take("pair").unwrap(), Some((7u64, "seven".to_owned())));
        assert!(restorer.take::<String>("list").is_err());
        let mut anew = Restorer::new(&[], (0, 1), (None, false, true));
        assert_eq!(anew.take::<u8>("pair").unwrap(), None);

        let bytes = write("scan", &(7u64, "seven".to_owned())).unwrap();
        assert_eq!(read::<(u64, String)>("scan", &bytes).unwrap(), (7, "seven".to_owned()));
        assert!(read::<Vec<String>>("scan", &bytes).is_err());
        let error = read::<u8>("scan", &[1, 2]).unwrap_err();
        assert!(error.to_string().contains("1 bytes more are there"), "{error}");
    }
}
