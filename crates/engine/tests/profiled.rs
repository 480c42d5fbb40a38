//! Profiles of the steps fused into a stage. What a step costs is real time, which other processes may
//! stretch: only what differs by much is compared, and of nine runs the one in the middle.

use std::hint::black_box;
use std::sync::mpsc;
use std::time::Duration;

use primestream_engine::metrics::StageMetrics;
use primestream_engine::{ChunkProcessor, Emit, Order, Outcome, Report, Stream, Transform};

const ITEMS: u64 = 4_000;

/// Works for a while.
fn spin(rounds: u32) -> u64 {
    (0..rounds).fold(1, |sum: u64, n| black_box(sum.rotate_left(5) ^ u64::from(n))) & 1
}

fn names(stage: &StageMetrics) -> Vec<&str> {
    stage.steps.iter().map(|step| &*step.name).collect()
}

/// Returns the share of a step in the stage that has it, in the middle of nine runs.
fn share(step: &str, run: impl Fn() -> Report) -> f64 {
    let mut shares: Vec<f64> = (0..9)
        .map(|_| {
            let report = run();
            let mut steps = report.stages().iter().flat_map(|stage| &stage.steps);
            steps.find(|found| found.name == step).expect("the step is there").share
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    shares[4]
}

fn fused() -> Report {
    Stream::iter(0..ITEMS)
        .map(|n| n + spin(20))
        .filter(|n| n + spin(2000) < u64::MAX)
        .inspect(|_| _ = spin(20))
        .profiled()
        .for_each(|_| ())
        .expect("nothing fails")
}

fn in_lanes() -> Report {
    Stream::iter(0..ITEMS)
        .parallel(2, Order::Input)
        .map(|n| n + spin(20))
        .filter(|n| n + spin(2000) < u64::MAX)
        .inspect(|_| _ = spin(20))
        .profiled()
        .for_each(|_| ())
        .expect("nothing fails")
}

#[test]
fn the_dear_step_of_a_stage_is_found_behind_a_source_and_in_lanes() {
    for run in [fused, in_lanes] {
        let [dear, cheap] = ["filter", "map"].map(|step| share(step, run));
        assert!(dear > 0.6 && cheap < 0.3, "{dear}, {cheap}");
    }
}

#[test]
fn the_parts_of_a_stage_have_names_and_add_up_to_its_busy_time() {
    let (fused, lanes) = (fused(), in_lanes());
    assert_eq!(names(&fused.stages()[0]), ["iter", "map", "filter", "inspect", "for_each", "(passing on)"]);
    assert_eq!(names(&lanes.stages()[1]), ["(taking up)", "map", "filter", "inspect", "(passing on)"]);
    for stage in fused.stages().iter().chain(lanes.stages()) {
        assert!((stage.steps.iter().map(|step| step.share).sum::<f64>() - 1.0).abs() < 1e-9);
        let time = stage.steps.iter().map(|step| step.time).sum::<Duration>();
        assert!(time.abs_diff(stage.times.busy) < Duration::from_micros(1), "{time:?}");
    }
    assert!(fused.to_string().contains("\n    filter "), "{fused}");
}

#[test]
fn the_time_of_a_source_is_its_own() {
    let slow = || {
        let numbers = Stream::generate(|| Some(spin(2000))).take(ITEMS).map(|n| n + 1);
        numbers.profiled().for_each(|_| ()).expect("nothing fails")
    };
    let share = share("generate", slow);
    assert!(share > 0.6, "{share}");
}

/// Works when it is flushed, on all that came together.
struct AtOnce;

impl ChunkProcessor for AtOnce {
    type In = u64;
    type Out = u64;

    fn process_chunk(&mut self, chunk: &mut Vec<u64>, out: &mut impl Emit<u64>) -> Outcome {
        chunk.drain(..).try_for_each(|n| out.emit(n + spin(2000)))
    }
}

#[test]
fn work_on_flush_counts_with_that_on_items() {
    let share = share("process_chunks", || {
        let stream = Stream::iter(0..ITEMS).boxed().map(|n| n + spin(20)).process_chunks(AtOnce);
        stream.inspect(|_| _ = spin(20)).profiled().for_each(|_| ()).expect("nothing fails")
    });
    assert!(share > 0.6, "{share}");
}

#[test]
fn what_happens_once_in_a_batch_is_not_missed() {
    let share = share("map", || {
        let batches = Stream::iter(0..40 * ITEMS).batch(20).map(|batch| batch.len() as u64 + spin(4000));
        batches.profiled().for_each(|_| ()).expect("nothing fails")
    });
    assert!(share > 0.5, "{share}");
}

#[test]
fn chains_within_chains_have_their_steps_and_keys_their_groups() {
    let chain = || Transform::new().filter(|n: &u64| n + spin(20) < u64::MAX).map(|n| n + spin(2000));
    let within = || {
        let stream = Stream::iter(0..ITEMS).inspect(|_| _ = spin(20)).through(&chain());
        stream.profiled().for_each(|_| ()).expect("nothing fails")
    };
    let steps = within();
    let expected = ["iter", "inspect", "filter", "map", "for_each", "(passing on)"];
    assert_eq!(names(&steps.stages()[0]), expected);
    let heavy = share("map", within);
    assert!(heavy > 0.6, "{heavy}");

    let keyed = share("scan_by_key", || {
        let keyed = Stream::iter(0..ITEMS).parallel(2, Order::Relaxed).key_by(|n| n % 7);
        let sums = keyed.scan(0, |sum, n| *sum += n + spin(2000));
        sums.profiled().for_each(|_| ()).expect("nothing fails")
    });
    assert!(keyed > 0.6, "{keyed}");
}

#[test]
fn nothing_is_sampled_unless_asked_for_and_results_are_the_same() {
    let batches = |is_profiled| {
        let stream = Stream::iter(0..20_000u64)
            .parallel(3, Order::Input)
            .flat_map(|n| [n, n + 1])
            .filter(|n| n % 3 != 0)
            .batch(7);
        let stream = if is_profiled { stream.profiled() } else { stream };
        let (send, all) = mpsc::channel();
        let report = stream.sink(move |batch| send.send(batch)).run().expect("nothing fails");
        assert_eq!(report.stages().iter().all(|stage| stage.steps.is_empty()), !is_profiled);
        all.try_iter().collect::<Vec<_>>()
    };
    assert_eq!(batches(true), batches(false));
}

#[test]
fn items_that_fail_while_they_are_sampled_are_dealt_with_as_others() {
    for is_profiled in [true, false] {
        let stream = Stream::iter(0..1000u64)
            .try_map(|n| if n % 10 == 3 { Err("three") } else { Ok(n) })
            .on_error(primestream_engine::OnError::Skip)
            .map(|n| n + 1)
            .take(500);
        let stream = if is_profiled { stream.profiled() } else { stream };
        let report = stream.for_each(|_| ()).expect("failures are skipped");
        assert_eq!((report.items_out(), report.skipped()), (500, 56));
    }
}
