//! W2: the words of a text of one gigabyte, counted.
//!
//! A word is a longest run of ASCII letters and digits, as it stands. All count with the same hasher, and
//! all give whole maps, which are compared behind the clock. Each runs in a process of its own.

use std::collections::HashMap;
use std::fs::File;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Mutex;

use pariter::IteratorExt;
use primestream_engine::{Order, Stream};
use rayon::iter::{ParallelBridge, ParallelIterator};
use rustc_hash::FxBuildHasher;

use crate::process::{cost_of, tell};
use crate::random::scatter;
use crate::rounds::{Contestant, Scale, apart, rounds};
use crate::{routes, text};

/// Runs W2.
pub(crate) fn run(scale: &Scale) {
    // Written, and read once into the memory of the system, before anybody is timed.
    let text = File::open(text::path(scale)).expect("it was just written");
    let bytes = std::io::copy(&mut &text, &mut std::io::sink()).expect("it can be read");
    assert_eq!(bytes, text::bytes(scale.size));
    rounds(
        &format!("W2: words of {} MB of text", bytes / 1_000_000),
        scale,
        (bytes as f64 / 1e6, "MB"),
        PEERS.iter().map(|(name, _)| contestant(name, scale)).collect(),
    );
}

fn contestant<'a>(name: &'a str, scale: &'a Scale) -> Contestant<'a> {
    let contestant = apart(name, format!("w2/{name}"), scale);
    match FLOORS.iter().find(|floor| floor.0 == name) {
        Some((_, floor)) => contestant.at_least(*floor),
        None => contestant,
    }
}

const FLOORS: [(&str, f64); 2] = [("ours: one thread", 0.95), ("ours: words routed to 2 arenas", 1.5)];

/// Counts once, and tells what it cost and what it found.
pub(crate) fn child(role: &str, scale: &Scale) {
    let work = PEERS.iter().find(|peer| peer.0 == role).expect("a contestant").1;
    let (path, mut found) = (text::path(scale), None);
    let cost = cost_of(|| found = Some(work(&path)));
    tell(cost, answer(&*found.expect("it was just counted")));
}

type Counts = HashMap<Box<[u8]>, u64, FxBuildHasher>;
type Work = fn(&Path) -> Box<dyn Counted>;

/// All give the same words with the same counts.
const PEERS: [(&str, Work); 11] = [
    ("one thread, one buffer", by_hand),
    ("ours: one thread", ours_one),
    ("ours: two lanes, local maps, one fold", ours_lanes),
    ("ours: words routed to 2 arenas", routes::ours_routed),
    ("lines(), one thread", by_lines),
    ("pariter: 2 tokenisers, 1 map", by_pariter),
    ("pariter: 2 local maps a block, 1 map", by_pariter_maps),
    ("rayon par_bridge, fold, reduce", by_bridge),
    ("rayon broadcast: 2 local maps, merged", by_local_maps),
    ("hand-written: one thread, words in an arena", routes::by_arena),
    ("hand-written: words routed to 2 arenas", routes::by_routes),
];

fn count(counts: &mut Counts, word: &[u8], times: u64) {
    match counts.get_mut(word) {
        Some(count) => *count += times,
        None => drop(counts.insert(word.into(), times)),
    }
}

fn count_all(counts: &mut Counts, block: &[u8]) {
    words(block).for_each(|word| count(counts, word, 1));
}

pub(crate) fn words(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    block.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Adds the smaller map to the larger.
fn merged(mut one: Counts, mut other: Counts) -> Counts {
    if one.len() < other.len() {
        std::mem::swap(&mut one, &mut other);
    }
    for (word, times) in other {
        *one.entry(word).or_insert(0) += times;
    }
    one
}

/// Words and their counts, wherever they are kept.
pub(crate) trait Counted {
    /// Shows each word once.
    fn each(&self, look: &mut dyn FnMut(&[u8], u64));
}

impl<const MAPS: usize> Counted for [Counts; MAPS] {
    fn each(&self, look: &mut dyn FnMut(&[u8], u64)) {
        self.iter().flatten().for_each(|(word, count)| look(word, *count));
    }
}

/// A number that depends on every word and its count, and not on their order.
pub(crate) fn answer(found: &dyn Counted) -> u64 {
    let mut sum = 0u64;
    found.each(&mut |word, count| {
        sum = sum.wrapping_add(scatter(hash(word)).wrapping_mul(2 * count + 1));
    });
    sum
}

pub(crate) fn hash(word: &[u8]) -> u64 {
    FxBuildHasher.hash_one(word)
}

pub(crate) fn open(path: &Path) -> File {
    File::open(path).expect("the text was written")
}

/// Blocks of a reader that end where no word goes on.
pub(crate) struct Blocks<R> {
    reader: R,
    /// The beginning of the next block.
    carry: Vec<u8>,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, carry: Vec::new() }
    }

    /// Replaces the block by the next; returns whether there was one.
    pub(crate) fn read(&mut self, block: &mut Vec<u8>) -> bool {
        block.clear();
        block.append(&mut self.carry);
        while block.len() < BLOCK_BYTES {
            let room = (BLOCK_BYTES - block.len()) as u64;
            if (&mut self.reader).take(room).read_to_end(block).expect("the text can be read") == 0 {
                return !block.is_empty();
            }
        }
        let end = block.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).expect("no word is that long");
        self.carry.extend_from_slice(&block[end..]);
        block.truncate(end);
        true
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        self.read(&mut block).then_some(block)
    }
}

