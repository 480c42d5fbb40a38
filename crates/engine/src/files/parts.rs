//! A folder to which each epoch adds a file.
//!
//! What is written goes to `.part-open`. At the end of epoch 7 that is synced and becomes `.part-00000007`, and once the
//! checkpoint is stored `part-00000007`. All names are made here and no link is followed.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Fields, broken, changed, refused};
use crate::checkpoint::{Epoch, Pending, Transactional};
use crate::disk::{Disk, DiskFile, Entry, Kind, Operation, RealDisk, Wanted, make_folders, write_some};
use crate::error::SinkError;

/// A folder of files, `part-00000001` and so on by the number of the epoch, that appear when their epoch is committed.
/// An epoch in which nothing was written has none. In the order of their names they are what was written.
///
/// A part that is shown may be read; it may be taken away once a later epoch is committed, but for the last one of an
/// output that has ended, which all later checkpoints name. Should the newest checkpoint turn out damaged, parts behind
/// the one before it are taken back. Not gathered: each write is a system call.
///
/// # Examples
///
/// ```
/// use std::io::Write;
///
/// use primestream_engine::checkpoint::{Epoch, Transactional};
/// use primestream_engine::files::PartsFolder;
///
/// # let folder = std::env::temp_dir().join(format!("engine-parts-{}", std::process::id()));
/// let mut parts = PartsFolder::create(&folder);
/// parts.write_all(b"of the first epoch")?;
/// let mut state = Vec::new();
/// parts.prepare(Epoch::FIRST, &mut state)?.wait()?;
/// let part = folder.join("part-00000001");
/// assert!(!part.exists()); // nor would it be if the process ended here
/// parts.commit(Epoch::FIRST)?;
/// assert_eq!(std::fs::read(part)?, b"of the first epoch");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PartsFolder {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    state: State,
    open: Option<Box<dyn DiskFile>>,
    /// Bytes in the open file.
    open_len: u64,
    /// Bytes in all files.
    len: u64,
    /// What is prepared and not committed, with its bytes.
    waiting: BTreeMap<Epoch, u64>,
    /// The newest epoch that was prepared.
    newest: Option<Epoch>,
    /// A sync that somebody else was given to do has failed.
    has_failed: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Untouched,
    Begun,
    Finished,
    Broken,
}

