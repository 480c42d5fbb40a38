//! Rounds in which the contestants take turns.

use std::time::{Duration, Instant};

/// Something to be timed, by its name.
pub(crate) struct Contestant<'a> {
    pub(crate) name: &'a str,
    pub(crate) work: Box<dyn FnMut() + 'a>,
}

/// Makes a contestant.
pub(crate) fn contestant<'a>(name: &'a str, work: impl FnMut() + 'a) -> Contestant<'a> {
    Contestant { name, work: Box::new(work) }
}

/// Times all in turn, five rounds, and prints medians against the first, and against `amount` a second.
pub(crate) fn rounds(title: &str, (amount, unit): (f64, &str), mut contestants: Vec<Contestant<'_>>) {
    let mut times: Vec<Vec<Duration>> = contestants.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let started = Instant::now();
            (contestant.work)();
            times.push(started.elapsed());
        }
    }
    println!("{title}");
    let reference = median(&mut times[0]);
    for (contestant, times) in contestants.iter().zip(&mut times) {
        let time = median(times);
        let rate = amount / time.as_secs_f64();
        println!(
            "  {:<40} {:>9.1} ms  {:>8.1} {unit}/s  {:>5.2} x ref",
            contestant.name,
            time.as_secs_f64() * 1e3,
            rate,
            reference.as_secs_f64() / time.as_secs_f64()
        );
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

const ROUNDS: usize = 5;
