//! The sieve: where in an interval are values that the primes of the base divide often?
//!
//! Each prime has two places in every stretch of its length, and its logarithm is taken from the byte
//! that stands for each of them. What is below zero at the end is a candidate. By size of the prime:
//! small ones are left out, since they say little and hit often; medium ones hit each block of 2^15 values and are
//! sieved block by block, in the cache; large ones hit few blocks, and their hits are
//! put into buckets, one for each block, while roots are brought to the next polynomial.
//! Sources: \[Silverman1987\], \[Contini1997\], \[AokiUeda2004\] for the buckets.

use std::sync::Arc;

use super::Setting;
use super::base::{inverse, product};
use super::polynomial::{Change, Leading, Polynomial, log2};
use super::relation::Relation;
use super::rest::Rest;
use crate::Natural;

/// Everything a thread needs to work off leading coefficients; its memory is used again for each.
pub(crate) struct Sieve {
    setting: Arc<Setting>,
    /// First medium and first large prime.
    medium: usize,
    large: usize,
    /// Where each prime divides, counted from the start of the interval.
    roots: [Vec<u32>; 2],
    /// What roots change by when a term changes its sign.
    steps: Vec<Vec<u32>>,
    /// The next places of medium primes, from the start of the present block.
    next: [Vec<u16>; 2],
    divisors: Divisors,
    logs: Vec<u8>,
    block: Box<[u8; REACH]>,
    buckets: Buckets,
    /// What logarithms must add up to.
    threshold: u8,
    large_max: u64,
    /// Candidates of a block.
    found: Vec<u16>,
}

/// Medium and small primes, with what it takes to see in 16 bits whether they divide.
struct Divisors {
    primes: Vec<u16>,
    /// What the length of a block leaves modulo each prime.
    block_steps: Vec<u16>,
    inverses: Vec<u16>,
    quotients_max: Vec<u16>,
}

impl Divisors {
    fn new(primes: &[u32]) -> Self {
        let primes = || primes.iter().map(|&prime| u16::try_from(prime).expect("medium primes are short"));
        let inverse = |prime: u16| {
            let mut inverse = prime.wrapping_mul(3) ^ 2;
            for _ in 0..2 {
                inverse = inverse.wrapping_mul(2_u16.wrapping_sub(prime.wrapping_mul(inverse)));
            }
            inverse
        };
        Self {
            primes: primes().collect(),
            block_steps: primes().map(|prime| BLOCK_END % prime).collect(),
            // 2 has none, and is not asked for.
            inverses: primes().map(inverse).collect(),
            quotients_max: primes().map(|prime| u16::MAX / prime).collect(),
        }
    }
}

/// Whether a prime divides `n`, by its inverse and its largest quotient in 16 bits.
#[inline]
fn divides(n: u16, inverse: u16, quotient_max: u16) -> bool {
    n.wrapping_mul(inverse) <= quotient_max
}

/// Hits of large primes, by block.
struct Buckets {
    hits: Vec<u32>,
    counts: Vec<usize>,
    /// For each logarithm, where in each bucket its primes begin.
    marks: Vec<(u8, Vec<usize>)>,
    room: usize,
}

impl Buckets {
    fn new(blocks: usize, room: usize) -> Self {
        Self { hits: vec![0; blocks * room], counts: vec![0; blocks], marks: Vec::new(), room }
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.marks.clear();
    }

    /// Notes a hit, if the place is in the interval. Not branched on, since nobody guesses it.
    #[inline(always)]
    fn push(&mut self, place: u32, index: u32, length: u32) {
        let is_inside = place < length;
        let block = (place >> BLOCK_BITS) as usize;
        let block = if is_inside { block } else { self.counts.len() - 1 };
        let count = self.counts[block];
        self.hits[block * self.room + count] = index << BLOCK_BITS | place & BLOCK_MASK;
        // A bucket that is full loses hits, which costs a relation at worst.
        self.counts[block] = (count + usize::from(is_inside)).min(self.room - 1);
    }

    fn of(&self, block: usize) -> &[u32] {
        &self.hits[block * self.room..][..self.counts[block]]
    }
}

impl Sieve {
    /// Returns whether it is for the number of that setting.
    pub(crate) fn is_for(&self, setting: &Arc<Setting>) -> bool {
        Arc::ptr_eq(&self.setting, setting)
    }

