//! What operations compute: one value from one or two.

use primestream_primes::{Natural, table, tree};

use super::integer::Integer;
use super::{Machine, MachineFault, Mnemonic, limit};

impl Machine {
    /// Takes the operands of an operation from the stack and returns what it makes of them.
    #[inline]
    pub(super) fn compute(&mut self, operation: Mnemonic) -> Result<Integer, MachineFault> {
        match operation {
            Mnemonic::Not => return Ok(truth(self.pop()?.is_zero())),
            Mnemonic::Fact | Mnemonic::Fib | Mnemonic::Prime | Mnemonic::Sqrt => {
                let value = self.pop()?;
                return self.function(operation, &value);
            }
            _ => {}
        }
        let (a, b) = self.pop_two()?;
        if a.to_i64().is_none() || b.to_i64().is_none() {
            self.foresee_long(operation, &a, &b)?;
        }
        Ok(match operation {
            Mnemonic::Add => self.checked(a.add(&b))?,
            Mnemonic::Sub => self.checked(a.sub(&b))?,
            Mnemonic::Mul => self.checked(a.mul(&b))?,
            Mnemonic::Div => a.div_floor(&b).ok_or(MachineFault::DivisionByZero)?,
            Mnemonic::Mod => a.rem(&b).ok_or(MachineFault::DivisionByZero)?,
            Mnemonic::Pow => self.power(&a, &b)?,
            Mnemonic::Eq => truth(a == b),
            Mnemonic::Neq => truth(a != b),
            Mnemonic::Lt => truth(a < b),
            Mnemonic::Gt => truth(a > b),
            Mnemonic::Lte => truth(a <= b),
            Mnemonic::Gte => truth(a >= b),
            Mnemonic::And => truth(!a.is_zero() && !b.is_zero()),
            Mnemonic::Or => truth(!a.is_zero() || !b.is_zero()),
            Mnemonic::Xor => truth(a.is_zero() != b.is_zero()),
            other => return Err(MachineFault::UnknownOpcode { opcode: other.opcode() }),
        })
    }

    /// Counts the time of an operation on two numbers of which one is long, and refuses a product that would be too long.
    #[cold]
    fn foresee_long(&mut self, operation: Mnemonic, a: &Integer, b: &Integer) -> Result<(), MachineFault> {
        match operation {
            Mnemonic::Mul => {
                self.check_bits((a.bits() + b.bits()).saturating_sub(1))?;
                self.charge(a, b)
            }
            // A division takes as long as some products for each word of the dividend, however short the divisor.
            Mnemonic::Div | Mnemonic::Mod => self.charge_words(a.bits() / 64, b.bits() / 64 + DIVISION_WORDS),
            _ => self.charge_words(a.bits().max(b.bits()) / 64, 1),
        }
    }

    fn power(&mut self, base: &Integer, exponent: &Integer) -> Result<Integer, MachineFault> {
        if exponent.is_negative() {
            return Err(MachineFault::Negative);
        }
        if base.bits() <= 1 {
            // 0, 1 and -1 stay as short whatever the exponent.
            let is_odd = !exponent.magnitude().is_even();
            return Ok(match (base.is_zero(), exponent.is_zero()) {
                (_, true) => Integer::from(1),
                (true, false) => Integer::ZERO,
                _ => Integer::from(if base.is_negative() && is_odd { -1 } else { 1 }),
            });
        }
        let (times, max) =
            (exponent.to_i64().unwrap_or(i64::MAX).unsigned_abs(), self.limits.number_bits_max);
        let bits = (base.bits() - 1).saturating_mul(times);
        if bits > max {
            return Err(limit("number_bits_max", max));
        }
        self.charge_words(bits / 64, bits / 64)?;
        let times = u32::try_from(times).map_err(|_| limit("number_bits_max", max))?;
        self.checked(base.pow(times))
    }

    #[cold]
    fn function(&mut self, operation: Mnemonic, value: &Integer) -> Result<Integer, MachineFault> {
        if value.is_negative() {
            return Err(MachineFault::Negative);
        }
        if operation == Mnemonic::Sqrt {
            if value.to_i64().is_none() {
                // It takes some divisions even where the number is short.
                let words = value.bits() / 64 + ROOT_WORDS;
                self.charge_words(words, words)?;
            }
            return Ok(Integer::from(value.magnitude().isqrt()));
        }
        let n = value.to_i64().unwrap_or(i64::MAX).unsigned_abs();
        match operation {
            Mnemonic::Prime => {
                let prime = usize::try_from(n).ok().and_then(table::prime);
                Ok(Integer::from(Natural::from(prime.ok_or(MachineFault::NoPrime)?)))
            }
            Mnemonic::Fact => {
                self.foresee(n, factorial_bits(n))?;
                let factors: Vec<Natural> = (2..=n).map(Natural::from).collect();
                self.checked(tree::product(&factors).into())
            }
            _ => {
                self.foresee(n, fibonacci_bits(n))?;
                self.checked(fibonacci(n).into())
            }
        }
    }

