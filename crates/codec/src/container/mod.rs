//! The container: blocks of codewords in a file or a pipe, so that no damage passes for good.
//!
//! Layout: `docs/container.md`. Three parts work together, and a pipeline can put them
//! on different lanes: [`FrameReader`] finds the frames, [`FrameDecoder`] makes symbols of
//! each on its own, [`Continuity`] sees that all are there in order. Writing is
//! [`FrameEncoder`] on any lane, and [`Register`], which follows the frames and writes index and end. [`ContainerWriter`],
//! [`encode_all`] and [`decode_all`] do it all in one place.

mod codewords;
mod continuity;
mod damage;
mod decode;
mod dense;
mod digest;
mod encode;
mod error;
mod frame;
mod header;
mod read;
mod register;
mod repair;
mod seek;
mod whole;
mod write;

pub use continuity::{Continuity, FramePlace};
pub use damage::{CodewordDamage, Damage, DamageKind, FrameDamage, FrameFault, Verdict};
pub use decode::FrameDecoder;
pub use digest::ContentDigest;
pub use encode::FrameEncoder;
pub use error::{ContainerError, EncodeError};
pub use frame::{Digest, EndFrame, FRAME_HEAD_BYTES, RawFrame};
pub use header::{
    Compression, ContainerId, FRAME_SYMBOLS_MAX, HEADER_BYTES, Header, MAGIC, Positions, Profile, Settings,
    VERSION,
};
pub use read::{FrameReader, Piece};
pub use register::Register;
pub use repair::Repair;
pub use seek::{Entry, find_symbol, last_container};
pub use whole::{DecodeError, decode_all, decode_symbols, encode_all, encode_symbols};
pub use write::ContainerWriter;

/// What travels between lanes may do so.
const _: () = {
    const fn can_be_sent<T: Send>() {}
    can_be_sent::<FrameEncoder>();
    can_be_sent::<FrameDecoder>();
    can_be_sent::<Continuity>();
    can_be_sent::<Piece>();
    can_be_sent::<FrameReader<&[u8]>>();
    can_be_sent::<FrameDamage>();
    can_be_sent::<ContainerError>();
    can_be_sent::<EncodeError>();
};
