//! How often a checkpoint is made.

use std::time::Duration;

/// How often a checkpoint is made: after a time, so many items or so many bytes of the sources, whichever comes first.
///
/// ```
/// use std::time::Duration;
/// use primestream_engine::checkpoint::Every;
///
/// let every = Every::time(Duration::from_secs(1)).or(Every::bytes(64 << 20));
/// assert_eq!(every.to_string(), "1s or 67108864 bytes");
/// assert_eq!(Every::items(9).or(Every::items(5)), Every::items(5)); // whichever comes first
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Every {
    pub(crate) time: Option<Duration>,
    pub(crate) items: Option<u64>,
    pub(crate) bytes: Option<u64>,
}

impl Every {
    /// After a time, a millisecond at least.
    #[must_use]
    pub fn time(time: Duration) -> Self {
        Self { time: Some(time.max(Duration::from_millis(1))), ..Self::default() }
    }

    /// After so many items of the sources, at least 1.
    #[must_use]
    pub fn items(items: u64) -> Self {
        Self { items: Some(items.max(1)), ..Self::default() }
    }

    /// After so many bytes that the sources took from outside, at least 1.
    #[must_use]
    pub fn bytes(bytes: u64) -> Self {
        Self { bytes: Some(bytes.max(1)), ..Self::default() }
    }

    /// After this or another, whichever comes first.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            time: sooner(self.time, other.time),
            items: sooner(self.items, other.items),
            bytes: sooner(self.bytes, other.bytes),
        }
    }
}

fn sooner<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

impl From<Duration> for Every {
    fn from(time: Duration) -> Self {
        Self::time(time)
    }
}

impl std::fmt::Display for Every {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            self.time.map(|time| format!("{time:?}")),
            self.items.map(|items| format!("{items} items")),
            self.bytes.map(|bytes| format!("{bytes} bytes")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_kept_and_the_first_of_a_kind_counts() {
        let time = Duration::from_secs(1);
        let every = [Every::time(time), Every::items(5), Every::bytes(7)];
        assert_eq!(every.map(|every| every.to_string()), ["1s", "5 items", "7 bytes"]);
        let least = [Every::time(Duration::ZERO), Every::items(0), Every::bytes(0)];
        assert_eq!(least.map(|every| every.to_string()), ["1ms", "1 items", "1 bytes"]);
        let all = every.into_iter().chain(least).reduce(Every::or).unwrap();
        assert_eq!(all, Every { time: Some(Duration::from_millis(1)), items: Some(1), bytes: Some(1) });
        assert_eq!(Every::from(time), Every::time(time));
    }
}
