//! Where items come from, one file a kind. None knows another.

mod boundary;
mod cutter;
mod iter;
mod pieces;
mod record;
mod records;
mod try_generate;

pub use boundary::{Boundary, LengthPrefix};
pub use iter::Iter;
pub use pieces::Pieces;
pub use record::{LineError, Record};
pub use records::{DecodeLine, Records, TakeRecord};
pub use try_generate::TryGenerate;
