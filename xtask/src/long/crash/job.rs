//! What the program is asked to do while it is disturbed, and what must come of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::run::{Counts, Outcome, Run};
use super::draw::Draw;
use super::process::ended;
use super::recorded::{Recorded, newest};

/// The program, and jobs for it with their answers.
pub(super) struct Workshop {
    pub(super) program: PathBuf,
    /// A folder that is the lane's own.
    pub(super) folder: PathBuf,
    pub(super) jobs: Vec<Job>,
}

/// A command that makes one file.
pub(super) struct Job {
    pub(super) name: &'static str,
    words: Vec<String>,
    /// The file that must come of it, or that must come of decoding what it made.
    answer: PathBuf,
    is_container: bool,
}

impl Workshop {
    /// Builds the program, draws inputs of about so many bytes, and lets nobody disturb it once.
    pub(super) fn open(run: &Run<'_>, bytes: u64) -> Result<Self, Outcome> {
        let tried = run.program().ok_or(Outcome::Ran(Counts::one(false)))?;
        // Without `..`, as the system names what a descriptor is of.
        let root = run.root().canonicalize().unwrap_or_else(|_| run.root().to_owned());
        let folder = run.folder_in(&root);
        let program = folder.join("primestream");
        let fill = || -> io::Result<Vec<Job>> {
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::create_dir_all(folder.join("inputs"))?;
            // Somebody may build anew meanwhile.
            fs::copy(tried, &program)?;
            jobs(&program, &folder.join("inputs"), bytes)
        };
        match fill() {
            Ok(jobs) => Ok(Self { program, folder, jobs }),
            Err(error) => {
                run.keep(&[("begin", &format!("{}: {error}\n", folder.display()))]);
                eprintln!("{}: {error}", folder.display());
                Err(Outcome::Ran(Counts::one(false)))
            }
        }
    }

    /// Returns an empty place to do a job in.
    pub(super) fn place(&self) -> io::Result<Place> {
        Place::empty(self.folder.join("place"))
    }

    /// Returns the command of a job in a place.
    pub(super) fn command(&self, job: &Job, place: &Place, options: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.arguments(job, place, options));
        command
    }

    pub(super) fn arguments(&self, job: &Job, place: &Place, options: &[String]) -> Vec<String> {
        let mut arguments = job.words.clone();
        let own = ["--quiet", "-o", &place.name(OUTPUT), "--checkpoint", &place.name(CHECKPOINTS)];
        arguments.extend(own.map(str::to_owned));
        arguments.extend_from_slice(options);
        arguments
    }

    /// Returns what is wrong with a place where a job was done to its end.
    pub(super) fn fault(&self, job: &Job, place: &Place) -> Result<(), String> {
        let output = place.output();
        let is_right = if job.is_container {
            let decoded = self.folder.join("decoded");
            let mut decode = Command::new(&self.program);
            decode.args(["decode", "--quiet"]).arg(&output).arg("-o").arg(&decoded);
            let gone = ended(&mut decode).map_err(|error| error.to_string())?;
            if !gone.is_good() {
                return Err(format!("what was encoded cannot be decoded: {}", gone.said));
            }
            is_same(&decoded, &job.answer)
        } else {
            is_same(&output, &job.answer)
        };
        if !is_right {
            return Err(format!("{} is not what it should be", output.display()));
        }
        let left: Vec<String> = place
            .names()
            .into_iter()
            .filter(|name| {
                let is_checkpoint = name.starts_with("checkpoints/checkpoint-") && name.ends_with(".ck");
                !is_checkpoint && !["out", "checkpoints", "checkpoints/lock"].contains(&name.as_str())
            })
            .collect();
        if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}")) }
    }

    /// Lets a job come to its end undisturbed, and returns what is wrong then.
    pub(super) fn complete(&self, job: &Job, place: &Place, options: &[String]) -> Result<(), String> {
        let gone = ended(&mut self.command(job, place, options)).map_err(|error| error.to_string())?;
        if !gone.is_good() {
            return Err(format!("going on ended with {}: {}", gone.code(), gone.said));
        }
        self.fault(job, place)
    }
}

/// Where a job is done: a folder with its output and its checkpoints.
pub(super) struct Place(PathBuf);

const OUTPUT: &str = "out";
const CHECKPOINTS: &str = "checkpoints";

