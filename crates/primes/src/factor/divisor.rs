//! What a residue tells of the modulus.

use crate::Natural;
use crate::montgomery::Ring;

/// The greatest common divisor of a residue and the modulus.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Divisor {
    /// None but 1.
    One,
    /// A proper factor of the modulus, not necessarily prime.
    Proper(Natural),
    /// The modulus: all of its factors at once.
    All,
}

impl Divisor {
    pub(super) fn of<R: Ring>(ring: &R, residue: &R::Number) -> Self {
        Self::from_common(ring, &ring.common_divisor(residue))
    }

    /// The same from a common divisor that is known.
    pub(super) fn from_common<R: Ring>(ring: &R, divisor: &R::Number) -> Self {
        if R::is_unit(divisor) {
            Self::One
        } else if divisor == ring.modulus() {
            Self::All
        } else {
            Self::Proper(R::natural(divisor))
        }
    }

    /// Returns the factor, if it is proper.
    pub(super) fn proper(self) -> Option<Natural> {
        match self {
            Self::Proper(factor) => Some(factor),
            Self::One | Self::All => None,
        }
    }
}
