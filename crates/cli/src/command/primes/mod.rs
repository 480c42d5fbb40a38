//! `primes`: the primes of a range or pairs of them, how many there are, or one of them.
//!
//! The range is cut into pieces; each lane sieves one and writes it as text, and what it wrote comes out
//! in order. There is nothing to tidy up, so that a signal ends the program at once.

mod text;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use primestream::Pieces;
use primestream::prelude::*;
use primestream_engine::SinkError;
use primestream_engine::checkpoint::{Epoch, Pending, Transactional};
use primestream_primes::{Primes, Whole, nth_prime, primes, primes_u128};

use serde_json::{Value, json};

use super::numbers::Lines;
use crate::args::{Global, Primes as Arguments};
use crate::checkpoints::{Checkpoints, Kept, absolute, kept};
use crate::exit::{Ending, Outcome, Places};
use crate::files::Output;
use crate::progress::Amount;
use crate::run;
use text::Text;

/// Pieces that are looked at as they are handed out.
type Measured = Box<dyn Iterator<Item = Piece> + Send>;

/// First and last number, both included.
type Piece = (u128, u128);

pub(super) fn run(arguments: &Arguments, global: &Global) -> Outcome {
    let start = arguments.start;
    // Without a word on it a walk ends where its machine words do.
    let word = u128::from(u64::MAX);
    let stop = arguments.stop.unwrap_or(if start <= word { word } else { u128::MAX });
    if start > stop {
        return Err(Ending::usage(format_args!("START {start} is above STOP {stop}")));
    }
    let what = What::of(arguments, global.json, stop);
    match arguments.nth {
        Some(nth) => print_nth((start, stop), nth, global),
        None if arguments.count => print_count((start, stop), what, arguments, global),
        None => list((start, stop), what, arguments, global),
    }
}

/// What is looked for and how it is written.
#[derive(Clone, Copy, Debug)]
struct What {
    pairs: Pairs,
    json: bool,
    /// The last number of the whole range, beyond which no neighbour counts.
    stop: u128,
}

/// What is asked of a prime and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairs {
    /// Nothing: single primes.
    No,
    /// Their distance, whatever it is.
    AllGaps,
    /// This distance.
    Gap(u128),
}

impl What {
    fn of(arguments: &Arguments, json: bool, stop: u128) -> Self {
        let pairs = match (arguments.gaps, arguments.twins, arguments.gap) {
            (true, ..) => Pairs::AllGaps,
            (_, true, _) => Pairs::Gap(2),
            (.., Some(gap)) => Pairs::Gap(gap.into()),
            _ => Pairs::No,
        };
        Self { pairs, json, stop }
    }
}

/// Prints all that is looked for.
fn list(range: Piece, what: What, arguments: &Arguments, global: &Global) -> Outcome {
    let most = (LISTED_NUMBERS_MOST / global.lanes().max(1) as u128).max(1);
    let (checkpoints, most) = checkpoints(range, arguments, global, most)?;
    let (pieces, amount) = measured(Pieces::new(Some(range)).at_most(most), range);
    let listed = Stream::iter_from(pieces)
        .named("pieces")
        .chunked(Fixed(1))
        .parallel(global.lanes(), Order::Input)
        .map(move |piece| written(piece, what))
        .named("sieve");
    if let Some(checkpoints) = checkpoints {
        let (output, name) = checkpoints.output(arguments.output.as_deref())?;
        let places = Places { input: "", output: &name };
        let listed = checkpoints.keep(listed.write_bytes(output));
        let report =
            run::run_to_stop(listed, global, amount, |_| ()).map_err(|error| places.explain(error))?;
        return run::print_report("primes", &report, global, false);
    }
    let output = Output::create(arguments.output.as_deref(), true)?;
    let name = output.name.clone();
    let places = Places { input: "", output: &name };
    let listed = listed.write_to(output.into_sink());
    let is_file = !Output::is_standard(arguments.output.as_deref());
    // Only a file that is not whole has to be tidied up.
    let done = if is_file {
        run::run_to_stop(listed, global, amount, |_| ())
    } else {
        run::run_until_signal(listed, global, amount)
    };
    done.map(drop).map_err(|error| places.explain(error))
}

