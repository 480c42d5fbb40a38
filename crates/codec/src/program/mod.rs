//! Programs: text for people, instructions for the machine, codewords for the wire.
//!
//! An instruction is what a codeword of a program stands for, a [`Reading`]: an operation, a symbol that is
//! shown, or an end of a block, which does nothing. [`assemble`] and [`disassemble`] go between text and instructions,
//! [`Reading::to_codeword`] and [`read`](crate::read) between instructions and codewords, and
//! [`Machine`](crate::machine::Machine) runs them. [`Nesting`] follows blocks within blocks.

mod assemble;
mod disassemble;
mod nesting;

pub use assemble::{AssembleError, AssembleFault, assemble};
pub use disassemble::disassemble;
pub use nesting::{Nesting, NestingError};

use crate::codeword::Codeword;
use crate::reading::Reading;
use crate::symbol::{SymbolError, bare_header, data, header, ntt_header, operation, trailer};

impl Reading {
    /// Writes the codeword that stands for this.
    ///
    /// # Errors
    ///
    /// If it cannot be formed, because its checksum prime would lie beyond the table.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_codec::{Limits, Reading, read};
    ///
    /// let push = Reading::Operation { opcode: 2, operand: Some(42) };
    /// assert_eq!(read(push.to_codeword()?.as_natural(), &Limits::default())?, push);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_codeword(&self) -> Result<Codeword, SymbolError> {
        match *self {
            Self::Data { position, value } => data(position, value),
            Self::Operation { opcode, operand } => operation(opcode, operand),
            Self::Header { length, sequence: Some(sequence) } => header(length, sequence),
            Self::Header { length, sequence: None } => bare_header(length),
            Self::NttHeader { length } => ntt_header(length),
            Self::Trailer { check } => Ok(trailer(check)),
        }
    }
}
