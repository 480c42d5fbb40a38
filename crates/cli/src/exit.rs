//! How the program ends: one message, one exit code.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use primestream_codec::container::ContainerError;
use primestream_engine::runtime::Failure;
use primestream_engine::{PipelineError, SinkError};

use crate::signals;

/// Why a command did not do all it should.
#[derive(Debug)]
pub(crate) struct Ending {
    code: u8,
    /// What to say; nothing where all was said.
    message: Option<String>,
}

/// Done, or why not.
pub(crate) type Outcome = Result<(), Ending>;

impl Ending {
    fn new(code: u8, message: impl fmt::Display) -> Self {
        Self { code, message: Some(message.to_string()) }
    }

    /// The arguments cannot be meant.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(USAGE, message)
    }

    /// The data are not what they should be.
    pub(crate) fn data(message: impl fmt::Display) -> Self {
        Self::new(DATA, message)
    }

    /// An input cannot be opened.
    pub(crate) fn no_input(message: impl fmt::Display) -> Self {
        Self::new(NO_INPUT, message)
    }

    /// Reading or writing failed; silent if it is only that nobody reads any more.
    pub(crate) fn io(place: impl fmt::Display, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self { code: PIPE, message: None };
        }
        Self::new(IO, format_args!("{place}: {}", spoken(error)))
    }

    /// A number could not be answered whole.
    pub(crate) fn number(message: impl fmt::Display) -> Self {
        Self::new(NUMBERS, message)
    }

    /// Damage or bad numbers that were reported one by one.
    pub(crate) fn reported(code: u8) -> Self {
        Self { code, message: None }
    }
}

/// Where the bytes of a pipeline come from and go to, for messages.
pub(crate) struct Places<'a> {
    pub(crate) input: &'a str,
    pub(crate) output: &'a str,
}

impl Places<'_> {
    /// Explains how a pipeline failed.
    pub(crate) fn explain(&self, error: PipelineError) -> Ending {
        match error.into_failure() {
            Failure::Source(error) => self.explain_input(error.get_ref()),
            Failure::Sink(error) => self.explain_output(&error),
            Failure::Item(error) if error.user_error().is_none() => Ending::new(BUG, error),
            Failure::Item(error) => {
                let error = error.user_error().map(ToString::to_string).unwrap_or_default();
                Ending::data(format_args!("{}: {error}", self.input))
            }
            Failure::Budget(error) => Ending::usage(format_args!("{error}; `--memory-limit` raises it")),
            Failure::Checkpoint(error) => Ending::new(IO, format_args!("checkpoint: {}", spoken(&error))),
            Failure::Refused(reason) => Ending::usage(reason),
            Failure::Suspended(epoch) => {
                let code = 128 + signals::received().unwrap_or(signals::INTERRUPT);
                Ending::new(
                    code,
                    format_args!("stopped behind epoch {epoch}; the same command goes on from there"),
                )
            }
            Failure::Cancelled => Ending::reported(128 + signals::received().unwrap_or(signals::INTERRUPT)),
            other => Ending::new(BUG, format_args!("{other:?}")),
        }
    }

    /// Explains why an output cannot be written.
    pub(crate) fn explain_output(&self, error: &SinkError) -> Ending {
        match error.get_ref().downcast_ref::<io::Error>() {
            Some(error) => Ending::io(self.output, error),
            None => Ending::new(IO, format_args!("{}: {error}", self.output)),
        }
    }

    /// Explains why an input cannot be read on.
    pub(crate) fn explain_input(&self, error: &(dyn Error + Send + Sync + 'static)) -> Ending {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Ending::io(self.input, error);
        }
        if let Some(ContainerError::Io { offset, source }) = error.downcast_ref() {
            return Ending::io(format_args!("{}: byte {offset}", self.input), source);
        }
        Ending::data(format_args!("{}: {error}", self.input))
    }
}

/// Says an error of the system as people do: without the number Rust adds.
fn spoken(error: &dyn Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Makes text of foreign origin safe for a terminal.
pub(crate) fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Prints the message of an ending and gives its code.
#[expect(clippy::print_stderr, reason = "this is where the program says how it ended")]
pub(crate) fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(ending) => {
            if let Some(message) = ending.message {
                eprintln!("primestream: {}", escaped(&message));
            }
            ExitCode::from(ending.code)
        }
    }
}

/// Prints what clap has to say: help and version are no errors.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match (error.use_stderr(), printed) {
        (true, _) => ExitCode::from(USAGE),
        (false, Ok(())) => ExitCode::SUCCESS,
        (false, Err(error)) => report(Err(Ending::io("standard output", &error))),
    }
}

/// A number could not be answered.
pub(crate) const NUMBERS: u8 = 1;
const USAGE: u8 = 64;
pub(crate) const DATA: u8 = 65;
const NO_INPUT: u8 = 66;
const IO: u8 = 74;
const BUG: u8 = 101;
/// As a shell reports a process that ended by SIGPIPE.
const PIPE: u8 = 141;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_reaches_the_terminal_as_a_command() {
        assert_eq!(escaped("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\nc");
        assert_eq!(escaped("naïve"), "naïve");
    }
}
