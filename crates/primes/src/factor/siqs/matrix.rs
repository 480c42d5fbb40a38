//! Dependencies: which relations multiply to a square?
//!
//! Exponents modulo 2 make a matrix of few ones, and what is looked for are sets of relations whose
//! sum is zero. Columns that few relations have are cleared first by adding one of these to the others;
//! the small primes, which half of all relations have, are left out until then. What remains is a tenth
//! as long and is eliminated as packed bits. Source: \[LaMacchiaOdlyzko1991\].

/// Goes through sets of relations, by index, in whose sum every column vanishes, until one of them is what is looked
/// for. Each relation is a list of columns, ascending, of which there are `columns` in all.
pub(super) fn dependencies<T>(
    relations: &[Vec<u32>],
    columns: usize,
    look: impl FnMut(&[u32]) -> Option<T>,
) -> Option<T> {
    let mut reduction = Reduction::new(relations, columns);
    reduction.drop_singletons();
    if relations.len() >= MERGED_LEN_MIN {
        reduction.merge();
    }
    reduction.solve(relations, columns, look)
}

/// A sum of relations.
struct Sum {
    /// Its sparse columns, ascending.
    columns: Vec<u32>,
    /// The relations, ascending.
    members: Vec<u32>,
}

struct Reduction {
    sums: Vec<Option<Sum>>,
    /// Ones there are, and columns that have any.
    ones: usize,
    columns: usize,
    /// Sums that have, or had, a column.
    holders: Vec<Vec<u32>>,
    weights: Vec<u32>,
}

impl Reduction {
    fn new(relations: &[Vec<u32>], columns: usize) -> Self {
        let mut reduction = Self {
            sums: Vec::new(),
            ones: 0,
            columns: 0,
            holders: vec![Vec::new(); columns],
            weights: vec![0; columns],
        };
        for (number, relation) in (0..).zip(relations) {
            let columns = relation.iter().copied().filter(|&column| column >= DENSE_COLUMNS).collect();
            reduction.sums.push(None);
            reduction.set(number, Sum { columns, members: vec![number] });
        }
        reduction
    }

    fn set(&mut self, number: u32, sum: Sum) {
        for &column in &sum.columns {
            self.columns += usize::from(self.weights[column as usize] == 0);
            self.weights[column as usize] += 1;
            self.holders[column as usize].push(number);
        }
        self.ones += sum.columns.len();
        self.sums[number as usize] = Some(sum);
    }

    fn take(&mut self, number: u32) -> Option<Sum> {
        let sum = self.sums[number as usize].take()?;
        for &column in &sum.columns {
            self.weights[column as usize] -= 1;
            self.columns -= usize::from(self.weights[column as usize] == 0);
        }
        self.ones -= sum.columns.len();
        Some(sum)
    }

    /// Returns the sums that have a column now.
    fn holders_of(&mut self, column: usize) -> Vec<u32> {
        let sums = &self.sums;
        let has = |number: &u32| {
            let sum = sums[*number as usize].as_ref();
            sum.is_some_and(|sum| sum.columns.binary_search(&u32::try_from(column).expect("small")).is_ok())
        };
        let holders = &mut self.holders[column];
        holders.retain(has);
        holders.sort_unstable();
        holders.dedup();
        holders.clone()
    }

    /// Leaves out relations with a column that no other has.
    fn drop_singletons(&mut self) {
        let mut single: Vec<usize> =
            (0..self.weights.len()).filter(|&column| self.weights[column] == 1).collect();
        while let Some(column) = single.pop() {
            for number in self.holders_of(column) {
                let Some(sum) = self.take(number) else { continue };
                let touched = sum.columns.iter().map(|&column| column as usize);
                single.extend(touched.filter(|&column| self.weights[column] == 1));
            }
        }
    }

    /// Clears columns by adding the shortest of their sums to the others, as long as that leaves sums short.
    fn merge(&mut self) {
        for weight in 2..=MERGED_WEIGHT_MAX {
            let mut changed = true;
            while changed {
                changed = false;
                for column in 0..self.weights.len() {
                    if self.weights[column] == 0 || self.weights[column] > weight {
                        continue;
                    }
                    if self.ones > self.columns * MEAN_WEIGHT_MAX {
                        return;
                    }
                    self.clear_column(column);
                    changed = true;
                }
            }
        }
    }

    fn clear_column(&mut self, column: usize) {
        let holders = self.holders_of(column);
        let len = |number: &u32| self.sums[*number as usize].as_ref().map_or(0, |sum| sum.columns.len());
        let Some(&shortest) = holders.iter().min_by_key(|number| len(number)) else { return };
        let pivot = self.take(shortest).expect("a holder is there");
        for number in holders.into_iter().filter(|&number| number != shortest) {
            let sum = self.take(number).expect("a holder is there");
            let columns = symmetric_difference(&sum.columns, &pivot.columns);
            let members = symmetric_difference(&sum.members, &pivot.members);
            self.set(number, Sum { columns, members });
        }
    }

