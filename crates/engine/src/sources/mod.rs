//! Where items come from, one file a kind. None knows another.

mod boundary;
mod channel;
mod from_stream;
mod interval;
mod iter;
mod pieces;
mod records;

pub use boundary::Boundary;
pub(crate) use channel::channel;
pub use channel::{Channel, PushError, Pusher};
pub use from_stream::FromStream;
pub use interval::Interval;
pub use iter::Iter;
pub use pieces::Pieces;
pub use records::{DecodeLine, LineError, Record, Records, TakeRecord};
