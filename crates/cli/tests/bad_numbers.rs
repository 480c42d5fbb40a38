//! Input that `factor` cannot answer: named with its line, while the others are answered.

mod program;

use program::run;

/// What is wrong with a line, and a part of the message.
const BAD: &[(&[u8], &str)] = &[
    (b"-1", "`-1`"),
    (b"-0", "`-0`"),
    (b"--5", "`--5`"),
    (b"++7", "`++7`"),
    (b"+", "`+`"),
    (b"-", "`-`"),
    (b"+-7", "`+-7`"),
    (b"0x1f", "`0x1f`"),
    (b"0b101", "`0b101`"),
    (b"0o17", "`0o17`"),
    (b"1e9", "`1e9`"),
    (b"1.5", "`1.5`"),
    (b"7.", "`7.`"),
    (b".7", "`.7`"),
    (b"7,8", "`7,8`"),
    (b"1,000", "`1,000`"),
    (b"1_000", "`1_000`"),
    (b"1'000", "`1'000`"),
    (b"seven", "`seven`"),
    (b"7x", "`7x`"),
    (b"x7", "`x7`"),
    (b"NaN", "`NaN`"),
    (b"inf", "`inf`"),
    (b"7\0", "`7\\u{0}`"),
    (b"\0", "`\\u{0}`"),
    (b"7\x1b[31m", "\\u{1b}"),
    (b"\xff\xfe", "is not a natural number"),
    (b"7\xc3", "is not a natural number"),
    ("٧".as_bytes(), "`٧`"),        // an Arabic seven
    ("７".as_bytes(), "`７`"),      // a wide seven
    ("²".as_bytes(), "`²`"),        // a raised two
    ("7\u{a0}8".as_bytes(), "`7"),  // a space that is none
    ("\u{feff}7".as_bytes(), "7`"), // a mark of the byte order
    (b"7;", "`7;`"),
    (b"2^10", "`2^10`"),
    (b"(7)", "`(7)`"),
    (b"\"7\"", "`\"7\"`"),
    (b"7/1", "`7/1`"),
    (b"#7", "`#7`"),
];

/// What only looks bad, and its answer.
const GOOD: &[(&[u8], &str)] = &[
    (b"", ""),
    (b"   ", ""),
    (b"\t\r", ""),
    (b"0", "0:\n"),
    (b"1", "1:\n"),
    (b"+7", "7: 7\n"),
    (b"+0", "0:\n"),
    (b"0012", "12: 2 2 3\n"),
    (b"  6  ", "6: 2 3\n"),
    (b"\t6\t", "6: 2 3\n"),
    (b"6\r", "6: 2 3\n"),
    (b"6 10\t15", "6: 2 3\n10: 2 5\n15: 3 5\n"),
    (b"6\x0c10", "6: 2 3\n10: 2 5\n"),
];

#[test]
fn every_bad_number_is_named_with_its_line_and_the_others_are_answered() {
    assert!(BAD.len() >= 30);
    let (mut input, mut expected) = (Vec::new(), String::new());
    for (index, (bad, _)) in BAD.iter().enumerate() {
        let (good, answer) = GOOD[index % GOOD.len()];
        input.extend([*bad, b"\n", good, b"\n"].concat());
        expected += answer;
    }
    for arguments in [&["factor"][..], &["factor", "--threads", "3"], &["factor", "--effort", "2s"]] {
        let said = run(arguments, &input);
        assert_eq!(said.code, Some(1));
        assert_eq!(said.text(), expected);
        let lines: Vec<_> = said.stderr.lines().collect();
        assert_eq!(lines.len(), BAD.len(), "{}", said.stderr);
        for (index, (line, (bad, part))) in lines.iter().zip(BAD).enumerate() {
            let place = format!("primestream: line {}: ", 2 * index + 1);
            assert!(line.starts_with(&place) && line.contains(part), "{bad:?}: {line}");
        }
    }
}

#[test]
fn every_bad_argument_is_named() {
    for (bad, part) in BAD {
        let Ok(argument) = std::str::from_utf8(bad) else { continue };
        if argument.contains('\0') || argument.starts_with("--") {
            continue; // no argument can hold the one, and the other is an option
        }
        let said = run(&["factor", "10", argument], b"");
        assert_eq!((said.code, said.text()), (Some(1), "10: 2 5\n"), "{argument}");
        assert!(said.stderr.contains(part) && !said.stderr.contains("line "), "{}", said.stderr);
    }
}

#[test]
fn good_lines_alone_end_well() {
    let input: Vec<u8> = GOOD.iter().flat_map(|(good, _)| [*good, b"\n"].concat()).collect();
    let expected: String = GOOD.iter().map(|(_, answer)| *answer).collect();
    assert_eq!(run(&["factor"], &input).succeeds().text(), expected);
    assert_eq!(run(&["factor"], b"6").succeeds().text(), "6: 2 3\n", "the last line needs no end");
    assert_eq!(run(&["factor"], b"").succeeds().text(), "");
    assert_eq!(run(&["factor"], b"6\r\n10\r\n").succeeds().text(), "6: 2 3\n10: 2 5\n");
}

#[test]
fn a_number_of_a_million_digits_is_answered_in_its_time() {
    let mut input = b"8\n1".to_vec();
    input.extend(vec![b'0'; 1_000_000]);
    input.extend(b"\n9\n");
    let said = run(&["factor", "-h", "--effort", "quick"], &input);
    let lines: Vec<_> = said.text().lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, "8: 2^3", "9: 3^2"));
    assert!(lines[1].ends_with(": 2^1000000 5^1000000"), "{}", &lines[1][1_000_000..]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn ten_megabytes_without_an_end_are_one_bad_line() {
    let mut input = b"8\n".to_vec();
    input.extend(vec![b'7'; 10 << 20]);
    input.extend(b"\n9\n");
    let said = run(&["factor"], &input);
    assert_eq!((said.code, said.text()), (Some(1), "8: 2 2 2\n9: 3 3\n"));
    assert!(said.stderr.starts_with("primestream: line 2: the record at byte 2 has no end within"));
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
}
