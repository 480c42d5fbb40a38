//! Progress on the standard error: a bar on a terminal, a line a second elsewhere.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use primestream_engine::Metrics;
use primestream_primes::Method;

use crate::args::{Global, When};

/// What there is to do, and where it is told how much of it is done.
#[derive(Clone)]
pub(crate) enum Amount {
    /// Bytes of which nobody knows how many come.
    Unknown,
    /// So many bytes, counted at the source.
    Bytes(u64),
    /// So many numbers, counted by the command itself.
    Numbers { done: Arc<AtomicU64>, total: u64 },
    /// Numbers of the input, of which some may take long.
    Factors(UnderWay),
}

/// How far the number has come that is being factored by all threads.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Lending>);

#[derive(Default)]
struct Lending {
    is_lent: AtomicBool,
    progress: Mutex<Option<primestream_primes::Progress>>,
}

impl UnderWay {
    /// Lends all threads to one number; `None` while another one has them.
    pub(crate) fn lend(&self) -> Option<Lent> {
        (!self.0.is_lent.swap(true, Ordering::AcqRel)).then(|| Lent(self.clone()))
    }

    fn get(&self) -> Option<primestream_primes::Progress> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<primestream_primes::Progress>> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All threads, for one number; they are given back when this is dropped.
pub(crate) struct Lent(UnderWay);

impl Lent {
    /// Notes how far the number has come.
    pub(crate) fn tell(&self, progress: primestream_primes::Progress) {
        *self.0.lock() = Some(progress);
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.0.is_lent.store(false, Ordering::Release);
    }
}

/// The piece that is being split, and when it was first seen, to tell how much time is left.
#[derive(Clone, Copy)]
struct Seen {
    piece: (Method, u64),
    at: Duration,
    done: u64,
}

/// Shows how far a command has come.
#[derive(Clone)]
pub(crate) struct Progress {
    shown: Shown,
    amount: Amount,
    seen: Option<Seen>,
}

#[derive(Clone)]
enum Shown {
    Hidden,
    Bar(ProgressBar),
    Lines { told_seconds: u64 },
}

impl Progress {
    /// Makes what the arguments ask for.
    pub(crate) fn new(global: &Global, amount: Amount) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let shown = match global.progress {
            When::Never => Shown::Hidden,
            When::Auto if global.quiet || !is_terminal => Shown::Hidden,
            When::Always if !is_terminal => Shown::Lines { told_seconds: 0 },
            When::Auto | When::Always => Shown::Bar(bar(&amount)),
        };
        Self { shown, amount, seen: None }
    }

    /// Shows a moment.
    #[expect(clippy::print_stderr, reason = "progress belongs there")]
    pub(crate) fn tell(&mut self, metrics: &Metrics) {
        let done = match &self.amount {
            Amount::Numbers { done, .. } => done.load(Ordering::Relaxed),
            _ => metrics.bytes_in(),
        };
        let elapsed = metrics.elapsed;
        let hard = match &self.amount {
            Amount::Factors(under_way) => under_way.get().map(|progress| self.in_words(&progress, elapsed)),
            _ => None,
        };
        match &mut self.shown {
            Shown::Hidden => {}
            Shown::Bar(bar) => {
                bar.set_position(done);
                if let Amount::Factors(_) = self.amount {
                    bar.set_message(hard.unwrap_or_else(|| format!("{} read", HumanBytes(done))));
                }
            }
            Shown::Lines { told_seconds } => {
                let seconds = metrics.elapsed.as_secs();
                if seconds > *told_seconds {
                    *told_seconds = seconds;
                    match hard {
                        Some(hard) => eprintln!("progress: {hard}"),
                        None => eprintln!("{}", line(done, &self.amount, elapsed)),
                    }
                }
            }
        }
    }

    /// Says how far a hard number has come. What is left is told by how fast it went so far.
    fn in_words(&mut self, progress: &primestream_primes::Progress, now: Duration) -> String {
        let primestream_primes::Progress { method, bits, done, wanted, .. } = *progress;
        let piece = (method, bits);
        let seen = self.seen.filter(|seen| seen.piece == piece).unwrap_or(Seen { piece, at: now, done });
        self.seen = Some(seen);
        let what = if method == Method::QuadraticSieve { "relations" } else { "units" };
        let mut text = format!("{method}, {bits} bits: {done} of {wanted} {what}");
        if done > seen.done && now > seen.at {
            let rate = (done - seen.done) as f64 / (now - seen.at).as_secs_f64();
            let left = (wanted.saturating_sub(done) as f64 / rate).min(1e15);
            text += &format!(", {} left", HumanDuration(Duration::from_secs_f64(left)));
        }
        text
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(amount: &Amount) -> ProgressBar {
    let (template, total) = match amount {
        Amount::Unknown => ("{spinner} {bytes}, {bytes_per_sec}, {elapsed}", None),
        Amount::Bytes(total) => {
            ("{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left", Some(*total))
        }
        Amount::Numbers { total, .. } => ("{bar:30} {percent} %, {eta} left", Some(*total)),
        Amount::Factors(_) => ("{spinner} {msg}, {elapsed}", None),
    };
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(style)
}

fn line(done: u64, amount: &Amount, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
    let left = |total: u64| {
        HumanDuration(Duration::from_secs_f64((total.saturating_sub(done) as f64 / rate.max(1.0)).min(1e15)))
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate in words")]
    let bytes_per_second = HumanBytes(rate as u64);
    let percent = |total: u64| u128::from(done) * 100 / u128::from(total.max(1));
    match amount {
        Amount::Bytes(total @ 1..) => format!(
            "progress: {} of {} ({} %), {} left, {bytes_per_second}/s",
            HumanBytes(done),
            HumanBytes(*total),
            percent(*total),
            left(*total)
        ),
        Amount::Numbers { total, .. } => format!("progress: {} %, {} left", percent(*total), left(*total)),
        _ => format!("progress: {}, {bytes_per_second}/s", HumanBytes(done)),
    }
}

/// How often progress is told.
pub(crate) const EVERY: Duration = Duration::from_millis(100);
