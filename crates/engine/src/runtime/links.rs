//! Which stage follows which.

use crate::metrics::Edge;
use crate::plan::edges::followers;
use crate::plan::stage::{Links, Stage};

/// Which stage follows which. Stages are numbered so that what follows has the larger number.
#[derive(Debug)]
pub(crate) struct Network {
    /// For each stage those behind it at any distance, the nearest first.
    behind: Vec<Vec<usize>>,
    /// Those behind which there is nothing.
    lasts: Vec<usize>,
    edges: Vec<Edge>,
}

impl Network {
    pub(crate) fn of(stages: &[Box<dyn Stage>]) -> Self {
        let links: Vec<Links> = stages.iter().map(|stage| stage.links()).collect();
        let next = followers(&links);
        let mut behind: Vec<Vec<usize>> = vec![Vec::new(); stages.len()];
        for index in (0..stages.len()).rev() {
            let mut all: Vec<usize> =
                next[index].iter().flat_map(|&near| behind[near].iter().copied().chain([near])).collect();
            all.sort_unstable();
            all.dedup();
            behind[index] = all;
        }
        let lasts = (0..stages.len()).filter(|&index| next[index].is_empty()).collect();
        let copies: Vec<u64> = links.iter().map(|link| link.copies).collect();
        Self { edges: edges(&next, &copies), behind, lasts }
    }

    /// Returns who sends to whom.
    pub(crate) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Returns the stages behind one, at any distance.
    pub(crate) fn behind(&self, stage: usize) -> &[usize] {
        &self.behind[stage]
    }

    /// Returns the stages behind which there is nothing.
    pub(crate) fn lasts(&self) -> &[usize] {
        &self.lasts
    }
}

/// Puts stages together that share one to put to, and those they all put to.
fn edges(next: &[Vec<usize>], copies: &[u64]) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (index, targets) in next.iter().enumerate().filter(|(_, targets)| !targets.is_empty()) {
        let mut joined = Edge { from: vec![(index, copies[index])], to: targets.clone() };
        edges.retain(|edge| {
            let is_shared = edge.to.iter().any(|target| joined.to.contains(target));
            if is_shared {
                joined.from.extend_from_slice(&edge.from);
                joined.to.extend_from_slice(&edge.to);
            }
            !is_shared
        });
        joined.to.sort_unstable();
        joined.to.dedup();
        edges.push(joined);
    }
    edges
}
