//! Numbers from the arguments or the standard input, and answers on the standard output.

use std::fs::File;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream::Portions;
use primestream::prelude::*;

use crate::args::Global;
use crate::exit::{Ending, NUMBERS, Outcome, Places, escaped};
use crate::files;
use crate::progress::Amount;
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
    /// That of the line, from 0.
    index: u64,
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

/// The numbers that were given, and the order of their answers.
pub(super) struct Asked {
    /// Those of the standard input if there are none.
    pub(super) numbers: Vec<String>,
    pub(super) order: Order,
    /// How many lines such as this one a lane takes at once.
    pub(super) fill: fn(&[u8]) -> NonZeroUsize,
}

/// Answers every number on all lanes. A bad number is named with its line; the others are answered. `answer` takes
/// numbers that came together, and is told how many threads may work on one of them, and the time.
pub(super) fn answer_all<A>(asked: Asked, global: &Global, amount: Amount, answer: A) -> Outcome
where
    A: Fn(Vec<Natural>, usize, &dyn Fn() -> Duration) -> Vec<Answer> + Send + Sync + 'static,
{
    let complaints = Arc::new(AtomicU64::new(0));
    let has_lines = asked.numbers.is_empty();
    let places = Places { input: "standard input", output: "standard output" };
    let answering = Answering { answer: Arc::new(answer), lanes: global.lanes() };
    let lines = if has_lines {
        Stream::raw_records(files::open(None)?, Boundary::line())
            .map(|record| record.into_bytes().map_err(|error| error.to_string()))
            .boxed()
    } else {
        Stream::iter(asked.numbers).map(|number| Ok(number.into_bytes())).boxed()
    };
    let fill = asked.fill;
    let answers = lines
        .enumerate()
        .through(Portions::new(move |(_, line): &Found| fill(line.as_deref().unwrap_or_default())))
        .chunked(Fixed(1))
        .parallel(global.lanes(), asked.order)
        .through(answering)
        .unbatch();
    let printer = Printer { output: Lines::open()?, complaints: Arc::clone(&complaints), has_lines };
    run::run_until_signal(answers.write_to(printer), global, amount)
        .map_err(|error| places.explain(error))?;
    if complaints.load(Ordering::Relaxed) > 0 { Err(Ending::reported(NUMBERS)) } else { Ok(()) }
}

/// A line as it was found, with its index.
type Found = (u64, Result<Vec<u8>, String>);

/// Answers lines that came together.
struct Answering<A> {
    answer: Arc<A>,
    lanes: usize,
}

impl<A> Operator for Answering<A>
where
    A: Fn(Vec<Natural>, usize, &dyn Fn() -> Duration) -> Vec<Answer> + Send + Sync + 'static,
{
    type In = Vec<Found>;
    type Out = Vec<Answers>;

    fn on_item(
        &mut self,
        lines: Vec<Found>,
        out: &mut impl Emit<Vec<Answers>>,
    ) -> primestream_engine::Outcome {
        let mut numbers = Vec::new();
        let read: Vec<(Answers, usize)> =
            lines.into_iter().map(|(index, line)| read(index, line, &mut numbers)).collect();
        let mut answers = (self.answer)(numbers, self.lanes, &|| out.now()).into_iter();
        let answered = read.into_iter().map(|(mut line, count)| {
            for Answer { text, complaint } in answers.by_ref().take(count) {
                line.text += &text;
                line.text.push('\n');
                line.bad.extend(complaint);
            }
            line
        });
        out.emit(answered.collect())
    }

    fn fork(&self) -> Self {
        Self { answer: Arc::clone(&self.answer), lanes: self.lanes }
    }

    fn name(&self) -> &'static str {
        "answer"
    }
}

/// Reads the words of a line, and returns how many of them were numbers, with complaints of the others.
fn read(index: u64, line: Result<Vec<u8>, String>, numbers: &mut Vec<Natural>) -> (Answers, usize) {
    let before = numbers.len();
    let mut answers = Answers { index, ..Answers::default() };
    match line {
        Ok(line) => {
            for word in line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
                match number(word) {
                    Ok(number) => numbers.push(number),
                    Err(refusal) => answers.bad.push(refusal),
                }
            }
        }
        Err(error) => answers.bad.push(error),
    }
    (answers, numbers.len() - before)
}

/// Reads a word. As `factor` of GNU coreutils does, one sign is accepted.
pub(super) fn number(word: &[u8]) -> Result<Natural, String> {
    Natural::parse_decimal(word.strip_prefix(b"+").unwrap_or(word)).map_err(|error| {
        let shown: String = String::from_utf8_lossy(word).chars().take(WORD_CHARS_SHOWN).collect();
        format!("`{}` is not a natural number: {error}", escaped(&shown))
    })
}

/// Prints answers, and complaints with the numbers of their lines.
struct Printer {
    output: Lines,
    complaints: Arc<AtomicU64>,
    has_lines: bool,
}

impl Sink<Answers> for Printer {
    #[expect(clippy::print_stderr, reason = "a bad number is named while the others are answered")]
    fn write(&mut self, items: &mut Vec<Answers>) -> Result<(), primestream_engine::SinkError> {
        let mut text = String::new();
        for answers in items.drain(..) {
            text += &answers.text;
            for complaint in answers.bad {
                self.complaints.fetch_add(1, Ordering::Relaxed);
                if self.has_lines {
                    eprintln!("primestream: line {}: {complaint}", answers.index + 1);
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
