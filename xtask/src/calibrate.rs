//! Thresholds by measurement: every candidate is built and timed, in turns with the others on the same work.
//!
//! A threshold is a constant of `tuning.rs`, so that each candidate is a program of its own. What is compared is the
//! time of benchmarks, which assert their answers, as the geometric mean of ratios to what the constant is now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// A constant, what it may be, and the benchmarks that tell which is best.
struct Knob {
    name: &'static str,
    candidates: &'static [&'static str],
    benches: &'static str,
}

const KNOBS: [Knob; 9] = [
    Knob { name: "HART_BITS_MAX", candidates: &["34", "36", "38", "40", "42"], benches: "factor/word/short" },
    Knob {
        name: "TRIAL_DOUBLE_END",
        candidates: &["1 << 10", "1 << 11", "1 << 12"],
        benches: "factor/natural/random",
    },
    Knob { name: "CURVES_OF_SIEVE", candidates: &["4", "6", "8", "12"], benches: "factor/natural/semiprime" },
    Knob { name: "ROWS_BY_TWO_MIN", candidates: &["16", "24", "32"], benches: "primality/natural" },
    Knob { name: "PIECE_BYTES", candidates: &["1 << 14", "1 << 15", "1 << 16"], benches: "sieve/count" },
    Knob {
        name: "SEGMENT_BYTES_MAX",
        candidates: &["1 << 17", "1 << 18", "1 << 19"],
        benches: "sieve/count",
    },
    Knob { name: "PIECE_PRIME_END", candidates: &["1 << 13", "1 << 14", "1 << 15"], benches: "sieve/count" },
    Knob {
        name: "TURNING_PRIME_END",
        candidates: &["1 << 16", "1 << 18", "1 << 19", "1 << 20"],
        benches: "sieve/count",
    },
    Knob { name: "KEPT_PRIME_MAX", candidates: &["1 << 18", "1 << 19", "1 << 20"], benches: "sieve/take" },
];

/// Measures one constant, or all; with `set` writes down a candidate that is clearly better. Returns whether that
/// could be done.
pub(crate) fn run(root: &Path, name: Option<&str>, set: bool) -> bool {
    let chosen: Vec<&Knob> = KNOBS.iter().filter(|knob| name.is_none_or(|name| knob.name == name)).collect();
    if chosen.is_empty() {
        let names = KNOBS.map(|knob| knob.name).join(", ");
        eprintln!("calibrate: there is no such constant; these are measured: {names}");
        return false;
    }
    chosen.into_iter().all(|knob| match measure(root, knob, set) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("calibrate: {}: {error}", knob.name);
            false
        }
    })
}

fn measure(root: &Path, knob: &Knob, set: bool) -> io::Result<()> {
    let tuning = root.join("crates/primes/src/tuning.rs");
    let text = fs::read_to_string(&tuning)?;
    let now = value(&text, knob.name).ok_or_else(|| io::Error::other("it is not in `tuning.rs`"))?.to_owned();
    let mut candidates = vec![now.clone()];
    candidates.extend(knob.candidates.iter().filter(|&&other| other != now).map(|&other| other.to_owned()));
    let built = candidates.iter().map(|candidate| {
        fs::write(&tuning, with_value(&text, knob.name, candidate))?;
        build(root, &format!("{}-{}", knob.name, candidate.replace(' ', "")))
    });
    let built: io::Result<Vec<_>> = built.collect();
    fs::write(&tuning, &text)?;
    let built = built?;

    let mut times: Vec<BTreeMap<String, Vec<f64>>> = vec![BTreeMap::new(); built.len()];
    for _ in 0..ROUNDS {
        for (program, times) in built.iter().zip(&mut times) {
            let Some(program) = program else { continue };
            for (bench, nanoseconds) in timed(program, knob.benches)? {
                times.entry(bench).or_default().push(nanoseconds);
            }
        }
    }
    let medians: Vec<Vec<f64>> =
        times.into_iter().map(|benches| benches.into_values().map(median).collect()).collect();
    let mut best = (1.0, &now);
    for (candidate, medians_of_it) in candidates.iter().zip(&medians) {
        if medians_of_it.is_empty() {
            println!("{} = {candidate}: does not build", knob.name);
            continue;
        }
        let ratio = mean_ratio(medians_of_it, &medians[0]);
        println!("{} = {candidate}: {ratio:.3} of the time at {now}", knob.name);
        if ratio < best.0 {
            best = (ratio, candidate);
        }
    }
    if set && best.0 < CLEARLY {
        fs::write(&tuning, with_value(&text, knob.name, best.1))?;
        println!("{} is {} now", knob.name, best.1);
    }
    Ok(())
}

