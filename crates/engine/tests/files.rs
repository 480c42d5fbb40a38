//! Outputs that show what is committed and nothing else, and an input one can come back to, on the real file system.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use primestream_engine::checkpoint::{Epoch, Pending, Transactional};
use primestream_engine::disk::{Disk, DiskFile, Identity, LossyDisk, write_all};
use primestream_engine::files::{PartsFolder, ReplayFile, TransactionalFile};

/// A folder of its own, removed with all that is in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("engine-files-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

fn epoch(number: u64) -> Epoch {
    Epoch::new(number).unwrap()
}

fn prepared(sink: &mut impl Transactional, number: u64) -> Vec<u8> {
    let mut state = Vec::new();
    sink.prepare(epoch(number), &mut state).unwrap().wait().unwrap();
    state
}

#[test]
fn a_file_goes_on_where_it_was_prepared() {
    let folder = Folder::new();
    let path = folder.path("out");
    let mut file = TransactionalFile::create(&path);
    assert!(file.is_empty() && file.write(b"").unwrap() == 0);
    file.write_all(b"first").unwrap();
    assert!(file.len() == 5 && !file.is_empty());
    let state = prepared(&mut file, 1);
    file.write_all(b", lost, and longer than what follows").unwrap();
    drop(file);
    assert_eq!(folder.names(), [".out.part"]);

    let mut file = TransactionalFile::create(&path);
    file.restore(epoch(1), &state).unwrap();
    file.commit(epoch(1)).unwrap();
    assert_eq!(file.len(), 5);
    file.write_all(b", second").unwrap();
    let last = prepared(&mut file, 2);
    file.finish().unwrap();
    file.finish().unwrap();
    assert_eq!(folder.names(), ["out"]);
    assert_eq!(fs::read(&path).unwrap(), b"first, second");
    assert!(file.write_all(b"more").unwrap_err().to_string().ends_with("it is finished"));

    // The process ended behind the rename, before anybody heard of it.
    let mut again = TransactionalFile::create(&path);
    again.restore(epoch(2), &last).unwrap();
    again.finish().unwrap();
    assert_eq!(again.len(), 13);
    // But a checkpoint before the last knows another length.
    let error = TransactionalFile::create(&path).restore(epoch(1), &state).unwrap_err().to_string();
    assert!(error.contains("13 bytes are there where 5 were written"), "{error}");
}

#[test]
fn what_was_written_behind_the_checkpoint_is_gone_if_nothing_follows() {
    let folder = Folder::new();
    let path = folder.path("out");
    let mut file = TransactionalFile::create(&path);
    file.write_all(b"first").unwrap();
    let state = prepared(&mut file, 1);
    file.write_all(b", lost").unwrap();
    drop(file);
    let mut file = TransactionalFile::create(&path);
    file.restore(epoch(1), &state).unwrap();
    file.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");
}

/// A disk in memory with a folder that stays.
fn lossy() -> LossyDisk {
    let disk = LossyDisk::default();
    disk.create_folder(Path::new("/out")).unwrap();
    disk.sync_folder(Path::new("/")).unwrap();
    disk
}

#[test]
fn what_is_finished_is_whole_behind_a_power_cut() {
    let bytes: Vec<u8> = (0..3000_u32).flat_map(u32::to_le_bytes).collect();
    for seed in 0..100 {
        let disk = lossy();
        // Without a checkpoint: nothing was made durable before.
        let mut file = TransactionalFile::on(Arc::new(disk.clone()), "/out/whole");
        file.write_all(&bytes).unwrap();
        file.finish().unwrap();
        disk.crash(seed);
        assert_eq!(disk.content(Path::new("/out/whole")).as_deref(), Some(&bytes[..]), "seed {seed}");
    }
}

#[test]
fn a_file_that_failed_takes_nothing_more() {
    let disk = lossy();
    let mut file = TransactionalFile::on(Arc::new(disk.clone()), "/out/whole");
    file.write_all(b"some").unwrap();
    disk.fail_at(disk.calls() + 2, 5); // behind the handle by which it is synced
    let error = file.prepare(epoch(1), &mut Vec::new()).and_then(Pending::wait).unwrap_err().to_string();
    assert!(error.contains("cannot sync"), "{error}");
    disk.take_steps();
    assert!(file.write_all(b"more").is_err());
    assert!(file.prepare(epoch(1), &mut Vec::new()).is_err());
    assert!(file.finish().is_err());
    let changes = disk.take_steps().into_iter().filter(|step| step.call != "look").count();
    assert_eq!(changes, 0, "a sync that failed is not tried again, nor anything behind it");
}