impl PartsFolder {
    /// Names the folder; touches nothing.
    pub fn create(path: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(RealDisk), path)
    }

    /// As [`create`](Self::create), on any disk.
    pub fn on(disk: Arc<dyn Disk>, path: impl Into<PathBuf>) -> Self {
        Self {
            disk,
            folder: path.into(),
            state: State::Untouched,
            open: None,
            open_len: 0,
            len: 0,
            waiting: BTreeMap::new(),
            newest: None,
            has_failed: Arc::default(),
        }
    }

    /// Begins afresh: makes the folder, or sees that no part is in it, and removes what a run left that never showed
    /// it. The first write does so too; done before, what is refused is refused before the first item.
    ///
    /// # Errors
    ///
    /// If there are parts, or the disk refuses.
    pub fn begin(&mut self) -> io::Result<()> {
        if self.state != State::Untouched {
            return Ok(());
        }
        make_folders(self.disk.as_ref(), &self.folder)?;
        let entries = self.entries()?;
        if let Some((_, shown)) = entries.iter().find(|(name, _)| matches!(name, Name::Shown(_))) {
            let what = "there is a part of another run";
            return Err(refused(io::ErrorKind::AlreadyExists, &self.folder.join(&shown.name), what));
        }
        entries.iter().try_for_each(|(_, entry)| self.remove(entry))?;
        self.state = State::Begun;
        Ok(())
    }

    /// Ends the output: all that was written shows, what was not prepared as one further part. Should a run go on from
    /// a checkpoint that knows nothing of it, that part is taken back. Done once, does nothing more.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.state == State::Finished {
            return Ok(());
        }
        self.begin()?;
        self.once(|parts| {
            let last = parts.newest.map_or(Epoch::FIRST, Epoch::next);
            parts.close(last)?.wait().map_err(io::Error::other)?;
            parts.show(last)
        })?;
        self.state = State::Finished;
        Ok(())
    }

    /// Returns how many bytes were written in all, since it was made or before what was restored.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether none were.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    fn check(&self) -> io::Result<()> {
        match self.state {
            State::Finished => Err(refused(io::ErrorKind::Other, &self.folder, "it is finished")),
            State::Broken => Err(broken(&self.folder)),
            State::Untouched | State::Begun if self.has_failed.load(Ordering::Acquire) => {
                Err(broken(&self.folder))
            }
            State::Untouched | State::Begun => Ok(()),
        }
    }

    /// Does something after whose failure nothing more is done.
    fn once<T>(&mut self, work: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.check()?;
        let done = work(self);
        if done.is_err() {
            self.state = State::Broken;
        }
        done
    }

    /// Returns what in the folder has a name of ours.
    fn entries(&self) -> io::Result<Vec<(Name, Entry)>> {
        let entries = self.disk.list(&self.folder).wanted(Operation::Look, &self.folder)?;
        let mut ours = Vec::new();
        for entry in entries {
            let Some(name) = Name::read(&entry.name) else { continue };
            if entry.kind != Kind::File {
                let path = self.folder.join(&entry.name);
                return Err(refused(
                    io::ErrorKind::InvalidData,
                    &path,
                    "has the name of a part and is no file",
                ));
            }
            ours.push((name, entry));
        }
        Ok(ours)
    }

    fn remove(&self, entry: &Entry) -> io::Result<()> {
        let path = self.folder.join(&entry.name);
        Ok(self.disk.remove(&path).wanted(Operation::Remove, &path)?)
    }

    fn rename(&self, from: Name, to: Name) -> io::Result<()> {
        let to = self.folder.join(to.to_string());
        let from = self.folder.join(from.to_string());
        Ok(self.disk.rename(&from, &to).wanted(Operation::Rename, &to)?)
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(self.disk.sync_folder(&self.folder).wanted(Operation::SyncFolder, &self.folder)?)
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let path = self.folder.join(Name::Open.to_string());
        let (file, offset) = (&mut self.open, self.open_len);
        let file = match file {
            Some(file) => file,
            None => file.insert(self.disk.create(&path).wanted(Operation::Create, &path)?),
        };
        let operation = Operation::Write { bytes: bytes.len(), offset };
        Ok(write_some(file.as_mut(), bytes, offset).wanted(operation, &path)?)
    }

    /// Gives what was written its hidden name, and returns what makes it durable.
    fn close(&mut self, epoch: Epoch) -> io::Result<Pending> {
        let newest = self.newest.replace(epoch);
        assert!(newest < Some(epoch), "epochs ascend: {epoch} behind {newest:?}");
        let Some(mut file) = self.open.take() else { return Ok(Pending::done()) };
        self.rename(Name::Open, Name::Waiting(epoch))?;
        self.waiting.insert(epoch, std::mem::take(&mut self.open_len));
        let (disk, folder, has_failed) =
            (Arc::clone(&self.disk), self.folder.clone(), Arc::clone(&self.has_failed));
        let path = self.folder.join(Name::Waiting(epoch).to_string());
        Ok(Pending::new(move || {
            let synced = file.sync().wanted(Operation::Sync, &path);
            let synced =
                synced.and_then(|()| disk.sync_folder(&folder).wanted(Operation::SyncFolder, &folder));
            has_failed.fetch_or(synced.is_err(), Ordering::AcqRel);
            Ok(synced.map_err(io::Error::from)?)
        }))
    }

    fn show(&mut self, epoch: Epoch) -> io::Result<()> {
        let later = self.waiting.split_off(&epoch.next());
        let shown = std::mem::replace(&mut self.waiting, later);
        if shown.is_empty() {
            return Ok(());
        }
        shown.keys().try_for_each(|epoch| self.rename(Name::Waiting(*epoch), Name::Shown(*epoch)))?;
        self.sync_folder()
    }

    fn come_back(&mut self, epoch: Epoch, state: &[u8]) -> io::Result<()> {
        if self.state != State::Untouched {
            let what = "it was written to before it was restored";
            return Err(refused(io::ErrorKind::Other, &self.folder, what));
        }
        let (len, waiting) = read_state(state).ok_or_else(|| {
            let what = "the checkpoint holds no state of a folder of parts";
            refused(io::ErrorKind::InvalidData, &self.folder, what)
        })?;
        let (mut hidden, mut shown, mut behind) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (name, entry) in self.entries()? {
            match name {
                Name::Waiting(own) if waiting.contains_key(&own) => drop(hidden.insert(own, entry)),
                Name::Shown(own) if own <= epoch => drop(shown.insert(own, entry.len)),
                Name::Open | Name::Waiting(_) | Name::Shown(_) => behind.push(entry),
            }
        }
        for (own, len) in &waiting {
            let there = hidden.get(own).map(|entry| entry.len).or(shown.get(own).copied());
            let path = self.folder.join(Name::Shown(*own).to_string());
            match there {
                Some(there) if there == *len => {}
                Some(there) => {
                    return Err(changed(
                        &path,
                        format_args!("{there} bytes are there where {len} were written"),
                    ));
                }
                None => return Err(changed(&path, format_args!("it is gone, and {len} bytes were written"))),
            }
        }
        behind.iter().try_for_each(|entry| self.remove(entry))?;
        // Or a name that was taken back could return behind what is written from now on, and one that a killed run gave
        // and did not sync could be gone when nobody waits for it any more.
        self.sync_folder()?;
        self.waiting = waiting.into_iter().filter(|(own, _)| hidden.contains_key(own)).collect();
        (self.len, self.newest, self.state) = (len, Some(epoch), State::Begun);
        Ok(())
    }
}

