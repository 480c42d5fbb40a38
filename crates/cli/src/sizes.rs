//! Sizes as people write them.

/// Reads a size such as `64MiB`, `1.5GB` or `4096`.
pub(crate) fn parse(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kib" | "k" => 1024.0,
        "mib" | "m" => 1024.0 * 1024.0,
        "gib" | "g" => 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        _ => return Err(format!("`{unit}` is no unit; take B, KiB, MiB, GiB, KB, MB or GB")),
    };
    let count: f64 = digits.parse().map_err(|_| format!("`{digits}` is no number"))?;
    let bytes = count * factor;
    if !(1.0..=9e18).contains(&bytes) {
        return Err("a size is at least 1 byte and at most 8 EiB".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    Ok(bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        assert_eq!(parse("64MiB"), Ok(64 << 20));
        assert_eq!(parse("1.5k"), Ok(1536));
        assert_eq!(parse("2GB"), Ok(2_000_000_000));
        assert_eq!(parse("4096"), Ok(4096));
        for bad in ["", "MiB", "-1", "1 MiB", "0", "1e40", "12PiB", "nan", "inf"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
