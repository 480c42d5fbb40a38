//! Characters from UTF-16 units.

/// Puts surrogates together.
#[derive(Debug, Clone, Default)]
pub(super) struct Characters {
    /// The first half of a pair.
    high: Option<u16>,
}

impl Characters {
    /// Takes a unit and returns the characters that are known now: what was half a pair and stays alone, and this one.
    /// A half alone becomes U+FFFD, as in the reference's own text.
    pub(super) fn push(&mut self, value: u32) -> [Option<char>; 2] {
        let unit = u16::try_from(value).ok();
        if let (Some(high), Some(low @ 0xDC00..=0xDFFF)) = (self.high, unit) {
            self.high = None;
            return [char::decode_utf16([high, low]).next().and_then(Result::ok), None];
        }
        let before = self.finish();
        if let Some(high @ 0xD800..=0xDBFF) = unit {
            self.high = Some(high);
            return [before, None];
        }
        [before, Some(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))]
    }

    /// Returns what becomes of a half of a pair that stays alone.
    pub(super) fn finish(&mut self) -> Option<char> {
        self.high.take().map(|_| char::REPLACEMENT_CHARACTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_the_text_that_the_standard_library_makes_of_them() {
        let units: [u16; 9] = [0x41, 0xD83D, 0xDE00, 0xDE00, 0xD83D, 0x42, 0xD83D, 0xD83D, 0xDE00];
        let mut characters = Characters::default();
        let mut text: String =
            units.iter().flat_map(|&unit| characters.push(unit.into())).flatten().collect();
        text.extend(characters.finish());
        assert_eq!(text, String::from_utf16_lossy(&units));
        assert_eq!(characters.push(0x1F600), [None, Some('\u{1F600}')]);
        assert_eq!(characters.push(0x11_0000), [None, Some('\u{FFFD}')]);
    }
}
