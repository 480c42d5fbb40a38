//! A long time of mixed work with a crash a minute: nothing grows, and nothing becomes slower.

use std::time::{Duration, Instant};

use super::super::Choice;
use super::super::run::{Counts, Outcome, Run, now};
use super::draw::Draw;
use super::job::{Workshop, options};
use super::process::{Held, Started, look};

/// Works so many minutes.
pub(super) fn soak(run: &Run<'_>) -> Outcome {
    let megabytes = run.number(Choice::Megabytes).unwrap_or_default();
    let shop = match Workshop::open(run, megabytes << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let length = Duration::from_secs(60 * run.number(Choice::Minutes).unwrap_or_default());
    let begun = now();
    let mut draw = Draw::new(run.seed());
    let (mut turns, mut counts, mut kills) = (Vec::new(), Counts::default(), 0);
    while begun.elapsed() < length {
        for job in 0..shop.jobs.len() {
            let is_to_be_killed = begun.elapsed().as_secs() / 60 > kills;
            kills += u64::from(is_to_be_killed);
            let turn = turn(&shop, job, is_to_be_killed, &mut draw, begun);
            counts += Counts::one(turn.is_ok());
            match turn {
                Ok(turn) => turns.extend(turn),
                Err(why) => {
                    println!("{}: {why}", shop.jobs[job].name);
                    run.keep(&[("why", &format!("{}: {why}\n", shop.jobs[job].name))]);
                }
            }
        }
    }
    println!("{} turns in {} s, {kills} kills", turns.len(), begun.elapsed().as_secs());
    for (index, job) in shop.jobs.iter().enumerate() {
        let own = |is_in: &dyn Fn(Duration) -> bool| -> Vec<&Turn> {
            turns.iter().filter(|turn| turn.job == index && is_in(turn.began)).collect()
        };
        let (first, last) = (own(&|at| at < length / 6), own(&|at| at >= length * 5 / 6));
        let verdict = compared(&first, &last);
        println!("{}: {}", job.name, verdict.clone().unwrap_or_else(|why| format!("FAILS: {why}")));
        if let Err(why) = &verdict {
            run.keep(&[("why", &format!("{}: {why}\n", job.name))]);
        }
        counts += Counts::one(verdict.is_ok());
    }
    Outcome::Ran(counts)
}

/// A job that was done without a crash.
struct Turn {
    job: usize,
    began: Duration,
    /// Of all threads together, in ticks of the system's clock: what others do on the machine does not count.
    ticks: u64,
    most: Held,
}

/// Does a job once; a turn with a crash is not measured.
fn turn(
    shop: &Workshop,
    index: usize,
    is_to_be_killed: bool,
    draw: &mut Draw,
    begun: Instant,
) -> Result<Option<Turn>, String> {
    let spoken = |error: std::io::Error| error.to_string();
    let job = &shop.jobs[index];
    let place = shop.place().map_err(spoken)?;
    if is_to_be_killed {
        let mut started = Started::start(&mut shop.command(job, &place, &options(draw))).map_err(spoken)?;
        started.until(Duration::from_millis(draw.below(500)), || false).map_err(spoken)?;
        started.kill().map_err(spoken)?;
        shop.complete(job, &place, &options(draw))?;
        return Ok(None);
    }
    let same = ["--every", "250ms", "--threads", "2", "--memory-limit", "64MiB"].map(str::to_owned);
    let began = begun.elapsed();
    let mut started = Started::start(&mut shop.command(job, &place, &same)).map_err(spoken)?;
    let (mut most, mut ticks) = (Held::default(), 0);
    let id = started.id();
    let watch = || {
        if let Some(held) = look(id) {
            most.resident_kib = most.resident_kib.max(held.resident_kib);
            most.threads = most.threads.max(held.threads);
            most.descriptors = most.descriptors.max(held.descriptors);
        }
        ticks = ticks_of(id).unwrap_or(0).max(ticks);
        false
    };
    started.until(Duration::from_secs(600), watch).map_err(spoken)?;
    let gone = started.wait().map_err(spoken)?;
    if !gone.is_good() {
        return Err(format!("ended with {}: {}", gone.code(), gone.said));
    }
    shop.fault(job, &place)?;
    Ok(Some(Turn { job: index, began, ticks, most }))
}

/// Returns what a process and all its threads worked so far.
fn ticks_of(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut number = || fields.next()?.parse::<u64>().ok();
    Some(number()? + number()?)
}

/// Compares the last sixth of the time with the first.
fn compared(first: &[&Turn], last: &[&Turn]) -> Result<String, String> {
    let (Some(work), Some(later)) = (median(first, |turn| turn.ticks), median(last, |turn| turn.ticks))
    else {
        return Err("no turn in the first sixth or in the last".to_owned());
    };
    let most = |turns: &[&Turn], what: fn(&Held) -> u64| {
        turns.iter().map(|turn| what(&turn.most)).max().unwrap_or(0)
    };
    let resident =
        median(first, |turn| turn.most.resident_kib).zip(median(last, |turn| turn.most.resident_kib));
    let (resident, resident_later) = resident.unwrap_or_default();
    let threads = (most(first, |held| held.threads), most(last, |held| held.threads));
    let descriptors = (most(first, |held| held.descriptors), most(last, |held| held.descriptors));
    let told = format!(
        "{} ms of work a turn, then {}; {resident} KiB at most, then {resident_later}; threads {threads:?}, \
         descriptors {descriptors:?}",
        10 * work,
        10 * later
    );
    let is_slower = later * 95 > work * 100 + 100;
    let is_larger = resident_later > resident + GROWTH_KIB;
    match is_slower || is_larger || threads.1 > threads.0 || descriptors.1 > descriptors.0 {
        false => Ok(told),
        true => Err(told),
    }
}

fn median(turns: &[&Turn], what: impl Fn(&Turn) -> u64) -> Option<u64> {
    let mut all: Vec<u64> = turns.iter().map(|turn| what(turn)).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

const GROWTH_KIB: u64 = 2048;
