//! SIGINT and SIGTERM: the first asks the pipeline to stop, the second ends at once.
//!
//! A pipeline that waits for something outside cannot be asked; after a grace time it is left behind.
//! In every case the unfinished output file is first put back as it was.

use std::fs::File;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use primestream_engine::Flow;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The number of SIGINT.
pub(crate) const INTERRUPT: u8 = 2;

static RECEIVED: AtomicI32 = AtomicI32::new(0);
static ASKED: Mutex<Asked> = Mutex::new(Asked::Nobody);
static UNFINISHED: Mutex<Option<Unfinished>> = Mutex::new(None);

/// Who is asked to stop.
#[derive(Clone)]
enum Asked {
    /// Nobody: the program ends at once.
    Nobody,
    /// A pipeline that keeps checkpoints, as soon as it is there.
    Soon,
    /// The pipeline, and whether it is suspended rather than cancelled.
    Pipeline(Flow, bool),
}

/// A file that is being written.
pub(crate) enum Unfinished {
    /// It was not there before.
    Fresh(PathBuf),
    /// It had so many bytes before.
    Longer(File, u64),
}

/// Returns the number of the signal that came, if one did.
pub(crate) fn received() -> Option<u8> {
    u8::try_from(RECEIVED.load(Ordering::Acquire)).ok().filter(|&signal| signal > 0)
}

/// Names the file to put back as it was if the program is ended from outside.
pub(crate) fn undo_on_death(file: Option<Unfinished>) {
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = file;
}

/// Says that a pipeline that keeps checkpoints is about to start, so that a signal waits for it: between an output that
/// was begun and a checkpoint that knows of it, nothing ends in order.
pub(crate) fn wait_for_pipeline() {
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Asked::Soon;
}

/// Names the pipeline to stop when a signal comes, or came while it was waited for.
/// One that keeps checkpoints makes a last one.
pub(crate) fn stop_on_signal(flow: Flow, keeps_checkpoints: bool) {
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Asked::Pipeline(flow.clone(), keeps_checkpoints);
    // Whoever handles a signal notes it before they look who is asked, so that one of both sees the other.
    if received().is_some() {
        stop(&flow, keeps_checkpoints);
    }
}

fn stop(flow: &Flow, keeps_checkpoints: bool) {
    if keeps_checkpoints {
        // It is asked for here and waited for elsewhere.
        let _ = flow.suspend(Duration::ZERO);
    } else {
        flow.cancel();
    }
}

/// Listens for signals from now on.
pub(crate) fn listen() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if RECEIVED.swap(signal, Ordering::AcqRel) != 0 {
                die(signal);
            }
            let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).clone();
            match asked {
                Asked::Nobody => die(signal),
                Asked::Soon => spawn_last_resort(signal, GRACE_OF_CHECKPOINTS),
                Asked::Pipeline(flow, keeps_checkpoints) => {
                    stop(&flow, keeps_checkpoints);
                    spawn_last_resort(signal, if keeps_checkpoints { GRACE_OF_CHECKPOINTS } else { GRACE });
                }
            }
        }
    })?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the hands may wait")]
fn spawn_last_resort(signal: i32, grace: Duration) {
    thread::spawn(move || {
        thread::sleep(grace);
        die(signal);
    });
}

/// Ends the program at once.
#[expect(clippy::disallowed_methods, reason = "a signal ends the program from a thread of its own")]
fn die(signal: i32) -> ! {
    match UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        None => {}
        Some(Unfinished::Fresh(path)) => drop(std::fs::remove_file(path)),
        Some(Unfinished::Longer(file, bytes)) => drop(file.set_len(bytes)),
    }
    process::exit(128 + signal)
}

/// How long a pipeline may take to stop.
const GRACE: Duration = Duration::from_secs(2);

/// The same for one that makes a last checkpoint, which has to wait for the disk.
const GRACE_OF_CHECKPOINTS: Duration = Duration::from_secs(5);
