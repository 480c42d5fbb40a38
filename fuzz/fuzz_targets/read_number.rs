//! Any bytes are a decimal number or refused at their first other byte; nothing else is asked, so that a hundred million
//! can be.
#![no_main]

use primestream_primes::{Natural, ParseNaturalError};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let other = bytes.iter().position(|byte| !byte.is_ascii_digit());
    match Natural::parse_decimal(bytes) {
        Ok(_) => assert!(other.is_none() && !bytes.is_empty()),
        Err(ParseNaturalError::Empty) => assert!(bytes.is_empty()),
        Err(ParseNaturalError::Digit { offset, .. }) => assert_eq!(Some(offset), other),
        Err(error) => panic!("{error}"),
    }
});
