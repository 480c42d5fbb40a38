//! The one door to the wider vectors of a processor.
//!
//! What is compiled for every processor of a family has vectors of 16 bytes, and neither the smaller of two unsigned
//! numbers nor products of 32 bits in them. To hold the primes of a base against a candidate took 19 % of
//! the time at 192 bits without AVX2, and takes 6 % with it.
#![expect(
    unsafe_code,
    reason = "to call what is compiled for AVX2 asks for the promise that the processor has it"
)]

/// A loop that is worth wide vectors. It is plain code, which answers the same with any.
pub(super) trait Loop {
    type Output;

    /// Does the work. To be `#[inline(always)]`, and so what it calls: what is not inlined stays as it is.
    fn run(self) -> Self::Output;
}

/// Runs a loop with the widest vectors there are.
#[inline]
pub(super) fn with_wide_vectors<L: Loop>(work: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was asked for AVX2 in the line before.
        return unsafe { with_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<L: Loop>(work: L) -> L::Output {
    work.run()
}
