//! Encodes a file on all cores, in 64 MiB: `cargo run --example encode_file -- IN OUT`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example is a program")]

use std::error::Error;
use std::fs::File;
use std::io::Write;

use primestream::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut names = std::env::args().skip(1);
    let (Some(input), Some(output)) = (names.next(), names.next()) else {
        return Err("name an input and an output".into());
    };
    let lanes = std::thread::available_parallelism()?.get();
    let header = Header::new(Settings::default(), ContainerId([7; 16]));
    let mut output = File::create(output)?;
    let report = container::encode(File::open(input)?, header, Encode { lanes, verify: true, index: true })
        .memory_limit(64 << 20)
        .sink(move |bytes| output.write_all(&bytes))
        .run()?;
    print!("{report}");
    Ok(())
}
