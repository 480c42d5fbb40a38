//! Commands that keep checkpoints and are cut off: given again they go on, and what comes of it is what an undisturbed
//! run makes.
//!
//! A few of each kind; `cargo xtask long` has the lanes that go on for hours.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod program;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use program::{Ended, Folder, program, read, run, text};

/// A command with checkpoints in a folder of its own.
struct Job {
    folder: Folder,
    words: Vec<String>,
}

impl Job {
    fn new(folder: Folder, words: &[&str]) -> Self {
        let (out, checkpoints) = (folder.name("out"), folder.name("checkpoints"));
        let own = ["--quiet", "-o", &out, "--checkpoint", &checkpoints];
        let words = words.iter().chain(&own).map(|&word| word.to_owned()).collect();
        Self { folder, words }
    }

    /// Lists primes: the longest work there is without an input.
    fn primes() -> Self {
        Self::new(Folder::new(), &["primes", "1000000000000", "1000010000000"])
    }

    fn run(&self, options: &[&str]) -> Ended {
        let words: Vec<&str> = self.words.iter().map(String::as_str).chain(options.iter().copied()).collect();
        run(&words, b"")
    }

    fn start(&self, options: &[&str]) -> std::process::Child {
        let mut program = program();
        program.args(&self.words).args(options).stdin(Stdio::null()).stderr(Stdio::piped());
        program.spawn().unwrap()
    }

    /// Returns the checkpoints, the oldest first.
    fn checkpoints(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path("checkpoints")).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "ck"));
        paths.sort();
        paths
    }

    /// Starts it and kills it when there is a checkpoint that was not there before.
    fn kill_behind_a_checkpoint(&self) {
        let before = self.checkpoints().pop();
        let mut child = self.start(&["--every", "1ms", "--threads", "2"]);
        while self.checkpoints().pop() == before && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Returns the newest epoch that `checkpoint show` tells of.
    fn epoch(&self) -> u64 {
        let shown = run(&["checkpoint", "show", "--json", &self.folder.name("checkpoints")], b"").succeeds();
        let first: serde_json::Value = serde_json::from_str(shown.text().lines().next().unwrap()).unwrap();
        first["epoch"].as_u64().unwrap()
    }

    /// Demands that nothing is left but the output and checkpoints that are whole.
    fn is_tidy(&self) {
        assert!(self.folder.names().iter().all(|name| !name.starts_with('.')), "{:?}", self.folder.names());
        let entries = fs::read_dir(self.folder.path("checkpoints")).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(
            names.iter().all(|name| name == "lock" || name.ends_with(".ck")) && names.len() <= 3,
            "{names:?}"
        );
    }
}

/// What `primes` of [`Job::primes`] makes.
fn primes() -> Vec<u8> {
    run(&["primes", "1000000000000", "1000010000000"], b"").succeeds().stdout
}

#[test]
fn what_is_killed_again_and_again_comes_out_the_same() {
    let folder = Folder::new();
    let input = folder.write("input", &text(3_000_000));
    let numbers: Vec<u8> =
        (0..50_000u64).flat_map(|i| format!("{}\n", 1_000_000_007 * (i + 3)).into_bytes()).collect();
    let numbers = folder.write("numbers", &numbers);
    let container = folder.name("container");
    run(&["encode", "-q", "--profile", "dense", &input, "-o", &container], b"").succeeds();
    let factors = run(&["factor", "--input", &numbers], b"").succeeds().stdout;
    for (words, expected) in [
        (&["encode", "--profile", "dense", &input][..], None),
        (&["decode", &container], Some(read(&input))),
        (&["factor", "--input", &numbers], Some(factors)),
        (&["primes", "1000000000000", "1000010000000"], Some(primes())),
    ] {
        let job = Job::new(Folder::new(), words);
        let mut epoch = 0;
        for _ in 0..2 {
            job.kill_behind_a_checkpoint();
            let now = job.epoch();
            assert!(epoch < now, "{words:?}: epoch {now} came behind {epoch}");
            epoch = now;
        }
        job.run(&["--threads", "3", "--every", "64KiB", "--memory-limit", "48MiB"]).succeeds();
        let out = job.folder.name("out");
        match expected {
            Some(expected) => assert!(read(&out) == expected, "{words:?}"),
            None => {
                run(&["verify", "-q", &out], b"").succeeds();
                assert!(run(&["decode", "-q", &out], b"").succeeds().stdout == read(&input), "{words:?}");
            }
        }
        job.is_tidy();
        // Once it is done, it does nothing.
        let (changed, epoch) = (fs::metadata(&out).unwrap().modified().unwrap(), job.epoch());
        job.run(&[]).succeeds();
        assert_eq!((fs::metadata(&out).unwrap().modified().unwrap(), job.epoch()), (changed, epoch));
    }
}

