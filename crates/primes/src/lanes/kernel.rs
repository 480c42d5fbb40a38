//! Eight residues in step with the instructions of AVX2 and FMA, four in a register.
//!
//! Up to 48 bits they are numbers in floating point: a product is exact in two parts, the quotient by the
//! modulus is rounded, and what is left of the product is a small integer again. Longer ones are words in Montgomery's form,
//! multiplied by halves of 32 bits. Sources: \[Montgomery1985\], \[HoevenLecerfQuintin2016\].
//!
//! `unsafe` is here because a function that uses such instructions may be called only where they are: every ring holds an
//! [`Avx2`], which is made after asking the processor. On a processor of the Zen 3 kind a product takes 0.4 ns in floating
//! point and 1.3 ns in words where the portable form takes 2.3 ns.

#![expect(unsafe_code, reason = "the room for it")]

use std::arch::x86_64::{__m256d, __m256i};

use super::{Eight, SHORT_BITS_MAX, Words, Work, least_residue};
use crate::montgomery::Arithmetic;
use crate::natural::gcd_u64;

/// The processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

/// Does something modulo eight odd numbers above 2.
pub(super) fn with_eight<W: Work>(avx2: Avx2, numbers: [u64; 8], work: W) -> W::Answer {
    if numbers.iter().all(|n| n >> SHORT_BITS_MAX == 0) {
        // SAFETY: an `Avx2` exists only where the processor has these instructions.
        unsafe { in_floats(avx2, numbers, work) }
    } else {
        // SAFETY: as above.
        unsafe { in_halves(avx2, numbers, work) }
    }
}

#[target_feature(enable = "avx2,fma")]
fn in_floats<W: Work>(avx2: Avx2, numbers: [u64; 8], work: W) -> W::Answer {
    work.run(&Floats::new(avx2, numbers))
}

#[target_feature(enable = "avx2,fma")]
fn in_halves<W: Work>(avx2: Avx2, numbers: [u64; 8], work: W) -> W::Answer {
    work.run(&Halves::new(avx2, numbers))
}

/// The integers modulo eight numbers below 2^48, in floating point.
///
/// A residue may be negative. A product is at most 2/3 of its modulus `n` in size if its factors are at most 4/3: the quotient is then below `16/9·n` and misses the true one by no more than
/// `3·2^-53` of that beside the half that rounding takes, in all less than 2/3.
struct Floats {
    n: [__m256d; 2],
    inverse: [__m256d; 2],
    _avx2: Avx2,
}

/// Defines what a ring can do by functions that may use the instructions.
macro_rules! arithmetic {
    ($ring:ty, $number:ty, $functions:ident) => {
        impl Arithmetic for $ring {
            type Number = $number;

            #[inline(always)]
            fn add(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
                // SAFETY: an `Avx2` exists only where the processor has these instructions.
                unsafe { $functions::add(self, a, b) }
            }

            #[inline(always)]
            fn sub(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
                // SAFETY: as above.
                unsafe { $functions::sub(self, a, b) }
            }

            #[inline(always)]
            fn mul(&self, a: &Self::Number, b: &Self::Number) -> Self::Number {
                // SAFETY: as above.
                unsafe { $functions::mul(self, a, b) }
            }
        }

        impl Eight for $ring {
            #[inline(always)]
            fn load(&self, values: [i64; 8]) -> Self::Number {
                // SAFETY: as above.
                unsafe { $functions::load(self, values) }
            }

            #[inline(always)]
            fn common_divisors(&self, a: &Self::Number) -> [u64; 8] {
                // SAFETY: as above.
                unsafe { $functions::common_divisors(self, a) }
            }

            #[inline(always)]
            fn one(&self) -> Self::Number {
                // SAFETY: as above.
                unsafe { $functions::one(self) }
            }

            #[inline(always)]
            fn are_equal(&self, a: &Self::Number, b: &Self::Number) -> [bool; 8] {
                // SAFETY: as above.
                unsafe { $functions::are_equal(self, a, b) }
            }

            #[inline(always)]
            fn select(&self, words: &Words, set: &Self::Number, clear: &Self::Number) -> Self::Number {
                // SAFETY: as above.
                unsafe { $functions::select(words, set, clear) }
            }
        }
    };
}

