//! `completions` and `man`: what other programs want to know of this one.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::{Ending, Outcome};

pub(super) fn completions(shell: Shell) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "primestream", &mut text);
    print(&text)
}

pub(super) fn page() -> Outcome {
    let mut text = Vec::new();
    let command = Arguments::command();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut text).and_then(|()| {
        command.get_subcommands().try_for_each(|command| {
            let name: &'static str = format!("primestream-{}", command.get_name()).leak();
            clap_mangen::Man::new(command.clone().name(name)).render(&mut text)
        })
    });
    rendered.map_err(|error| Ending::io("manual page", &error))?;
    print(&text)
}

fn print(text: &[u8]) -> Outcome {
    io::stdout().write_all(text).map_err(|error| Ending::io("standard output", &error))
}
