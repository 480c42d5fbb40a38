//! Inputs and outputs: files, or the standard streams behind `-`.
//!
//! A file appears under its final name whole or not at all: it is written under a temporary name beside
//! it, synced and renamed at the end. Devices and pipes are written directly. A file that is appended to has all that is
//! new or, after a failure or a signal, what it had before.

use std::fs::{self, File, TryLockError};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use primestream_engine::{Sink, SinkError};
use tempfile::NamedTempFile;

use crate::exit::{Ending, escaped};
use crate::signals::{self, Unfinished};

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

impl Input {
    /// Tells whether a file is this one.
    pub(crate) fn is_same_as(&self, file: &File) -> bool {
        let identity = |file: &File| file.metadata().map(|metadata| (metadata.dev(), metadata.ino())).ok();
        identity(file).is_some_and(|other| identity(&self.reader) == Some(other))
    }
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
    /// A file that had so many bytes before.
    Longer { file: File, bytes: u64 },
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
                signals::undo_on_death(Some(Unfinished::Fresh(file.path().to_owned())));
                Ok(Self { destination: Destination::Hidden { file, path }, name })
            }
        }
    }

    /// Opens a file to write behind what it holds; a new one if it is not there.
    ///
    /// `may_follow` is shown what is there, if that is not empty, and may refuse. Nobody else may append meanwhile.
    pub(crate) fn append(
        path: Option<&Path>,
        may_follow: impl FnOnce(&mut File, &str) -> Result<(), Ending>,
    ) -> Result<Self, Ending> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            return Err(Ending::usage("`--append` needs a file: name it with `-o`"));
        };
        let name = escaped(&path.to_string_lossy());
        let failed = |error: io::Error| Ending::io(&name, &error);
        let mut file = match File::options().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::create(Some(path), true),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(Ending::usage(format_args!("{name}: is a directory")));
            }
            opened => opened.map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(Ending::usage(format_args!("{name}: only files can be appended to")));
        }
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                Ending::io(&name, &io::Error::other("another process is appending to it"))
            }
            TryLockError::Error(error) => failed(error),
        })?;
        let bytes = file.metadata().map_err(failed)?.len();
        if bytes > 0 {
            may_follow(&mut file, &name)?;
        }
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        signals::undo_on_death(Some(Unfinished::Longer(file.try_clone().map_err(failed)?, bytes)));
        Ok(Self { destination: Destination::Longer { file, bytes }, name })
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
            Some(Destination::Longer { file, .. }) => file.write_all(bytes)?,
            None => unreachable!("nothing is written behind the end"),
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), SinkError> {
        match self.destination.take() {
            Some(Destination::Hidden { file, path }) => {
                file.as_file().sync_all()?;
                file.persist(&path).map_err(|error| error.error)?;
                signals::undo_on_death(None);
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    File::open(folder)?.sync_all()?; // the name, too, survives a power cut
                }
            }
            Some(Destination::Longer { file, bytes }) => {
                // Until it is synced it may have to be shortened again.
                if let Err(error) = file.sync_all() {
                    self.destination = Some(Destination::Longer { file, bytes });
                    return Err(error.into());
                }
                signals::undo_on_death(None);
            }
            Some(Destination::Direct(_)) | None => {}
        }
        Ok(())
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(Destination::Longer { file, bytes }) = &self.destination {
            // What failed first is what is told.
            let _ = file.set_len(*bytes);
            signals::undo_on_death(None);
        }
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