    /// Eliminates what is left.
    fn solve<T>(
        self,
        relations: &[Vec<u32>],
        columns: usize,
        mut look: impl FnMut(&[u32]) -> Option<T>,
    ) -> Option<T> {
        let sums: Vec<Vec<u32>> = self.sums.into_iter().flatten().map(|sum| sum.members).collect();
        let mut numbers = vec![u32::MAX; columns];
        let mut rows: Vec<u64> = Vec::new();
        let words = sums.len().div_ceil(64);
        for (place, members) in sums.iter().enumerate() {
            for &column in members.iter().flat_map(|&member| &relations[member as usize]) {
                let number = &mut numbers[column as usize];
                if *number == u32::MAX {
                    *number = u32::try_from(rows.len() / words).expect("fewer than columns");
                    rows.resize(rows.len() + words, 0);
                }
                rows[*number as usize * words + place / 64] ^= 1 << (place % 64);
            }
        }
        null_vectors(&mut rows, sums.len()).find_map(|vector| {
            let mut is_member = vec![false; relations.len()];
            for &member in vector.iter().flat_map(|&place| &sums[place]) {
                is_member[member as usize] ^= true;
            }
            let members: Vec<u32> =
                (0..).zip(is_member).filter_map(|(member, is_one)| is_one.then_some(member)).collect();
            look(&members)
        })
    }
}

/// Returns sets of bits in which every row has an even number of ones. Rows stand one behind the other, and are
/// eliminated in place.
fn null_vectors(rows: &mut [u64], bits: usize) -> impl Iterator<Item = Vec<usize>> {
    let words = bits.div_ceil(64).max(1);
    let mut pivots = Vec::new();
    let mut free = Vec::new();
    for bit in 0..bits {
        if free.len() == VECTORS_MAX {
            break;
        }
        let (word, mask) = (bit / 64, 1_u64 << (bit % 64));
        let (_, open) = rows.split_at_mut(pivots.len() * words);
        let Some(found) = open.chunks_exact(words).position(|row| row[word] & mask != 0) else {
            free.push(bit);
            continue;
        };
        let (pivot, below) = open.split_at_mut(words);
        if found > 0 {
            pivot.swap_with_slice(&mut below[(found - 1) * words..][..words]);
        }
        // Those before the one found do not have the bit.
        for row in below[found * words..].chunks_exact_mut(words).filter(|row| row[word] & mask != 0) {
            for (word, other) in row[word..].iter_mut().zip(&pivot[word..]) {
                *word ^= other;
            }
        }
        pivots.push(bit);
    }
    let is_set = |vector: &[u64], bit: usize| vector[bit / 64] >> (bit % 64) & 1 == 1;
    let complete = move |free: usize| {
        // Every pivot before the free bit follows from those behind it.
        let mut vector = vec![0_u64; words];
        vector[free / 64] |= 1 << (free % 64);
        let rows = rows.chunks_exact(words).zip(&pivots).rev();
        for (row, &pivot) in rows.filter(|&(_, &pivot)| pivot < free) {
            let ones: u32 = row.iter().zip(&vector).map(|(word, other)| (word & other).count_ones()).sum();
            vector[pivot / 64] |= u64::from(ones % 2) << (pivot % 64);
        }
        (0..bits).filter(|&bit| is_set(&vector, bit)).collect()
    };
    free.into_iter().map(complete)
}

/// Returns what is in one of two ascending lists and not in both.
fn symmetric_difference(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut difference = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x == y => {
                a.next();
                b.next();
            }
            (Some(x), Some(y)) => difference.extend(if x < y { a.next() } else { b.next() }),
            (Some(_), None) => difference.extend(a.by_ref()),
            (None, _) => {
                difference.extend(b);
                return difference;
            }
        }
    }
}

/// Columns that are left out of the merging: too many sums have them.
const DENSE_COLUMNS: u32 = 64;

/// Relations from which on merging pays: fewer are eliminated in milliseconds.
const MERGED_LEN_MIN: usize = 4_000;

/// A column that more sums have is not cleared by merging.
const MERGED_WEIGHT_MAX: u32 = 12;

/// Merging ends when a column has so many sums on the average. Later leaves fewer columns, and longer sums.
const MEAN_WEIGHT_MAX: usize = 60;

/// Dependencies looked for; each gives a factor with a chance of a half at least.
const VECTORS_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_dependencies_vanish() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % below
        };
        for (columns, extra, ones) in [(5, 3, 2), (80, 10, 4), (400, 20, 8), (900, 60, 12)] {
            let relations: Vec<Vec<u32>> = (0..columns + extra)
                .map(|_| {
                    // Small columns are many times as likely.
                    let draw = |_| u32::try_from(random(columns).min(random(columns))).unwrap();
                    let mut relation: Vec<u32> = (0..ones).map(draw).collect();
                    relation.sort_unstable();
                    relation.dedup();
                    relation
                })
                .collect();
            let mut found = Vec::new();
            let all = dependencies(&relations, columns, |members| {
                found.push(members.to_vec());
                None::<()>
            });
            assert_eq!(all, None);
            assert!(found.len() >= extra.min(VECTORS_MAX), "{columns}: {}", found.len());
            for members in found {
                assert!(!members.is_empty());
                let sum = members
                    .iter()
                    .fold(Vec::new(), |sum, &member| symmetric_difference(&sum, &relations[member as usize]));
                assert_eq!(sum, []);
            }
        }
    }
}
