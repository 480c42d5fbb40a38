//! Where items go, one file a kind. None knows another.

mod bytes;
mod lines;
mod output;

pub use bytes::Bytes;
pub use lines::Lines;

/// Bytes gathered before they are written: enough that system calls cost nothing.
const BUFFER_BYTES: usize = 1 << 16;
