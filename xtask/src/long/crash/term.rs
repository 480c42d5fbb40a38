//! SIGTERM and SIGINT at random moments, some of them twice.

use std::time::Duration;

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Workshop, options};
use super::process::{Started, pause};

/// Ends a job by a signal, once for each seed, and lets it go on.
pub(super) fn term(run: &Run<'_>) -> Outcome {
    let shop = match Workshop::open(run, 48 << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let mut seen = Seen::default();
    let outcome = run.pieces(1, |seed, _| {
        let done = one(&shop, seed, &mut seen);
        if let Err(why) = &done {
            println!("seed {seed}: {why}");
            run.keep(&[("why", &format!("seed {seed}: {why}\n"))]);
        }
        Counts::one(done.is_ok())
    });
    println!(
        "{} ended behind one signal, after {} ms at most; {} behind two, after {} ms at most; {} were done before",
        seen.once,
        seen.longest.as_millis(),
        seen.twice,
        seen.longest_of_two.as_millis(),
        seen.done
    );
    outcome
}

#[derive(Default)]
struct Seen {
    once: u64,
    twice: u64,
    done: u64,
    longest: Duration,
    longest_of_two: Duration,
}

fn one(shop: &Workshop, seed: u64, seen: &mut Seen) -> Result<(), String> {
    let spoken = |error: std::io::Error| error.to_string();
    let mut draw = Draw::new(seed);
    let job = draw.one(&shop.jobs);
    let place = shop.place().map_err(spoken)?;
    let (signal, code) = *draw.one(&[("TERM", 143), ("INT", 130)]);
    let is_twice = draw.below(5) == 0;
    let options = options(&mut draw);
    let mut started = Started::start(&mut shop.command(job, &place, &options)).map_err(spoken)?;
    started.until(Duration::from_micros(draw.below(400_000)), || false).map_err(spoken)?;
    // From the moment an output is begun a signal waits for a checkpoint that knows of it.
    let has_begun = place.part().exists();
    let before = place.recorded()?;
    let asked = started.age();
    started.signal(signal).map_err(spoken)?;
    if is_twice {
        pause(Duration::from_micros(draw.below(3000)));
        started.signal(signal).map_err(spoken)?;
    }
    let gone = started.wait().map_err(spoken)?;
    let took = gone.took.saturating_sub(asked);
    let told = format!("{}, {signal}, twice: {is_twice}, {options:?}", job.name);
    let now = place.recorded()?;
    match gone.code() {
        0 => seen.done += 1,
        shown if shown != code => return Err(format!("{told}: ended with {shown}: {}", gone.said)),
        _ if is_twice => {
            seen.twice += 1;
            seen.longest_of_two = seen.longest_of_two.max(took);
        }
        _ => {
            seen.once += 1;
            seen.longest = seen.longest.max(took);
            if has_begun && (now.is_none() || !gone.said.contains("stopped behind epoch")) {
                return Err(format!("{told}: no checkpoint was taken: {now:?}, {}", gone.said));
            }
            if now.is_none() && place.part().exists() {
                return Err(format!("{told}: an output without a checkpoint is left"));
            }
        }
    }
    if took > MOST {
        return Err(format!("{told}: ended {} ms behind the signal", took.as_millis()));
    }
    if now < before {
        return Err(format!("{told}: what is recorded went back from {before:?} to {now:?}"));
    }
    shop.complete(job, &place, &[]).map_err(|why| format!("{told}: {why}"))
}

/// How long a run may take to end.
const MOST: Duration = Duration::from_secs(2);
