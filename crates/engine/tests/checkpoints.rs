//! Checkpoints in a folder: the format against every damage, what every version wrote, and a store that never starts afresh
//! by itself. `cargo xtask golden` writes the files of this version; those of a version that was released stay.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use primestream_engine::checkpoint::{
    Checkpoint, Directory, Epoch, FormatError, Part, StateStore, StoreError, decode, encode,
};
use primestream_engine::disk::{Disk, LossyDisk};

fn epoch(number: u64) -> Epoch {
    Epoch::new(number).expect("not 0")
}

fn part(place: (u32, u32, u32), name: &str, state: &[u8]) -> Part {
    Part { stage: place.0, lane: place.1, step: place.2, name: name.to_owned(), state: state.to_vec() }
}

fn checkpoint(number: u64) -> Checkpoint {
    let parts = vec![part((0, 0, 0), "lines", &number.to_le_bytes())];
    Checkpoint { epoch: epoch(number), is_complete: false, parts, note: format!("note {number}") }
}

/// The checkpoint that `docs/checkpoints.md` shows byte by byte.
fn shown() -> Checkpoint {
    let parts = vec![part((0, 0, 0), "lines", &[0x2A, 0, 0, 0, 0, 0, 0, 0]), part((1, 0, 1), "sink", &[])];
    Checkpoint { epoch: epoch(7), is_complete: false, parts, note: "sums".to_owned() }
}

/// Checkpoints of every form, by name.
fn samples() -> Vec<(&'static str, Checkpoint)> {
    let noise: Vec<u8> = {
        let mut rng = Rng::with_seed(3);
        (0..4000).map(|_| rng.u8(..)).collect()
    };
    let many = (0..40).map(|lane| part((2, lane, 0), "fold_by_key", &vec![7; lane as usize * 9])).collect();
    let bare = |number, is_complete, note: &str, parts| Checkpoint {
        epoch: epoch(number),
        is_complete,
        parts,
        note: note.to_owned(),
    };
    vec![
        ("shown", shown()),
        ("empty", bare(1, false, "", vec![])),
        ("complete", bare(u64::MAX, true, "ü\n\u{1b}[1m", vec![])),
        ("lanes", bare(12, false, "lanes", many)),
        ("large", bare(1 << 40, true, "large", vec![part((u32::MAX, u32::MAX, u32::MAX), "", &noise)])),
    ]
}

/// A folder on a disk in memory, with some checkpoints.
fn store_of(numbers: &[u64]) -> (LossyDisk, Directory) {
    let disk = LossyDisk::default();
    let mut store = reopen(&disk);
    numbers.iter().for_each(|number| store.save(&checkpoint(*number)).expect("there is room"));
    (disk, store)
}

fn reopen(disk: &LossyDisk) -> Directory {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    Directory::on(shared, "/state").expect("nobody else has it")
}

fn name(number: u64) -> String {
    format!("checkpoint-{number:016}.ck")
}

fn file_of(number: u64) -> PathBuf {
    Path::new("/state").join(name(number))
}

#[test]
fn every_bit_and_every_length_of_a_checkpoint_matters() {
    let mut state = Vec::new();
    let mut rng = Rng::with_seed(9);
    state.resize_with(3900, || rng.u8(..));
    let whole = Checkpoint { parts: vec![part((0, 0, 0), "lines", &state)], ..checkpoint(2) };
    let bytes = encode(&whole).expect("small");
    assert!((3900..4096).contains(&bytes.len()));
    assert_eq!(decode(&bytes).expect("whole"), whole);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(decode(&changed).is_err(), "bit {bit} of byte {at}");
        }
    }
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
    }
    for extra in [&[0][..], &[0; 512], &bytes] {
        assert!(decode(&[&bytes, extra].concat()).is_err(), "{} bytes behind", extra.len());
    }
}

#[test]
fn what_is_shorter_than_any_checkpoint_is_told_to_be_short() {
    let whole = encode(&checkpoint(1)).expect("small");
    for (bytes, len) in (0..).zip(0..40) {
        assert_eq!(decode(&whole[..len]), Err(FormatError::Short { bytes }));
    }
    assert_eq!(decode(&whole[..40]), Err(FormatError::Checksum));
    assert_eq!(decode(&[7; 40]), Err(FormatError::Magic));
}

