//! Progress on the standard error: a bar on a terminal, a line a second elsewhere.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use primestream_engine::Metrics;

use crate::args::{Global, When};

/// Shows how far a command has come.
#[derive(Clone)]
pub(crate) enum Progress {
    Hidden,
    Bar(ProgressBar),
    Lines { bytes_total: Option<u64>, told_seconds: u64 },
}

impl Progress {
    /// Makes what the arguments ask for, for an input of `bytes_total` bytes if that is known.
    pub(crate) fn new(global: &Global, bytes_total: Option<u64>) -> Self {
        let is_terminal = io::stderr().is_terminal();
        match global.progress {
            When::Never => Self::Hidden,
            When::Auto if global.quiet || !is_terminal => Self::Hidden,
            When::Always if !is_terminal => Self::Lines { bytes_total, told_seconds: 0 },
            When::Auto | When::Always => Self::Bar(bar(bytes_total)),
        }
    }

    /// Shows a moment.
    #[expect(clippy::print_stderr, reason = "progress belongs there")]
    pub(crate) fn tell(&mut self, metrics: &Metrics) {
        let bytes = metrics.bytes_in();
        match self {
            Self::Hidden => {}
            Self::Bar(bar) => bar.set_position(bytes),
            Self::Lines { bytes_total, told_seconds } => {
                let seconds = metrics.elapsed.as_secs();
                if seconds > *told_seconds {
                    *told_seconds = seconds;
                    eprintln!("{}", line(bytes, *bytes_total, metrics.elapsed));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// How often progress is told.
pub(crate) const EVERY: Duration = Duration::from_millis(100);

fn bar(bytes_total: Option<u64>) -> ProgressBar {
    let template = match bytes_total {
        Some(_) => "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{spinner} {bytes}, {bytes_per_sec}, {elapsed}",
    };
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    let bar = ProgressBar::with_draw_target(bytes_total, ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(style)
}

fn line(bytes: u64, bytes_total: Option<u64>, elapsed: Duration) -> String {
    let rate = bytes as f64 / elapsed.as_secs_f64().max(1e-9);
    let mut line = format!("progress: {}", HumanBytes(bytes));
    if let Some(total) = bytes_total.filter(|&total| total > 0) {
        let left = Duration::from_secs_f64(total.saturating_sub(bytes) as f64 / rate.max(1.0));
        line +=
            &format!(" of {} ({} %), {} left", HumanBytes(total), bytes * 100 / total, HumanDuration(left));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate in words")]
    let rate = rate as u64;
    line + &format!(", {}/s", HumanBytes(rate))
}
