//! Runs that take longer than one waits for before a change is taken: one table of them, one way to start them.
//!
//! A [`Lane`] is a line of the table: what it is called, which options it takes with what they are unless told
//! otherwise, and what it does. Every run prints its seed and its counts, ends with `NAME: N passed, N failed` or
//! `NAME: skipped: REASON`, and leaves what failed in `target/failures/NAME-SEED`.

mod crash;
mod draw;
mod faults;
mod foreign;
mod memory;
mod numbers;
mod run;
mod speed;
mod suite;
mod threads;

use std::path::Path;

use run::{Outcome, Run};

/// One kind of long run.
pub(crate) struct Lane {
    /// One word or two.
    name: &'static str,
    about: &'static str,
    /// The options it takes, and what they are unless told otherwise.
    options: &'static [(Choice, Option<&'static str>)],
    work: fn(&Run<'_>) -> Outcome,
}

/// What may be chosen for a run, if its lane takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// How long it goes on; lanes of seeds try seed after seed until then.
    Minutes,
    /// The first seed.
    Seed,
    /// How many are tried.
    Count,
    Gigabytes,
    Megabytes,
    /// The one case that is tried.
    Only,
    /// Which part of all cases is tried, as in `1/8`.
    Shard,
}

impl Choice {
    const ALL: [Self; 7] =
        [Self::Minutes, Self::Seed, Self::Count, Self::Gigabytes, Self::Megabytes, Self::Only, Self::Shard];

    fn option(self) -> &'static str {
        match self {
            Self::Minutes => "--minutes",
            Self::Seed => "--seed",
            Self::Count => "--count",
            Self::Gigabytes => "--gigabytes",
            Self::Megabytes => "--megabytes",
            Self::Only => "--only",
            Self::Shard => "--shard",
        }
    }

    /// Returns what is wrong with a value.
    fn fault(self, value: &str) -> Option<&'static str> {
        match self {
            Self::Only => None,
            Self::Shard => {
                let parts = value.split_once('/').map(|(k, n)| (k.parse::<u32>(), n.parse::<u32>()));
                let is_good = matches!(parts, Some((Ok(k), Ok(n))) if k < n);
                (!is_good).then_some("is a part of all, counted from 0, as in `0/8`")
            }
            _ => value.parse::<u64>().is_err().then_some("is a whole number"),
        }
    }
}

/// All lanes, by what they try.
fn lanes() -> impl Iterator<Item = &'static Lane> {
    [
        &foreign::LANES[..],
        &numbers::LANES,
        &crash::LANES,
        &memory::LANES,
        &threads::LANES,
        &speed::LANES,
        &suite::LANES,
        &faults::LANES,
    ]
    .into_iter()
    .flatten()
}

/// Returns whether words begin with the name of a lane, options behind it.
pub(crate) fn is_lane(words: &str) -> bool {
    let name = words.split(" --").next().unwrap_or(words);
    lanes().any(|lane| lane.name == name)
}

/// Runs the lane that the words name, or lists all if there are none. `None` if the words cannot be meant, which is said.
pub(crate) fn run(root: &Path, words: &[&str]) -> Option<bool> {
    if words.is_empty() {
        list();
        return Some(true);
    }
    match chosen(words) {
        Ok((lane, values)) => Some(Run::new(root, lane.name, values).finish(lane.work)),
        Err(what) => {
            eprintln!("long: {what}");
            None
        }
    }
}

fn list() {
    for lane in lanes() {
        let option = |&(choice, otherwise): &(Choice, Option<&str>)| match otherwise {
            Some(value) => format!(" [{} {value}]", choice.option()),
            None => format!(" [{}]", choice.option()),
        };
        let options: String = lane.options.iter().map(option).collect();
        println!("cargo xtask long {}{options}\n    {}", lane.name, lane.about);
    }
}

/// What was chosen, or is so unless told otherwise.
type Values = Vec<(Choice, String)>;

