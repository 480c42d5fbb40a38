//! Progress on the standard error: a bar on a terminal, a line a second elsewhere.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use primestream_engine::Metrics;

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
}

/// Shows how far a command has come.
#[derive(Clone)]
pub(crate) struct Progress {
    shown: Shown,
    amount: Amount,
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
        Self { shown, amount }
    }

    /// Shows a moment.
    #[expect(clippy::print_stderr, reason = "progress belongs there")]
    pub(crate) fn tell(&mut self, metrics: &Metrics) {
        let done = match &self.amount {
            Amount::Numbers { done, .. } => done.load(Ordering::Relaxed),
            _ => metrics.bytes_in(),
        };
        match &mut self.shown {
            Shown::Hidden => {}
            Shown::Bar(bar) => bar.set_position(done),
            Shown::Lines { told_seconds } => {
                let seconds = metrics.elapsed.as_secs();
                if seconds > *told_seconds {
                    *told_seconds = seconds;
                    eprintln!("{}", line(done, &self.amount, metrics.elapsed));
                }
            }
        }
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
