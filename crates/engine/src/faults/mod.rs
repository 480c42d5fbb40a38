//! What happens to an item that fails.

mod guarded;
mod on_error;

pub use guarded::Guarded;
pub use on_error::{DeadLetter, OnError};
