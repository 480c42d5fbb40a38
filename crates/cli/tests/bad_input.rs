//! Bad input: one clear message with the place, the right exit code, no panic, nothing that looks whole
//! and is not.
#![expect(clippy::print_stderr, reason = "what is skipped is said aloud")]

mod program;

use std::fs;
use std::io::{BufRead, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use program::{Folder, program, read, run, text};

/// CRC-32 bit by bit, as RFC 1952 defines it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

fn container(bytes: usize) -> Vec<u8> {
    run(&["encode", "-q"], &text(bytes)).succeeds().stdout
}

#[test]
fn an_input_that_cannot_be_opened_is_66() {
    let folder = Folder::new();
    for command in ["encode", "decode", "verify", "inspect"] {
        run(&[command, &folder.name("missing")], b"").fails(66, "missing: there is no such file");
        run(&[command, folder.path("").to_str().unwrap()], b"").fails(66, "is a directory");
    }
    let secret = folder.write("secret", b"x");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&secret).is_ok() {
        eprintln!("skipped: this user may read files without permission");
    } else {
        run(&["encode", &secret], b"").fails(66, "permission denied");
    }
}

#[test]
fn what_is_no_container_is_65_and_no_output_appears() {
    let folder = Folder::new();
    let newer = {
        let mut bytes = container(10);
        bytes[8] = 2; // the version, behind the magic
        let crc = crc32(&bytes[..60]);
        bytes[60..64].copy_from_slice(&crc.to_le_bytes());
        bytes
    };
    let random: Vec<u8> =
        (0u32..5000).map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    for (bytes, why) in [
        (&b""[..], "cut within the container header"),
        (b"not a container at all, but long enough to be one, sixty-four bytes", "not a container"),
        (&random, "not a container"),
        (&newer, "newer version"),
    ] {
        let output = folder.name("out");
        run(&["decode", "-o", &output], bytes).fails(65, why);
        run(&["verify"], bytes).fails(65, why);
        run(&["inspect"], bytes).fails(65, why);
        assert!(folder.names().is_empty(), "{:?}", folder.names());
    }
}

#[test]
fn truncations_are_told_and_leave_no_output() {
    let folder = Folder::new();
    let whole = container(200);
    let output = folder.name("out");
    for length in (0..whole.len()).step_by(31).chain([whole.len() - 1]) {
        let ended = run(&["decode", "-q", "-o", &output], &whole[..length]);
        ended.fails(65, "standard input");
        assert!(folder.names().is_empty());
    }
    let verified = run(&["verify", "--json"], &whole[..whole.len() - 1]);
    assert_eq!(verified.code, Some(65));
    let summary: serde_json::Value = serde_json::from_str(verified.text().lines().last().unwrap()).unwrap();
    assert_eq!(summary["verdict"].as_str(), Some("incomplete"));
}

#[test]
fn damage_is_located_and_the_rest_can_be_had() {
    let folder = Folder::new();
    let content = text(50_000); // four frames
    let mut bytes = run(&["encode", "-q"], &content).succeeds().stdout;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let damaged = folder.write("damaged", &bytes);

    let strict = run(&["decode", "-q", &damaged, "-o", &folder.name("out")], b"");
    strict.fails(65, "damaged: byte ");
    assert_eq!(folder.names(), ["damaged"]);

    let lenient = run(&["decode", "-q", "--skip-damaged", &damaged, "-o", &folder.name("out")], b"");
    lenient.fails(65, "left out");
    let rest = read(folder.path("out"));
    let frame = 16_384;
    let lost = content.chunks(frame).position(|part| !rest.windows(part.len()).any(|w| w == part)).unwrap();
    let mut expected = content.clone();
    expected.drain(lost * frame..(lost + 1) * frame);
    assert_eq!(rest, expected, "all frames but one, in order");

    let verified = run(&["verify", "--json", &damaged], b"");
    assert_eq!(verified.code, Some(65));
    let lines: Vec<serde_json::Value> =
        verified.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (summary, found) = lines.split_last().unwrap();
    assert_eq!(summary["frames_damaged"].as_u64(), Some(1));
    assert_eq!(summary["frames"].as_u64(), Some(3));
    assert!(!found.is_empty());
    for line in found {
        assert_eq!(line["frame"].as_u64(), Some(lost as u64), "{line}");
        assert!(matches!(line["verdict"].as_str(), Some("ok" | "corrupt" | "ambiguous" | "incomplete")));
        assert!(line["offset"].is_u64());
    }
}

