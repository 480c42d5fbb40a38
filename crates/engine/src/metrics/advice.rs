//! What would make a pipeline faster, in sentences with the numbers they rest on.

use super::bottleneck::{Bottleneck, FULL, Limit, plural};
use super::snapshot::{Metrics, StageMetrics, share};

/// Returns what would help, the most important first.
pub(super) fn advice(metrics: &Metrics) -> Vec<String> {
    let mut sentences = Vec::new();
    let bottleneck = Bottleneck::of(metrics);
    sentences.extend(bottleneck.as_ref().map(|found| at_the_bottleneck(metrics, found)));
    sentences.extend(bottleneck.as_ref().and_then(|found| dearest_step(metrics, found)));
    let is_of_memory = bottleneck.is_some_and(|found| matches!(found.limit, Limit::Memory { .. }));
    sentences.extend(memory(metrics).filter(|_| !is_of_memory));
    sentences.extend(metrics.stages.iter().enumerate().filter_map(|(index, stage)| chunks(index, stage)));
    sentences.extend(metrics.stages.iter().enumerate().filter_map(|(index, stage)| failures(index, stage)));
    sentences
}

fn at_the_bottleneck(metrics: &Metrics, found: &Bottleneck) -> String {
    let Bottleneck { stage, name, limit } = found;
    match *limit {
        Limit::Busy { share, lanes } => {
            let more = lanes + 1;
            let threads = metrics.threads;
            let also = if threads < more && threads > 0 {
                format!(", with `threads({more})` instead of {threads}")
            } else {
                String::new()
            };
            format!(
                "stage {stage} `{name}` is busy {:.0} % on {lanes} lane{}: `parallel({more}, …)` before its \
                 dearest step would let it work on {}{also}",
                share * 100.0,
                plural(lanes),
                if more == 2 { "two".to_owned() } else { more.to_string() },
            )
        }
        Limit::Sink { share } => format!(
            "the end, stage {stage} `{name}`, is busy {:.0} % and the others wait for it: steps before it in \
             the same stage can go behind a `parallel(…)`, and several items can be written at once with \
             `batch(…)`",
            share * 100.0
        ),
        Limit::Threads { threads, lanes } => {
            let ready: f64 =
                metrics.stages.iter().map(|stage| share_of(stage.times.ready.as_secs_f64(), metrics)).sum();
            format!(
                "{threads} thread{} for {lanes} lanes, of which {ready:.1} on average had something to do and \
                 nobody to do it: `threads({})` would use more cores, where there are more",
                plural(threads),
                lanes.min(threads * 2),
            )
        }
        Limit::Memory { share, limit_bytes } => format!(
            "memory was full {:.0} % of the time: `memory_limit({})` would let the source go on, or smaller \
             chunks and shorter lines hold less",
            share * 100.0,
            limit_bytes.saturating_mul(2)
        ),
        Limit::Source { share } => format!(
            "the source, stage {stage} `{name}`, had nothing to give {:.0} % of the time: nothing behind it \
             would make the pipeline faster",
            share * 100.0
        ),
    }
}

/// Tells of a step that takes most of the time of a busy stage, where a profile knows.
fn dearest_step(metrics: &Metrics, found: &Bottleneck) -> Option<String> {
    let (Limit::Busy { .. } | Limit::Sink { .. } | Limit::Threads { .. }) = found.limit else { return None };
    let stage = metrics.stages.get(found.stage)?;
    let dearest = stage.steps.iter().max_by(|a, b| a.share.total_cmp(&b.share))?;
    (dearest.share >= DEAREST_SHARE).then(|| {
        let (name, index) = (&dearest.name, found.stage);
        format!("`{name}` takes {:.0} % of stage {index} `{}`", dearest.share * 100.0, stage.name)
    })
}

