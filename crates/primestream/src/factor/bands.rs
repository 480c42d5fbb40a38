//! A stream of numbers by band: portions sized for each, an account of each, and the order of the input.
//!
//! Numbers are not parted into streams, which could not be joined again. Each is assigned a band; those of
//! short bands travel to the lanes in portions of many, those of long bands alone, and whichever lane is free takes
//! the next portion. A hard number may have threads of its own.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use primestream_engine::checkpoint::Memory;
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Fixed, Interrupt, Operator, Order, Outcome, Stream, all_cores};
use primestream_primes::{Band, Effort, Method};

use super::allowance::factor_while;
use super::portions::Portions;
use super::words::factor_words;
use super::{Advance, Allowance, Factored, Number, factoring_in_lanes};

/// Says which band a number is worked off as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BandSelector {
    /// All as one band: for streams of which one knows what they hold.
    Fixed(Band),
    /// Each by its length.
    #[default]
    ByBits,
    /// Each by what numbers of its length cost so far: the portions of a band are as large as fit into a time. Until
    /// a band is measured, those of its length.
    Measured,
}

/// How a stream is factored by band.
#[derive(Clone, Debug)]
pub struct BandOptions {
    /// What each number may cost.
    pub allowance: Allowance,
    /// Lanes that take portions.
    pub lanes: NonZeroUsize,
    /// The order of the answers.
    pub order: Order,
    /// Threads that work on a hard number together, one such number at a time; with 1 its lane does it alone.
    pub hard_lanes: NonZeroUsize,
}

impl Default for BandOptions {
    /// Normal effort, all cores, in input order, no help with hard numbers.
    fn default() -> Self {
        Self {
            allowance: Effort::Normal.into(),
            lanes: NonZeroUsize::new(all_cores()).unwrap_or(NonZeroUsize::MIN),
            order: Order::Input,
            hard_lanes: NonZeroUsize::MIN,
        }
    }
}

/// What became of the numbers of a band.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BandFigures {
    /// How many there were.
    pub numbers: u64,
    /// How many of them were factored completely; the others have a cofactor, or are 0.
    pub complete: u64,
    /// How long lanes worked on them, in the clock of the pipeline.
    pub time: Duration,
    /// Portions in which they came.
    pub portions: u64,
    /// How many of them each method split, in the order of [`Method`].
    split: [u64; Method::ALL.len()],
}

impl BandFigures {
    /// Returns how many numbers have a cofactor left, or are 0.
    pub fn with_cofactor(&self) -> u64 {
        self.numbers - self.complete
    }

    /// Returns how many numbers a method found a factor of.
    pub fn split_by(&self, method: Method) -> u64 {
        Method::ALL.iter().position(|known| *known == method).map_or(0, |index| self.split[index])
    }

    fn add(&mut self, factored: &Factored) {
        self.numbers += 1;
        self.complete += u64::from(factored.factorization.is_complete());
        self.time += factored.time;
        for (method, count) in Method::ALL.iter().zip(&mut self.split) {
            *count += u64::from(factored.methods.contains(method));
        }
    }
}

/// The account of a stream by band, to be read while it runs and afterwards.
#[derive(Clone, Debug, Default)]
pub struct BandReport(Arc<Mutex<[BandFigures; Band::ALL.len()]>>);

impl BandReport {
    /// Returns the figures of a band.
    pub fn of(&self, band: Band) -> BandFigures {
        self.lock()[index(band)]
    }

    /// Returns the bands that had numbers, the shortest first.
    pub fn bands(&self) -> Vec<(Band, BandFigures)> {
        let figures = *self.lock();
        Band::ALL.into_iter().zip(figures).filter(|(_, figures)| figures.numbers > 0).collect()
    }

