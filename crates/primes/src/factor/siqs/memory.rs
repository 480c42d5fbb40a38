//! What a sieve holds, at most.

use super::parameters::Parameters;
use super::polynomial::count;
use super::relation::Relation;
use super::sieve::{BLOCK, REACH};

/// Returns a bound of the bytes that the sieve of a number of so many bits holds, with so many workers.
pub(crate) fn memory_bytes(bits: u64, workers: usize) -> usize {
    let parameters = Parameters::of_bits(bits);
    let Parameters { base_len, blocks, .. } = parameters;
    let of_root = usize::try_from(bits / 8 + 16).unwrap_or(usize::MAX);
    // Hash maps are full to seven sixteenths at worst, and their old places are there while they grow.
    let place = |bytes: usize| 4 * (bytes + 1);
    let waiting = parameters.waiting_max() * (of_root + FACTORS_BYTES + place(size_of::<(u64, Relation)>()));
    let wanted = base_len + base_len / 8 + 100;
    // A vector is twice as long as what it holds, and there twice while it grows.
    let complete = wanted * (of_root + 2 * FACTORS_BYTES + 3 * size_of::<Relation>());
    let known = (parameters.waiting_max() + 2 * wanted) * place(size_of::<u64>());
    let matrix = wanted * MATRIX_ROW_BYTES + (wanted / MATRIX_MERGED).max(MATRIX_DENSE_MIN).pow(2) / 8;
    let base = base_len * BASE_PRIME_BYTES;
    let tables = base_len * (WORKER_PRIME_BYTES + 4 * count(bits as f64 + 3.0, blocks * BLOCK));
    let worker = tables + blocks * BLOCK + 2 * REACH + UNITS_BYTES;
    base + waiting + complete + known + matrix + workers * worker
}

/// Indices of the primes of a relation: few have more than sixty.
const FACTORS_BYTES: usize = 256;

/// What the base keeps of a prime, and a worker, beside its steps.
const BASE_PRIME_BYTES: usize = 16;
const WORKER_PRIME_BYTES: usize = 64;

/// Relations on their way.
const UNITS_BYTES: usize = 1 << 20;

/// A row of the matrix while columns are cleared: its columns, its members, and who has them.
const MATRIX_ROW_BYTES: usize = 2_000;

/// What clearing leaves of the rows: one in so many, but short matrices stay as they are.
const MATRIX_MERGED: usize = 4;
const MATRIX_DENSE_MIN: usize = 5_000;