#[test]
fn a_count_that_is_killed_counts_on() {
    let folder = Folder::new();
    let checkpoints = folder.name("checkpoints");
    let words =
        ["primes", "--count", "2", "10000000000", "--quiet", "--threads", "2", "--memory-limit", "64MiB"];
    let kept = [&words[..], &["--checkpoint", &checkpoints, "--every", "1ms"]].concat();
    let mut child = program().args(&kept).stdout(Stdio::null()).spawn().unwrap();
    let has_one = || {
        let entries = fs::read_dir(folder.path("checkpoints")).into_iter().flatten();
        entries.flatten().any(|entry| entry.path().extension().is_some_and(|ending| ending == "ck"))
    };
    while !has_one() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(run(&kept, b"").succeeds().text(), "455052511\n");
    assert_eq!(run(&kept, b"").succeeds().text(), "455052511\n", "it was done");
}

#[test]
fn a_signal_takes_a_last_checkpoint() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let job = Job::primes();
        let mut child = job.start(&["--every", "1h", "--threads", "1"]);
        while !job.folder.path(".out.part").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it was done before");
        }
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        Ended::from(child.wait_with_output().unwrap())
            .fails(code, "stopped behind epoch 1; the same command goes on");
        assert!(job.epoch() == 1 && !job.folder.path("out").exists());
        job.run(&[]).succeeds();
        assert!(read(job.folder.path("out")) == primes());
        job.is_tidy();
    }
}

#[test]
fn the_second_process_is_refused_and_told_of_the_first() {
    let job = Job::primes();
    let mut child = job.start(&["--threads", "1"]);
    while !job.folder.path(".out.part").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it was done before");
    }
    // Stopped, so that it is there for as long as it is asked about.
    let tell = |signal| Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    tell("STOP");
    let second = job.run(&[]);
    let cleared = run(&["checkpoint", "clear", &job.folder.name("checkpoints")], b"");
    tell("CONT");
    for refused in [second, cleared] {
        refused.fails(74, &child.id().to_string());
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(read(job.folder.path("out")) == primes());
}

#[test]
fn an_input_that_was_changed_is_refused_unless_one_insists() {
    let folder = Folder::new();
    let input = folder.write("input", &text(3_000_000));
    let job = Job::new(Folder::new(), &["encode", "--profile", "dense", &input]);
    job.kill_behind_a_checkpoint();
    // The same bytes, written at another time.
    let file = fs::File::options().write(true).open(&input).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let refused = job.run(&[]);
    assert!(refused.code.is_some_and(|code| code != 0), "{}", refused.stderr);
    assert!(refused.stderr.contains(&input), "{}", refused.stderr);
    assert!(!job.folder.path("out").exists());
    job.run(&["--even-if-changed"]).succeeds();
    let out = job.folder.name("out");
    assert!(run(&["decode", "-q", &out], b"").succeeds().stdout == read(&input));
}

