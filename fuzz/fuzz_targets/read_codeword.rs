//! Any integer is read as a codeword or refused; nothing else is asked, so that a hundred million can be.
#![no_main]

use primestream_codec::{Limits, read};
use primestream_primes::Natural;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The first byte of what is kept for `codeword` chooses what that makes of the others.
    let number = Natural::from_le_bytes(bytes.get(1..).unwrap_or_default());
    if let Ok(reading) = read(&number, &Limits::default()) {
        let again = reading.to_codeword().expect("what was read can be written");
        assert_eq!(again.as_natural(), &number, "{reading:?} is another integer");
    }
});
