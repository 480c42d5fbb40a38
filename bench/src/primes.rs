//! Primes: counted, iterated, and from far out, on one thread; and over two lanes, in order.

use std::process::Command;

use primestream::primes_in_lanes;
use primestream_primes::{count, primes};

use crate::number_lanes::on_lanes;
use crate::rounds::{Contestant, Scale, Size, contestant, rounds};

/// Runs all of them.
pub(crate) fn run(scale: &Scale) {
    // π(10^k), OEIS A006880, and sums of primes, A046731.
    let (end, below, sum) = match scale.size {
        Size::Full => (1_000_000_000, 50_847_534, 24_739_512_092_254_535),
        Size::Small => (100_000_000, 5_761_455, 279_209_790_387_276),
    };
    let mut counting = vec![
        contestant("ours: count", move || assert_eq!(count(..end), below)),
        contestant("primal: StreamingSieve::prime_pi", move || {
            let end = usize::try_from(end).expect("64 bits");
            assert_eq!(primal::StreamingSieve::prime_pi(end) as u64, below);
        }),
    ];
    counting.extend(program(&[&end.to_string(), "-t1", "-q"], below.to_string()));
    rounds("primes: counted from 0", scale, (end as f64, "numbers"), counting);

    rounds(
        "primes: iterated from 0",
        scale,
        (below as f64, "primes"),
        vec![
            contestant("ours: for prime in primes(..)", move || {
                let mut found = 0;
                for prime in primes(..end) {
                    found += prime;
                }
                assert_eq!(found, sum);
            }),
            contestant("ours: fold", move || assert_eq!(primes(..end).fold(0, u64::wrapping_add), sum)),
            contestant("primal: Primes::all", move || {
                let mut found = 0;
                for prime in primal::Primes::all().map(|prime| prime as u64).take_while(|&prime| prime < end)
                {
                    found += prime;
                }
                assert_eq!(found, sum);
            }),
        ],
    );

    for exponent in [12, 15, 18] {
        let first = 10_u64.pow(exponent);
        let (len, last) = (scale.size.of(1_000_000_000), first + scale.size.of(1_000_000_000) - 1);
        let found = count(first..=last);
        let mut counting = vec![contestant("ours: count", move || assert_eq!(count(first..=last), found))];
        counting.extend(program(&[&first.to_string(), &last.to_string(), "-t1", "-q"], found.to_string()));
        rounds(&format!("primes: counted from 10^{exponent}"), scale, (len as f64, "numbers"), counting);
    }

    rounds(
        "primes: in order over lanes",
        scale,
        (below as f64, "primes"),
        on_lanes(|lanes| {
            let found = primes_in_lanes(..end, lanes).threads(lanes).fold(0, |sum, prime| sum + prime);
            assert_eq!(found.expect("nothing fails here"), sum);
        }),
    );
}

/// The program `primesieve`, if there is one: a process each time.
fn program(arguments: &[&str], answer: String) -> Option<Contestant<'static>> {
    let command = move |arguments: &[String]| Command::new("primesieve").args(arguments).output();
    if command(&["--version".to_owned()]).is_err() {
        println!("skipped: there is no program `primesieve`");
        return None;
    }
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    Some(contestant("primesieve, the program", move || {
        let said = command(&arguments).expect("it ran before").stdout;
        assert_eq!(String::from_utf8_lossy(&said).trim(), answer);
    }))
}
