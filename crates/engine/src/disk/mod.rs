//! What checkpoints and exactly-once files need of a disk, so that a model can stand in for a real one.
//!
//! Little is asked: files that are read and written at an offset, made durable, renamed and removed, and folders whose
//! entries are made durable apart from what is in the files. [`RealDisk`] is the file system; [`LossyDisk`] is a
//! disk in memory that shows, after a crash, any of the images a real one could show.
//!
//! # Examples
//!
//! ```
//! use std::path::Path;
//!
//! use primestream_engine::disk::{Disk, LossyDisk, write_all};
//!
//! let disk = LossyDisk::default();
//! let mut file = disk.create(Path::new("/a"))?;
//! write_all(file.as_mut(), b"never synced", 0)?;
//! # std::io::Result::Ok(())
//! ```

mod lossy;
mod real;

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use lossy::{LossyDisk, Step};
pub use real::RealDisk;

/// A place for files. All paths of one user of it lie in folders that nobody else changes. Whatever is asked may be
/// refused by the system, and nothing is tried again here.
#[expect(clippy::missing_errors_doc, reason = "said once, for all")]
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a regular file that is there, for reading alone.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file that is there, for reading and writing; never through a link.
    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes an empty file for reading and writing, and refuses if there is anything of that name.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name in its folder, in place of the file that had it. All or nothing, but durable only
    /// once the folder was synced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the entries of a folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder in a folder that is there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Returns what is in a folder, by name.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Returns what has a name, links not followed; `None` if nothing has it.
    fn look(&self, path: &Path) -> io::Result<Option<Entry>>;

    /// Locks a file, which is made if it is not there, for as long as what it answers lives, and at most as long as
    /// the process.
    fn lock(&self, path: &Path) -> io::Result<Locking>;
}

/// An open file. Whatever is asked may be refused by the system, and nothing is tried again here.
#[expect(clippy::missing_errors_doc, reason = "said once, for all")]
pub trait DiskFile: Send + fmt::Debug {
    /// Reads some bytes from an offset on; 0 at the end.
    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of the bytes from an offset on.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Cuts the file, or lengthens it with zeros.
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Makes content and length durable. After an error nobody knows what is on the disk, and another try would say
    /// nothing: it may succeed without having written anything.
    fn sync(&mut self) -> io::Result<()>;

    /// Returns by what the file is told from another of its name.
    fn identity(&self) -> io::Result<Identity>;

    /// Returns another handle of the same file, by which somebody else may sync it.
    ///
    /// # Errors
    ///
    /// As the system says.
    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>>;
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is, links not followed.
    pub kind: Kind,
    /// The bytes of a file.
    pub len: u64,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, a device, a pipe.
    Other,
}

/// What tells a file from another of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whether it is a regular file.
    pub is_regular: bool,
    /// Its bytes.
    pub len: u64,
    /// Nanoseconds from the beginning of 1970 to its last change, if the system tells.
    pub modified_nanos: Option<i128>,
    /// Its number in the file system, where files have one.
    pub inode: Option<u64>,
}

/// What became of an attempt to lock.
#[derive(Debug)]
pub enum Locking {
    /// It is ours until this is dropped.
    Ours(Box<dyn Held>),
    /// Somebody else has it; what they wrote into the file, which is the number of their process.
    Theirs(String),
}

/// A lock that is held.
pub trait Held: Send + fmt::Debug {}

/// Something that the disk refused, with what was wanted of it.
#[derive(Debug)]
pub struct DiskError {
    operation: Operation,
    path: PathBuf,
    source: io::Error,
}

/// What a disk was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// To open a file.
    Open,
    /// To make a file.
    Create,
    /// To read from an offset on.
    Read {
        /// Where.
        offset: u64,
    },
    /// To write so many bytes from an offset on.
    Write {
        /// How many.
        bytes: usize,
        /// Where.
        offset: u64,
    },
    /// To cut a file.
    Cut {
        /// The length that it should have.
        len: u64,
    },
    /// To make a file durable.
    Sync,
    /// To make the entries of a folder durable.
    SyncFolder,
    /// To give a file this final name.
    Rename,
    /// To remove a file.
    Remove,
    /// To list a folder, or to look at an entry of it.
    Look,
    /// To make a folder.
    CreateFolder,
    /// To lock a file.
    Lock,
}

