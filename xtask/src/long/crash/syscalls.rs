//! Ends between any two system calls, and again while going on from there.

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Place, Workshop};
use super::strace::{self, OPTIONS, Often, Point};

/// Kills at each call of each job, seeds counting them from 1; seeds above their number draw two, the second in the run
/// that goes on.
pub(super) fn syscalls(run: &Run<'_>) -> Outcome {
    let (shop, points) = match opened(run) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let (mut single, mut pairs, mut missed) = (0, 0, 0);
    let outcome = run.pieces(1, |seed, _| {
        let index = usize::try_from(seed.saturating_sub(1)).unwrap_or(usize::MAX);
        let mut draw = Draw::new(seed);
        let first = points.get(index).unwrap_or_else(|| draw.one(&points));
        let second = (index >= points.len()).then(|| {
            let own: Vec<&Point> = points.iter().filter(|point| point.job == first.job).collect();
            (*draw.one(&own)).clone()
        });
        match killed(&shop, first, second.as_ref()) {
            Ok(kills) => {
                missed += u64::from(kills == 0);
                *if second.is_some() { &mut pairs } else { &mut single } += u64::from(kills > 0);
                // Where nothing ended it nothing was shown.
                if kills == 0 { Counts::default() } else { Counts::one(true) }
            }
            Err(why) => {
                let told = format!("seed {seed}: {first:?}, {second:?}: {why}\n");
                print!("{told}");
                run.keep(&[("why", &told)]);
                Counts::one(false)
            }
        }
    });
    println!(
        "{} calls; {single} ends at one, {pairs} at one or two, {missed} were not reached",
        points.len()
    );
    outcome
}

/// Builds, and lists the calls of all jobs.
pub(super) fn opened(run: &Run<'_>) -> Result<(Workshop, Vec<Point>), Outcome> {
    if !strace::is_there(run) {
        return Err(Outcome::Skipped("`strace` is neither there nor can be installed".to_owned()));
    }
    let shop = Workshop::open(run, 4 << 20)?;
    match strace::points(&shop) {
        Ok(points) => Ok((shop, points)),
        Err(why) => {
            println!("{why}");
            run.keep(&[("why", &why)]);
            Err(Outcome::Ran(Counts::one(false)))
        }
    }
}

/// Returns how many of the ends came.
fn killed(shop: &Workshop, first: &Point, second: Option<&Point>) -> Result<u64, String> {
    let place = shop.place().map_err(|error| error.to_string())?;
    let mut kills = 0;
    for point in [Some(first), second].into_iter().flatten() {
        kills += u64::from(kill(shop, point, &place)?);
    }
    let options = OPTIONS.map(str::to_owned);
    shop.complete(&shop.jobs[first.job], &place, &options)?;
    Ok(kills)
}

fn kill(shop: &Workshop, point: &Point, place: &Place) -> Result<bool, String> {
    let before = place.recorded()?;
    let gone =
        point.disturb(shop, place, "signal=KILL", Often::Once).map_err(|error| error.to_string())?.gone;
    let after = place.recorded()?;
    if after < before {
        return Err(format!("what is recorded went back from {before:?} to {after:?}"));
    }
    match gone.is_killed() || gone.is_good() {
        true => Ok(gone.is_killed()),
        false => Err(format!("ended with {}: {}", gone.code(), gone.said)),
    }
}
