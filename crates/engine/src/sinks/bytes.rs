//! Items as the bytes they are.

use std::io::Write;

use super::{BUFFER_BYTES, output};
use crate::checkpoint::Transactional;
use crate::error::SinkError;
use crate::sink::Sink;

/// Writes the bytes of each item, one behind the other. Gathers small ones, at most 64 KiB, and holds
/// nothing between runs of items. On the end flushes the writer, and gives a file of ours its name.
#[derive(Debug)]
pub struct Bytes<W> {
    writer: W,
    buffer: Vec<u8>,
}

impl<W> Bytes<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, buffer: Vec::new() }
    }
}

impl<W: Write> Bytes<W> {
    fn write_out(&mut self) -> Result<(), SinkError> {
        self.writer.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<T: AsRef<[u8]>, W: Write + Send + 'static> Sink<T> for Bytes<W> {
    fn write(&mut self, items: &mut Vec<T>) -> Result<(), SinkError> {
        for item in items.drain(..) {
            let bytes = item.as_ref();
            if self.buffer.len() + bytes.len() > BUFFER_BYTES {
                self.write_out()?;
            }
            if bytes.len() < BUFFER_BYTES {
                self.buffer.extend_from_slice(bytes);
            } else {
                self.writer.write_all(bytes)?; // large enough to go without a copy
            }
        }
        self.write_out()
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