/// Finds the lane and its values in the words behind `long`.
fn chosen(words: &[&str]) -> Result<(&'static Lane, Values), String> {
    let names = words.iter().take_while(|word| !word.starts_with("--")).count();
    let (name, options) = words.split_at(names);
    let name = name.join(" ");
    let lane = lanes()
        .find(|lane| lane.name == name)
        .ok_or_else(|| format!("there is no `{name}`; `cargo xtask long` lists what there is"))?;
    let mut values: Values = Vec::new();
    let (pairs, rest) = options.as_chunks::<2>();
    if let [alone] = rest {
        return Err(format!("`{alone}` needs a value"));
    }
    for [option, value] in pairs {
        let is_taken = |choice: &Choice| lane.options.iter().any(|(taken, _)| taken == choice);
        let choice = Choice::ALL.into_iter().find(|choice| choice.option() == *option).filter(is_taken);
        let choice = choice.ok_or_else(|| format!("`{name}` takes no `{option}`"))?;
        if let Some(fault) = choice.fault(value) {
            return Err(format!("`{option}` {fault}, and not `{value}`"));
        }
        if values.iter().any(|(own, _)| *own == choice) {
            return Err(format!("`{option}` stands twice"));
        }
        values.push((choice, (*value).to_owned()));
    }
    let has = |values: &Values, choice| values.iter().any(|(own, _)| *own == choice);
    if has(&values, Choice::Minutes) && has(&values, Choice::Count) {
        return Err("either `--minutes` or `--count` says when it ends".to_owned());
    }
    let is_timed = has(&values, Choice::Minutes);
    for (choice, otherwise) in lane.options {
        let is_open = !(has(&values, *choice) || is_timed && *choice == Choice::Count);
        if let Some(value) = otherwise.filter(|_| is_open) {
            values.push((*choice, value.to_owned()));
        }
    }
    Ok((lane, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(words: &[&str]) -> String {
        chosen(words).map(|(lane, _)| lane.name).expect_err("cannot be meant")
    }

    #[test]
    fn what_is_not_said_is_what_the_table_says() {
        let (lane, values) = chosen(&["damage", "--seed", "7"]).unwrap();
        assert_eq!(lane.name, "damage");
        assert_eq!(values, [(Choice::Seed, "7".to_owned()), (Choice::Count, "50000000".to_owned())]);
    }

    #[test]
    fn what_a_lane_does_not_take_is_refused_and_not_ignored() {
        assert_eq!(fault(&["no such"]), "there is no `no such`; `cargo xtask long` lists what there is");
        assert_eq!(fault(&["damage", "--gigabytes", "1"]), "`damage` takes no `--gigabytes`");
        assert_eq!(fault(&["damage", "--what", "1"]), "`damage` takes no `--what`");
        assert_eq!(fault(&["damage", "--seed"]), "`--seed` needs a value");
        assert_eq!(fault(&["damage", "--seed", "x"]), "`--seed` is a whole number, and not `x`");
        assert_eq!(fault(&["damage", "--seed", "1", "--seed", "2"]), "`--seed` stands twice");
        assert_eq!(
            fault(&["damage", "--minutes", "1", "--count", "2"]),
            "either `--minutes` or `--count` says when it ends"
        );
        assert!(fault(&["mutants", "--shard", "8/8"]).starts_with("`--shard` is a part of all"));
    }

    #[test]
    fn the_table_holds_good_defaults_and_each_name_once() {
        for lane in lanes() {
            assert_eq!(lanes().filter(|other| other.name == lane.name).count(), 1, "{}", lane.name);
            assert!(lane.about.ends_with('.') || lane.about.ends_with('`'), "{}", lane.name);
            for (choice, otherwise) in lane.options {
                assert_eq!(otherwise.and_then(|value| choice.fault(value)), None, "{}", lane.name);
            }
        }
    }
}
