//! Ends that write to any [`Write`].

use std::fmt::Display;
use std::io::Write;

use super::{Head, Stream};
use crate::operator::Operator;
use crate::pipeline::Pipeline;
use crate::sinks::{Bytes, Lines};
use crate::weigh::Weigh;

/// Ends that write.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Writes each item and a line feed. What comes together is written together, so no buffer is needed
    /// around the writer; at the end it is flushed.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let (reader, writer) = std::io::pipe()?;
    /// Stream::iter([1u64, 20, 300]).write_lines(writer).run()?;
    /// assert_eq!(std::io::read_to_string(reader)?, "1\n20\n300\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_lines<W>(self, writer: W) -> Pipeline
    where
        T: Display,
        W: Write + Send + 'static,
    {
        self.write_to(Lines::new(writer))
    }

    /// Writes the bytes of each item, with nothing in between. What comes together is written together,
    /// so no buffer is needed around the writer; at the end it is flushed.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let (reader, writer) = std::io::pipe()?;
    /// Stream::read(&b"any bytes"[..], 4).write_bytes(writer).run()?;
    /// assert_eq!(std::io::read_to_string(reader)?, "any bytes");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_bytes<W>(self, writer: W) -> Pipeline
    where
        T: AsRef<[u8]>,
        W: Write + Send + 'static,
    {
        self.write_to(Bytes::new(writer))
    }
}
