//! A disk in memory that loses what was not synced: for tests, and the reason why disks are a trait.
//!
//! It keeps apart what a program sees and what has reached the disk, of the content of files, of their lengths and of
//! the entries of folders. [`crash`](LossyDisk::crash) shows one of the images that a real disk could show then (see
//! `image`). Every call is counted, so that a test can stop the process, or let a call fail, at any of them. A sync that
//! fails drops what it should have written, as Linux does: another one has nothing to do and succeeds.

mod calls;
mod image;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::chance::Chance;

/// A disk in memory, of which clones are the same disk.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use primestream_engine::disk::{Disk, LossyDisk, write_all};
///
/// let disk = LossyDisk::default();
/// let name = Path::new("/kept");
/// let mut file = disk.create(name)?;
/// write_all(file.as_mut(), b"synced", 0)?;
/// file.sync()?;
/// disk.sync_folder(Path::new("/"))?;
/// write_all(file.as_mut(), b", and not", 6)?;
///
/// disk.crash(7);
/// assert!(disk.content(name).is_some_and(|bytes| bytes.starts_with(b"synced")));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LossyDisk {
    state: Arc<Mutex<State>>,
}

/// A call that a disk was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name, as that of the method.
    pub call: &'static str,
    /// The file or folder it is about; for a rename, the old name.
    pub path: PathBuf,
    /// Whether it was done.
    pub is_done: bool,
}

impl LossyDisk {
    /// Returns how many calls there were.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Stops the process at a call, counted from 1 over the life of the disk: this call, half done if it writes, and
    /// all behind it fail until [`crash`](Self::crash).
    pub fn stop_at(&self, call: u64) {
        self.state().stop_at = Some(call);
    }

    /// Lets one call fail, with the number of an error of the system.
    pub fn fail_at(&self, call: u64, errno: i32) {
        self.state().failures.push((call..call + 1, errno));
    }

    /// Lets a call and all behind it fail that would change something, or make it durable.
    pub fn fail_from(&self, call: u64, errno: i32) {
        self.state().failures.push((call..u64::MAX, errno));
    }

    /// Takes and gives, from now on, only a part of what it is asked to, drawn from a seed.
    pub fn transfer_in_parts(&self, seed: u64) {
        self.state().parts = Some(Chance::new(seed));
    }

    /// Says how many bytes all files may have together; what does not fit is refused as by a full disk.
    pub fn set_room(&self, bytes: u64) {
        self.state().room = Some(bytes);
    }

    /// Ends the process, and one time in four no more than that; else the power is cut too, and from then on there is
    /// what the seed chooses of all that could be. Open files and locks are gone, and what was to fail no longer does.
    pub fn crash(&self, seed: u64) {
        let mut state = self.state();
        state.life += 1;
        state.locks.clear();
        state.is_stopped = false;
        state.stop_at = None;
        state.failures.clear();
        let mut chance = Chance::new(seed);
        if chance.below(4) != 0 {
            state.nodes.iter_mut().for_each(|node| node.cut_power(&mut chance));
        }
    }

    /// Returns what a program would see in a file, `None` if there is none of that name.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        match &state.nodes[state.find(path).ok()?] {
            Node::File(file) => Some(file.content.clone()),
            Node::Folder(_) => None,
        }
    }

    /// Returns the names that a program would see in a folder; none if there is no such folder.
    pub fn names(&self, folder: &Path) -> Vec<String> {
        let state = self.state();
        match state.find(folder).map(|node| &state.nodes[node]) {
            Ok(Node::Folder(folder)) => {
                folder.content.keys().map(|name| name.to_string_lossy().into_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Changes what is in a file behind everybody's back, durably.
    pub fn damage(&self, path: &Path, damage: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let Ok(node) = state.find(path) else { return };
        if let Node::File(file) = &mut state.nodes[node] {
            damage(&mut file.content);
            file.durable.clone_from(&file.content);
            file.changes.clear();
        }
    }

    /// Returns what it was asked since it was made, or since this was asked.
    pub fn take_steps(&self) -> Vec<Step> {
        std::mem::take(&mut self.state().steps)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no call panics while it holds this")
    }
}

/// All there is of a disk.
#[derive(Debug)]
struct State {
    /// By number; the first is the root. What nobody names any more stays.
    nodes: Vec<Node>,
    calls: u64,
    steps: Vec<Step>,
    stop_at: Option<u64>,
    is_stopped: bool,
    failures: Vec<(std::ops::Range<u64>, i32)>,
    parts: Option<Chance>,
    room: Option<u64>,
    /// How many crashes there were; what was opened before one is of no use behind it.
    life: u64,
    /// The files that are locked.
    locks: Vec<usize>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            nodes: vec![Node::Folder(Folder::default())],
            calls: 0,
            steps: Vec::new(),
            stop_at: None,
            is_stopped: false,
            failures: Vec::new(),
            parts: None,
            room: None,
            life: 0,
            locks: Vec::new(),
        }
    }
}

/// A file or a folder.
#[derive(Debug)]
enum Node {
    File(FileNode),
    Folder(Folder),
}

/// A file: what reached the disk, what was changed since, and what comes of both.
#[derive(Debug, Default)]
struct FileNode {
    durable: Vec<u8>,
    changes: Vec<Change>,
    content: Vec<u8>,
    /// The call that changed it last.
    modified: u64,
}

/// A folder, likewise.
#[derive(Debug, Default)]
struct Folder {
    durable: BTreeMap<OsString, usize>,
    turns: Vec<Turn>,
    content: BTreeMap<OsString, usize>,
}

/// A change to the content of a file.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Len(usize),
}