#[test]
fn what_could_not_be_written_is_not_followed_by_anything() {
    let disk = lossy();
    let shared = || Arc::new(disk.clone());
    let mut file = TransactionalFile::on(shared(), "/out/whole");
    let mut parts = PartsFolder::on(shared(), "/out/parts");
    file.write_all(b"some").unwrap();
    parts.write_all(b"some").unwrap();
    for sink in [&mut file as &mut dyn Write, &mut parts] {
        disk.fail_at(disk.calls() + 1, 5);
        let error = sink.write_all(b"lost").unwrap_err().to_string();
        assert!(error.contains("cannot write"), "{error}");
        disk.take_steps();
        assert!(sink.write_all(b"more").is_err());
    }
    assert!(file.prepare(epoch(1), &mut Vec::new()).is_err() && file.finish().is_err());
    assert!(parts.prepare(epoch(1), &mut Vec::new()).is_err() && parts.finish().is_err());
    let changes = disk.take_steps().into_iter().filter(|step| step.call != "look").count();
    assert_eq!(changes, 0, "what was written before counts as lost too");
}

#[test]
fn parts_whose_sync_failed_take_nothing_more() {
    let disk = lossy();
    let mut parts = PartsFolder::on(Arc::new(disk.clone()), "/out/parts");
    parts.write_all(b"some").unwrap();
    let pending = parts.prepare(epoch(1), &mut Vec::new()).unwrap();
    parts.write_all(b"more").unwrap();
    disk.fail_at(disk.calls() + 1, 5);
    let error = pending.wait().unwrap_err().to_string();
    assert!(error.contains("cannot sync"), "{error}");
    let error = parts.write_all(b"more").unwrap_err().to_string();
    assert!(error.contains("a write failed before"), "{error}");
    assert!(parts.finish().is_err());
}

#[test]
fn a_file_that_somebody_changed_is_refused() {
    let folder = Folder::new();
    let path = folder.path("out");
    let mut file = TransactionalFile::create(&path);
    file.write_all(b"0123456789").unwrap();
    let state = prepared(&mut file, 1);
    drop(file);
    let part = folder.path(".out.part");
    let refusal = |name: &str, state: &[u8]| {
        TransactionalFile::create(folder.path(name)).restore(epoch(1), state).unwrap_err().to_string()
    };
    assert!(refusal("other", &state).contains("the checkpoint is of a file named out"));
    for state in [&[][..], &[1; 5], &[1; 8]] {
        assert!(refusal("out", state).contains("no state of a file"));
    }
    fs::write(&path, "in between").unwrap();
    assert!(refusal("out", &state).contains("not to be overwritten"));
    fs::remove_file(&path).unwrap();
    fs::write(&part, "short").unwrap();
    let error = refusal("out", &state);
    assert!(error.contains(".out.part: 5 bytes are there where 10 were written"), "{error}");
    assert!(
        error.ends_with(
            "the output was changed since the checkpoint, which has to be cleared to start afresh"
        ),
        "{error}"
    );
    fs::remove_file(&part).unwrap();
    assert!(refusal("out", &state).contains(".out.part is there, and 10 bytes were written"));
    fs::create_dir(&part).unwrap();
    assert!(refusal("out", &state).contains("it is no file any more"));
}

#[test]
fn a_fresh_file_takes_no_name_that_something_has() {
    let folder = Folder::new();
    let path = folder.path("out");
    fs::write(&path, "old").unwrap();
    fs::write(folder.path(".out.part"), "of a dead run").unwrap();
    let error = TransactionalFile::create(&path).begin().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    let mut file = TransactionalFile::create(&path).overwrite();
    file.write_all(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    file.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    // Empty, and whole.
    TransactionalFile::create(folder.path("empty")).finish().unwrap();
    assert_eq!(fs::read(folder.path("empty")).unwrap(), b"");
    // Somebody takes the name while it is written.
    let mut file = TransactionalFile::create(folder.path("taken"));
    file.write_all(b"ours").unwrap();
    fs::write(folder.path("taken"), "theirs").unwrap();
    assert!(file.finish().unwrap_err().to_string().contains("not to be overwritten"));
    assert_eq!(fs::read(folder.path("taken")).unwrap(), b"theirs");
    // A folder, even of the name to be overwritten; no folder to be in; no name at all.
    for (path, what) in
        [("", "folder of this name"), ("no/out", "No such file"), ("..", "folder of this name")]
    {
        let error = TransactionalFile::create(folder.path(path)).overwrite().begin().unwrap_err();
        assert!(error.to_string().contains(what), "{path}: {error}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/null", folder.path("link")).unwrap();
        let error = TransactionalFile::create(folder.path("link")).overwrite().begin().unwrap_err();
        assert!(error.to_string().contains("no regular file"), "{error}");
        // Nor does a part that is a link lead anywhere.
        std::os::unix::fs::symlink(folder.path("out"), folder.path(".fresh.part")).unwrap();
        let mut file = TransactionalFile::create(folder.path("fresh"));
        file.write_all(b"fresh").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read(folder.path("out")).unwrap(), b"new");
    }
}

