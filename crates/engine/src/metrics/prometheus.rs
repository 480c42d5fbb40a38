//! Metrics in the text format that Prometheus reads, version 0.0.4.
//!
//! The names are described in `docs/metrics.md`; a test compares both.

use std::fmt::{self, Write};
use std::time::Duration;

use super::Percentiles;
use super::snapshot::{Metrics, StageMetrics};

impl Metrics {
    /// Returns the metrics in the text exposition format of Prometheus, version 0.0.4, with the content type
    /// `text/plain; version=0.0.4`. Every sample has the label `pipeline`, those of a stage also `stage`
    /// (its number) and `name`. Times are in seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let report = Stream::iter(0..3u64).named("a \"b\"").for_each(|_| ())?;
    /// let text = report.metrics().prometheus("numbers");
    /// let line = r#"primestream_stage_received_total{pipeline="numbers",stage="0",name="a \"b\""} 3"#;
    /// assert!(text.lines().any(|found| found == line), "{text}");
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn prometheus(&self, pipeline: &str) -> String {
        let mut text = Exposition { text: String::new(), pipeline };
        match self.write_prometheus(&mut text) {
            Ok(()) => text.text,
            Err(_) => unreachable!("a string takes all that is written"),
        }
    }

    fn write_prometheus(&self, to: &mut Exposition<'_>) -> fmt::Result {
        for (name, help, value) in STAGE_COUNTERS {
            to.family(name, "counter", help)?;
            for (index, stage) in self.stages.iter().enumerate() {
                to.of_stage(name, (index, stage), "", value(stage))?;
            }
        }
        for (name, help, value) in STAGE_GAUGES {
            to.family(name, "gauge", help)?;
            for (index, stage) in self.stages.iter().enumerate() {
                to.of_stage(name, (index, stage), "", value(stage))?;
            }
        }
        to.family(WORK, "summary", "How long a stage works on a chunk.")?;
        for (index, stage) in self.stages.iter().enumerate() {
            for (quantile, time) in quantiles(stage.work) {
                let extra = format!(",quantile=\"{quantile}\"");
                to.of_stage(WORK, (index, stage), &extra, time.as_secs_f64())?;
            }
            to.of_stage(&format!("{WORK}_sum"), (index, stage), "", stage.work.sum.as_secs_f64())?;
            to.of_stage(&format!("{WORK}_count"), (index, stage), "", stage.work.count as f64)?;
        }
        if self.stages.iter().any(|stage| stage.fraction.is_some()) {
            to.family(STAGE_PROGRESS, "gauge", "Share of all there is that a source took, where known.")?;
        }
        for (index, stage) in self.stages.iter().enumerate() {
            if let Some(fraction) = stage.fraction {
                to.of_stage(STAGE_PROGRESS, (index, stage), "", fraction)?;
            }
        }
        if self.stages.iter().any(|stage| !stage.steps.is_empty()) {
            to.family(STEP, "gauge", "Part of a step in the time at work, as samples say.")?;
        }
        for (index, stage) in self.stages.iter().enumerate() {
            for (number, step) in stage.steps.iter().enumerate() {
                // Two steps may have one name.
                let extra = format!(",step=\"{number}\",step_name=\"{}\"", Escaped(&step.name));
                to.of_stage(STEP, (index, stage), &extra, step.time.as_secs_f64())?;
            }
        }
        for (name, kind, help, value) in WHOLE {
            if let Some(value) = value(self) {
                to.family(name, kind, help)?;
                to.of_whole(name, "", value)?;
            }
        }
        to.family(LATENCY, "summary", "How long chunks are on their way from the source to an end.")?;
        for (quantile, time) in quantiles(self.latency) {
            to.of_whole(LATENCY, &format!(",quantile=\"{quantile}\""), time.as_secs_f64())?;
        }
        to.of_whole(&format!("{LATENCY}_sum"), "", self.latency.sum.as_secs_f64())?;
        to.of_whole(&format!("{LATENCY}_count"), "", self.latency.count as f64)
    }
}

fn quantiles(times: Percentiles) -> [(&'static str, Duration); 4] {
    [("0.5", times.p50), ("0.9", times.p90), ("0.99", times.p99), ("1", times.max)]
}

struct Exposition<'a> {
    text: String,
    pipeline: &'a str,
}

