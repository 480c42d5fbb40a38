//! Where to cut a flow of items into chunks. No cut ever changes a result; it changes what it costs.
//!
//! A chunker is asked once for each chunk and answers with limits that are compared inline for each
//! item. Small chunks answer sooner and hold less memory; large ones spread the price of handing over,
//! about a microsecond a chunk.

use std::time::Duration;

mod adaptive;
mod pace;

pub use adaptive::Adaptive;
pub(crate) use pace::paced;

/// When a chunk is full: at whichever limit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    /// Most items.
    pub items_max: usize,
    /// Bytes after which the chunk is cut; the item that reaches them still belongs to it.
    pub bytes_max: usize,
    /// How long a chunk that is not full may wait for more: a slow source then gives fewer and larger
    /// chunks, each at most this much later. Parallel lanes do not wait.
    pub linger: Duration,
}

impl ChunkLimits {
    /// Returns the limits that cut where the first of both cuts.
    fn first(self, other: Self) -> Self {
        Self {
            items_max: self.items_max.min(other.items_max),
            bytes_max: self.bytes_max.min(other.bytes_max),
            linger: self.linger.max(other.linger),
        }
    }
}

/// Decides where to cut.
pub trait Chunker: Send + Sync {
    /// Returns the limits of the next chunk.
    fn limits(&self) -> ChunkLimits;

    /// Learns how long the stage that takes the chunks was busy with one of `items`.
    fn learn(&self, items: usize, busy: Duration) {
        let _ = (items, busy);
    }

    /// Returns what the chunks are like, for the plan: "chunks of …".
    fn describe(&self) -> String {
        "chunks of a chunker of its own".to_owned()
    }
}

/// No limit, and no waiting for more.
const UNLIMITED: ChunkLimits =
    ChunkLimits { items_max: usize::MAX, bytes_max: usize::MAX, linger: Duration::ZERO };

/// Chunks that wait for more items, at most this long.
#[derive(Clone, Copy, Debug)]
pub struct Timed(pub Duration);

impl Chunker for Timed {
    fn limits(&self) -> ChunkLimits {
        ChunkLimits { items_max: CHUNK_ITEMS, bytes_max: CHUNK_BYTES, linger: self.0 }
    }

    fn describe(&self) -> String {
        format!("chunks that wait {:?}", self.0)
    }
}

/// Chunks of a fixed number of items.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(pub usize);

impl Chunker for Fixed {
    fn limits(&self) -> ChunkLimits {
        ChunkLimits { items_max: self.0.max(1), ..UNLIMITED }
    }

    fn describe(&self) -> String {
        format!("chunks of {} items", self.limits().items_max)
    }
}

/// Chunks of about a fixed number of bytes, heap included.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(pub usize);

impl Chunker for Bytes {
    fn limits(&self) -> ChunkLimits {
        ChunkLimits { bytes_max: self.0.max(1), ..UNLIMITED }
    }

    fn describe(&self) -> String {
        format!("chunks of {} bytes", self.limits().bytes_max)
    }
}

macro_rules! first_of {
    ($($name:ident),*) => {
        /// The first of several chunkers to cut. Each learns what is learnt.
        impl<$($name: Chunker),*> Chunker for ($($name,)*) {
            fn limits(&self) -> ChunkLimits {
                #[expect(non_snake_case, reason = "one name for a type and its value keeps the macro short")]
                let ($($name,)*) = self;
                [$($name.limits()),*].into_iter().fold(UNLIMITED, ChunkLimits::first)
            }

            fn learn(&self, items: usize, busy: Duration) {
                #[expect(non_snake_case, reason = "one name for a type and its value keeps the macro short")]
                let ($($name,)*) = self;
                $($name.learn(items, busy);)*
            }

            fn describe(&self) -> String {
                #[expect(non_snake_case, reason = "one name for a type and its value keeps the macro short")]
                let ($($name,)*) = self;
                [$($name.describe()),*].join(" or ")
            }
        }
    };
}

first_of!(A, B);
first_of!(A, B, C);
first_of!(A, B, C, D);

/// Items of a chunk where nothing else is asked for.
pub const CHUNK_ITEMS: usize = 1 << 15;

/// Bytes of a chunk where nothing else is asked for: well inside the second-level cache of a core.
///
/// Larger makes handing over cheaper by nothing one can measure and results later; smaller lets it show.
pub const CHUNK_BYTES: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_two_cuts() {
        let limits = (Fixed(10), Bytes(1 << 10)).limits();
        assert_eq!(limits, ChunkLimits { items_max: 10, bytes_max: 1 << 10, ..UNLIMITED });
        let limits = (Bytes(7), Fixed(10), (Fixed(3), Bytes(1 << 10))).limits();
        assert_eq!(limits, ChunkLimits { items_max: 3, bytes_max: 7, ..UNLIMITED });
        assert_eq!(Fixed(0).limits().items_max, 1, "an empty chunk would never move on");
    }

    #[test]
    fn each_of_several_learns() {
        let target = Duration::from_millis(1);
        let several = (Adaptive::new(target), Fixed(1000), (Bytes(1 << 20), Adaptive::new(target)));
        several.learn(100, Duration::from_millis(100));
        assert_eq!((several.0.limits().items_max, several.2.1.limits().items_max), (1, 1));
        assert_eq!(several.limits().items_max, 1);
    }
}
