//! Which differences a second stage multiplies, to meet every prime between two bounds.
//!
//! A prime is written `m·D ± j`, where `j` is one of the few numbers below `D/2` and coprime to `D`: the *babies*; the multiples
//! of `D` are the *giants*. One pair of giant and baby often serves two primes. A long range is cut in blocks, which
//! are planned one after the other, so that the memory does not grow with the bounds. Source: [Montgomery1987], section 4.

use crate::natural::gcd_u64;

/// The pairs for the primes between two bounds.
#[derive(Debug)]
pub(super) struct Pairs {
    pub(super) wheel: u64,
    /// Numbers coprime to the wheel and below its half.
    pub(super) babies: Vec<u64>,
    /// The first giant, as a multiple of the wheel, at least 1.
    pub(super) first_giant: u64,
    /// Babies that go with each giant, by index.
    pub(super) of_giants: Vec<Vec<u16>>,
    /// Babies that are themselves wanted primes.
    pub(super) alone: Vec<u16>,
}

impl Pairs {
    /// Plans for the primes above `after` and up to `last`, but for those that divide the wheel. The wheel is a multiple of 6.
    pub(super) fn new(after: u64, last: u64, wheel: u64) -> Self {
        assert!(wheel.is_multiple_of(6), "babies are reached in steps of six");
        let babies: Vec<u64> = (1..wheel / 2).filter(|&j| gcd_u64(j, wheel) == 1).collect();
        let place =
            |number: u64| usize::try_from(number).expect("bounded by the wheel or the giants of a block");
        let mut index_of = vec![0; place(wheel / 2)];
        for (index, &baby) in (0_u16..).zip(&babies) {
            index_of[place(baby)] = index;
        }
        let first_giant = ((after + wheel / 2) / wheel).max(1);
        let mut pairs = Self { wheel, babies, first_giant, of_giants: Vec::new(), alone: Vec::new() };
        // The babies of the giant at hand, a bit for each.
        let mut wanted = vec![0_u64; pairs.babies.len().div_ceil(64)];
        let mut at_hand = first_giant;
        for prime in crate::primes(after + 1..=last).filter(|prime| !wheel.is_multiple_of(*prime)) {
            let giant = (prime + wheel / 2) / wheel;
            let index = index_of[place(prime.abs_diff(giant * wheel))];
            if giant == 0 {
                pairs.alone.push(index);
                continue;
            }
            while at_hand < giant {
                pairs.of_giants.push(take_bits(&mut wanted));
                at_hand += 1;
            }
            wanted[usize::from(index / 64)] |= 1 << (index % 64);
        }
        pairs.of_giants.push(take_bits(&mut wanted));
        pairs
    }

    /// Plans for the same primes block by block.
    pub(super) fn blocks(after: u64, last: u64, wheel: u64) -> impl Iterator<Item = Self> {
        let starts = std::iter::successors(Some(after), move |start| start.checked_add(BLOCK_GIANTS * wheel));
        let starts = starts.take_while(move |&start| start < last);
        starts.map(move |start| Self::new(start, last.min(start.saturating_add(BLOCK_GIANTS * wheel)), wheel))
    }
}

/// Returns the places of the bits that are set, and clears them.
fn take_bits(words: &mut [u64]) -> Vec<u16> {
    let mut places = Vec::new();
    for (index, word) in (0_u16..).zip(words) {
        while *word != 0 {
            let bit = u16::try_from(word.trailing_zeros()).expect("below 64");
            places.push(index * 64 + bit);
            *word &= *word - 1;
        }
    }
    places
}

/// Giants of a block. More of them need more memory, fewer spend more on the babies of each block.
const BLOCK_GIANTS: u64 = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The primes that pairs meet, ascending.
    fn met(pairs: &Pairs) -> Vec<u64> {
        let baby = |index: &u16| pairs.babies[usize::from(*index)];
        let giants = (pairs.first_giant..).map(|giant| giant * pairs.wheel).zip(&pairs.of_giants);
        let mut met: Vec<u64> = giants
            .flat_map(|(giant, babies)| {
                babies.iter().flat_map(move |index| [giant - baby(index), giant + baby(index)])
            })
            .chain(pairs.alone.iter().map(baby))
            .filter(|&number| crate::is_prime_u64(number))
            .collect();
        met.sort_unstable();
        met.dedup();
        met
    }

    #[test]
    fn every_prime_is_met() {
        for (after, last, wheel) in [(0, 100, 6), (27, 800, 60), (5, 2_000, 210), (1_000, 100_000, 2_310)] {
            let met = met(&Pairs::new(after, last, wheel));
            let wanted = crate::primes(after + 1..=last).filter(|prime| wheel % prime != 0);
            assert!(
                wanted.into_iter().all(|prime| met.binary_search(&prime).is_ok()),
                "{after}, {last}, {wheel}"
            );
        }
    }

    #[test]
    fn blocks_meet_what_the_whole_meets() {
        let (after, last, wheel) = (100, 200_000, 60);
        let blocks: Vec<Pairs> = Pairs::blocks(after, last, wheel).collect();
        assert_eq!(blocks.len(), 4);
        assert!(blocks.iter().all(|block| block.of_giants.len() <= 1_025));
        let met: Vec<u64> = blocks.iter().flat_map(met).collect();
        assert!(crate::primes(after + 1..=last).all(|prime| met.contains(&prime)));
        assert_eq!(Pairs::blocks(100, 100, 60).count(), 0);
    }
}
