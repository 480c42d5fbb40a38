//! Rounds in which the contestants take turns.

use crate::floors::Floors;
use crate::process::{self, Cost, cost_of};

/// How often, and on how much.
#[derive(Debug)]
pub(crate) struct Scale {
    pub(crate) rounds: usize,
    pub(crate) size: Size,
    /// Where generated files are kept.
    pub(crate) folder: std::path::PathBuf,
    /// Part of the names of those that run beside the reference; all if it is empty.
    pub(crate) only: String,
    /// What figures must reach.
    pub(crate) floors: Floors,
}

/// The size a figure is stated for, or a tenth of it for a quick look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Full,
    Small,
}

impl Size {
    /// Returns that many, or a tenth.
    pub(crate) fn of(self, count: u64) -> u64 {
        if self == Size::Full { count } else { count / 10 }
    }
}

/// Something to be timed, by its name.
pub(crate) struct Contestant<'a> {
    name: &'a str,
    /// How much of the amount it does; the slow ones do less, and are compared by their rate.
    part: f64,
    /// The least it may do, against the reference.
    floor: Option<f64>,
    work: Box<dyn FnMut() -> Cost + 'a>,
}

/// Makes a contestant.
pub(crate) fn contestant<'a>(name: &'a str, mut work: impl FnMut() + 'a) -> Contestant<'a> {
    Contestant { name, part: 1.0, floor: None, work: Box::new(move || cost_of(&mut work)) }
}

/// Makes a contestant that runs in a process of its own, so that its memory can be told.
pub(crate) fn apart<'a>(name: &'a str, role: String, scale: &'a Scale) -> Contestant<'a> {
    Contestant { name, part: 1.0, floor: None, work: Box::new(move || process::run(&role, scale)) }
}

impl Contestant<'_> {
    /// Says that only a part of the amount is done.
    pub(crate) fn part(self, part: f64) -> Self {
        Self { part, ..self }
    }

    /// Says how many times what the reference does it must do at the least.
    pub(crate) fn at_least(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }
}

/// Times all in turn and prints medians against the first, and against `amount` a second.
pub(crate) fn rounds(
    title: &str,
    scale: &Scale,
    (amount, unit): (f64, &str),
    mut contestants: Vec<Contestant<'_>>,
) {
    let mut place = 0..;
    contestants.retain(|contestant| place.next() == Some(0) || contestant.name.contains(&scale.only));
    let mut costs: Vec<Vec<Cost>> = contestants.iter().map(|_| Vec::new()).collect();
    for _ in 0..scale.rounds {
        for (contestant, costs) in contestants.iter_mut().zip(&mut costs) {
            costs.push((contestant.work)());
        }
    }
    assert_agreed(&costs);
    println!("{title}");
    let rate = |part: f64, cost: &Cost| part * amount / cost.elapsed.as_secs_f64();
    let reference = rate(contestants[0].part, &median(&mut costs[0]));
    for (contestant, costs) in contestants.iter().zip(&mut costs) {
        let cost = median(costs);
        let rate = rate(contestant.part, &cost);
        print!(
            "  {:<44} {:>9.1} ms  {:>8.1} {unit}/s  {:>6.3} x ref  {:>6.2} CPU s",
            contestant.name,
            cost.elapsed.as_secs_f64() * 1e3,
            rate,
            rate / reference,
            cost.cpu.as_secs_f64(),
        );
        if let Some(floor) = contestant.floor {
            scale.floors.at_least(&format!("{title}, {}", contestant.name), rate / reference, floor);
        }
        match cost.told {
            Some(told) => println!("  {:>7.1} MiB", told.peak_kib as f64 / 1024.0),
            None => println!(),
        }
    }
}

/// Asserts that all processes gave one answer; whoever runs in this one asserts its own.
fn assert_agreed(costs: &[Vec<Cost>]) {
    let mut answers = costs.iter().flatten().filter_map(|cost| Some(cost.told?.answer));
    let first = answers.next();
    assert!(answers.all(|answer| Some(answer) == first), "the answers differ: {costs:?}");
}

fn median(costs: &mut [Cost]) -> Cost {
    costs.sort_unstable_by_key(|cost| cost.elapsed);
    costs[costs.len() / 2]
}
