//! A process from outside: started, watched, ended, and what it left to say.

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::super::run::now;

/// How a process ended.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) status: ExitStatus,
    pub(super) said: String,
    /// From its start.
    pub(super) took: Duration,
}

impl Gone {
    pub(super) fn is_good(&self) -> bool {
        self.status.success()
    }

    /// Returns what a shell would show: the exit code, or 128 and the signal.
    pub(super) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or_default())
    }

    pub(super) fn is_killed(&self) -> bool {
        self.status.signal() == Some(SIGKILL)
    }
}

const SIGKILL: i32 = 9;

/// A process that runs. It is ended when this is dropped.
pub(super) struct Started {
    child: Child,
    began: Instant,
}

impl Started {
    /// Starts a command; what it prints as its result is thrown away, what it has to say is kept.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Ok(Self { began: now(), child: command.spawn()? })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn age(&self) -> Duration {
        now() - self.began
    }

    /// Waits until something is so, the process is gone or the time is over; returns whether it is so.
    pub(super) fn until(&mut self, at_most: Duration, mut is_so: impl FnMut() -> bool) -> io::Result<bool> {
        let ends = now() + at_most;
        loop {
            if is_so() {
                return Ok(true);
            }
            if self.child.try_wait()?.is_some() || now() >= ends {
                return Ok(false);
            }
            pause(Duration::from_millis(1));
        }
    }

    /// Ends it as a crash does.
    pub(super) fn kill(mut self) -> io::Result<Gone> {
        self.child.kill()?;
        self.wait()
    }

    /// Sends a signal by its name.
    pub(super) fn signal(&self, name: &str) -> io::Result<()> {
        Command::new("kill").args(["-s", name, &self.id().to_string()]).stderr(Stdio::null()).status()?;
        Ok(())
    }

    /// Waits for its end.
    pub(super) fn wait(mut self) -> io::Result<Gone> {
        // It says little, less than a pipe holds, so that reading may come first.
        let mut said = Vec::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_end(&mut said)?;
        }
        let status = self.child.wait()?;
        Ok(Gone { status, said: String::from_utf8_lossy(&said).into_owned(), took: self.age() })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Where it is gone already there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) resident_kib: u64,
    pub(super) threads: u64,
    pub(super) descriptors: u64,
}

/// Looks at what the system says of a process.
pub(super) fn look(id: u32) -> Option<Held> {
    let folder = format!("/proc/{id}");
    let status = fs::read_to_string(format!("{folder}/status")).ok()?;
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let descriptors = fs::read_dir(format!("{folder}/fd")).ok()?.count() as u64;
    Some(Held { resident_kib: number("VmRSS:")?, threads: number("Threads:")?, descriptors })
}

/// Runs a command to its end.
pub(super) fn ended(command: &mut Command) -> io::Result<Gone> {
    Started::start(command)?.wait()
}

#[expect(clippy::disallowed_methods, reason = "a crash comes at a moment that was drawn")]
pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}