#[test]
fn parts_show_when_they_are_committed() {
    let folder = Folder::new();
    let path = folder.path("deep/parts");
    let mut parts = PartsFolder::create(&path);
    assert!(parts.is_empty());
    parts.write_all(b"one").unwrap();
    assert!(parts.len() == 3 && !parts.is_empty());
    let first = prepared(&mut parts, 1);
    assert_eq!(names(&path), [".part-00000001"]);
    parts.write_all(b"two").unwrap();
    let second = prepared(&mut parts, 2);
    parts.write_all(b"lost").unwrap();
    assert_eq!(names(&path), [".part-00000001", ".part-00000002", ".part-open"]);
    drop(parts);

    // The process ended before either was committed; the store has the second checkpoint, or the first.
    let mut parts = PartsFolder::create(&path);
    parts.restore(epoch(2), &second).unwrap();
    assert_eq!(names(&path), [".part-00000001", ".part-00000002"]);
    parts.commit(epoch(1)).unwrap();
    assert_eq!(names(&path), [".part-00000002", "part-00000001"]);
    // What is gathered before it shows is told the same.
    let mut parts = BufWriter::new(parts);
    parts.commit(epoch(2)).unwrap();
    assert_eq!(names(&path), ["part-00000001", "part-00000002"]);
    parts.commit(epoch(2)).unwrap();
    drop(parts);
    let mut parts = PartsFolder::create(&path);
    parts.restore(epoch(2), &second).unwrap();
    parts.commit(epoch(2)).unwrap();
    assert_eq!((names(&path), parts.len()), (vec!["part-00000001".into(), "part-00000002".into()], 6));
    // An epoch without items has no part; what is written behind the last epoch shows at the end.
    assert_eq!(prepared(&mut parts, 3), 6_u64.to_le_bytes());
    parts.commit(epoch(3)).unwrap();
    parts.write_all(b"rest").unwrap();
    parts.finish().unwrap();
    parts.finish().unwrap();
    assert_eq!(names(&path), ["part-00000001", "part-00000002", "part-00000004"]);
    assert!(parts.write_all(b"more").is_err());

    let mut parts = PartsFolder::create(&path);
    parts.restore(epoch(1), &first).unwrap();
    assert_eq!(names(&path), ["part-00000001"], "what is behind the checkpoint is taken back");
}

#[test]
fn parts_that_somebody_changed_are_refused_and_other_names_are_left_alone() {
    let folder = Folder::new();
    let path = folder.path("parts");
    let mut parts = PartsFolder::create(&path);
    parts.write_all(b"one").unwrap();
    let state = prepared(&mut parts, 1);
    drop(parts);
    for name in ["notes", "part-1", ".part-2", "part-000000002", ".hidden", "part-00000000"] {
        fs::write(path.join(name), "theirs").unwrap();
    }
    let restore = |state: &[u8]| PartsFolder::create(&path).restore(epoch(1), state);
    restore(&state).unwrap();
    for state in [&[][..], &[0; 9], &[0; 24]] {
        assert!(restore(state).unwrap_err().to_string().contains("no state of a folder of parts"));
    }
    let error = PartsFolder::create(folder.path("none")).restore(epoch(1), &state).unwrap_err();
    assert!(error.to_string().contains("none"), "{error}");
    fs::write(path.join(".part-00000001"), "on").unwrap();
    let error = restore(&state).unwrap_err().to_string();
    assert!(error.contains("2 bytes are there where 3 were written"), "{error}");
    fs::remove_file(path.join(".part-00000001")).unwrap();
    assert!(restore(&state).unwrap_err().to_string().contains("it is gone, and 3 bytes were written"));
    assert_eq!(names(&path).len(), 6);
    // A run that begins afresh does not add to what another has shown, and removes what nobody saw.
    fs::write(path.join(".part-00000009"), "hidden").unwrap();
    let mut fresh = PartsFolder::create(&path);
    fresh.begin().unwrap();
    assert_eq!(names(&path).len(), 6);
    fs::write(path.join("part-00000004"), "shown").unwrap();
    let error = PartsFolder::create(&path).begin().unwrap_err().to_string();
    assert!(error.contains("part-00000004: there is a part of another run"), "{error}");
    #[cfg(unix)]
    {
        fs::remove_file(path.join("part-00000004")).unwrap();
        let outside = folder.path("outside");
        fs::write(&outside, "theirs").unwrap();
        std::os::unix::fs::symlink(&outside, path.join(".part-open")).unwrap();
        let error = PartsFolder::create(&path).write_all(b"one").unwrap_err().to_string();
        assert!(error.contains(".part-open: has the name of a part and is no file"), "{error}");
        assert_eq!(fs::read(outside).unwrap(), b"theirs");
    }
}

