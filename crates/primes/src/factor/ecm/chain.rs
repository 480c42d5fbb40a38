//! Lucas chains: how a point is multiplied where only its x-coordinate is known.
//!
//! Two points can be added if their difference is known, so a multiple is reached by steps that keep
//! two points and their difference, like Euclid's algorithm on two numbers. Which numbers to begin
//! with decides the length; near the golden section is a good place, and a few are tried for each
//! prime. A chain is a list of steps over numbered points: whoever runs it branches on nothing but
//! doubling or adding. About 9 products a bit. Source: \[Montgomery1992\], algorithm PRAC.

/// One step of a chain; points are told by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `to` becomes twice `from`.
    Double { from: u8, to: u8 },
    /// `to` becomes `a + b`, where `a - b` is known.
    Add { a: u8, b: u8, difference: u8, to: u8 },
}

impl Step {
    /// Products of residues it takes.
    const fn cost(self) -> u32 {
        match self {
            Self::Double { .. } => 5,
            Self::Add { .. } => 6,
        }
    }
}

/// Places that points of a chain stand in.
pub(super) const PLACES: usize = 6;

/// Appends the steps that multiply the point in `place` by `factor`, a prime or 1, and returns where it then stands.
///
/// Tries many beginnings: for chains that are kept and followed often.
pub(super) fn append(factor: u64, place: u8, steps: &mut Vec<Step>) -> u8 {
    append_best(factor, place, steps, &SECTIONS, NEAR)
}

/// Does the same with few beginnings: for chains that are followed once. They are a fiftieth longer, and found in a
/// tenth of the time.
pub(super) fn append_soon(factor: u64, place: u8, steps: &mut Vec<Step>) -> u8 {
    append_best(factor, place, steps, &SECTIONS[..3], 0)
}

fn append_best(factor: u64, place: u8, steps: &mut Vec<Step>, sections: &[(u64, u64)], near: u64) -> u8 {
    match factor {
        1 => return place,
        2 => {
            let to = free(&[place]);
            steps.push(Step::Double { from: place, to });
            return to;
        }
        3 => {
            let double = free(&[place]);
            steps.push(Step::Double { from: place, to: double });
            let to = free(&[place, double]);
            steps.push(Step::Add { a: double, b: place, difference: place, to });
            return to;
        }
        _ => {}
    }
    let start = steps.len();
    let mut best: Option<(u32, u64)> = None;
    for larger in beginnings(factor, sections, near) {
        let complete = write(factor, larger, place, steps).is_some();
        let cost = steps.drain(start..).map(Step::cost).sum();
        if complete && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, larger));
        }
    }
    // Half of an odd number, and one more, have no common factor.
    let larger = best.map_or(factor / 2 + 1, |(_, larger)| larger);
    write(factor, larger, place, steps).expect("it was complete before, or always is")
}

/// Numbers to begin with: near a golden section of the factor and some like it.
fn beginnings(factor: u64, sections: &[(u64, u64)], near: u64) -> impl Iterator<Item = u64> {
    let sections = sections.iter().map(move |&(above, below)| {
        let product = u128::from(factor) * u128::from(above) / u128::from(below);
        u64::try_from(product).expect("a part of the factor")
    });
    let near = sections.flat_map(move |section| section.saturating_sub(near)..=section + near);
    near.filter(move |&larger| factor / 2 + 1 < larger && larger < factor)
}

