//! Many numbers at once, in windows of a stream: the small primes of each, and what numbers share.
//!
//! A tree of products asks one question of all numbers of a window, so that the longer the window, the less each
//! number costs; see [`tree`]. Windows go to lanes, and the numbers come out in their order.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;

use primestream_engine::stream::Head;
use primestream_engine::{Emit, Fixed, Operator, Order, Outcome, Stream, Weigh};
use primestream_primes::{Natural, tree};

use super::Number;

/// How numbers are looked at together.
#[derive(Clone, Copy, Debug)]
pub struct Together {
    /// Numbers of a window. All of them are held, a few times over, while it is looked at.
    pub window: NonZeroUsize,
    /// Lanes that take windows.
    pub lanes: NonZeroUsize,
    /// Bytes of products of earlier windows that are remembered, the latest; each is as long as its numbers together.
    pub remembered_bytes: usize,
}

impl Default for Together {
    /// Windows of 1024 numbers, one lane, and 64 MiB: a quarter of a million numbers of 2048 bits.
    fn default() -> Self {
        let window = NonZeroUsize::new(1024).unwrap_or(NonZeroUsize::MIN);
        Self { window, lanes: NonZeroUsize::MIN, remembered_bytes: 64 << 20 }
    }
}

/// Streams each number with the primes below a bound that divide it, in order. All of them divide 0.
///
/// # Panics
///
/// If the bound is above 2^22: the product of all those primes is held.
///
/// # Examples
///
/// ```
/// use primestream::{Together, prelude::*, small_primes_of_each};
///
/// let numbers = Stream::iter([60u64, 77, 10_007].map(Number::from));
/// let found = small_primes_of_each(numbers, 12, Together::default()).map(|(_, primes)| primes);
/// assert_eq!(found.collect::<Vec<_>>()?, [vec![2, 3, 5], vec![7, 11], vec![]]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn small_primes_of_each<H, C>(
    numbers: Stream<Number, H, C>,
    bound: u64,
    together: Together,
) -> Stream<(Number, Vec<u64>)>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    assert!(bound <= SMALL_BOUND_MAX, "the product of all primes below {bound} is too long");
    let primes: Arc<[u64]> = primestream_primes::primes(..bound).collect();
    let rows = Arc::new(tree::product_tree(primes.iter().copied().map(Natural::from).collect()));
    numbers
        .batch(together.window.get())
        .chunked(Fixed(1))
        .parallel(together.lanes.get(), Order::Input)
        .flat_map(move |window: Vec<Number>| {
            let numbers: Vec<Natural> = window.into_iter().map(|number| number.0).collect();
            let found = tree::batch_trial_division_down(&numbers, &primes, &rows);
            numbers.into_iter().map(Number).zip(found)
        })
        .named("small primes")
        .boxed()
}

/// A number, and what it shares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The number.
    pub number: Number,
    /// Its greatest common divisor with the product of all others of its window and of those remembered: 1 if it
    /// shares nothing, and the number itself if all of its primes are shared.
    pub divisor: Number,
}

impl Weigh for Shared {
    fn heap_bytes(&self) -> usize {
        self.number.heap_bytes() + self.divisor.heap_bytes()
    }
}

/// Streams each number with what it shares with numbers of its window and of earlier ones, in order.
///
/// What it is for: keys of weak generators share primes, which no one finds in a single key and anyone in many. Of two
/// numbers in different windows that share a prime the later one is told; ask the earlier ones for its
/// divisor, or make the window as long as the stream. 0 shares nothing.
///
/// Costs a few long products for each window, and as many remainders as there are windows remembered. Source:
/// \[Bernstein2004\].
///
/// # Examples
///
/// ```
/// use primestream::{Together, prelude::*, shared_factors};
///
/// let keys = Stream::iter([101 * 103u64, 107 * 109, 101 * 113, 127 * 131].map(Number::from));
/// let weak = shared_factors(keys, Together::default()).filter(|key| key.divisor != Number::from(1));
/// let weak: Vec<String> = weak.map(|key| format!("{} {}", key.number.0, key.divisor.0)).collect()?;
/// assert_eq!(weak, ["10403 101", "11413 101"]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn shared_factors<H, C>(numbers: Stream<Number, H, C>, together: Together) -> Stream<Shared>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let lanes = together.lanes.get();
    numbers
        .batch(together.window.get())
        .chunked(Fixed(1))
        .parallel(lanes, Order::Input)
        .map(|numbers: Vec<Number>| {
            let rows = tree::product_tree(without_zeros(&numbers));
            let product = Arc::new(rows.last().and_then(|row| row.first()).cloned().unwrap_or(Natural::ONE));
            Window { numbers, rows, product, earlier: Vec::new() }
        })
        .named("products")
        .chunked(Fixed(1))
        .boxed()
        .through(Remember { products: VecDeque::new(), bytes: 0, bytes_max: together.remembered_bytes })
        .chunked(Fixed(1))
        .parallel(lanes, Order::Input)
        .flat_map(|window| window.shared())
        .named("shared factors")
        .boxed()
}

/// Numbers that are looked at together.
struct Window {
    numbers: Vec<Number>,
    /// The products of those that are not 0, as a tree.
    rows: Vec<Vec<Natural>>,
    product: Arc<Natural>,
    /// Products of windows before.
    earlier: Vec<Arc<Natural>>,
}

impl Weigh for Window {
    /// What is remembered is counted where it is.
    fn heap_bytes(&self) -> usize {
        let of_row =
            |row: &Vec<Natural>| size_of_val(&**row) + row.iter().map(Natural::heap_bytes).sum::<usize>();
        let rows = self.rows.iter().map(of_row).sum::<usize>();
        self.numbers.heap_bytes() + rows + self.product.heap_bytes()
    }
}

