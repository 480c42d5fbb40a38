//! Where the busy time of a stage went, step by step.

use std::fmt;
use std::time::Duration;

/// The part of one step in the busy time of its stage, as samples say.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StepTime {
    /// The name of the step. What the runtime does itself is in brackets: taking items up, and passing them on.
    pub name: String,
    /// Its part of the stage's busy time, from 0 to 1.
    pub share: f64,
    /// So much of the stage's busy time.
    pub time: Duration,
}

#[cfg(feature = "profiling")]
impl StepTime {
    /// Parts `busy` among steps by what each of them took in samples.
    pub(crate) fn parted(steps: Vec<(String, f64)>, busy: Duration) -> Vec<Self> {
        let whole: f64 = steps.iter().map(|(_, time)| time).sum();
        if whole <= 0.0 {
            return Vec::new();
        }
        let part = |(name, time): (String, f64)| {
            let share = time / whole;
            Self { name, share, time: busy.mul_f64(share) }
        };
        steps.into_iter().map(part).collect()
    }
}

impl fmt::Display for StepTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.0} % ({:.3} s)", self.name, self.share * 100.0, self.time.as_secs_f64())
    }
}

#[cfg(all(test, feature = "profiling"))]
mod tests {
    use super::*;

    #[test]
    fn busy_time_is_parted_by_what_samples_took() {
        let steps = vec![("iter".to_owned(), 100.0), ("map".to_owned(), 300.0)];
        let parted = StepTime::parted(steps, Duration::from_secs(2));
        let told: Vec<String> = parted.iter().map(ToString::to_string).collect();
        assert_eq!(told, ["iter 25 % (0.500 s)", "map 75 % (1.500 s)"]);
        let nothing = vec![("iter".to_owned(), 0.0)];
        assert_eq!(StepTime::parted(nothing, Duration::from_secs(2)), [], "of no time there are no parts");
    }
}
