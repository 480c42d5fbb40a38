//! Ends that answer with one item, and ends that write.

mod model;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use model::hush;
use primestream_engine::runtime::Failure;
use primestream_engine::{Fixed, Order, Stream};

/// The same numbers in one lane and in three.
fn streams(numbers: &[u64]) -> [Stream<u64>; 3] {
    let source = || Stream::iter(numbers.to_vec());
    [
        source().boxed(),
        source().chunked(Fixed(1)).boxed(),
        source().chunked(Fixed(3)).parallel(3, Order::Input).map(|n| n).boxed(),
    ]
}

#[test]
fn ends_that_answer_with_one_item_are_those_of_the_standard_library() {
    for numbers in [vec![], vec![5], vec![3, 9, 1, 9, 1, 4], (0..1000).rev().collect()] {
        let items = || numbers.iter().copied();
        for place in 0..3 {
            let stream = || streams(&numbers).into_iter().nth(place).unwrap();
            assert_eq!(stream().first().unwrap(), items().next());
            assert_eq!(stream().last().unwrap(), items().next_back());
            assert_eq!(stream().min().unwrap(), items().min());
            assert_eq!(stream().max().unwrap(), items().max());
            assert_eq!(stream().find(|n| n % 2 == 0).unwrap(), items().find(|n| n % 2 == 0));
            for bound in [0, 4, 10, 1000] {
                assert_eq!(stream().any(move |&n| n > bound).unwrap(), items().any(|n| n > bound));
                assert_eq!(stream().all(move |&n| n < bound).unwrap(), items().all(|n| n < bound));
            }
        }
    }
}

#[test]
fn the_least_is_the_first_of_equals_and_the_greatest_the_last() {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Always;
    let cells: [Arc<Always>; 3] = std::array::from_fn(|_| Arc::new(Always));
    impl primestream_engine::Weigh for Always {}
    let least = Stream::iter(cells.clone()).min().unwrap().unwrap();
    let greatest = Stream::iter(cells.clone()).max().unwrap().unwrap();
    assert!(Arc::ptr_eq(&least, &cells[0]));
    assert!(Arc::ptr_eq(&greatest, &cells[2]));
}

#[test]
fn an_answer_ends_an_endless_stream() {
    for lanes in [1, 3] {
        let stream = || Stream::iter(0u64..).parallel(lanes, Order::Input).map(|n| n);
        assert_eq!(stream().first().unwrap(), Some(0));
        assert_eq!(stream().find(|&n| n == 10_000).unwrap(), Some(10_000));
        assert!(stream().any(|&n| n == 10_000).unwrap());
        assert!(!stream().all(|&n| n < 10_000).unwrap());
    }
}

#[test]
fn a_question_that_panics_is_a_failed_item() {
    hush();
    let bad = |n: &u64| if *n == 7 { std::panic::panic_any("7 is bad".to_owned()) } else { false };
    let error = Stream::iter(0..100u64).find(bad).unwrap_err();
    assert!(matches!(error.failure(), Failure::Item(_)), "{error}");
    assert_eq!(error.report().stages()[0].tally.failed, 1);
}

/// Takes at most seven bytes at once, notes the flush, and fails after `bytes_max`.
#[derive(Clone)]
struct Paper {
    written: Arc<Mutex<(Vec<u8>, bool)>>,
    bytes_max: usize,
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.written.lock().map_err(|_| io::Error::other("poisoned"))?;
        assert!(!written.1, "nothing is written behind the flush");
        if written.0.len() >= self.bytes_max {
            return Err(io::Error::other("no more paper"));
        }
        let count = bytes.len().min(7);
        written.0.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.written.lock().map_err(|_| io::Error::other("poisoned"))?.1 = true;
        Ok(())
    }
}

fn paper(bytes_max: usize) -> Paper {
    Paper { written: Arc::default(), bytes_max }
}

#[test]
fn everything_is_written_and_flushed_once() {
    for chunk in [1, 10, 100_000] {
        let numbers =
            || Stream::iter(0..30_000u64).chunked(Fixed(chunk)).parallel(2, Order::Input).map(|n| n);
        let lines = paper(usize::MAX);
        let report = numbers().write_lines(lines.clone()).run().unwrap();
        assert_eq!(report.items_out(), 30_000);
        let (written, is_flushed) = lines.written.lock().unwrap().clone();
        assert!(is_flushed);
        let text = String::from_utf8(written).unwrap();
        assert!(text.ends_with('\n'));
        assert!(text.lines().map(|line| line.parse::<u64>().unwrap()).eq(0..30_000));

        let bytes = paper(usize::MAX);
        let pieces = || (0..60usize).map(|n| vec![b'a'; n * n * 30 % 100_000]);
        Stream::iter(pieces()).chunked(Fixed(chunk)).boxed().write_bytes(bytes.clone()).run().unwrap();
        let (written, is_flushed) = bytes.written.lock().unwrap().clone();
        assert!(is_flushed);
        assert_eq!(written.len(), pieces().map(|piece| piece.len()).sum::<usize>());
    }
}

#[test]
fn a_writer_that_fails_is_a_failed_sink_and_is_not_flushed() {
    for chunk in [1, 10, 1000] {
        let paper = paper(100);
        let stream = Stream::iter(0..500u64).chunked(Fixed(chunk)).boxed();
        let error = stream.write_lines(paper.clone()).run().unwrap_err();
        assert!(matches!(error.failure(), Failure::Sink(_)), "{error}");
        assert!(!paper.written.lock().unwrap().1);
    }
}
