//! The sieve: where in an interval are values that the primes of the base divide often?
//!
//! Each prime has two places in every stretch of its length, and its logarithm is taken from the byte
//! that stands for each of them. What is below zero at the end is a candidate. By size of the prime:
//! small ones are left out, since they say little and hit often; medium ones hit each block of 2^15 values and are
//! sieved block by block, in the first cache; large ones hit few blocks and are sieved before, over the whole
//! interval, in the second. Sources: \[Silverman1987\], \[Contini1997\].

use std::sync::Arc;

use super::Setting;
use super::candidate::Examination;
use super::large::Interval;
use super::medium::Medium;
use super::polynomial::{Leading, Polynomial, log2};
use super::relation::Relation;
use super::roots::Roots;

/// Everything a thread needs to work off leading coefficients; its memory is used again for each.
pub(crate) struct Sieve {
    setting: Arc<Setting>,
    roots: Roots,
    medium: Medium,
    /// The first medium and the first large prime, by index.
    small: usize,
    large: usize,
    interval: Interval,
    block: Box<[u8; REACH]>,
    /// What logarithms must add up to.
    threshold: u8,
    large_max: u64,
    /// Candidates of a block, and the bits that were sieved there.
    found: Vec<(u16, u32)>,
    divisors: Vec<usize>,
}

impl Sieve {
    /// Returns whether it is for the number of that setting.
    pub(crate) fn is_for(&self, setting: &Arc<Setting>) -> bool {
        Arc::ptr_eq(&self.setting, setting)
    }

    /// Makes a sieve for `k·n`.
    pub(crate) fn new(setting: Arc<Setting>) -> Self {
        let Setting { kn, base, parameters, .. } = &*setting;
        let length = setting.length();
        let large = base.primes.partition_point(|&prime| prime < MEDIUM_END);
        let small = base.primes.partition_point(|&prime| prime < parameters.small_end).min(large);
        let largest = u64::from(*base.primes.last().expect("a base has primes"));
        let large_max = largest * u64::from(parameters.large_multiple);
        // The largest value, what small primes give on the average, and what may be left.
        let size = log2(kn) / 2.0 - 0.5 + (f64::from(length) / 2.0).log2();
        let small_bits: f64 = base.primes[1..small]
            .iter()
            .map(|&prime| 2.0 * f64::from(prime).log2() / f64::from(prime - 1))
            .sum::<f64>()
            + 1.0;
        let threshold = size - small_bits * SMALL_SHARE - parameters.tolerance * (large_max as f64).log2();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped in the same line"
        )]
        let threshold = threshold.clamp(10.0, 120.0) as u8;
        Self {
            roots: Roots::new(base, length),
            medium: Medium::new(&base.primes[small..large]),
            small,
            large,
            interval: Interval::new(parameters.blocks),
            block: vec![0; REACH].into_boxed_slice().try_into().expect("it has that length"),
            threshold,
            large_max,
            found: Vec::new(),
            divisors: Vec::new(),
            setting,
        }
    }

    /// Sieves every polynomial of a leading coefficient.
    pub(crate) fn run(&mut self, leading: &Leading) -> Vec<Relation> {
        let setting = Arc::clone(&self.setting);
        let mut relations = Vec::new();
        let mut polynomial = Polynomial::first(leading, &setting.base, &setting.kn);
        self.roots.set_up(&polynomial, leading, &setting.base);
        loop {
            self.begin();
            for block in 0..setting.parameters.blocks {
                self.sieve_block(block);
                self.scan();
                let (roots, small, large_max) = (&self.roots, self.small, self.large_max);
                let polynomial = &polynomial;
                let examination =
                    Examination { setting: &setting, roots, leading, polynomial, small, large_max };
                #[expect(clippy::cast_possible_truncation, reason = "an interval is far below 2^32")]
                let start = (block * BLOCK) as u32;
                for &(place, bits_sieved) in &self.found {
                    let place = start + u32::from(place);
                    relations.extend(examination.run(place, bits_sieved, &mut self.divisors));
                }
            }
            match polynomial.advance(&setting.kn) {
                Some(change) => self.roots.change(change),
                None => return relations,
            }
        }
    }

    /// Prepares for the blocks of a polynomial.
    fn begin(&mut self) {
        let (_, _, places) = self.roots.of(self.small..self.large);
        self.medium.begin(places);
        self.interval.fill(self.threshold);
        let (primes, logs, places) = self.roots.of(self.large..self.setting.base.len());
        self.interval.sieve(primes, logs, places);
    }

    /// Takes the logarithms from the bytes of a block.
    fn sieve_block(&mut self, block: usize) {
        self.block[..BLOCK].copy_from_slice(self.interval.block(block));
        let (_, logs, _) = self.roots.of(self.small..self.large);
        self.medium.sieve(&mut self.block, logs);
    }

    /// Lists the bytes below zero.
    fn scan(&mut self) {
        self.found.clear();
        for (start, group) in (0..).step_by(SCAN).zip(self.block[..BLOCK].chunks_exact(SCAN)) {
            if group.iter().fold(0, |all, byte| all | byte) & 0x80 == 0 {
                continue;
            }
            for (place, byte) in (start..).zip(group) {
                if byte & 0x80 != 0 {
                    self.found.push((place, u32::from(self.threshold) + u32::from(byte.wrapping_neg())));
                }
            }
        }
    }
}

/// Values sieved at once: as many as fit in the first cache.
pub(super) const BLOCK_BITS: u32 = 15;
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
pub(super) const BLOCK_END: u16 = 1 << BLOCK_BITS;

/// Bytes that a number of 16 bits can point to, so that none of its places needs a look whether it is there.
pub(super) const REACH: usize = 1 << 16;

/// First prime that is sieved over the whole interval.
///
/// Higher visits primes for every block that they hit a few times, lower leaves more hits to the slower cache.
const MEDIUM_END: u32 = 1 << 13;

/// Part of what small primes give on the average that is counted on.
const SMALL_SHARE: f64 = 0.7;

/// Bytes looked at together.
const SCAN: usize = 64;
