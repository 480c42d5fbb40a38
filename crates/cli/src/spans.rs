//! Parts of a content as people write them.

use primestream::container::Span;

/// Reads a range such as `100..200`, `100..` or `..200`.
pub(crate) fn parse(text: &str) -> Result<Span, String> {
    let (start, end) = text.split_once("..").ok_or("a range is written A..B")?;
    let number = |digits: &str, otherwise| match digits {
        "" => Ok(otherwise),
        _ => digits.parse().map_err(|_| format!("`{digits}` is no number below 2^64")),
    };
    let span = Span { start: number(start, 0)?, end: number(end, u64::MAX)? };
    if span.start > span.end { Err("a range ends before it begins".to_owned()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_may_be_left_out() {
        assert_eq!(parse("3..5"), Ok(Span { start: 3, end: 5 }));
        assert_eq!(parse("3.."), Ok((3..).into()));
        assert_eq!(parse("..5"), Ok((..5).into()));
        assert_eq!(parse(".."), Ok(Span::default()));
        for bad in ["", "5", "5..3", "a..b", "-1..2", "1...3", "1..=3", "1..18446744073709551616"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
