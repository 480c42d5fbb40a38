//! W2 with words in an arena: on one thread, and on two that own a part of the words each, by hand and ours.
//!
//! A word's hash says which of two threads owns it. Each thread takes blocks, counts the words it owns
//! and sends on the others, so that no map is ever merged and every word is in memory once.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use hashbrown::HashTable;
use primestream_engine::{Order, Stream, Weigh};

use crate::words::{Blocks, Counted, hash, open, words};

/// Counts of words, each word once in one buffer.
#[derive(Clone, Default)]
pub(crate) struct Arena {
    table: HashTable<Entry>,
    bytes: Vec<u8>,
}

/// A word of the arena: where its length and its bytes are.
#[derive(Clone, Copy)]
struct Entry {
    count: u64,
    /// Kept, so that a table that grows need not look at the words.
    hash: u32,
    start: u32,
}

impl Arena {
    fn add(&mut self, hash: u32, word: &[u8]) {
        let bytes = &self.bytes;
        match self.table.find_mut(spread(hash), |entry| entry.hash == hash && entry.word(bytes) == word) {
            Some(entry) => entry.count += 1,
            None => self.insert(hash, word),
        }
    }

    /// Returns all of it in one piece: 16 bytes of each word, the words, and how many they are.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.table.len() * ENTRY_BYTES + self.bytes.len() + 8);
        for entry in &self.table {
            all.extend(entry.count.to_le_bytes());
            all.extend(entry.hash.to_le_bytes());
            all.extend(entry.start.to_le_bytes());
        }
        all.extend(&self.bytes);
        all.extend((self.table.len() as u64).to_le_bytes());
        all
    }

    /// Reads what `to_bytes` wrote.
    pub(crate) fn from_bytes(all: &[u8]) -> Option<Self> {
        let (rest, count) = all.split_last_chunk()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let (entries, bytes) = rest.split_at_checked(count.checked_mul(ENTRY_BYTES)?)?;
        let mut table = HashTable::with_capacity(count);
        for entry in entries.as_chunks::<ENTRY_BYTES>().0 {
            let (count, places) = entry.split_first_chunk()?;
            let (hash, start) = places.split_first_chunk()?;
            let (hash, start) = (u32::from_le_bytes(*hash), u32::from_le_bytes(*start.first_chunk()?));
            let entry = Entry { count: u64::from_le_bytes(*count), hash, start };
            table.insert_unique(spread(hash), entry, |entry| spread(entry.hash));
        }
        Some(Self { table, bytes: bytes.to_vec() })
    }

    #[cold]
    fn insert(&mut self, hash: u32, word: &[u8]) {
        let start = u32::try_from(self.bytes.len()).expect("below 4 GiB of words");
        self.bytes.extend(u16::try_from(word.len()).expect("no word is that long").to_le_bytes());
        self.bytes.extend(word);
        self.table.insert_unique(spread(hash), Entry { count: 1, hash, start }, |entry| spread(entry.hash));
    }
}

impl Entry {
    fn word<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let rest = &bytes[self.start as usize..];
        let length = usize::from(u16::from_le_bytes([rest[0], rest[1]]));
        &rest[2..2 + length]
    }
}

impl Counted for Vec<Arena> {
    fn each(&self, look: &mut dyn FnMut(&[u8], u64)) {
        for arena in self {
            arena.table.iter().for_each(|entry| look(entry.word(&arena.bytes), entry.count));
        }
    }
}

/// The table looks at the highest bits too.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

fn hash_32(word: &[u8]) -> u32 {
    let hash = hash(word);
    u32::try_from(hash >> 32).expect("half of the bits")
        ^ u32::try_from(hash & 0xFFFF_FFFF).expect("the others")
}

/// The bit in the middle: the table uses those at both ends.
fn owner(hash: u32) -> usize {
    usize::from(hash & 1 << OWNER_BIT != 0)
}

pub(crate) fn by_arena(path: &Path) -> Box<dyn Counted> {
    let (mut blocks, mut block, mut arena) = (Blocks::new(open(path)), Vec::new(), Arena::default());
    while blocks.read(&mut block) {
        words(&block).for_each(|word| arena.add(hash_32(word), word));
    }
    Box::new(vec![arena])
}

/// A block, and where the words are in it that belong to the other thread.
struct Parcel {
    block: Vec<u8>,
    places: Vec<Place>,
}

/// Where a word is in its block.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    hash: u32,
    start: u32,
    length: u32,
}

impl Place {
    pub(crate) fn word(self, block: &[u8]) -> &[u8] {
        &block[self.start as usize..][..self.length as usize]
    }
}

