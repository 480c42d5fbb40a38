//! End-to-end figures, each against its reference in the same run: `cargo run --release -p primestream-bench`.
//!
//! References and ours take turns, five rounds; medians and their ratio are printed. Every round asserts
//! the answer it times. Nothing else should run beside it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark measures and prints")]

mod codec;
mod fused;
mod lanes;
mod memory;
mod reading;
mod rounds;
mod tuned;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    if let Some(role) = arguments.first().and_then(|argument| argument.strip_prefix("child-")) {
        return memory::child(role);
    }
    if wanted("w1") {
        fused::run();
    }
    if wanted("reading") {
        reading::run();
    }
    if wanted("w3") {
        lanes::run();
    }
    if wanted("w5") {
        memory::run();
    }
    if wanted("tuned") {
        tuned::run();
    }
    if wanted("codec") {
        codec::run();
    }
}
