//! Errors of system calls: each call of each job fails in each way, once or from then on.

use std::path::Path;

use super::super::run::{Counts, Outcome, Run};
use super::job::Workshop;
use super::strace::{Disturbed, OPTIONS, Often, Point};
use super::syscalls::opened;

/// Lets calls fail; a seed is one of all ways, taken in an order in which neighbours have little in common.
pub(super) fn errors(run: &Run<'_>) -> Outcome {
    let (shop, points) = match opened(run) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let ways = points.len() * ERRORS.len() * 2;
    let (mut refused, mut passed_over, mut missed, mut syncs) = (0, 0, 0, 0);
    let outcome = run.pieces(1, |seed, _| {
        let way = usize::try_from(u128::from(seed) * 1_000_003 % ways as u128).expect("below a length");
        let (point, error, ever) =
            (&points[way / ERRORS.len() / 2], ERRORS[way / 2 % ERRORS.len()], way % 2 == 1);
        match failed(&shop, point, error, ever) {
            Ok(End::Refused) => {
                refused += 1;
                syncs += u64::from(point.call == "fsync");
                Counts::one(true)
            }
            Ok(End::PassedOver) => {
                passed_over += 1;
                Counts::one(true)
            }
            Ok(End::Missed) => {
                missed += 1;
                Counts::default() // nothing was shown
            }
            Err(why) => {
                let told = format!("seed {seed}: {point:?}, {error}, ever: {ever}: {why}\n");
                print!("{told}");
                run.keep(&[("why", &told)]);
                Counts::one(false)
            }
        }
    });
    println!(
        "{ways} ways; {refused} ended the run, {syncs} of them of syncs; {passed_over} did not matter, {missed} \
         were not reached"
    );
    outcome
}

/// How a disturbed run ended.
enum End {
    Refused,
    /// It was tried again, or nothing hung on it.
    PassedOver,
    Missed,
}

fn failed(shop: &Workshop, point: &Point, error: &str, ever: bool) -> Result<End, String> {
    let place = shop.place().map_err(|error| error.to_string())?;
    let job = &shop.jobs[point.job];
    let often = match (ever, error) {
        (false, _) => Often::Once,
        // What is interrupted is tried again, for as long as it takes.
        (true, "EINTR") => Often::Times(50),
        (true, _) => Often::Ever,
    };
    let Disturbed { gone, log } =
        point.disturb(shop, &place, &format!("error={error}"), often).map_err(|error| error.to_string())?;
    let told = || format!("ended with {}: {}", gone.code(), gone.said);
    let injected = log.lines().position(|line| line.contains("(INJECTED)"));
    if gone.is_good() {
        shop.fault(job, &place)?;
        return match injected {
            None => Ok(End::Missed),
            Some(_) if error == "EINTR" || HARMLESS.contains(&&*point.call) => Ok(End::PassedOver),
            Some(_) => Err("nobody took notice".to_owned()),
        };
    }
    if ![66, 74].contains(&gone.code()) {
        return Err(told());
    }
    let folder = place.folder().to_string_lossy().into_owned();
    if gone.said.lines().count() != 1 || !gone.said.contains(&folder) {
        return Err(format!("not one line that names a path: {}", told()));
    }
    // The name is given before the folder is synced, and nothing behind that.
    if place.output().exists() {
        shop.fault(job, &place).map_err(|why| format!("the output has its name: {why}"))?;
    }
    if point.call == "fsync"
        && let Some(at) = injected
    {
        let behind = log.lines().skip(at + 1).filter(|line| !line.contains("resumed"));
        if let Some(line) = behind.clone().find(|line| line.contains(" fsync(") || line.contains(" rename")) {
            return Err(format!("behind the sync that failed: {line}"));
        }
        // The log tells of one path. What is committed on the strength of it has had a sync that succeeded.
        let synced =
            log.lines().filter(|line| line.contains("fsync") && line.ends_with(" = 0")).count() as u64;
        let committed = place.recorded()?.map_or(0, |recorded| recorded.epoch);
        if Path::new(&point.path_in(&place)) == place.part() && committed > synced {
            return Err(format!("epoch {committed} is committed behind {synced} syncs"));
        }
    }
    shop.complete(job, &place, &OPTIONS.map(str::to_owned))?;
    Ok(End::Refused)
}

const ERRORS: [&str; 6] = ["ENOSPC", "EIO", "EDQUOT", "EACCES", "EMFILE", "EINTR"];

/// Calls without which a run is whole: nothing is asked of the kernel that must be so.
const HARMLESS: [&str; 2] = ["fcntl", "statx"];
