//! What the program is asked to factor: consecutive numbers, random ones, and shapes that algorithms stumble over.

use std::time::Duration;

use super::super::draw::Draw;
use super::natural::Natural;

/// Numbers that are asked for at once.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) numbers: Vec<Natural>,
    pub(super) demand: Demand,
}

/// What is demanded of the answers, beside parts that are prime and have the right product.
pub(super) enum Demand {
    /// That nothing is left; short ones are answered by the system's `factor` in a bearable time.
    All { is_short: bool },
    /// An end in time; without a limit at the lowest effort.
    InTime { limit: Option<Duration> },
}

impl Case {
    pub(super) fn draw(draw: &mut Draw) -> Self {
        match draw.below(8) {
            0..3 => consecutive(draw),
            3..5 => random(draw),
            5..7 => crafted(draw),
            _ => long(draw),
        }
    }
}

/// Numbers in a row, around a power of 2 more often than not.
fn consecutive(draw: &mut Draw) -> Case {
    let (exponent, count) = *draw.one(&[(0, 20_000), (32, 20_000), (63, 10_000), (64, 10_000), (90, 50)]);
    let middle = match draw.below(3) {
        0 if exponent > 0 => u128::from(draw.number()) % (1 << exponent),
        _ => 1 << exponent,
    };
    let first = (middle + u128::from(draw.below(count))).saturating_sub(count.into()).max(1);
    let numbers = (first..first + u128::from(count)).map(Natural::from).collect();
    Case { name: "in a row", numbers, demand: Demand::All { is_short: true } }
}

/// Random numbers of 8 to 200 bits, as many of each length as of any other.
fn random(draw: &mut Draw) -> Case {
    let numbers = (0..40).map(|_| {
        let bits = 8 + draw.below(193);
        bits_of(bits, draw)
    });
    Case { name: "random", numbers: numbers.collect(), demand: Demand::All { is_short: false } }
}

/// Returns a number of so many bits.
fn bits_of(bits: u64, draw: &mut Draw) -> Natural {
    let (mut number, mut left) = (Natural::one(), bits - 1);
    while left > 0 {
        let taken = left.min(30);
        number = number.times(&Natural::from(1 << taken)).plus(draw.below(1 << taken));
        left -= taken;
    }
    number
}

/// One shape, again and again.
fn crafted(draw: &mut Draw) -> Case {
    let (name, shape) = *draw.one(&SHAPES);
    let numbers = (0..100).map(|_| shape(draw)).collect();
    Case { name, numbers, demand: Demand::All { is_short: true } }
}

/// A shape and how one of it is drawn.
type Shape = (&'static str, fn(&mut Draw) -> Natural);

const SHAPES: [Shape; 7] = [
    ("powers of a prime", |draw| {
        let bits = 2 + draw.below(38);
        prime(bits, draw).power(1 + draw.below(80 / bits))
    }),
    ("of two near primes", |draw| {
        let bits = 16 + draw.below(24);
        let near = prime(bits, draw);
        near.times(&next_prime(near.plus(2 + 2 * draw.below(50))))
    }),
    ("of two primes", |draw| {
        let (one, other) = (2 + draw.below(38), 2 + draw.below(38));
        prime(one, draw).times(&prime(other, draw))
    }),
    // (6k + 1)(12k + 1)(18k + 1): Carmichael numbers where all three are prime.
    ("as Carmichael numbers are", |draw| {
        let k = bits_of(2 + draw.below(19), draw);
        let factor = |multiple: u128| k.times(&Natural::from(multiple)).plus(1);
        factor(6).times(&factor(12)).times(&factor(18))
    }),
    // (k + 1)(2k + 1): most strong pseudoprimes look so.
    ("as pseudoprimes are", |draw| {
        let p = prime(8 + draw.below(30), draw);
        let twice = p.times(&Natural::from(2));
        p.times(&next_prime(twice.plus(1)))
    }),
    ("of small primes", |draw| {
        let count = 1 + draw.below(16);
        (0..count).fold(Natural::one(), |product, _| {
            let bits = 2 + draw.below(4);
            product.times(&prime(bits, draw))
        })
    }),
    ("above a product of powers", |draw| {
        let powers = [2, 3, 5, 10].map(|base| Natural::from(base).power(draw.below(9)));
        powers.iter().fold(Natural::one(), |product, power| product.times(power)).plus(draw.below(3))
    }),
];

/// Returns the first prime from a number of so many bits on.
fn prime(bits: u64, draw: &mut Draw) -> Natural {
    next_prime(bits_of(bits, draw))
}

fn next_prime(mut from: Natural) -> Natural {
    while !from.is_prime(&[]) {
        from = from.plus(1);
    }
    from
}

/// One number that nobody factors.
fn long(draw: &mut Draw) -> Case {
    let digits = *draw.one(&[100, 1_000, 4_000, 10_000]);
    let tens: String =
        (0..digits).map(|_| char::from(b'1' + u8::try_from(draw.below(9)).expect("a digit"))).collect();
    let number = Natural::parse(&tens).expect("digits");
    let limit = *draw.one(&[None, Some(50), Some(200), Some(1_000)]);
    let limit = limit.map(Duration::from_millis);
    Case { name: "beyond reach", numbers: vec![number], demand: Demand::InTime { limit } }
}