#[test]
fn a_file_that_is_read_again_is_the_same_file() {
    let folder = Folder::new();
    let path = folder.path("in");
    let bytes: Vec<u8> = (0..200_000_u32).map(|at| at.wrapping_mul(at).to_le_bytes()[1]).collect();
    let at = UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    let write = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
    };
    write(&bytes);
    let open = || ReplayFile::open(&path).unwrap();
    for place in [0, 1, 1000, 65_535, 65_536, 65_537, 150_000, 200_000] {
        let mut file = open();
        // Read beyond the place, as a source does that reads in pieces.
        std::io::copy(&mut (&mut file).take(place + 777), &mut std::io::sink()).unwrap();
        let mut state = Vec::new();
        file.save(place, &mut state);
        let mut again = open();
        assert_eq!(again.restore(&state).unwrap(), place);
        let mut rest = Vec::new();
        again.read_to_end(&mut rest).unwrap();
        assert!(rest == bytes[usize::try_from(place).unwrap()..], "from {place}");
        assert_eq!(again.position(), 200_000);
        // Saved by a run that had gone on, it says the same.
        let mut later = Vec::new();
        again.save(place, &mut later);
        assert_eq!(state, later);
    }
    let mut file = open();
    std::io::copy(&mut (&mut file).take(100_000), &mut std::io::sink()).unwrap();
    let mut state = Vec::new();
    file.save(100_000, &mut state);
    let refusal = || open().restore(&state).unwrap_err().to_string();
    let insisting = || open().even_if_changed().restore(&state);

    let mut changed = bytes.clone();
    changed[65_535] ^= 1;
    write(&changed);
    let error = refusal();
    assert!(
        error.ends_with("its first 65536 bytes are others; `even_if_changed` goes on all the same"),
        "{error}"
    );
    assert_eq!(insisting().unwrap(), 100_000);
    write(&[&bytes[..], b"more"].concat());
    let error = refusal();
    assert!(error.contains("it had 200000 bytes and has 200004;"), "{error}");
    fs::write(&path, &bytes).unwrap();
    assert!(refusal().contains("it was changed since;"));
    fs::rename(&path, folder.path("kept")).unwrap();
    write(&bytes);
    #[cfg(unix)]
    assert!(refusal().contains("another file has its name;"));
    write(&bytes[..99_999]);
    let error = insisting().unwrap_err().to_string();
    assert!(error.contains("has 99999 bytes, and 100000 were read before"), "{error}");
    for cut in 0..state.len() {
        let error = open().restore(&state[..cut]).unwrap_err().to_string();
        assert!(error.contains("no state of a file that is read"), "{error}");
    }
}