/// Follows the algorithm from `factor = larger + (factor - larger)`; `None` if the two share a factor.
fn write(factor: u64, larger: u64, place: u8, steps: &mut Vec<Step>) -> Option<u8> {
    // The multiple wanted is d·a + e·b throughout, and c is the difference of a and b.
    let (mut d, mut e) = (factor - larger, 2 * larger - factor);
    let (mut a, mut b, mut c) = (double(place, &[place], steps), place, place);
    while d != e {
        if d < e {
            std::mem::swap(&mut d, &mut e);
            std::mem::swap(&mut a, &mut b);
        }
        let is_close = d - e <= e / 4;
        let live = [a, b, c];
        if is_close && (d + e).is_multiple_of(3) {
            (d, e) = ((2 * d - e) / 3, (2 * e - d) / 3);
            let sum = add((a, b), c, &live, steps);
            let first = add((sum, a), b, &[a, b, c, sum], steps);
            (a, b) = (first, add((b, sum), a, &[a, b, c, sum, first], steps));
        } else if is_close && (d - e).is_multiple_of(6) || d > 4 * e && (d - e).is_multiple_of(2) {
            d = (d - e) / 2;
            let sum = add((a, b), c, &live, steps);
            (a, b) = (double(a, &[a, b, c, sum], steps), sum);
        } else if d <= 4 * e {
            d -= e;
            (b, c) = (add((a, b), c, &live, steps), b);
        } else if d.is_multiple_of(2) {
            d /= 2;
            let difference = add((c, a), b, &live, steps);
            (a, c) = (double(a, &[a, b, difference], steps), difference);
        } else if d.is_multiple_of(3) {
            d = d / 3 - e;
            let twice = double(a, &live, steps);
            let sum = add((a, b), c, &[a, b, c, twice], steps);
            let next = add((twice, sum), c, &[a, b, c, twice, sum], steps);
            a = add((twice, a), a, &[a, b, twice, next], steps);
            (b, c) = (next, b);
        } else if (d + e).is_multiple_of(3) {
            d = (d - 2 * e) / 3;
            let sum = add((a, b), c, &live, steps);
            let next = add((sum, a), b, &[a, b, c, sum], steps);
            let twice = double(a, &[a, c, next], steps);
            (a, b) = (add((twice, a), a, &[a, c, next, twice], steps), next);
        } else if (d - e).is_multiple_of(3) {
            d = (d - e) / 3;
            let sum = add((a, b), c, &live, steps);
            c = add((c, a), b, &[a, b, c, sum], steps);
            let twice = double(a, &[a, c, sum], steps);
            (a, b) = (add((twice, a), a, &[a, c, sum, twice], steps), sum);
        } else {
            // Both odd or not, one of the cases before holds unless e is even.
            e /= 2;
            let difference = add((c, b), a, &live, steps);
            (b, c) = (double(b, &[a, b, difference], steps), difference);
        }
        if e == 0 {
            return None;
        }
    }
    (d == 1).then(|| add((a, b), c, &[a, b, c], steps))
}

fn double(from: u8, live: &[u8], steps: &mut Vec<Step>) -> u8 {
    let to = free(live);
    steps.push(Step::Double { from, to });
    to
}

/// Adds two points whose difference stands in a third place; nothing that is live is overwritten.
fn add((a, b): (u8, u8), difference: u8, live: &[u8], steps: &mut Vec<Step>) -> u8 {
    let to = free(live);
    steps.push(Step::Add { a, b, difference, to });
    to
}

/// Returns a place that is none of these.
fn free(live: &[u8]) -> u8 {
    (0..).find(|place| !live.contains(place)).expect("at most five are live")
}

/// Fractions of a factor near which chains are short, in thousandths of thousandths. The first is the golden section,
/// the others have a small number among their first partial quotients.
const SECTIONS: [(u64, u64); 10] = [
    (618_034, 1_000_000),
    (723_607, 1_000_000),
    (579_802, 1_000_000),
    (632_840, 1_000_000),
    (612_430, 1_000_000),
    (620_181, 1_000_000),
    (617_214, 1_000_000),
    (618_347, 1_000_000),
    (617_915, 1_000_000),
    (618_079, 1_000_000),
];

/// How far from a section chains are looked for.
const NEAR: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a chain with numbers for points, and checks what each step relies on.
    fn multiple(steps: &[Step], place: u8, result: u8) -> i64 {
        let mut points = [0_i64; PLACES];
        points[usize::from(place)] = 1;
        let at = |place: u8| usize::from(place);
        for step in steps {
            match *step {
                Step::Double { from, to } => points[at(to)] = 2 * points[at(from)],
                Step::Add { a, b, difference, to } => {
                    let [a, b, difference] = [a, b, difference].map(|place| points[at(place)]);
                    // A point and its negative have the same x-coordinate.
                    let sum = [a + b, a - b].into_iter().zip([a - b, a + b]);
                    let found = sum.filter(|(_, known)| known.abs() == difference.abs()).map(|(sum, _)| sum);
                    points[at(to)] = found.max_by_key(|sum| sum.abs()).expect("the difference is known");
                }
            }
        }
        points[at(result)].abs()
    }

    #[test]
    fn chains_reach_their_multiples() {
        for prime in crate::primes(..5_000).chain([65_537, 1_000_003]) {
            for place in [0, 3] {
                for append in [append, append_soon] {
                    let mut steps = Vec::new();
                    let result = append(prime, place, &mut steps);
                    assert_eq!(multiple(&steps, place, result), i64::try_from(prime).unwrap(), "{prime}");
                }
            }
        }
        assert_eq!(append(1, 4, &mut Vec::new()), 4);
    }

    #[test]
    fn chains_are_short() {
        for (append, end, most) in
            [(append as fn(u64, u8, &mut Vec<Step>) -> u8, 1_000, 9.2), (append_soon, 30_000, 9.3)]
        {
            let mut steps = Vec::new();
            for prime in crate::primes(..end) {
                append(prime, 0, &mut steps);
            }
            let cost: u32 = steps.iter().copied().map(Step::cost).sum();
            let bits: f64 = crate::primes(..end).map(|prime| (prime as f64).log2()).sum();
            assert!(f64::from(cost) < most * bits, "{} products a bit", f64::from(cost) / bits);
        }
    }
}
