//! Where in a file damage lies, in a line of signs.

/// A map of a file of unknown length: each cell stands for the same number of bytes, more of them the longer it is.
#[derive(Debug)]
pub(super) struct Map {
    cell_bytes: u64,
    is_damaged: Vec<bool>,
}

impl Map {
    pub(super) const fn new() -> Self {
        Self { cell_bytes: 1, is_damaged: Vec::new() }
    }

    /// Takes note of the bytes from `offset` on; of none, as of a place where something is missing.
    pub(super) fn add(&mut self, offset: u64, bytes: u64, is_damaged: bool) {
        let last = offset.saturating_add(bytes.saturating_sub(1));
        while last / self.cell_bytes >= CELLS as u64 {
            self.cell_bytes *= 2;
            self.is_damaged = self.is_damaged.chunks(2).map(|pair| pair.contains(&true)).collect();
        }
        let cell = |place: u64| usize::try_from(place / self.cell_bytes).unwrap_or(CELLS);
        let (first, last) = (cell(offset), cell(last));
        if self.is_damaged.len() <= last {
            self.is_damaged.resize(last + 1, false);
        }
        if is_damaged {
            self.is_damaged[first..=last].fill(true);
        }
    }

    /// Returns how many bytes a sign stands for.
    pub(super) const fn cell_bytes(&self) -> u64 {
        self.cell_bytes
    }

    /// Returns the signs: `.` where all is good, `x` where something is damaged or missing.
    pub(super) fn signs(&self) -> String {
        self.is_damaged.iter().map(|&is_damaged| if is_damaged { 'x' } else { '.' }).collect()
    }
}

/// Most signs: they fit a line.
const CELLS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_grow_with_the_file_and_lose_no_damage() {
        let mut map = Map::new();
        map.add(0, 10, false);
        map.add(10, 1, true);
        assert_eq!((map.signs().as_str(), map.cell_bytes()), ("..........x", 1));
        map.add(11, 100, false);
        assert_eq!(map.cell_bytes(), 2);
        assert_eq!(map.signs(), format!(".....x{}", ".".repeat(50)));
        map.add(1 << 40, 0, true);
        assert_eq!(map.cell_bytes(), 1 << 35);
        assert_eq!(map.signs(), format!("x{}x", ".".repeat(31)));
        map.add(u64::MAX, 5, false);
        assert_eq!(map.signs().len(), 64);
    }
}
