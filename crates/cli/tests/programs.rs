//! Programs of codewords, and what else is made of codewords of any kind.

mod program;

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use program::{Folder, program, read, run, text};

const COUNTDOWN: &str = "PUSH 3\nagain: DUP\nPRINT\nPUSH 1\nSUB\nDUP\nJIF again\nTEXT \"go\"\n";

#[test]
fn text_becomes_a_program_and_is_executed_and_comes_back() {
    let folder = Folder::new();
    let source = folder.write("countdown.txt", COUNTDOWN.as_bytes());
    for format in ["container", "decimal"] {
        let made = folder.name("countdown");
        let said = run(&["assemble", &source, "-o", &made, "--format", format], b"").succeeds();
        assert!(
            said.stderr.ends_with("countdown: 9 codewords\n") && said.stdout.is_empty(),
            "{}",
            said.stderr
        );
        let said = run(&["assemble", &source, "-o", &made, "--format", format, "--json"], b"").succeeds();
        assert_eq!(said.text(), "{\"codewords\":9,\"command\":\"assemble\"}\n");
        let outputs = run(&["execute", &made, "--format", format], b"").succeeds();
        assert_eq!(outputs.text(), "3\n2\n1\ng\no\n");
        let again = run(&["disassemble", &made, "--format", format], b"").succeeds();
        assert_eq!(
            again.text(),
            "    PUSH 3\nL1: DUP\n    PRINT\n    PUSH 1\n    SUB\n    DUP\n    JIF L1\n    TEXT \"go\"\n"
        );
        let through_pipes = run(&["assemble", "-", "--format", format], COUNTDOWN.as_bytes()).succeeds();
        let outputs = run(&["execute", "--format", format, "--json"], &through_pipes.stdout).succeeds();
        assert_eq!(outputs.text(), "\"3\"\n\"2\"\n\"1\"\n\"g\"\n\"o\"\n");
    }
    let container = folder.name("countdown.prime");
    run(&["assemble", &source, "-o", &container], b"").succeeds();
    run(&["verify", &container], b"").succeeds();
    let lines = run(&["decode", &container], b"").succeeds();
    assert_eq!(
        lines.stdout,
        read(folder.path("countdown")),
        "a container of codewords decodes to their lines"
    );
    assert!(run(&["inspect", &container], b"").succeeds().text().contains("units Codewords"));
}

