//! The items of an iterator that can be made anew from any position.

use crate::error::{CheckpointError, Interrupt};
use crate::source::{Intake, Replay, Source, Supply};

/// The items of an iterator that can be made anew from any position on, so that it is replayed after a crash.
pub struct IterFrom<F, I> {
    make: F,
    /// `None` only while its items are taken.
    items: Option<Counting<I>>,
}

/// An iterator that knows how many items it gave.
struct Counting<I> {
    items: I,
    position: u64,
}

impl<I: Iterator> Iterator for Counting<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next()?;
        self.position += 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

impl<F, I> IterFrom<F, I::IntoIter>
where
    F: FnMut(u64) -> I,
    I: IntoIterator,
{
    pub(crate) fn new(mut make: F) -> Self {
        let items = make(0).into_iter();
        Self { make, items: Some(Counting { items, position: 0 }) }
    }
}

impl<F, I, II> Source for IterFrom<F, I>
where
    F: FnMut(u64) -> II + Send + 'static,
    II: IntoIterator<IntoIter = I>,
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    type Item = I::Item;

    #[inline]
    fn pull(&mut self, out: &mut impl Intake<I::Item>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let appetite = if std::mem::needs_drop::<I::Item>() { 1 } else { out.appetite() };
            if !out.emit_from(&mut self.items, appetite)? {
                return Ok(Supply::End);
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "iter_from"
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        Some(self)
    }
}

impl<F, I, II> Replay for IterFrom<F, I>
where
    F: FnMut(u64) -> II,
    II: IntoIterator<IntoIter = I>,
    I: Iterator,
{
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        let position = self.items.as_ref().map_or(0, |items| items.position);
        state.extend_from_slice(&position.to_le_bytes());
        Ok(())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        let position = <[u8; 8]>::try_from(state).map(u64::from_le_bytes);
        let position = position.map_err(|_| CheckpointError::new("a position has eight bytes"))?;
        self.items = Some(Counting { items: (self.make)(position).into_iter(), position });
        Ok(())
    }
}
