//! The order in which the chunks of parallel lanes leave them.

use std::fmt;

/// Says in which order the results of parallel lanes are handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// As they came in: any number of lanes gives what one lane gives. A slow chunk holds back those
    /// behind it, at most a few for each lane.
    Input,
    /// As they are done: nothing waits for a slow chunk.
    Relaxed,
    /// Items of one key as they came in, those of different keys as they are done. Lanes by key are made
    /// by [`distribute`](crate::Stream::distribute) and [`key_by`](crate::Stream::key_by).
    Key,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Order::Input => "input order",
            Order::Relaxed => "relaxed order",
            Order::Key => "order by key",
        })
    }
}