impl Exposition<'_> {
    fn family(&mut self, name: &str, kind: &str, help: &str) -> fmt::Result {
        writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}")
    }

    fn of_whole(&mut self, name: &str, extra: &str, value: f64) -> fmt::Result {
        writeln!(self.text, "{name}{{pipeline=\"{}\"{extra}}} {value}", Escaped(self.pipeline))
    }

    fn of_stage(
        &mut self,
        name: &str,
        (index, stage): (usize, &StageMetrics),
        extra: &str,
        value: f64,
    ) -> fmt::Result {
        let labels = format!(",stage=\"{index}\",name=\"{}\"{extra}", Escaped(&stage.name));
        self.of_whole(name, &labels, value)
    }
}

/// The value of a label: a backslash, a double quote and a line feed stand behind a backslash.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            char => f.write_char(char),
        })
    }
}

type OfStage = (&'static str, &'static str, fn(&StageMetrics) -> f64);
type OfWhole = (&'static str, &'static str, &'static str, fn(&Metrics) -> Option<f64>);

const STAGE_COUNTERS: [OfStage; 21] = [
    ("primestream_stage_received_total", "Items that entered.", |it| it.tally.taken as f64),
    ("primestream_stage_sent_total", "Items that left.", |it| it.tally.passed as f64),
    ("primestream_stage_received_bytes_total", "Bytes of the chunks taken.", |it| it.bytes_in as f64),
    ("primestream_stage_sent_bytes_total", "Bytes of the chunks passed on.", |it| it.bytes_out as f64),
    ("primestream_stage_received_chunks_total", "Chunks taken.", |it| it.chunks_in as f64),
    ("primestream_stage_source_bytes_total", "Bytes taken from outside.", |it| it.bytes_taken as f64),
    ("primestream_stage_busy_seconds_total", "Time at work.", |it| it.times.busy.as_secs_f64()),
    ("primestream_stage_idle_seconds_total", "Time with nothing to do.", |it| it.times.idle.as_secs_f64()),
    ("primestream_stage_blocked_seconds_total", "Time without room behind.", |it| {
        it.times.blocked.as_secs_f64()
    }),
    ("primestream_stage_full_seconds_total", "Time without memory, part of the blocked.", |it| {
        it.times.full.as_secs_f64()
    }),
    ("primestream_stage_ready_seconds_total", "Time without a thread.", |it| it.times.ready.as_secs_f64()),
    ("primestream_stage_errors_total", "Failures of items, repeated ones included.", |it| {
        it.tally.errors as f64
    }),
    ("primestream_stage_retries_total", "Times an item was tried again.", |it| it.tally.retried as f64),
    ("primestream_stage_retries_exhausted_total", "Items no attempt was left for.", |it| {
        it.tally.exhausted as f64
    }),
    ("primestream_stage_skipped_total", "Items that failed and were left out.", |it| it.tally.skipped as f64),
    ("primestream_stage_dead_letters_total", "Items that went to the dead letters.", |it| {
        it.tally.dead as f64
    }),
    ("primestream_stage_failed_total", "Items lost with the failure that stopped it.", |it| {
        it.tally.failed as f64
    }),
    ("primestream_stage_filtered_total", "Items left out by wish.", |it| it.tally.filtered as f64),
    ("primestream_stage_absorbed_total", "Items that became part of others.", |it| it.tally.absorbed as f64),
    ("primestream_stage_created_total", "Items made of others.", |it| it.tally.created as f64),
    ("primestream_stage_abandoned_total", "Items sent to it and never taken.", |it| {
        it.tally.abandoned as f64
    }),
];

const STAGE_GAUGES: [OfStage; 8] = [
    ("primestream_stage_held", "Items it holds for later.", |it| it.tally.held as f64),
    ("primestream_stage_queue_bytes", "Bytes that wait before it.", |it| it.queue_bytes as f64),
    ("primestream_stage_queue_peak_bytes", "Most bytes that waited before it.", |it| {
        it.queue_bytes_peak as f64
    }),
    ("primestream_stage_queue_chunks", "Chunks that wait before it.", |it| it.queue_chunks as f64),
    ("primestream_stage_queue_places", "Chunks that may wait before it.", |it| it.queue_places as f64),
    ("primestream_stage_chunk_items_max", "Items its next chunk may have.", |it| it.chunk_items as f64),
    ("primestream_stage_lanes", "Lanes it has.", |it| it.lanes as f64),
    ("primestream_stage_lanes_active", "Lanes that may be at work.", |it| it.lanes_active as f64),
];

const WORK: &str = "primestream_stage_work_seconds";
const STAGE_PROGRESS: &str = "primestream_stage_progress_ratio";
/// A gauge: another sample may take from one step what it gives to another.
const STEP: &str = "primestream_stage_step_busy_seconds";
const LATENCY: &str = "primestream_latency_seconds";

const WHOLE: [OfWhole; 9] = [
    ("primestream_elapsed_seconds", "gauge", "Time since the start.", |it| Some(it.elapsed.as_secs_f64())),
    ("primestream_throughput_items", "gauge", "Items in a second, over the last three.", |it| {
        Some(it.throughput)
    }),
    ("primestream_threads", "gauge", "Threads that work.", |it| Some(it.threads as f64)),
    ("primestream_memory_reserved_bytes", "gauge", "Bytes held.", |it| Some(it.reserved_bytes as f64)),
    ("primestream_memory_reserved_peak_bytes", "gauge", "Most bytes held at once.", |it| {
        Some(it.reserved_bytes_peak as f64)
    }),
    ("primestream_memory_limit_bytes", "gauge", "Bytes that may be held.", |it| Some(it.limit_bytes as f64)),
    ("primestream_memory_pressure_total", "counter", "Times the memory ran nearly full.", |it| {
        Some(it.pressure_events as f64)
    }),
    (
        "primestream_memory_given_back_bytes_total",
        "counter",
        "Bytes of idle buffers that were given back.",
        |it| Some(it.given_back_bytes as f64),
    ),
    ("primestream_progress_ratio", "gauge", "Share of all there is that was taken, where known.", |it| {
        it.fraction()
    }),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::metrics::StepTime;
    use crate::tally::Tally;

    fn step(name: &str) -> StepTime {
        StepTime { name: name.to_owned(), share: 0.5, time: Duration::from_millis(1500) }
    }

    fn sample() -> Metrics {
        let stage = StageMetrics {
            name: "a\\b \"c\"\nd".to_owned(),
            is_source: true,
            fraction: Some(0.5),
            tally: Tally { taken: 9, passed: 3, filtered: 2, held: 4, ..Tally::default() },
            steps: ["map", "map"].map(step).to_vec(),
            ..StageMetrics::default()
        };
        Metrics { stages: vec![stage], given_back_bytes: 4096, ..Metrics::default() }
    }

    #[test]
    fn what_became_of_items_where_time_went_and_what_was_given_back_is_told() {
        let text = sample().prometheus("p");
        let stage = r#"pipeline="p",stage="0",name="a\\b \"c\"\nd""#;
        for expected in [
            format!("primestream_stage_filtered_total{{{stage}}} 2"),
            format!("primestream_stage_held{{{stage}}} 4"),
            format!("primestream_stage_progress_ratio{{{stage}}} 0.5"),
            format!("primestream_stage_step_busy_seconds{{{stage},step=\"1\",step_name=\"map\"}} 1.5"),
            "primestream_memory_given_back_bytes_total{pipeline=\"p\"} 4096".to_owned(),
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected} is not in {text}");
        }
        // What nobody knows or asked for is not there, not even by name.
        let bare = Metrics { stages: vec![StageMetrics::default()], ..Metrics::default() }.prometheus("p");
        assert!(!bare.contains("progress_ratio") && !bare.contains("step"), "{bare}");
    }

    #[test]
    fn every_name_is_documented_and_every_documented_name_is_produced() {
        let text = sample().prometheus("p");
        let produced: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE "))
            .filter_map(|line| line.split(' ').next())
            .collect();
        let page = include_str!("../../../../docs/metrics.md");
        let documented: BTreeSet<&str> =
            page.lines().filter_map(|line| line.strip_prefix("| `primestream_")?.split('`').next()).collect();
        let produced: BTreeSet<&str> =
            produced.iter().filter_map(|name| name.strip_prefix("primestream_")).collect();
        assert!(produced.len() > 30);
        assert_eq!(produced, documented);
    }

    #[test]
    fn each_sample_belongs_to_the_family_announced_before_it_and_comes_once() {
        let text = sample().prometheus("p \"q\"");
        assert!(text.ends_with('\n'));
        let (mut family, mut seen) = ("", BTreeSet::new());
        for line in text.lines() {
            if let Some(announced) = line.strip_prefix("# TYPE ") {
                family = announced.split(' ').next().unwrap();
                continue;
            }
            if line.starts_with("# HELP ") {
                continue;
            }
            let (labelled, value) = line.rsplit_once("} ").unwrap();
            let (name, labels) = labelled.split_once('{').unwrap();
            assert!(
                [family.to_owned(), format!("{family}_sum"), format!("{family}_count")]
                    .contains(&name.to_owned())
            );
            assert!(labels.starts_with(r#"pipeline="p \"q\"""#), "{line}");
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            if name.contains("_stage_") {
                assert!(labels.contains(r#",stage="0",name="a\\b \"c\"\nd""#), "{line}");
            }
            assert!(seen.insert(labelled.to_owned()), "twice: {line}");
        }
    }
}
