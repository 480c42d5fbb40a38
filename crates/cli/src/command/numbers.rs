//! Numbers from the arguments or the standard input, and answers on the standard output.

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use primestream::Portions;
use primestream::prelude::*;
use primestream_engine::SinkError;
use primestream_engine::checkpoint::{Epoch, Memory, Pending, Transactional};
use primestream_engine::files::TransactionalFile;

use crate::args::Global;
use crate::checkpoints::{Checkpoints, kept};
use crate::exit::{Ending, NUMBERS, Outcome, Places, escaped};
use crate::files::{self, FileSink, Output};
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
    /// The file they are in otherwise, if not the standard input.
    pub(super) input: Option<PathBuf>,
    /// The file to write answers to, if not the standard output.
    pub(super) output: Option<PathBuf>,
    /// How far it is, if that is to be kept.
    pub(super) checkpoints: Option<Checkpoints>,
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
    let Asked { numbers, input, output, mut checkpoints, order, fill } = asked;
    let has_lines = numbers.is_empty();
    let answering = Answering { answer: Arc::new(answer), lanes: global.lanes() };
    let (lines, input_name) = match (&mut checkpoints, has_lines) {
        (_, false) => {
            let words = Stream::iter(numbers).map(|number| Ok(number.into_bytes())).boxed();
            (words, "the arguments".to_owned())
        }
        (Some(checkpoints), true) => {
            let (file, name, _) = checkpoints.input(input.as_deref())?;
            (lines_of(file), name)
        }
        (None, true) => {
            let file = files::open(input.as_deref())?;
            let name = file.name.clone();
            (lines_of(file), name)
        }
    };
    let answers = lines
        .enumerate()
        .through(Portions::new(move |(_, line): &Found| fill(line.as_deref().unwrap_or_default())))
        .chunked(Fixed(1))
        .parallel(global.lanes(), order)
        .through(answering)
        .unbatch();
    let (written, output_name) = Written::open(output.as_deref(), checkpoints.as_ref())?;
    let places = Places { input: &input_name, output: &output_name };
    let is_file = !matches!(written, Written::Standard(_));
    let printer = Printer { written, complaints: Arc::clone(&complaints), has_lines };
    let pipeline = kept(checkpoints, answers.write_to(printer));
    let done = if is_file {
        run::run_to_stop(pipeline, global, amount, |_| ())
    } else {
        run::run_until_signal(pipeline, global, amount)
    };
    let report = done.map_err(|error| places.explain(error))?;
    match (complaints.load(Ordering::Relaxed), report.resumed_from()) {
        (0, _) => Ok(()),
        (_, None) => Err(Ending::reported(NUMBERS)),
        (count, Some(_)) => Err(Ending::number(format_args!(
            "{input_name}: refused or left in all, those told before included: {count}"
        ))),
    }
}

fn lines_of(reader: impl Read + Send + 'static) -> Stream<Result<Vec<u8>, String>> {
    Stream::raw_records(reader, Boundary::line())
        .map(|record| record.into_bytes().map_err(|error| error.to_string()))
        .boxed()
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

    fn memory(&self) -> Memory {
        Memory::None
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

/// Where answers go.
enum Written {
    Standard(Lines),
    /// A file that appears when it is whole.
    File(Box<FileSink>),
    /// One of a run that may be cut short and go on.
    Kept(TransactionalFile),
}

impl Written {
    fn open(path: Option<&Path>, checkpoints: Option<&Checkpoints>) -> Result<(Self, String), Ending> {
        if let Some(checkpoints) = checkpoints {
            let (file, name) = checkpoints.output(path)?;
            return Ok((Self::Kept(file), name));
        }
        if Output::is_standard(path) {
            return Ok((Self::Standard(Lines::open()?), "standard output".to_owned()));
        }
        let output = Output::create(path, true)?;
        let name = output.name.clone();
        Ok((Self::File(Box::new(output.into_sink())), name))
    }

    fn write(&mut self, text: &str) -> Result<(), SinkError> {
        match self {
            Self::Standard(lines) => Ok(lines.0.write_all(text.as_bytes())?),
            Self::File(file) => file.write(&mut vec![text.as_bytes().to_vec()]),
            Self::Kept(file) => Ok(file.write_all(text.as_bytes())?),
        }
    }
}

/// Prints answers, and complaints with the numbers of their lines.
struct Printer {
    written: Written,
    complaints: Arc<AtomicU64>,
    has_lines: bool,
}

impl Sink<Answers> for Printer {
    #[expect(clippy::print_stderr, reason = "a bad number is named while the others are answered")]
    fn write(&mut self, items: &mut Vec<Answers>) -> Result<(), SinkError> {
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
        self.written.write(&text)
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        match &mut self.written {
            Written::Standard(_) => Ok(()),
            Written::File(file) => file.finish(),
            Written::Kept(file) => Ok(file.finish()?),
        }
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        matches!(self.written, Written::Kept(_)).then_some(self as &mut dyn Transactional)
    }
}

/// How much was complained of is remembered before what the file remembers.
impl Transactional for Printer {
    fn prepare(&mut self, epoch: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        state.extend(self.complaints.load(Ordering::Relaxed).to_le_bytes());
        match &mut self.written {
            Written::Kept(file) => file.prepare(epoch, state),
            Written::Standard(_) | Written::File(_) => Ok(Pending::done()),
        }
    }

    fn commit(&mut self, epoch: Epoch) -> Result<(), SinkError> {
        match &mut self.written {
            Written::Kept(file) => file.commit(epoch),
            Written::Standard(_) | Written::File(_) => Ok(()),
        }
    }

    fn restore(&mut self, epoch: Epoch, state: &[u8]) -> Result<(), SinkError> {
        let (complaints, state) =
            state.split_first_chunk().ok_or_else(|| SinkError::new("the checkpoint holds no answers"))?;
        self.complaints.store(u64::from_le_bytes(*complaints), Ordering::Relaxed);
        match &mut self.written {
            Written::Kept(file) => file.restore(epoch, state),
            Written::Standard(_) | Written::File(_) => Ok(()),
        }
    }
}

/// How much of a bad number is shown.
const WORD_CHARS_SHOWN: usize = 60;
