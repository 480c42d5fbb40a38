//! One file that appears under its name whole.
//!
//! Written to `.NAME.part` beside it. An epoch is prepared by a sync, costs nothing to commit, and is come back to by
//! cutting the file to the length it had. At the end it is synced, renamed, and the folder synced.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Fields, broken, changed, name_of, refused};
use crate::checkpoint::{Epoch, Pending, Transactional};
use crate::disk::{Disk, DiskError, DiskFile, Kind, Operation, RealDisk, Wanted, folder_of, write_some};
use crate::error::SinkError;

/// A file that appears under its name when it is finished, and is nowhere to be seen before.
///
/// Until then its bytes are in `.NAME.part` beside it, where a run that goes on from a checkpoint finds them; a run
/// that begins afresh throws them away. Not gathered: each write is a system call. Two programs that write the same
/// file at once are not kept apart here; the lock of the checkpoints' folder does that.
///
/// # Examples
///
/// ```
/// use std::io::Write;
///
/// use primestream_engine::files::TransactionalFile;
///
/// # let folder = std::env::temp_dir().join(format!("engine-whole-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("sums.txt");
/// let mut file = TransactionalFile::create(&path);
/// file.begin()?; // says at once that there is a file of this name, or no such folder
/// writeln!(file, "42")?;
/// assert!(!path.exists());
/// file.finish()?;
/// assert_eq!(std::fs::read(&path)?, b"42\n");
///
/// assert!(TransactionalFile::create(&path).begin().is_err());
/// assert!(TransactionalFile::create(&path).overwrite().begin().is_ok());
/// # std::fs::remove_dir_all(folder)?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TransactionalFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    overwrites: bool,
    state: State,
    /// Bytes behind which writing goes on.
    len: u64,
    /// The name of the part is durable, not only its content.
    is_named: Arc<AtomicBool>,
    /// A sync that somebody else was given to do has failed.
    has_failed: Arc<AtomicBool>,
    /// Held during a sync: of two at once the system would tell one alone that bytes were lost.
    syncing: Arc<Mutex<()>>,
}

#[derive(Debug)]
enum State {
    /// Nothing was touched yet.
    Untouched,
    Open(Box<dyn DiskFile>),
    Finished,
    /// The disk refused something.
    Broken,
}