#[test]
fn an_input_that_was_changed_since_all_was_done_is_refused() {
    let folder = Folder::new();
    let input = folder.write("input", b"of yesterday");
    let container = folder.name("container");
    run(&["encode", "-q", &input, "-o", &container], b"").succeeds();
    let numbers = folder.write("numbers", b"15\n");
    for words in [&["encode", &input][..], &["decode", &container], &["factor", "--input", &numbers]] {
        let job = Job::new(Folder::new(), words);
        job.run(&[]).succeeds();
        job.run(&[]).succeeds();
        let changed = words.last().unwrap();
        let file = fs::File::options().write(true).open(changed).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        job.run(&[]).fails(74, "was changed since all of it was done; `primestream checkpoint clear");
        job.run(&["--even-if-changed"]).succeeds();
        run(&["checkpoint", "clear", "-q", &job.folder.name("checkpoints")], b"").succeeds();
        job.run(&[]).succeeds();
        job.run(&[]).succeeds();
    }
}

#[test]
fn complaints_of_a_run_before_are_counted_and_not_forgotten() {
    let folder = Folder::new();
    let job = Job::new(Folder::new(), &["factor", "--input", &folder.write("numbers", b"15\nx\n21\n")]);
    job.run(&[]).fails(1, "line 2: `x` is not a natural number");
    job.run(&[]).fails(1, "numbers: refused or left in all, those told before included: 1");
    assert_eq!(read(job.folder.path("out")), b"15: 3 5\n21: 3 7\n");
}

#[test]
fn an_output_that_was_taken_away_is_named() {
    let folder = Folder::new();
    let input = folder.write("input", b"some bytes");
    let job = Job::new(Folder::new(), &["encode", &input]);
    job.run(&[]).succeeds();
    let out = job.folder.name("out");
    fs::remove_file(&out).unwrap();
    job.run(&[]).fails(74, &format!("{out}: neither it nor "));
}

#[test]
fn an_input_that_is_no_container_leaves_nothing() {
    let folder = Folder::new();
    let input = folder.write("input", b"no container");
    let job = Job::new(Folder::new(), &["decode", &input]);
    job.run(&[]).fails(65, &input);
    assert_eq!(job.folder.names(), ["checkpoints"]);
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_two_are_the_end() {
    let job = Job::primes();
    while job.checkpoints().len() < 2 {
        job.kill_behind_a_checkpoint();
    }
    let whole: Vec<Vec<u8>> = job.checkpoints().iter().map(read).collect();
    let damage = |index: usize| {
        let mut bytes = whole[index].clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&job.checkpoints()[index], bytes).unwrap();
    };
    (0..2).for_each(damage);
    let refused = job.run(&[]);
    assert!(
        !refused.stderr.contains("checkpoints: checkpoints"),
        "the folder is named once: {}",
        refused.stderr
    );
    let whole_folder =
        format!("checkpoint: {}: no checkpoint there is whole; ", job.folder.name("checkpoints"));
    assert!(refused.stderr.contains(&whole_folder), "{}", refused.stderr);
    refused.fails(74, "; clear it to start afresh");
    assert!(!job.folder.path("out").exists(), "nothing starts afresh");
    let shown = run(&["checkpoint", "show", &job.folder.name("checkpoints")], b"");
    assert!(shown.code == Some(65) && shown.text().matches("damaged").count() >= 2, "{shown:?}");
    fs::write(&job.checkpoints()[0], &whole[0]).unwrap();
    let gone_on = job.run(&[]).succeeds();
    assert!(gone_on.stderr.contains("the one before it is taken"), "{}", gone_on.stderr);
    assert!(read(job.folder.path("out")) == primes());
}

#[test]
fn checkpoints_of_another_command_are_refused() {
    let job = Job::primes();
    job.kill_behind_a_checkpoint();
    let (out, checkpoints) = (job.folder.name("out"), job.folder.name("checkpoints"));
    let input = job.folder.write("input", b"some bytes");
    for (words, why) in [
        (&["primes", "1000000000000", "1000010000001", "-o", &out][..], "to was \"1000010000000\""),
        (&["primes", "--twins", "1000000000000", "1000010000000", "-o", &out], "what was"),
        (&["primes", "1000000000000", "1000010000000", "-o", &job.folder.name("other")], "output was"),
        (&["encode", &input, "-o", &job.folder.name("other")], "was \"primes\""),
    ] {
        run(&[words, &["--checkpoint", &checkpoints]].concat(), b"").fails(64, why);
    }
    run(&["checkpoint", "clear", "-q", &checkpoints], b"").succeeds();
    run(&["primes", "1", "20", "-o", &out, "--checkpoint", &checkpoints, "-q"], b"").succeeds();
    assert_eq!(read(&out), b"2\n3\n5\n7\n11\n13\n17\n19\n");
}

