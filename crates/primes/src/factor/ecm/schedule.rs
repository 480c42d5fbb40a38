//! How many curves, and how far on each, for a factor of so many digits.
//!
//! The first bounds are the usual ones of the field; the second is a hundred times the first, where our second stage takes about
//! half as long as the first stage. The numbers of curves follow from these bounds: after so many, a factor of that
//! length has been missed with a chance of one in e. Who knows nothing of the factors goes
//! through the levels in order. Source: [ZimmermannDodson2006].

/// Curves that find most factors of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CurveLevel {
    /// Length of the factor, in decimal digits.
    pub(crate) digits: u32,
    pub(crate) curves: u64,
    pub(crate) first_bound: u64,
    pub(crate) second_bound: u64,
}

/// Returns the levels for factors of up to so many digits, shortest first: none below 15, all from 45 on.
pub(crate) fn ecm_schedule(digits: u32) -> &'static [CurveLevel] {
    &LEVELS[..LEVELS.partition_point(|level| level.digits <= digits)]
}

const fn level(digits: u32, curves: u64, first_bound: u64) -> CurveLevel {
    CurveLevel { digits, curves, first_bound, second_bound: 100 * first_bound }
}

static LEVELS: [CurveLevel; 7] = [
    level(15, 27, 2_000),
    level(20, 100, 11_000),
    level(25, 324, 50_000),
    level(30, 761, 250_000),
    level(35, 1_882, 1_000_000),
    level(40, 5_423, 3_000_000),
    level(45, 11_386, 11_000_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Dickman's function, the chance that a number has no prime above its `u`-th root, by steps of `1 / STEPS`.
    fn dickman() -> Vec<f64> {
        let mut values = vec![1.0; STEPS + 1];
        for index in STEPS + 1..20 * STEPS {
            let slope = |index: usize| values[index - STEPS] / index as f64;
            let next = values[index - 1] - (slope(index - 1) + slope(index)) / 2.0;
            values.push(next);
        }
        values
    }

    /// Curves after which a factor of `digits` digits is missed with a chance of one in e.
    fn expected_curves(level: &CurveLevel, dickman: &[f64]) -> f64 {
        // The order of a group that 12 divides is as smooth as a number 23.4 times smaller.
        let order = f64::from(level.digits) * 10_f64.ln() - 23.4_f64.ln();
        let (first, second) = ((level.first_bound as f64).ln(), (level.second_bound as f64).ln());
        #[expect(clippy::cast_possible_truncation, reason = "below the length of the table")]
        let smooth = |left: f64| dickman[(left / first * STEPS as f64) as usize];
        let width = (second - first) / 400.0;
        let with_one_more: f64 = (0..400)
            .map(|index| first + (f64::from(index) + 0.5) * width)
            .map(|prime| smooth(order - prime) / prime * width)
            .sum();
        1.0 / (smooth(order) + with_one_more)
    }

    #[test]
    fn curves_follow_from_the_bounds() {
        let dickman = dickman();
        assert!((dickman[2 * STEPS] - (1.0 - 2_f64.ln())).abs() < 1e-5);
        for level in ecm_schedule(45) {
            let ratio = expected_curves(level, &dickman) / level.curves as f64;
            assert!((ratio - 1.0).abs() < 0.03, "{level:?}: {ratio}");
        }
    }

    #[test]
    fn levels_up_to_a_length() {
        assert!(ecm_schedule(14).is_empty());
        assert_eq!(ecm_schedule(29).last().map(|level| level.digits), Some(25));
        assert_eq!(ecm_schedule(100).len(), 7);
        assert!(ecm_schedule(100).is_sorted_by(|a, b| a.digits < b.digits && a.curves < b.curves));
    }

    const STEPS: usize = 2_000;
}
