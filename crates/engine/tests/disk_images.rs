//! The model disk shows what a real one could: everything that was synced, and of the rest all that may be there.

use std::collections::BTreeSet;
use std::path::Path;

use primestream_engine::disk::{Disk, DiskFile, LossyDisk, write_all};

const EIO: i32 = 5;

fn create(disk: &LossyDisk, path: &str, bytes: &[u8]) -> Box<dyn DiskFile> {
    let mut file = disk.create(Path::new(path)).expect("no file of this name");
    write_all(file.as_mut(), bytes, 0).expect("there is room");
    file
}

/// What is seen of a disk after a crash, over many seeds.
fn images<T: Ord>(prepare: impl Fn(&LossyDisk), look: impl Fn(&LossyDisk) -> T) -> BTreeSet<T> {
    let of_seed = |seed| {
        let disk = LossyDisk::default();
        prepare(&disk);
        disk.crash(seed);
        look(&disk)
    };
    (0..2000).map(of_seed).collect()
}

fn content(disk: &LossyDisk, path: &str) -> Option<Vec<u8>> {
    disk.content(Path::new(path))
}

/// The first byte of each sector.
fn sectors(content: &[u8]) -> Vec<u8> {
    content.chunks(512).map(|sector| sector[0]).collect()
}

#[test]
fn what_was_synced_is_there_in_every_image() {
    let seen = images(
        |disk| {
            let mut file = create(disk, "/a", &[1; 1000]);
            file.sync().expect("well");
            disk.sync_folder(Path::new("/")).expect("well");
        },
        |disk| content(disk, "/a"),
    );
    assert_eq!(seen, BTreeSet::from([Some(vec![1; 1000])]));
}

#[test]
fn what_was_not_synced_is_old_new_torn_or_of_another_length() {
    let seen = images(
        |disk| {
            let mut file = create(disk, "/a", &[1; 1024]);
            file.sync().expect("well");
            disk.sync_folder(Path::new("/")).expect("well");
            write_all(file.as_mut(), &[2; 1024], 0).expect("room");
            write_all(file.as_mut(), &[3; 512], 512).expect("room");
            write_all(file.as_mut(), &[4; 512], 1024).expect("room");
        },
        |disk| sectors(&content(disk, "/a").expect("its name is durable")),
    );
    for image in [
        &[1, 1][..],   // nothing arrived
        &[2, 3, 4],    // everything
        &[1, 3],       // the later write, and not the earlier
        &[2, 1],       // torn between two sectors
        &[1, 2],       // in another order
        &[1, 1, 0],    // longer, with zeros
        &[1, 1, 0xDB], // longer, with what was on the disk before
        &[2, 3],       // written, and not longer
    ] {
        assert!(seen.contains(image), "{image:?} is never seen");
    }
    assert!(seen.iter().all(|image| [1, 2].contains(&image[0]) && [1, 2, 3].contains(&image[1])), "{seen:?}");
}

#[test]
fn a_cut_is_there_or_not() {
    let seen = images(
        |disk| {
            let mut file = create(disk, "/a", &[1; 700]);
            file.sync().expect("well");
            disk.sync_folder(Path::new("/")).expect("well");
            file.set_len(100).expect("well");
            write_all(file.as_mut(), &[2; 500], 100).expect("room");
        },
        |disk| {
            let content = content(disk, "/a").expect("its name is durable");
            (content.len(), content[0], content.get(100).copied(), content.get(650).copied())
        },
    );
    assert!(
        seen.contains(&(700, 1, Some(1), Some(1))) && seen.contains(&(600, 1, Some(2), None)),
        "{seen:?}"
    );
    assert!(seen.contains(&(100, 1, None, None)) && seen.contains(&(600, 1, Some(0), None)), "{seen:?}");
    assert!(seen.iter().all(|(_, first, ..)| *first == 1), "{seen:?}");
}

#[test]
fn names_are_lost_and_kept_apart_from_contents() {
    let seen = images(
        |disk| {
            create(disk, "/a", &[1; 100]).sync().expect("well");
            disk.sync_folder(Path::new("/")).expect("well");
            create(disk, "/b", &[2; 100]);
            disk.rename(Path::new("/b"), Path::new("/a")).expect("well");
            create(disk, "/c", &[3; 100]).sync().expect("well");
        },
        |disk| {
            let first = |path| content(disk, path).map(|content| content.first().copied());
            (first("/a"), first("/b"), first("/c"))
        },
    );
    let old = Some(Some(1));
    assert!(seen.contains(&(old, None, None)), "the rename and the creation are lost: {seen:?}");
    assert!(seen.contains(&(Some(Some(2)), None, Some(Some(3)))), "all is there");
    assert!(seen.contains(&(Some(None), None, None)), "renamed without its content");
    assert!(seen.contains(&(old, None, Some(Some(3)))), "a later name, and not an earlier");
    assert!(seen.iter().all(|(a, _, c)| a.is_some() && c.is_none_or(|c| c == Some(3))), "{seen:?}");
}

#[test]
fn a_sync_that_failed_has_dropped_what_another_one_does_not_bring_back() {
    let seen = images(
        |disk| {
            let mut file = create(disk, "/a", &[1; 512]);
            file.sync().expect("well");
            disk.sync_folder(Path::new("/")).expect("well");
            write_all(file.as_mut(), &[2; 512], 0).expect("room");
            disk.fail_at(disk.calls() + 1, EIO);
            assert_eq!(file.sync().expect_err("it is to fail").raw_os_error(), Some(EIO));
            assert_eq!(content(disk, "/a"), Some(vec![2; 512]));
            file.sync().expect("there is nothing to do");
        },
        |disk| sectors(&content(disk, "/a").expect("its name is durable")),
    );
    assert!(seen.contains(&[1][..]), "{seen:?}");
}

#[test]
fn a_process_that_ended_does_nothing_more_and_its_locks_are_free() {
    let disk = LossyDisk::default();
    let mut file = create(&disk, "/a", b"");
    let lock = disk.lock(Path::new("/lock")).expect("well");
    disk.stop_at(disk.calls() + 2);
    write_all(file.as_mut(), b"1234", 0).expect("not yet");
    assert!(write_all(file.as_mut(), b"5678", 4).is_err());
    assert!(file.sync().is_err() && disk.list(Path::new("/")).is_err());
    // It was half way through.
    assert_eq!(content(&disk, "/a").as_deref(), Some(&b"123456"[..]));
    disk.crash(1);
    assert!(file.sync().is_err(), "a file that was opened before");
    assert!(matches!(disk.lock(Path::new("/lock")), Ok(primestream_engine::disk::Locking::Ours(_))));
    drop(lock);
}