impl Arena {
    pub(crate) fn add_all(&mut self, places: &[Place], block: &[u8]) {
        for place in places {
            self.add(place.hash, place.word(block));
        }
    }

    fn take(&mut self, parcel: Parcel) {
        self.add_all(&parcel.places, &parcel.block);
    }
}

/// Returns the places of the words of a block, by owner. A branch would be guessed wrong for every second
/// word, which takes longer than to write its place twice.
fn cut(block: &[u8]) -> [Vec<Place>; 2] {
    let mut dealt = [(); 2].map(|()| vec![Place::default(); block.len() / 2 + 2]);
    let (mut counts, base) = ([0; 2], block.as_ptr().addr());
    for word in words(block) {
        let start = u32::try_from(word.as_ptr().addr() - base).expect("blocks are short");
        let length = u32::try_from(word.len()).expect("so are words");
        let place = Place { hash: hash_32(word), start, length };
        dealt[0][counts[0]] = place;
        dealt[1][counts[1]] = place;
        counts[owner(place.hash)] += 1;
    }
    let [first, second] = &mut dealt;
    first.truncate(counts[0]);
    second.truncate(counts[1]);
    dealt
}

pub(crate) fn by_routes(path: &Path) -> Box<dyn Counted> {
    let blocks = Mutex::new(Blocks::new(open(path)));
    let (to_first, first) = crossbeam_channel::bounded(PARCELS_MAX);
    let (to_second, second) = crossbeam_channel::bounded(PARCELS_MAX);
    thread::scope(|scope| {
        let other = scope.spawn(|| part(&blocks, 1, to_first, &second));
        let one = part(&blocks, 0, to_second, &first);
        Box::new(vec![one, other.join().expect("no thread panics")])
    })
}

/// What one owner has to do with a block.
pub(crate) struct Part {
    pub(crate) owner: usize,
    pub(crate) block: Arc<Vec<u8>>,
    pub(crate) places: Vec<Place>,
}

impl Part {
    /// Cuts a block into words and deals them out.
    pub(crate) fn of_both(block: Vec<u8>) -> impl Iterator<Item = Self> {
        let (dealt, block) = (cut(&block), Arc::new(block));
        let parts = dealt.into_iter().enumerate();
        parts.map(move |(owner, places)| Self { owner, block: Arc::clone(&block), places })
    }
}

impl Weigh for Part {
    fn heap_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Place>() + self.block.len() / 2
    }
}

impl Weigh for Arena {
    fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.table.capacity() * (size_of::<Entry>() + 1)
    }
}

/// Blocks are cut on the lanes, and each part goes to the lane that has its owner.
pub(crate) fn ours_routed(path: &Path) -> Box<dyn Counted> {
    let blocks = Stream::iter(Blocks::new(open(path))).parallel(2, Order::Relaxed);
    let parts = blocks.flat_map(Part::of_both).key_by(|part| part.owner).lanes(2);
    let arenas = parts.fold(Arena::default(), |arena, part| arena.add_all(&part.places, &part.block));
    let arenas: Vec<(usize, Arena)> = arenas.collect().expect("nothing fails");
    Box::new(arenas.into_iter().map(|(_, arena)| arena).collect::<Vec<_>>())
}

fn part(
    blocks: &Mutex<Blocks<impl std::io::Read>>,
    own: usize,
    to_other: Sender<Parcel>,
    inbox: &Receiver<Parcel>,
) -> Arena {
    let (mut block, mut arena) = (Vec::new(), Arena::default());
    while blocks.lock().expect("no thread panics").read(&mut block) {
        let [mut mine, mut others] = cut(&block);
        if own == 1 {
            std::mem::swap(&mut mine, &mut others);
        }
        arena.add_all(&mine, &block);
        let mut parcel = Parcel { block: std::mem::take(&mut block), places: others };
        // Who cannot send has work of its own to do meanwhile, so two full inboxes are no deadlock.
        while let Err(TrySendError::Full(back)) = to_other.try_send(parcel) {
            parcel = back;
            match inbox.try_recv() {
                Ok(parcel) => arena.take(parcel),
                Err(_) => thread::yield_now(),
            }
        }
        inbox.try_iter().take(PARCELS_MAX).for_each(|parcel| arena.take(parcel));
    }
    drop(to_other);
    inbox.iter().for_each(|parcel| arena.take(parcel));
    arena
}

const OWNER_BIT: u32 = 24;
/// An entry, written.
const ENTRY_BYTES: usize = 16;
/// Parcels that wait for a thread.
const PARCELS_MAX: usize = 4;