fn by_hand(path: &Path) -> Box<dyn Counted> {
    let (mut blocks, mut block, mut counts) = (Blocks::new(open(path)), Vec::new(), Counts::default());
    while blocks.read(&mut block) {
        count_all(&mut counts, &block);
    }
    Box::new([counts])
}

fn ours_one(path: &Path) -> Box<dyn Counted> {
    let counts = Stream::iter(Blocks::new(open(path)))
        .fold_mut(Counts::default(), |counts, block| count_all(counts, &block));
    Box::new([counts.expect("nothing fails")])
}

fn ours_lanes(path: &Path) -> Box<dyn Counted> {
    let maps = Stream::iter(Blocks::new(open(path))).parallel(2, Order::Relaxed).map(|block| {
        let mut counts = Counts::default();
        count_all(&mut counts, &block);
        Vec::from_iter(counts)
    });
    let counts = maps.fold(Counts::default(), add_all);
    Box::new([counts.expect("nothing fails")])
}

fn add_all(mut counts: Counts, part: impl IntoIterator<Item = (Box<[u8]>, u64)>) -> Counts {
    for (word, times) in part {
        *counts.entry(word).or_insert(0) += times;
    }
    counts
}

fn by_lines(path: &Path) -> Box<dyn Counted> {
    let mut counts = Counts::default();
    for line in BufReader::new(open(path)).lines() {
        count_all(&mut counts, line.expect("the text is ASCII").as_bytes());
    }
    Box::new([counts])
}

fn by_pariter(path: &Path) -> Box<dyn Counted> {
    let cut = |block: Vec<u8>| {
        let base = block.as_ptr().addr();
        let at = |word: &[u8]| {
            let start = word.as_ptr().addr() - base;
            (
                u32::try_from(start).expect("blocks are short"),
                u32::try_from(word.len()).expect("so are words"),
            )
        };
        let places: Vec<(u32, u32)> = words(&block).map(at).collect();
        (block, places)
    };
    let mut counts = Counts::default();
    for (block, places) in Blocks::new(open(path)).parallel_map_custom(|lanes| lanes.threads(2), cut) {
        for (start, length) in places {
            count(&mut counts, &block[start as usize..][..length as usize], 1);
        }
    }
    Box::new([counts])
}

fn by_pariter_maps(path: &Path) -> Box<dyn Counted> {
    let cut = |block: Vec<u8>| {
        let mut counts = Counts::default();
        count_all(&mut counts, &block);
        counts
    };
    let maps = Blocks::new(open(path)).parallel_map_custom(|lanes| lanes.threads(2), cut);
    Box::new([maps.fold(Counts::default(), add_all)])
}

fn by_bridge(path: &Path) -> Box<dyn Counted> {
    let maps = Blocks::new(open(path)).par_bridge().fold(Counts::default, |mut counts, block| {
        count_all(&mut counts, &block);
        counts
    });
    let counts = pool().install(|| maps.reduce(Counts::default, merged));
    Box::new([counts])
}

fn by_local_maps(path: &Path) -> Box<dyn Counted> {
    let blocks = Mutex::new(Blocks::new(open(path)));
    let maps = pool().broadcast(|_| {
        let (mut block, mut counts) = (Vec::new(), Counts::default());
        while blocks.lock().expect("no thread panics").read(&mut block) {
            count_all(&mut counts, &block);
        }
        counts
    });
    Box::new([maps.into_iter().reduce(merged).expect("there are two")])
}

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads start")
}

pub(crate) const BLOCK_BYTES: usize = 1 << 18;