impl Window {
    fn shared(self) -> Vec<Shared> {
        let mut divisors = tree::batch_gcd_down(&self.rows);
        for product in self.earlier {
            let rests = tree::remainders_down(&product, &self.rows);
            for ((divisor, number), rest) in divisors.iter_mut().zip(&self.rows[0]).zip(rests) {
                let with_earlier = number.gcd(&rest);
                if !with_earlier.is_one() {
                    // The least common multiple: a power may be shared here and its prime there.
                    *divisor = &*divisor / &divisor.gcd(&with_earlier) * with_earlier;
                }
            }
        }
        let mut divisors = divisors.into_iter();
        let shared = self.numbers.into_iter().map(|number| {
            let divisor = if number.0.is_zero() { Some(Natural::ONE) } else { divisors.next() };
            Shared { number, divisor: Number(divisor.expect("one for each number but 0")) }
        });
        shared.collect()
    }
}

fn without_zeros(numbers: &[Number]) -> Vec<Natural> {
    numbers.iter().filter(|number| !number.0.is_zero()).map(|number| number.0.clone()).collect()
}

/// Shows each window the products of those before.
struct Remember {
    products: VecDeque<Arc<Natural>>,
    bytes: usize,
    bytes_max: usize,
}

impl Operator for Remember {
    type In = Window;
    type Out = Window;

    fn on_item(&mut self, mut window: Window, out: &mut impl Emit<Window>) -> Outcome {
        window.earlier = self.products.iter().cloned().collect();
        self.bytes += window.product.heap_bytes();
        self.products.push_back(Arc::clone(&window.product));
        while self.bytes > self.bytes_max
            && let Some(forgotten) = self.products.pop_front()
        {
            self.bytes -= forgotten.heap_bytes();
        }
        out.emit(window)
    }

    fn fork(&self) -> Self {
        Self { products: VecDeque::new(), bytes: 0, bytes_max: self.bytes_max }
    }

    fn name(&self) -> &'static str {
        "remember"
    }

    fn held_bytes(&self) -> usize {
        self.bytes
    }
}

/// Largest bound of small primes: their product has six million bits.
const SMALL_BOUND_MAX: u64 = 1 << 22;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: u64) -> Vec<Number> {
        // Products of two primes of a few hundred, so that many share one; powers, ones and zeros among them.
        let primes: Vec<u64> = primestream_primes::primes(3_000..6_000).collect();
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        (0..count)
            .map(|index| match index % 50 {
                17 => Number::from(0),
                23 => Number::from(1),
                31 => Number::from(primes[next(primes.len())].pow(3)),
                _ => Number::from(primes[next(primes.len())] * primes[next(primes.len())]),
            })
            .collect()
    }

    fn together(window: usize, lanes: usize, remembered_bytes: usize) -> Together {
        let [window, lanes] = [window, lanes].map(|count| NonZeroUsize::new(count).unwrap());
        Together { window, lanes, remembered_bytes }
    }

    #[test]
    fn what_is_shared_is_found_across_windows() {
        let numbers = numbers(500);
        for (window, lanes) in [(1, 1), (7, 2), (100, 3), (1000, 1)] {
            let found = shared_factors(Stream::iter(numbers.clone()), together(window, lanes, 1 << 20));
            let found: Vec<Shared> = found.collect().unwrap();
            for (index, shared) in found.iter().enumerate() {
                let (number, end) = (&numbers[index], (index / window + 1) * window);
                assert_eq!(shared.number, *number);
                let others = numbers.iter().take(end).enumerate().filter(|(other, _)| *other != index);
                let others = others.filter(|(_, other)| !other.0.is_zero());
                // Every prime power it shares with the product of its window, or of an earlier one.
                let mut by_window = vec![Natural::ONE; end / window];
                others.for_each(|(other, number)| by_window[other / window] *= &number.0);
                let expected = by_window.iter().fold(Natural::ONE, |all, product| {
                    let one = if number.0.is_zero() { Natural::ONE } else { number.0.gcd(product) };
                    &all / &all.gcd(&one) * one
                });
                assert_eq!(shared.divisor.0, expected, "{number:?} in windows of {window}");
            }
            assert_eq!(found.len(), numbers.len());
            assert!(found.iter().any(|shared| shared.divisor != Number::from(1)));
        }
    }

    #[test]
    fn what_was_forgotten_is_not_found() {
        let keys = [101 * 103_u64, 107 * 109, 101 * 113].map(Number::from);
        let last = |remembered| {
            let found = shared_factors(Stream::iter(keys.clone()), together(1, 1, remembered));
            found.last().unwrap().map(|shared| shared.divisor)
        };
        assert_eq!((last(0), last(1 << 10)), (Some(Number::from(1)), Some(Number::from(101))));
    }

    #[test]
    fn small_primes_are_those_of_division() {
        let numbers: Vec<Number> = (0..300).map(Number::from).collect();
        let primes: Vec<u64> = primestream_primes::primes(..50).collect();
        let found = small_primes_of_each(Stream::iter(numbers.clone()), 50, together(64, 2, 0));
        let found: Vec<(Number, Vec<u64>)> = found.collect().unwrap();
        let naive = (0..300).map(|n: u64| {
            (Number::from(n), primes.iter().copied().filter(|prime| n.is_multiple_of(*prime)).collect())
        });
        assert!(found.into_iter().eq(naive));
    }
}
