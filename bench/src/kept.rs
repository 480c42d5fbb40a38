//! W2 with checkpoints: the same words counted with one a second, and with none.
//!
//! What is kept is every word and its count, 5.4 million of them in the end, and all of it is written each time. Two
//! ways to hold them: in arenas, which are two pieces of memory to whoever writes them, and in maps of strings.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use primestream_engine::checkpoint::Directory;
use primestream_engine::{Order, Stream, Weigh};
use rustc_hash::FxBuildHasher;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::process::{cost_of, tell};
use crate::rounds::{Scale, Size, apart, rounds};
use crate::routes::{Arena, Part};
use crate::text;
use crate::words::{BLOCK_BYTES, Counted, answer, open};

/// Runs W2 with and without checkpoints.
pub(crate) fn run(scale: &Scale) {
    let text = text::path(scale);
    let bytes = io::copy(&mut open(&text), &mut io::sink()).expect("it can be read");
    for held in ["arenas", "maps"] {
        let name = |kept: &str| format!("{held}, {kept}");
        let names = [name("no checkpoints"), name("one a second")];
        rounds(
            &format!("W2, kept: words of {} MB of text in {held}", bytes / 1_000_000),
            scale,
            (bytes as f64 / 1e6, "MB"),
            names.iter().map(|name| apart(name, format!("w2-kept/{name}"), scale)).collect(),
        );
    }
}

/// Counts once, and tells what it cost and what it found.
pub(crate) fn child(role: &str, scale: &Scale) {
    let (held, kept) = role.split_once(", ").expect("what words are held in, and whether it is kept");
    let (path, mut found) = (text::path(scale), None);
    let state =
        (kept == "one a second").then(|| scale.folder.join(format!("w2-kept-{}", std::process::id())));
    let cost = cost_of(|| {
        found = Some(match held {
            "arenas" => counted::<Arena>(&path, state.as_deref(), |arena, part| {
                arena.add_all(&part.places, &part.block)
            }),
            "maps" => counted(&path, state.as_deref(), Map::add_all),
            other => panic!("nothing is held in {other}"),
        });
    });
    if let Some(state) = state {
        let newest = &Directory::read(&state).expect("it is a folder of checkpoints")[0];
        // The last is made at the end; those before are what is measured.
        assert!(newest.epoch.get() > 1 || scale.size == Size::Small, "no checkpoint was made on the way");
        fs::remove_dir_all(state).expect("it is ours");
    }
    tell(cost, answer(&*found.expect("it was just counted")));
}

/// Counts words, with a checkpoint a second if there is a folder for them.
fn counted<A>(text: &Path, state: Option<&Path>, add: fn(&mut A, &Part)) -> Box<dyn Counted>
where
    A: Clone + Default + Weigh + Serialize + DeserializeOwned + Send + Sync + 'static,
    Vec<A>: Counted,
{
    let text = Arc::new(open(text));
    let blocks = Stream::iter_from(move |first| {
        let text = Arc::clone(&text);
        (first..).map_while(move |number| block(&text, number))
    });
    let parts = blocks.parallel(2, Order::Relaxed).flat_map(Part::of_both).key_by(|part| part.owner);
    let held = parts.lanes(2).stateful().fold(A::default(), move |held, part| add(held, &part));
    let found = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&found);
    let pipeline = held.drain_with(move |(_, held)| all.lock().expect("no thread panics").push(held));
    let pipeline = match state {
        None => pipeline,
        Some(state) => {
            let store = Directory::open(state).expect("the folder can be written");
            pipeline.checkpoint(Duration::from_secs(1), store)
        }
    };
    pipeline.run().expect("nothing fails");
    Box::new(std::mem::take(&mut *found.lock().expect("no thread panics")))
}

/// Reads the words that begin in one stretch of a text; nothing behind its end.
fn block(text: &File, number: u64) -> Option<Vec<u8>> {
    // The byte before tells whether the first word began before.
    let before = u64::from(number > 0);
    let mut block = Vec::with_capacity(BLOCK_BYTES + WORD_BYTES_MAX);
    let mut reader = text;
    reader.seek(SeekFrom::Start(number * BLOCK_BYTES as u64 - before)).expect("it is a file");
    reader.take((BLOCK_BYTES + WORD_BYTES_MAX) as u64).read_to_end(&mut block).expect("it can be read");
    let behind = usize::from(number > 0);
    if block.len() <= behind {
        return None;
    }
    let gap_from = |at: usize| {
        let gap = block[at..].iter().position(|byte| !byte.is_ascii_alphanumeric());
        gap.map_or(block.len(), |gap| at + gap)
    };
    let last = behind + BLOCK_BYTES - 1;
    let end = if last < block.len() { gap_from(last) } else { block.len() };
    let start = if number > 0 { gap_from(0) } else { 0 };
    block.truncate(end);
    block.drain(..start);
    Some(block)
}

/// Written as the one piece of memory that it nearly is.
impl Serialize for Arena {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.to_bytes())
    }
}

impl<'de> Deserialize<'de> for Arena {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(Piece)
    }
}

/// Takes an arena out of bytes.
struct Piece;

impl Visitor<'_> for Piece {
    type Value = Arena;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words in an arena")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Arena, E> {
        Arena::from_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

/// Words and their counts in a map.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Map(HashMap<String, u64, FxBuildHasher>);

impl Map {
    fn add_all(&mut self, part: &Part) {
        for place in &part.places {
            let word = str::from_utf8(place.word(&part.block)).expect("words are of ASCII");
            match self.0.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(self.0.insert(word.to_owned(), 1)),
            }
        }
    }
}

impl Weigh for Map {
    fn heap_bytes(&self) -> usize {
        self.0.capacity() * (size_of::<(String, u64)>() + 1)
    }
}

impl Counted for Vec<Map> {
    fn each(&self, look: &mut dyn FnMut(&[u8], u64)) {
        self.iter().flat_map(|map| &map.0).for_each(|(word, count)| look(word.as_bytes(), *count));
    }
}

/// No word of the text is longer.
const WORD_BYTES_MAX: usize = 64;