/// Opens the checkpoints of the command, if it keeps any.
///
/// What is saved is the number of a piece, so that pieces are as long as when it began: `numbers`, unless another run
/// began with others.
fn checkpoints(
    range: Piece,
    arguments: &Arguments,
    global: &Global,
    numbers: u128,
) -> Result<(Option<Checkpoints>, u128), Ending> {
    let command = json!({
        "command": "primes",
        "from": range.0.to_string(),
        "to": range.1.to_string(),
        "output": absolute(arguments.output.as_ref()),
        "what": [json!(arguments.gaps), json!(arguments.twins), json!(arguments.gap), json!(arguments.count)],
        "json": global.json,
    });
    let drawn = Value::String(numbers.to_string());
    // A count goes to the standard output, and begins anew whenever it is printed.
    let files = [Kept::Output(arguments.output.as_deref())];
    let files = if arguments.count { &[][..] } else { &files };
    match Checkpoints::open(&arguments.checkpointing, files, command, drawn)? {
        None => Ok((None, numbers)),
        Some((checkpoints, drawn)) => {
            let numbers = drawn.as_str().and_then(|text| text.parse().ok());
            let no_length = || Ending::data("the checkpoint does not say how long its pieces are");
            Ok((Some(checkpoints), numbers.ok_or_else(no_length)?))
        }
    }
}

/// Sieves a piece and writes what is found.
fn written(piece: Piece, what: What) -> Vec<u8> {
    match (u64::try_from(piece.0), u64::try_from(piece.1)) {
        (Ok(first), Ok(last)) => text_of(primes(first..=last), piece, what),
        _ => text_of(primes_u128(piece.0..=piece.1), piece, what),
    }
}

fn text_of<N: Whole>(found: Primes<N>, piece: Piece, what: What) -> Vec<u8> {
    let mut text = Text::with_room(text_bytes(piece));
    match what.pairs {
        Pairs::No => text.lines(found),
        Pairs::AllGaps if what.json => each_pair(found, piece, what.stop, |prime, next| {
            text.words(&[(b"{\"prime\":", prime), (b",\"gap\":", next - prime)], b"}");
        }),
        Pairs::AllGaps => each_pair(found, piece, what.stop, |prime, next| {
            text.words(&[(b"", prime), (b" ", next - prime)], b"");
        }),
        Pairs::Gap(gap) => each_pair(found, piece, what.stop, |prime, next| {
            if next - prime != gap {
            } else if what.json {
                text.words(&[(b"[", prime), (b",", next)], b"]");
            } else {
                text.words(&[(b"", prime), (b" ", next)], b"");
            }
        }),
    }
    text.into_bytes()
}

/// About as many bytes as the primes of a piece take, a line each.
fn text_bytes((first, last): Piece) -> usize {
    let each = last.to_string().len() + 1;
    // The density of primes is 1 in ln n, and somewhat more where numbers are small.
    let primes = 1.1 * (last - first) as f64 / (first.max(2) as f64).ln();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a piece is bounded")]
    let primes = (primes as usize).min(TEXT_PRIMES_MOST);
    primes * each
}

/// Looks at each prime of a piece with the next of the whole range.
fn each_pair<N: Whole>(found: Primes<N>, piece: Piece, stop: u128, mut look: impl FnMut(u128, u128)) {
    let mut before = None;
    found.for_each(|prime| {
        let prime = prime.into();
        if let Some(before) = before.replace(prime) {
            look(before, prime);
        }
    });
    // The last one's neighbour is in a later piece.
    let behind = piece.1.checked_add(1).filter(|&first| first <= stop);
    if let (Some(last), Some(first)) = (before, behind)
        && let Some(next) = first_prime(first, stop)
    {
        look(last, next);
    }
}

fn first_prime(first: u128, last: u128) -> Option<u128> {
    match (u64::try_from(first), u64::try_from(last)) {
        (Ok(first), Ok(last)) => primes(first..=last).next().map(u128::from),
        _ => primes_u128(first..=last).next(),
    }
}