#[test]
fn every_line_of_decimal_input_has_its_verdict() {
    let good = run(&["encode", "--format", "decimal", "-q"], b"abc").succeeds();
    let mut lines: Vec<String> = good.text().lines().map(str::to_owned).collect();
    lines[2] = "12345678901234567890".to_owned();
    lines.insert(3, "hello".to_owned());
    let verified = run(&["verify", "--format", "decimal", "--json"], (lines.join("\n") + "\n").as_bytes());
    assert_eq!(verified.code, Some(65));
    let said: Vec<serde_json::Value> =
        verified.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), lines.len() + 1);
    for (index, line) in said[..lines.len()].iter().enumerate() {
        assert_eq!(line["line"].as_u64(), Some(index as u64 + 1));
        let is_bad = index == 2 || index == 3;
        assert_eq!(line["verdict"].as_str(), Some(if is_bad { "corrupt" } else { "ok" }), "{line}");
    }
    assert_eq!(said[1]["value"].as_u64(), Some(u64::from(b'a')));
    assert_eq!(said.last().unwrap()["lines_damaged"].as_u64(), Some(2));
    run(&["decode", "--format", "decimal", "-q"], lines.join("\n").as_bytes()).fails(65, "line 3");
}

#[test]
fn operations_alone_are_a_program_and_good() {
    let push_and_print = "263628335256250000\n2826824442781250000\n143496441\n92522430625\n";
    let verified = run(&["verify", "--format", "decimal", "--json"], push_and_print.as_bytes()).succeeds();
    let first: serde_json::Value = serde_json::from_str(verified.text().lines().next().unwrap()).unwrap();
    assert_eq!((first["kind"].as_str(), first["opcode"].as_u64()), (Some("operation"), Some(2)));
}

#[test]
fn text_that_is_not_utf8_is_told_with_its_offset() {
    run(&["encode", "--units", "utf16", "-q"], b"abc\xFFdef").fails(65, "not UTF-8 at byte 3");
    run(&["encode", "--units", "utf16", "-q"], b"abc\xE2\x82").fails(65, "byte 3");
    assert_eq!(run(&["encode", "-q"], b"abc\xFFdef").code, Some(0), "bytes are bytes");
}

#[test]
fn a_line_without_end_is_told_and_costs_no_memory() {
    let line = vec![b'7'; 100 << 20];
    let factored = run(&["factor", "--memory-limit", "16MiB"], &line);
    assert_eq!(factored.code, Some(1));
    assert!(
        factored.stderr.contains("line 1: the record at byte 0 has no end within"),
        "{}",
        factored.stderr
    );
    let verified = run(&["verify", "--format", "decimal"], &line);
    assert_eq!(verified.code, Some(65));
}

