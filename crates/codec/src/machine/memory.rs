//! Memory cells: the first few side by side, any others by address.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::integer::Integer;

/// The cells that were stored into; all others are 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    near: Vec<Option<Integer>>,
    far: BTreeMap<u64, Integer>,
}

impl Memory {
    #[inline]
    pub(super) fn load(&self, address: u64) -> Option<&Integer> {
        match self.near.get(near(address)) {
            Some(cell) => cell.as_ref(),
            None => self.far.get(&address),
        }
    }

    /// Stores a value and returns the one that was there.
    #[inline]
    pub(super) fn store(&mut self, address: u64, value: Integer) -> Option<Integer> {
        if address >= NEAR_CELLS {
            return self.far.insert(address, value);
        }
        let place = near(address);
        if place >= self.near.len() {
            self.near.resize(place + 1, None);
        }
        self.near.get_mut(place).and_then(|cell| cell.replace(value))
    }

    /// Returns the values that are kept.
    pub(super) fn values(&self) -> impl Iterator<Item = &Integer> {
        self.near.iter().flatten().chain(self.far.values())
    }

    /// Returns how many cells are kept.
    #[inline]
    pub(super) fn cells(&self) -> usize {
        self.near.len() + self.far.len()
    }
}

impl fmt::Display for Memory {
    /// Writes the cells as `{7: 33, 9: 1}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = (0..).zip(&self.near).filter_map(|(address, cell)| Some((address, cell.as_ref()?)));
        let far = self.far.iter().map(|(&address, value)| (address, value));
        f.write_char('{')?;
        for (index, (address, value)) in near.chain(far).enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            write!(f, "{separator}{address}: {value}")?;
        }
        f.write_char('}')
    }
}

/// Returns the place of an address among those side by side, beyond all of them if it is not one.
#[inline]
fn near(address: u64) -> usize {
    if address < NEAR_CELLS { usize::try_from(address).unwrap_or(usize::MAX) } else { usize::MAX }
}

/// Cells side by side: a program by hand uses few, and numbers them from 0.
const NEAR_CELLS: u64 = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_near_and_far_are_the_same_to_their_user() {
        let mut memory = Memory::default();
        for (address, value) in [(1 << 40, 5), (0, 1), (255, 2), (256, 3), (0, 4)] {
            memory.store(address, Integer::from(value));
        }
        assert_eq!(memory.to_string(), "{0: 4, 255: 2, 256: 3, 1099511627776: 5}");
        assert_eq!(
            (memory.load(7), memory.load(300), memory.load(256)),
            (None, None, Some(&Integer::from(3)))
        );
    }
}
