//! Gigabytes go through pipes of the program in the memory it is given, and come out as they went in.
//!
//! A gigabyte of content in profile `dense`, more than one of codewords in profile `uor`; `cargo xtask long encode` asks for
//! more, all of it content.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and is followed"
)]

mod program;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use program::{PART_BYTES, part, program};

/// What the processes may hold in all: what they are told and 32 MiB for the program itself.
const RESIDENT_MAX: u64 = (64 + 32) << 20;

fn parts(profile: &str) -> u64 {
    let bytes = asked().map_or(1_000_000_000, |gigabytes| gigabytes * 1_000_000_000);
    // Codewords take some 27 times their content.
    let share = if profile == "uor" && asked().is_none() { 16 } else { 1 };
    bytes / share / PART_BYTES as u64
}

/// How many gigabytes are asked for.
#[expect(clippy::disallowed_methods, reason = "how long the long run is comes from outside")]
fn asked() -> Option<u64> {
    std::env::var("PRIMESTREAM_GIGABYTES").ok().map(|count| count.parse().unwrap())
}

/// Begins a command that reads `input`.
fn begin(arguments: &[&str], input: impl Into<Stdio>) -> Child {
    let limits = ["-q", "--memory-limit", "64MiB"];
    program().args(arguments).args(limits).stdin(input).stdout(Stdio::piped()).spawn().unwrap()
}

/// Feeds the content to `encode`, and what comes out to `reader`; returns what that prints.
fn through(profile: &str, reader: &[&str], take: impl FnOnce(ChildStdout)) {
    let mut encode = begin(&["encode", "--profile", profile], Stdio::piped());
    let mut feed = encode.stdin.take().unwrap();
    let mut behind = begin(reader, encode.stdout.take().unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let watched = [encode.id(), behind.id()];
    let watcher = {
        let is_over = Arc::clone(&is_over);
        thread::Builder::new().spawn(move || watch(watched, &is_over)).unwrap()
    };
    let parts = parts(profile);
    let feeder = thread::Builder::new()
        .spawn(move || (0..parts).try_for_each(|number| feed.write_all(&part(number))))
        .unwrap();
    take(behind.stdout.take().unwrap());
    feeder.join().unwrap().unwrap();
    assert!(encode.wait().unwrap().success() & behind.wait().unwrap().success());
    is_over.store(true, Ordering::Relaxed);
    let peaks = watcher.join().unwrap();
    eprintln!("{profile} | {}: {} and {} MiB resident at most", reader[0], peaks[0] >> 20, peaks[1] >> 20);
    assert!(peaks.iter().all(|&peak| peak > 1 << 20 && peak <= RESIDENT_MAX), "{peaks:?}");
}

/// Follows the most bytes that two processes have resident.
fn watch(processes: [u32; 2], is_over: &AtomicBool) -> [u64; 2] {
    let mut peaks = [0; 2];
    while !is_over.load(Ordering::Relaxed) {
        for (peak, process) in peaks.iter_mut().zip(processes) {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
            *peak = kilobytes.map_or(*peak, |kilobytes| (kilobytes << 10).max(*peak));
        }
        thread::yield_now();
        #[expect(
            clippy::disallowed_methods,
            reason = "a look now and then is enough, the peak is kept by the system"
        )]
        thread::sleep(std::time::Duration::from_millis(50));
    }
    peaks
}

fn verified(profile: &str) {
    through(profile, &["verify"], |mut said| {
        let mut text = String::new();
        said.read_to_string(&mut text).unwrap();
        assert_eq!(text, "", "with `-q` only damage is told");
    });
}

fn decoded(profile: &str) {
    through(profile, &["decode"], |mut content| {
        let mut found = vec![0; PART_BYTES];
        for number in 0..parts(profile) {
            content.read_exact(&mut found).unwrap();
            assert!(found == part(number), "megabyte {number}");
        }
        assert_eq!(content.read(&mut found).unwrap(), 0, "nothing behind it");
    });
}

#[test]
fn gigabytes_are_encoded_and_verified_in_little_memory() {
    verified("dense");
    verified("uor");
}

#[test]
fn gigabytes_come_back_in_little_memory() {
    decoded("dense");
    decoded("uor");
}
