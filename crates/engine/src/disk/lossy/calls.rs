//! What the disk is asked, counted, and refused when that is due.

use std::io;
use std::path::{Path, PathBuf};

use super::{Change, FileNode, Folder, LossyDisk, Node, State, Step, Turn};
use crate::disk::{Disk, DiskFile, Entry, Held, Identity, Kind, Locking};

impl LossyDisk {
    /// Counts a call, and does it unless it is to fail.
    fn call<T>(
        &self,
        call: &'static str,
        path: &Path,
        work: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        self.call_or(call, path, work, |_| ())
    }

    /// As `call`, with what is done of a call that fails or at which the process stops.
    fn call_or<T>(
        &self,
        call: &'static str,
        path: &Path,
        work: impl FnOnce(&mut State) -> io::Result<T>,
        instead: impl FnOnce(&mut State),
    ) -> io::Result<T> {
        let mut state = self.state();
        state.calls += 1;
        let number = state.calls;
        let is_reading = READING.contains(&call);
        let failure = state
            .failures
            .iter()
            .find(|(calls, _)| calls.contains(&number) && !(is_reading && calls.end == u64::MAX));
        let done = if state.is_stopped {
            Err(io::Error::other("the process has ended"))
        } else if let Some((_, errno)) = failure {
            let error = io::Error::from_raw_os_error(*errno);
            instead(&mut state);
            Err(error)
        } else if state.stop_at.is_some_and(|stop| stop <= number) {
            state.is_stopped = true;
            instead(&mut state);
            Err(io::Error::other("the process has ended"))
        } else {
            work(&mut state)
        };
        state.steps.push(Step { call, path: path.to_owned(), is_done: done.is_ok() });
        done
    }

    fn handle(&self, path: &Path, node: usize, life: u64, is_writable: bool) -> Box<dyn DiskFile> {
        Box::new(Handle { disk: self.clone(), path: path.to_owned(), node, life, is_writable })
    }
}

