//! Where items come from, one file a kind. None knows another.

mod boundary;
mod iter;
mod pieces;
mod records;

pub use boundary::Boundary;
pub use iter::Iter;
pub use pieces::Pieces;
pub use records::{DecodeLine, LineError, Record, Records, TakeRecord};