#[test]
fn outputs_come_while_the_program_still_arrives() {
    let lines = run(&["assemble", "--format", "decimal"], b"PUSH 7\nPRINT\nPUSH 8\nPRINT\n").succeeds();
    let mut child = program()
        .args(["execute", "--format", "decimal"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut outputs = BufReader::new(child.stdout.take().unwrap()).lines();
    for (pair, expected) in lines.text().lines().collect::<Vec<_>>().chunks(2).zip(["7", "8"]) {
        writeln!(stdin, "{}\n{}", pair[0], pair[1]).unwrap();
        assert_eq!(outputs.next().unwrap().unwrap(), expected);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success() && outputs.next().is_none());
}

#[test]
fn inputs_limits_and_traces_are_as_asked() {
    let add = run(&["assemble"], b"READ\nREAD\nADD\nPRINT\n").succeeds().stdout;
    let said = run(&["execute", "--input", "-5,36893488147419103232"], &add).succeeds();
    assert_eq!(said.text(), "36893488147419103227\n");
    let said = run(&["execute", "--trace", "--input", "1,2"], &add).succeeds();
    assert_eq!((said.text(), said.stderr.lines().count()), ("3\n", 4));
    assert!(said.stderr.contains("2: ADD (stack of 2, 2 on top)"), "{}", said.stderr);

    let for_ever = run(&["assemble"], b"PUSH 1\nagain: DUP\nJMP again\n").succeeds().stdout;
    run(&["execute"], &for_ever).fails(65, "limit stack_max of 65536 reached");
    run(&["execute", "--limit", "stack_max=5"], &for_ever)
        .fails(65, "instruction 1 (DUP): limit stack_max of 5");
    run(&["execute", "--limit-steps", "10"], &for_ever).fails(65, "limit instructions_max of 10 reached");
}

#[test]
fn what_is_no_program_is_told_with_its_place() {
    run(&["assemble"], b"PUSH 1\nPUHS 2\n").fails(65, "line 2: `PUHS` is no operation");
    run(&["assemble"], b"PUSH \xFF\n").fails(65, "not UTF-8");
    let then_none = [&run(&["assemble", "--format", "decimal"], b"NOP\n").succeeds().stdout[..], b"12345\n"];
    run(&["execute", "--format", "decimal"], &then_none.concat()).fails(65, "line 2, byte ");
    run(&["execute", "--format", "decimal"], b"12345\n").fails(65, "line 1, byte 0: corrupt: no reading");
    run(&["decode", "--format", "decimal"], b"12x\n").fails(65, "line 1: not a decimal integer");
    run(&["execute", "--format", "decimal"], b"12x\n").fails(65, "line 1, byte 0: not a decimal number");
    run(&["execute"], b"no container").fails(65, "not a container");
    let bytes = run(&["encode"], b"text").succeeds().stdout;
    run(&["execute"], &bytes).fails(65, "the container holds Bytes, not codewords of a program");
    // What was output before the fault is not lost.
    let fails = run(&["assemble"], b"PUSH 9\nPRINT\nADD\n").succeeds().stdout;
    let said = run(&["execute"], &fails);
    said.fails(65, "instruction 2 (ADD): stack underflow: takes 2 values, 0 there");
    assert_eq!(said.text(), "9\n");
    let mut damaged = fails;
    damaged[100] ^= 1;
    run(&["execute"], &damaged).fails(65, "frame 0");
    run(&["disassemble"], &damaged).fails(65, "frame 0");
    assert_eq!(run(&["execute", "--format", "decimal"], b"").succeeds().text(), "");
}

#[test]
fn outputs_before_what_is_no_codeword_are_all_printed() {
    let many = "PUSH 1\nPRINT\n".repeat(20_000);
    let good = run(&["assemble", "--format", "decimal"], many.as_bytes()).succeeds();
    for (bad, why) in [("12345\n", "corrupt: no reading"), ("x\n", "not a decimal number")] {
        let lines = format!("{}{bad}1024\n", good.text());
        let place = format!("standard input: line 40001, byte {}: {why}", good.stdout.len());
        let said = run(&["execute", "--format", "decimal"], lines.as_bytes());
        said.fails(65, &place);
        assert!(said.text() == "1\n".repeat(20_000), "{} bytes", said.stdout.len());
        run(&["disassemble", "--format", "decimal"], lines.as_bytes()).fails(65, &place);
    }
    // Frames hold 16384 codewords; the third is damaged.
    let mut container = run(&["assemble"], many.as_bytes()).succeeds().stdout;
    let place = container.len() - 1000;
    container[place] ^= 1;
    let said = run(&["execute"], &container);
    said.fails(65, "frame 2");
    assert!(said.text() == "1\n".repeat(16_384), "{} bytes", said.stdout.len());
    let cut = &container[..place];
    let said = run(&["execute", "--json"], cut);
    said.fails(65, "byte ");
    assert!(said.text() == "\"1\"\n".repeat(16_384), "{} bytes", said.stdout.len());
}

#[test]
fn a_program_that_broke_off_reads_no_further() {
    let lines = run(&["assemble", "--format", "decimal"], b"PUSH 7\nPRINT\nADD\n").succeeds();
    let mut child = program()
        .args(["execute", "--format", "decimal"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&lines.stdout).unwrap();
    // More comes for as long as somebody reads.
    while stdin.write_all(b"1024\n").is_ok() {}
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stdout), (Some(65), b"7\n".to_vec()));
}

#[test]
fn texts_and_programs_beyond_the_memory_limit_are_refused() {
    let little = ["--memory-limit", "64KiB"];
    let text = "PUSH 1\n".repeat(100);
    run(&[&["assemble"][..], &little].concat(), text.as_bytes()).fails(
        65,
        "the text is longer than 512 bytes, as many as the memory limit allows; `--memory-limit` raises it",
    );
    run(&[&["assemble"][..], &little].concat(), &text.as_bytes()[..511]).succeeds();
    let half = ["é".repeat(300).as_bytes(), b"\xC3"].concat();
    run(&[&["assemble"][..], &little].concat(), &half).fails(65, "longer than 512 bytes");
    run(&[&["assemble"][..], &little].concat(), b"PUSH 80000\n")
        .fails(65, "the codewords are longer than 8192 bytes, as many as the memory limit allows");
    for format in ["container", "decimal"] {
        let long = run(&["assemble", "--format", format], "NOP\n".repeat(513).as_bytes()).succeeds().stdout;
        let disassemble = [&["disassemble", "--format", format][..], &little].concat();
        run(&disassemble, &long).fails(65, "the program is longer than 512 instructions");
        let fits = run(&["assemble", "--format", format], "NOP\n".repeat(512).as_bytes()).succeeds().stdout;
        assert_eq!(run(&disassemble, &fits).succeeds().text().lines().count(), 512);
    }
}

#[test]
fn what_cannot_be_written_is_no_fault_of_the_program() {
    let folder = Folder::new();
    run(&["assemble", "-o", "/dev/full"], b"NOP\n").fails(74, "/dev/full: No space left on device");
    let codewords = run(&["assemble"], b"NOP\n").succeeds().stdout;
    run(&["disassemble", "-o", "/dev/full"], &codewords).fails(74, "/dev/full: No space left on device");
    // What is told at the end of a command is one of its outputs, too.
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let input = folder.write("in", b"content");
    let encode = ["encode", "--json", &input, "-o", &folder.name("out")];
    for arguments in [&["--help"][..], &["execute", "--help"], &["man"], &encode] {
        let ended = program().args(arguments).stdout(full()).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(74), "{arguments:?}: {said}");
        assert_eq!(said, "primestream: standard output: No space left on device\n", "{arguments:?}");
    }
    let output = folder.name("out.txt");
    run(&["disassemble", "-o", &output], &codewords).succeeds();
    assert_eq!(read(&output), b"    NOP\n");
}

