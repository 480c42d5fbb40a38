//! What a program breaks off at: an integer that is no codeword, or a container that is damaged.

use std::fmt;

use primestream_codec::container::Damage;
use primestream_codec::{Units, Unreadable};
use primestream_engine::Weigh;

/// Why no instruction stands at a place of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramFault {
    /// A line is no codeword.
    Line {
        /// Its number, from 1.
        line: u64,
        /// The offset of its first byte.
        offset: u64,
        /// Why it is none; `None` if it is no decimal number at all.
        unreadable: Option<Unreadable>,
    },
    /// An integer is no codeword.
    Codeword {
        /// Its place in the program, from 0.
        index: u64,
        /// Why it is none.
        unreadable: Unreadable,
    },
    /// The container is damaged. A frame is good or bad as a whole: of a damaged one no codeword is taken.
    Damage(Damage),
    /// A further container holds other symbols than codewords.
    Units {
        /// Byte at which it begins.
        offset: u64,
        /// The kind it holds.
        units: Units,
    },
}

impl Weigh for ProgramFault {}

impl fmt::Display for ProgramFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, offset, unreadable: Some(unreadable) } => {
                write!(f, "line {line}, byte {offset}: {unreadable}")
            }
            Self::Line { line, offset, unreadable: None } => {
                write!(f, "line {line}, byte {offset}: not a decimal number")
            }
            Self::Codeword { index, unreadable } => write!(f, "codeword {index}: {unreadable}"),
            Self::Damage(damage) => damage.fmt(f),
            Self::Units { offset, units } => {
                write!(f, "byte {offset}: a container of {units:?}, not of codewords")
            }
        }
    }
}

impl std::error::Error for ProgramFault {}
