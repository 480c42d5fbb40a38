//! What the streams of this crate report, and how they fail.

use std::io::Cursor;

use primestream::prelude::*;
use primestream_engine::runtime::Failure;

#[test]
fn bytes_in_are_counted_at_the_source() {
    let header = Header::new(Settings::default(), ContainerId([1; 16]));
    let content = vec![b'x'; 100_000];
    let report =
        container::encode(Cursor::new(content), header, Encode { lanes: 2, verify: true, index: true })
            .for_each(|_| ())
            .unwrap();
    assert_eq!(report.bytes_in(), 100_000);
    assert_eq!(report.items_in(), 100_000u64.div_ceil(16_384) + 2, "frames, beginning and end");
    assert_eq!(report.items_in(), report.items_out());
}

#[test]
fn a_reader_that_fails_fails_the_pipeline_with_its_own_error() {
    struct Failing(usize);
    impl std::io::Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::Error::other("the disk is gone"));
            }
            let count = self.0.min(out.len());
            self.0 -= count;
            Ok(count)
        }
    }
    let header = Header::new(Settings::default(), ContainerId([1; 16]));
    let error = container::encode(Failing(50_000), header, Encode::default()).for_each(|_| ()).unwrap_err();
    let Failure::Source(source) = error.failure() else { panic!("{error}") };
    assert!(source.get_ref().downcast_ref::<std::io::Error>().is_some());
    assert!(error.to_string().ends_with("the source failed: the disk is gone"), "{error}");
}

#[test]
fn numbers_are_factored_in_order_on_any_number_of_lanes() {
    let factor = |lanes| {
        Stream::iter((1..2000u64).map(|n| Number::from(n * 999_983)))
            .parallel(lanes, Order::Input)
            .through(Factor::new(Effort::Normal))
            .map(|answer| {
                answer.factorization.product() == answer.number.0 && answer.factorization.is_complete()
            })
            .fold(0, |count, good| count + u64::from(good))
            .unwrap()
    };
    assert_eq!((factor(1), factor(4)), (1999, 1999));
}

#[test]
fn decoded_content_takes_further_steps() {
    let header = Header::new(Settings::default(), ContainerId([1; 16]));
    let text = "two words\n".repeat(5000);
    let parts = container::encode(Cursor::new(text.clone()), header, Encode::default());
    let bytes = parts.collect::<Vec<_>>().unwrap().concat();
    let (_, content) =
        container::decode(Cursor::new(bytes), Decode { lanes: 2, ..Decode::default() }).unwrap();
    let loud = content.map(|bytes| bytes.to_ascii_uppercase()).collect::<Vec<_>>().unwrap().concat();
    assert_eq!(loud, text.to_uppercase().into_bytes());
}
