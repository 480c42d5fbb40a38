//! Montgomery's product over a fixed number of words: the loops behind `limbs`.
//!
//! Up to [`ROWS_BY_TWO_MIN`] words each row of the product is reduced at once, which keeps all of it in
//! registers. Above, product and reduction are apart and take two rows in one pass, which
//! halves what is read and written; there a square has a product of its own, half as long.
//! Sources: [Montgomery1985], [KocAcarKaliski1996].

use crate::tuning::ROWS_BY_TWO_MIN;

/// Returns `a·b·2^(-64·L) mod n` for `a`, `b` below `n`; `negative_inverse` is `-1/n mod 2^64`.
#[inline]
pub(super) fn mul<const L: usize>(
    a: &[u64; L],
    b: &[u64; L],
    n: &[u64; L],
    negative_inverse: u64,
) -> [u64; L] {
    if L <= IN_PLACE_MAX {
        by_rows(a, b, n, negative_inverse)
    } else if L < ROWS_BY_TWO_MIN {
        by_rows_apart(a, b, n, negative_inverse)
    } else {
        by_two_rows(a, b, n, negative_inverse)
    }
}

/// Multiplies two rows at a time, then reduces.
#[inline(never)]
fn by_two_rows<const L: usize>(a: &[u64; L], b: &[u64; L], n: &[u64; L], negative_inverse: u64) -> [u64; L] {
    let mut product = [[0; L]; 2];
    let words = product.as_flattened_mut();
    for row in (0..L).step_by(2) {
        let above = add_two_rows(&mut words[row..row + L], a, [b[row], b[row + 1]]);
        words[row + L..row + L + 2].copy_from_slice(&above);
    }
    reduce(product, n, negative_inverse)
}

/// Returns `a²·2^(-64·L) mod n`.
#[inline]
pub(super) fn square<const L: usize>(a: &[u64; L], n: &[u64; L], negative_inverse: u64) -> [u64; L] {
    if L < ROWS_BY_TWO_MIN {
        mul(a, a, n, negative_inverse)
    } else {
        square_by_two_rows(a, n, negative_inverse)
    }
}

/// Squares, then reduces two rows at a time.
#[inline(never)]
fn square_by_two_rows<const L: usize>(a: &[u64; L], n: &[u64; L], negative_inverse: u64) -> [u64; L] {
    let mut product = [[0; L]; 2];
    let words = product.as_flattened_mut();
    // Products of different words, once.
    for row in 0..L - 1 {
        words[row + L] = add_row(&mut words[2 * row + 1..row + L], &a[row + 1..], a[row]);
    }
    // Twice that, and the squares of the words.
    let (mut carry, mut before) = (0, 0);
    for (index, &word) in a.iter().enumerate() {
        let square = u128::from(word) * u128::from(word);
        let (low, high) = (words[2 * index], words[2 * index + 1]);
        let sum = (square & WORD) + u128::from(low << 1 | before >> 63) + carry;
        let above = (square >> 64) + u128::from(high << 1 | low >> 63) + (sum >> 64);
        (words[2 * index], words[2 * index + 1]) = (low_word(sum), low_word(above));
        (carry, before) = (above >> 64, high);
    }
    reduce(product, n, negative_inverse)
}

/// The same as `by_rows`, as a function that is called: its code is long and there is only one of it for each length.
#[inline(never)]
fn by_rows_apart<const L: usize>(
    a: &[u64; L],
    b: &[u64; L],
    n: &[u64; L],
    negative_inverse: u64,
) -> [u64; L] {
    by_rows(a, b, n, negative_inverse)
}

/// Multiplies and reduces row by row.
#[inline(always)]
fn by_rows<const L: usize>(a: &[u64; L], b: &[u64; L], n: &[u64; L], negative_inverse: u64) -> [u64; L] {
    let (mut sum, mut top) = ([0; L], 0);
    for &factor in b {
        let above = add_row(&mut sum, a, factor);
        let (high, carry) = overflowing(top, above);
        let multiple = sum[0].wrapping_mul(negative_inverse);
        let (_, mut above) = multiply_add(multiple, n[0], sum[0], 0);
        for index in 1..L {
            (sum[index - 1], above) = multiply_add(multiple, n[index], sum[index], above);
        }
        let (last, carry_too) = overflowing(high, above);
        sum[L - 1] = last;
        top = carry + carry_too;
    }
    less_than(sum, top, n)
}

