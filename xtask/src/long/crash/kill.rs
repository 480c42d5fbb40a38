//! Ends by SIGKILL at random moments.

use std::fs;
use std::time::Duration;

use super::super::Choice;
use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Job, Place, Workshop, options};
use super::process::Started;

/// Kills each job again and again until it has come to its end, a job for each seed.
pub(super) fn kill(run: &Run<'_>) -> Outcome {
    let megabytes = run.number(Choice::Megabytes).unwrap_or_default();
    let shop = match Workshop::open(run, megabytes << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let mut seen = Seen::default();
    let outcome = run.pieces(1, |seed, _| {
        let job = &shop.jobs[usize::try_from(seed % shop.jobs.len() as u64).expect("below a length")];
        let mut draw = Draw::new(seed);
        let done = job_with_kills(&shop, job, &mut draw, &mut seen);
        if let Err(why) = &done {
            println!("{}: seed {seed}: {why}", job.name);
            run.keep(&[("why", &format!("{}, seed {seed}: {why}\n", job.name))]);
        }
        Counts::one(done.is_ok())
    });
    println!(
        "{} kills, {} of them behind a checkpoint; first new output at most {} ms behind a start, {} starts looked at",
        seen.kills,
        seen.behind,
        seen.first_output.as_millis(),
        seen.looked_at
    );
    outcome
}

/// What was seen over all jobs.
#[derive(Default)]
struct Seen {
    kills: u64,
    /// Kills of runs that had gone on from a checkpoint or made one.
    behind: u64,
    /// The longest from the start of a run that goes on to the first byte it adds.
    first_output: Duration,
    looked_at: u64,
}

fn job_with_kills(shop: &Workshop, job: &Job, draw: &mut Draw, seen: &mut Seen) -> Result<(), String> {
    let spoken = |error: std::io::Error| error.to_string();
    let place = shop.place().map_err(spoken)?;
    let mut before = None;
    for _ in 0..KILLS_PER_JOB {
        let options = options(draw);
        let mut started = Started::start(&mut shop.command(job, &place, &options)).map_err(spoken)?;
        let goes_on = before.is_some();
        if goes_on && draw.below(4) == 0 {
            look_at_first_output(&mut started, &place, seen)?;
        }
        if draw.below(2) == 0 {
            let is_further = || place.recorded().is_ok_and(|now| now > before);
            started.until(Duration::from_secs(10), is_further).map_err(spoken)?;
            let moment = Duration::from_millis(draw.below(40));
            started.until(moment, || false).map_err(spoken)?;
        } else {
            started.until(Duration::from_micros(draw.below(250_000)), || false).map_err(spoken)?;
        }
        let gone = started.kill().map_err(spoken)?;
        if gone.is_good() {
            return ended(shop, job, &place);
        }
        if !gone.is_killed() {
            return Err(format!("ended with {}: {}, options {options:?}", gone.code(), gone.said));
        }
        let now = place.recorded()?;
        if now < before || now.map(|now| now.written) < before.map(|before| before.written) {
            return Err(format!("what is recorded went back from {before:?} to {now:?}"));
        }
        if place.output().exists() && job_is_unfinished(shop, job, &place) {
            return Err("the output has its name and is not whole".to_owned());
        }
        seen.kills += 1;
        seen.behind += u64::from(now.is_some());
        before = now;
    }
    shop.complete(job, &place, &options(draw))
}

/// The output appears whole or not at all.
fn job_is_unfinished(shop: &Workshop, job: &Job, place: &Place) -> bool {
    shop.fault(job, place).is_err_and(|why| !why.starts_with("left behind"))
}

/// Looks at what is there behind the end, and whether the same command does nothing more.
fn ended(shop: &Workshop, job: &Job, place: &Place) -> Result<(), String> {
    shop.fault(job, place)?;
    let changed = || fs::metadata(place.output()).and_then(|about| about.modified()).ok();
    let before = (changed(), place.recorded()?);
    shop.complete(job, place, &[])?;
    if (changed(), place.recorded()?) == before {
        Ok(())
    } else {
        Err("a command that was done did something more".to_owned())
    }
}

/// Measures how long a run that goes on takes to the first byte it adds.
fn look_at_first_output(started: &mut Started, place: &Place, seen: &mut Seen) -> Result<(), String> {
    let len = || fs::metadata(place.part()).map(|about| about.len()).ok();
    // What was written behind the checkpoint is cut off first.
    let Some(there) = len() else { return Ok(()) };
    let mut least = there;
    let grows = || {
        let now = len().unwrap_or(least);
        least = least.min(now);
        now > least
    };
    if !started.until(Duration::from_secs(10), grows).map_err(|error| error.to_string())? {
        return Ok(()); // it came to its end
    }
    let took = started.age();
    seen.first_output = seen.first_output.max(took);
    seen.looked_at += 1;
    match took > FIRST_OUTPUT_MOST {
        true => Err(format!("nothing new was written for {} ms behind a start", took.as_millis())),
        false => Ok(()),
    }
}

/// How long a run that goes on may take to the first byte it adds.
const FIRST_OUTPUT_MOST: Duration = Duration::from_secs(1);

/// Behind so many it is left in peace.
const KILLS_PER_JOB: u64 = 60;
