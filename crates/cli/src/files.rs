//! Inputs and outputs: files, or the standard streams behind `-`.
//!
//! A file appears under its final name whole or not at all: it is written under a temporary name beside
//! it, synced and renamed at the end. Devices and pipes are written directly.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use primestream_engine::{Sink, SinkError};
use tempfile::NamedTempFile;

use crate::exit::{Ending, escaped};
use crate::signals;

/// An input that is open.
pub(crate) struct Input {
    pub(crate) reader: File,
    pub(crate) name: String,
    /// Its length in bytes, where that is known.
    pub(crate) bytes: Option<u64>,
}

/// Opens an input.
pub(crate) fn open(path: Option<&Path>) -> Result<Input, Ending> {
    let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
        let name = "standard input".to_owned();
        let reader = io::stdin().as_fd().try_clone_to_owned().map_err(|error| Ending::io(&name, &error))?;
        return Ok(described(File::from(reader), name));
    };
    let name = escaped(&path.to_string_lossy());
    let reader = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Ending::no_input(format_args!("{name}: there is no such file")),
        io::ErrorKind::PermissionDenied => Ending::no_input(format_args!("{name}: permission denied")),
        _ => Ending::no_input(format_args!("{name}: {error}")),
    })?;
    if reader.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Ending::no_input(format_args!("{name}: is a directory")));
    }
    Ok(described(reader, name))
}

fn described(reader: File, name: String) -> Input {
    let metadata = reader.metadata().ok().filter(fs::Metadata::is_file);
    Input { reader, name, bytes: metadata.map(|metadata| metadata.len()) }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.reader.read(out)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// An output that is being written.
pub(crate) struct Output {
    destination: Destination,
    pub(crate) name: String,
}

enum Destination {
    /// A standard stream, a device or a pipe.
    Direct(File),
    /// A file that is not there yet.
    Hidden { file: NamedTempFile, path: PathBuf },
}

impl Output {
    /// Opens an output. Bytes that are no text are not put on a terminal.
    pub(crate) fn create(path: Option<&Path>, is_text: bool) -> Result<Self, Ending> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Self::standard(is_text);
        };
        let name = escaped(&path.to_string_lossy());
        let failed = |error: io::Error| Ending::io(&name, &error);
        // A link is followed, so that what it points to is replaced and not the link itself.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&path).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_dir() => Err(Ending::usage(format_args!("{name}: is a directory"))),
            Ok(kind) if kind.is_char_device() || kind.is_block_device() || kind.is_fifo() => {
                let file = File::options().write(true).open(&path).map_err(failed)?;
                Ok(Self { destination: Destination::Direct(file), name })
            }
            _ => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let file = tempfile::Builder::new()
                    .prefix(".primestream-")
                    .suffix(".partial")
                    .permissions(fs::Permissions::from_mode(0o666)) // less what the umask takes
                    .tempfile_in(folder.unwrap_or(Path::new(".")))
                    .map_err(failed)?;
                signals::remove_on_death(Some(file.path().to_owned()));
                Ok(Self { destination: Destination::Hidden { file, path }, name })
            }
        }
    }

    fn standard(is_text: bool) -> Result<Self, Ending> {
        let name = "standard output".to_owned();
        if !is_text && io::stdout().is_terminal() {
            return Err(Ending::usage("codewords are no text for a terminal; name a file with `-o`"));
        }
        let file = io::stdout().as_fd().try_clone_to_owned().map_err(|error| Ending::io(&name, &error))?;
        Ok(Self { destination: Destination::Direct(File::from(file)), name })
    }

    /// Returns whether it is the standard output, so that nothing else may be printed there.
    pub(crate) fn is_standard(path: Option<&Path>) -> bool {
        path.is_none_or(|path| path.as_os_str() == "-")
    }

    /// Makes a sink for bytes of it.
    pub(crate) fn into_sink(self) -> FileSink {
        FileSink { destination: Some(self.destination) }
    }
}

/// Writes bytes to an output, which appears when the pipeline has come to its end.
pub(crate) struct FileSink {
    destination: Option<Destination>,
}

impl FileSink {
    /// Writes all bytes.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        match &mut self.destination {
            Some(Destination::Direct(file)) => file.write_all(bytes)?,
            Some(Destination::Hidden { file, .. }) => file.write_all(bytes)?,
            None => unreachable!("nothing is written behind the end"),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), SinkError> {
        if let Some(Destination::Hidden { file, path }) = self.destination.take() {
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            signals::remove_on_death(None);
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                File::open(folder)?.sync_all()?; // the name, too, survives a power cut
            }
        }
        Ok(())
    }
}

impl Sink<Vec<u8>> for FileSink {
    fn write(&mut self, items: &mut Vec<Vec<u8>>) -> Result<(), SinkError> {
        items.drain(..).try_for_each(|bytes| self.write_all(&bytes))
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.close()
    }
}
