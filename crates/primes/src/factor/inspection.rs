//! Is a piece prime, or a power? Asked in units of work, since of a long piece that takes longer than some times allow.
//!
//! A product modulo the piece is timed first, by a [`Question::Pace`] of a few dozen of them, so that whoever has to be
//! done by some time can foresee the rest. Then come the two halves of the test of primality, of which most composites
//! need the first alone, and the roots. What would end too late is left out: a piece that was not tested stays
//! whole, since every method would spend all its work on a prime.

use super::effort::Limits;
use super::perfect_power;
use crate::Natural;
use crate::montgomery::{LIMB_BITS_MAX, Ring, Task, with_ring};
use crate::primality::{passes_base_2, passes_lucas};

/// Something asked of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// How long does a product take?
    Pace,
    /// Does it pass the strong test to base 2?
    Strong,
    /// Does it pass the strong test of Lucas?
    Lucas,
    /// Is it a power, with no prime factor shorter than so many bits?
    Power { factor_bits_min: u64 },
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    Passed,
    Failed,
    Power(Natural, u32),
}

/// What is known of a piece in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    Prime,
    Power(Natural, u32),
    Composite,
    /// Nobody asked whether it is prime.
    Unknown,
}

/// The questions of a piece, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inspection {
    next: Option<Question>,
    is_composite: bool,
    /// The last question, if it is asked at all.
    power: Option<Question>,
}

impl Inspection {
    /// Begins with a piece of so many bits.
    pub(super) fn of(bits: u64, limits: &Limits, factor_bits_min: u64) -> Self {
        let power = (bits <= limits.power_bits_max).then_some(Question::Power { factor_bits_min });
        let next = if bits <= limits.primality_bits_max { Some(Question::Pace) } else { power };
        Self { next, is_composite: false, power }
    }

    /// Returns the next question of at most so much work; those in between are left out.
    pub(super) fn question(&mut self, n: &Natural, work: u64) -> Option<Question> {
        while let Some(question) = self.next {
            if question.work(n) <= work {
                return Some(question);
            }
            self.next = if Some(question) == self.power { None } else { self.power };
        }
        None
    }

    /// Takes in what the question before was answered; what is known if there is none left.
    pub(super) fn take(&mut self, question: Question, answer: Answer) -> Option<Finding> {
        self.next = match (question, answer) {
            (Question::Lucas, Answer::Passed) => return Some(Finding::Prime),
            (_, Answer::Power(root, exponent)) => return Some(Finding::Power(root, exponent)),
            (Question::Pace, _) => Some(Question::Strong),
            (Question::Strong, Answer::Passed) => Some(Question::Lucas),
            (Question::Strong | Question::Lucas, Answer::Failed) => {
                self.is_composite = true;
                self.power
            }
            (Question::Power { .. }, _) => None,
        };
        if self.next.is_some() { None } else { Some(self.finding()) }
    }

    /// Returns what is known if nothing more is asked.
    pub(super) fn finding(&self) -> Finding {
        if self.is_composite { Finding::Composite } else { Finding::Unknown }
    }

    /// Asks everything at once.
    pub(super) fn run(mut self, n: &Natural) -> Finding {
        while let Some(question) = self.question(n, u64::MAX) {
            if let Some(finding) = self.take(question, question.ask(n)) {
                return finding;
            }
        }
        self.finding()
    }
}

impl Question {
    /// Asks it of an odd piece without small factors.
    pub(super) fn ask(self, n: &Natural) -> Answer {
        let verdict = |passes| if passes { Answer::Passed } else { Answer::Failed };
        match self {
            Self::Pace if n.bits() > LIMB_BITS_MAX => {
                let exponent = n.low_bits(n.bits().div_ceil(64));
                verdict(!(n >> 1).pow_mod(&exponent, n).is_zero())
            }
            Self::Pace => verdict(with_ring(n, Squares(n.bits().div_ceil(64)))),
            Self::Strong => verdict(passes_base_2(n)),
            Self::Lucas => verdict(passes_lucas(n)),
            Self::Power { factor_bits_min } => match perfect_power::root(n, factor_bits_min) {
                Some((root, exponent)) => Answer::Power(root, exponent),
                None => Answer::Failed,
            },
        }
    }

