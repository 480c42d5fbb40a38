//! The items of an iterator.

use crate::error::Interrupt;
use crate::source::{Intake, Source, Supply};

/// The items of an iterator, in its order.
#[derive(Debug)]
pub struct Iter<I> {
    /// `None` only while its items are taken.
    items: Option<I>,
    name: &'static str,
    /// How many there are, where the iterator knows.
    items_total: Option<usize>,
}

/// Returns how many items an iterator has left, if it knows.
fn known_len(items: &impl Iterator) -> Option<usize> {
    let (least, most) = items.size_hint();
    most.filter(|&most| most == least)
}

impl<I: Iterator> Iter<I> {
    /// Makes a source that plans and reports show as `name`.
    pub(crate) fn new(name: &'static str, items: I) -> Self {
        Self { items_total: known_len(&items), items: Some(items), name }
    }
}

impl<I> Source for Iter<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    type Item = I::Item;

    #[inline]
    fn pull(&mut self, out: &mut impl Intake<I::Item>) -> Result<Supply, Interrupt> {
        // Items that own no memory may be taken many at once without looking how full the intake is.
        let owns_memory = std::mem::needs_drop::<I::Item>();
        while !out.is_satisfied() {
            let appetite = out.appetite();
            if owns_memory || appetite == 1 {
                let Some(item) = self.items.as_mut().and_then(Iterator::next) else { return Ok(Supply::End) };
                out.emit(item)?;
            } else if !out.emit_from(&mut self.items, appetite)? {
                return Ok(Supply::End);
            }
        }
        Ok(Supply::More)
    }

    fn fraction(&self) -> Option<f64> {
        let (total, left) = (self.items_total?, known_len(self.items.as_ref()?)?);
        // Of nothing, all was taken.
        Some(if total == 0 { 1.0 } else { (1.0 - left as f64 / total as f64).clamp(0.0, 1.0) })
    }

    fn name(&self) -> &'static str {
        self.name
    }
}
