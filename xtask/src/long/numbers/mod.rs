//! Numbers: the program factors what seeds draw and craft, and what it says is held against the system's `factor`, a
//! product and a test of primality that are not its own, and a clock.

mod case;
mod natural;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::draw::Draw;
use super::run::{Counts, Outcome, Run, now};
use super::{Choice, Lane};
use case::{Case, Demand};
use natural::Natural;

pub(super) const LANES: [Lane; 1] = [Lane {
    name: "numbers",
    about: "Factors numbers drawn and crafted, and demands prime parts whose product they are, what the system's `factor` says, and an end in time.",
    options: &[(Choice::Seed, Some("1")), (Choice::Count, Some("1000")), (Choice::Minutes, None)],
    work: numbers,
}];

/// The program and what it is compared with.
struct Trial {
    program: PathBuf,
    folder: PathBuf,
    has_peer: bool,
}

/// What was seen in all.
#[derive(Default)]
struct Seen {
    parts: u64,
    compared: u64,
    /// Numbers that were left in part, and the longest time beyond what they were allowed.
    bounded: u64,
    over: Duration,
}

fn numbers(run: &Run<'_>) -> Outcome {
    let Some(program) = run.program() else { return Outcome::Ran(Counts::one(false)) };
    let trial = Trial { program, folder: run.folder(), has_peer: run.has("factor", &["6"]) };
    if !trial.has_peer {
        println!("numbers: nothing is compared: there is no `factor` on this machine");
    }
    if let Err(error) = fs::create_dir_all(&trial.folder) {
        eprintln!("{}: {error}", trial.folder.display());
        return Outcome::Ran(Counts::one(false));
    }
    let mut seen = Seen::default();
    let outcome = run.pieces(1, |seed, _| {
        let case = Case::draw(&mut Draw::new(seed));
        let faults = trial.faults(&case, seed, &mut seen);
        let count = case.numbers.len() as u64;
        println!("seed {seed}: {count} {}, {} faults", case.name, faults.len());
        if !faults.is_empty() {
            let listed: String = case.numbers.iter().map(|number| format!("{number}\n")).collect();
            run.keep(&[("why", &faults.concat()), ("numbers", &listed)]);
        }
        // A run that fails as a whole is one failure for each of its numbers.
        let failed = (faults.len() as u64).min(count);
        Counts { passed: count - failed, failed }
    });
    println!(
        "{} parts prime, {} numbers as the system's `factor` has them, {} ended in time, at most {} ms beyond their effort",
        seen.parts,
        seen.compared,
        seen.bounded,
        seen.over.as_millis()
    );
    outcome
}

impl Trial {
    /// Returns what is wrong with the answers to a case, a line for each number.
    fn faults(&self, case: &Case, seed: u64, seen: &mut Seen) -> Vec<String> {
        match self.judged(case, seed, seen) {
            Ok(faults) => faults,
            Err(error) => vec![format!("{error}\n"); case.numbers.len()],
        }
    }

