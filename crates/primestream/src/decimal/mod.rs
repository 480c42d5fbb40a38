//! Codewords as decimal integers, one a line: the interchange with other implementations.
//!
//! Lines are parsed and read strictly on any lane; putting blocks together runs in one.

mod read;
mod write;

pub use read::{Line, LineDamage, LineReport, NotDecimal, decode, read};
pub(crate) use read::{content_of, lines_within, read_digits};
pub use write::write;
