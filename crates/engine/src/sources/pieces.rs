//! The bytes of a reader in pieces of one size.

use std::io::{ErrorKind, Read};

use super::replayed;
use crate::error::{CheckpointError, Interrupt, SourceError};
use crate::source::{Intake, Replay, Source, Supply};

/// The bytes of a reader in pieces of exactly one size, the last one shorter.
#[derive(Debug)]
pub struct Pieces<R> {
    reader: R,
    piece_bytes: usize,
    filling: Vec<u8>,
    bytes_taken: u64,
}

impl<R> Pieces<R> {
    pub(crate) fn new(reader: R, piece_bytes: usize) -> Self {
        assert!(piece_bytes > 0, "a piece holds at least one byte");
        Self { reader, piece_bytes, filling: Vec::new(), bytes_taken: 0 }
    }
}

impl<R: Read + Send + 'static> Source for Pieces<R> {
    type Item = Vec<u8>;

    fn pull(&mut self, out: &mut impl Intake<Vec<u8>>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            let have = self.filling.len();
            if have == 0 {
                self.filling.reserve_exact(self.piece_bytes);
            }
            let missing = (self.piece_bytes - have) as u64;
            // `read_to_end` behind a `take` fills spare capacity without clearing it first.
            match self.reader.by_ref().take(missing).read_to_end(&mut self.filling) {
                Ok(read) => self.bytes_taken += read as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(SourceError::from(error).into()),
            }
            let is_last = self.filling.len() < self.piece_bytes;
            if !self.filling.is_empty() {
                out.emit(std::mem::take(&mut self.filling))?;
            }
            if is_last {
                return Ok(Supply::End);
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "read"
    }

    fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        replayed::file(&self.reader).is_some().then_some(self as &mut dyn Replay)
    }
}

impl<R: 'static> Replay for Pieces<R> {
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        replayed::save(&self.reader, self.bytes_taken - self.filling.len() as u64, state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        self.bytes_taken = replayed::restore(&mut self.reader, state)?;
        Ok(())
    }
}