/// Prints how many there are.
fn print_count(range: Piece, what: What, arguments: &Arguments, global: &Global) -> Outcome {
    let places = Places { input: "", output: "standard output" };
    let numbers = counted_numbers(range, global);
    let (checkpoints, numbers) = checkpoints(range, arguments, global, numbers)?;
    let (pieces, amount) = measured(Pieces::new(Some(range)).starting_at(numbers).at_most(numbers), range);
    let total = Arc::new(AtomicU64::new(0));
    let counted = Stream::iter_from(pieces)
        .named("pieces")
        .chunked(Fixed(1))
        .parallel(global.lanes(), Order::Relaxed)
        .map(move |piece| counted(piece, what))
        .named("sieve")
        .write_to(Total(Arc::clone(&total)));
    let counted = kept(checkpoints, counted);
    run::run_until_signal(counted, global, amount).map_err(|error| places.explain(error))?;
    print_value("count", total.load(Ordering::Relaxed).into(), global)
}

/// Numbers of a piece to count: as many for each lane, since far out each prepares sieving primes, within the memory there is.
fn counted_numbers((start, stop): Piece, global: &Global) -> u128 {
    let lanes = global.lanes().max(1);
    let most = match global.memory_limit {
        Some(bytes) => {
            let window_bytes = (bytes / lanes).saturating_sub(WALK_BYTES) as u128;
            (window_bytes * NUMBERS_PER_WINDOW_BYTE).clamp(SEARCHED_NUMBERS_MOST, COUNTED_NUMBERS_MOST)
        }
        None => COUNTED_NUMBERS_MOST,
    };
    let numbers = (stop - start).saturating_add(1);
    let turns = numbers.div_ceil(most.saturating_mul(lanes as u128));
    numbers.div_ceil(turns.saturating_mul(lanes as u128))
}

/// How many of a piece are looked for.
fn counted(piece: Piece, what: What) -> u64 {
    let is_asked = |prime: u128, next: u128| match what.pairs {
        Pairs::Gap(gap) => next - prime == gap,
        _ => true,
    };
    let mut count = 0;
    match (u64::try_from(piece.0), u64::try_from(piece.1)) {
        (Ok(first), Ok(last)) if what.pairs == Pairs::No => count = primestream_primes::count(first..=last),
        (Ok(first), Ok(last)) => each_pair(primes(first..=last), piece, what.stop, |prime, next| {
            count += u64::from(is_asked(prime, next));
        }),
        _ if what.pairs == Pairs::No => count = primes_u128(piece.0..=piece.1).count() as u64,
        _ => each_pair(primes_u128(piece.0..=piece.1), piece, what.stop, |prime, next| {
            count += u64::from(is_asked(prime, next));
        }),
    }
    count
}

/// Prints the prime of a place in the range, counted from 1.
fn print_nth(range: Piece, nth: u64, global: &Global) -> Outcome {
    let places = Places { input: "", output: "standard output" };
    let (start, stop) = range;
    // The table knows the first places, and the library how many primes there are at all.
    let known = if start <= 2 && nth <= TABLE_LEN { nth_prime(nth - 1).map(u128::from) } else { None };
    let found = match known {
        Some(prime) => Some(prime).filter(|&prime| prime <= stop),
        None => {
            let place = Arc::new(Mutex::new(None));
            let noted = Arc::clone(&place);
            let pieces = Pieces::new(Some(range)).at_most(SEARCHED_NUMBERS_MOST);
            let what = What { pairs: Pairs::No, json: false, stop };
            let search = Stream::iter(pieces)
                .named("pieces")
                .chunked(Fixed(1))
                .parallel(global.lanes(), Order::Input)
                .map(move |piece| (piece, counted(piece, what)))
                .named("sieve")
                .scan(nth - 1, |left, (piece, count)| {
                    let found = *left < count;
                    let place = (piece, *left);
                    *left = left.saturating_sub(count);
                    Some((found, place))
                })
                .filter(|(found, _)| *found)
                .take(1)
                .sink(move |(_, place)| {
                    *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
                    Ok::<_, std::io::Error>(())
                });
            run::run_until_signal(search, global, Amount::Unknown).map_err(|error| places.explain(error))?;
            let place = place.lock().unwrap_or_else(PoisonError::into_inner).take();
            place.and_then(|((first, last), left)| nth_of(first, last, left))
        }
    };
    match found {
        Some(prime) => print_value("prime", prime, global),
        None => Err(Ending::data(format_args!("there are fewer than {nth} primes from {start} to {stop}"))),
    }
}