impl TransactionalFile {
    /// Names the file to be written; touches nothing.
    pub fn create(path: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(RealDisk), path)
    }

    /// As [`create`](Self::create), on any disk.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            disk,
            path,
            overwrites: false,
            state: State::Untouched,
            len: 0,
            is_named: Arc::default(),
            has_failed: Arc::default(),
            syncing: Arc::default(),
        }
    }

    /// Puts it in place of a file that has the name; without this, that is refused.
    #[must_use]
    pub fn overwrite(self) -> Self {
        Self { overwrites: true, ..self }
    }

    /// Begins afresh: looks whether the name is free and makes the part. The first write does so too; done before, what
    /// is refused is refused before the first item. A file that was restored has begun.
    ///
    /// # Errors
    ///
    /// If something has the name that may not be replaced, or the disk refuses.
    pub fn begin(&mut self) -> io::Result<()> {
        if matches!(self.state, State::Untouched) {
            self.check_name()?;
            let part = self.part()?;
            if self.look(&part)?.is_some() {
                self.disk.remove(&part).wanted(Operation::Remove, &part)?;
            }
            self.state = State::Open(self.disk.create(&part).wanted(Operation::Create, &part)?);
        }
        Ok(())
    }

    /// Makes the file durable and gives it its name. Done once, does nothing more.
    ///
    /// # Errors
    ///
    /// If the disk refuses, or something has taken the name. The part stays for the next run.
    pub fn finish(&mut self) -> io::Result<()> {
        if matches!(self.state, State::Finished) {
            return Ok(());
        }
        self.begin()?;
        self.check_name()?;
        let (part, folder) = (self.part()?, folder_of(&self.path).to_owned());
        let syncing = Arc::clone(&self.syncing);
        let _alone = syncing.lock().unwrap_or_else(PoisonError::into_inner);
        self.file()?;
        // Whatever is refused from here on is not tried again.
        let State::Open(mut file) = std::mem::replace(&mut self.state, State::Broken) else {
            return Err(broken(&self.path));
        };
        file.sync().wanted(Operation::Sync, &part)?;
        drop(file);
        self.disk.rename(&part, &self.path).wanted(Operation::Rename, &self.path)?;
        self.disk.sync_folder(&folder).wanted(Operation::SyncFolder, &folder)?;
        self.state = State::Finished;
        Ok(())
    }

    /// Returns how many bytes it has.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the name it will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses a name that something has which may not be replaced.
    fn check_name(&self) -> io::Result<()> {
        match self.look(&self.path)? {
            None => Ok(()),
            Some((Kind::File, _)) if self.overwrites => Ok(()),
            Some((Kind::Folder, _)) => {
                Err(refused(io::ErrorKind::IsADirectory, &self.path, "there is a folder of this name"))
            }
            // A device would be replaced by a file.
            Some((Kind::Other, _)) => Err(refused(
                io::ErrorKind::AlreadyExists,
                &self.path,
                "what has this name is no regular file",
            )),
            Some(_) => Err(refused(
                io::ErrorKind::AlreadyExists,
                &self.path,
                "there is a file of this name, and it is not to be overwritten",
            )),
        }
    }

    fn part(&self) -> io::Result<PathBuf> {
        let mut name = std::ffi::OsString::from(".");
        name.push(name_of(&self.path)?);
        name.push(".part");
        Ok(self.path.with_file_name(name))
    }

    fn look(&self, path: &Path) -> Result<Option<(Kind, u64)>, DiskError> {
        let entry = self.disk.look(path).wanted(Operation::Look, path)?;
        Ok(entry.map(|entry| (entry.kind, entry.len)))
    }

    /// Returns the open file.
    fn file(&mut self) -> io::Result<&mut dyn DiskFile> {
        match &mut self.state {
            State::Open(_) if self.has_failed.load(Ordering::Acquire) => Err(broken(&self.path)),
            State::Open(file) => Ok(file.as_mut()),
            State::Finished => Err(refused(io::ErrorKind::Other, &self.path, "it is finished")),
            State::Untouched | State::Broken => Err(broken(&self.path)),
        }
    }

    /// Does something to the file after whose failure nothing more is done.
    fn once<T>(
        &mut self,
        operation: Operation,
        work: impl FnOnce(&mut dyn DiskFile) -> io::Result<T>,
    ) -> io::Result<T> {
        let part = self.part()?;
        let done = work(self.file()?).wanted(operation, &part);
        if done.is_err() {
            self.state = State::Broken;
        }
        Ok(done?)
    }

    /// Returns what makes durable what was written so far, and the name of the part.
    fn durably(&mut self) -> io::Result<Pending> {
        self.begin()?;
        if matches!(self.state, State::Finished) {
            return Ok(Pending::done());
        }
        let (part, folder) = (self.part()?, folder_of(&self.path).to_owned());
        let mut file = self.once(Operation::Open, |file| file.duplicate())?;
        let (disk, is_named, has_failed) =
            (Arc::clone(&self.disk), Arc::clone(&self.is_named), Arc::clone(&self.has_failed));
        let syncing = Arc::clone(&self.syncing);
        Ok(Pending::new(move || {
            let _alone = syncing.lock().unwrap_or_else(PoisonError::into_inner);
            let mut synced = file.sync().wanted(Operation::Sync, &part);
            if synced.is_ok() && !is_named.load(Ordering::Acquire) {
                synced = disk.sync_folder(&folder).wanted(Operation::SyncFolder, &folder);
            }
            match &synced {
                Ok(()) => is_named.store(true, Ordering::Release),
                Err(_) => has_failed.store(true, Ordering::Release),
            }
            Ok(synced.map_err(io::Error::from)?)
        }))
    }

    fn come_back(&mut self, state: &[u8]) -> io::Result<()> {
        if !matches!(self.state, State::Untouched) {
            return Err(refused(
                io::ErrorKind::Other,
                &self.path,
                "it was written to before it was restored",
            ));
        }
        let name = name_of(&self.path)?;
        let (len, own) = read_state(state).ok_or_else(|| {
            refused(io::ErrorKind::InvalidData, &self.path, "the checkpoint holds no state of a file")
        })?;
        if own != name.as_encoded_bytes() {
            let own = String::from_utf8_lossy(own).escape_debug().to_string();
            let what = format!("the checkpoint is of a file named {own}");
            return Err(refused(io::ErrorKind::InvalidInput, &self.path, what));
        }
        let part = self.part()?;
        match (self.look(&part)?, self.look(&self.path)?) {
            (Some((Kind::File, there)), _) if there >= len => {
                self.check_name()?;
                let file = self.disk.open_to_write(&part).wanted(Operation::Open, &part)?;
                (self.state, self.len) = (State::Open(file), len);
                self.is_named.store(true, Ordering::Release);
                match there == len {
                    true => Ok(()),
                    false => self.once(Operation::Cut { len }, |file| file.set_len(len)),
                }
            }
            (Some((Kind::File, there)), _) => {
                Err(changed(&part, format_args!("{there} bytes are there where {len} were written")))
            }
            (Some(_), _) => Err(changed(&part, "it is no file any more")),
            // It was renamed, and what followed that did not happen.
            (None, Some((Kind::File, there))) if there == len => {
                let folder = folder_of(&self.path);
                self.disk.sync_folder(folder).wanted(Operation::SyncFolder, folder)?;
                (self.state, self.len) = (State::Finished, len);
                Ok(())
            }
            (None, Some((_, there))) => Err(changed(
                &self.path,
                format_args!(
                    "{there} bytes are there where {len} were written, and {} is gone",
                    part.display()
                ),
            )),
            (None, None) => Err(changed(
                &self.path,
                format_args!("neither it nor {} is there, and {len} bytes were written", part.display()),
            )),
        }
    }
}

impl Write for TransactionalFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        let offset = self.len;
        let operation = Operation::Write { bytes: bytes.len(), offset };
        let count = self.once(operation, |file| write_some(file, bytes, offset))?;
        self.len += count as u64;
        Ok(count)
    }

    /// Does nothing: what is written is with the system, and durable once it is prepared or finished.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transactional for TransactionalFile {
    fn prepare(&mut self, _: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        let pending = self.durably()?;
        state.extend(self.len.to_le_bytes());
        state.extend(name_of(&self.path)?.as_encoded_bytes());
        Ok(pending)
    }

    /// Does nothing: the file shows when it is finished.
    fn commit(&mut self, _: Epoch) -> Result<(), SinkError> {
        Ok(())
    }

    fn restore(&mut self, _: Epoch, state: &[u8]) -> Result<(), SinkError> {
        Ok(self.come_back(state)?)
    }
}

/// Returns the length and the name in a state.
fn read_state(state: &[u8]) -> Option<(u64, &[u8])> {
    let mut fields = Fields(state);
    let len = fields.u64()?;
    (!fields.0.is_empty()).then_some((len, fields.0))
}