#[test]
fn what_no_file_was_told_by_is_no_state() {
    let folder = Folder::new();
    let path = folder.path("in");
    fs::write(&path, vec![7; 100_000]).unwrap();
    let mut file = ReplayFile::open(&path).unwrap();
    file.read_exact(&mut [0; 100_000]).unwrap();
    let with = |at: u64, len: u64, flags: Option<u8>, known: Option<u32>| {
        let mut state = Vec::new();
        file.save(70_000, &mut state);
        state[..8].copy_from_slice(&at.to_le_bytes());
        state[8..16].copy_from_slice(&len.to_le_bytes());
        state[16] = flags.unwrap_or(state[16]);
        if let Some(known) = known {
            state[41..45].copy_from_slice(&known.to_le_bytes());
        }
        ReplayFile::open(&path).unwrap().restore(&state).map_err(|error| error.to_string())
    };
    assert_eq!(with(70_000, 100_000, None, None), Ok(70_000));
    assert_eq!(with(100_000, 100_000, None, None), Ok(100_000));
    for refused in [
        with(70_000, 69_999, None, None),
        with(70_000, 100_000, Some(4), None),
        with(70_000, 100_000, None, Some(65_535)),
        with(60_000, 100_000, None, None),
    ] {
        assert!(refused.as_ref().is_err_and(|error| error.contains("no state of a file")), "{refused:?}");
    }
    if cfg!(unix) {
        let [changed, another] = ["it was changed since", "another file has its name"];
        for (flags, named, not) in [(1, another, changed), (2, changed, another)] {
            let error = with(70_000, 100_000, Some(flags), None).unwrap_err();
            assert!(error.contains(named) && !error.contains(not), "{flags}: {error}");
        }
        let error = with(70_000, 100_000, Some(0), None).unwrap_err();
        assert!(error.contains(changed) && error.contains(another), "{error}");
    }
}

#[test]
fn a_disk_that_cannot_be_read_is_an_error() {
    let disk = lossy();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    write_all(shared.create(Path::new("/out/in")).unwrap().as_mut(), b"some", 0).unwrap();
    let mut file = ReplayFile::on(shared, "/out/in").unwrap();
    disk.fail_at(disk.calls() + 1, 5);
    let error = file.read(&mut [0; 4]).unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("os error 5"), "{error}");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error_and_what_is_added_is_not_read() {
    let folder = Folder::new();
    let path = folder.path("in");
    fs::write(&path, [7; 1000]).unwrap();
    let mut file = ReplayFile::open(&path).unwrap();
    assert!(file.len() == 1000 && !file.is_empty());
    file.read_exact(&mut [0; 600]).unwrap();
    fs::File::options().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    assert_eq!(file.read_to_end(&mut Vec::new()).unwrap(), 400);
    let mut file = ReplayFile::open(&path).unwrap();
    file.read_exact(&mut [0; 600]).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(650).unwrap();
    let error = file.read_to_end(&mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("ends at byte 650, and had 1004 when it was opened"), "{error}");
    fs::write(&path, b"").unwrap();
    assert!(ReplayFile::open(&path).unwrap().is_empty());
    for (path, what) in [(&folder.0, "no regular file"), (&folder.path("none"), "No such file")] {
        let error = ReplayFile::open(path).unwrap_err().to_string();
        assert!(error.contains("cannot open ") && error.contains(what), "{error}");
    }
}

#[test]
fn few_bytes_at_a_time_and_interrupts_are_all_the_same() {
    for seed in 0..20 {
        let disk = LossyDisk::default();
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        disk.transfer_in_parts(seed);
        let bytes: Vec<u8> = (0..5000_u32).map(|at| (at * 7).to_le_bytes()[0]).collect();
        let mut input = shared.create(Path::new("/in")).unwrap();
        write_all(input.as_mut(), &bytes, 0).unwrap();
        for call in (0..400).step_by(3) {
            disk.fail_at(disk.calls() + 20 + call, 4);
        }
        let mut from = ReplayFile::on(Arc::clone(&shared), "/in").unwrap();
        let mut to = TransactionalFile::on(Arc::clone(&shared), "/out");
        to.begin().unwrap();
        std::io::copy(&mut from, &mut to).unwrap();
        assert_eq!(disk.content(Path::new("/.out.part")).unwrap(), bytes);
    }
}

/// A file that takes nothing and says that all is well.
#[derive(Debug)]
struct Stubborn;

impl DiskFile for Stubborn {
    fn read_at(&mut self, _: &mut [u8], _: u64) -> std::io::Result<usize> {
        Ok(0)
    }

    fn write_at(&mut self, _: &[u8], _: u64) -> std::io::Result<usize> {
        Ok(0)
    }

    fn set_len(&mut self, _: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn duplicate(&self) -> std::io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Self))
    }

    fn identity(&self) -> std::io::Result<Identity> {
        Ok(Identity { is_regular: true, len: 0, modified_nanos: None, inode: None })
    }
}

#[test]
fn a_disk_that_takes_nothing_is_an_error_and_no_endless_loop() {
    let error = write_all(&mut Stubborn, b"1", 0).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WriteZero);
    write_all(&mut Stubborn, b"", 0).unwrap();
}
