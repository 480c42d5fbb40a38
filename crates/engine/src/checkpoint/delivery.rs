//! How often an item's effect arrives, whatever crashes.

use std::fmt;

/// How often the effect of an item arrives at the end of a pipeline, over any number of crashes and new starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Once: the output equals that of a run that nothing disturbed.
    ExactlyOnce,
    /// Once or more: what came behind the last checkpoint may arrive again. Whether what arrived outlives a power cut is
    /// the sink's affair: no other than a transactional one is synced. Holds the reason.
    AtLeastOnce(String),
    /// Once or never: what was on its way is lost. Holds the reason.
    AtMostOnce(String),
}

/// `exactly once`, or the weaker word and the reason for it.
impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delivery::ExactlyOnce => f.write_str("exactly once"),
            Delivery::AtLeastOnce(reason) => write!(f, "at least once: {reason}"),
            Delivery::AtMostOnce(reason) => write!(f, "at most once: {reason}"),
        }
    }
}