impl DiskError {
    /// Says what was wanted when the system answered with an error.
    pub fn new(operation: Operation, path: &Path, source: io::Error) -> Self {
        Self { operation, path: path.to_owned(), source }
    }

    /// Returns what was wanted.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Returns the file or folder it was wanted of.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the system answered.
    pub fn io(&self) -> &io::Error {
        &self.source
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.operation {
            Operation::Open => write!(f, "cannot open {path}"),
            Operation::Create => write!(f, "cannot create {path}"),
            Operation::Read { offset } => write!(f, "cannot read {path} at byte {offset}"),
            Operation::Write { bytes, offset } => {
                write!(f, "cannot write {bytes} bytes to {path} at byte {offset}")
            }
            Operation::Cut { len } => write!(f, "cannot cut {path} to {len} bytes"),
            Operation::Sync => write!(f, "cannot sync {path}"),
            Operation::SyncFolder => write!(f, "cannot sync the folder {path}"),
            Operation::Rename => write!(f, "cannot rename to {path}"),
            Operation::Remove => write!(f, "cannot remove {path}"),
            Operation::Look => write!(f, "cannot look at {path}"),
            Operation::CreateFolder => write!(f, "cannot create the folder {path}"),
            Operation::Lock => write!(f, "cannot lock {path}"),
        }?;
        write!(f, ": {}", self.source)
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

impl From<DiskError> for io::Error {
    fn from(error: DiskError) -> Self {
        let kind = match error.source.kind() {
            // What may be tried again was; nobody is to try it once more.
            io::ErrorKind::Interrupted => io::ErrorKind::Other,
            kind => kind,
        };
        io::Error::new(kind, error)
    }
}

/// Adds what was wanted to the error of a system call.
pub(crate) trait Wanted<T> {
    /// Says what was wanted of which path.
    fn wanted(self, operation: Operation, path: &Path) -> Result<T, DiskError>;
}

impl<T> Wanted<T> for io::Result<T> {
    fn wanted(self, operation: Operation, path: &Path) -> Result<T, DiskError> {
        self.map_err(|error| DiskError::new(operation, path, error))
    }
}

/// Writes all bytes from an offset on, however few the system takes at a time.
///
/// # Errors
///
/// If the system refuses or takes none; it may have taken some before.
pub fn write_all(file: &mut dyn DiskFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = write_some(file, bytes, offset)?;
        bytes = &bytes[count..];
        offset += count as u64;
    }
    Ok(())
}

/// Writes some of the bytes, at least one unless there are none.
pub(crate) fn write_some(file: &mut dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.write_at(bytes, offset) {
            Ok(0) if !bytes.is_empty() => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Fills `bytes` from an offset on, however few come at a time; returns how many there were.
///
/// # Errors
///
/// If the system refuses.
pub fn read_full(file: &mut dyn DiskFile, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match file.read_at(&mut bytes[count..], offset + count as u64) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Returns the folder of a path, which is the current one if none is named.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Makes a folder, and those above it, where they are not there, so that none is lost in a power cut.
pub(crate) fn make_folders(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    let is_there = match disk.look(path).wanted(Operation::Look, path)? {
        // A link to a folder is the user's affair, and the disk says if it leads nowhere.
        Some(_) => true,
        None => {
            make_folders(disk, folder_of(path))?;
            match disk.create_folder(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => made.wanted(Operation::CreateFolder, path)?,
            }
            false
        }
    };
    // Also where it is there: a run that was killed may have made it and not come as far as this.
    match disk.sync_folder(folder_of(path)) {
        Err(error) if is_there && error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced.wanted(Operation::SyncFolder, folder_of(path)),
    }
}
