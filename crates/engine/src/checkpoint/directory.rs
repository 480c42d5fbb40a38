//! Checkpoints in a folder, one file each.
//!
//! A checkpoint is written to a temporary name, synced, renamed and the folder synced, so that under its final name there
//! is never a part of one. The two newest are kept: should the newest not be whole, because the disk lost what it had
//! said it had, the one before is. A lock keeps a second process out. Saving costs two syncs, and loading holds a
//! checkpoint twice.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::format::{decode, encoded_len, write};
use super::{Checkpoint, Epoch, FormatError, Loaded, StateStore, StoreError};
use crate::disk::{
    Disk, DiskError, DiskFile, Held, Kind, Locking, Operation, RealDisk, Wanted, make_folders, read_full,
    write_all,
};

/// Checkpoints in a folder: `checkpoint-0000000000000007.ck` is that of epoch 7.
///
/// # Examples
///
/// ```
/// use primestream_engine::checkpoint::{Directory, StoreError};
///
/// # let folder = std::env::temp_dir().join(format!("engine-directory-{}", std::process::id()));
/// let store = Directory::open(&folder)?;
/// // The folder is ours until `store` is dropped or the process ends, however it does.
/// assert!(matches!(Directory::open(&folder), Err(StoreError::Locked { .. })));
/// # drop(store);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Directory {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// The newest that is believed in; what is stored must be above it.
    newest: Option<Epoch>,
    /// Something failed, and what is on the disk is known to the next run alone.
    is_broken: bool,
    _lock: Box<dyn Held>,
}

/// A file of a folder of checkpoints, as it was found.
#[derive(Debug)]
pub struct Stored {
    /// Its epoch, by its name.
    pub epoch: Epoch,
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// What it holds, or what is wrong with it.
    pub found: Result<Checkpoint, StoreError>,
}

impl Directory {
    /// Opens a folder, which is made if it is not there, locks it, and removes what a run left that did not come to
    /// the end of storing.
    ///
    /// # Errors
    ///
    /// If another process has the folder, or the disk refuses.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::on(Arc::new(RealDisk), path)
    }

    /// As [`open`](Self::open), on any disk.
    ///
    /// # Errors
    ///
    /// If another process has the folder, or the disk refuses.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = path.into();
        make_folders(disk.as_ref(), &folder)?;
        let lock = folder.join(LOCK);
        let lock = match disk.lock(&lock).wanted(Operation::Lock, &lock)? {
            Locking::Ours(lock) => lock,
            Locking::Theirs(holder) => return Err(StoreError::Locked { folder, holder }),
        };
        for entry in disk.list(&folder).wanted(Operation::Look, &folder)? {
            if entry.kind == Kind::File && is_temporary(&entry.name) {
                let path = folder.join(entry.name);
                disk.remove(&path).wanted(Operation::Remove, &path)?;
            }
        }
        // A run that was killed may have renamed a file and not come as far as this. Whoever goes on from it must find it
        // again behind a power cut.
        disk.sync_folder(&folder).wanted(Operation::SyncFolder, &folder)?;
        let newest = epochs(disk.as_ref(), &folder)?.first().map(|(epoch, _)| *epoch);
        Ok(Self { disk, folder, newest, is_broken: false, _lock: lock })
    }

    /// Looks at what a folder holds, the newest first, without a lock: somebody may be at work there. What they remove
    /// meanwhile is left out.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed. What cannot be read in it is said beside its name.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<Stored>, StoreError> {
        Self::read_on(&RealDisk, path)
    }

    /// As [`read`](Self::read), on any disk.
    ///
    /// # Errors
    ///
    /// If the folder cannot be listed.
    pub fn read_on(disk: &dyn Disk, path: impl AsRef<Path>) -> Result<Vec<Stored>, StoreError> {
        let folder = path.as_ref();
        let mut stored = Vec::new();
        for (epoch, bytes) in epochs(disk, folder)? {
            let path = folder.join(name_of(epoch));
            let found = read(disk, &path, epoch);
            if matches!(&found, Err(StoreError::Disk(error)) if is_gone(error)) {
                continue;
            }
            stored.push(Stored { epoch, path, bytes, found });
        }
        Ok(stored)
    }

    /// Writes what becomes the file of an epoch.
    fn write(&self, checkpoint: &Checkpoint, temporary: &Path) -> Result<Box<dyn DiskFile>, StoreError> {
        let len = encoded_len(checkpoint).map_err(StoreError::Unfit)?;
        let mut file = self.disk.create(temporary).wanted(Operation::Create, temporary)?;
        let written = {
            let out = Behind { file: file.as_mut(), at: 0 };
            let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
            write(checkpoint, len, &mut out).and_then(|()| out.flush())
        };
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        if let Err(error) = written {
            // The space is wanted by others; that it cannot be had back changes nothing here.
            let _ = self.disk.remove(temporary);
            return Err(DiskError::new(Operation::Write { bytes, offset: 0 }, temporary, error).into());
        }
        Ok(file)
    }

    fn store(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let name = name_of(checkpoint.epoch);
        let (temporary, path) = (self.folder.join(format!("{name}{TEMPORARY}")), self.folder.join(name));
        let mut file = self.write(checkpoint, &temporary)?;
        file.sync().wanted(Operation::Sync, &temporary)?;
        drop(file);
        self.disk.rename(&temporary, &path).wanted(Operation::Rename, &path)?;
        self.disk.sync_folder(&self.folder).wanted(Operation::SyncFolder, &self.folder)?;
        // All but this one and the one it follows: older ones, and damaged ones that were passed over.
        let before = self.newest.replace(checkpoint.epoch);
        for (epoch, _) in epochs(self.disk.as_ref(), &self.folder)? {
            if epoch != checkpoint.epoch && Some(epoch) != before {
                self.remove(epoch)?;
            }
        }
        Ok(())
    }

    fn remove(&self, epoch: Epoch) -> Result<(), StoreError> {
        let path = self.folder.join(name_of(epoch));
        Ok(self.disk.remove(&path).wanted(Operation::Remove, &path)?)
    }

    fn remove_all(&mut self) -> Result<(), StoreError> {
        let all = epochs(self.disk.as_ref(), &self.folder)?;
        let (newest, older) = all.split_at(all.len().min(1));
        // The newest last, and behind a sync: an older one alone would be taken for the state of things.
        for epochs in [older, newest] {
            epochs.iter().try_for_each(|(epoch, _)| self.remove(*epoch))?;
            self.disk.sync_folder(&self.folder).wanted(Operation::SyncFolder, &self.folder)?;
        }
        self.newest = None;
        Ok(())
    }

    /// Does something after whose failure nothing is done any more.
    fn once<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_broken {
            return Err(StoreError::Broken { folder: self.folder.clone() });
        }
        let done = work(self);
        self.is_broken = done.is_err();
        done
    }
}

