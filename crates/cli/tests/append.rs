//! Containers written behind others in a file: all that is new, or what was there before.

mod program;

use std::fs;
use std::process::Stdio;

use program::{Folder, program, read, run, text};

#[test]
fn what_is_appended_decodes_behind_the_rest() {
    let folder = Folder::new();
    let (file, content) = (folder.name("all.prime"), text(40_000));
    for (part, options) in [
        (&content[..20_000], &["--block", "8"][..]), // the file is not there yet
        (&content[20_000..20_000], &[]),
        (&content[20_000..39_000], &["--profile", "dense"]),
        (&content[39_000..], &["--compress", "zstd"]),
    ] {
        run(&[&["encode", "-q", "--append", "-o", &file], options].concat(), part).succeeds();
    }
    run(&["verify", &file], b"").succeeds();
    assert_eq!(run(&["decode", "-q", &file], b"").succeeds().stdout, content);
    let range = run(&["decode", "-q", "--range", "38990..39010", &file], b"").succeeds();
    assert_eq!(range.stdout, &content[38_990..39_010]);
    fs::write(folder.path("empty"), b"").unwrap();
    run(&["encode", "-q", "--append", "-o", &folder.name("empty")], b"abc").succeeds();
    assert_eq!(run(&["decode", "-q", &folder.name("empty")], b"").succeeds().stdout, b"abc");
}

#[test]
fn what_cannot_be_followed_stays_as_it_is() {
    let folder = Folder::new();
    let good = run(&["encode", "-q"], b"whole").succeeds().stdout;
    for (bytes, options, code, why) in [
        (&good[..good.len() - 1], &[][..], 65, "does not end as a container does"),
        (b"something else", &[], 65, "does not end as a container does"),
        (&good, &["--units", "utf16"], 64, "the container holds Bytes, not Utf16"),
        (&good, &["--format", "decimal"], 64, "belongs to containers"),
    ] {
        let file = folder.write("file", bytes);
        run(&[&["encode", "-q", "--append", "-o", &file], options].concat(), b"more").fails(code, why);
        assert_eq!(read(&file), bytes);
    }
    let file = folder.write("file", &good);
    run(&["encode", "-q", "--append", &file, "-o", &file], b"").fails(64, "cannot be appended to itself");
    run(&["encode", "--append"], b"").fails(64, "`--append` needs a file");
    run(&["encode", "--append", "-o", "/dev/null"], b"").fails(64, "only files can be appended to");
    // Text that breaks off in the middle: the header was written by then.
    let utf16 = run(&["encode", "-q", "--units", "utf16"], b"whole").succeeds().stdout;
    let file = folder.write("file", &utf16);
    let broken = [text(200_000), vec![0xFF]].concat();
    run(&["encode", "-q", "--units", "utf16", "--append", "-o", &file], &broken).fails(65, "UTF-8");
    assert_eq!(read(&file), utf16);
}

#[test]
fn a_signal_while_appending_leaves_what_was_there() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = Folder::new();
        let good = run(&["encode", "-q"], b"whole").succeeds().stdout;
        let file = folder.write("file", &good);
        let append = ["encode", "-q", "--append", "/dev/zero", "-o", &file];
        let mut child = program().args(append).stderr(Stdio::piped()).spawn().unwrap();
        while fs::metadata(&file).unwrap().len() == good.len() as u64 {
            std::thread::yield_now();
        }
        let second = run(&["encode", "-q", "--append", "-o", &file], b"");
        // Before anything is asked for: left alone, it would fill the disk.
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        second.fails(74, "another process is appending to it");
        assert_eq!(read(&file), good);
    }
}
