//! What the settings of encoding and of primes do to a processor's steps.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use primestream::prelude::*;
use primestream::processor::{
    EncodingOptions, FactorEffort, PrimesOptions, ProcessorError, StreamOptions, StreamProcessor, Symbol,
};

const ID: ContainerId = ContainerId([7; 16]);

fn ready(options: StreamOptions) -> StreamProcessor {
    let mut processor = StreamProcessor::new(options).unwrap();
    processor.initialize().unwrap();
    processor
}

fn encoded(encoding: EncodingOptions, content: &'static str) -> Vec<u8> {
    let processor = ready(StreamOptions { encoding, ..StreamOptions::default() });
    let parts = processor.encode(Cursor::new(content), ID).unwrap();
    parts.collect::<Vec<_>>().unwrap().concat()
}

#[test]
fn each_setting_of_the_encoding_is_found_in_the_container() {
    let text = "to encode is to factor; to factor is to decode. ".repeat(50).leak();
    let plain = encoded(EncodingOptions::default(), text);
    let all = EncodingOptions {
        symbols: Symbol::Utf16,
        global_positions: true,
        compress: true,
        block_len: 32,
        verify: true,
    };
    let other = encoded(all, text);
    let compressed = encoded(EncodingOptions { compress: true, ..EncodingOptions::default() }, text);
    assert!(compressed.len() < plain.len());

    let processor = ready(StreamOptions::default());
    let open = |bytes: Vec<u8>| {
        let (header, content) = processor.decode(Cursor::new(bytes)).unwrap();
        assert_eq!(content.collect::<Vec<_>>().unwrap().concat(), text.as_bytes());
        *header.settings()
    };
    assert_eq!(open(plain), Settings::default());
    let settings = open(other);
    assert_eq!((settings.units(), settings.positions()), (Units::Utf16, Positions::Global));
    assert_eq!((settings.compression(), settings.block_len().get()), (Compression::Zstd, 32));
}

#[test]
fn the_effort_of_the_settings_decides_what_is_left() {
    // 2^101 - 1 has two prime factors, the smaller one of 43 bits.
    let number = Number((Natural::ONE << 101) - 1);
    let is_complete = |effort| {
        let primes = PrimesOptions { effort };
        let processor = ready(StreamOptions { primes, ..StreamOptions::default() });
        let factored = processor.factor(Stream::iter([number.clone()])).unwrap();
        factored.collect::<Vec<_>>().unwrap()[0].factorization.is_complete()
    };
    assert!(!is_complete(FactorEffort::Quick));
    assert!(is_complete(FactorEffort::Deep));
}

#[test]
fn settings_of_the_encoding_are_checked_and_come_from_files() {
    let encoding = EncodingOptions { block_len: 7, ..EncodingOptions::default() };
    let error = StreamProcessor::new(StreamOptions { encoding, ..StreamOptions::default() }).err().unwrap();
    assert_eq!(error.to_string(), "`block_len` is 7, but must be from 8 to 256");
    let file = r#"{"encoding": {"symbols": "utf16", "block_len": 16}, "primes": {"effort": "high"}}"#;
    let options: StreamOptions = serde_json::from_str(file).unwrap();
    assert_eq!((options.encoding.block_len, options.primes.effort), (16, FactorEffort::Deep));
    let unknown = serde_json::from_str::<StreamOptions>(r#"{"primes": {"efort": "high"}}"#).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `efort`"), "{unknown}");
}

#[test]
fn what_is_no_container_is_refused() {
    let error = ready(StreamOptions::default()).decode(Cursor::new(b"no container")).err().unwrap();
    assert!(matches!(error, ProcessorError::Container(_)), "{error}");
}