impl Disk for LossyDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (node, life) = self.call("open", path, |state| Ok((state.find(path)?, state.life)))?;
        Ok(self.handle(path, node, life, false))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (node, life) = self.call("open_to_write", path, |state| {
            let node = state.find(path)?;
            state.file(node)?;
            Ok((node, state.life))
        })?;
        Ok(self.handle(path, node, life, true))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let (node, life) = self.call("create", path, |state| {
            let file = FileNode { modified: state.calls, ..FileNode::default() };
            Ok((state.add(path, Node::File(file))?, state.life))
        })?;
        Ok(self.handle(path, node, life, true))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("rename", from, |state| {
            let node = state.find(from)?;
            let (folder, new) = state.place(to)?;
            let old = from.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
            if from.parent() != to.parent() {
                return Err(io::ErrorKind::CrossesDevices.into());
            }
            folder.turn(Turn::Move { from: old, to: new, node });
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call("remove", path, |state| {
            let node = state.find(path)?;
            state.file(node)?;
            let (folder, name) = state.place(path)?;
            folder.turn(Turn::Take(name));
            Ok(())
        })
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.call("sync_folder", path, |state| {
            let node = state.find(path)?;
            let Node::Folder(folder) = &mut state.nodes[node] else {
                return Err(io::ErrorKind::NotADirectory.into());
            };
            folder.sync();
            Ok(())
        })
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.call("create_folder", path, |state| state.add(path, Node::Folder(Folder::default())).map(|_| ()))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.call("list", folder, |state| {
            let node = state.find(folder)?;
            let Node::Folder(folder) = &state.nodes[node] else {
                return Err(io::ErrorKind::NotADirectory.into());
            };
            let entries = folder.content.iter();
            Ok(entries.map(|(name, node)| entry_of(&state.nodes[*node], &name.to_string_lossy())).collect())
        })
    }

    fn look(&self, path: &Path) -> io::Result<Option<Entry>> {
        self.call("look", path, |state| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match state.find(path) {
                Ok(node) => Ok(Some(entry_of(&state.nodes[node], &name))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Locking> {
        let ours = self.call("lock", path, |state| {
            let node = match state.find(path) {
                Ok(node) => node,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    state.add(path, Node::File(FileNode::default()))?
                }
                Err(error) => return Err(error),
            };
            if state.locks.contains(&node) {
                return Ok(None);
            }
            state.locks.push(node);
            Ok(Some((node, state.life)))
        })?;
        Ok(match ours {
            Some((node, life)) => Locking::Ours(Box::new(Lock { disk: self.clone(), node, life })),
            None => Locking::Theirs("1".to_owned()),
        })
    }
}

fn entry_of(node: &Node, name: &str) -> Entry {
    let (kind, len) = match node {
        Node::File(file) => (Kind::File, file.content.len() as u64),
        Node::Folder(_) => (Kind::Folder, 0),
    };
    Entry { name: name.to_owned(), kind, len }
}

#[derive(Debug)]
struct Lock {
    disk: LossyDisk,
    node: usize,
    life: u64,
}

impl Held for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.life == self.life {
            state.locks.retain(|node| *node != self.node);
        }
    }
}

/// An open file.
#[derive(Clone, Debug)]
struct Handle {
    disk: LossyDisk,
    path: PathBuf,
    node: usize,
    life: u64,
    is_writable: bool,
}

impl Handle {
    /// Refuses what is of another life, and changes where only reading was asked for.
    fn check(&self, state: &State, is_change: bool) -> io::Result<()> {
        if state.life != self.life {
            return Err(io::Error::other("opened before a crash"));
        }
        if is_change && !self.is_writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }

    fn write(&self, state: &mut State, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.check(state, true)?;
        let free = usize::try_from(state.free()).unwrap_or(usize::MAX);
        let part = state.part_of(bytes.len());
        let (call, offset) = (state.calls, usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?);
        let file = state.file(self.node)?;
        let room = file.content.len().saturating_sub(offset).saturating_add(free);
        if room == 0 && !bytes.is_empty() {
            return Err(io::Error::from_raw_os_error(ENOSPC));
        }
        let bytes = bytes[..part.min(room)].to_vec();
        let count = bytes.len();
        file.change(Change::Write { offset, bytes }, call);
        Ok(count)
    }
}

impl DiskFile for Handle {
    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.call("read_at", &self.path, |state| {
            self.check(state, false)?;
            let part = state.part_of(bytes.len());
            let file = state.file(self.node)?;
            let rest = usize::try_from(offset).ok().and_then(|offset| file.content.get(offset..));
            let rest = rest.unwrap_or(&[]);
            let count = part.min(rest.len());
            bytes[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let half = |state: &mut State| {
            if state.is_stopped {
                // Nobody is left to hear how far it came.
                let _ = self.write(state, &bytes[..bytes.len() / 2], offset);
            }
        };
        self.disk.call_or("write_at", &self.path, |state| self.write(state, bytes, offset), half)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.disk.call("set_len", &self.path, |state| {
            self.check(state, true)?;
            let call = state.calls;
            let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
            state.file(self.node)?.change(Change::Len(len), call);
            Ok(())
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let sync = |state: &mut State| {
            self.check(state, false)?;
            state.file(self.node)?.sync();
            Ok(())
        };
        let drop_changes = |state: &mut State| {
            let is_stopped = state.is_stopped;
            if let Ok(file) = state.file(self.node)
                && !is_stopped
            {
                file.changes.clear();
            }
        };
        self.disk.call_or("sync", &self.path, sync, drop_changes)
    }

    fn duplicate(&self) -> io::Result<Box<dyn DiskFile>> {
        self.disk.call("duplicate", &self.path, |state| {
            self.check(state, false)?;
            Ok(Box::new(self.clone()) as Box<dyn DiskFile>)
        })
    }

    fn identity(&self) -> io::Result<Identity> {
        self.disk.call("identity", &self.path, |state| {
            self.check(state, false)?;
            let inode = Some(self.node as u64);
            Ok(match &state.nodes[self.node] {
                Node::File(file) => Identity {
                    is_regular: true,
                    len: file.content.len() as u64,
                    modified_nanos: Some(i128::from(file.modified)),
                    inode,
                },
                Node::Folder(_) => Identity { is_regular: false, len: 0, modified_nanos: None, inode },
            })
        })
    }
}

/// Calls that change nothing.
const READING: [&str; 7] = ["open", "open_to_write", "list", "look", "read_at", "identity", "duplicate"];

/// No space left on the device.
const ENOSPC: i32 = 28;
