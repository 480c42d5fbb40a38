//! `checkpoint`: what a folder of checkpoints holds, and an end to it.

use std::io::Write;
use std::path::Path;

use primestream_engine::checkpoint::{Directory, StateStore, Stored};
use serde_json::{Value, json};

use crate::args::{CheckpointCommand as Arguments, Global};
use crate::checkpoints::failed;
use crate::exit::{DATA, Ending, Outcome, escaped};

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    match arguments {
        Arguments::Show { folder } => show(folder, global),
        Arguments::Clear { folder } => clear(folder, global),
    }
}

/// Refuses what is no folder, so that none is made where a name was mistyped.
fn look_for(folder: &Path) -> Outcome {
    let name = escaped(&folder.to_string_lossy());
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Ending::no_input(format_args!("{name}: this is no folder"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Ending::no_input(format_args!("{name}: there is no such folder")))
        }
        Err(error) => Err(Ending::io(&name, &error)),
    }
}

/// Shows what is there, the newest first.
fn show(folder: &Path, global: &Global) -> Outcome {
    look_for(folder)?;
    let all = Directory::read(folder).map_err(failed)?;
    let told: Vec<String> =
        all.iter().map(|one| if global.json { in_json(one) } else { in_words(one) }).collect();
    let mut text = told.concat();
    if all.is_empty() && !global.json {
        text = format!("{}: no checkpoints\n", escaped(&folder.to_string_lossy()));
    }
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Ending::io("standard output", &error))?;
    if all.iter().any(|one| one.found.is_err()) { Err(Ending::reported(DATA)) } else { Ok(()) }
}

fn in_words(stored: &Stored) -> String {
    let mut text = format!("epoch {}: {} bytes", stored.epoch, stored.bytes);
    match &stored.found {
        Err(error) => text += &format!(", damaged: {error}\n"),
        Ok(checkpoint) => {
            text += if checkpoint.is_complete { ", complete\n" } else { "\n" };
            let note: Value = serde_json::from_str(&checkpoint.note).unwrap_or_default();
            let command = note["command"].as_object().cloned().unwrap_or_default();
            for (name, value) in command.iter().filter(|(_, value)| !value.is_null()) {
                text += &format!("  {name}: {value}\n");
            }
            for part in &checkpoint.parts {
                text += &format!(
                    "  stage {}.{}: {}, {} bytes\n",
                    part.stage,
                    part.lane,
                    part.name,
                    part.state.len()
                );
            }
        }
    }
    text.lines().map(|line| escaped(line) + "\n").collect()
}

fn in_json(stored: &Stored) -> String {
    let (epoch, bytes) = (stored.epoch.get(), stored.bytes);
    let value = match &stored.found {
        Err(error) => json!({ "epoch": epoch, "bytes": bytes, "damaged": error.to_string() }),
        Ok(checkpoint) => {
            let parts = checkpoint.parts.iter().map(|part| {
                json!({ "stage": part.stage, "lane": part.lane, "name": part.name, "bytes": part.state.len() })
            });
            let note: Value = serde_json::from_str(&checkpoint.note).unwrap_or_default();
            json!({
                "epoch": epoch, "bytes": bytes, "complete": checkpoint.is_complete,
                "command": note["command"], "parts": parts.collect::<Vec<_>>(),
            })
        }
    };
    format!("{value}\n")
}

/// Lets go of what is there.
fn clear(folder: &Path, global: &Global) -> Outcome {
    look_for(folder)?;
    let mut store = Directory::open(folder).map_err(failed)?;
    let count = Directory::read(folder).map_err(failed)?.len();
    store.clear().map_err(failed)?;
    let name = escaped(&folder.to_string_lossy());
    if global.quiet {
        return Ok(());
    }
    let said = if global.json {
        json!({ "cleared": count }).to_string()
    } else {
        format!("{name}: {count} {} cleared", if count == 1 { "checkpoint" } else { "checkpoints" })
    };
    writeln!(std::io::stdout(), "{said}").map_err(|error| Ending::io("standard output", &error))
}