    fn lock(&self) -> MutexGuard<'_, [BandFigures; Band::ALL.len()]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Factors a stream by band, and keeps an account of each band.
///
/// Numbers go to the lanes in [`Portions`]; what comes out is in the order of the options. Under [`Order::Relaxed`] a
/// hard number delays only itself as long as a lane is left; under [`Order::Input`] those behind it wait within the
/// budget.
///
/// # Panics
///
/// If the order is [`Order::Key`].
///
/// # Examples
///
/// ```
/// use primestream::{BandOptions, BandSelector, process_band_optimized_stream, prelude::*};
/// use primestream_primes::Band;
///
/// let numbers = Stream::iter((1..=1000u64).map(|n| Number::from(n * n * n * n)));
/// let (answers, report) =
///     process_band_optimized_stream(numbers, BandSelector::ByBits, BandOptions::default());
/// assert!(answers.collect::<Vec<_>>()?.iter().all(|answer| answer.factorization.is_complete()));
/// assert_eq!(report.of(Band::Bits32).numbers, 255); // 256^4 = 2^32
/// assert_eq!(report.of(Band::Bits64).with_cofactor(), 0);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn process_band_optimized_stream<H, C>(
    numbers: Stream<Number, H, C>,
    selector: BandSelector,
    options: BandOptions,
) -> (Stream<Factored>, BandReport)
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let report = BandReport::default();
    let costs = report.clone();
    let fill = move |number: &Number| {
        let band = assigned(selector, number);
        match selector {
            BandSelector::Measured => measured_fill(&costs.of(band)).unwrap_or_else(|| usual_fill(band)),
            _ => usual_fill(band),
        }
    };
    let BandOptions { allowance, lanes, order, hard_lanes } = options;
    let step =
        FactorPortions { allowance, hard_lanes, are_lent: Arc::default(), selector, report: report.clone() };
    let answers = numbers
        .through(Portions::new(fill))
        .chunked(Fixed(1))
        .parallel(lanes.get(), order)
        .through(step)
        .unbatch()
        .named("factor by band")
        .boxed();
    (answers, report)
}

/// Streams the factors of each number as soon as they are known: under [`Order::Relaxed`] as they are found, so that a
/// hard number delays only itself as long as another lane is free; under [`Order::Input`] in the order of the numbers,
/// those behind a hard one waiting within the budget.
///
/// # Panics
///
/// If `lanes` is 0, or the order is [`Order::Key`].
///
/// # Examples
///
/// ```
/// use primestream::{prelude::*, stream_factorization};
///
/// let numbers = Stream::iter([60u64, 97, 1].map(Number::from));
/// let answers = stream_factorization(numbers, Effort::Normal, 2, Order::Input);
/// let answers: Vec<String> = answers.map(|answer| answer.factorization.to_string()).collect()?;
/// assert_eq!(answers, ["2^2 · 3 · 5", "97", "1"]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn stream_factorization<H, C>(
    numbers: Stream<Number, H, C>,
    allowance: impl Into<Allowance>,
    lanes: usize,
    order: Order,
) -> Stream<Factored>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let lanes = NonZeroUsize::new(lanes).expect("a stage has at least one lane");
    let options = BandOptions { allowance: allowance.into(), lanes, order, hard_lanes: NonZeroUsize::MIN };
    process_band_optimized_stream(numbers, BandSelector::ByBits, options).0
}

/// Returns the band a number is worked off and accounted for as.
fn assigned(selector: BandSelector, number: &Number) -> Band {
    match selector {
        BandSelector::Fixed(band) => band,
        BandSelector::ByBits | BandSelector::Measured => Band::of(&number.0),
    }
}

/// Returns how many numbers of a band fill a portion, by what they usually cost.
pub const fn usual_fill(band: Band) -> NonZeroUsize {
    let count = match band {
        Band::Bits32 => NonZeroUsize::new(1024),
        // Enough for eight in step to be busy most of the time.
        Band::Bits64 => NonZeroUsize::new(256),
        _ => None,
    };
    match count {
        Some(count) => count,
        None => NonZeroUsize::MIN,
    }
}

