//! Damaged checkpoints, met by the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Job, Place, Workshop};
use super::process::{Started, ended};

/// Changes a byte of the newest checkpoint, or cuts it, and demands that the one before is taken and that this is said;
/// damages all, and demands that nothing starts afresh. Seeds choose job, byte and change.
pub(super) fn damage(run: &Run<'_>) -> Outcome {
    let shop = match Workshop::open(run, 32 << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let mut lengths = Vec::new();
    for job in &shop.jobs {
        match begun(&shop, job) {
            Ok(bytes) => lengths.push(bytes),
            Err(why) => {
                run.keep(&[("why", &format!("{}: {why}\n", job.name))]);
                return Outcome::Ran(Counts::one(false));
            }
        }
    }
    println!("the newest checkpoints have {lengths:?} bytes");
    run.pieces(1, |seed, _| {
        let done = one(&shop, seed);
        if let Err(why) = &done {
            println!("seed {seed}: {why}");
            run.keep(&[("why", &format!("seed {seed}: {why}\n"))]);
        }
        Counts::one(done.is_ok())
    })
}

/// Begins a job and kills it behind its third checkpoint; returns the length of the newest.
fn begun(shop: &Workshop, job: &Job) -> Result<u64, String> {
    let spoken = |error: std::io::Error| error.to_string();
    let place = shop.place().map_err(spoken)?;
    let options = ["--every", "5ms", "--threads", "1"].map(str::to_owned);
    let mut started = Started::start(&mut shop.command(job, &place, &options)).map_err(spoken)?;
    let is_third = || place.recorded().is_ok_and(|now| now.is_some_and(|now| now.epoch >= 3));
    started.until(Duration::from_secs(20), is_third).map_err(spoken)?;
    started.kill().map_err(spoken)?;
    copy(place.folder(), &shop.folder.join(job.name))?;
    match newest(&place).as_slice() {
        [newest, _, ..] => fs::metadata(newest).map(|about| about.len()).map_err(spoken),
        others => Err(format!("{} checkpoints are there, and not two at least", others.len())),
    }
}

/// Copies what is in a folder: a job goes on only where it was begun.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| error.to_string())?;
    let gone = ended(Command::new("cp").arg("-a").arg(from.join(".")).arg(to));
    let gone = gone.map_err(|error| error.to_string())?;
    if gone.is_good() { Ok(()) } else { Err(gone.said) }
}

/// Returns the checkpoints, the newest first.
fn newest(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.checkpoints()).into_iter().flatten();
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "ck"))
        .collect();
    paths.sort_unstable_by(|a, b| b.cmp(a));
    paths
}

fn one(shop: &Workshop, seed: u64) -> Result<(), String> {
    let spoken = |error: std::io::Error| error.to_string();
    let mut draw = Draw::new(seed);
    let job = draw.one(&shop.jobs);
    let place = shop.place().map_err(spoken)?;
    copy(&shop.folder.join(job.name), place.folder())?;
    let are_all = draw.below(5) == 0;
    let all = newest(&place);
    for path in all.iter().take(if are_all { all.len() } else { 1 }) {
        let mut bytes = fs::read(path).map_err(spoken)?;
        let at = usize::try_from(draw.below(bytes.len() as u64)).expect("below a length");
        if draw.below(4) == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= u8::try_from(1 + draw.below(255)).expect("below 256");
        }
        fs::write(path, bytes).map_err(spoken)?;
    }
    let gone = ended(&mut shop.command(job, &place, &[])).map_err(spoken)?;
    let told = || format!("{}, all: {are_all}: ended with {}: {}", job.name, gone.code(), gone.said);
    let is_newer = gone.said.contains("newer version");
    if are_all || is_newer {
        let is_refused = gone.code() == 74 && gone.said.lines().count() == 1 && gone.said.contains(".ck");
        let is_untouched = !place.output().exists() && newest(&place) == all;
        return if is_refused && is_untouched { Ok(()) } else { Err(told()) };
    }
    if !gone.is_good() || !gone.said.contains("the one before it is taken") {
        return Err(told());
    }
    shop.fault(job, &place).map_err(|why| format!("{}: {why}", told()))
}
