//! Streams of codewords: the same on one lane and on several, bad ones among good ones, programs as they arrive.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Cursor;

use primestream::codewords::{
    Decoded, Execution, Happening, Processed, decode_chunk_stream, encode_text_stream,
    execute_streaming_program, execute_watched, instructions_of_lines, process_prime_stream,
    verify_stream_integrity,
};
use primestream::prelude::*;
use primestream_codec::machine::{MachineFault, MachineLimits};
use primestream_codec::program::assemble;
use primestream_codec::{Kind, Reading, read};

const TEXT: &str =
    "It was the best of times, it was the worst of times; na\u{EF}ve \u{1F600} \u{4E16}\u{754C}. ";

/// A text long enough for positions beyond every table, and every hundredth codeword damaged.
fn damaged() -> Vec<Number> {
    let texts = Stream::iter((0..40).map(|_| TEXT.to_owned()));
    let numbers: Vec<Number> = encode_text_stream(texts).collect().unwrap();
    assert!(numbers.len() > 2000);
    let damage = |(index, number): (usize, Number)| {
        if index % 100 == 50 { Number(number.0 + 2) } else { number }
    };
    numbers.into_iter().enumerate().map(damage).collect()
}

fn program(text: &str) -> Vec<Number> {
    let instructions = assemble(text).unwrap();
    instructions.iter().map(|instruction| Number(instruction.to_codeword().unwrap().into_natural())).collect()
}

#[test]
fn codewords_are_read_in_order_on_any_number_of_lanes() {
    let numbers = damaged();
    let naive: Vec<Decoded> = numbers
        .iter()
        .map(|number| Decoded { number: number.clone(), reading: read(&number.0, &Limits::default()) })
        .collect();
    assert_eq!(
        naive.iter().filter(|decoded| decoded.reading.is_err()).count(),
        numbers.len().div_ceil(100) - 1
    );
    for (lanes, size) in [(1, 1), (2, 64), (3, 1000)] {
        let stream = Stream::iter(numbers.clone()).chunked(Fixed(size));
        assert_eq!(decode_chunk_stream(stream, lanes, Limits::default()).collect::<Vec<_>>().unwrap(), naive);
    }
}

#[test]
fn verdicts_are_counted_and_stop_nothing() {
    let numbers = damaged();
    let (count, bad) = (numbers.len() as u64, (numbers.len() as u64 + 49) / 100);
    let (verdicts, report) = verify_stream_integrity(Stream::iter(numbers), 2, Limits::default());
    assert_eq!(verdicts.count().unwrap(), count);
    assert_eq!((report.total(), report.corrupt(), report.good(Kind::Data)), (count, bad, count - bad));
    assert_eq!((report.ambiguous(), report.too_large(), report.good(Kind::Operation)), (0, 0, 0));
    let small = Limits { codeword_bits_max: 100, ..Limits::default() };
    let (verdicts, report) = verify_stream_integrity(Stream::iter(program("PUSH 9\nPUSH 262138")), 1, small);
    assert_eq!((verdicts.count().unwrap(), report.good(Kind::Operation), report.too_large()), (2, 1, 1));
}

#[test]
fn codewords_are_changed_and_written_again_with_a_check_of_their_own() {
    let numbers = damaged();
    let changed =
        process_prime_stream(Stream::iter(numbers.clone()), 2, Limits::default(), |reading| match reading {
            Reading::Data { position, value } => Reading::Data { position: position + 7, value },
            other => other,
        });
    for (before, processed) in numbers.iter().zip(changed.collect::<Vec<_>>().unwrap()) {
        match (read(&before.0, &Limits::default()), processed) {
            (Ok(Reading::Data { position, value }), Processed::Changed { after, number, .. }) => {
                assert_eq!(after, Reading::Data { position: position + 7, value });
                assert_eq!(read(&number.0, &Limits::default()), Ok(after));
            }
            (Err(why), Processed::Unreadable { number, unreadable }) => {
                assert_eq!((number, unreadable), (before.clone(), why));
            }
            other => panic!("{other:?}"),
        }
    }
    let too_far = process_prime_stream(Stream::iter(program("DATA 0 65")), 1, Limits::default(), |_| {
        Reading::Data { position: u64::MAX, value: 65 }
    });
    assert!(matches!(too_far.collect::<Vec<_>>().unwrap()[..], [Processed::Unwritable { .. }]));
}

#[test]
fn programs_give_the_same_outputs_however_they_are_cut() {
    let text = "PUSH 5\nJMP in\nback: PUSH 1\nSUB\nin: DUP\nPRINT\nDUP\nJIF back\nTEXT \"end\"";
    for size in [1, 3, 1000] {
        let numbers = Stream::iter(program(text)).chunked(Fixed(size));
        let outputs = execute_streaming_program(numbers, Execution::default(), Limits::default());
        assert_eq!(outputs.collect::<Vec<_>>().unwrap().concat(), "543210end");
    }
    let inputs = vec!["7".parse().unwrap()];
    let numbers = Stream::iter(program("READ\nPRINT\nREAD\nPRINT"));
    let outputs =
        execute_streaming_program(numbers, Execution { inputs, ..Execution::default() }, Limits::default());
    assert_eq!(outputs.collect::<Vec<_>>().unwrap(), ["7", "0"]);
}