/// Builds the benchmarks and puts them aside; `None` if they do not build.
fn build(root: &Path, name: &str) -> io::Result<Option<PathBuf>> {
    let bench = ["bench", "--locked", "--package", "primestream-primes", "--bench", "kernels", "--no-run"];
    let output = Command::new(env!("CARGO")).args(bench).current_dir(root).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let Some(path) = executable(&said).filter(|_| output.status.success()) else { return Ok(None) };
    let aside = root.join("target/calibrate").join(name);
    fs::create_dir_all(root.join("target/calibrate"))?;
    fs::copy(root.join(path), &aside)?;
    Ok(Some(aside))
}

/// The path that Cargo says it built a benchmark at.
fn executable(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.trim_start().starts_with("Executable"))?;
    line.split_once('(')?.1.strip_suffix(')')
}

/// Runs benchmarks and returns what each takes a unit, in nanoseconds.
fn timed(program: &Path, benches: &str) -> io::Result<Vec<(String, f64)>> {
    let output = Command::new(program).args([benches, "--bench"]).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "a benchmark failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(figure).collect())
}

/// The name and the nanoseconds of a line such as `sieve/count/x  1.2s  3.4 ns per number`.
fn figure(line: &str) -> Option<(String, f64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let place = words.iter().position(|&word| word == "ns")?;
    Some((words.first()?.to_string(), words.get(place.checked_sub(1)?)?.parse().ok()?))
}

/// The value of a constant in some Rust text.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, end) = span(text, name)?;
    Some(&text[start..end])
}

fn with_value(text: &str, name: &str, value: &str) -> String {
    match span(text, name) {
        Some((start, end)) => format!("{}{value}{}", &text[..start], &text[end..]),
        None => text.to_owned(),
    }
}

/// Where the value of a constant stands.
fn span(text: &str, name: &str) -> Option<(usize, usize)> {
    let declared = text.find(&format!("const {name}:"))?;
    let start = declared + text[declared..].find("= ")? + 2;
    Some((start, start + text[start..].find(';')?))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn mean_ratio(times: &[f64], reference: &[f64]) -> f64 {
    let logarithms = times.iter().zip(reference).map(|(time, reference)| (time / reference).ln());
    (logarithms.sum::<f64>() / times.len() as f64).exp()
}

/// Rounds in which all candidates take their turn.
const ROUNDS: usize = 5;
/// A candidate that takes less than this part of the time is better, whatever the noise.
const CLEARLY: f64 = 0.97;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_is_there_and_its_value_is_replaced_alone() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/primes/src/tuning.rs");
        let text = fs::read_to_string(path).unwrap();
        for knob in &KNOBS {
            let now = value(&text, knob.name).unwrap_or_else(|| panic!("{} is in `tuning.rs`", knob.name));
            assert!(knob.candidates.contains(&now), "{} = {now} is a candidate", knob.name);
            let changed = with_value(&text, knob.name, "12345");
            assert_eq!(value(&changed, knob.name), Some("12345"));
            assert_eq!(with_value(&changed, knob.name, now), text);
        }
    }

    #[test]
    fn lines_of_benchmarks_and_of_cargo_are_read() {
        let line = "sieve/count/below_10^9                       123.45ms        0.123 ns per number";
        assert_eq!(figure(line), Some(("sieve/count/below_10^9".to_owned(), 0.123)));
        assert_eq!((figure(""), figure("ns")), (None, None));
        let said =
            "   Compiling a v0.1.0\n  Executable benches/kernels.rs (target/release/deps/kernels-0a1b)\n";
        assert_eq!(executable(said), Some("target/release/deps/kernels-0a1b"));
        assert_eq!((median(vec![3.0, 1.0, 2.0]), mean_ratio(&[2.0, 8.0], &[4.0, 4.0])), (2.0, 1.0));
    }
}