impl Write for PartsFolder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        self.check()?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let count = self.once(|parts| parts.add(bytes))?;
        self.open_len += count as u64;
        self.len += count as u64;
        Ok(count)
    }

    /// Does nothing: what is written is with the system, and durable once its epoch is prepared.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transactional for PartsFolder {
    /// # Panics
    ///
    /// If the epoch is not behind the one before.
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        self.begin()?;
        // Prepared again behind its end: nothing can have been added.
        let is_finished = self.state == State::Finished;
        let pending = if is_finished { Pending::done() } else { self.once(|parts| parts.close(epoch))? };
        state.extend(self.len.to_le_bytes());
        for (epoch, len) in &self.waiting {
            state.extend(epoch.get().to_le_bytes());
            state.extend(len.to_le_bytes());
        }
        Ok(pending)
    }

    fn commit(&mut self, epoch: Epoch) -> Result<(), SinkError> {
        if self.waiting.range(..=epoch).next().is_some() {
            self.once(|parts| parts.show(epoch))?;
        }
        Ok(())
    }

    fn restore(&mut self, epoch: Epoch, state: &[u8]) -> Result<(), SinkError> {
        Ok(self.come_back(epoch, state)?)
    }
}

/// Returns the length of all, and what was waiting, of a state.
fn read_state(state: &[u8]) -> Option<(u64, BTreeMap<Epoch, u64>)> {
    let mut fields = Fields(state);
    let (len, mut waiting) = (fields.u64()?, BTreeMap::new());
    while fields.end().is_none() {
        waiting.insert(Epoch::new(fields.u64()?)?, fields.u64()?);
    }
    Some((len, waiting))
}

/// A name that is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// Being written.
    Open,
    /// Prepared.
    Waiting(Epoch),
    /// Committed.
    Shown(Epoch),
}

impl Name {
    fn read(name: &str) -> Option<Self> {
        let epoch = |number: &str| Epoch::new(number.parse().ok()?);
        let read = match name.strip_prefix('.') {
            Some("part-open") => Self::Open,
            Some(hidden) => Self::Waiting(epoch(hidden.strip_prefix("part-")?)?),
            None => Self::Shown(epoch(name.strip_prefix("part-")?)?),
        };
        (read.to_string() == name).then_some(read)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open => f.write_str(".part-open"),
            Self::Waiting(epoch) => write!(f, ".part-{:08}", epoch.get()),
            Self::Shown(epoch) => write!(f, "part-{:08}", epoch.get()),
        }
    }
}
