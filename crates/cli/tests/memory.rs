//! Memory stays where it is, however long the input.
#![expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod program;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use program::{program, run, text};

/// Most bytes of memory a process has had so far, if the system tells.
fn peak_bytes(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Feeds a command and returns its peak before the input ends.
fn peak_of(arguments: &[&str], feed: impl FnOnce(&mut dyn Write)) -> Option<u64> {
    let mut child = program().args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    feed(&mut stdin);
    let peak = peak_bytes(&child);
    drop(stdin);
    assert!(child.wait().unwrap().success());
    peak
}

#[test]
fn a_long_input_needs_no_more_memory_than_the_limit_and_a_constant() {
    let part = text(1 << 20);
    let content: Vec<u8> = part.iter().copied().cycle().take(4 << 20).collect();
    let container = run(&["encode", "-q"], &content).succeeds().stdout;
    let limit = ["--memory-limit", "16MiB", "--threads", "4", "-q"];
    let allowed = (16 + 32) << 20;
    let peaks = [
        peak_of(&[&["encode"][..], &limit].concat(), |stdin| {
            (0..48).for_each(|_| stdin.write_all(&part).unwrap());
        }),
        peak_of(&[&["verify"][..], &limit].concat(), |stdin| stdin.write_all(&container).unwrap()),
        peak_of(&[&["decode"][..], &limit].concat(), |stdin| stdin.write_all(&container).unwrap()),
        peak_of(&[&["factor"][..], &limit].concat(), |stdin| {
            (0..200_000).for_each(|n| writeln!(stdin, "{n}").unwrap());
        }),
    ];
    for peak in peaks {
        match peak {
            None => eprintln!("skipped: the system does not tell the memory of a process"),
            Some(peak) => assert!(peak <= allowed, "{peak} of {allowed} bytes"),
        }
    }
}

/// Reads a command's standard output until `enough` bytes came, and returns its peak by then.
fn peak_after(arguments: &[&str], enough: u64) -> Option<u64> {
    let mut child = program().args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut some = child.stdout.take().unwrap().take(enough);
    assert_eq!(std::io::copy(&mut some, &mut std::io::sink()).unwrap(), enough);
    let peak = peak_bytes(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    peak
}

#[test]
fn primes_from_far_out_need_little_memory() {
    // Some two hundred thousand primes: windows of the sieve are open by then.
    match peak_after(&["primes", "1000000000000000000", "--threads", "2"], 4_000_000) {
        None => eprintln!("skipped: the system does not tell the memory of a process"),
        Some(peak) => assert!(peak <= 64 << 20, "{peak} bytes"),
    }
}

#[test]
fn factors_of_a_stream_without_end_need_no_more_the_longer_it_is() {
    let lines =
        |from: u64, count: u64| -> String { (from..from + count).map(|n| format!("{n}\n")).collect() };
    let mut child = program()
        .args(["factor", "--memory-limit", "16MiB", "--threads", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut peak_behind = |from| {
        stdin.write_all(lines(from, 300_000).as_bytes()).unwrap();
        peak_bytes(&child)
    };
    let (early, _, late) = (peak_behind(1), peak_behind(1 << 40), peak_behind(1 << 41));
    drop(stdin);
    assert!(child.wait().unwrap().success());
    match early.zip(late) {
        None => eprintln!("skipped: the system does not tell the memory of a process"),
        Some((early, late)) => assert!(late <= early + (12 << 20), "{late} bytes after {early}"),
    }
}

/// The allocator reads its settings from a symbol, and nobody would miss that at once.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn all_threads_take_memory_from_one_arena() {
    let asked = "abort_conf:true,stats_print:true";
    let told = program().args(["factor", "60"]).env("_RJEM_MALLOC_CONF", asked).output().unwrap();
    assert!(told.status.success(), "no setting is misspelt");
    let told = String::from_utf8(told.stderr).unwrap();
    let settings = [
        ["opt.narenas:", "1"],
        ["opt.oversize_threshold:", "0"],
        ["opt.background_thread:", "true"],
        ["opt.dirty_decay_ms:", "100"],
        ["opt.muzzy_decay_ms:", "0"],
    ];
    for setting in settings {
        let is_told = |line: &str| line.split_whitespace().take(2).eq(setting);
        assert!(told.lines().any(is_told), "{setting:?}: {told}");
    }
}
