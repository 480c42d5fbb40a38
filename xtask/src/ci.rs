//! All that must pass before a change is taken.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::tidy;

/// Whether the tests run as the last step, or are left to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tests {
    Run,
    Leave,
}

/// One step, by its name.
struct Step {
    name: &'static str,
    work: Work,
}

/// What a step does.
enum Work {
    Cargo {
        arguments: &'static [&'static str],
        environment: &'static [(&'static str, &'static str)],
    },
    /// Commands of cargo of which the last is a tool that may not be installed.
    Tool(&'static [&'static [&'static str]]),
    Tidy,
}

/// Runs all steps in order; returns whether all passed. Says which one did not.
pub(crate) fn run(root: &Path, tests: Tests) -> bool {
    run_steps(root, &steps(tests))
}

/// Runs the models of the engine alone.
pub(crate) fn run_models(root: &Path) -> bool {
    run_steps(root, &models())
}

fn run_steps(root: &Path, steps: &[Step]) -> bool {
    let outcome = first_failure(steps, |step| timed(root, step));
    match outcome {
        None => println!("ci: all steps passed"),
        Some(name) => eprintln!("ci: `{name}` failed"),
    }
    outcome.is_none()
}

/// Returns the name of the first step that fails; those behind it are not tried.
fn first_failure(steps: &[Step], mut passes: impl FnMut(&Step) -> bool) -> Option<&'static str> {
    steps.iter().find(|step| !passes(step)).map(|step| step.name)
}

#[expect(clippy::disallowed_methods, reason = "a chore says how long it took")]
fn timed(root: &Path, step: &Step) -> bool {
    println!("ci: {} …", step.name);
    let started = Instant::now();
    let passed = match &step.work {
        Work::Tidy => tidy::run(root),
        Work::Tool(commands) => match commands.last().filter(|command| is_installed(command[0])) {
            None => {
                println!("ci: {} skipped: it is not installed", step.name);
                true
            }
            Some(_) => commands.iter().all(|arguments| cargo(root, arguments, &[])),
        },
        Work::Cargo { arguments, environment } => cargo(root, arguments, environment),
    };
    let outcome = if passed { "passed" } else { "failed" };
    println!("ci: {} {outcome} in {:.1} s", step.name, started.elapsed().as_secs_f64());
    passed
}

fn cargo(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> bool {
    succeeds(Command::new("cargo").current_dir(root).args(arguments).envs(environment.iter().copied()))
}

/// Returns whether cargo has a subcommand.
fn is_installed(subcommand: &str) -> bool {
    let output = Command::new("cargo").args([subcommand, "--version"]).output();
    output.is_ok_and(|output| output.status.success())
}

fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("ci: {} cannot be run: {error}", command.get_program().to_string_lossy());
            false
        }
    }
}

/// The arguments of a step that lints the engine with some of its features; its tests are linted with all of them.
macro_rules! lint_engine {
    ($($feature:literal),*) => {
        &["clippy", "--package", "primestream-engine", "--lib", "--locked", $($feature,)* "--", "-D", "warnings"]
    };
}

/// The arguments of a step that runs the models. A folder of their own spares the other builds.
macro_rules! run_models {
    ($folder:literal) => {
        &[
            "test",
            "--package",
            "primestream-engine",
            "--lib",
            "--profile",
            "models",
            "--locked",
            "--target-dir",
            $folder,
            "models::",
        ]
    };
}

fn cargo_step(
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
) -> Step {
    Step { name, work: Work::Cargo { arguments, environment } }
}

/// The models in every order of few preemptions, and in thousands of orders chosen at random.
fn models() -> [Step; 2] {
    [
        cargo_step("models, loom", run_models!("target/models/loom"), &[("RUSTFLAGS", "--cfg loom")]),
        cargo_step(
            "models, shuttle",
            run_models!("target/models/shuttle"),
            &[("RUSTFLAGS", "--cfg shuttle")],
        ),
    ]
}

/// Licences, sources, and crates that are not wanted.
const DENY: [&str; 8] = ["deny", "--offline", "--log-level", "error", "check", "bans", "licenses", "sources"];

fn steps(tests: Tests) -> Vec<Step> {
    let mut steps = vec![
        cargo_step("fmt", &["fmt", "--all", "--check"], &[]),
        cargo_step(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
            &[],
        ),
        // The workspace asks for every feature of the engine at once; others take it without, or with one.
        cargo_step("clippy, engine alone", lint_engine!("--no-default-features"), &[]),
        cargo_step("clippy, async", lint_engine!("--no-default-features", "--features", "async"), &[]),
        cargo_step(
            "clippy, profiling",
            lint_engine!("--no-default-features", "--features", "profiling"),
            &[],
        ),
        cargo_step("clippy, tracing", lint_engine!("--no-default-features", "--features", "tracing"), &[]),
        // Behind the first step that fetches dependencies, which are counted without the network.
        Step { name: "tidy", work: Work::Tidy },
        Step { name: "cargo deny", work: Work::Tool(&[&["fetch", "--locked"], &DENY]) },
        Step { name: "cargo machete", work: Work::Tool(&[&["machete"]]) },
        cargo_step(
            "doc",
            &["doc", "--workspace", "--no-deps", "--locked"],
            &[("RUSTDOCFLAGS", "-D warnings")],
        ),
    ];
    steps.extend(models());
    if tests == Tests::Run {
        steps.push(cargo_step("test", &["test", "--workspace", "--locked"], &[]));
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn the_first_failure_is_named_and_ends_the_run() {
        let mut tried = Vec::new();
        let failure = first_failure(&steps(Tests::Run), |step| {
            tried.push(step.name);
            step.name != "clippy"
        });
        assert_eq!(failure, Some("clippy"));
        assert_eq!(tried, ["fmt", "clippy"]);
        assert_eq!(first_failure(&steps(Tests::Run), |_| true), None);
    }

    #[test]
    fn tests_are_the_last_step_and_may_be_left_out() {
        assert_eq!(steps(Tests::Run).last().map(|step| step.name), Some("test"));
        assert!(steps(Tests::Leave).iter().all(|step| step.name != "test"));
    }

    #[test]
    fn a_tool_that_is_not_installed_is_known_to_be_missing() {
        assert!(is_installed("tree") && !is_installed("no-such-command"));
    }

    #[test]
    fn a_command_that_fails_fails_its_step() {
        let quiet = |argument| {
            let mut command = Command::new("cargo");
            command.arg(argument).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        assert!(succeeds(&mut quiet("--version")));
        assert!(!succeeds(&mut quiet("no-such-command")));
        assert!(!succeeds(&mut Command::new("/no such program")));
    }
}
