//! What a pipeline can promise about items whatever crashes, and why not more.

use super::stage::Stage;
use crate::checkpoint::Delivery;

/// Returns what the stages of a pipeline can promise, with or without checkpoints.
pub(crate) fn delivery(stages: &[Box<dyn Stage>], keeps_checkpoints: bool) -> Delivery {
    if !keeps_checkpoints {
        return Delivery::AtMostOnce("no checkpoints are kept".to_owned());
    }
    let promises: Vec<_> = stages.iter().map(|stage| (stage.plan(), stage.promise())).collect();
    for (plan, promise) in &promises {
        if promise.replays == Some(false) {
            let source = plan.steps.first().copied().unwrap_or("source");
            return Delivery::AtMostOnce(format!("source `{source}` cannot be asked for the same again"));
        }
    }
    for (_, promise) in &promises {
        if let Some(step) = promise.forgetful.first() {
            return Delivery::AtMostOnce(format!("what step `{step}` remembers is in no checkpoint"));
        }
    }
    for (plan, promise) in &promises {
        if promise.commits == Some(false) {
            let sink = plan.steps.last().copied().unwrap_or("sink");
            return Delivery::AtLeastOnce(format!("sink `{sink}` is not transactional"));
        }
    }
    Delivery::ExactlyOnce
}

/// Returns what no barrier passes, so that there can be no checkpoints.
pub(crate) fn stops_barriers(stages: &[Box<dyn Stage>]) -> Option<(usize, &'static str)> {
    let mut stages = stages.iter().enumerate();
    stages.find_map(|(index, stage)| Some((index, stage.promise().stops_barriers?)))
}