    /// Returns what it costs in products of words, which is about nanoseconds.
    pub(super) fn work(self, n: &Natural) -> u64 {
        let words = n.bits().div_ceil(64);
        match self {
            // A product for each word, and one for each bit.
            Self::Pace => product_work(words).saturating_mul(words + PREPARATION),
            Self::Strong => product_work(words).saturating_mul(n.bits()),
            Self::Lucas => product_work(words).saturating_mul(2 * n.bits()),
            Self::Power { factor_bits_min } => {
                // A pass over the number for each prime exponent, of which there are fewer than this.
                let exponent_max = n.bits() / factor_bits_min.max(1);
                let exponents = 3 * exponent_max / (2 * u64::from(exponent_max.max(2).ilog2())) + 2;
                exponents.saturating_mul(WORD_PASS * words)
            }
        }
    }
}

/// Returns what a product modulo a number of so many words costs, in products of words.
pub(super) fn product_work(words: u64) -> u64 {
    2 * words * words + 10 * words
}

/// Squares a number so often.
struct Squares(u64);

impl Task for Squares {
    type Answer = bool;

    fn in_ring<R: Ring>(self, ring: &R) -> bool {
        let power = (0..self.0).fold(ring.residue(3), |power, _| ring.square(&power));
        power != ring.residue(0)
    }
}

/// Longest piece, in bits, of which everything is asked at once: some hundred microseconds.
pub(super) const AT_ONCE_BITS_MAX: u64 = 512;

/// What a ring is prepared with, in products.
const PREPARATION: u64 = 8;

/// What a pass over a number costs for each of its words, in products of words: a division.
const WORD_PASS: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::Effort;
    use crate::{Primality, primality};

    fn inspect(n: &Natural, effort: Effort) -> Finding {
        Inspection::of(n.bits(), &effort.limits(), 16).run(n)
    }

    #[test]
    fn findings_are_those_of_the_test_as_a_whole() {
        let mersenne = |bits: u64| (Natural::ONE << bits) - 1;
        for bits in [67, 89, 521, 523, 607, 1_061, 1_279, 4_253] {
            let n = mersenne(bits);
            let expected = match primality(&n) {
                Primality::Composite => Finding::Composite,
                _ => Finding::Prime,
            };
            assert_eq!(inspect(&n, Effort::Deep), expected, "2^{bits} - 1");
        }
        assert_eq!(inspect(&mersenne(521).pow(3), Effort::Normal), Finding::Power(mersenne(521), 3));
        assert_eq!(inspect(&mersenne(4_253), Effort::Normal), Finding::Unknown);
        // Fermat's numbers pass to base 2, and are composite.
        assert_eq!(inspect(&((Natural::ONE << 256) + 1), Effort::Normal), Finding::Composite);
    }

    #[test]
    fn what_is_too_long_is_left_out_and_nothing_is_claimed() {
        let n = (Natural::ONE << 2_203) - 1;
        let mut inspection = Inspection::of(n.bits(), &Effort::Deep.limits(), 16);
        assert_eq!(inspection.question(&n, u64::MAX), Some(Question::Pace));
        assert_eq!(inspection.take(Question::Pace, Question::Pace.ask(&n)), None);
        let strong = Question::Strong.work(&n);
        assert_eq!(inspection.question(&n, strong), Some(Question::Strong));
        assert_eq!(inspection.take(Question::Strong, Question::Strong.ask(&n)), None);
        // Half a test says nothing; whether it is a power is still asked.
        let power = Question::Power { factor_bits_min: 16 };
        assert!(power.work(&n) < strong);
        assert_eq!(inspection.question(&n, strong), Some(power));
        assert_eq!(inspection.take(power, power.ask(&n)), Some(Finding::Unknown));
        let mut inspection = Inspection::of(n.bits(), &Effort::Deep.limits(), 16);
        assert_eq!((inspection.question(&n, 1), inspection.finding()), (None, Finding::Unknown));
    }
}
