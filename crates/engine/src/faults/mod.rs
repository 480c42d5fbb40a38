//! What happens to an item that fails.

mod breaker;
mod guarded;
mod on_error;
pub(crate) mod policy;
mod retry;
mod tolerance;

pub use breaker::CircuitBreaker;
pub use guarded::Guarded;
pub use on_error::{DeadLetter, OnError};
pub use retry::Retry;
pub use tolerance::Tolerance;
