//! Stores: the state of a step by key after an epoch, made durable, by what keeps it.
//!
//! 100 000 updates an epoch over tables of 100 000 and a million keys of 8 bytes, with values of 32. The plain file holds
//! all of the state each time, as `checkpoint::Directory` writes it; the peer holds a table of its own, in which it
//! changes what changed. What a sync costs here is measured beside them, since it decides much of it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use primestream_engine::checkpoint::{Checkpoint, Directory, Epoch, Part, StateStore};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};
use rustc_hash::FxBuildHasher;

use crate::random::{Random, scatter};
use crate::rounds::Scale;

const UPDATES: u64 = 100_000;
const EPOCHS: u64 = 10;

type Value = [u8; 32];
type State = HashMap<u64, Value, FxBuildHasher>;

/// Runs the comparison.
pub(crate) fn run(scale: &Scale) {
    let folder = scale.folder.join(format!("stores-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for files");
    println!("stores: {} updates an epoch, values of 32 bytes", scale.size.of(UPDATES));
    println!("  {:<44} {:>9.2} ms", "a sync of 4 KiB", median(syncs(&folder)).as_secs_f64() * 1e3);
    for keys in [100_000, 1_000_000].map(|keys| scale.size.of(keys)) {
        println!("  {keys} keys");
        let mut costs = STORES.map(|_| Costs::default());
        for round in 0..scale.rounds {
            for ((name, open), costs) in STORES.iter().zip(&mut costs) {
                let folder = folder.join(format!("{name}-{keys}-{round}").replace(' ', "-"));
                fs::create_dir_all(&folder).expect("a folder");
                measure(*open, &folder, keys, scale.size.of(UPDATES), costs);
                fs::remove_dir_all(folder).expect("ours");
            }
        }
        for ((name, _), costs) in STORES.iter().zip(costs) {
            let written = costs.written.iter().sum::<u64>() / costs.written.len() as u64;
            println!(
                "    {name:<42} {:>9.1} ms an epoch, the slowest {:>8.1}  {:>8.1} MB written  {:>8.1} ms to load",
                median(costs.epochs.clone()).as_secs_f64() * 1e3,
                costs.epochs.iter().max().expect("epochs").as_secs_f64() * 1e3,
                written as f64 / 1e6,
                median(costs.loads).as_secs_f64() * 1e3,
            );
        }
    }
    fs::remove_dir_all(folder).expect("ours");
}

/// What was measured of one store.
#[derive(Default)]
struct Costs {
    epochs: Vec<Duration>,
    /// Bytes written in an epoch.
    written: Vec<u64>,
    loads: Vec<Duration>,
}

/// Something that keeps the state.
trait Store {
    /// Makes the state durable, given all of it and what changed in this epoch.
    fn keep(&mut self, epoch: Epoch, state: &State, changed: &[(u64, Value)]);

    /// Returns all that was kept.
    fn load(&mut self) -> State;
}

type Open = fn(&Path) -> Box<dyn Store>;

const STORES: [(&str, Open); 2] = [
    ("plain file, replaced", |path| Box::new(Plain(Directory::open(path).expect("an empty folder")))),
    ("redb", |path| Box::new(Redb::open(path))),
];

fn measure(open: Open, folder: &Path, keys: u64, updates: u64, costs: &mut Costs) {
    let mut random = Random::new(7);
    let mut state: State = (0..keys).map(|key| (key, value(key, 0))).collect();
    let all: Vec<_> = state.iter().map(|(key, value)| (*key, *value)).collect();
    let mut store = open(folder);
    // The first epoch holds every key; what follows is timed.
    store.keep(Epoch::FIRST, &state, &all);
    let mut epoch = Epoch::FIRST;
    for round in 1..=EPOCHS {
        let mut changed = HashMap::with_hasher(FxBuildHasher);
        for _ in 0..updates {
            let key = random.next() % keys;
            changed.insert(key, value(key, round));
        }
        state.extend(&changed);
        let changed: Vec<_> = changed.into_iter().collect();
        epoch = epoch.next();
        let before = written();
        let started = Instant::now();
        store.keep(epoch, &state, &changed);
        costs.epochs.push(started.elapsed());
        costs.written.push(written() - before);
    }
    drop(store);
    let started = Instant::now();
    let loaded = open(folder).load();
    costs.loads.push(started.elapsed());
    assert!(loaded == state, "another state was loaded");
}

fn value(key: u64, round: u64) -> Value {
    let mut value = [0; 32];
    value.chunks_exact_mut(8).zip(1..).for_each(|(word, nth)| {
        word.copy_from_slice(&scatter(key ^ round << 40 ^ nth << 56).to_le_bytes());
    });
    value
}

/// All of the state in a file, which takes the place of the one before the last.
struct Plain(Directory);

impl Store for Plain {
    fn keep(&mut self, epoch: Epoch, state: &State, _: &[(u64, Value)]) {
        let mut bytes = Vec::with_capacity(state.len() * 40);
        for (key, value) in state {
            bytes.extend_from_slice(&key.to_le_bytes());
            bytes.extend_from_slice(value);
        }
        let part = Part { stage: 0, lane: 0, step: 0, name: "totals".to_owned(), state: bytes };
        let checkpoint = Checkpoint { epoch, is_complete: false, parts: vec![part], note: String::new() };
        self.0.save(&checkpoint).expect("there is room");
    }

    fn load(&mut self) -> State {
        let loaded = self.0.load().expect("it is whole").expect("there is one");
        loaded.checkpoint.parts[0]
            .state
            .chunks_exact(40)
            .map(|entry| (key_of(entry), value_of(&entry[8..])))
            .collect()
    }
}

fn key_of(entry: &[u8]) -> u64 {
    u64::from_le_bytes(entry[..8].try_into().expect("eight bytes"))
}

fn value_of(bytes: &[u8]) -> Value {
    bytes.try_into().expect("32 bytes")
}

/// A table in one file, copied where it changes.
struct Redb(redb::Database);

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("totals");

impl Redb {
    fn open(path: &Path) -> Self {
        Self(redb::Database::create(path.join("totals.redb")).expect("a file"))
    }
}

impl Store for Redb {
    fn keep(&mut self, _: Epoch, _: &State, changed: &[(u64, Value)]) {
        let transaction = self.0.begin_write().expect("nobody else writes");
        {
            let mut table = transaction.open_table(TABLE).expect("a table");
            for (key, value) in changed {
                table.insert(key, value.as_slice()).expect("there is room");
            }
        }
        transaction.commit().expect("there is room");
    }

    fn load(&mut self) -> State {
        let transaction = self.0.begin_read().expect("it is whole");
        let table = transaction.open_table(TABLE).expect("a table");
        let entries = table.iter().expect("it is whole").map(|entry| {
            let (key, value) = entry.expect("it is whole");
            (key.value(), value_of(value.value()))
        });
        entries.collect()
    }
}

/// How long it takes to make 4 KiB more of a file durable.
fn syncs(folder: &Path) -> Vec<Duration> {
    let path: PathBuf = folder.join("sync");
    let mut file = File::create(&path).expect("a file");
    let times = (0..50).map(|_| {
        file.write_all(&[1; 4096]).expect("there is room");
        let started = Instant::now();
        file.sync_all().expect("the disk is well");
        started.elapsed()
    });
    times.collect()
}

/// Bytes that this process has given to the file system to be written.
fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").expect("this is Linux");
    let bytes = io.lines().find_map(|line| line.strip_prefix("wchar: ")).expect("the kernel counts it");
    bytes.parse().expect("a number")
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
