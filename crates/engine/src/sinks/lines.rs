//! Items as lines of text.

use std::fmt::Display;
use std::io::Write;

use super::{BUFFER_BYTES, output};
use crate::checkpoint::Transactional;
use crate::error::SinkError;
use crate::sink::Sink;

/// Writes each item and a line feed. Holds at most 64 KiB and one line, and nothing between runs of
/// items: what came together is written together, so somebody who watches sees it. On the end flushes
/// the writer.
#[derive(Debug)]
pub struct Lines<W> {
    writer: W,
    buffer: Vec<u8>,
}

impl<W> Lines<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, buffer: Vec::new() }
    }
}

impl<T: Display, W: Write + Send + 'static> Sink<T> for Lines<W> {
    fn write(&mut self, items: &mut Vec<T>) -> Result<(), SinkError> {
        for item in items.drain(..) {
            writeln!(self.buffer, "{item}")?;
            if self.buffer.len() >= BUFFER_BYTES {
                self.writer.write_all(&self.buffer)?;
                self.buffer.clear();
            }
        }
        self.writer.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        output::finish(&mut self.writer)
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(self.writer.flush()?)
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        output::transactional(&mut self.writer)
    }
}
