//! Any text is a program or refused; nothing else is asked, so that a hundred million can be.
#![no_main]

use primestream_codec::program::{assemble, disassemble};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The first two bytes of what is kept for `program_run` choose what that makes of the others.
    let text = String::from_utf8_lossy(bytes.get(2..).unwrap_or_default());
    if let Ok(program) = assemble(&text) {
        assert_eq!(assemble(&disassemble(&program)).as_ref(), Ok(&program));
    }
});