impl StateStore for Directory {
    fn load(&mut self) -> Result<Option<Loaded>, StoreError> {
        let mut passed_over = Vec::new();
        for (epoch, _) in epochs(self.disk.as_ref(), &self.folder)? {
            match read(self.disk.as_ref(), &self.folder.join(name_of(epoch)), epoch) {
                Ok(checkpoint) => {
                    self.newest = Some(epoch);
                    return Ok(Some(Loaded { checkpoint, passed_over }));
                }
                Err(error @ StoreError::Damaged { fault: FormatError::Newer { .. }, .. }) => {
                    return Err(error);
                }
                Err(error @ StoreError::Damaged { .. }) => passed_over.push(error),
                Err(error) => return Err(error),
            }
        }
        match passed_over.is_empty() {
            true => Ok(None),
            false => Err(StoreError::NoneWhole { folder: self.folder.clone(), damaged: passed_over }),
        }
    }

    fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        match self.newest {
            Some(newest) if checkpoint.epoch <= newest => {
                Err(StoreError::NotNewer { folder: self.folder.clone(), epoch: checkpoint.epoch, newest })
            }
            _ => self.once(|store| store.store(checkpoint)),
        }
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.once(Self::remove_all)
    }

    fn place(&self) -> String {
        self.folder.display().to_string()
    }
}

/// Bytes that follow each other in a file.
struct Behind<'a> {
    file: &'a mut dyn DiskFile,
    at: u64,
}

impl Write for Behind<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        write_all(self.file, bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads the checkpoint of an epoch.
fn read(disk: &dyn Disk, path: &Path, epoch: Epoch) -> Result<Checkpoint, StoreError> {
    let damaged = |fault| StoreError::Damaged { path: path.to_owned(), fault };
    let mut file = disk.open(path).wanted(Operation::Open, path)?;
    let len = file.identity().wanted(Operation::Look, path)?.len;
    let mut bytes = Vec::new();
    let room = usize::try_from(len).ok().filter(|room| bytes.try_reserve_exact(*room).is_ok());
    bytes.resize(room.ok_or(damaged(FormatError::TooLong { len }))?, 0);
    let count = read_full(file.as_mut(), &mut bytes, 0).wanted(Operation::Read { offset: 0 }, path)?;
    let checkpoint = decode(&bytes[..count]).map_err(damaged)?;
    match checkpoint.epoch == epoch {
        true => Ok(checkpoint),
        false => Err(damaged(FormatError::OtherEpoch { found: checkpoint.epoch })),
    }
}

/// Returns the epochs that have a file, and its bytes, the newest first.
fn epochs(disk: &dyn Disk, folder: &Path) -> Result<Vec<(Epoch, u64)>, StoreError> {
    let entries = disk.list(folder).wanted(Operation::Look, folder)?;
    let mut epochs: Vec<_> = entries
        .iter()
        .filter(|entry| entry.kind == Kind::File)
        .filter_map(|entry| Some((epoch_of(&entry.name)?, entry.len)))
        .collect();
    epochs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(epochs)
}

fn is_gone(error: &DiskError) -> bool {
    error.operation() == Operation::Open && error.io().kind() == std::io::ErrorKind::NotFound
}

fn name_of(epoch: Epoch) -> String {
    format!("{BEFORE}{:016}{ENDING}", epoch.get())
}

/// Returns the epoch that a name is of, if it is the name of one.
fn epoch_of(name: &str) -> Option<Epoch> {
    let number = name.strip_prefix(BEFORE)?.strip_suffix(ENDING)?;
    let epoch = Epoch::new(number.parse().ok()?)?;
    (name_of(epoch) == name).then_some(epoch)
}

fn is_temporary(name: &str) -> bool {
    name.strip_suffix(TEMPORARY).is_some_and(|name| epoch_of(name).is_some())
}

const BEFORE: &str = "checkpoint-";
const ENDING: &str = ".ck";
const TEMPORARY: &str = ".tmp";
const LOCK: &str = "lock";

/// Enough that system calls cost nothing; longer states go without a copy.
const BUFFER_BYTES: usize = 1 << 16;
