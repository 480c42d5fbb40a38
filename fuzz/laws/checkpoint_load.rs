//! The law of loading: any bytes are a checkpoint or are not, in memory that their number bounds; there is one way to write
//! each; and a store never starts afresh because of them.

use std::path::Path;
use std::sync::Arc;

use primestream_engine::checkpoint::{
    Checkpoint, Directory, Epoch, FormatError, StateStore, StoreError, decode, encode,
};
use primestream_engine::disk::{Disk, LossyDisk, write_all};

use crate::counting::peak_of;

/// Panics if the law does not hold for some bytes, of which the first says whether the checksum is made to fit.
pub(crate) fn holds(bytes: &[u8]) {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    let mut bytes = rest.to_vec();
    if mode % 2 == 1
        && let Some((covered, crc)) = bytes.split_last_chunk_mut::<4>()
    {
        *crc = crc32fast::hash(covered).to_le_bytes();
    }
    let (found, peak) = peak_of(|| decode(&bytes));
    // A part is written in 24 bytes at the least, and held in three times as many.
    let allowed = 4 * bytes.len() + (4 << 10);
    assert!(peak <= allowed, "{peak} bytes held, {allowed} allowed");
    if let Ok(checkpoint) = &found {
        assert_eq!(encode(checkpoint).expect("it was decoded"), bytes, "there is another way to write this");
    }
    is_loaded(&bytes, found);
}

/// Checks what a store makes of the bytes, found under the name of its newest checkpoint.
fn is_loaded(bytes: &[u8], found: Result<Checkpoint, FormatError>) {
    let disk = LossyDisk::default();
    let before =
        Checkpoint { epoch: Epoch::FIRST, is_complete: false, parts: vec![], note: "before".to_owned() };
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut store = Directory::on(shared, "/state").expect("an empty disk");
    store.save(&before).expect("there is room");
    let path = Path::new("/state/checkpoint-0000000000000002.ck");
    let mut file = disk.create(path).expect("no file of this name");
    write_all(file.as_mut(), bytes, 0).expect("there is room");
    match (store.load(), found) {
        (Ok(Some(loaded)), Ok(checkpoint)) if checkpoint.epoch.get() == 2 => {
            assert_eq!(loaded.checkpoint, checkpoint);
            assert!(loaded.passed_over.is_empty());
        }
        (Err(StoreError::Damaged { .. }), Err(FormatError::Newer { .. })) => {}
        (Ok(Some(loaded)), found) => {
            assert!(!matches!(found, Err(FormatError::Newer { .. })), "an old program over a newer state");
            assert_eq!(loaded.checkpoint, before);
            assert_eq!(loaded.passed_over.len(), 1, "{found:?} is not said");
        }
        (loaded, found) => panic!("{found:?} was loaded as {loaded:?}"),
    }
}