/// Returns how many fit into the time of a portion by what they cost so far, once that is known.
fn measured_fill(figures: &BandFigures) -> Option<NonZeroUsize> {
    if figures.numbers < MEASURED_MIN {
        return None;
    }
    let fit = PORTION_TIME.as_nanos() * u128::from(figures.numbers) / figures.time.as_nanos().max(1);
    let fit = usize::try_from(fit).unwrap_or(usize::MAX).clamp(1, PORTION_ITEMS_MAX);
    NonZeroUsize::new(fit)
}

fn index(band: Band) -> usize {
    Band::ALL.iter().position(|known| *known == band).expect("`ALL` holds every band")
}

/// Factors the numbers of a portion and accounts for them.
struct FactorPortions {
    allowance: Allowance,
    hard_lanes: NonZeroUsize,
    /// Whether a number has these: for each of many they would be their square.
    are_lent: Arc<AtomicBool>,
    selector: BandSelector,
    report: BandReport,
}

impl FactorPortions {
    /// Factors a number by threads of its own; `None` if it was given up.
    fn in_lanes(&self, number: &Number, goes_on: impl Fn() -> bool) -> Result<Option<Factored>, Interrupt> {
        let lanes = self.hard_lanes.get();
        for advance in factoring_in_lanes(&number.0, self.allowance, lanes).threads(lanes) {
            match advance.map_err(|error| Interrupt::failed("factor by band", error))? {
                Advance::Done(factored) => return Ok(Some(factored)),
                Advance::Working(_) if goes_on() => {}
                Advance::Working(_) => break,
            }
        }
        Ok(None)
    }
}

impl Operator for FactorPortions {
    type In = Vec<Number>;
    type Out = Vec<Factored>;

    fn on_item(&mut self, portion: Vec<Number>, out: &mut impl Emit<Vec<Factored>>) -> Outcome {
        let mut done = Vec::with_capacity(portion.len());
        let words = factor_words(&portion, || out.now());
        for (number, word) in portion.into_iter().zip(words) {
            let band = assigned(self.selector, &number);
            if let Some(factored) = word {
                done.push((band, factored));
                continue;
            }
            let is_lent = self.hard_lanes.get() > 1
                && number.0.bits() >= LENT_BITS_MIN
                && !self.are_lent.swap(true, Ordering::AcqRel);
            let factored = if is_lent {
                let factored = self.in_lanes(&number, || !out.is_stopping());
                self.are_lent.store(false, Ordering::Release);
                let given_up = || factor_while(&number.0, self.allowance, || out.now(), || false);
                factored?.unwrap_or_else(given_up)
            } else {
                factor_while(&number.0, self.allowance, || out.now(), || !out.is_stopping())
            };
            done.push((band, factored));
        }
        let mut bands = [false; Band::ALL.len()];
        let mut figures = self.report.lock();
        for (band, factored) in &done {
            let index = index(*band);
            figures[index].add(factored);
            figures[index].portions += u64::from(!std::mem::replace(&mut bands[index], true));
        }
        drop(figures);
        out.emit(done.into_iter().map(|(_, factored)| factored).collect())
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        let (report, hard_lanes) = (self.report.clone(), self.hard_lanes);
        let are_lent = Arc::clone(&self.are_lent);
        Self { allowance: self.allowance, hard_lanes, are_lent, selector: self.selector, report }
    }

    fn name(&self) -> &'static str {
        "factor by band"
    }
}

/// Numbers of a band after which what they cost is believed.
const MEASURED_MIN: u64 = 16;
/// How long a portion should take: far more than handing it over, far less than anybody waits.
const PORTION_TIME: Duration = Duration::from_micros(500);
/// Most numbers of a portion, however cheap.
const PORTION_ITEMS_MAX: usize = 4096;
/// Shortest number that gets threads of its own: those below take less than starting a pipeline for them would save.
const LENT_BITS_MIN: u64 = 120;