fn nth_of(first: u128, last: u128, skipped: u64) -> Option<u128> {
    let skipped = usize::try_from(skipped).ok()?;
    match (u64::try_from(first), u64::try_from(last)) {
        (Ok(first), Ok(last)) => primes(first..=last).nth(skipped).map(u128::from),
        _ => primes_u128(first..=last).nth(skipped),
    }
}

fn print_value(name: &str, value: u128, global: &Global) -> Outcome {
    let line = if global.json { format!("{{\"{name}\":{value}}}") } else { value.to_string() };
    Lines::open()?.print(&line).map_err(|error| Ending::io("standard output", &error))
}

/// Adds up counts.
struct Total(Arc<AtomicU64>);

impl Sink<u64> for Total {
    fn write(&mut self, counts: &mut Vec<u64>) -> Result<(), SinkError> {
        self.0.fetch_add(counts.drain(..).sum(), Ordering::Relaxed);
        Ok(())
    }

    fn transactional(&mut self) -> Option<&mut dyn Transactional> {
        Some(self)
    }
}

impl Transactional for Total {
    fn prepare(&mut self, _: Epoch, state: &mut Vec<u8>) -> Result<Pending, SinkError> {
        state.extend(self.0.load(Ordering::Relaxed).to_le_bytes());
        Ok(Pending::done())
    }

    fn commit(&mut self, _: Epoch) -> Result<(), SinkError> {
        Ok(()) // nobody sees it before the end
    }

    fn restore(&mut self, _: Epoch, state: &[u8]) -> Result<(), SinkError> {
        let total = state.try_into().map(u64::from_le_bytes);
        self.0.store(total.map_err(|_| SinkError::new("the checkpoint holds no count"))?, Ordering::Relaxed);
        Ok(())
    }
}

/// Makes the pieces from any one on, and notes how far those handed out have come, for progress.
fn measured(pieces: Pieces, (start, stop): Piece) -> (impl FnMut(u64) -> Measured + Send, Amount) {
    let scale = move |number: u128| u64::try_from(number - start).unwrap_or(u64::MAX);
    let done = Arc::new(AtomicU64::new(0));
    let noted = Arc::clone(&done);
    let from = move |position| {
        let noted = Arc::clone(&noted);
        let left = pieces.clone().skip(usize::try_from(position).unwrap_or(usize::MAX));
        Box::new(left.inspect(move |piece| noted.store(scale(piece.0), Ordering::Relaxed))) as Measured
    };
    (from, Amount::Numbers { done, total: scale(stop) })
}

/// Numbers of a piece whose primes are listed, over all lanes: far out a window, and the text of its primes.
const LISTED_NUMBERS_MOST: u128 = 1 << 25;
/// Primes for which room is made beforehand.
const TEXT_PRIMES_MOST: usize = 1 << 21;
/// Numbers of a piece whose primes are counted, which leaves no text: far out a window of the sieve.
const COUNTED_NUMBERS_MOST: u128 = 1 << 30;
/// The same where it is not known how many will be needed, or there is little memory.
const SEARCHED_NUMBERS_MOST: u128 = 1 << 26;
/// Numbers of a window for each byte that it and its notes take.
const NUMBERS_PER_WINDOW_BYTE: u128 = 26;
/// Bytes a lane takes beside its window.
const WALK_BYTES: usize = 8 << 20;
/// Primes that are looked up.
const TABLE_LEN: u64 = primestream_primes::table::TABLE_LEN as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_to_count_are_even_and_within_memory() {
        let numbers = |memory: &str, last: u128| {
            let arguments = ["primestream", "--threads", "2", "--memory-limit", memory, "primes", "0"];
            let arguments = <crate::args::Arguments as clap::Parser>::parse_from(arguments);
            counted_numbers((0, last), &arguments.global)
        };
        assert_eq!(numbers("1GiB", 999_999_999), 500_000_000);
        assert_eq!(numbers("1GiB", (3 << 30) - 1), 3 << 28);
        assert_eq!(numbers("64MiB", u128::MAX), (24 << 20) * NUMBERS_PER_WINDOW_BYTE);
        assert_eq!(numbers("1MiB", (1 << 40) - 1), SEARCHED_NUMBERS_MOST);
        assert_eq!(numbers("1MiB", 0), 1);
    }
}
