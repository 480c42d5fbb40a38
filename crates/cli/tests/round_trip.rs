//! Encoding and decoding by the program, in every setting it offers.

mod program;

use program::{Folder, read, run, text};

#[test]
fn every_setting_comes_back() {
    let folder = Folder::new();
    let settings: &[&[&str]] = &[
        &[],
        &["--verify"],
        &["--block", "8"],
        &["--block", "256", "--compress", "zstd"],
        &["--units", "utf16", "--verify"],
        &["--compress", "zstd", "--verify", "--threads", "3"],
        &["--positions", "global"],
        &["--positions", "global", "--units", "utf16"],
    ];
    for bytes in [0, 1, 63, 64, 65, 5000] {
        let input = folder.write("in", &text(bytes));
        for setting in settings {
            let (encoded, decoded) = (folder.name("out.prime"), folder.name("back"));
            run(&[&["encode", &input, "-o", &encoded], *setting].concat(), b"").succeeds();
            run(&["verify", &encoded], b"").succeeds();
            run(&["decode", &encoded, "-o", &decoded], b"").succeeds();
            assert_eq!(read(&decoded), text(bytes), "{setting:?}, {bytes} bytes");
        }
    }
    assert_eq!(folder.names(), ["back", "in", "out.prime"], "nothing temporary is left");
}

#[test]
fn many_frames_on_many_threads_in_little_memory_come_back() {
    let content = text(300_000);
    for threads in ["1", "4"] {
        let options = ["--threads", threads, "--memory-limit", "2MiB", "-q"];
        let encoded = run(&[&["encode"][..], &options].concat(), &content).succeeds();
        assert!(encoded.stderr.is_empty(), "{}", encoded.stderr);
        let decoded = run(&[&["decode"][..], &options].concat(), &encoded.stdout).succeeds();
        assert_eq!(decoded.stdout, content);
    }
}

#[test]
fn decimal_lines_come_back() {
    let content = "Hello, wörld! 🎈 exponent seven and all".as_bytes();
    for (options, units) in [
        (&["--block", "8"][..], "bytes"),
        (&["--positions", "global"], "bytes"),
        (&["--units", "utf16"], "utf16"),
        (&["--units", "utf16", "--positions", "global", "--verify"], "utf16"),
    ] {
        let lines = run(&[&["encode", "--format", "decimal"], options].concat(), content).succeeds();
        assert!(lines.text().lines().all(|line| line.bytes().all(|byte| byte.is_ascii_digit())));
        run(&["verify", "--format", "decimal"], &lines.stdout).succeeds();
        let back = run(&["decode", "--format", "decimal", "--units", units], &lines.stdout).succeeds();
        assert_eq!(back.stdout, content, "{options:?}");
    }
}

