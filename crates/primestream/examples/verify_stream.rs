//! Verifies the container on the standard input and goes on behind damage: `… --example verify_stream < IN`.
#![expect(clippy::print_stdout, reason = "an example is a program")]

use std::error::Error;

use primestream::container::Found;
use primestream::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let (header, found) = container::verify(std::io::stdin(), Decode { lanes: 2, ..Decode::default() })?;
    println!("container {}", header.id());
    let report = found.for_each(|found| match found {
        Found::Symbols { place, symbols, .. } => {
            println!("frame {}: {} symbols", place.number, symbols.len())
        }
        Found::Frame(damage) => println!("{damage}"),
        Found::Damage(damage) => println!("{damage}"),
        other => println!("{other:?}"),
    })?;
    print!("{report}");
    Ok(())
}
