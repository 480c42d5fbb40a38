//! A file of any size, read in ranges of bytes by parallel lanes.
//!
//! One reader delivers a file at the speed of one core copying and cutting; when what is done with a line
//! costs little, that is the limit. Here each lane reads ranges of it; a line belongs to the range in which it
//! begins. Progress is known, since the length is.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use primestream_engine::sources::{DecodeLine, Record, Records};
use primestream_engine::{Boundary, Intake, Interrupt, Order, Source, SourceError, Stream, Supply};

use crate::from_offset::FromOffset;

/// A file that is read in ranges.
#[derive(Clone, Debug)]
pub struct LargeFile {
    file: Arc<File>,
    len: u64,
    range_bytes: u64,
}

impl LargeFile {
    /// Opens a file, once for all that is read of it. What is added to it later is not read.
    ///
    /// # Errors
    ///
    /// If it is not there or cannot be read, or has no length of its own, as a pipe.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "only a regular file can be read in ranges",
            ));
        }
        Ok(Self { file: Arc::new(file), len: metadata.len(), range_bytes: RANGE_BYTES })
    }

    /// Returns its length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sets how many bytes a lane takes at once. It is 1 MiB unless set.
    #[must_use]
    pub fn range_bytes(mut self, bytes: u64) -> Self {
        self.range_bytes = bytes.max(1);
        self
    }

    fn ranges(&self) -> Ranges {
        Ranges { next: 0, len: self.len, range_bytes: self.range_bytes }
    }

    /// Streams its lines, without line feed or carriage return, read by `lanes` lanes. A line of more than
    /// 1 MiB, or one that is not UTF-8, fails with its offset.
    ///
    /// # Panics
    ///
    /// If `lanes` is 0.
    ///
    /// ```
    /// use primestream_connectors::LargeFile;
    /// use primestream_engine::Order;
    ///
    /// # let path = std::env::temp_dir().join(format!("primestream-lines-{}", std::process::id()));
    /// # std::fs::write(&path, "one\ntwo\nthree")?;
    /// let longest = LargeFile::open(&path)?
    ///     .lines(4, Order::Input)
    ///     .map(|line| line.len())
    ///     .on_progress(std::time::Duration::from_secs(1), |progress| drop(progress.to_string()))
    ///     .reduce(usize::max)?;
    /// assert_eq!(longest, Some(5));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lines(&self, lanes: usize, order: Order) -> Stream<String> {
        let file = Arc::clone(&self.file);
        Stream::from_source(self.ranges())
            .parallel(lanes, order)
            .flat_map(move |range| Lines::new(&file, range))
            .try_map(|record| record)
            .through(DecodeLine)
            .boxed()
    }

    /// Streams its bytes in pieces of one range each, read by `lanes` lanes.
    ///
    /// # Panics
    ///
    /// If `lanes` is 0.
    pub fn pieces(&self, lanes: usize, order: Order) -> Stream<Vec<u8>> {
        let file = Arc::clone(&self.file);
        Stream::from_source(self.ranges())
            .parallel(lanes, order)
            .try_map(move |range| read_range(&file, &range))
            .boxed()
    }
}

/// The ranges of a file.
#[derive(Debug)]
struct Ranges {
    next: u64,
    len: u64,
    range_bytes: u64,
}

impl Source for Ranges {
    type Item = Range<u64>;

    fn pull(&mut self, out: &mut impl Intake<Range<u64>>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            if self.next >= self.len {
                return Ok(Supply::End);
            }
            let start = self.next;
            self.next = start.saturating_add(self.range_bytes).min(self.len);
            out.emit(start..self.next)?;
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "large_file"
    }

    fn bytes_taken(&self) -> u64 {
        self.next
    }

    fn fraction(&self) -> Option<f64> {
        Some(if self.len == 0 { 1.0 } else { self.next as f64 / self.len as f64 })
    }
}

fn read_range(file: &Arc<File>, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let expected = range.end - range.start;
    let reader = FromOffset::new(file, range.start);
    if reader.take(expected).read_to_end(&mut bytes)? as u64 != expected {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was read",
        ));
    }
    Ok(bytes)
}

/// The lines that begin in a range.
struct Lines {
    /// `None` after an error.
    records: Option<Records<FromOffset>>,
    range: Range<u64>,
}

impl Lines {
    fn new(file: &Arc<File>, range: Range<u64>) -> Self {
        // The line that runs into the range belongs to the one before; if it ended just there, only its
        // line feed is passed over.
        let offset = range.start.saturating_sub(1);
        let records = Records::new(FromOffset::new(file, offset), Boundary::line()).starting_at(offset);
        Self { records: Some(records), range }
    }
}

impl Iterator for Lines {
    type Item = Result<Record, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let records = self.records.as_mut().filter(|records| records.offset() < self.range.end)?;
            let record = records.next()?;
            if record.as_ref().is_ok_and(|record| record.offset() < self.range.start) {
                continue;
            }
            if record.is_err() {
                self.records = None;
            }
            return Some(record);
        }
    }
}

/// Bytes a lane takes at once.
///
/// Larger makes the last ranges of a run uneven and keeps more of a file in flight; smaller makes a buffer
/// for lines more often.
const RANGE_BYTES: u64 = 1 << 20;
