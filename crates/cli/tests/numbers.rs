//! `factor`, `primes` and `is-prime`, as other programs call them.
#![expect(clippy::print_stderr, reason = "what is skipped is said aloud")]

mod program;

use std::process::Command;

use program::run;

#[test]
fn factors_are_printed_as_gnu_factor_prints_them() {
    let said = run(&["factor", "60", "97", "1", "0", "+7", "0012"], b"").succeeds();
    assert_eq!(said.text(), "60: 2 2 3 5\n97: 97\n1:\n0:\n7: 7\n12: 2 2 3\n");
    let said = run(&["factor", "-h", "1024", "360"], b"").succeeds();
    assert_eq!(said.text(), "1024: 2^10\n360: 2^3 3^2 5\n");
    let said = run(&["factor", "--exponents"], b"1024 7\n\n  12\n").succeeds();
    assert_eq!(said.text(), "1024: 2^10\n7: 7\n12: 2^2 3\n");
}

#[test]
fn factors_equal_those_of_the_system() {
    // The tool is slow on numbers of two long factors: see below for more of them.
    let ranges: [(u128, u128); 5] = [
        (1, 1_000_000),
        ((1 << 32) - 5_000, 10_000),
        ((1 << 63) - 5_000, 10_000),
        ((1 << 64) - 5_000, 10_000),
        ((1 << 96) - 150, 300),
    ];
    for (first, count) in ranges {
        let numbers: String = (first..first + count).map(|n| format!("{n}\n")).collect();
        let input = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(input.path(), &numbers).unwrap();
        let Ok(theirs) = Command::new("factor").stdin(input.reopen().unwrap()).output() else {
            eprintln!("skipped: there is no `factor` on this machine");
            return;
        };
        let ours = run(&["factor"], numbers.as_bytes()).succeeds();
        assert!(ours.stdout == theirs.stdout, "the answers from {first} on differ");
    }
}

#[test]
fn factors_of_two_words_equal_those_of_another_program() {
    // BLAKE3 of a thousand lines from PARI 2.15, by `factorint`.
    for (first, expected) in [
        ((1_u128 << 96) - 500, "8646b8feee3c3b4730900f59ec36076c486edd30d0edb2c246243e3bfce62609"),
        ((1 << 127) - 500, "2a8632966e5ea07cf84e2c6e30845b33781fddd3baf38ee9839b275f505b65cf"),
    ] {
        let numbers: String = (first..first + 1_000).map(|n| format!("{n}\n")).collect();
        let ours = run(&["factor"], numbers.as_bytes()).succeeds();
        assert_eq!(blake3::hash(&ours.stdout).to_hex().as_str(), expected, "from {first} on");
    }
}

#[test]
fn a_bad_line_is_named_and_the_others_are_answered() {
    let said = run(&["factor"], b"6\nx7\n-3\n15\n1e3\n\xFF\n");
    assert_eq!(said.code, Some(1));
    assert_eq!(said.text(), "6: 2 3\n15: 3 5\n");
    let lines: Vec<_> = said.stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.stderr);
    for (line, number) in lines.iter().zip([2, 3, 5, 6]) {
        assert!(line.starts_with(&format!("primestream: line {number}: ")), "{line}");
    }
    let said = run(&["factor", "0x10", "8"], b"");
    assert_eq!((said.code, said.text()), (Some(1), "8: 2 2 2\n"));
}

#[test]
fn what_is_not_factored_is_said() {
    // The product of two primes of 64 bits is beyond the lowest effort.
    let hard = "340282366920938460843936948965011886881"; // (2^64 − 59)(2^64 − 83)
    let said = run(&["factor", "--effort", "quick", hard], b"");
    assert_eq!((said.code, said.text()), (Some(1), format!("{hard}: [{hard}]\n").as_str()));
    assert!(said.stderr.contains("unfactored"), "{}", said.stderr);
}

