//! Codewords as integers, as lines and in containers are the same codewords.

use std::io::Cursor;

use primestream::codewords::{
    decode_text_stream, encode_text_stream, lines_of_numbers, numbers_of_container, numbers_of_lines,
};
use primestream::prelude::*;
use primestream_codec::{data, operation};
use proptest::prelude::*;

fn stream(numbers: &[Number]) -> Stream<Number> {
    Stream::iter(numbers.to_vec()).boxed()
}

fn of_codewords() -> Header {
    Header::new(Settings::default().with_units(Units::Codewords), ContainerId([1; 16]))
}

fn contained(numbers: &[Number]) -> Result<Vec<u8>, PipelineError> {
    let how = Encode { lanes: 2, verify: true, ..Encode::default() };
    Ok(container::encode_codewords(stream(numbers), of_codewords(), how).collect::<Vec<_>>()?.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn any_text_comes_back(text in any::<String>(), pieces in 1usize..4, lanes in 1usize..3) {
        let characters: Vec<char> = text.chars().collect();
        let texts = characters.chunks(pieces).map(|piece| piece.iter().collect()).collect::<Vec<String>>();
        let numbers = encode_text_stream(Stream::iter(texts));
        let back = decode_text_stream(numbers, lanes, Limits::default()).collect::<Vec<_>>().unwrap();
        prop_assert!(back.iter().all(|piece| !piece.is_empty()));
        prop_assert_eq!(back.concat(), text);
    }

    #[test]
    fn lines_containers_and_integers_are_the_same(
        symbols in prop::collection::vec((0u64..1000, 0u32..0x1_0000), 0..200), lanes in 1usize..3,
    ) {
        let numbers: Vec<Number> = symbols
            .iter()
            .map(|&(position, value)| Number(data(position, value).unwrap().into_natural()))
            .chain([Number(operation(2, Some(7)).unwrap().into_natural())])
            .collect();
        let lines = lines_of_numbers(stream(&numbers), lanes).collect::<Vec<_>>().unwrap().concat();
        let back = numbers_of_lines(Cursor::new(lines), lanes, Limits::default());
        prop_assert_eq!(&back.collect::<Vec<_>>().unwrap(), &numbers);
        let how = Decode { lanes, ..Decode::default() };
        let (_, back) = numbers_of_container(Cursor::new(contained(&numbers).unwrap()), how).unwrap();
        prop_assert_eq!(&back.collect::<Vec<_>>().unwrap(), &numbers);
    }
}

#[test]
fn text_with_a_codeword_missing_or_foreign_stops_there() {
    let numbers = encode_text_stream(Stream::iter(["abc".to_owned()])).collect::<Vec<_>>().unwrap();
    let said = |numbers: &[Number]| {
        let text = decode_text_stream(stream(numbers), 1, Limits::default());
        text.collect::<Vec<_>>().unwrap_err().to_string()
    };
    assert!(said(&[numbers[0].clone(), numbers[2].clone()]).contains("line 2: 1 symbols are missing"));
    let corrupt = said(&[numbers[0].clone(), Number::from(23u64), numbers[2].clone()]);
    assert!(corrupt.contains("line 2: corrupt"), "{corrupt}");
    let half = Number(data(0, 0xD800).unwrap().into_natural());
    assert!(said(&[half]).contains("surrogate"));
}

#[test]
fn what_is_no_codeword_comes_into_no_container() {
    let said = contained(&[Number::from(1024u64), Number::from(23u64)]).unwrap_err().to_string();
    assert!(said.contains("integer 1 is no codeword"), "{said}");
    let bytes = Header::new(Settings::default(), ContainerId([1; 16]));
    let wrong = container::encode_codewords(stream(&[Number::from(1024u64)]), bytes, Encode::default());
    assert!(wrong.collect::<Vec<_>>().is_err());
    let text =
        container::encode(&b"text"[..], bytes, Encode::default()).collect::<Vec<_>>().unwrap().concat();
    let said = numbers_of_container(Cursor::new(text), Decode::default()).err().unwrap().to_string();
    assert!(said.contains("holds Bytes"), "{said}");
    let lines = numbers_of_lines("12\n\nx7\n".as_bytes(), 1, Limits::default());
    let said = lines.collect::<Vec<_>>().unwrap_err().to_string();
    assert!(said.contains("line 3: not a decimal integer"), "{said}");
}
