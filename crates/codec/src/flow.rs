//! What a flow of single codewords turns out to be: its organisation, its symbols, its damage.
//!
//! These are the answers of [`Assembler`](crate::Assembler).

use crate::container::Verdict;
use crate::reading::Unreadable;
use crate::symbol::Kind;
use crate::units::Symbols;

/// How a flow of codewords is organised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flow {
    /// Blocks with number and check, ended by an empty one: loss is noticed wherever it is.
    Blocks,
    /// Blocks with bare headers: loss within a block is noticed, loss of a block is not.
    BareBlocks,
    /// Data alone, positions counting through: loss at the end is not noticed.
    Bare,
}

/// What the codewords pushed so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The symbols of a good block, or, in a bare flow, the next symbols.
    Symbols(Symbols),
    /// Something is wrong.
    Damage(FlowDamage),
}

/// A codeword that is not what belongs in its place, or the place of one that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowDamage {
    /// The place given with the codeword, for instance a line number.
    pub place: u64,
    /// What is wrong.
    pub fault: FlowFault,
    /// What strict reading says of the codeword; incomplete where something is missing.
    pub verdict: Verdict,
    /// What the codeword is, or, without a reading, what belongs here if that is known.
    pub kind: Option<Kind>,
    /// Position the codeword carries, or the first one missing.
    pub position: Option<u64>,
    /// Value it carries.
    pub value: Option<u32>,
    /// Number of the block, if blocks have numbers.
    pub sequence: Option<u64>,
}

/// What is wrong at one place of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowFault {
    /// The codeword has not exactly one reading.
    Unreadable(Unreadable),
    /// A codeword of this kind does not belong here; those that follow it up to the next header are passed over.
    Unexpected,
    /// Symbols are missing before this place.
    Missing {
        /// How many.
        count: u64,
    },
    /// The block's trailer is missing before this place: its symbols cannot be trusted.
    NoTrailer,
    /// The position was there before.
    Repeated,
    /// The value is too large for the symbols asked for.
    Value,
    /// The block is longer than the caller's limit.
    TooLong,
    /// The symbols of the block do not fit its check: none of them is delivered.
    Check,
    /// Blocks are missing before this place.
    BlocksMissing {
        /// How many.
        count: u64,
    },
    /// The block was there before, or comes too late: it is not delivered.
    BlockRepeated,
    /// The totals in the end block are others than those found.
    Totals,
    /// The flow has ended before.
    AfterEnd,
    /// There is no end block.
    NoEnd,
}

/// What a flow amounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowSummary {
    /// How the flow was organised; `None` if that could not be told.
    pub flow: Option<Flow>,
    /// Blocks delivered.
    pub blocks: u64,
    /// Symbols delivered.
    pub symbols: u64,
    /// Damage reported.
    pub damages: u64,
    /// An end block was seen.
    pub ended: bool,
}

impl FlowSummary {
    /// Tells whether everything is there for certain: only a flow with an end block can say so.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.ended && self.damages == 0
    }

    /// Tells whether nothing was found wrong, which in the reference's flows is all that can be told.
    #[must_use]
    pub const fn is_undamaged(&self) -> bool {
        self.damages == 0
    }
}
