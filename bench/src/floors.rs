//! Figures that a run must not fall below.
//!
//! They are looser than what `docs/benchmarks.md` states, because machines differ and are shared, and tight
//! enough that what was lost since is seen.

use std::cell::RefCell;

/// What was missed so far.
#[derive(Debug, Default)]
pub(crate) struct Floors(RefCell<Vec<String>>);

impl Floors {
    /// Notes a figure that must be no less than `floor`.
    pub(crate) fn at_least(&self, what: &str, figure: f64, floor: f64) {
        if figure.is_nan() || figure < floor {
            self.0.borrow_mut().push(format!("{what}: {figure:.3}, at least {floor} is expected"));
        }
    }

    /// Notes a figure that must be no more than `ceiling`.
    pub(crate) fn at_most(&self, what: &str, figure: f64, ceiling: f64) {
        if figure.is_nan() || figure > ceiling {
            self.0.borrow_mut().push(format!("{what}: {figure:.3}, at most {ceiling} is expected"));
        }
    }

    /// Returns what was missed, a line for each.
    pub(crate) fn missed(self) -> Vec<String> {
        self.0.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_below_its_floor_is_told_with_its_name() {
        let floors = Floors::default();
        floors.at_least("speed", 0.9, 0.9);
        floors.at_most("delay", 0.9, 1.0);
        assert!(floors.0.borrow().is_empty());
        floors.at_least("speed", 0.5, 0.9);
        floors.at_most("delay", 1.5, 1.0);
        floors.at_least("nothing", f64::NAN, 0.0);
        let missed = floors.missed();
        assert_eq!(
            missed[..2],
            ["speed: 0.500, at least 0.9 is expected", "delay: 1.500, at most 1 is expected"]
        );
        assert_eq!(missed.len(), 3);
    }
}
