//! Factors of any integer multiply to it.
#![no_main]

#[path = "../laws/factor_product.rs"]
mod factor_product;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| factor_product::holds(bytes));