impl Place {
    /// Makes the folder, or empties it.
    pub(super) fn empty(folder: PathBuf) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// Takes a folder that is there and empty.
    pub(super) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn output(&self) -> PathBuf {
        self.0.join(OUTPUT)
    }

    /// Returns what the output is called while it is written.
    pub(super) fn part(&self) -> PathBuf {
        self.0.join(format!(".{OUTPUT}.part"))
    }

    pub(super) fn checkpoints(&self) -> PathBuf {
        self.0.join(CHECKPOINTS)
    }

    /// Returns how far the job is, or which checkpoint is damaged.
    pub(super) fn recorded(&self) -> Result<Option<Recorded>, String> {
        newest(&self.checkpoints(), OUTPUT)
    }

    fn name(&self, of: &str) -> String {
        self.0.join(of).to_string_lossy().into_owned()
    }

    /// Returns the names of all that is in it, and in the folder of checkpoints.
    pub(super) fn names(&self) -> Vec<String> {
        let list = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
        };
        let below = list(&self.checkpoints()).into_iter().map(|name| format!("{CHECKPOINTS}/{name}"));
        list(&self.0).into_iter().chain(below).collect()
    }
}

/// Draws the options that may be others each time a command is given.
pub(super) fn options(draw: &mut Draw) -> Vec<String> {
    let every = draw.one(&["5ms", "20ms", "50ms", "250ms", "1s", "256KiB", "1MiB", "16MiB"]);
    let memory = draw.one(&["32MiB", "64MiB", "128MiB", "512MiB"]);
    let threads = draw.one(&["1", "2", "3", "4"]);
    ["--every", every, "--memory-limit", memory, "--threads", threads].map(str::to_owned).to_vec()
}

/// Makes the inputs and answers of all jobs, about so many bytes each.
fn jobs(program: &Path, folder: &Path, bytes: u64) -> io::Result<Vec<Job>> {
    let name = |file: &str| folder.join(file).to_string_lossy().into_owned();
    let mut draw = Draw::new(bytes);
    let mut text = BufWriter::new(create(&folder.join("text"))?);
    for _ in 0..bytes / 16 {
        writeln!(text, "{:015x}", draw.number() >> 4)?;
    }
    text.flush()?;
    let mut numbers = BufWriter::new(create(&folder.join("numbers"))?);
    for _ in 0..bytes / BYTES_PER_NUMBER {
        let bits = 32 + draw.below(32);
        writeln!(numbers, "{}", draw.number() >> (64 - bits))?;
    }
    numbers.flush()?;
    let do_once = |words: &[String]| {
        let gone = ended(Command::new(program).arg("--quiet").args(words))?;
        if gone.is_good() { Ok(()) } else { Err(io::Error::other(format!("{words:?}: {}", gone.said))) }
    };
    let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.to_owned()).collect() };
    let last = (PRIMES_FROM + 2 * bytes).to_string();
    let encode = words(&["encode", "--profile", "dense", &name("text")]);
    do_once(&[encode.clone(), words(&["-o", &name("container")])].concat())?;
    let mut jobs =
        vec![Job { name: "encode", words: encode, answer: folder.join("text"), is_container: true }];
    for (job, command, answer) in [
        ("decode", words(&["decode", &name("container")]), "text"),
        ("factor", words(&["factor", "--input", &name("numbers")]), "factors"),
        ("primes", words(&["primes", &PRIMES_FROM.to_string(), &last]), "primes"),
    ] {
        let answer = folder.join(answer);
        if !answer.exists() {
            do_once(&[command.clone(), words(&["-o", &answer.to_string_lossy()])].concat())?;
        }
        jobs.push(Job { name: job, words: command, answer, is_container: false });
    }
    Ok(jobs)
}

#[expect(clippy::disallowed_methods, reason = "inputs of a trial, whose folder is emptied before")]
fn create(path: &Path) -> io::Result<File> {
    File::create(path)
}

fn is_same(one: &Path, other: &Path) -> bool {
    Command::new("cmp").arg("--silent").arg(one).arg(other).status().is_ok_and(|status| status.success())
}

/// Twelve digits: 36 numbers for one line of 14 bytes.
const PRIMES_FROM: u64 = 100_000_000_000;

/// Factoring costs far more than copying a byte.
const BYTES_PER_NUMBER: u64 = 512;
