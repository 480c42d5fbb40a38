//! Operations in an integer, found by size: opcode^4 · 5^(5+operand) · q^6.
//!
//! The opcode may be any of 131 072 primes, so dividing them out one by one would cost
//! a millisecond for every foreign integer. But once the power of 5 is known, the index
//! of q is that of the opcode times 4, exclusive-or a constant: a block of opcodes with
//! common upper index bits has its checks in one block too, and if neither end of both
//! blocks reaches the integer, none in them does. Halving finds the few that may, in
//! some microseconds; each is multiplied out and compared.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use primestream_primes::{Natural, table};

use crate::checksum::checksum_prime;
use crate::product::Product;
use crate::reading::is_power;
use crate::role::Role;

/// Calls `found` with opcode and operand of every operation that `number` is; `fives` is the exponent of 5 in it.
pub(crate) fn find_operations(number: &Natural, fives: u64, mut found: impl FnMut(u64, Option<u64>)) {
    let (base, check) = (Role::Operand.base_exponent(), Role::Checksum.base_exponent());
    search(number, 0, |index| {
        if let Some(opcode) = prime(index) {
            found(opcode, None);
        }
    });
    if fives < base {
        return;
    }
    let mut rest = number.clone();
    rest.remove(5);
    // The power of 5 may hold the operand alone, or the opcode 5, or the check 5, or both.
    let opcode_exponent = Role::Opcode.base_exponent();
    if let Some(exponent) = fives.checked_sub(opcode_exponent) {
        let own = FIVE * opcode_exponent;
        if let Some(operand) = exponent.checked_sub(base) {
            let index = own ^ (FIVE * exponent);
            if index != FIVE && is_power(&rest, prime(index), check) {
                found(5, Some(operand));
            }
        }
        if let Some(operand) = exponent.checked_sub(base + check)
            && own ^ (FIVE * (base + operand)) == FIVE
            && rest.is_one()
        {
            found(5, Some(operand));
        }
    }
    if let Some(operand) = fives.checked_sub(base + check) {
        let own = FIVE ^ (FIVE * (base + operand));
        let index = own / opcode_exponent;
        let fits = own == index * opcode_exponent && index < OPCODES;
        if let Some(opcode) = prime(index).filter(|&opcode| fits && opcode != 5)
            && is_power(&rest, Some(opcode), opcode_exponent)
        {
            found(opcode, Some(operand));
        }
    }
    search(&rest, FIVE * fives, |index| {
        if let Some(opcode) = prime(index) {
            found(opcode, Some(fives - base));
        }
    });
}

/// Calls `found` with every index i for which `number` is P(i)^4 · P(4i ^ mask)^6.
fn search(number: &Natural, mask: u64, mut found: impl FnMut(u64)) {
    if number.bits() > OPERATION_BITS_MAX || mask >= table::TABLE_LEN as u64 {
        return;
    }
    let size = log2(number);
    let mut blocks = vec![(0, OPCODES)];
    while let Some((first, count)) = blocks.pop() {
        // Upper bits of the check's index are fixed, the lower take every value.
        let checks = count * Role::Opcode.base_exponent();
        let check = ((first * Role::Opcode.base_exponent()) ^ mask) & !(checks - 1);
        let least = log2_of_operation(first, check);
        let most = log2_of_operation(first + count - 1, check + checks - 1);
        if size < least - SIZE_ERROR || size > most + SIZE_ERROR {
            continue;
        }
        if count > 1 {
            blocks.extend([(first, count / 2), (first + count / 2, count / 2)]);
        } else {
            let (check, opcode) = (prime((first * Role::Opcode.base_exponent()) ^ mask), prime(first));
            let mut product = Product::one();
            product.multiply_power(opcode.unwrap_or(1), Role::Opcode.base_exponent());
            product.multiply_power(check.unwrap_or(1), Role::Checksum.base_exponent());
            if number.to_le_bytes() == product.to_bytes() {
                found(first);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate, compared with a margin")]
fn log2_of_operation(opcode: u64, check: u64) -> f64 {
    let log2 = |index| (prime(index).unwrap_or(1) as f64).log2();
    4.0 * log2(opcode) + 6.0 * log2(check)
}

/// Returns the binary logarithm of a number that is not zero, from its upper 64 bits.
#[expect(clippy::cast_precision_loss, reason = "an estimate, compared with a margin")]
fn log2(number: &Natural) -> f64 {
    let bytes = number.to_le_bytes();
    let below = bytes.len().saturating_sub(8);
    let top = bytes.iter().skip(below).rev().fold(0_u64, |top, &byte| top << 8 | u64::from(byte));
    (top as f64).log2() + 8.0 * below as f64
}

fn prime(index: u64) -> Option<u64> {
    checksum_prime(index)
}

/// Index of 5.
const FIVE: u64 = 2;

/// How many primes may be opcodes: their index times 4 must be an index.
const OPCODES: u64 = table::TABLE_LEN as u64 / Role::Opcode.base_exponent();
const _: () = assert!(OPCODES.is_power_of_two(), "blocks are halved down to one");

/// Bits of the largest opcode^4 · q^6: four times 21 and six times 23.
const OPERATION_BITS_MAX: u64 = 222;

/// Margin for logarithms. Neighbouring opcodes differ by more than 10^-6, double precision errs by less than 10^-12.
const SIZE_ERROR: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{OPCODE_MAX, operation};

    fn all(number: &Natural) -> Vec<(u64, Option<u64>)> {
        let mut found = Vec::new();
        let mut rest = number.clone();
        let fives = rest.remove(5).into();
        find_operations(number, fives, |opcode, operand| found.push((opcode, operand)));
        found
    }

    #[test]
    fn every_small_operation_is_found_once() {
        for index in 0..60 {
            let opcode = table::prime(index).expect("small");
            for operand in std::iter::once(None).chain((0..80).map(Some)) {
                let codeword = operation(opcode, operand).expect("small");
                assert_eq!(all(codeword.as_natural()), [(opcode, operand)]);
            }
        }
    }

    #[test]
    fn large_opcodes_are_found() {
        for operand in [None, Some(0), Some(3), Some(1 << 10), Some(40_000)] {
            for opcode in [OPCODE_MAX, 1_299_709, 611_953, 65_537] {
                let codeword = operation(opcode, operand).expect("below the largest");
                assert_eq!(all(codeword.as_natural()), [(opcode, operand)], "{opcode} {operand:?}");
            }
        }
    }

    #[test]
    fn halving_does_little_work() {
        // The worst mask turns the order of checks round, so that a large opcode goes with a small check.
        for mask in [0, table::TABLE_LEN as u64 - 4, 0x2_AAA8, 0x5_5554] {
            let mut product = Product::one();
            product.multiply_power(1_000_003, 4);
            product.multiply_power(1_000_033, 6);
            search(&Natural::from_le_bytes(&product.to_bytes()), mask, |_| {});
        }
    }
}
