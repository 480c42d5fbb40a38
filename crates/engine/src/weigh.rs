//! How many bytes an item owns, heap included: what the budget counts.
//!
//! The sizes are those asked of the allocator (capacities, not lengths), without its own overhead.
//! A type that owns no heap needs one line: `impl Weigh for Point {}`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Tells how many bytes an item owns.
///
/// # Examples
///
/// ```
/// use primestream_engine::Weigh;
///
/// struct Event { name: String, at: u64 }
///
/// impl Weigh for Event {
///     fn heap_bytes(&self) -> usize { self.name.heap_bytes() }
/// }
///
/// let event = Event { name: String::with_capacity(100), at: 7 };
/// assert_eq!(event.weight(), 100 + size_of::<Event>());
/// # let _ = event.at;
/// ```
pub trait Weigh {
    /// Returns the bytes this value owns on the heap; 0 unless said otherwise.
    #[inline]
    fn heap_bytes(&self) -> usize {
        0
    }

    /// Returns all bytes this value occupies: its own size and its heap.
    #[inline]
    fn weight(&self) -> usize
    where
        Self: Sized,
    {
        size_of::<Self>() + self.heap_bytes()
    }
}

macro_rules! weighs_its_own_size {
    ($($name:ty),* $(,)?) => { $(impl Weigh for $name {})* };
}

weighs_its_own_size!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    Duration,
    std::convert::Infallible,
    std::net::IpAddr,
    std::net::SocketAddr,
    std::num::NonZeroU64,
    std::num::NonZeroU32,
    std::time::Instant,
    std::time::SystemTime,
    std::io::Error,
);

impl<T: ?Sized> Weigh for &T {}

impl Weigh for String {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Weigh for OsString {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Weigh for PathBuf {
    fn heap_bytes(&self) -> usize {
        self.capacity()
    }
}

impl Weigh for Box<str> {
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl Weigh for Arc<str> {
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl Weigh for Arc<[u8]> {
    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl Weigh for Cow<'_, str> {
    fn heap_bytes(&self) -> usize {
        match self {
            Cow::Borrowed(_) => 0,
            Cow::Owned(owned) => owned.heap_bytes(),
        }
    }
}

/// Sums the heaps of some values. Values that need not be dropped own none, and are not asked one by one, which without
/// optimisation would take as long as making them.
#[inline]
fn heaps<'a, T: Weigh + 'a>(values: impl IntoIterator<Item = &'a T>) -> usize {
    if std::mem::needs_drop::<T>() { values.into_iter().map(Weigh::heap_bytes).sum() } else { 0 }
}

impl<T: Weigh> Weigh for Vec<T> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<T>() + heaps(self)
    }
}

impl<T: Weigh> Weigh for VecDeque<T> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<T>() + heaps(self)
    }
}

impl<T: Weigh> Weigh for Box<[T]> {
    fn heap_bytes(&self) -> usize {
        self.len() * size_of::<T>() + heaps(self)
    }
}

impl<T: Weigh, const N: usize> Weigh for [T; N] {
    #[inline]
    fn heap_bytes(&self) -> usize {
        heaps(self)
    }
}

impl<T: Weigh> Weigh for Box<T> {
    fn heap_bytes(&self) -> usize {
        T::weight(self)
    }
}

/// Shared values are counted in full by every owner: too much rather than too little.
impl<T: Weigh> Weigh for Arc<T> {
    fn heap_bytes(&self) -> usize {
        T::weight(self)
    }
}

impl<T: Weigh> Weigh for Rc<T> {
    fn heap_bytes(&self) -> usize {
        T::weight(self)
    }
}

impl<T: Weigh> Weigh for std::ops::Range<T> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.start.heap_bytes() + self.end.heap_bytes()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, Weigh::heap_bytes)
    }
}

impl<T: Weigh, E: Weigh> Weigh for Result<T, E> {
    #[inline]
    fn heap_bytes(&self) -> usize {
        match self {
            Ok(value) => value.heap_bytes(),
            Err(error) => error.heap_bytes(),
        }
    }
}

impl<K: Weigh, V: Weigh, S> Weigh for HashMap<K, V, S> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * (size_of::<(K, V)>() + 1) + heaps(self.keys()) + heaps(self.values())
    }
}

impl<T: Weigh, S> Weigh for HashSet<T, S> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * (size_of::<T>() + 1) + heaps(self)
    }
}

impl<K: Weigh, V: Weigh> Weigh for BTreeMap<K, V> {
    fn heap_bytes(&self) -> usize {
        self.len() * size_of::<(K, V)>() + heaps(self.keys()) + heaps(self.values())
    }
}

impl<T: Weigh> Weigh for BTreeSet<T> {
    fn heap_bytes(&self) -> usize {
        self.len() * size_of::<T>() + heaps(self)
    }
}

macro_rules! weighs_its_parts {
    ($($name:ident),*) => {
        impl<$($name: Weigh),*> Weigh for ($($name,)*) {
            #[inline]
            fn heap_bytes(&self) -> usize {
                #[expect(non_snake_case, reason = "one name for a type and its value keeps the macro short")]
                let ($($name,)*) = self;
                0 $(+ $name.heap_bytes())*
            }
        }
    };
}

weighs_its_parts!(A);
weighs_its_parts!(A, B);
weighs_its_parts!(A, B, C);
weighs_its_parts!(A, B, C, D);
weighs_its_parts!(A, B, C, D, F);
weighs_its_parts!(A, B, C, D, F, G);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps_are_counted_at_every_depth() {
        assert_eq!(7u64.weight(), 8);
        assert_eq!(String::with_capacity(10).weight(), 24 + 10);
        let nested = vec![String::with_capacity(10), String::new()];
        assert_eq!(nested.weight(), 24 + nested.capacity() * 24 + 10);
        assert_eq!(Some(Box::new(1u64)).weight(), 8 + 8);
        assert_eq!((vec![0u8; 5], 1u8).weight(), size_of::<(Vec<u8>, u8)>() + 5);
        assert_eq!(Ok::<_, String>(vec![0u16; 3]).heap_bytes(), 6);
    }
}