    fn judged(&self, case: &Case, seed: u64, seen: &mut Seen) -> io::Result<Vec<String>> {
        let input = self.folder.join("numbers");
        fs::write(&input, case.numbers.iter().map(|number| format!("{number}\n")).collect::<String>())?;
        let mut command = Command::new(&self.program);
        command.arg("factor").arg("--input").arg(&input);
        let effort = match case.demand {
            Demand::All { .. } => "deep".to_owned(),
            Demand::InTime { limit: None } => "quick".to_owned(),
            Demand::InTime { limit: Some(limit) } => format!("{}ms", limit.as_millis()),
        };
        let began = now();
        let ours = command.args(["--effort", &effort]).output()?;
        let took = now() - began;
        let said = String::from_utf8_lossy(&ours.stdout);
        let lines: Vec<&str> = said.lines().collect();
        if lines.len() != case.numbers.len() {
            let complaint = String::from_utf8_lossy(&ours.stderr).into_owned();
            return Err(io::Error::other(format!("{} lines, {}: {complaint}", lines.len(), ours.status)));
        }
        let may_be_left = matches!(case.demand, Demand::InTime { .. });
        let bases = bases(seed);
        let mut faults = Vec::new();
        for (number, line) in case.numbers.iter().zip(&lines) {
            match fault(number, line, may_be_left, &bases) {
                Ok(parts) => seen.parts += parts,
                Err(why) => faults.push(format!("{why}: {line}\n")),
            }
        }
        match case.demand {
            Demand::All { is_short } if is_short && self.has_peer => {
                let theirs = Command::new("factor").stdin(fs::File::open(&input)?).output()?;
                seen.compared += lines.len() as u64;
                if theirs.stdout != ours.stdout {
                    let theirs = String::from_utf8_lossy(&theirs.stdout).into_owned();
                    let other = theirs.lines().zip(&lines).filter(|(theirs, ours)| theirs != *ours);
                    faults.extend(other.map(|(theirs, ours)| format!("{ours}, and the system: {theirs}\n")));
                    faults.push("the answers differ from the system's\n".to_owned());
                }
            }
            Demand::All { .. } => {}
            Demand::InTime { limit } => {
                let limit = limit.unwrap_or_default();
                let digits: usize = case.numbers.iter().map(|number| number.to_string().len()).sum();
                let allowed = limit
                    + limit / 10
                    + START
                    + READING_OF_A_DIGIT * u32::try_from(digits).unwrap_or(u32::MAX);
                seen.bounded += 1;
                seen.over = seen.over.max(took.saturating_sub(limit));
                if took > allowed {
                    faults.push(format!("took {took:?} of {allowed:?} at effort {effort}\n"));
                }
            }
        }
        Ok(faults)
    }
}

/// Returns how many prime parts a line has, or what is wrong with it. What is left stands last, in brackets.
fn fault(number: &Natural, line: &str, may_be_left: bool, bases: &[u32]) -> Result<u64, String> {
    let (first, parts) = line.split_once(':').ok_or("no colon")?;
    if Natural::parse(first).as_ref() != Some(number) {
        return Err(format!("not the answer to {number}"));
    }
    let mut product = Natural::one();
    let (mut primes, mut before) = (0, None);
    for part in parts.split_ascii_whitespace() {
        let left = part.strip_prefix('[').and_then(|part| part.strip_suffix(']'));
        if left.is_some() && !may_be_left {
            return Err("something is left".to_owned());
        }
        let part = Natural::parse(left.unwrap_or(part)).ok_or("a part is no number")?;
        if left.is_none() {
            if !part.is_prime(bases) {
                return Err(format!("{part} is not prime"));
            }
            if before.as_ref().is_some_and(|before: &Natural| before.is_above(&part)) {
                return Err("the parts are in no order".to_owned());
            }
            primes += 1;
        }
        product = product.times(&part);
        before = Some(part);
    }
    if product == *number { Ok(primes) } else { Err("the product is another number".to_owned()) }
}

/// Bases that nobody could have crafted a composite for.
fn bases(seed: u64) -> [u32; 4] {
    let mut draw = Draw::new(!seed);
    [(); 4].map(|()| u32::try_from(43 + draw.below(1 << 30)).expect("below 2^31"))
}

/// To start a process on a machine that has other work.
const START: Duration = Duration::from_secs(1);

/// Reading a number and writing what is left of it are not part of an effort; both grow a little faster than its length.
const READING_OF_A_DIGIT: Duration = Duration::from_micros(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_wrong_answer_is_seen() {
        let fault = |number: u128, line: &str, may_be_left| {
            fault(&Natural::from(number), line, may_be_left, &bases(1)).unwrap_or_else(|why| panic!("{why}"))
        };
        assert_eq!(fault(60, "60: 2 2 3 5", false), 4);
        assert_eq!(fault(1, "1:", false), 0);
        assert_eq!(fault(60, "60: 2 2 [15]", true), 2);
        let why = |line: &str| super::fault(&Natural::from(60), line, false, &bases(1)).unwrap_err();
        for (line, said) in [
            ("60", "no colon"),
            ("61: 2 2 3 5", "not the answer to 60"),
            ("60: 4 3 5", "4 is not prime"),
            ("60: 2 3 2 5", "the parts are in no order"),
            ("60: 2 2 3 x", "a part is no number"),
            ("60: 2 3 5", "the product is another number"),
            ("60: 2 2 [15]", "something is left"),
        ] {
            assert_eq!(why(line), said, "{line}");
        }
    }
}
