//! How often, as people write it: a time or a size.

use primestream_engine::checkpoint::Every;

use crate::{effort, sizes};

/// Reads a time such as `1s` or `500ms`, or a size such as `64MiB`.
pub(crate) fn parse(text: &str) -> Result<Every, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    match &text[digits.len()..] {
        "ms" | "s" | "m" | "min" | "h" => effort::parse_time(text).map(Every::time),
        "" => Err(format!("`{text}` has no unit; a time is such as 500ms or 1s, a size such as 64MiB")),
        _ => sizes::parse(text)
            .map(|bytes| Every::bytes(bytes as u64))
            .map_err(|error| format!("{error}; for a time ms, s, min or h")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_a_time_or_a_size() {
        assert_eq!(parse("1s"), Ok(Every::time(Duration::from_secs(1))));
        assert_eq!(parse("250ms"), Ok(Every::time(Duration::from_millis(250))));
        assert_eq!(parse("64MiB"), Ok(Every::bytes(64 << 20)));
        assert!(parse("often").is_err() && parse("0s").is_err() && parse("-1MiB").is_err());
        // Bytes or seconds? Nobody would mean five bytes.
        assert!(parse("5").is_err() && parse("").is_err());
    }
}
