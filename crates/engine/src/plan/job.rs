//! What a thread works on in a stage of lanes: a chunk in one of them, or a fence through all.

use std::time::Duration;

use super::lane::Lane;
use super::lineup::Place;
use super::outlet::Gathered;
use crate::checkpoint::Epoch;
use crate::operator::Operator;
use crate::time::EventTime;
use crate::weigh::Weigh;

/// What a thread works on, or laid down to be gone on with.
pub(super) struct Job<C: Operator> {
    pub(super) work: Work<C>,
    pub(super) place: Place,
    /// The position of the first of the items.
    pub(super) position: u64,
    pub(super) gathered: Gathered<C::Out>,
}

pub(super) enum Work<C: Operator> {
    /// Items, or none if it is only time.
    Chunk { lane: Lane<C>, items: Vec<C::In>, born: Duration },
    /// The lanes that are yet to be told begin at `next`.
    Fence { lanes: Vec<Lane<C>>, next: usize, fence: Fence },
}

#[derive(Clone, Copy)]
pub(super) enum Fence {
    /// An epoch ends here.
    Barrier(Epoch),
    Watermark(EventTime),
    End,
}

impl<C: Operator> Job<C>
where
    C::Out: Weigh,
{
    fn lane(&self) -> Option<&Lane<C>> {
        match &self.work {
            Work::Chunk { lane, .. } => Some(lane),
            Work::Fence { lanes, next, .. } => lanes.get(*next),
        }
    }

    /// Returns when it may go on; at once if it is not the chain that holds it up.
    pub(super) fn due(&self) -> Duration {
        let busy = self.lane().filter(|lane| lane.is_busy());
        busy.and_then(Lane::due).unwrap_or(Duration::ZERO)
    }

    pub(super) fn lanes(&self) -> usize {
        match &self.work {
            Work::Chunk { .. } => 1,
            Work::Fence { lanes, .. } => lanes.len(),
        }
    }
}
