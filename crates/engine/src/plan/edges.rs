//! Which stage puts to which.

use std::collections::HashMap;

use super::exchange::ExchangeId;
use super::stage::Links;

/// Returns for each stage those it puts to, each once and in their order.
pub(crate) fn followers(links: &[Links]) -> Vec<Vec<usize>> {
    let mut takers: HashMap<ExchangeId, usize> = HashMap::new();
    for (index, link) in links.iter().enumerate() {
        takers.extend(link.inlets.iter().map(|&inlet| (inlet, index)));
    }
    let followers = |link: &Links| {
        let mut next: Vec<usize> = link.targets.iter().map(|target| takers[target]).collect();
        next.sort_unstable();
        next.dedup();
        next
    };
    links.iter().map(followers).collect()
}