    /// Makes a sieve for `k·n`.
    pub(crate) fn new(setting: Arc<Setting>) -> Self {
        let Setting { kn, base, parameters, .. } = &*setting;
        let len = base.len();
        let large = base.primes.partition_point(|&prime| prime < BLOCK_END.into());
        let medium = base.primes.partition_point(|&prime| prime < SMALL_END).min(large);
        let length = (parameters.blocks * BLOCK) as f64;
        let expected: f64 =
            base.primes[large..].iter().map(|&prime| 2.0 * BLOCK as f64 / f64::from(prime)).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of hits")]
        let room = (expected * 1.3 + 6.0 * expected.sqrt() + 64.0) as usize;
        let largest = u64::from(*base.primes.last().expect("a base has primes"));
        let large_max = largest * u64::from(parameters.large_multiple);
        // The largest value, what small primes give on the average, and what may be left.
        let size = log2(kn) / 2.0 - 0.5 + (length / 2.0).log2();
        let small: f64 = base.primes[1..medium]
            .iter()
            .map(|&prime| 2.0 * f64::from(prime).log2() / f64::from(prime - 1))
            .sum::<f64>()
            + 1.0;
        let threshold = size - small * SMALL_SHARE - parameters.tolerance * (large_max as f64).log2();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped in the same line"
        )]
        let threshold = threshold.clamp(10.0, 120.0) as u8;
        Self {
            medium,
            large,
            roots: [vec![0; len], vec![0; len]],
            steps: Vec::new(),
            next: [vec![0; large], vec![0; large]],
            divisors: Divisors::new(&base.primes[..large]),
            logs: base.logs.clone(),
            block: vec![0; REACH].into_boxed_slice().try_into().expect("it has that length"),
            buckets: Buckets::new(parameters.blocks, room),
            threshold,
            large_max,
            found: Vec::new(),
            setting,
        }
    }

    /// Sieves every polynomial of a leading coefficient.
    pub(crate) fn run(&mut self, leading: &Leading) -> Vec<Relation> {
        let setting = Arc::clone(&self.setting);
        let mut relations = Vec::new();
        let mut polynomial = Polynomial::first(leading, &setting.base, &setting.kn);
        self.set_up(&polynomial);
        loop {
            for block in 0..self.setting.parameters.blocks {
                self.sieve_block(block);
                self.scan();
                for &found in &self.found {
                    relations.extend(self.examine(block, found, leading, &polynomial));
                }
            }
            match polynomial.advance(&setting.kn) {
                Some(change) => self.change(change),
                None => break,
            }
        }
        for &factor in &leading.factors {
            self.logs[factor as usize] = self.setting.base.logs[factor as usize];
        }
        relations
    }

    /// Finds the roots modulo each prime.
    fn set_up(&mut self, polynomial: &Polynomial) {
        self.steps.resize_with(polynomial.terms.len(), Vec::new);
        self.steps.iter_mut().for_each(|steps| steps.resize(self.setting.base.len(), 0));
        let half = (self.setting.parameters.blocks * BLOCK / 2) as u64;
        for (index, (&prime, &root)) in
            self.setting.base.primes.iter().zip(&self.setting.base.roots).enumerate()
        {
            let rem = |n: &Natural| u32::try_from(n.rem_u64(prime.into())).expect("a remainder");
            let a = rem(&polynomial.a);
            if a == 0 || prime == 2 {
                // One of the two roots is at infinity: such primes are not sieved.
                self.logs[index] = 0;
                self.roots.iter_mut().for_each(|roots| roots[index] = 0);
                self.steps.iter_mut().for_each(|steps| steps[index] = 0);
                continue;
            }
            let inverse = inverse(a, prime);
            let b = polynomial.b.rem(prime);
            let half = u32::try_from(half % u64::from(prime)).expect("a remainder");
            for (roots, root) in self.roots.iter_mut().zip([root, prime - root]) {
                roots[index] = (product(inverse, root + (prime - b), prime) + half) % prime;
            }
            for (steps, term) in self.steps.iter_mut().zip(&polynomial.terms) {
                steps[index] = product(inverse, 2 * rem(term) % prime, prime);
            }
        }
        self.begin();
    }

    /// Brings the roots to the next polynomial.
    fn change(&mut self, change: Change) {
        let (primes, steps) = (&self.setting.base.primes, &self.steps[change.term]);
        for roots in &mut self.roots {
            if change.is_taken {
                // The sum stays below 2^31, as primes of the base do below 2^30.
                for ((root, &prime), &step) in roots.iter_mut().zip(primes).zip(steps) {
                    let sum = *root + step;
                    *root = sum.wrapping_sub(prime).min(sum);
                }
            } else {
                for ((root, &prime), &step) in roots.iter_mut().zip(primes).zip(steps) {
                    let difference = root.wrapping_sub(step);
                    *root = difference.wrapping_add(prime).min(difference);
                }
            }
        }
        self.begin();
    }

    /// Prepares for the blocks of a polynomial.
    fn begin(&mut self) {
        for (next, roots) in self.next.iter_mut().zip(&self.roots) {
            for (next, &root) in next.iter_mut().zip(&roots[..self.large]) {
                #[expect(clippy::cast_possible_truncation, reason = "medium primes are below 2^15")]
                let root = root as u16;
                *next = root;
            }
        }
        self.buckets.clear();
        #[expect(clippy::cast_possible_truncation, reason = "an interval is far below 2^32")]
        let length = (self.setting.parameters.blocks * BLOCK) as u32;
        let mut log = 0;
        for index in self.large..self.setting.base.len() {
            let prime = self.setting.base.primes[index];
            if self.setting.base.logs[index] != log {
                log = self.setting.base.logs[index];
                self.buckets.marks.push((log, self.buckets.counts.clone()));
            }
            if self.logs[index] == 0 {
                continue;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a base is far below 2^17")]
            let number = index as u32;
            for roots in &self.roots {
                let mut place = roots[index];
                for _ in 0..length / prime {
                    self.buckets.push(place, number, length);
                    place += prime;
                }
                self.buckets.push(place, number, length);
            }
        }
    }

    /// Takes the logarithms from the bytes of a block.
    fn sieve_block(&mut self, block: usize) {
        // Small primes are not sieved. Their places move on all the same, for candidates are held against them.
        for next in &mut self.next {
            let steps = self.divisors.block_steps.iter().zip(&self.divisors.primes);
            for (next, (&step, &prime)) in next[..self.medium].iter_mut().zip(steps) {
                let moved = next.wrapping_sub(step);
                *next = moved.min(moved.wrapping_add(prime));
            }
        }
        let bytes = &mut *self.block;
        bytes[..BLOCK].fill(self.threshold);
        let [first, second] = &mut self.next;
        let mut medium = Medium {
            bytes,
            primes: &self.divisors.primes,
            logs: &self.logs,
            first,
            second,
            from: self.medium,
        };
        medium.often();
        // From here on the hits of a prime in a block are known but for one.
        medium.times::<7>();
        medium.times::<6>();
        medium.times::<5>();
        medium.times::<4>();
        medium.times::<3>();
        medium.times::<2>();
        medium.times::<1>();
        let bytes = &mut *self.block;
        let hits = self.buckets.of(block);
        let ends =
            self.buckets.marks[1.min(self.buckets.marks.len())..].iter().map(|(_, starts)| starts[block]);
        let ends = ends.chain([hits.len()]);
        for ((log, starts), end) in self.buckets.marks.iter().zip(ends) {
            for &hit in &hits[starts[block]..end] {
                let place = (hit & BLOCK_MASK) as usize;
                bytes[place] = bytes[place].wrapping_sub(*log);
            }
        }
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
                    self.found.push(place);
                }
            }
        }
    }

    /// Divides the value at a place by the primes of the base; a relation if little enough is left.
    fn examine(
        &self,
        block: usize,
        place: u16,
        leading: &Leading,
        polynomial: &Polynomial,
    ) -> Option<Relation> {
        let half = i64::try_from(self.setting.parameters.blocks * BLOCK / 2).expect("small");
        let x = i64::try_from(block * BLOCK + usize::from(place)).expect("small") - half;
        let value = polynomial.value(x);
        let mut rest = Rest::new(&value.size);
        let mut factors = leading.factors.clone();
        let twos = rest.take_twos();
        factors.extend(std::iter::repeat_n(0, twos as usize));
        let mut divide = |index: usize| {
            while rest.divide(self.setting.base.primes[index]) {
                factors.push(u32::try_from(index).expect("a base is small"));
            }
        };
        for &factor in &leading.factors {
            divide(factor as usize);
        }
        self.each_divisor(block, place, &mut divide);
        let large = rest.to_u64().filter(|&large| large <= self.large_max)?;
        let root = polynomial.root(x).size;
        factors.sort_unstable();
        Some(Relation { root, is_negative: value.is_negative, factors, large })
    }

    /// Names the primes that divide at a place of the block sieved last.
    fn each_divisor(&self, block: usize, place: u16, divide: &mut impl FnMut(usize)) {
        let [first, second] = &self.next;
        // Every prime stands at its first place behind the block.
        let beyond = BLOCK_END - place;
        let Divisors { inverses, quotients_max, .. } = &self.divisors;
        for start in (1..self.large).step_by(GROUP) {
            let group = start..(start + GROUP).min(self.large);
            let nexts = first[group.clone()].iter().zip(&second[group.clone()]);
            let divisors = inverses[group.clone()].iter().zip(&quotients_max[group.clone()]);
            let mut any = false;
            for ((&first, &second), (&inverse, &max)) in nexts.zip(divisors) {
                any |= divides(first.wrapping_add(beyond), inverse, max);
                any |= divides(second.wrapping_add(beyond), inverse, max);
            }
            for index in group.filter(|&index| any && self.logs[index] != 0) {
                let divides =
                    |next: u16| divides(next.wrapping_add(beyond), inverses[index], quotients_max[index]);
                if divides(first[index]) || divides(second[index]) {
                    divide(index);
                }
            }
        }
        for &hit in self.buckets.of(block) {
            if hit & BLOCK_MASK == u32::from(place) {
                divide((hit >> BLOCK_BITS) as usize);
            }
        }
    }
}