#[test]
fn transformed_blocks_come_back_and_changes_are_noticed() {
    let content = text(5000);
    for block in ["8", "64", "100", "256"] {
        let lines = run(&["transform", "--block", block], &content).succeeds().stdout;
        let again = run(&["transform", "--inverse"], &lines).succeeds();
        assert!(again.stdout == content, "blocks of {block}");
    }
    let lines = run(&["transform"], &content[..100]).succeeds();
    let lines: Vec<&str> = lines.text().lines().collect();
    for left_out in [0, 5, 65, 66, lines.len() - 1] {
        let mut fewer = lines.clone();
        fewer.remove(left_out);
        assert_eq!(
            run(&["transform", "--inverse"], fewer.join("\n").as_bytes()).code,
            Some(65),
            "{left_out}"
        );
    }
    assert_eq!(
        run(&["transform", "--inverse"], &run(&["transform"], b"").succeeds().stdout).succeeds().text(),
        ""
    );
    run(&["transform", "--inverse"], b"").fails(65, "there is no end");
    let content = text(20_000);
    let little = ["--threads", "1", "--memory-limit", "2MiB"];
    let lines = run(&[&["transform", "--block", "256"][..], &little].concat(), &content).succeeds().stdout;
    let again = run(&[&["transform", "--inverse"][..], &little].concat(), &lines).succeeds();
    assert!(again.stdout == content);
}

#[test]
fn dense_containers_are_smaller_and_come_back() {
    let folder = Folder::new();
    let content = text(3_000_000);
    let input = folder.write("content", &content);
    let output = folder.name("content.prime");
    for compress in ["none", "zstd"] {
        let arguments =
            ["encode", &input, "-o", &output, "--profile", "dense", "--compress", compress, "--verify"];
        run(&arguments, b"").succeeds();
        let bytes = read(&output);
        assert!(bytes.len() < content.len() * 23 / 10, "{} bytes", bytes.len());
        assert!(run(&["decode", &output], b"").succeeds().stdout == content);
        let said = run(&["inspect", &output], b"").succeeds();
        assert!(said.text().contains("profile dense"), "{}", said.text());
        let mut damaged = bytes;
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x40;
        let bad = folder.write("bad.prime", &damaged);
        assert_eq!(run(&["verify", &bad], b"").code, Some(65));
        let rest = run(&["decode", &bad, "--skip-damaged"], b"");
        assert_eq!((rest.code, rest.stdout.len()), (Some(65), content.len() - (1 << 20)));
    }
}