fn share_of(seconds: f64, metrics: &Metrics) -> f64 {
    seconds / metrics.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Tells of full memory where something else limits even more.
fn memory(metrics: &Metrics) -> Option<String> {
    let fullest = metrics.stages.iter().map(|stage| share(stage.times.full, metrics.elapsed, stage.lanes));
    let share = fullest.max_by(f64::total_cmp).filter(|&share| share >= FULL)?;
    Some(format!(
        "memory was full {:.0} % of the time, {} of {} bytes at most",
        share * 100.0,
        metrics.reserved_bytes_peak,
        metrics.limit_bytes
    ))
}

/// Tells of chunks that cost less than handing them over.
fn chunks(index: usize, stage: &StageMetrics) -> Option<String> {
    if stage.chunks_in < CHUNKS_MIN {
        return None;
    }
    let items = stage.tally.taken as f64 / stage.chunks_in as f64;
    let nanos = stage.work.sum.as_nanos() as f64 / stage.work.count.max(1) as f64;
    (nanos < CHEAP_NANOS && items <= stage.chunk_items as f64).then(|| {
        format!(
            "chunks of stage {index} `{}` hold {items:.0} items and take {:.1} µs, little more than handing \
             them over: larger chunks would be cheaper, `chunked(Fixed({:.0}))` in the stage before or \
             `tuned(Strategy::Throughput)`",
            stage.name,
            nanos / 1e3,
            items * (WORTHWHILE_NANOS / nanos.max(1.0)).ceil().max(2.0)
        )
    })
}

fn failures(index: usize, stage: &StageMetrics) -> Option<String> {
    let tally = stage.tally;
    (tally.retried > tally.taken / 10 && tally.retried > 0).then(|| {
        format!(
            "stage {index} `{}` tried {} times again for {} items: a circuit breaker would spare what it \
             calls, a shorter retry the time",
            stage.name, tally.retried, tally.taken
        )
    })
}

/// Share of a stage's busy time from which on a step is worth a word.
const DEAREST_SHARE: f64 = 0.5;

/// Chunks from which on something can be said about them.
const CHUNKS_MIN: u64 = 100;

/// A chunk that takes less than this is not worth handing over, which takes about a microsecond.
const CHEAP_NANOS: f64 = 5_000.0;

/// A chunk that takes so long makes the price of handing over small: one in a hundred.
const WORTHWHILE_NANOS: f64 = 100_000.0;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::StepTime;
    use super::super::bottleneck::tests::{second, stage};
    use super::*;
    use crate::tally::Tally;

    #[test]
    fn a_busy_stage_should_have_another_lane() {
        let stages = vec![
            stage("iter", 1, [100, 0, 900, 0, 0]),
            stage("parse", 1, [970, 30, 0, 0, 0]),
            stage("sink", 1, [100, 900, 0, 0, 0]),
        ];
        assert_eq!(
            advice(&second(1, stages)),
            [
                "stage 1 `parse` is busy 97 % on 1 lane: `parallel(2, …)` before its dearest step would let it \
              work on two, with `threads(2)` instead of 1"
            ]
        );
    }

    #[test]
    fn the_dearest_step_of_a_busy_stage_is_told_if_it_is_known() {
        let mut parse = stage("trim, parse", 1, [970, 30, 0, 0, 0]);
        let busy = Duration::from_millis(970);
        let step =
            |name: &str, share: f64| StepTime { name: name.to_owned(), share, time: busy.mul_f64(share) };
        parse.steps = vec![step("(taking up)", 0.05), step("trim", 0.15), step("parse", 0.8)];
        let stages =
            |parse| vec![stage("iter", 1, [100, 0, 900, 0, 0]), parse, stage("sink", 1, [9, 991, 0, 0, 0])];
        let told = advice(&second(2, stages(parse.clone())));
        assert_eq!(told[1..], ["`parse` takes 80 % of stage 1 `trim, parse`"]);
        parse.steps[2].share = 0.4;
        assert_eq!(advice(&second(2, stages(parse))).len(), 1, "nothing stands out");
    }

    #[test]
    fn too_few_threads_and_memory_and_source_are_told_with_numbers() {
        let threads = vec![
            stage("iter", 1, [200, 0, 0, 800, 0]),
            stage("map", 2, [600, 0, 0, 1400, 0]),
            stage("sink", 1, [150, 850, 0, 0, 0]),
        ];
        assert_eq!(
            advice(&second(1, threads)),
            ["1 thread for 4 lanes, of which 2.2 on average had something to do and nobody to do it: \
              `threads(2)` would use more cores, where there are more"]
        );
        let memory = vec![stage("iter", 1, [100, 300, 600, 0, 400]), stage("map", 1, [500, 500, 0, 0, 0])];
        assert_eq!(
            advice(&second(2, memory)),
            [
                "memory was full 40 % of the time: `memory_limit(2000)` would let the source go on, or smaller \
              chunks and shorter lines hold less"
            ]
        );
        let source = vec![stage("interval", 1, [10, 990, 0, 0, 0])];
        assert_eq!(
            advice(&second(1, source)),
            [
                "the source, stage 0 `interval`, had nothing to give 99 % of the time: nothing behind it would \
              make the pipeline faster"
            ]
        );
        let sink = vec![stage("iter", 1, [10, 0, 990, 0, 400]), stage("sink", 1, [990, 10, 0, 0, 0])];
        let told = advice(&second(2, sink));
        assert!(told[0].starts_with("the end, stage 1 `sink`, is busy 99 % and the others wait"), "{told:?}");
        assert_eq!(told[1], "memory was full 40 % of the time, 0 of 1000 bytes at most");
    }

    #[test]
    fn cheap_chunks_and_many_retries_are_told() {
        let mut cheap = stage("map", 1, [500, 500, 0, 0, 0]);
        cheap.tally = Tally { taken: 3000, passed: 3000, retried: 900, ..Tally::default() };
        (cheap.chunks_in, cheap.chunk_items) = (1000, 3);
        (cheap.work.count, cheap.work.sum) = (1000, Duration::from_millis(1));
        let told = advice(&second(2, vec![stage("iter", 1, [500, 100, 400, 0, 0]), cheap]));
        assert_eq!(
            told,
            [
                "chunks of stage 1 `map` hold 3 items and take 1.0 µs, little more than handing them over: \
                 larger chunks would be cheaper, `chunked(Fixed(300))` in the stage before or \
                 `tuned(Strategy::Throughput)`",
                "stage 1 `map` tried 900 times again for 3000 items: a circuit breaker would spare what it \
                 calls, a shorter retry the time"
            ]
        );
    }

    #[test]
    fn of_a_pipeline_that_is_well_there_is_nothing_to_say() {
        let stages = vec![stage("iter", 1, [500, 200, 300, 0, 0]), stage("map", 2, [1000, 1000, 0, 0, 0])];
        assert_eq!(advice(&second(4, stages)), [] as [String; 0]);
    }
}