#[test]
fn a_full_disk_is_74() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full");
        return;
    }
    run(&["encode", "-q", "-o", "/dev/full"], &text(100_000)).fails(74, "/dev/full: No space left on device");
    let good = container(100_000);
    run(&["decode", "-q", "-o", "/dev/full"], &good).fails(74, "No space left on device");
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [&["primes", "1", "100"][..], &["factor", "60"], &["is-prime", "7"], &["man"]] {
        let status = program().args(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(status.status.code(), Some(74), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    for arguments in [&["primes", "1"][..], &["encode", "-q", "/dev/zero"]] {
        let mut child =
            program().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 16];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap(); // and the pipe is closed here
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_signal_ends_it_and_leaves_nothing_behind() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = Folder::new();
        let output = folder.name("out.prime");
        let mut child = program()
            .args(["encode", "-q", "/dev/zero", "-o", &output])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while folder.names().is_empty() {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert!(folder.names().is_empty(), "{:?}", folder.names());
    }
}

#[test]
fn a_second_signal_leaves_nothing_behind() {
    let folder = Folder::new();
    let mut child = program()
        .args(["encode", "-q", "-o", &folder.name("out.prime")])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    while folder.names().is_empty() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let input = child.stdin.take(); // it waits for input and cannot be asked
    for signal in ["TERM", "TERM"] {
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(folder.names().is_empty(), "{:?}", folder.names());
    drop(input);
}

#[test]
fn a_signal_ends_it_while_it_waits_for_input() {
    let mut child =
        program().args(["encode", "-q"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut start = [0; 64];
    child.stdout.as_mut().unwrap().read_exact(&mut start).unwrap(); // the header: it is running
    let id = child.id().to_string();
    let input = child.stdin.take(); // waiting would close it, and the end of the input is an end as well
    std::process::Command::new("kill").args(["-s", "INT", &id]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(input);
}

#[test]
fn progress_is_told_where_there_is_no_terminal_if_asked_for() {
    let mut child = program()
        .args(["encode", "-q", "--progress", "always", "/dev/zero", "-o", "/dev/null"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("progress: ") && line.trim_end().ends_with("/s"), "{line}");
}

#[test]
fn usage_is_64() {
    for arguments in [
        &["encode", "--block", "7"][..],
        &["encode", "--block", "257"],
        &["encode", "--profile", "dense", "--block", "64"],
        &["encode", "--profile", "dense", "--format", "decimal"],
        &["encode", "--no-index", "--format", "decimal"],
        &["execute", "--limit", "stack_max"],
        &["execute", "--limit", "patience=3"],
        &["transform", "--inverse", "--block", "8"],
        &["encode", "--format", "decimal", "--compress", "zstd"],
        &["encode", "--memory-limit", "lots"],
        &["primes", "10", "5"],
        &["primes", "-3"],
        &["primes", "340282366920938463463374607431768211456"],
        &["primes", "1", "9", "--count", "--nth", "2"],
        &["frobnicate"],
        &[],
    ] {
        assert_eq!(run(arguments, b"").code, Some(64), "{arguments:?}");
    }
    assert_eq!(run(&["--help"], b"").code, Some(0));
    assert_eq!(run(&["--version"], b"").code, Some(0));
    run(&["encode", "-q", "--memory-limit", "1KiB"], &text(100_000)).fails(64, "--memory-limit");
}

#[test]
fn hostile_names_do_not_reach_the_terminal_as_commands() {
    let ended = run(&["encode", "no\u{1b}[31msuch"], b"");
    ended.fails(66, "no\\u{1b}[31msuch");
}

#[test]
fn an_old_output_stays_until_the_new_one_is_whole() {
    let folder = Folder::new();
    let output = folder.write("out", b"old");
    run(&["encode", "-q", "--units", "utf16", "-o", &output], b"abc\xFF").fails(65, "UTF-8");
    assert_eq!(read(&output), b"old");
    run(&["encode", "-q", "-o", &output], b"abc").succeeds();
    assert_ne!(read(&output), b"old");
}

#[test]
fn bad_bounds_of_primes_are_64_and_named() {
    let too_large = "340282366920938463463374607431768211456"; // 2^128
    for bad in ["-5", "0x1f", "1e9", "+7", "1_000", "", "x", "1.5", too_large] {
        for (arguments, name) in [(["primes", bad, "10"], "<START>"), (["primes", "10", bad], "[STOP]")] {
            let said = run(&arguments, b"");
            assert_eq!(said.code, Some(64), "{arguments:?}: {}", said.stderr);
            assert!(said.stderr.contains(name), "{arguments:?}: {}", said.stderr);
            assert!(said.stdout.is_empty(), "{arguments:?}");
        }
    }
    run(&["primes", "11", "10"], b"").fails(64, "START 11 is above STOP 10");
    for (arguments, name) in [
        (&["primes", "0", "--nth", "0"][..], "--nth"),
        (&["primes", "0", "--gap", "0"], "--gap"),
        (&["primes", "0", "--gap", "x"], "--gap"),
        (&["primes", "0", "9", "--gaps", "--twins"], "--gaps"),
        (&["primes"], "<START>"),
    ] {
        let said = run(arguments, b"");
        assert_eq!(said.code, Some(64), "{arguments:?}: {}", said.stderr);
        assert!(said.stderr.contains(name), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn a_reader_of_primes_that_has_seen_enough_ends_it_quietly() {
    for arguments in [&["primes", "1000000000000000000"][..], &["primes", "0", "--gaps"]] {
        let mut child =
            program().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert!(["1000000000000000003\n", "2 1\n"].contains(&line.as_str()), "{line}");
        drop(lines);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn an_interrupt_ends_primes_at_once() {
    for arguments in [&["primes", "0"][..], &["primes", "1000000000000000000", "--count"]] {
        let mut child = program()
            .args(arguments)
            .args(["--progress", "always"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It listens for signals before it writes or tells anything.
        if arguments.len() == 2 {
            child.stdout.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
        } else {
            child.stderr.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
        }
        let interrupted = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        let was_sent = interrupted.is_ok_and(|status| status.success());
        if !was_sent {
            child.kill().unwrap();
            eprintln!("skipped: there is no `kill` on this machine");
        }
        let ended = child.wait_with_output().unwrap();
        assert!(!was_sent || ended.status.code() == Some(130), "{:?}", ended.status);
    }
}

#[test]
fn the_damage_map_shows_where_it_lies() {
    let mut bytes = container(100_000);
    let good = bytes.len();
    bytes.extend(container(100));
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    let said = run(&["inspect", "--json"], &bytes);
    assert_eq!(said.code, Some(65));
    let said: serde_json::Value = serde_json::from_str(said.text()).unwrap();
    assert_eq!((said["damages_count"].as_u64(), said["good_bytes"].as_u64()), (Some(1), Some(0)));
    let (cells, each) = (said["map"]["cells"].as_str().unwrap(), said["map"]["bytes_each"].as_u64().unwrap());
    let frame = said["damages"][0]["offset"].as_u64().unwrap();
    let frame_end = frame + said["damages"][0]["bytes"].as_u64().unwrap();
    assert!((frame..frame_end).contains(&(place as u64)));
    let damaged: Vec<_> = cells.match_indices('x').map(|(cell, _)| cell as u64).collect();
    assert_eq!(damaged, (frame / each..=(frame_end - 1) / each).collect::<Vec<_>>(), "{cells}");
    assert_eq!(cells.len() as u64, (bytes.len() as u64).div_ceil(each));

    // The second container is cut: the first is whole.
    bytes[place] ^= 1;
    let said = run(&["inspect"], &bytes[..bytes.len() - 50]);
    assert_eq!(said.code, Some(65));
    assert!(said.text().contains(&format!("\nwhole up to byte {good}\n")), "{}", said.text());
    assert!(said.text().contains("no end frame: incomplete"), "{}", said.text());
}
