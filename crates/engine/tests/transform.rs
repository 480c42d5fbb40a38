//! A chain without a source gives what its steps give, as often as it is used and wherever.

mod model;

use model::hush;
use primestream_engine::runtime::Failure;
use primestream_engine::stream::AnyTransform;
use primestream_engine::{Emit, Fixed, OnError, Operator, Order, Outcome, Stream, Tally, Transform};

fn trim(line: String) -> String {
    line.trim().to_owned()
}

#[expect(clippy::ptr_arg, reason = "a predicate is shown the item as it is")]
fn not_empty(line: &String) -> bool {
    !line.is_empty()
}

fn parse(line: String) -> Result<u32, std::num::ParseIntError> {
    line.parse()
}

#[test]
fn a_chain_is_kept_and_used_twice() {
    let clean = Transform::new().map(trim).filter(not_empty).try_map(parse);
    let a = Stream::lines(&b"1\n \n 2\n"[..]).through(&clean).collect::<Vec<_>>().unwrap();
    let b = Stream::lines(&b"\n7"[..]).through(&clean).count().unwrap();
    assert_eq!((a, b), (vec![1, 2], 1));
    let error = Stream::lines(&b"1\nx"[..]).through(&clean).count().unwrap_err();
    assert!(matches!(error.failure(), Failure::Item(item) if item.position() == Some(1)));
    let last = Stream::lines(&b"5"[..]).through(clean).collect::<Vec<_>>().unwrap();
    assert_eq!(last, [5]);
}

/// Emits each item and how many came before it in its lane.
#[derive(Default)]
struct Numbered(u64, Tally);

impl Operator for Numbered {
    type In = u64;
    type Out = u64;

    fn on_item(&mut self, item: u64, out: &mut impl Emit<u64>) -> Outcome {
        self.1.absorbed += 1;
        self.1.created += 2;
        self.0 += 1;
        out.emit(item)?;
        out.emit(self.0 - 1)
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "numbered"
    }

    fn tally(&self) -> Tally {
        self.1
    }
}

#[test]
fn each_use_begins_afresh_and_takes_part_in_a_plan() {
    let numbered = Transform::new().then(Numbered::default());
    let twice = numbered.then(&Transform::new().map(|n: u64| n + 10));
    for _ in 0..2 {
        let stream = Stream::iter([7u64, 8]).through(&twice);
        assert_eq!(stream.collect::<Vec<_>>().unwrap(), [17, 10, 18, 11]);
    }
    let pipeline =
        Stream::iter([7u64]).through(&twice).parallel(2, Order::Input).through(&twice).drain_with(|_| ());
    let plan = pipeline.explain().to_string();
    assert!(
        plan.starts_with("stage 0: iter, numbered, map, 1 lane\nstage 1: numbered, map, 2 lanes"),
        "{plan}"
    );
}

/// All verbs of a transform, with a policy.
fn all_verbs() -> AnyTransform<u64, u64> {
    Transform::new()
        .map(|n: u64| n + 1)
        .inspect(|n| assert!(*n > 0))
        .filter(|n| n % 2 == 1)
        .filter_map(|n| (n % 5 != 0).then_some(n))
        .try_map(|n| match n % 9 {
            0 => Err("a ninth"),
            3 => std::panic::panic_any(format!("{n} is bad")),
            _ => Ok(n),
        })
        .on_error(OnError::Skip)
        .flat_map(|n| [n, 2 * n])
        .boxed()
}

#[test]
fn an_erased_chain_is_the_same_in_one_lane_and_in_three() {
    hush();
    let chain = all_verbs();
    let numbers = (1..=300u64).filter(|n| n % 2 == 1 && n % 5 != 0 && !matches!(n % 9, 0 | 3));
    let expected: Vec<u64> = numbers.flat_map(|n| [n, 2 * n]).collect();
    for chunk in [1, 7, 1000] {
        for lanes in [1, 3] {
            let stream = Stream::iter(0..300u64).chunked(Fixed(chunk)).parallel(lanes, Order::Input);
            let (send, receive) = std::sync::mpsc::channel();
            let report = stream.through(&chain).sink(move |n| send.send(n)).run().unwrap();
            assert_eq!(receive.try_iter().collect::<Vec<_>>(), expected);
            let lost = (1..=300u64).filter(|n| n % 2 == 1 && n % 5 != 0 && matches!(n % 9, 0 | 3)).count();
            assert_eq!(report.skipped(), lost as u64);
        }
    }
}

#[test]
fn chains_are_chosen_while_the_program_runs() {
    type Rule = AnyTransform<Vec<u8>, Vec<u8>>;
    let rules: [(&str, Rule); 3] = [
        ("same", Transform::new().boxed()),
        ("upper", Transform::new().map(|piece: Vec<u8>| piece.to_ascii_uppercase()).boxed()),
        ("none", Transform::new().filter(|_: &Vec<u8>| false).boxed()),
    ];
    let found = rules.iter().map(|(name, rule)| {
        let pieces = Stream::read(&b"abc"[..], 2);
        (*name, pieces.through(rule).collect::<Vec<_>>().unwrap().concat())
    });
    let expected = [("same", b"abc".to_vec()), ("upper", b"ABC".to_vec()), ("none", Vec::new())];
    assert_eq!(found.collect::<Vec<_>>(), expected);
}