#[test]
fn global_decimal_lines_are_those_of_the_public_reference() {
    let vectors =
        std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../codec/tests/vectors/uor.json")).unwrap();
    let vectors: serde_json::Value = serde_json::from_slice(&vectors).unwrap();
    let mut compared = 0;
    for vector in vectors["texts"].as_array().unwrap() {
        let Some(text) = vector["text"].as_str() else { continue };
        let options = ["encode", "--format", "decimal", "--positions", "global", "--units", "utf16"];
        let lines = run(&options, text.as_bytes()).succeeds();
        let expected: Vec<_> =
            vector["chunks"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        assert_eq!(lines.text().lines().collect::<Vec<_>>(), expected, "{text:?}");
        compared += 1;
    }
    assert!(compared > 10);
}

#[test]
fn an_empty_file_is_a_valid_empty_container() {
    let encoded = run(&["encode"], b"").succeeds();
    run(&["verify"], &encoded.stdout).succeeds();
    assert!(run(&["decode"], &encoded.stdout).succeeds().stdout.is_empty());
    assert!(
        run(&["encode", "--format", "decimal", "--positions", "global"], b"").succeeds().stdout.is_empty()
    );
}

#[test]
fn the_report_is_json_on_the_stream_that_carries_no_data() {
    let folder = Folder::new();
    let to_file = run(&["encode", "-o", &folder.name("a"), "--json"], b"abc").succeeds();
    let report: serde_json::Value = serde_json::from_str(to_file.text()).unwrap();
    assert_eq!((report["command"].as_str(), report["bytes_in"].as_u64()), (Some("encode"), Some(3)));
    let to_pipe = run(&["encode", "--json"], b"abc").succeeds();
    let report: serde_json::Value = serde_json::from_str(&to_pipe.stderr).unwrap();
    assert_eq!(report["bytes_in"].as_u64(), Some(3));
}

#[test]
fn the_digest_is_that_of_the_content() {
    let encoded = run(&["encode"], b"abc").succeeds();
    let inspected = run(&["inspect", "--json"], &encoded.stdout).succeeds();
    let said: serde_json::Value = serde_json::from_str(inspected.text()).unwrap();
    // BLAKE3 of "abc", as its own test vectors and `b3sum` give it.
    let digest = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!(said["containers"][0]["end"]["digest"].as_str(), Some(digest));
    assert_eq!(said["complete"].as_bool(), Some(true));
}

#[test]
#[expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
fn file_knows_what_a_container_is() {
    let folder = Folder::new();
    let container = folder.name("x");
    run(&["encode", "-q", "--compress", "zstd", "-o", &container], b"abc").succeeds();
    let magic = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/container.magic");
    let told = |option| std::process::Command::new("file").args([option, "-m", magic, &container]).output();
    let (Ok(words), Ok(kind)) = (told("-b"), told("-bi")) else {
        eprintln!("skipped: file(1) is not installed");
        return;
    };
    let text = |output: std::process::Output| String::from_utf8(output.stdout).unwrap();
    assert_eq!(text(words).trim_end(), "primestream container, version 1, profile uor, of bytes, zstd");
    assert_eq!(text(kind).trim_end(), "application/vnd.primestream; charset=binary");
}

#[test]
fn files_of_containers_may_be_put_together() {
    let long = text(100_000);
    let first = run(&["encode", "-q"], &long).succeeds().stdout;
    let second = run(&["encode", "-q", "--profile", "dense", "--no-index"], b"behind").succeeds().stdout;
    let without = run(&["encode", "-q", "--no-index"], &long).succeeds().stdout;
    let indexes = |bytes: &[u8]| bytes.windows(6).filter(|six| six == b"\xF5\x70\x66\x9E\x03\x01").count();
    assert_eq!((indexes(&first), indexes(&without)), (1, 0), "seven frames are named by one index frame");
    let both = [first.as_slice(), &second].concat();
    run(&["verify"], &both).succeeds();
    let said = run(&["inspect"], &both).succeeds();
    assert!(
        said.text()
            .starts_with("standard input: 2 containers one behind the other, 100006 symbols\nbyte 0: ")
    );
    assert!(said.text().contains(&format!("\nbyte {}: container version 1, profile dense", first.len())));
    let content = [long.as_slice(), b"behind"].concat();
    assert_eq!(run(&["decode", "-q"], &both).succeeds().stdout, content);
    assert_eq!(run(&["decode", "-q", "--skip-damaged"], &both).succeeds().stdout, content);

    let units = run(&["encode", "-q", "--units", "utf16"], b"others").succeeds().stdout;
    let mixed = [both.as_slice(), &units].concat();
    run(&["decode", "-q", "-o", "/dev/null"], &mixed).fails(65, "container of Utf16 symbols at byte");
    let skipped = run(&["decode", "-q", "--skip-damaged"], &mixed);
    skipped.fails(65, "a container of other symbols than the first");
    assert_eq!(skipped.stdout, content);
}

#[test]
fn a_range_is_cut_out_of_files_and_pipes() {
    let folder = Folder::new();
    let content = text(100_000);
    let (input, encoded) = (folder.write("in", &content), folder.name("out.prime"));
    for options in [&["--profile", "dense"][..], &["--no-index"], &["--compress", "zstd"]] {
        run(&[&["encode", &input, "-o", &encoded], options].concat(), b"").succeeds();
        let bytes = read(&encoded);
        for (range, expected) in [
            ("70000..70100", &content[70_000..70_100]),
            ("99999..", &content[99_999..]),
            ("..3", &content[..3]),
            ("5..5", &[]),
            ("99990..1000000", &content[99_990..]),
            ("100000..", &[]),
        ] {
            for skipping in [&[][..], &["--skip-damaged"]] {
                let from_file = [&["decode", "-q", "--range", range, &encoded], skipping].concat();
                assert_eq!(run(&from_file, b"").succeeds().stdout, expected, "{range}");
                let from_pipe = [&["decode", "-q", "--range", range], skipping].concat();
                assert_eq!(run(&from_pipe, &bytes).succeeds().stdout, expected, "{range}");
            }
        }
        let beyond = "begins at symbol 100001, the content has 100000";
        run(&["decode", "--range", "100001..", &encoded], b"").fails(65, beyond);
    }
    assert_eq!(run(&["decode", "--range", "5..3", &encoded], b"").code, Some(64));
    run(&["decode", "--range", "3..5", "--format", "decimal"], b"").fails(64, "belongs to containers");
}
