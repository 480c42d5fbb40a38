//! Numbers of an argument: decimal digits and nothing else.

/// Reads a number below 2^128.
///
/// Signs, bases, exponents and separators are refused: what looks like a number to somebody else should
/// not be taken for another one.
pub(crate) fn parse(text: &str) -> Result<u128, String> {
    if text.is_empty() {
        return Err("a number is expected".to_owned());
    }
    if let Some(digits) = text.strip_prefix('-')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err("numbers are not negative".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a number is written in decimal digits and nothing else".to_owned());
    }
    text.parse().map_err(|_| format!("the largest number is {}", u128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_numbers_and_nothing_else_is() {
        assert_eq!(parse("0"), Ok(0));
        assert_eq!(parse("0012"), Ok(12));
        assert_eq!(parse(&u128::MAX.to_string()), Ok(u128::MAX));
        for bad in [
            "",
            "-",
            "-1",
            "+7",
            "0x1f",
            "1e9",
            "1_000",
            " 1",
            "1.0",
            "١",
            "340282366920938463463374607431768211456",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
