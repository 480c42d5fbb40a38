//! Running a pipeline for a command: with its options, progress and signals, and a report at the end.

use std::io::{self, Write};

use primestream_engine::{Metrics, Pipeline, PipelineError, Report, Running};
use serde_json::{Value, json};

use crate::args::Global;
use crate::checkpoints;
use crate::exit::{Ending, Outcome};
use crate::progress::{Amount, EVERY, Progress};
use crate::signals;

/// Runs a pipeline to its end, or to where it can stop once a signal came.
pub(crate) fn run(pipeline: Pipeline, global: &Global, bytes: Option<u64>) -> Result<Report, PipelineError> {
    run_to_stop(pipeline, global, bytes.map_or(Amount::Unknown, Amount::Bytes), |_| ())
}

/// As [`run`], and shows `watch` how far it is, some times a second.
pub(crate) fn run_to_stop(
    pipeline: Pipeline,
    global: &Global,
    amount: Amount,
    watch: impl FnMut(&Metrics) + Send + 'static,
) -> Result<Report, PipelineError> {
    let keeps_checkpoints = pipeline.keeps_checkpoints();
    let (running, progress) = start(pipeline, global, amount, watch);
    signals::stop_on_signal(running.flow(), keeps_checkpoints);
    let outcome = running.join();
    progress.finish();
    outcome
}

/// Runs a pipeline that leaves nothing to tidy up: a signal ends the program at once.
pub(crate) fn run_until_signal(
    pipeline: Pipeline,
    global: &Global,
    amount: Amount,
) -> Result<Report, PipelineError> {
    if pipeline.keeps_checkpoints() {
        return run_to_stop(pipeline, global, amount, |_| ());
    }
    let (running, progress) = start(pipeline, global, amount, |_| ());
    let outcome = running.join();
    progress.finish();
    outcome
}

fn start(
    mut pipeline: Pipeline,
    global: &Global,
    amount: Amount,
    mut watch: impl FnMut(&Metrics) + Send + 'static,
) -> (Running, Progress) {
    if let Some(limit) = global.memory_limit {
        pipeline = pipeline.memory_limit(limit);
    }
    let progress = Progress::new(global, amount);
    let mut shown = progress.clone();
    let told = pipeline.on_progress(EVERY, move |metrics| {
        shown.tell(metrics);
        watch(metrics);
    });
    let running = told.threads(global.lanes()).start();
    (running, progress)
}

/// Returns a report as JSON.
pub(crate) fn to_json(command: &str, report: &Report) -> Value {
    let (limit, origin) = report.memory_limit();
    let stages: Vec<_> = report
        .stages()
        .iter()
        .map(|stage| {
            json!({
                "name": stage.name,
                "lanes": stage.lanes,
                "taken": stage.tally.taken,
                "passed": stage.tally.passed,
                "busy_seconds": stage.times.busy.as_secs_f64(),
            })
        })
        .collect();
    json!({
        "command": command,
        "items_in": report.items_in(),
        "items_out": report.items_out(),
        "skipped": report.skipped(),
        "dead": report.dead(),
        "bytes_in": report.bytes_in(),
        "seconds": report.elapsed().as_secs_f64(),
        "items_per_second": report.items_per_second(),
        "reserved_bytes_peak": report.reserved_bytes_peak(),
        "memory_limit_bytes": limit,
        "memory_limit_origin": origin.to_string(),
        "threads": report.threads(),
        "checkpoints": checkpoints::to_json(report),
        "stages": stages,
    })
}

/// Prints the report of a command that has written data, as [`print_summary`] does.
pub(crate) fn print_report(command: &str, report: &Report, global: &Global, data_on_stdout: bool) -> Outcome {
    let said = match global.json {
        true => to_json(command, report).to_string(),
        // One that goes on makes a last checkpoint at least.
        false if report.resumed_from().is_some() && report.checkpoints() == 0 => {
            format!("{command}: was done before; `primestream checkpoint clear` lets it begin anew")
        }
        false => format!("{command}: {report}"),
    };
    print_summary(said.trim_end(), global, data_on_stdout)
}

/// Prints what a command says of its work, unless it shall be quiet: JSON on the standard output if the data went
/// elsewhere, and on the standard error if they went there; words always on the standard error.
#[expect(clippy::print_stderr, reason = "this is where reports are printed")]
pub(crate) fn print_summary(said: &str, global: &Global, data_on_stdout: bool) -> Outcome {
    match (global.quiet, global.json && !data_on_stdout) {
        (true, _) => Ok(()),
        (false, true) => {
            writeln!(io::stdout(), "{said}").map_err(|error| Ending::io("standard output", &error))
        }
        (false, false) => {
            eprintln!("{said}");
            Ok(())
        }
    }
}