#[test]
fn what_cannot_be_come_back_to_is_refused_before_it_begins() {
    let folder = Folder::new();
    let input = folder.write("input", b"some bytes");
    let (out, checkpoints) = (folder.name("out"), folder.name("checkpoints"));
    for (words, code, why) in [
        (&["encode", &input][..], 64, "needs an output file: name it with `-o`"),
        (&["encode", &input, "-o", "-"], 64, "needs an output file: name it with `-o`"),
        (&["encode", "-o", &out], 64, "the standard input cannot be come back to"),
        (&["encode", "-", "-o", &out], 64, "the standard input cannot be come back to"),
        (&["encode", "/dev/zero", "-o", &out], 74, "/dev/zero"),
        (&["encode", &input, "-o", "."], 64, ".: is a directory"),
        (&["encode", &input, "-o", "/dev/full"], 74, "/dev/full"),
        (&["encode", &input, "-o", &folder.name("no/such")], 74, "no/.such.part"),
        (&["encode", "/no/such/file", "-o", &out], 66, "/no/such/file"),
        (&["primes", "1", "9"], 64, "needs an output file: name it with `-o`"),
        (&["factor", "15", "-o", &out], 64, "--checkpoint"),
        (&["encode", "--format", "decimal", &input, "-o", &out], 64, "decimal lines have no checkpoints"),
    ] {
        let kept = [words, &["--checkpoint", &checkpoints]].concat();
        run(&kept, b"from a pipe").fails(code, why);
        assert!(!folder.path("out").exists(), "{words:?}");
        if code != 74 {
            assert_eq!(folder.names(), ["input"], "{words:?}: refused before anything was made");
        }
        let _ = fs::remove_dir_all(folder.path("checkpoints"));
    }
    let refused = run(&["encode", &input, "-o", &out, "--checkpoint", &input], b"");
    refused.fails(74, &input);
    for every in ["", "5", "0s", "-1s", "often", "99999999999999999999s", "0MiB", "1.5.5s", "∞s"] {
        let bad = run(
            &["encode", &input, "-o", &out, "--checkpoint", &checkpoints, &format!("--every={every}")],
            b"",
        );
        assert!(bad.code == Some(64) && bad.stderr.contains("--every"), "{every}: {}", bad.stderr);
    }
    assert_eq!(
        run(&["encode", &input, "-o", &out, "--every", "1s"], b"").code,
        Some(64),
        "there is no folder"
    );
    assert_eq!(folder.names(), ["input"]);
}

#[test]
fn folders_without_checkpoints_are_told_apart() {
    let folder = Folder::new();
    let (none, file) = (folder.name("none"), folder.write("file", b"x"));
    let empty = folder.name("empty");
    fs::create_dir(&empty).unwrap();
    for what in ["show", "clear"] {
        run(&["checkpoint", what, &none], b"").fails(66, "there is no such folder");
        run(&["checkpoint", what, &file], b"").fails(66, "this is no folder");
    }
    assert!(run(&["checkpoint", "show", &empty], b"").succeeds().text().contains("no checkpoints"));
    assert_eq!(run(&["checkpoint", "show", "--json", &empty], b"").succeeds().text(), "");
    assert!(run(&["checkpoint", "clear", &empty], b"").succeeds().text().contains("0 checkpoints cleared"));
    fs::write(folder.path("empty/checkpoint-0000000000000003.ck"), b"no checkpoint").unwrap();
    let shown = run(&["checkpoint", "show", &empty], b"");
    assert!(shown.code == Some(65) && shown.text().contains("epoch 3: 13 bytes, damaged"), "{shown:?}");
    assert_eq!(run(&["checkpoint", "clear", "--json", &empty], b"").succeeds().text(), "{\"cleared\":1}\n");
    assert!(run(&["checkpoint", "show", &empty], b"").succeeds().text().contains("no checkpoints"));
}
