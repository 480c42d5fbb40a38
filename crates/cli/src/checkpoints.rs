//! `--checkpoint`: how far a command is, kept in a folder, so that the same command given again goes on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use primestream_engine::checkpoint::{Directory, Every, Loaded, StateStore, StoreError};
use primestream_engine::files::{ReplayFile, TransactionalFile};
use primestream_engine::{Pipeline, Report};
use serde_json::{Value, json};

use crate::args::{Checkpointing, Format};
use crate::exit::{Ending, Outcome, escaped};
use crate::files;
use crate::signals;

/// A file that a run comes back to.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'a> {
    Input(Option<&'a Path>),
    Output(Option<&'a Path>),
}

/// Checkpoints of a command, and what those there are say of it.
pub(crate) struct Checkpoints {
    store: Directory,
    every: Every,
    /// What must be the same when the command is given again, and what it draws only once.
    note: Value,
    /// There is a checkpoint, so that the run goes on.
    is_begun: bool,
    /// All was done, with this input.
    done_with: Option<Value>,
    even_if_changed: bool,
}

impl Checkpoints {
    /// Opens the folder, if one was given, and compares what is there with the command. `drawn` is what the
    /// command draws once, such as an identity; that of the run it goes on with is returned. Files that cannot do are
    /// refused before the folder is made.
    pub(crate) fn open(
        arguments: &Checkpointing,
        files: &[Kept<'_>],
        command: Value,
        drawn: Value,
    ) -> Result<Option<(Self, Value)>, Ending> {
        let Some(folder) = &arguments.checkpoint else { return Ok(None) };
        for file in files {
            match file {
                Kept::Input(path) => drop(replayed(*path)?),
                Kept::Output(path) => drop(named(*path)?),
            }
        }
        let mut store = Directory::open(folder).map_err(failed)?;
        let loaded = store.load().map_err(failed)?;
        if let Some(loaded) = &loaded {
            loaded.passed_over.iter().for_each(tell_damaged);
        }
        let name = escaped(&folder.to_string_lossy());
        let is_begun = loaded.is_some();
        let (drawn, done_with) = match loaded {
            None => (drawn, None),
            Some(Loaded { checkpoint, .. }) => {
                let mut note: Value = serde_json::from_str(&checkpoint.note).unwrap_or_default();
                compare(&name, &note["command"], &command)?;
                (note["drawn"].take(), checkpoint.is_complete.then(|| note["input"].take()))
            }
        };
        let every = arguments.every.unwrap_or(Every::time(EVERY));
        let note = json!({ "command": command, "drawn": drawn });
        let even_if_changed = arguments.even_if_changed;
        Ok(Some((Self { store, every, note, is_begun, done_with, even_if_changed }, drawn)))
    }

    /// Opens an input that can be come back to.
    pub(crate) fn input(&mut self, path: Option<&Path>) -> Result<(ReplayFile, String, u64), Ending> {
        let (file, name) = replayed(path)?;
        let bytes = file.len();
        // A pipeline that goes on reads the file again and sees whether it is the same; one that was done reads nothing.
        let changed = fs::metadata(file.path()).and_then(|metadata| metadata.modified());
        let changed = changed.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let input = json!({ "bytes": bytes, "changed": changed.map(|time| time.as_nanos().to_string()) });
        if !self.even_if_changed && self.done_with.as_ref().is_some_and(|done| *done != input) {
            return Err(Ending::io(
                &name,
                &io::Error::other(format!(
                    "was changed since all of it was done; `primestream checkpoint clear {}` lets it begin anew",
                    self.store.place()
                )),
            ));
        }
        self.note["input"] = input;
        Ok((if self.even_if_changed { file.even_if_changed() } else { file }, name, bytes))
    }

    /// Names an output that appears when it is whole; what is refused is refused at once.
    pub(crate) fn output(&self, path: Option<&Path>) -> Result<(TransactionalFile, String), Ending> {
        let (path, name) = named(path)?;
        // A link is followed, so that what it points to is replaced and not the link itself.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut file = TransactionalFile::create(path).overwrite();
        signals::wait_for_pipeline();
        if !self.is_begun {
            file.begin().map_err(|error| Ending::io("output", &error))?;
        }
        Ok((file, name))
    }

    /// Lets a pipeline keep its checkpoints here, and start only if nothing is lost and nothing comes twice.
    pub(crate) fn keep(self, pipeline: Pipeline) -> Pipeline {
        pipeline.checkpoint_with_note(self.every, self.store, self.note.to_string()).exactly_once()
    }
}

/// Opens an input that can be come back to.
fn replayed(path: Option<&Path>) -> Result<(ReplayFile, String), Ending> {
    let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
        return Err(Ending::usage(
            "`--checkpoint` needs an input file: the standard input cannot be come back to",
        ));
    };
    let name = files::open(Some(path))?.name; // refuses in the words of every command what is not there
    let file = ReplayFile::open(path).map_err(|error| Ending::io("input", &error))?;
    Ok((file, name))
}

/// Returns the path of an output, which must be that of a file, and its name.
fn named(path: Option<&Path>) -> Result<(&Path, String), Ending> {
    let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
        return Err(Ending::usage("`--checkpoint` needs an output file: name it with `-o`"));
    };
    let name = escaped(&path.to_string_lossy());
    if path.is_dir() {
        return Err(Ending::usage(format_args!("{name}: is a directory")));
    }
    Ok((path, name))
}

