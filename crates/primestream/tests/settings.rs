//! What the settings of encoding and of primes do to a processor's steps.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use primestream::prelude::*;
use primestream::processor::{
    BandChoice, BandsOptions, EncodingOptions, FactorEffort, PrimesOptions, ProcessorError, StreamOptions,
    StreamProcessor, Symbol,
};
use primestream_primes::Band;

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
    let file = r#"{"encoding": {"symbols": "utf16", "block_len": 16}, "primes": {"effort": "deep"}}"#;
    let options: StreamOptions = serde_json::from_str(file).unwrap();
    assert_eq!((options.encoding.block_len, options.primes.effort), (16, FactorEffort::Deep));
    let unknown = serde_json::from_str::<StreamOptions>(r#"{"primes": {"efort": "deep"}}"#).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `efort`"), "{unknown}");
}

#[test]
fn the_bands_of_the_settings_decide_how_numbers_are_routed() {
    let numbers = || Stream::iter((1..=500u64).map(|n| Number((Natural::ONE << 64) * n)));
    let routed = |bands: BandsOptions| {
        let processor = ready(StreamOptions { bands, ..StreamOptions::default() });
        let (answers, report) = processor.factor_by_band(numbers()).unwrap();
        let answers = answers.collect::<Vec<_>>().unwrap();
        assert!(
            answers
                .iter()
                .map(|answer| answer.number.clone())
                .eq((1..=500u64).map(|n| Number((Natural::ONE << 64) * n)))
        );
        assert!(answers.iter().all(|answer| answer.factorization.is_complete()));
        report.bands()
    };
    let by_bits = routed(BandsOptions::default());
    assert_eq!((by_bits.len(), by_bits[0].0, by_bits[0].1.portions), (1, Band::Bits128, 500));
    let fixed = routed(BandsOptions { select: BandChoice::Fixed, bits: Some(20) });
    assert_eq!((fixed.len(), fixed[0].0, fixed[0].1.numbers), (1, Band::Bits32, 500));
    assert!(fixed[0].1.portions < 100, "{} portions", fixed[0].1.portions);
    let measured = routed(BandsOptions { select: BandChoice::Measured, bits: None });
    assert_eq!((measured[0].0, measured[0].1.complete), (Band::Bits128, 500));
}

#[test]
fn bands_that_mean_nothing_are_refused() {
    for (file, message) in [
        (r#"{"bands": {"select": "fixed"}}"#, "`bands.bits` is absent, but must be a length from 1 on"),
        (r#"{"bands": {"select": "fixed", "bits": 0}}"#, "`bands.bits` is 0, but must be a length from 1 on"),
        (r#"{"bands": {"bits": 64}}"#, "`bands.bits` is 64, but must be absent unless the band is fixed"),
        (r#"{"bands": {"select": "measured", "bits": 64}}"#, "absent unless the band is fixed"),
    ] {
        let options: StreamOptions = serde_json::from_str(file).unwrap();
        let error = StreamProcessor::new(options).err().unwrap().to_string();
        assert!(error.contains(message), "{file}: {error}");
    }
    assert!(serde_json::from_str::<StreamOptions>(r#"{"bands": {"select": "guess"}}"#).is_err());
}

#[test]
fn what_is_no_container_is_refused() {
    let error = ready(StreamOptions::default()).decode(Cursor::new(b"no container")).err().unwrap();
    assert!(matches!(error, ProcessorError::Container(_)), "{error}");
}