#[test]
fn what_is_damaged_is_passed_over_for_the_one_before() {
    let (disk, mut store) = store_of(&[1]);
    let whole = Checkpoint { note: "x".repeat(300), ..checkpoint(2) };
    store.save(&whole).expect("there is room");
    let bytes = encode(&whole).expect("small");
    let mut damages: Vec<Vec<u8>> = (0..bytes.len()).map(|len| bytes[..len].to_vec()).collect();
    damages.extend((0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        changed
    }));
    damages.push(encode(&checkpoint(3)).expect("small")); // whole, and of another epoch than its name says
    for damage in damages {
        disk.damage(&file_of(2), |own| own.clone_from(&damage));
        let loaded = store.load().expect("the one before is whole").expect("there is one");
        assert_eq!(loaded.checkpoint, checkpoint(1));
        let [said] = loaded.passed_over.as_slice() else { panic!("{:?}", loaded.passed_over) };
        assert!(said.to_string().starts_with("/state/checkpoint-0000000000000002.ck: "), "{said}");
    }
    // What follows takes its place.
    store.save(&checkpoint(2)).expect("there is room");
    let loaded = store.load().expect("whole").expect("there is one");
    assert_eq!((loaded.checkpoint, loaded.passed_over.len()), (checkpoint(2), 0));
}

#[test]
fn what_a_run_found_is_still_there_behind_a_power_cut() {
    let (disk, mut store) = store_of(&[1]);
    let before = disk.calls();
    disk.take_steps();
    store.save(&checkpoint(2)).expect("there is room");
    let steps = disk.take_steps();
    let renamed = steps.iter().position(|step| step.call == "rename").expect("it takes its name");
    assert_eq!(steps[renamed + 1].call, "sync_folder");
    for seed in 0..50 {
        let (disk, mut store) = store_of(&[1]);
        // The process ends between the rename and the sync of the folder, and not the disk.
        disk.fail_at(before + renamed as u64 + 2, 5);
        store.save(&checkpoint(2)).expect_err("the folder is not synced");
        drop(store);
        let mut store = reopen(&disk);
        assert_eq!(store.load().expect("whole").expect("there is one").checkpoint, checkpoint(2));
        drop(store);
        disk.crash(seed);
        let found = reopen(&disk).load().expect("whole").expect("there is one").checkpoint;
        assert_eq!(found, checkpoint(2), "seed {seed}: somebody went on from there");
    }
}

#[test]
fn where_none_is_whole_nothing_starts_afresh() {
    let (disk, mut store) = store_of(&[1, 2]);
    for number in [1, 2] {
        disk.damage(&file_of(number), |bytes| bytes.truncate(10));
    }
    let error = store.load().expect_err("none is whole");
    let StoreError::NoneWhole { damaged, .. } = &error else { panic!("{error}") };
    assert_eq!(damaged.len(), 2);
    assert!(error.to_string().contains("no checkpoint there is whole"), "{error}");
    // Whoever wants to start afresh says so.
    store.clear().expect("the disk is well");
    assert!(store.load().expect("empty").is_none());
    store.save(&checkpoint(1)).expect("from the first epoch on");
}

#[test]
fn a_newer_version_is_refused_and_not_passed_over() {
    let (disk, mut store) = store_of(&[1, 2]);
    for (at, to) in [(8, 2), (8, 255), (10, 2), (11, 128)] {
        disk.damage(&file_of(2), |bytes| {
            *bytes = encode(&checkpoint(2)).expect("small");
            bytes[at] = to;
            let end = bytes.len() - 4;
            let crc = crc32fast::hash(&bytes[..end]).to_le_bytes();
            bytes[end..].copy_from_slice(&crc);
        });
        let error = store.load().expect_err("newer");
        assert!(matches!(&error, StoreError::Damaged { fault: FormatError::Newer { .. }, .. }), "{error}");
        assert!(error.to_string().contains("written by a newer version"), "{error}");
        let cause = error.source().and_then(|cause| cause.downcast_ref::<FormatError>());
        assert!(matches!(cause, Some(FormatError::Newer { .. })), "{cause:?}");
    }
}

#[test]
fn the_two_newest_are_kept_and_epochs_ascend() {
    let (disk, mut store) = store_of(&[1, 2, 5, 6]);
    assert_eq!(disk.names(Path::new("/state")), [name(5), name(6), "lock".to_owned()]);
    for number in [1, 5, 6] {
        let error = store.save(&checkpoint(number)).expect_err("not above 6");
        assert!(matches!(error, StoreError::NotNewer { newest, .. } if newest == epoch(6)), "{error}");
    }
    store.save(&checkpoint(7)).expect("what was refused was nothing to the disk");
    drop(store);
    // A run that does not look for what there is does not write over it.
    assert!(matches!(reopen(&disk).save(&checkpoint(1)), Err(StoreError::NotNewer { .. })));
    let listed = Directory::read_on(&disk, "/state").expect("a folder");
    assert_eq!(listed.iter().map(|stored| stored.epoch.get()).collect::<Vec<_>>(), [7, 6]);
    assert_eq!(listed[0].found.as_ref().expect("whole"), &checkpoint(7));
    assert_eq!(listed[0].bytes, encode(&checkpoint(7)).expect("small").len() as u64);
}

