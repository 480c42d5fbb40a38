//! One long run: what was chosen for it, the programs it starts, and what it leaves behind where they fail.

use std::cell::Cell;
use std::fmt;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{Choice, Values};

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ran(Counts),
    /// The machine lacks what it takes.
    Skipped(String),
}

/// How many cases there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Counts one case.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// A run of one lane.
pub(crate) struct Run<'a> {
    root: &'a Path,
    name: &'static str,
    values: Values,
    /// When it has to come to its end, if that was said.
    ends: Option<Instant>,
    /// Programs that failed so far.
    failures: Cell<u32>,
}

/// How a program ended, and what it printed.
pub(crate) struct Ended {
    pub(crate) is_good: bool,
    pub(crate) output: String,
}

/// Test files of one package.
pub(crate) struct Tests<'a> {
    pub(crate) package: &'a str,
    pub(crate) files: &'a [&'a str],
    /// Behind `--`.
    pub(crate) options: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, u64)],
}

impl<'a> Run<'a> {
    pub(super) fn new(root: &'a Path, name: &'static str, values: Values) -> Self {
        let mut run = Self { root, name, values, ends: None, failures: Cell::new(0) };
        run.ends = run.number(Choice::Minutes).map(|minutes| now() + Duration::from_secs(60 * minutes));
        run
    }

    /// Does the work; says with what it begins and how it ended. Returns whether nothing failed.
    pub(super) fn finish(self, work: fn(&Self) -> Outcome) -> bool {
        let said: String =
            self.values.iter().map(|(choice, value)| format!(" {} {value}", choice.option())).collect();
        println!("long {}{said}", self.name);
        drop(fs::remove_dir_all(self.failure_folder()));
        match work(&self) {
            Outcome::Skipped(reason) => {
                println!("{}: skipped: {reason}", self.name);
                true
            }
            Outcome::Ran(counts) => {
                println!("{}: {counts}", self.name);
                if counts.passed == 0 {
                    println!("{}: nothing passed, so nothing was shown", self.name);
                }
                if self.failures.get() > 0 {
                    println!("{}: what failed is kept in {}", self.name, self.failure_folder().display());
                }
                counts.failed == 0 && counts.passed > 0
            }
        }
    }

    /// Returns the folder of the repository.
    pub(crate) fn root(&self) -> &Path {
        self.root
    }