#[test]
fn a_program_that_fails_says_so_behind_its_outputs() {
    let lines: String =
        program("PUSH 1\nPRINT\nADD\nPRINT").iter().map(|number| format!("{}\n", number.0)).collect();
    for trace in [false, true] {
        let program = instructions_of_lines(Cursor::new(lines.clone()), 2, Limits::default());
        let happenings = execute_watched(program, Execution { trace, ..Execution::default() });
        let happenings: Vec<Happening> = happenings.collect().unwrap();
        let Some(Happening::Failed(error)) = happenings.last() else { panic!("{happenings:?}") };
        assert_eq!((error.place, &error.fault), (2, &MachineFault::Underflow { needed: 2, present: 0 }));
        assert!(happenings.contains(&Happening::Output("1".to_owned())));
        assert_eq!(happenings.len(), if trace { 5 } else { 2 });
    }
    let limits = MachineLimits { program_max: 2, ..MachineLimits::default() };
    let too_long = execute_streaming_program(
        Stream::iter(program("NOP\nNOP\nNOP")),
        Execution { limits, ..Execution::default() },
        Limits::default(),
    );
    assert!(too_long.collect::<Vec<_>>().unwrap_err().to_string().contains("program_max of 2"));
    let no_codeword = [program("NOP"), vec![Number::from(12_345)]].concat();
    let stopped =
        execute_streaming_program(Stream::iter(no_codeword), Execution::default(), Limits::default());
    let told = stopped.collect::<Vec<_>>().unwrap_err().to_string();
    assert!(told.contains("codeword 1: corrupt: no reading"), "{told}");
}

#[test]
fn a_program_for_ever_is_given_up_when_its_pipeline_is_cancelled() {
    let limits = MachineLimits { instructions_max: u64::MAX, ..MachineLimits::default() };
    let for_ever = Stream::iter(program("PUSH 1\nPRINT\nagain: JMP again"));
    let outputs = execute_streaming_program(
        for_ever.chunked(Fixed(1)),
        Execution { limits, ..Execution::default() },
        Limits::default(),
    );
    let (told, heard) = std::sync::mpsc::channel();
    let running = outputs.chunked(Fixed(1)).drain_with(move |_| told.send(()).unwrap()).threads(2).start();
    heard.recv().unwrap();
    running.flow().cancel();
    assert!(running.join().is_err());
}

#[test]
fn a_content_that_is_a_stream_makes_the_container_of_the_whole() {
    let content: Vec<u8> = TEXT.bytes().cycle().take(50_000).collect();
    let text = &content[..content.len() - 3];
    let text = &text[..text.iter().rposition(u8::is_ascii).unwrap()];
    let dense = Settings::dense().with_frame_blocks(7).unwrap();
    for settings in [Settings::default(), Settings::default().with_units(Units::Utf16), dense] {
        let header = Header::new(settings, ContainerId([3; 16]));
        let at_once: Vec<Vec<u8>> =
            container::encode(Cursor::new(text.to_vec()), header, Encode::default()).collect().unwrap();
        for (size, lanes) in [(1, 1), (777, 2), (60_000, 1)] {
            let pieces: Vec<Vec<u8>> = text.chunks(size).map(<[u8]>::to_vec).collect();
            let how = Encode { lanes, verify: true, ..Encode::default() };
            let bytes =
                container::encode_stream(Stream::iter(pieces), header, how).collect::<Vec<_>>().unwrap();
            assert_eq!(bytes.concat(), at_once.concat(), "{settings:?} in pieces of {size}");
        }
    }
    let empty = container::encode_stream(
        Stream::iter(Vec::<Vec<u8>>::new()),
        Header::new(Settings::default(), ContainerId([3; 16])),
        Encode::default(),
    );
    let (_, again) =
        container::decode(Cursor::new(empty.collect::<Vec<_>>().unwrap().concat()), Decode::default())
            .unwrap();
    assert_eq!(again.collect::<Vec<_>>().unwrap().concat(), b"");
}

#[test]
fn damage_is_not_encoded_again_as_good() {
    let header = Header::new(Settings::default(), ContainerId([3; 16]));
    let mut bytes = container::encode(Cursor::new(vec![b'.'; 40_000]), header, Encode::default())
        .collect::<Vec<_>>()
        .unwrap()
        .concat();
    bytes[600_000] ^= 1;
    let again = container::process_encoded_stream(
        Cursor::new(bytes),
        header,
        Decode::default(),
        Encode::default(),
        |piece| piece,
    );
    assert!(again.unwrap().collect::<Vec<_>>().unwrap_err().to_string().contains("frame 1"));
}