/// Medium primes that are being sieved, from the smallest to the largest.
struct Medium<'a> {
    bytes: &'a mut [u8; REACH],
    primes: &'a [u16],
    logs: &'a [u8],
    first: &'a mut [u16],
    second: &'a mut [u16],
    /// The first prime that is not sieved yet.
    from: usize,
}

impl Medium<'_> {
    /// Sieves primes that hit a block eight times or more.
    fn often(&mut self) {
        let to = self.primes.partition_point(|&prime| prime <= BLOCK_END / 8).max(self.from);
        let range = self.from..to;
        self.from = to;
        let places = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
        for ((&prime, &log), (first, second)) in
            self.primes[range.clone()].iter().zip(&self.logs[range]).zip(places)
        {
            let (mut low, mut high) = (*first.min(second), *first.max(second));
            // A place is below 2^15, and one step further below 2^16, the length of the bytes.
            while high < BLOCK_END {
                self.bytes[usize::from(low)] = self.bytes[usize::from(low)].wrapping_sub(log);
                self.bytes[usize::from(high)] = self.bytes[usize::from(high)].wrapping_sub(log);
                low += prime;
                high += prime;
            }
            if low < BLOCK_END {
                self.bytes[usize::from(low)] = self.bytes[usize::from(low)].wrapping_sub(log);
                low += prime;
            }
            (*first, *second) = (low - BLOCK_END, high - BLOCK_END);
        }
    }

    /// Sieves primes that hit a block `HITS` times or once more. Where that one goes is computed and not
    /// branched on, since nobody guesses it: behind the block if it is not in it.
    fn times<const HITS: u16>(&mut self) {
        let to = self.primes.partition_point(|&prime| prime <= BLOCK_END / HITS).max(self.from);
        let range = self.from..to;
        self.from = to;
        let places = self.first[range.clone()].iter_mut().zip(&mut self.second[range.clone()]);
        for ((&prime, &log), (first, second)) in
            self.primes[range.clone()].iter().zip(&self.logs[range]).zip(places)
        {
            for next in [first, second] {
                let mut place = *next;
                for _ in 0..HITS {
                    self.bytes[usize::from(place)] = self.bytes[usize::from(place)].wrapping_sub(log);
                    place += prime;
                }
                let last = usize::from(place.min(BLOCK_END));
                self.bytes[last] = self.bytes[last].wrapping_sub(log);
                let beyond = place.wrapping_sub(BLOCK_END);
                *next = beyond.min(beyond.wrapping_add(prime));
            }
        }
    }
}

/// Values sieved at once: as many as fit in the first cache.
const BLOCK_BITS: u32 = 15;
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
const BLOCK_MASK: u32 = (1 << BLOCK_BITS) - 1;
const BLOCK_END: u16 = 1 << BLOCK_BITS;

/// Bytes that a number of 16 bits can point to, so that none of its places needs a look whether it is there.
const REACH: usize = 1 << 16;

/// First prime that is sieved.
const SMALL_END: u32 = 128;

/// Part of what small primes give on the average that is counted on.
const SMALL_SHARE: f64 = 0.7;

/// Bytes looked at together.
const SCAN: usize = 64;

/// Primes held against a candidate together.
const GROUP: usize = 32;