arithmetic!(Floats, [__m256d; 2], floats);
arithmetic!(Halves, [__m256i; 2], halves);

impl Floats {
    #[target_feature(enable = "avx2,fma")]
    fn new(avx2: Avx2, numbers: [u64; 8]) -> Self {
        let n = floats::of(numbers.map(u64::cast_signed));
        Self { n, inverse: n.map(|n| floats::inverse(n)), _avx2: avx2 }
    }
}

mod floats {
    use std::arch::x86_64::{
        _CMP_EQ_OQ, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_cvtsd_f64, _mm_unpackhi_pd,
        _mm256_add_pd, _mm256_andnot_pd, _mm256_blendv_pd, _mm256_castpd256_pd128, _mm256_castsi256_pd,
        _mm256_cmp_pd, _mm256_div_pd, _mm256_extractf128_pd, _mm256_fmsub_pd, _mm256_fnmadd_pd,
        _mm256_movemask_pd, _mm256_mul_pd, _mm256_round_pd, _mm256_set_pd, _mm256_set1_pd, _mm256_setzero_pd,
        _mm256_sub_pd,
    };

    use super::{__m256d, Floats, Words, halves};

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 a number in floating point is exact")]
    pub(super) fn of(values: [i64; 8]) -> [__m256d; 2] {
        let [a, b, c, d, e, f, g, h] = values.map(|value| value as f64);
        [_mm256_set_pd(d, c, b, a), _mm256_set_pd(h, g, f, e)]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn inverse(n: __m256d) -> __m256d {
        _mm256_div_pd(_mm256_set1_pd(1.0), n)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn add(_: &Floats, a: &[__m256d; 2], b: &[__m256d; 2]) -> [__m256d; 2] {
        [_mm256_add_pd(a[0], b[0]), _mm256_add_pd(a[1], b[1])]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn sub(_: &Floats, a: &[__m256d; 2], b: &[__m256d; 2]) -> [__m256d; 2] {
        [_mm256_sub_pd(a[0], b[0]), _mm256_sub_pd(a[1], b[1])]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn mul(ring: &Floats, a: &[__m256d; 2], b: &[__m256d; 2]) -> [__m256d; 2] {
        let product = |half: usize| {
            let (a, b) = (a[half], b[half]);
            let high = _mm256_mul_pd(a, b);
            let low = _mm256_fmsub_pd(a, b, high);
            let quotient = nearest(_mm256_mul_pd(high, ring.inverse[half]));
            _mm256_add_pd(_mm256_fnmadd_pd(quotient, ring.n[half], high), low)
        };
        [product(0), product(1)]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn load(ring: &Floats, values: [i64; 8]) -> [__m256d; 2] {
        let values = of(values);
        let residue = |half: usize| {
            let quotient = nearest(_mm256_mul_pd(values[half], ring.inverse[half]));
            _mm256_fnmadd_pd(quotient, ring.n[half], values[half])
        };
        [residue(0), residue(1)]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn one(_: &Floats) -> [__m256d; 2] {
        [_mm256_set1_pd(1.0); 2]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn are_equal(ring: &Floats, a: &[__m256d; 2], b: &[__m256d; 2]) -> [bool; 8] {
        let equal = |half: usize| {
            let difference = _mm256_sub_pd(a[half], b[half]);
            let quotient = nearest(_mm256_mul_pd(difference, ring.inverse[half]));
            let multiple = _mm256_mul_pd(quotient, ring.n[half]);
            _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(difference, multiple))
        };
        let equal = equal(0) | equal(1) << 4;
        std::array::from_fn(|lane| equal >> lane & 1 == 1)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn select(words: &Words, set: &[__m256d; 2], clear: &[__m256d; 2]) -> [__m256d; 2] {
        let words = halves::of(words.0);
        let select = |half: usize| _mm256_blendv_pd(clear[half], set[half], _mm256_castsi256_pd(words[half]));
        [select(0), select(1)]
    }

    /// Euclid's algorithm in all lanes, with the least remainders in size.
    #[target_feature(enable = "avx2,fma")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "divisors of numbers below 2^48"
    )]
    pub(super) fn common_divisors(ring: &Floats, a: &[__m256d; 2]) -> [u64; 8] {
        let (mut larger, mut smaller) = (ring.n, a.map(|a| size(a)));
        loop {
            let mut is_done = true;
            for half in 0..2 {
                let (a, b) = (larger[half], smaller[half]);
                let at_end = _mm256_cmp_pd::<_CMP_EQ_OQ>(b, _mm256_setzero_pd());
                let quotient = nearest(_mm256_div_pd(a, b));
                let rest = size(_mm256_fnmadd_pd(quotient, b, a));
                larger[half] = _mm256_blendv_pd(b, a, at_end);
                smaller[half] = _mm256_andnot_pd(at_end, rest);
                is_done &= _mm256_movemask_pd(at_end) == 0b1111;
            }
            if is_done {
                let [low, high] = larger.map(|four| lanes(four));
                return [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
                    .map(|divisor| divisor as u64);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn nearest(a: __m256d) -> __m256d {
        _mm256_round_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn size(a: __m256d) -> __m256d {
        _mm256_andnot_pd(_mm256_set1_pd(-0.0), a)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn lanes(a: __m256d) -> [f64; 4] {
        let (low, high) = (_mm256_castpd256_pd128(a), _mm256_extractf128_pd::<1>(a));
        [
            _mm_cvtsd_f64(low),
            _mm_cvtsd_f64(_mm_unpackhi_pd(low, low)),
            _mm_cvtsd_f64(high),
            _mm_cvtsd_f64(_mm_unpackhi_pd(high, high)),
        ]
    }
}

/// The integers modulo eight odd words, in Montgomery's form.
struct Halves {
    n: [__m256i; 2],
    /// The inverses of the moduli modulo 2^32, in the lower halves.
    inverse: [__m256i; 2],
    numbers: [u64; 8],
    _avx2: Avx2,
}

impl Halves {
    #[target_feature(enable = "avx2,fma")]
    fn new(avx2: Avx2, numbers: [u64; 8]) -> Self {
        let n = halves::of(numbers);
        Self { n, inverse: n.map(|n| halves::inverse(n)), numbers, _avx2: avx2 }
    }
}

mod halves {
    use std::arch::x86_64::{
        _mm256_add_epi64, _mm256_and_si256, _mm256_blend_epi32, _mm256_castpd_si256, _mm256_castsi256_pd,
        _mm256_cmpeq_epi64, _mm256_cmpgt_epi64, _mm256_extract_epi64, _mm256_movemask_pd, _mm256_mul_epu32,
        _mm256_mullo_epi32, _mm256_set_epi64x, _mm256_set1_epi32, _mm256_set1_epi64x, _mm256_setzero_si256,
        _mm256_shuffle_epi32, _mm256_srli_epi64, _mm256_sub_epi32, _mm256_sub_epi64, _mm256_xor_si256,
    };

    use super::{__m256i, Halves, Words, floats, gcd_u64, least_residue};

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn of(values: [u64; 8]) -> [__m256i; 2] {
        let [a, b, c, d, e, f, g, h] = values.map(u64::cast_signed);
        [_mm256_set_epi64x(d, c, b, a), _mm256_set_epi64x(h, g, f, e)]
    }

    /// Five bits are right in the first guess; each step doubles them.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn inverse(n: __m256i) -> __m256i {
        let two = _mm256_set1_epi32(2);
        let mut inverse = _mm256_xor_si256(_mm256_mullo_epi32(n, _mm256_set1_epi32(3)), two);
        for _ in 0..3 {
            inverse = _mm256_mullo_epi32(inverse, _mm256_sub_epi32(two, _mm256_mullo_epi32(n, inverse)));
        }
        inverse
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn add(ring: &Halves, a: &[__m256i; 2], b: &[__m256i; 2]) -> [__m256i; 2] {
        // Taking away what b lacks of n needs no look at a carry.
        let sum = |half: usize| difference(a[half], _mm256_sub_epi64(ring.n[half], b[half]), ring.n[half]);
        [sum(0), sum(1)]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn sub(ring: &Halves, a: &[__m256i; 2], b: &[__m256i; 2]) -> [__m256i; 2] {
        [difference(a[0], b[0], ring.n[0]), difference(a[1], b[1], ring.n[1])]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn mul(ring: &Halves, a: &[__m256i; 2], b: &[__m256i; 2]) -> [__m256i; 2] {
        let product = |half: usize| product(a[half], b[half], ring.n[half], ring.inverse[half]);
        [product(0), product(1)]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn load(ring: &Halves, values: [i64; 8]) -> [__m256i; 2] {
        of(std::array::from_fn(|lane| least_residue(values[lane], ring.numbers[lane])))
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn common_divisors(ring: &Halves, a: &[__m256i; 2]) -> [u64; 8] {
        let [low, high] = a.map(|four| lanes(four));
        let residues = [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]];
        std::array::from_fn(|lane| gcd_u64(residues[lane], ring.numbers[lane]))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn one(ring: &Halves) -> [__m256i; 2] {
        of(ring.numbers.map(|n| n.wrapping_neg() % n))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn are_equal(_: &Halves, a: &[__m256i; 2], b: &[__m256i; 2]) -> [bool; 8] {
        let equal =
            |half: usize| _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a[half], b[half])));
        let equal = equal(0) | equal(1) << 4;
        std::array::from_fn(|lane| equal >> lane & 1 == 1)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn select(words: &Words, set: &[__m256i; 2], clear: &[__m256i; 2]) -> [__m256i; 2] {
        floats::select(
            words,
            &set.map(|set| _mm256_castsi256_pd(set)),
            &clear.map(|clear| _mm256_castsi256_pd(clear)),
        )
        .map(|selected| _mm256_castpd_si256(selected))
    }

    /// The difference of numbers below `n`, modulo `n`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn difference(a: __m256i, b: __m256i, n: __m256i) -> __m256i {
        let sign = _mm256_set1_epi64x(i64::MIN);
        let borrow = _mm256_cmpgt_epi64(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
        _mm256_add_epi64(_mm256_sub_epi64(a, b), _mm256_and_si256(borrow, n))
    }

    /// The product over 2^64: twice, a multiple of `n` takes away the lowest 32 bits.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn product(a: __m256i, b: __m256i, n: __m256i, inverse: __m256i) -> __m256i {
        let (a_high, b_high, n_high) = (high(a), high(b), high(n));
        let lowest = _mm256_mul_epu32(a, b);
        let middle = _mm256_add_epi64(_mm256_mul_epu32(a_high, b), _mm256_srli_epi64::<32>(lowest));
        let upper = _mm256_add_epi64(_mm256_mul_epu32(a, b_high), low(middle));
        let product = sum(_mm256_mul_epu32(a_high, b_high), middle, upper);

        // Of products of 32 bits the compiler makes whole ones again where only their lower halves count.
        let multiple = _mm256_mullo_epi32(lowest, inverse);
        let lowest = _mm256_mul_epu32(multiple, n);
        let middle = _mm256_add_epi64(_mm256_mul_epu32(multiple, n_high), _mm256_srli_epi64::<32>(lowest));
        let multiple = _mm256_mullo_epi32(_mm256_sub_epi64(upper, middle), inverse);
        let upper = _mm256_add_epi64(_mm256_mul_epu32(multiple, n), low(middle));
        let reduced = sum(_mm256_mul_epu32(multiple, n_high), middle, upper);
        // Both are below n, so their difference needs at most one correction.
        difference(product, reduced, n)
    }

    /// What comes together above the lower word.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn sum(highest: __m256i, middle: __m256i, upper: __m256i) -> __m256i {
        _mm256_add_epi64(
            _mm256_add_epi64(highest, _mm256_srli_epi64::<32>(middle)),
            _mm256_srli_epi64::<32>(upper),
        )
    }

    /// The upper halves in the place of the lower ones.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn high(a: __m256i) -> __m256i {
        _mm256_shuffle_epi32::<0b11_11_01_01>(a)
    }

    /// The lower halves alone.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn low(a: __m256i) -> __m256i {
        _mm256_blend_epi32::<0b1010_1010>(a, _mm256_setzero_si256())
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn lanes(a: __m256i) -> [u64; 4] {
        [
            _mm256_extract_epi64::<0>(a),
            _mm256_extract_epi64::<1>(a),
            _mm256_extract_epi64::<2>(a),
            _mm256_extract_epi64::<3>(a),
        ]
        .map(i64::cast_unsigned)
    }
}