#[test]
fn what_is_larger_than_a_buffer_is_stored_whole() {
    let (disk, mut store) = store_of(&[1]);
    let state =
        |lane: u32, len| -> Vec<u8> { (0..len).map(|at: u32| (at / 7 + lane).to_le_bytes()[0]).collect() };
    let parts = (0..5).map(|lane| part((1, lane, 0), "fold", &state(lane, 700_000))).collect();
    let large = Checkpoint { parts, ..checkpoint(2) };
    store.save(&large).expect("there is room");
    drop(store);
    assert_eq!(reopen(&disk).load().expect("whole").expect("there is one").checkpoint, large);
}

#[test]
fn files_of_a_dead_run_and_of_others_are_told_apart() {
    let (disk, store) = store_of(&[3]);
    drop(store);
    for name in ["checkpoint-0000000000000004.ck.tmp", "checkpoint-4.ck", "notes.tmp", "checkpoint-x.ck.tmp"]
    {
        disk.create(&Path::new("/state").join(name)).expect("no file of this name");
    }
    let mut store = reopen(&disk);
    let names = disk.names(Path::new("/state"));
    let expected =
        ["checkpoint-0000000000000003.ck", "checkpoint-4.ck", "checkpoint-x.ck.tmp", "lock", "notes.tmp"];
    assert_eq!(names, expected);
    assert_eq!(store.load().expect("whole").expect("there is one").checkpoint, checkpoint(3));
}

#[test]
fn what_is_removed_while_one_looks_is_left_out_and_what_cannot_be_read_is_said() {
    let (disk, store) = store_of(&[1, 2]);
    drop(store);
    // What is found when the first call of a kind fails: epochs, and whether they are whole.
    let found = |call: &str, errno: i32| -> Result<Vec<(u64, bool)>, StoreError> {
        disk.take_steps();
        assert_eq!(Directory::read_on(&disk, "/state").expect("nothing fails").len(), 2);
        let at = disk.take_steps().iter().position(|step| step.call == call).expect("it is asked for") as u64;
        disk.fail_at(disk.calls() + 1 + at, errno);
        let stored = Directory::read_on(&disk, "/state")?;
        Ok(stored.iter().map(|stored| (stored.epoch.get(), stored.found.is_ok())).collect())
    };
    let (enoent, eio) = (2, 5);
    assert_eq!(
        found("open", enoent).expect("the folder is there"),
        [(1, true)],
        "removed behind its listing"
    );
    assert_eq!(found("open", eio).expect("the folder is there"), [(2, false), (1, true)]);
    assert_eq!(found("read_at", enoent).expect("the folder is there"), [(2, false), (1, true)]);
    assert!(found("list", enoent).is_err());
}

