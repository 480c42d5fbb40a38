//! Where streams begin and end outside the process.
//!
//! [`large_file`] reads a file of any size in ranges, by parallel lanes.

#![forbid(unsafe_code)]

mod from_offset;
pub mod large_file;

pub use large_file::LargeFile;
