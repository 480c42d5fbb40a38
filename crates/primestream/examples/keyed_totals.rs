//! Totals of each account on all cores: every account's bookings stay in order, however many lanes there are.
//!
//! `cargo run --release --example keyed_totals`

#![expect(clippy::print_stdout, reason = "a program prints its answer")]

use std::collections::BTreeMap;

use primestream::prelude::*;

#[derive(Clone, Copy)]
struct Booking {
    account: u32,
    cents: i64,
}

impl Weigh for Booking {}

fn main() -> Result<(), PipelineError> {
    let bookings = (0..1_000_000u32).map(|n| Booking { account: n % 97, cents: i64::from(n % 1000) - 400 });

    let totals: BTreeMap<u32, i64> = Stream::iter(bookings.clone())
        .key_by(|booking| booking.account)
        .lanes(2)
        .fold(0, |total, booking| *total += booking.cents)
        .collect()?;

    let overdrawn = Stream::iter(bookings)
        .key_by(|booking| booking.account)
        .lanes(2)
        .scan(0, |balance, booking| {
            *balance += booking.cents;
            *balance
        })
        .filter(|(_, balance)| *balance < 0)
        .count()?;

    for (account, cents) in totals.iter().take(5) {
        println!("account {account:2}: {}.{:02}", cents / 100, cents % 100);
    }
    println!("{} accounts, overdrawn after {overdrawn} of the bookings", totals.len());
    Ok(())
}
