//! Disks that are full, or have no room for one more file.

use std::path::Path;
use std::process::Command;

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Place, Workshop};
use super::process::ended;

/// Does a job on a file system of a size drawn for each seed, and once more when that has grown.
pub(super) fn full(run: &Run<'_>) -> Outcome {
    let shop = match Workshop::open(run, 2 << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let mounted = shop.folder.join("mounted");
    if let Err(why) = Mount::new(&mounted, "size=64k").map(drop) {
        return Outcome::Skipped(format!("a file system in memory cannot be mounted: {why}"));
    }
    let (mut sizes, mut files) = (0, 0);
    let outcome = run.pieces(1, |seed, _| {
        let mut draw = Draw::new(seed);
        let is_size = draw.below(3) > 0;
        let limit = match is_size {
            true => format!("size={}k", 4 * (1 + draw.below(600))),
            false => format!("size=64m,nr_inodes={}", 1 + draw.below(6)),
        };
        match one(&shop, &mounted, &limit, &mut draw) {
            Ok(was_full) => {
                sizes += u64::from(was_full && is_size);
                files += u64::from(was_full && !is_size);
                Counts::one(true)
            }
            Err(why) => {
                println!("seed {seed}: {limit}: {why}");
                run.keep(&[("why", &format!("seed {seed}: {limit}: {why}\n"))]);
                Counts::one(false)
            }
        }
    });
    println!("{sizes} had too few bytes, {files} too few files; the others fitted");
    outcome
}

/// Returns whether it was full.
fn one(shop: &Workshop, mounted: &Path, limit: &str, draw: &mut Draw) -> Result<bool, String> {
    let mount = Mount::new(mounted, limit)?;
    let job = draw.one(&shop.jobs);
    let place = Place::at(mounted.to_owned());
    let options = ["--every", *draw.one(&["64KiB", "256KiB", "10ms"])].map(str::to_owned);
    let gone = ended(&mut shop.command(job, &place, &options)).map_err(|error| error.to_string())?;
    if gone.is_good() {
        shop.fault(job, &place)?;
        return Ok(false);
    }
    let is_told = gone.said.lines().count() == 1
        && gone.said.contains(&*mounted.to_string_lossy())
        && gone.said.contains("No space left");
    if gone.code() != 74 || !is_told {
        return Err(format!("{}: ended with {}: {}", job.name, gone.code(), gone.said));
    }
    if place.output().exists() {
        return Err(format!("{}: there is an output under its name", job.name));
    }
    mount.again("remount,size=64m,nr_inodes=100")?;
    shop.complete(job, &place, &options).map_err(|why| format!("{}: {why}", job.name))?;
    Ok(true)
}

/// A file system in memory, there until it is dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(folder: &'a Path, options: &str) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let mount = Self(folder);
        mount.again(options)?;
        Ok(mount)
    }

    /// Mounts it, or changes how.
    fn again(&self, options: &str) -> Result<(), String> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "primestream-crash"]).arg(self.0);
        let gone = ended(&mut mount).map_err(|error| error.to_string())?;
        if gone.is_good() { Ok(()) } else { Err(gone.said) }
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // What cannot be unmounted shows when it is mounted the next time.
        let _ = ended(Command::new("umount").arg(self.0));
    }
}