#[test]
fn answers_stay_in_order_on_many_threads() {
    let numbers: String = (1..5000u64).map(|n| format!("{}\n", n * 1_000_003)).collect();
    let one = run(&["factor", "--threads", "1"], numbers.as_bytes()).succeeds();
    let four = run(&["factor", "--threads", "4"], numbers.as_bytes()).succeeds();
    assert_eq!(one.stdout, four.stdout);
}

#[test]
fn primes_are_listed_counted_and_found() {
    assert_eq!(run(&["primes", "10", "30"], b"").succeeds().text(), "11\n13\n17\n19\n23\n29\n");
    assert_eq!(run(&["primes", "24", "28"], b"").succeeds().text(), "");
    assert_eq!(run(&["primes", "0", "1000000", "--count"], b"").succeeds().text(), "78498\n"); // OEIS A006880
    assert_eq!(run(&["primes", "29", "29", "--count"], b"").succeeds().text(), "1\n");
    assert_eq!(run(&["primes", "0", "--nth", "10000"], b"").succeeds().text(), "104729\n");
    assert_eq!(run(&["primes", "100", "--nth", "3"], b"").succeeds().text(), "107\n");
    assert_eq!(run(&["primes", "0", "10", "--count", "--json"], b"").succeeds().text(), "{\"count\":4}\n");
    run(&["primes", "0", "10", "--nth", "5"], b"").fails(65, "fewer than 5 primes");
    let top = run(&["primes", "18446744073709551500"], b"").succeeds();
    assert_eq!(top.text().lines().last(), Some("18446744073709551557"));
}

#[test]
fn primes_are_written_as_display_writes_them_on_any_number_of_threads() {
    for (start, stop) in
        [(0, 3_000_000), (999_999_000_000, 1_000_003_000_000), (u64::MAX - 500_000, u64::MAX)]
    {
        let expected: String =
            primestream_primes::primes(start..=stop).map(|prime| format!("{prime}\n")).collect();
        for threads in ["1", "2", "5"] {
            let arguments = ["primes", &start.to_string(), &stop.to_string(), "--threads", threads];
            assert!(run(&arguments, b"").succeeds().text() == expected, "{arguments:?}");
        }
        let counted = run(&["primes", &start.to_string(), &stop.to_string(), "--count"], b"").succeeds();
        assert_eq!(counted.text(), format!("{}\n", expected.lines().count()));
    }
}

#[test]
fn primes_beyond_a_machine_word_are_found() {
    // 2^64 lies between 2^64 - 59 and 2^64 + 13: A014234, A013597.
    let said = run(&["primes", "18446744073709551550", "18446744073709551654"], b"").succeeds();
    assert_eq!(said.text(), "18446744073709551557\n18446744073709551629\n18446744073709551653\n");
    let mersenne = "170141183460469231731687303715884105727";
    assert_eq!(run(&["primes", mersenne, mersenne], b"").succeeds().text(), format!("{mersenne}\n"));
    assert_eq!(run(&["primes", mersenne, mersenne, "--count"], b"").succeeds().text(), "1\n");
    assert_eq!(
        run(&["primes", "18446744073709551616", "--nth", "2"], b"").succeeds().text(),
        "18446744073709551653\n"
    );
    let most = u128::MAX.to_string();
    assert_eq!(run(&["primes", &most], b"").succeeds().text(), "");
}

