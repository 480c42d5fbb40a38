//! Where items come from, one file a kind. None knows another.

mod boundary;
mod channel;
mod cutter;
#[cfg(feature = "async")]
mod from_stream;
mod interval;
mod iter;
mod iter_from;
mod pieces;
mod record;
mod records;
mod replayed;
mod try_generate;

pub use boundary::{Boundary, LengthPrefix};
pub(crate) use channel::channel;
pub use channel::{Channel, PushError, Pusher};
#[cfg(feature = "async")]
pub use from_stream::FromStream;
pub use interval::Interval;
pub use iter::Iter;
pub use iter_from::IterFrom;
pub use pieces::Pieces;
pub use record::{LineError, Record};
pub use records::{DecodeLine, Records, TakeRecord};
pub use try_generate::TryGenerate;
