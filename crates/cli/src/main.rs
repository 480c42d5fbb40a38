//! The program `primestream`: the hands of the project.
//!
//! Each command describes a pipeline, runs it under the eyes of `progress` and `signals`, and says with
//! its exit code how it ended (`exit`).

#![deny(unsafe_code)]

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod allocator;
mod args;
mod checkpoints;
mod command;
mod decimal;
mod effort;
mod every;
mod exit;
mod files;
mod limits;
mod progress;
mod run;
mod signals;
mod sizes;
mod spans;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    exit::report(command::run(arguments))
}
