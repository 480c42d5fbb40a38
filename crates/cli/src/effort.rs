//! Efforts as people write them: a name, or a time for each number.

use std::time::Duration;

use primestream::Allowance;
use primestream::prelude::*;

/// How much work a number may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EffortArgument {
    /// So much work.
    Work(Effort),
    /// As much work as fits into a time.
    Time(Duration),
}

impl EffortArgument {
    /// Returns what a number may cost, if its factorisation may hold so many bytes.
    pub(crate) fn allowance(self, memory_bytes: Option<usize>) -> Allowance {
        let allowance = match self {
            Self::Work(effort) => effort.into(),
            Self::Time(time) => Allowance::of_time(time),
        };
        Allowance { memory_bytes, ..allowance }
    }

    /// Returns what each number may cost that a proof of primality asks the factors of.
    pub(crate) fn of_proofs(self) -> Effort {
        match self {
            Self::Work(effort) => effort,
            Self::Time(_) => Effort::Quick,
        }
    }

    /// Says what would try harder.
    pub(crate) fn more(self) -> &'static str {
        match self {
            Self::Work(Effort::Deep) => "a time such as `--effort 10h` may be longer",
            Self::Work(_) => "`--effort deep` tries harder",
            Self::Time(_) => "a longer time tries harder",
        }
    }
}

/// Reads `quick`, `normal`, `deep`, or a time such as `500ms`, `1.5s`, `10m` or `2h`.
pub(crate) fn parse(text: &str) -> Result<EffortArgument, String> {
    match text {
        "quick" => return Ok(EffortArgument::Work(Effort::Quick)),
        "normal" => return Ok(EffortArgument::Work(Effort::Normal)),
        "deep" => return Ok(EffortArgument::Work(Effort::Deep)),
        _ => {}
    }
    parse_time(text).map(EffortArgument::Time)
}

/// Reads a time such as `500ms`, `1.5s`, `10m` or `2h`.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let seconds = match unit {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => {
            return Err(
                "an effort is quick, normal, deep, or a time in ms, s, m or h, such as 500ms".to_owned()
            );
        }
    };
    let count: f64 = digits.parse().map_err(|_| format!("`{digits}` is no number"))?;
    let seconds = count * seconds;
    if !(TIME_SECONDS_MIN..=TIME_SECONDS_MAX).contains(&seconds) {
        return Err("a time is at least 1 ms and at most 100 days".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// Less could not be told from the time a single unit takes.
const TIME_SECONDS_MIN: f64 = 1e-3;
/// More is a slip of the hand.
const TIME_SECONDS_MAX: f64 = 8_640_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_are_names_or_times() {
        assert_eq!(parse("quick"), Ok(EffortArgument::Work(Effort::Quick)));
        assert_eq!(parse("deep"), Ok(EffortArgument::Work(Effort::Deep)));
        let times = [("500ms", 500), ("2s", 2_000), ("1.5s", 1_500), ("1m", 60_000), ("2h", 7_200_000)];
        for (text, milliseconds) in times {
            assert_eq!(parse(text), Ok(EffortArgument::Time(Duration::from_millis(milliseconds))), "{text}");
        }
        for bad in ["", "fast", "Quick", "s", "2", "0s", "-1s", "1 s", "1d", "nans", "infs", "1e99s", "0.1ms"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
