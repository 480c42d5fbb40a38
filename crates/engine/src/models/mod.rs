//! Small bodies of two or three threads, run in every order in which these can meet.
//!
//! A body is written once. Built with `--cfg loom` it runs in all orders with few preemptions, and with all
//! that the memory orderings allow; with `--cfg shuttle` in thousands of orders chosen at random, any
//! number of preemptions. Both fail if all threads wait. `cargo xtask models` runs them in both.

mod budget;
mod cancel;
mod crew;
mod exchange;
mod fence;
mod workers;

#[cfg(loom)]
use loom::thread;
#[cfg(shuttle)]
use shuttle::thread;

/// Runs a body in every order in which threads are stopped at most `preemptions_max` times where they could
/// go on, or in many orders.
fn explore(preemptions_max: usize, body: impl Fn() + Send + Sync + 'static) {
    #[cfg(loom)]
    {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions_max);
        builder.max_branches = BRANCHES_MAX;
        builder.check(body);
    }
    #[cfg(shuttle)]
    {
        let _ = preemptions_max;
        shuttle::check_random(body, RUNS);
    }
}

/// Runs two closures in threads of their own and a third in this one; returns what they return.
fn together<A, B, C>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
    c: impl FnOnce() -> C,
) -> (A, B, C)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let (a, b) = (thread::spawn(a), thread::spawn(b));
    let c = c();
    (a.join().expect(ALIVE), b.join().expect(ALIVE), c)
}

const ALIVE: &str = "a thread of a model that panics fails it";

/// Preemptions in bodies that take few steps.
const OF_FEW_STEPS: usize = 3;

/// Preemptions in bodies that take many: a third would multiply the time by twenty.
const OF_MANY_STEPS: usize = 2;

/// Steps of one run, after which loom says that it does not end.
#[cfg(loom)]
const BRANCHES_MAX: usize = 10_000;

/// Orders that shuttle tries.
#[cfg(shuttle)]
const RUNS: usize = 20_000;
