//! Power cuts on a real file system: ext4 on a loop device, ended with all that was not synced lost.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::job::{Place, Workshop, options};
use super::process::{Started, ended};

/// Cuts the power while a job is done, and right behind its end; a cut for each seed.
pub(super) fn power(run: &Run<'_>) -> Outcome {
    let shop = match Workshop::open(run, 64 << 20) {
        Ok(shop) => shop,
        Err(outcome) => return outcome,
    };
    let (device, mut cutter) =
        match Device::new(&shop.folder).and_then(|device| Ok((device, Cutter::start()?))) {
            Ok(both) => both,
            Err(why) => return Outcome::Skipped(why),
        };
    let mut seen = Seen::default();
    let outcome = run.pieces(1, |seed, _| {
        let done = one(&shop, &device, &mut cutter, seed, &mut seen);
        if let Err(why) = &done {
            println!("seed {seed}: {why}");
            run.keep(&[("why", &format!("seed {seed}: {why}\n"))]);
        }
        Counts::one(done.is_ok())
    });
    println!(
        "{} cuts behind a checkpoint, {} before the first, {} behind the end; {} lost a name that was not yet synced",
        seen.behind, seen.before, seen.complete, seen.names
    );
    outcome
}

#[derive(Default)]
struct Seen {
    behind: u64,
    before: u64,
    complete: u64,
    /// The newest checkpoint that was seen was gone, since its folder was not synced yet.
    names: u64,
}

fn one(
    shop: &Workshop,
    device: &Device,
    cutter: &mut Cutter,
    seed: u64,
    seen: &mut Seen,
) -> Result<(), String> {
    let spoken = |error: std::io::Error| error.to_string();
    let mut draw = Draw::new(seed);
    let job = draw.one(&shop.jobs);
    device.mount()?;
    let place = Place::empty(device.folder.join("place")).map_err(spoken)?;
    // The folder is there before the run, as folders of people are.
    Command::new("sync").status().map_err(spoken)?;
    let options = options(&mut draw);
    let started = Started::start(&mut shop.command(job, &place, &options));
    let mut started = started.map_err(spoken)?;
    let moment = match draw.below(6) {
        0 => AT_THE_END,
        1 | 2 => Duration::from_micros(draw.below(300_000)),
        _ => {
            let has_one = || place.recorded().is_ok_and(|now| now.is_some());
            started.until(AT_THE_END, has_one).map_err(spoken)?;
            Duration::from_micros(draw.below(150_000))
        }
    };
    started.until(moment, || false).map_err(spoken)?;
    let before = place.recorded()?;
    cutter.cut(&device.folder)?;
    let gone = started.kill().map_err(spoken)?;
    let told = format!("{}, {options:?}", job.name);
    device.unmount()?;
    device.mount()?;
    let after = place.recorded().map_err(|why| format!("{told}: {why}"))?;
    // What is seen may not be synced yet, but then the epoch before it is, which was stored before it was begun.
    let least = before.map(|before| before.epoch.saturating_sub(1)).filter(|&epoch| epoch > 0);
    if after.map(|after| after.epoch) < least {
        return Err(format!("{told}: {before:?} was recorded, and {after:?} is left"));
    }
    if gone.is_good() {
        if after < before {
            return Err(format!("{told}: it had ended, and {after:?} is left of {before:?}"));
        }
        shop.fault(job, &place).map_err(|why| format!("{told}: behind the end: {why}"))?;
        seen.complete += 1;
    } else {
        *if before.is_some() { &mut seen.behind } else { &mut seen.before } += 1;
        seen.names += u64::from(after < before);
    }
    shop.complete(job, &place, &options).map_err(|why| format!("{told}: {why}"))?;
    device.unmount()
}

/// No run takes so long.
const AT_THE_END: Duration = Duration::from_secs(60);

/// A file system in a file.
struct Device {
    image: PathBuf,
    folder: PathBuf,
}

impl Device {
    fn new(folder: &Path) -> Result<Self, String> {
        let device = Self { image: folder.join("image"), folder: folder.join("mounted") };
        fs::create_dir_all(&device.folder).map_err(|error| error.to_string())?;
        device.unmount().ok();
        done(Command::new("truncate").args(["--size", "2G"]).arg(&device.image))?;
        done(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&device.image))?;
        device.mount()?;
        Ok(device)
    }

    fn mount(&self) -> Result<(), String> {
        // A trial that failed may have left it mounted and cut off.
        self.unmount().ok();
        done(Command::new("mount").args(["-o", "loop"]).arg(&self.image).arg(&self.folder))
    }

    fn unmount(&self) -> Result<(), String> {
        done(Command::new("umount").arg(&self.folder))
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.unmount().ok();
        fs::remove_file(&self.image).ok();
    }
}

/// Runs a command that says something only if it fails.
fn done(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let gone = ended(command).map_err(|error| format!("{name}: {error}"))?;
    if gone.is_good() { Ok(()) } else { Err(format!("{name}: {}", gone.said.trim())) }
}

/// A program that waits for the name of a file system and cuts it off from its device.
struct Cutter {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Cutter {
    fn start() -> Result<Self, String> {
        let mut python = Command::new("python3");
        python.args(["-u", "-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = python.spawn().map_err(|error| format!("python3: {error}"))?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (Some(to), Some(from)) = (to, from) else { return Err("python3: no pipes".to_owned()) };
        Ok(Self { child, to, from: BufReader::new(from) })
    }

    fn cut(&mut self, folder: &Path) -> Result<(), String> {
        let mut answer = String::new();
        writeln!(self.to, "{}", folder.display())
            .and_then(|()| self.from.read_line(&mut answer))
            .map_err(|error| error.to_string())?;
        if answer.trim() == "cut" { Ok(()) } else { Err(format!("the power cannot be cut: {answer}")) }
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `EXT4_IOC_SHUTDOWN`, without writing the journal first.
const PROGRAM: &str = "
import fcntl, os, struct, sys
for line in sys.stdin:
    try:
        folder = os.open(line.rstrip('\\n'), os.O_RDONLY)
        fcntl.ioctl(folder, 0x8004587D, struct.pack('I', 2))
        os.close(folder)
        print('cut')
    except OSError as error:
        print(error)
";
