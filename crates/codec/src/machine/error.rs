//! Why a program cannot go on.

use std::error::Error;
use std::fmt;

use super::Mnemonic;

/// A program failed: which instruction, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineError {
    /// Place of the instruction in the program, from 0.
    pub place: usize,
    /// The operation, if it is a known one.
    pub operation: Option<Mnemonic>,
    /// What is wrong.
    pub fault: MachineFault,
}

/// What is wrong with an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MachineFault {
    /// The opcode stands for nothing the machine does.
    UnknownOpcode {
        /// The prime.
        opcode: u64,
    },
    /// The operation has no operand and needs one.
    NoOperand,
    /// There are fewer values on the stack than the operation takes.
    Underflow {
        /// How many it takes.
        needed: usize,
        /// How many there are.
        present: usize,
    },
    /// Division by 0, or its remainder.
    DivisionByZero,
    /// The operation is not defined for negative numbers.
    Negative,
    /// A memory address is negative, or beyond 2^63.
    Address,
    /// There is no call to return from.
    NoCall,
    /// The table of primes ends before.
    NoPrime,
    /// A limit is reached.
    Limit {
        /// The field of [`MachineLimits`](super::MachineLimits).
        name: &'static str,
        /// Its value.
        max: u64,
    },
}

impl fmt::Display for MachineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "instruction {}", self.place)?;
        if let Some(operation) = self.operation {
            write!(f, " ({operation})")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl fmt::Display for MachineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOpcode { opcode } => write!(f, "unknown opcode {opcode}"),
            Self::NoOperand => f.write_str("operand missing"),
            Self::Underflow { needed, present } => {
                write!(f, "stack underflow: takes {needed} values, {present} there")
            }
            Self::DivisionByZero => f.write_str("division by zero"),
            Self::Negative => f.write_str("not defined for negative numbers"),
            Self::Address => f.write_str("no memory address"),
            Self::NoCall => f.write_str("no call to return from"),
            Self::NoPrime => f.write_str("no such prime in the table of 2^19"),
            Self::Limit { name, max } => write!(f, "limit {name} of {max} reached"),
        }
    }
}

impl Error for MachineError {}