/// Makes the low half of a product 0 by adding multiples of `n`, and returns the high half.
#[inline(always)]
fn reduce<const L: usize>(mut product: [[u64; L]; 2], n: &[u64; L], negative_inverse: u64) -> [u64; L] {
    let words = product.as_flattened_mut();
    let mut top = 0;
    for row in (0..L).step_by(2) {
        let first = words[row].wrapping_mul(negative_inverse);
        let (_, above) = multiply_add(first, n[0], words[row], 0);
        let (next, _) = multiply_add(first, n[1], words[row + 1], above);
        let second = next.wrapping_mul(negative_inverse);
        let [low, high] = add_two_rows(&mut words[row..row + L], n, [first, second]);
        let sum = u128::from(words[row + L]) + u128::from(low) + u128::from(top);
        let above = u128::from(words[row + L + 1]) + u128::from(high) + (sum >> 64);
        (words[row + L], words[row + L + 1]) = (low_word(sum), low_word(above));
        top = low_word(above >> 64);
    }
    less_than(product[1], top, n)
}

/// Takes `n` off once if the number with this word on top is not below it. Nothing branches on the numbers.
#[inline(always)]
fn less_than<const L: usize>(number: [u64; L], top: u64, n: &[u64; L]) -> [u64; L] {
    let (difference, borrow) = sub(&number, n);
    choose(top == 0 && borrow, &number, &difference)
}

/// Returns one of two numbers.
#[inline(always)]
pub(super) fn choose<const L: usize>(first: bool, a: &[u64; L], b: &[u64; L]) -> [u64; L] {
    let mask = u64::from(first).wrapping_neg();
    std::array::from_fn(|index| a[index] & mask | b[index] & !mask)
}

/// Returns `a - b` modulo `2^(64·L)`, and whether it would be negative.
#[inline(always)]
pub(super) fn sub<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut borrow = false;
    let difference = std::array::from_fn(|index| {
        let (difference, first) = a[index].overflowing_sub(b[index]);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        difference
    });
    (difference, borrow)
}

/// Returns `a + b` modulo `2^(64·L)`, and whether it would be longer.
#[inline(always)]
pub(super) fn add<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut carry = false;
    let sum = std::array::from_fn(|index| {
        let (sum, first) = a[index].overflowing_add(b[index]);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first | second;
        sum
    });
    (sum, carry)
}

/// Adds `a·factor` to a number of as many words, and returns the word above.
#[inline(always)]
fn add_row(number: &mut [u64], a: &[u64], factor: u64) -> u64 {
    let mut above = 0;
    for (word, &a) in number.iter_mut().zip(a) {
        (*word, above) = multiply_add(a, factor, *word, above);
    }
    above
}

/// Adds `a·(low + high·2^64)` to a number of as many words, and returns the two words above.
#[inline(always)]
fn add_two_rows(number: &mut [u64], a: &[u64], [low, high]: [u64; 2]) -> [u64; 2] {
    let (mut above_low, mut above_high, mut before) = (0, 0, 0);
    for (word, &a) in number.iter_mut().zip(a) {
        let sum;
        (sum, above_low) = multiply_add(a, low, *word, above_low);
        (*word, above_high) = multiply_add(before, high, sum, above_high);
        before = a;
    }
    let last = u128::from(before) * u128::from(high) + u128::from(above_low) + u128::from(above_high);
    [low_word(last), low_word(last >> 64)]
}

/// Returns the words of `a·b + c + d`, which never passes two.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (low_word(sum), low_word(sum >> 64))
}

#[inline(always)]
fn overflowing(a: u64, b: u64) -> (u64, u64) {
    let (sum, carry) = a.overflowing_add(b);
    (sum, u64::from(carry))
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low word is what is wanted")]
fn low_word(number: u128) -> u64 {
    number as u64
}

/// Words of a product that is written out where it is used.
const IN_PLACE_MAX: usize = 4;

const WORD: u128 = u64::MAX as u128;
