//! The methods by their names.

use std::fmt;

/// A way to find factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Division by the small primes.
    TrialDivision,
    /// A root that is an integer.
    PerfectPower,
    /// What serves numbers below 2^64: Hart's method, elliptic curves in one word, Pollard's rho.
    Word,
    /// Pollard's P−1.
    PMinus1,
    /// Williams' P+1.
    PPlus1,
    /// Lenstra's elliptic curves.
    EllipticCurves,
    /// The self-initialising quadratic sieve.
    QuadraticSieve,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 7] = [
        Self::TrialDivision,
        Self::PerfectPower,
        Self::Word,
        Self::PMinus1,
        Self::PPlus1,
        Self::EllipticCurves,
        Self::QuadraticSieve,
    ];

    /// Returns its name in one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrialDivision => "trial",
            Self::PerfectPower => "power",
            Self::Word => "word",
            Self::PMinus1 => "p-1",
            Self::PPlus1 => "p+1",
            Self::EllipticCurves => "ecm",
            Self::QuadraticSieve => "siqs",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