/// As [`Checkpoints::keep`], if there are any.
pub(crate) fn kept(checkpoints: Option<Checkpoints>, pipeline: Pipeline) -> Pipeline {
    match checkpoints {
        Some(checkpoints) => checkpoints.keep(pipeline),
        None => pipeline,
    }
}

/// Refuses checkpoints of decimal lines.
pub(crate) fn refuse_lines(arguments: &Checkpointing, format: Format) -> Outcome {
    match format {
        Format::Decimal if arguments.checkpoint.is_some() => {
            Err(Ending::usage("decimal lines have no checkpoints: `--checkpoint` belongs to containers"))
        }
        Format::Decimal | Format::Container => Ok(()),
    }
}

/// Returns what a report says of checkpoints, as JSON.
pub(crate) fn to_json(report: &Report) -> Value {
    json!({
        "delivery": report.delivery().to_string(),
        "resumed_from_epoch": report.resumed_from().map(|epoch| epoch.get()),
        "checkpoints": report.checkpoints(),
    })
}

/// Returns a path as a note has it: from the root, so that it is the same file wherever the command is given.
pub(crate) fn absolute(path: Option<&PathBuf>) -> Value {
    path.map_or(Value::Null, |path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Value::String(path.to_string_lossy().into_owned())
    })
}

/// Refuses to go on with what another command began.
fn compare(folder: &str, then: &Value, now: &Value) -> Result<(), Ending> {
    let empty = serde_json::Map::new();
    let (then, now) = (then.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let differs = now.iter().find(|(name, value)| then.get(*name) != Some(value));
    let Some((name, value)) = differs else { return Ok(()) };
    let before = then.get(name).cloned().unwrap_or_default();
    Err(Ending::usage(format_args!(
        "{folder}: holds checkpoints of another command: {name} was {before} and is {value}; \
         `primestream checkpoint clear` lets go of them"
    )))
}

#[expect(clippy::print_stderr, reason = "what is damaged must be said")]
fn tell_damaged(error: &StoreError) {
    eprintln!("primestream: {}; the one before it is taken", escaped(&error.to_string()));
}

pub(crate) fn failed(error: StoreError) -> Ending {
    Ending::io("checkpoint", &io::Error::other(error))
}

/// How often unless it is said.
const EVERY: std::time::Duration = std::time::Duration::from_secs(1);