    /// Returns a folder for what the lane builds and writes.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder_in(self.root)
    }

    /// As [`folder`](Self::folder), where the folder of the repository has another name.
    pub(crate) fn folder_in(&self, root: &Path) -> PathBuf {
        root.join("target/long").join(self.name.replace(' ', "-"))
    }

    /// Returns a folder in which lanes build copies of the sources, beside the one that everybody uses.
    pub(crate) fn built_aside(&self, kind: &str) -> PathBuf {
        self.root.join(format!("target/long/built{kind}"))
    }

    /// Returns what was chosen, as it was written.
    pub(crate) fn text(&self, choice: Choice) -> Option<&str> {
        self.values.iter().find(|(own, _)| *own == choice).map(|(_, value)| value.as_str())
    }

    /// Returns the number that was chosen.
    pub(crate) fn number(&self, choice: Choice) -> Option<u64> {
        self.text(choice).and_then(|text| text.parse().ok())
    }

    /// Returns the first seed.
    pub(crate) fn seed(&self) -> u64 {
        self.number(Choice::Seed).unwrap_or(1)
    }

    /// Tries seeds until the time or the count is over, `piece` of them at once at most.
    pub(crate) fn pieces(&self, piece: u64, mut work: impl FnMut(u64, u64) -> Counts) -> Outcome {
        let mut counts = Counts::default();
        let mut seed = self.seed();
        let mut left = if self.ends.is_some() { u64::MAX } else { self.number(Choice::Count).unwrap_or(1) };
        while left > 0 && self.ends.is_none_or(|ends| now() < ends) {
            let count = piece.min(left);
            counts += work(seed, count);
            (seed, left) = (seed.saturating_add(count), left - count);
            println!("{}: seeds up to {seed} without it: {counts}", self.name);
        }
        Outcome::Ran(counts)
    }

    /// Builds and runs tests, optimised; counts the cases they tell of, or themselves.
    pub(crate) fn test(&self, tests: &Tests<'_>) -> Counts {
        self.counted(&mut self.tests(tests))
    }

    /// Begins the command that [`test`](Self::test) runs.
    pub(crate) fn tests(&self, tests: &Tests<'_>) -> Command {
        let mut command = self.cargo(&["test", "--release", "--locked", "--package", tests.package]);
        command.args(tests.files.iter().flat_map(|file| ["--test", file]));
        command.args(["--", "--nocapture"]).args(tests.options);
        command.envs(tests.environment.iter().map(|(name, value)| (name, value.to_string())));
        command
    }

    /// Runs tests by a command of the lane's own, and counts as [`test`](Self::test) does.
    pub(crate) fn counted(&self, command: &mut Command) -> Counts {
        let ended = self.ended(command);
        counted(&ended.output, ended.is_good)
    }

    /// Brings a folder to what git knows of the sources and what is new there; files that are the same stay untouched,
    /// so that what was built of them is not built again.
    pub(crate) fn copy_sources(&self, folder: &Path) -> io::Result<()> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git").args(list).current_dir(self.root).output()?;
        for path in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|path| !path.is_empty()) {
            let (from, to) = (self.root.join(path), folder.join(path));
            if !from.exists() {
                drop(fs::remove_file(to)); // deleted, and not yet committed
                continue;
            }
            let bytes = fs::read(&from)?;
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                fs::create_dir_all(to.parent().unwrap_or(folder))?;
                fs::write(to, bytes)?;
            }
        }
        Ok(())
    }

    /// Begins a command of cargo.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(self.root);
        command
    }

    /// Returns the program that is tried: the one that was named, such as one that was released, or else one that is built
    /// now. `None` if it cannot be built, which is kept.
    pub(crate) fn program(&self) -> Option<PathBuf> {
        let build = ["build", "--release", "--locked", "--package", "primestream-cli"];
        let built = || {
            self.ended(&mut self.cargo(&build)).is_good.then(|| self.root.join("target/release/primestream"))
        };
        named_program().or_else(built)
    }

    /// Returns whether a program is there and answers.
    pub(crate) fn has(&self, program: &str, arguments: &[&str]) -> bool {
        let output = Command::new(program).args(arguments).current_dir(self.root).output();
        output.is_ok_and(|output| output.status.success())
    }

    /// Installs a subcommand of cargo unless it is there; returns why there is none.
    pub(crate) fn install(&self, subcommand: &str) -> Result<(), String> {
        if self.has(env!("CARGO"), &[subcommand, "--version"]) {
            return Ok(());
        }
        let package = format!("cargo-{subcommand}");
        let status = self.cargo(&["install", &package, "--locked"]).status();
        let is_good = status.is_ok_and(|status| status.success());
        if is_good { Ok(()) } else { Err(format!("`{package}` cannot be installed")) }
    }

    /// Runs a program to its end and prints what it says; keeps both if it fails.
    pub(crate) fn ended(&self, command: &mut Command) -> Ended {
        let ended = self.heard(command).unwrap_or_else(|error| Ended {
            is_good: false,
            output: format!("{} cannot be run: {error}\n", command.get_program().display()),
        });
        if !ended.is_good {
            self.keep(&[("command", &format!("{command:?}\n")), ("output", &ended.output)]);
        }
        ended
    }

    fn heard(&self, command: &mut Command) -> io::Result<Ended> {
        let (reader, writer) = io::pipe()?;
        let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
        // What the command holds of the pipe would keep it open.
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut output = String::new();
        for line in BufReader::new(reader).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            output.push_str(&line);
            output.push('\n');
        }
        io::stdout().flush()?;
        Ok(Ended { is_good: child.wait()?.success(), output })
    }

    /// Keeps files that tell of a failure, and how to see it again.
    pub(crate) fn keep(&self, files: &[(&str, &str)]) {
        let number = self.failures.get() + 1;
        self.failures.set(number);
        let folder = self.failure_folder();
        let said: String =
            self.values.iter().map(|(choice, value)| format!(" {} {value}", choice.option())).collect();
        let again = format!("cargo xtask long {}{said}\n", self.name);
        let kept = fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("again"), again))
            .and_then(|()| fs::write(folder.join("seed"), format!("{}\n", self.seed())))
            .and_then(|()| {
                let mut files = files.iter();
                files.try_for_each(|(name, text)| fs::write(folder.join(format!("{number}.{name}")), text))
            });
        if let Err(error) = kept {
            eprintln!("{}: a failure cannot be kept in {}: {error}", self.name, folder.display());
        }
    }

    fn failure_folder(&self) -> PathBuf {
        let name = format!("{}-{}", self.name.replace(' ', "-"), self.seed());
        self.root.join("target/failures").join(name)
    }
}

