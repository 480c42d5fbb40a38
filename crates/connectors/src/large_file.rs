//! A file of any size, read in ranges of bytes by parallel lanes.
//!
//! One reader delivers a file at the speed of one core copying and cutting; when what is done with a line
//! costs little, that is the limit. Here each lane opens the file for itself and reads ranges of it; a line
//! belongs to the range in which it begins. Progress is known, since the length is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use primestream_engine::sources::LineError;
use primestream_engine::{Intake, Interrupt, Order, Source, Stream, Supply};

/// A file that is read in ranges.
#[derive(Clone, Debug)]
pub struct LargeFile {
    path: Arc<PathBuf>,
    len: u64,
    range_bytes: u64,
}

impl LargeFile {
    /// Looks at a file. What is added to it later is not read.
    ///
    /// # Errors
    ///
    /// If it is not there or cannot be read, or has no length of its own, as a pipe.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let metadata = File::open(path)?.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "only a regular file can be read in ranges",
            ));
        }
        Ok(Self { path: Arc::new(path.to_owned()), len: metadata.len(), range_bytes: RANGE_BYTES })
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
        let path = Arc::clone(&self.path);
        Stream::from_source(self.ranges())
            .parallel(lanes, order)
            .flat_map(move |range| Lines::open(&path, range))
            .try_map(|line| line)
            .boxed()
    }

    /// Streams its bytes in pieces of one range each, read by `lanes` lanes.
    ///
    /// # Panics
    ///
    /// If `lanes` is 0.
    pub fn pieces(&self, lanes: usize, order: Order) -> Stream<Vec<u8>> {
        let path = Arc::clone(&self.path);
        Stream::from_source(self.ranges())
            .parallel(lanes, order)
            .try_map(move |range| read_range(&path, &range))
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

fn read_range(path: &Path, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    let expected = range.end - range.start;
    if file.take(expected).read_to_end(&mut bytes)? as u64 != expected {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was read",
        ));
    }
    Ok(bytes)
}

/// Why a line could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be read.
    Io(io::Error),
    /// The line is not what it should be.
    Line(LineError),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Line(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Io(error) => Some(error),
            ReadError::Line(error) => Some(error),
        }
    }
}

/// The lines that begin in a range.
struct Lines {
    /// `None` at the end, or after an error.
    reader: Option<BufReader<File>>,
    /// Why it could not be opened, to be told once.
    failed: Option<io::Error>,
    position: u64,
    end: u64,
}

impl Lines {
    fn open(path: &Path, range: Range<u64>) -> Self {
        match Self::at(path, &range) {
            Ok(lines) => lines,
            Err(error) => Self { reader: None, failed: Some(error), position: range.start, end: range.end },
        }
    }

    fn at(path: &Path, range: &Range<u64>) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        let mut position = range.start;
        if position > 0 {
            // The line that runs into the range belongs to the one before; if it ended just there, only
            // its line feed is passed over.
            reader.seek(SeekFrom::Start(position - 1))?;
            position = position - 1 + skip_line(&mut reader)?;
        }
        Ok(Self { reader: Some(reader), failed: None, position, end: range.end })
    }

    fn next_line(&mut self) -> Result<Option<String>, ReadError> {
        let Some(reader) = self.reader.as_mut().filter(|_| self.position < self.end) else { return Ok(None) };
        let start = self.position;
        let mut bytes = Vec::new();
        let mut limited: Take<&mut BufReader<File>> = reader.take(LINE_BYTES_MAX as u64 + 2);
        let read = limited.read_until(b'\n', &mut bytes).map_err(ReadError::Io)?;
        self.position += read as u64;
        if read == 0 {
            return Ok(None);
        }
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        } else if bytes.len() > LINE_BYTES_MAX {
            self.position += skip_line(reader).map_err(ReadError::Io)?;
        }
        if bytes.len() > LINE_BYTES_MAX {
            let error = LineError::TooLong { offset: start, bytes_max: LINE_BYTES_MAX };
            return Err(ReadError::Line(error));
        }
        String::from_utf8(bytes).map(Some).map_err(|error| {
            let offset = start + error.utf8_error().valid_up_to() as u64;
            ReadError::Line(LineError::NotUtf8 { offset })
        })
    }
}

impl Iterator for Lines {
    type Item = Result<String, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(ReadError::Io(error)));
        }
        let line = self.next_line();
        if !matches!(line, Ok(Some(_)) | Err(ReadError::Line(_))) {
            self.reader = None;
        }
        line.transpose()
    }
}

/// Passes over the rest of a line; returns its bytes, the line feed included.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    reader.skip_until(b'\n').map(|skipped| skipped as u64)
}

/// Bytes a lane takes at once.
///
/// Larger makes the last ranges of a run uneven and keeps more of a file in flight; smaller opens the file
/// more often, about 10 µs each.
const RANGE_BYTES: u64 = 1 << 20;

/// Bytes asked of the file at once.
const BUFFER_BYTES: usize = 1 << 17;

/// Longest line.
const LINE_BYTES_MAX: usize = 1 << 20;