#[test]
fn the_second_is_refused_and_told_who_has_the_folder() {
    let folder = std::env::temp_dir().join(format!("engine-lock-{}", std::process::id()));
    let mut first = Directory::open(&folder).expect("an empty folder");
    assert_eq!(first.place(), folder.display().to_string());
    let error = Directory::open(&folder).expect_err("the first has it");
    let StoreError::Locked { holder, .. } = &error else { panic!("{error}") };
    assert_eq!(*holder, std::process::id().to_string());
    assert!(error.to_string().contains(&format!("in use by process {}", std::process::id())), "{error}");
    // Looking takes no lock.
    assert!(Directory::read(&folder).expect("a folder").is_empty());
    first.save(&checkpoint(1)).expect("there is room");
    let [stored] = &Directory::read(&folder).expect("a folder")[..] else { panic!("one was stored") };
    assert_eq!((stored.epoch, stored.found.as_ref().ok()), (epoch(1), Some(&checkpoint(1))));
    drop(first);
    drop(Directory::open(&folder).expect("nobody has it"));
    fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn a_store_that_failed_takes_nothing_more() {
    let (disk, mut store) = store_of(&[1]);
    disk.take_steps();
    store.save(&checkpoint(2)).expect("there is room");
    let steps = disk.take_steps();
    let order: Vec<_> = steps.iter().map(|step| step.call).filter(|call| *call != "list").collect();
    assert_eq!(order, ["create", "write_at", "sync", "rename", "sync_folder"]);
    disk.fail_at(disk.calls() + 3, 5);
    let error = store.save(&checkpoint(3)).expect_err("the sync failed");
    assert_eq!(
        error.to_string(),
        "cannot sync /state/checkpoint-0000000000000003.ck.tmp: Input/output error (os error 5)"
    );
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    assert_eq!(cause.and_then(std::io::Error::raw_os_error), Some(5));
    disk.take_steps();
    assert!(matches!(store.save(&checkpoint(3)), Err(StoreError::Broken { .. })));
    assert!(disk.take_steps().is_empty(), "the disk was asked again");
    drop(store);
    assert_eq!(reopen(&disk).load().expect("whole").expect("there is one").checkpoint, checkpoint(2));
}

/// Where the files of all versions are.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What is known of a file: a line of the table beside it.
fn row(name: &str, found: &Result<Checkpoint, FormatError>) -> String {
    match found {
        Err(error) => format!("{name}\t{error}"),
        Ok(found) => {
            let parts = found.parts.iter().map(|part| {
                let crc = crc32fast::hash(&part.state);
                format!(
                    "\t{}/{}/{} {} {} {crc:08x}",
                    part.stage,
                    part.lane,
                    part.step,
                    part.name,
                    part.state.len()
                )
            });
            let note = found.note.escape_default();
            let state = if found.is_complete { "complete" } else { "to be gone on from" };
            format!("{name}\t{}\t{state}\t{note}{}", found.epoch, parts.collect::<String>())
        }
    }
}

/// Files that are refused, one fault each.
fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let whole = encode(&shown()).expect("small");
    let sealed = |at: usize, with: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        let end = bytes.len() - 4;
        let crc = crc32fast::hash(&bytes[..end]).to_le_bytes();
        bytes[end..].copy_from_slice(&crc);
        bytes
    };
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 16;
        bytes
    };
    vec![
        ("no-bytes", vec![]),
        ("magic-alone", whole[..8].to_vec()),
        ("cut", whole[..whole.len() - 1].to_vec()),
        ("a-byte-behind-the-end", [&whole[..], &[0]].concat()),
        ("text", b"a text that is longer than the head of a checkpoint".to_vec()),
        ("state-flipped", flipped(72)),
        ("checksum-flipped", flipped(whole.len() - 1)),
        ("version-0", sealed(8, &[0])),
        ("version-2", sealed(8, &[2])),
        ("unknown-flag", sealed(10, &[4])),
        ("a-part-more", sealed(12, &[3])),
        ("a-part-less", sealed(12, &[1])),
        ("parts-2-to-the-32", sealed(12, &[255; 4])),
        ("epoch-0", sealed(16, &[0])),
        ("length-of-another", sealed(24, &[0])),
        ("note-beyond-the-end", sealed(32, &[255; 4])),
        ("note-no-text", sealed(36, &[0xFF])),
        ("state-beyond-the-end", sealed(56, &[255; 8])),
    ]
}

#[test]
fn files_of_this_version_are_written_as_ever() {
    let folder = fixtures().join("checkpoint-v0.1");
    let good = samples().into_iter().map(|(name, sample)| (name, encode(&sample).expect("small")));
    let files: Vec<_> = good.chain(bad()).collect();
    if std::env::var_os("PRIMESTREAM_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(&folder).expect("a folder");
        let rows = files.iter().map(|(name, bytes)| row(name, &decode(bytes)) + "\n");
        fs::write(folder.join("table.tsv"), rows.collect::<String>()).expect("a table");
        for (name, bytes) in &files {
            fs::write(folder.join(format!("{name}.ck")), bytes).expect("a file");
        }
    }
    for (name, bytes) in files {
        let there = fs::read(folder.join(format!("{name}.ck"))).expect("a file");
        assert!(there == bytes, "{name}: the same checkpoint is written otherwise");
    }
}

#[test]
fn files_of_every_version_are_read() {
    let mut count = 0;
    for version in fs::read_dir(fixtures()).expect("a folder for each version") {
        let folder = version.expect("a folder").path();
        if !folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("checkpoint-")) {
            continue;
        }
        let table = fs::read_to_string(folder.join("table.tsv")).expect("a table");
        for expected in table.lines() {
            let name = expected.split('\t').next().expect("a name");
            let bytes = fs::read(folder.join(format!("{name}.ck"))).expect("a file");
            assert_eq!(row(name, &decode(&bytes)), expected);
            count += 1;
        }
        let files = fs::read_dir(&folder).expect("files").count();
        assert_eq!(files, table.lines().count() + 1, "each file has its line");
    }
    assert!(count >= 20, "{count} files");
}

#[test]
fn the_page_shows_what_is_written() {
    let page = include_str!("../../../docs/checkpoints.md");
    let (_, behind) = page.split_once("```hex\n").expect("an example");
    let (hex, _) = behind.split_once("```").expect("it ends");
    let bytes: Vec<u8> = hex
        .lines()
        .flat_map(|line| line.split('|').next().expect("before a remark").split_whitespace())
        .map(|byte| u8::from_str_radix(byte, 16).expect("a byte"))
        .collect();
    assert_eq!(bytes, encode(&shown()).expect("small"));
}