    /// Refuses, before it is begun, what would end in a number of too many bits, and counts the time it takes.
    fn foresee(&mut self, n: u64, bits: f64) -> Result<(), MachineFault> {
        let max = self.limits.number_bits_max;
        // Every function grows at least by half a bit with its argument.
        if n / 2 > max.saturating_add(1) || bits > max as f64 {
            return Err(limit("number_bits_max", max));
        }
        let words = n.max(64).ilog2() as u64 * n / 64;
        self.charge_words(words, words)
    }

    fn checked(&self, value: Integer) -> Result<Integer, MachineFault> {
        match value.to_i64() {
            Some(_) => Ok(value),
            None => self.check_bits(value.bits()).map(|()| value),
        }
    }

    #[inline]
    fn check_bits(&self, bits: u64) -> Result<(), MachineFault> {
        let max = self.limits.number_bits_max;
        if bits > max { Err(limit("number_bits_max", max)) } else { Ok(()) }
    }

    /// Counts the time of an operation on two numbers, of which one may be long.
    pub(super) fn charge(&mut self, a: &Integer, b: &Integer) -> Result<(), MachineFault> {
        self.charge_words(a.bits() / 64, b.bits() / 64)
    }

    /// Counts the time of copying a number of so many words beyond the first.
    #[inline]
    pub(super) fn charge_copy(&mut self, words: u64) -> Result<(), MachineFault> {
        if words == 0 { Ok(()) } else { self.charge_words(words, 1) }
    }

    /// Counts the time of turning all long numbers there are into digits.
    #[cold]
    pub(super) fn charge_digits(&mut self) -> Result<(), MachineFault> {
        let words = self.stack.iter().chain(self.memory.values()).map(|value| value.bits() / 64);
        let products = words.fold(0_u64, |sum, words| sum.saturating_add(words.saturating_mul(words)));
        self.charge_words(products, 1)
    }

    fn charge_words(&mut self, a: u64, b: u64) -> Result<(), MachineFault> {
        let max = self.limits.word_products_max;
        self.word_products = self.word_products.saturating_add(a.max(1).saturating_mul(b.max(1)));
        if self.word_products > max { Err(limit("word_products_max", max)) } else { Ok(()) }
    }
}

fn truth(holds: bool) -> Integer {
    Integer::from(i64::from(holds))
}

/// Returns the bits of a factorial, at most one too few (Stirling).
fn factorial_bits(n: u64) -> f64 {
    let n = n as f64;
    n * (n / std::f64::consts::E).max(1.0).log2()
}

/// Returns the bits of a Fibonacci number, at most two too few: it grows with the golden ratio.
fn fibonacci_bits(n: u64) -> f64 {
    n as f64 * GOLDEN_RATIO.log2() - 2.0
}

/// Returns the n-th Fibonacci number by doubling: F(2k) = F(k)·(2·F(k+1) − F(k)), F(2k+1) = F(k)² + F(k+1)².
fn fibonacci(n: u64) -> Natural {
    let (mut this, mut next) = (Natural::ZERO, Natural::ONE);
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        let doubled = &this * (&next * 2_u64 - &this);
        let behind = &this * &this + &next * &next;
        (this, next) = match n >> bit & 1 {
            0 => (doubled, behind),
            _ => (behind.clone(), doubled + behind),
        };
    }
    this
}

/// What a division adds to the words of its divisor.
const DIVISION_WORDS: u64 = 8;

/// What a square root adds to the words of its number.
const ROOT_WORDS: u64 = 16;

const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fibonacci_numbers_are_the_sums_of_those_before() {
        let (mut this, mut next) = (Natural::ZERO, Natural::ONE);
        for n in 0..400 {
            assert_eq!(fibonacci(n), this, "F({n})");
            assert!(
                this.bits() as f64 + 2.0 >= fibonacci_bits(n) && fibonacci_bits(n) + 3.0 > this.bits() as f64
            );
            (this, next) = (next.clone(), this + next);
        }
    }
}