#[test]
fn pairs_of_primes_are_filtered() {
    assert_eq!(run(&["primes", "2", "14", "--gaps"], b"").succeeds().text(), "2 1\n3 2\n5 2\n7 4\n11 2\n");
    assert_eq!(
        run(&["primes", "0", "32", "--twins"], b"").succeeds().text(),
        "3 5\n5 7\n11 13\n17 19\n29 31\n"
    );
    assert_eq!(run(&["primes", "0", "100", "--gap", "8"], b"").succeeds().text(), "89 97\n");
    assert_eq!(
        run(&["primes", "0", "10", "--gaps", "--json"], b"").succeeds().text(),
        "{\"prime\":2,\"gap\":1}\n{\"prime\":3,\"gap\":2}\n{\"prime\":5,\"gap\":2}\n"
    );
    assert_eq!(run(&["primes", "0", "10", "--twins", "--json"], b"").succeeds().text(), "[3,5]\n[5,7]\n");
    // Twin primes below 10^7, OEIS A007508; pairs across the pieces of the range are not lost.
    assert_eq!(run(&["primes", "0", "10000000", "--twins", "--count"], b"").succeeds().text(), "58980\n");
    let listed = run(&["primes", "0", "10000000", "--twins", "--threads", "3"], b"").succeeds();
    assert_eq!(listed.text().lines().count(), 58_980);
    let gaps = run(&["primes", "0", "1000000", "--gaps"], b"").succeeds();
    assert_eq!(gaps.text().lines().count(), 78_497);
}

#[test]
fn a_far_place_is_found_in_pieces() {
    assert_eq!(run(&["primes", "0", "--nth", "10000000"], b"").succeeds().text(), "179424673\n"); // OEIS A006988
    assert_eq!(run(&["primes", "3", "--nth", "9999999"], b"").succeeds().text(), "179424673\n");
    assert_eq!(
        run(&["primes", "2", "100", "--nth", "25", "--json"], b"").succeeds().text(),
        "{\"prime\":97}\n"
    );
    run(&["primes", "2", "100", "--nth", "26"], b"").fails(65, "fewer than 26 primes");
    run(&["primes", "3", "100", "--nth", "25"], b"").fails(65, "fewer than 25 primes");
}

#[test]
fn primality_is_said_as_far_as_it_is_proved() {
    let said = run(&["is-prime", "97", "91", "1", "170141183460469231731687303715884105727"], b"").succeeds();
    let words: Vec<_> = said.text().lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert_eq!(words, ["prime", "composite", "neither prime nor composite", "probably prime"]);
}

#[test]
fn json_answers_are_values_of_their_own() {
    let said = run(&["factor", "--json", "360"], b"").succeeds();
    let value: serde_json::Value = serde_json::from_str(said.text()).unwrap();
    let factors = serde_json::json!([
        { "prime": "2", "exponent": 3, "proof": "prime" },
        { "prime": "3", "exponent": 2, "proof": "prime" },
        { "prime": "5", "exponent": 1, "proof": "prime" },
    ]);
    assert_eq!(value["factors"], factors);
    assert_eq!((&value["band"], &value["methods"]), (&"up to 32 bits".into(), &serde_json::json!(["word"])));
    assert!(value["seconds"].as_f64().unwrap() < 60.0);
    assert!(value["cofactor"].is_null());
}

#[test]
fn completions_and_manual_name_every_command() {
    for arguments in
        [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]]
    {
        let said = run(arguments, b"").succeeds();
        for command in ["encode", "decode", "verify", "inspect", "factor", "primes"] {
            assert!(said.text().contains(command), "{arguments:?}: {command}");
        }
    }
}

#[test]
fn options_behind_numbers_are_options_and_negative_numbers_are_numbers() {
    assert!(run(&["factor", "60", "--json"], b"").succeeds().text().contains("\"number\":\"60\""));
    assert_eq!(run(&["factor", "60", "-h"], b"").succeeds().text(), "60: 2^2 3 5\n");
    assert_eq!(run(&["factor", "60", "--threads", "1", "7"], b"").succeeds().text(), "60: 2 2 3 5\n7: 7\n");
    assert!(run(&["is-prime", "7", "--json"], b"").succeeds().text().starts_with('{'));
    assert_eq!(run(&["primes", "10", "20", "--count"], b"").succeeds().text(), "4\n");
    run(&["factor", "-5"], b"").fails(1, "`-5` is not a natural number");
    run(&["is-prime", "-5"], b"").fails(1, "`-5` is not a natural number");
    assert_eq!(run(&["primes", "5", "-9"], b"").code, Some(64));
    assert_eq!(run(&["factor", "60", "--jsno"], b"").code, Some(64), "no number, and no option");
}
