//! Integers whose prime factors carry a payload and a check of it, and the container that holds them.
//!
//! Four questions, from the inside out:
//!
//! - *What is this codeword?* [`data`], [`operation`], [`header`] and [`trailer`] write one;
//!   [`read`] reads one strictly: exactly one reading, or an error that says why.
//! - *What do these codewords amount to?* [`DecimalEncoder`] and [`Assembler`] write and read decimal
//!   interchange, ours and the reference's; [`text`] turns text into symbols and back.
//! - *What do they do?* [`program`] goes between text, instructions and codewords, [`machine`] runs them;
//!   [`transform`] takes blocks to frequencies and back.
//! - *How are they kept?* [`container`] frames blocks for files and pipes, finds every
//!   damage, and works on frames in any order.
//!
//! The room takes bytes, or any [`Read`](std::io::Read) or [`Write`](std::io::Write); it opens nothing, has
//! no threads and no clock, prints nothing, and draws no random numbers. Foreign bytes
//! cause errors, never a panic, and never more memory than [`Limits`] allow.
//!
//! ```
//! use primestream_codec::Limits;
//! use primestream_codec::container::{ContainerId, Settings, decode_all, encode_all};
//!
//! let container = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
//! assert_eq!(decode_all(&container, &Limits::default())?, b"Hello, world!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(unsafe_code)]

mod assembler;
pub mod block;
pub mod checksum;
mod coder;
mod codeword;
pub mod container;
mod decimal;
pub mod dense;
mod flow;
mod limits;
mod lookup;
pub mod machine;
mod opcode;
mod product;
pub mod program;
mod reading;
mod role;
mod run;
mod sequence;
mod state;
mod symbol;
pub mod text;
pub mod transform;
mod units;

pub use assembler::Assembler;
pub use block::BlockLen;
pub use codeword::Codeword;
pub use container::{CodewordDamage, Verdict};
pub use decimal::DecimalEncoder;
pub use flow::{Event, Flow, FlowDamage, FlowFault, FlowSummary};
pub use limits::Limits;
pub use reading::{Reading, Unreadable, read};
pub use role::Role;
pub use run::{CodewordRun, CodewordSlice};
pub use sequence::SequenceReader;
pub use symbol::{
    Kind, LENGTH_MAX, OPCODE_MAX, OPERAND_MAX, POSITION_MAX, SymbolError, VALUE_MAX, bare_header, data,
    header, ntt_header, operation, trailer,
};
pub use units::{Symbols, SymbolsRef, Units};
