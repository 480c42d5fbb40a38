//! Disturbing a program at one of its system calls, by `strace`.
//!
//! A [`Point`] is the n-th call of a name that touches a path: `strace` counts for each thread, and of one path most calls
//! of a name are made by one thread. Where another thread is there first, that call is disturbed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::super::run::Run;
use super::job::{Job, Place, Workshop};
use super::process::{Gone, Started};

/// One system call of a job.
#[derive(Clone, Debug)]
pub(super) struct Point {
    /// Which job it is of.
    pub(super) job: usize,
    pub(super) call: String,
    /// Below the folder of the place; the folder itself if it is empty.
    path: String,
    /// Counted from 1.
    pub(super) number: usize,
}

/// Installs `strace` unless it is there; returns whether it is.
pub(super) fn is_there(run: &Run<'_>) -> bool {
    let has = || run.has("strace", &["-V"]);
    if !has() {
        let mut apt = Command::new("apt-get");
        drop(apt.args(["install", "-y", "--no-install-recommends", "strace"]).output());
    }
    has()
}

/// Lists all calls of all jobs that change or open something in the place, by watching each once.
pub(super) fn points(shop: &Workshop) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    for (index, job) in shop.jobs.iter().enumerate() {
        let place = shop.place().map_err(|error| error.to_string())?;
        let mut watched = traced(shop, job, &place, &["-e", &format!("trace={CALLS}")]);
        let gone = run_to_end(&mut watched).map_err(|error| error.to_string())?;
        if !gone.is_good() {
            return Err(format!("{}: under `strace` it ended with {}: {}", job.name, gone.code(), gone.said));
        }
        let log = log_of(shop);
        let folder = place.folder().to_string_lossy().into_owned();
        // The most of one thread, for each name and path.
        let mut counts: BTreeMap<(String, String), BTreeMap<&str, usize>> = BTreeMap::new();
        for line in log.lines() {
            let Some((thread, call, path)) = touched(line, &folder) else { continue };
            *counts.entry((call.to_owned(), path.to_owned())).or_default().entry(thread).or_default() += 1;
        }
        for ((call, path), threads) in counts {
            let most = threads.into_values().max().unwrap_or_default();
            points.extend((1..=most).map(|number| Point {
                job: index,
                call: call.clone(),
                path: path.clone(),
                number,
            }));
        }
    }
    Ok(points)
}

/// Reads a line of the log: the thread, the call, and the path in the folder that it touches first.
fn touched<'a>(line: &'a str, folder: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (thread, rest) = line.split_once(' ')?;
    let (call, arguments) = rest.trim_start().split_once('(')?;
    let is_call = call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // What a folder is named in, `AT_FDCWD<…>`, is not touched.
    let at = arguments
        .match_indices(folder)
        .map(|(at, _)| at)
        .find(|&at| !arguments[..at].ends_with("AT_FDCWD<"))?;
    let behind = &arguments[at + folder.len()..];
    let path = behind.split(['"', '>']).next()?;
    (is_call && (path.is_empty() || path.starts_with('/'))).then_some((thread, call, path))
}

impl Point {
    /// Returns the path that the call touches.
    pub(super) fn path_in(&self, place: &Place) -> String {
        format!("{}{}", place.folder().to_string_lossy(), self.path)
    }

    /// Does a job, and lets something happen at the call; `what` is such as `signal=KILL`.
    pub(super) fn disturb(
        &self,
        shop: &Workshop,
        place: &Place,
        what: &str,
        often: Often,
    ) -> io::Result<Disturbed> {
        let path = self.path_in(place);
        let (call, number) = (&self.call, self.number);
        let behind = match often {
            Often::Once => String::new(),
            Often::Times(times) => format!("..{}", number + times - 1),
            Often::Ever => "+".to_owned(),
        };
        let inject = format!("inject={call}:{what}:when={number}{behind}");
        let options = ["-P", &path, "-e", &format!("trace={CALLS}"), "-e", &inject];
        let gone = run_to_end(&mut traced(shop, &shop.jobs[self.job], place, &options))?;
        Ok(Disturbed { gone, log: log_of(shop) })
    }
}

/// To how many calls something happens, the first included.
#[derive(Clone, Copy, Debug)]
pub(super) enum Often {
    Once,
    Times(usize),
    Ever,
}

/// How a disturbed run ended, and the calls of it that touched the path.
pub(super) struct Disturbed {
    pub(super) gone: Gone,
    pub(super) log: String,
}

fn traced(shop: &Workshop, job: &Job, place: &Place, options: &[&str]) -> Command {
    let mut command = Command::new("strace");
    // A call that is cut in two by another thread is not read well: each thread has a file of its own.
    command.args(["-f", "-y", "-q", "-o"]).arg(shop.folder.join("log")).args(options);
    command.arg(&shop.program).args(shop.arguments(job, place, &OPTIONS.map(str::to_owned)));
    command
}

/// One worker, so that calls come in about the same order each time; two and the thread that stores are there all the same.
pub(super) const OPTIONS: [&str; 4] = ["--threads", "1", "--every", "1MiB"];

fn log_of(shop: &Workshop) -> String {
    read(&shop.folder.join("log"))
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn run_to_end(command: &mut Command) -> io::Result<Gone> {
    Started::start(command)?.wait()
}

/// All that changes or opens something; those that a system does not have are passed over.
const CALLS: &str = "?open,openat,?creat,write,pwrite64,?writev,?pwritev,fsync,fdatasync,?rename,renameat,?renameat2,\
    ?unlink,unlinkat,ftruncate,?mkdir,mkdirat,flock,fcntl,?link,linkat,fallocate,?copy_file_range,?sendfile,read,\
    pread64,lseek,?getdents64,statx";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_who_does_what_to_which_path() {
        let line = r#"7 openat(AT_FDCWD</a/b>, "/a/b/ck/lock", O_RDWR) = 5</a/b/ck/lock>"#;
        assert_eq!(touched(line, "/a/b"), Some(("7", "openat", "/ck/lock")));
        assert_eq!(touched("7 fsync(7</a/b>) = 0", "/a/b"), Some(("7", "fsync", "")));
        assert_eq!(
            touched("7 write(7</a/b/.o.part>, \"x\", 1 <unfinished ...>", "/a/b"),
            Some(("7", "write", "/.o.part"))
        );
        assert_eq!(touched("7 <... fsync resumed>) = 0", "/a/b"), None);
        assert_eq!(touched("7 fsync(7</a/bc>) = 0", "/a/b"), None);
        assert_eq!(touched("7 +++ exited with 0 +++", "/a/b"), None);
    }
}
