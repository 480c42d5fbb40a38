//! Blocks within blocks, followed as they come.

use std::error::Error;
use std::fmt;

use crate::reading::Reading;

/// Follows how deep in blocks each codeword of a flow stands.
///
/// A header opens a block of as many items as it states; an item is a codeword, or a block within. Once its items are
/// there a block is over, and the next trailer, if it comes at once, is its own.
///
/// # Examples
///
/// ```
/// use primestream_codec::program::{Nesting, assemble};
///
/// let mut nesting = Nesting::new(4);
/// let program = assemble("BLOCK 2\nBLOCK 1\nNOP\nNOP\nNOP")?;
/// let depths: Result<Vec<usize>, _> = program.iter().map(|codeword| nesting.push(codeword)).collect();
/// assert_eq!(depths, Ok(vec![0, 1, 2, 1, 0]));
/// assert!(nesting.finish().is_ok());
/// # Ok::<(), primestream_codec::program::AssembleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Nesting {
    /// Items that are missing in each open block, the outermost first.
    open: Vec<u64>,
    depth_max: usize,
    /// Depths of the blocks that ended with the last codeword, which a trailer may follow, the innermost last.
    ended: Vec<usize>,
}

/// Blocks do not nest as they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NestingError {
    /// A block is in too many others.
    TooDeep {
        /// How many are allowed.
        depth_max: usize,
    },
    /// A trailer stands where no block ended.
    Trailer,
    /// The flow ends within a block.
    Open {
        /// How many blocks are open.
        depth: usize,
        /// How many items are missing in the innermost.
        missing: u64,
    },
}

impl fmt::Display for NestingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep { depth_max } => write!(f, "more than {depth_max} blocks in each other"),
            Self::Trailer => f.write_str("a trailer where no block ends"),
            Self::Open { depth, missing } => {
                write!(f, "the end within {depth} blocks, {missing} items missing in the innermost")
            }
        }
    }
}

impl Error for NestingError {}

impl Nesting {
    /// Begins outside of all blocks. `depth_max` of them may be in each other.
    #[must_use]
    pub const fn new(depth_max: usize) -> Self {
        Self { open: Vec::new(), depth_max, ended: Vec::new() }
    }

    /// Takes the next codeword and returns how many blocks it is in; headers and trailers are in those around theirs.
    ///
    /// # Errors
    ///
    /// If it begins a block too deep, or is a trailer where no block ended. It then counts as an item.
    pub fn push(&mut self, codeword: &Reading) -> Result<usize, NestingError> {
        match *codeword {
            Reading::Trailer { .. } => match self.ended.pop() {
                Some(depth) => Ok(depth),
                None => {
                    self.item();
                    Err(NestingError::Trailer)
                }
            },
            Reading::Header { length, .. } | Reading::NttHeader { length } => {
                let depth = self.open.len();
                self.ended.clear();
                if length > 0 && depth >= self.depth_max {
                    self.item();
                    return Err(NestingError::TooDeep { depth_max: self.depth_max });
                }
                self.open.push(length);
                self.close();
                Ok(depth)
            }
            _ => {
                let depth = self.open.len();
                self.item();
                Ok(depth)
            }
        }
    }

    /// Says that no codeword follows.
    ///
    /// # Errors
    ///
    /// If a block is open.
    pub fn finish(self) -> Result<(), NestingError> {
        match self.open.last() {
            Some(&missing) => Err(NestingError::Open { depth: self.open.len(), missing }),
            None => Ok(()),
        }
    }

    fn item(&mut self) {
        self.ended.clear();
        if let Some(missing) = self.open.last_mut() {
            *missing -= 1;
            self.close();
        }
    }

    /// Ends the blocks that have all their items.
    fn close(&mut self) {
        while self.open.last() == Some(&0) {
            self.open.pop();
            // A trailer of an outer block stands behind that of an inner one.
            self.ended.insert(0, self.open.len());
            if let Some(missing) = self.open.last_mut() {
                *missing -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::assemble;

    fn depths(text: &str, depth_max: usize) -> (Vec<Result<usize, NestingError>>, Result<(), NestingError>) {
        let mut nesting = Nesting::new(depth_max);
        let found = assemble(text).unwrap().iter().map(|codeword| nesting.push(codeword)).collect();
        (found, nesting.finish())
    }

    #[test]
    fn trailers_belong_to_the_blocks_that_ended() {
        let (found, ended) =
            depths("BLOCK 1 0\nBLOCK 1 0\nNOP\nCHECK 1\nCHECK 2\nNOP\nBLOCK 0 2\nCHECK 3", 2);
        assert_eq!((found, ended), ([0, 1, 2, 1, 0, 0, 0, 0].map(Ok).to_vec(), Ok(())));
    }

    #[test]
    fn what_does_not_nest_is_told() {
        let (found, ended) = depths("CHECK 1\nBLOCK 2\nBLOCK 1\nNOP\nNOP\nCHECK 1", 1);
        let too_deep = Err(NestingError::TooDeep { depth_max: 1 });
        assert_eq!(
            found,
            [Err(NestingError::Trailer), Ok(0), too_deep, Ok(1), Ok(0), Err(NestingError::Trailer)]
        );
        assert_eq!(ended, Ok(()));
        assert_eq!(depths("BLOCK 3\nNOP", 1).1, Err(NestingError::Open { depth: 1, missing: 2 }));
    }

    #[test]
    fn many_empty_blocks_are_not_deep() {
        let (found, ended) = depths(&"BLOCK 0\n".repeat(1000), 0);
        assert!(found.iter().all(|depth| *depth == Ok(0)) && ended.is_ok());
    }
}