#[expect(clippy::disallowed_methods, reason = "it comes from outside, as the seed does")]
fn named_program() -> Option<PathBuf> {
    std::env::var("PRIMESTREAM_PROGRAM").ok().map(PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "a run of hours ends when its time is over")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Returns what tests say they counted, or else how many of them there were; a failure without a number counts as one.
fn counted(output: &str, is_good: bool) -> Counts {
    let (mut cases, mut tests) = (Counts::default(), Counts::default());
    for line in output.lines() {
        let Some((counts, is_last)) = counts_of(line) else { continue };
        if line.contains("test result: ") {
            tests += counts;
        } else if is_last {
            cases += counts;
        }
    }
    let mut counts = if cases == Counts::default() { tests } else { cases };
    counts.failed = counts.failed.max(tests.failed).max(u64::from(!is_good));
    counts
}

/// Reads `N passed, N failed` or `N passed; N failed` out of a line, and tells whether nothing stands behind it.
fn counts_of(line: &str) -> Option<(Counts, bool)> {
    let (before, rest) = line.split_once(" passed; ").or_else(|| line.split_once(" passed, "))?;
    let (failed, behind) = rest.split_once(" failed")?;
    let passed = before.rsplit(' ').next()?;
    Some((Counts { passed: passed.parse().ok()?, failed: failed.parse().ok()? }, behind.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn cases_are_counted_where_tests_tell_of_them_and_tests_elsewhere() {
        let tests =
            "test result: ok. 3 passed; 0 failed; 1 ignored\ntest result: FAILED. 1 passed; 2 failed; 0\n";
        assert_eq!(counted(tests, false), counts(4, 2));
        let cases = format!("damage, seeds from 1: 100 passed, 0 failed\n{tests}");
        assert_eq!(counted(&cases, false), counts(100, 2));
        assert_eq!(counted("error: it cannot be built", false), counts(0, 1));
    }

    fn run(root: &Path) -> Run<'_> {
        Run::new(root, "a lane", vec![(Choice::Seed, "7".to_owned()), (Choice::Count, "5".to_owned())])
    }

    #[test]
    fn seeds_are_tried_in_pieces_until_the_count_is_over() {
        let mut tried = Vec::new();
        let outcome = run(Path::new(".")).pieces(2, |seed, count| {
            tried.push((seed, count));
            counts(count, 0)
        });
        assert_eq!((outcome, tried), (Outcome::Ran(counts(5, 0)), vec![(7, 2), (9, 2), (11, 1)]));
    }

    #[test]
    fn a_program_that_fails_is_kept_with_its_words_and_how_to_begin_again() {
        let root = std::env::temp_dir().join(format!("a-long-run-{}", std::process::id()));
        let work: fn(&Run<'_>) -> Outcome = |run| {
            let good = run.ended(Command::new(env!("CARGO")).arg("--version"));
            let bad = run.ended(Command::new(env!("CARGO")).arg("no-such-command"));
            let none = run.ended(&mut Command::new("/no such program"));
            let mut counts = Counts::one(good.is_good);
            counts += Counts::one(bad.is_good);
            counts += Counts::one(none.is_good);
            Outcome::Ran(counts)
        };
        assert!(!run(&root).finish(work));
        let kept = root.join("target/failures/a-lane-7");
        let text = |name| fs::read_to_string(kept.join(name)).unwrap();
        assert_eq!(text("again"), "cargo xtask long a lane --seed 7 --count 5\n");
        assert!(
            text("1.command").contains("no-such-command") && text("1.output").contains("no-such-command")
        );
        assert!(text("2.output").contains("cannot be run"), "{}", text("2.output"));
        // A run in which nothing fails leaves nothing.
        assert!(run(&root).finish(|_| Outcome::Ran(Counts::one(true))));
        assert!(!kept.exists());
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn nothing_passed_is_a_failure_and_what_is_skipped_is_none() {
        assert!(!run(Path::new("/no such folder")).finish(|_| Outcome::Ran(Counts::default())));
        assert!(run(Path::new("/no such folder")).finish(|_| Outcome::Skipped("no such tool".to_owned())));
    }
}
