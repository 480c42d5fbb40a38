//! The file system.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::{Disk, DiskFile, Entry, Held, Identity, Kind, Locking};

/// The file system of this machine.
///
/// A sync is `fsync`, of folders too where the system has that (Unix); elsewhere what a rename promises is the
/// file system's. Nothing is retried.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        // To open a pipe would wait for somebody to write into it.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        Ok(Box::new(RealFile::new(File::open(path)?)))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if fs::symlink_metadata(path)?.is_symlink() {
            return Err(io::Error::other("it is a link"));
        }
        Ok(Box::new(RealFile::new(OpenOptions::new().read(true).write(true).open(path)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(RealFile::new(OpenOptions::new().read(true).write(true).create_new(true).open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    #[cfg(unix)]
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            match entry.metadata() {
                Ok(metadata) => entries.push(entry_of(name, &metadata)),
                // Gone since the folder was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_unstable();
        Ok(entries)
    }

    fn look(&self, path: &Path) -> io::Result<Option<Entry>> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(entry_of(name, &metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn lock(&self, path: &Path) -> io::Result<Locking> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.write_all(std::process::id().to_string().as_bytes())?;
                Ok(Locking::Ours(Box::new(Lock { _file: file })))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = Vec::new();
                file.take(HOLDER_BYTES_MAX).read_to_end(&mut holder)?;
                Ok(Locking::Theirs(String::from_utf8_lossy(&holder).into_owned()))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn entry_of(name: String, metadata: &Metadata) -> Entry {
    let kind = if metadata.is_file() {
        Kind::File
    } else if metadata.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    };
    Entry { name, kind, len: metadata.len() }
}

/// The system lets go of it when the file is closed, however the process ends.
#[derive(Debug)]
struct Lock {
    _file: File,
}

impl Held for Lock {}

/// An open file, with where the system would go on: most of what is asked for follows what was asked before.
#[derive(Debug)]
struct RealFile {
    file: File,
    at: Option<u64>,
}

impl RealFile {
    fn new(file: File) -> Self {
        Self { file, at: Some(0) }
    }

    /// Transfers bytes at an offset; where that leaves the system if it fails, nobody knows.
    fn transfer(
        &mut self,
        offset: u64,
        transfer: impl FnOnce(&mut File) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.at.take() != Some(offset) {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        let count = transfer(&mut self.file)?;
        self.at = Some(offset + count as u64);
        Ok(count)
    }
}

impl DiskFile for RealFile {
    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.transfer(offset, |file| file.read(bytes))
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.transfer(offset, |file| file.write(bytes))
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>> {
        // They share one place in the file, so that nobody knows it any more.
        Ok(Box::new(Self { file: self.file.try_clone()?, at: None }))
    }

    fn identity(&self) -> io::Result<Identity> {
        let metadata = self.file.metadata()?;
        let modified = metadata.modified().ok().map(|at| match at.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_nanos().cast_signed(),
            Err(before) => -before.duration().as_nanos().cast_signed(),
        });
        Ok(Identity {
            is_regular: metadata.is_file(),
            len: metadata.len(),
            modified_nanos: modified,
            inode: inode(&metadata),
        })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn inode(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(metadata))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<u64> {
    None
}

/// More than a process number has digits.
const HOLDER_BYTES_MAX: u64 = 32;