/// A change to the entries of a folder.
#[derive(Clone, Debug)]
enum Turn {
    Put(OsString, usize),
    Take(OsString),
    Move { from: OsString, to: OsString, node: usize },
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => {
                if content.len() < *offset {
                    content.resize(*offset, 0);
                }
                let (over, behind) = bytes.split_at(bytes.len().min(content.len() - offset));
                content[*offset..offset + over.len()].copy_from_slice(over);
                content.extend_from_slice(behind);
            }
            Self::Len(len) => content.resize(*len, 0),
        }
    }
}

impl Turn {
    fn apply(&self, entries: &mut BTreeMap<OsString, usize>) {
        match self {
            Self::Put(name, node) => drop(entries.insert(name.clone(), *node)),
            Self::Take(name) => drop(entries.remove(name)),
            Self::Move { from, to, node } => {
                entries.remove(from);
                entries.insert(to.clone(), *node);
            }
        }
    }
}

impl FileNode {
    fn change(&mut self, change: Change, call: u64) {
        change.apply(&mut self.content);
        self.changes.push(change);
        self.modified = call;
    }

    /// Brings to the disk what was changed. What a failed sync dropped is not among it.
    fn sync(&mut self) {
        for change in self.changes.drain(..) {
            change.apply(&mut self.durable);
        }
    }
}

impl Folder {
    fn turn(&mut self, turn: Turn) {
        turn.apply(&mut self.content);
        self.turns.push(turn);
    }

    fn sync(&mut self) {
        for turn in self.turns.drain(..) {
            turn.apply(&mut self.durable);
        }
    }
}

impl State {
    /// Finds the file or folder of a path.
    fn find(&self, path: &Path) -> io::Result<usize> {
        path.components().try_fold(0, |node, component| match component {
            Component::Normal(name) => self.entry(node, name),
            _ => Ok(node),
        })
    }

    fn entry(&self, folder: usize, name: &OsStr) -> io::Result<usize> {
        match &self.nodes[folder] {
            Node::Folder(folder) => folder.content.get(name).copied().ok_or(io::ErrorKind::NotFound.into()),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Finds the folder that a path is in, and the name it has there.
    fn place(&mut self, path: &Path) -> io::Result<(&mut Folder, OsString)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let folder = self.find(path.parent().unwrap_or(path))?;
        match &mut self.nodes[folder] {
            Node::Folder(folder) => Ok((folder, name)),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Adds something under a name that nothing has.
    fn add(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let number = self.nodes.len();
        let (folder, name) = self.place(path)?;
        if folder.content.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        folder.turn(Turn::Put(name, number));
        self.nodes.push(node);
        Ok(number)
    }

    fn file(&mut self, node: usize) -> io::Result<&mut FileNode> {
        match &mut self.nodes[node] {
            Node::File(file) => Ok(file),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// Returns how many of so many bytes are transferred at once.
    fn part_of(&mut self, len: usize) -> usize {
        match &mut self.parts {
            Some(chance) if len > 1 => 1 + usize::try_from(chance.below(len as u64)).expect("below a length"),
            _ => len,
        }
    }

    /// Returns how many bytes more there may be.
    fn free(&self) -> u64 {
        let Some(room) = self.room else { return u64::MAX };
        let folders = self.nodes.iter().filter_map(|node| match node {
            Node::Folder(folder) => Some(folder.content.values()),
            Node::File(_) => None,
        });
        let held = folders.flatten().map(|node| match &self.nodes[*node] {
            Node::File(file) => file.content.len() as u64,
            Node::Folder(_) => 0,
        });
        room.saturating_sub(held.sum())
    }
}
