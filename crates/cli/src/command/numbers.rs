//! Numbers from the arguments or the standard input, and answers on the standard output.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use primestream::prelude::*;

use crate::args::Global;
use crate::exit::{Ending, NUMBERS, Outcome, Places, escaped};
use crate::files;
use crate::run;

/// Lines on the standard output, each written at once.
pub(super) struct Lines(File);

impl Lines {
    pub(super) fn open() -> Result<Self, Ending> {
        let output = io::stdout().as_fd().try_clone_to_owned();
        output.map(|output| Self(output.into())).map_err(|error| Ending::io("standard output", &error))
    }

    pub(super) fn print(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(format!("{line}\n").as_bytes())
    }
}

/// The answers to one line of input.
#[derive(Default)]
struct Answers {
    text: String,
    bad: Vec<String>,
}

impl Weigh for Answers {
    fn heap_bytes(&self) -> usize {
        self.text.heap_bytes() + self.bad.heap_bytes()
    }
}

/// What is said of one number: the answer, and what is wrong with it, if anything.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) complaint: Option<String>,
}

/// Answers every number, of the arguments or else of the standard input, in order and on all lanes.
/// A bad number is named with its line; the others are answered.
pub(super) fn answer_all(
    numbers: Vec<String>,
    global: &Global,
    answer: impl Fn(Natural) -> Answer + Send + Sync + 'static,
) -> Outcome {
    let complaints = Arc::new(AtomicU64::new(0));
    let has_lines = numbers.is_empty();
    let places = Places { input: "standard input", output: "standard output" };
    let answers = if has_lines {
        Stream::raw_records(files::open(None)?, Boundary::line())
            .parallel(global.lanes(), Order::Input)
            .map(move |record| match record.into_bytes() {
                Ok(line) => answers(&line, &answer),
                Err(error) => Answers { bad: vec![error.to_string()], ..Answers::default() },
            })
            .boxed()
    } else {
        Stream::iter(numbers)
            .parallel(global.lanes(), Order::Input)
            .map(move |number| answers(number.as_bytes(), &answer))
            .boxed()
    };
    let printer = Printer { output: Lines::open()?, complaints: Arc::clone(&complaints), has_lines, line: 0 };
    run::run(answers.write_to(printer), global, None).map_err(|error| places.explain(error))?;
    if complaints.load(Ordering::Relaxed) > 0 { Err(Ending::reported(NUMBERS)) } else { Ok(()) }
}

fn answers(line: &[u8], answer: &impl Fn(Natural) -> Answer) -> Answers {
    let mut answers = Answers::default();
    for word in line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        // As `factor` of GNU coreutils does, one sign is accepted.
        let digits = word.strip_prefix(b"+").unwrap_or(word);
        match Natural::parse_decimal(digits) {
            Ok(number) => {
                let Answer { text, complaint } = answer(number);
                answers.text += &text;
                answers.text.push('\n');
                answers.bad.extend(complaint);
            }
            Err(error) => {
                let shown: String = String::from_utf8_lossy(word).chars().take(WORD_CHARS_SHOWN).collect();
                answers.bad.push(format!("`{}` is not a natural number: {error}", escaped(&shown)));
            }
        }
    }
    answers
}

/// Prints answers, and complaints with the numbers of their lines.
struct Printer {
    output: Lines,
    complaints: Arc<AtomicU64>,
    has_lines: bool,
    line: u64,
}

impl Sink<Answers> for Printer {
    #[expect(clippy::print_stderr, reason = "a bad number is named while the others are answered")]
    fn write(&mut self, items: &mut Vec<Answers>) -> Result<(), primestream_engine::SinkError> {
        let mut text = String::new();
        for answers in items.drain(..) {
            self.line += 1;
            text += &answers.text;
            for complaint in answers.bad {
                self.complaints.fetch_add(1, Ordering::Relaxed);
                if self.has_lines {
                    eprintln!("primestream: line {}: {complaint}", self.line);
                } else {
                    eprintln!("primestream: {complaint}");
                }
            }
        }
        Ok(self.output.0.write_all(text.as_bytes())?)
    }
}

/// How much of a bad number is shown.
const WORD_CHARS_SHOWN: usize = 60;
