//! `factor`: efforts, times and orders; answers as soon as they are known; hard numbers on all threads.
#![expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod program;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use primestream_primes::{Certificate, Effort, Factoring, Method, Worker};
use program::{program, run};
use serde_json::Value;

/// Two primes of 150 bits: days.
const HARD: &str =
    "2037035976334486086268445688409378161051468382247954708988461400888093544167375615121424399";
/// Two primes of 115 bits, 2^115 - 67 and 2^115 - 85: half a minute.
const LONG: &str = "1725436586697640946858688965569250049279797264692200345707094724318783";
/// The product of primes of 80 bits.
const MIDDLING: &str = "946313739922414602179409870841942615870108567789";

fn spawned(arguments: &[&str]) -> Child {
    program()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_time_bounds_each_number() {
    let said = run(&["factor", "--effort", "150ms", "--json", HARD, "15"], b"");
    assert_eq!(said.code, Some(1));
    let lines: Vec<Value> = said.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["cofactor"].as_str(), Some(HARD));
    assert_eq!(lines[1]["cofactor"], Value::Null);
    assert!(said.stderr.contains("a longer time tries harder"), "{}", said.stderr);
}

#[test]
fn a_sieve_that_the_memory_limit_does_not_allow_is_left_out_and_named() {
    let limited = ["factor", "--threads", "1", "--effort", "150ms", "--memory-limit", "20MiB", HARD];
    let said = run(&limited, b"");
    assert_eq!(said.code, Some(1));
    let needed = Factoring::memory_bytes(300, Effort::Deep, 1).div_ceil(1 << 20);
    assert!(said.stderr.contains(&format!("needs `--memory-limit {needed}MiB`")), "{}", said.stderr);
    let state = std::env::temp_dir().join(format!("primestream-refused-{}", std::process::id()));
    let kept = [&["factor", "--state", state.to_str().unwrap()], &limited[1..]].concat();
    let said = run(&kept, b"");
    assert_eq!(said.code, Some(64));
    assert!(said.stderr.contains("300 bits with `--threads 1` may hold"), "{}", said.stderr);
    assert!(!state.exists());
}

#[test]
fn efforts_that_mean_nothing_are_refused() {
    for bad in ["fast", "0s", "-1s", "12", "1d", ""] {
        let said = run(&["factor", "--effort", bad, "15"], b"");
        assert_eq!(said.code, Some(64), "{bad}");
        assert!(said.stderr.contains("--effort"), "{}", said.stderr);
    }
    assert_eq!(run(&["factor", "--order", "key", "15"], b"").code, Some(64));
}

#[test]
fn json_says_what_is_proved_and_how_it_was_found() {
    let said = run(&["factor", "--json", MIDDLING, "1267650600228229401496703205653"], b"").succeeds();
    let lines: Vec<Value> = said.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["factors"][0]["prime"], "913606902053129454719621");
    assert_eq!(lines[0]["factors"][1]["proof"], "probable");
    assert_eq!((&lines[0]["band"], &lines[0]["proved"]), (&"129 to 256 bits".into(), &false.into()));
    assert_eq!(lines[0]["methods"], serde_json::json!(["siqs"]));
    assert_eq!(lines[1]["factors"].as_array().unwrap().len(), 1, "a prime above 2^100");
}

#[test]
fn one_hard_number_on_two_threads_has_the_factors_of_one() {
    let expected = format!("{MIDDLING}: 913606902053129454719621 1035799683425972114427209\n");
    for threads in ["1", "2", "3"] {
        assert_eq!(run(&["factor", "--threads", threads, MIDDLING], b"").succeeds().text(), expected);
        let line = format!("{MIDDLING}\n");
        assert_eq!(run(&["factor", "--threads", threads], line.as_bytes()).succeeds().text(), expected);
    }
}

#[test]
fn relaxed_order_gives_the_same_answers_and_names_the_right_lines() {
    let mut numbers: String = (1..3000u64).map(|n| format!("{}\n", n * 1_000_003)).collect();
    numbers.insert_str(0, &format!("{MIDDLING}\n"));
    numbers.push_str("seven\n");
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let input = run(&["factor", "--threads", "2"], numbers.as_bytes());
    let relaxed = run(&["factor", "--threads", "2", "--order", "relaxed"], numbers.as_bytes());
    assert_eq!((input.code, relaxed.code), (Some(1), Some(1)));
    assert_eq!(sorted(input.text()), sorted(relaxed.text()));
    assert!(relaxed.stderr.starts_with("primestream: line 3001: `seven`"), "{}", relaxed.stderr);
    let last = relaxed.text().lines().last().unwrap();
    assert!(last.starts_with(MIDDLING), "the hard one delays only itself: {last}");
    assert!(input.text().starts_with(MIDDLING));
}

#[test]
fn each_line_is_answered_before_the_next_one_is_written() {
    for order in ["input", "relaxed"] {
        let mut child = spawned(&["factor", "--order", order]);
        let mut stdin = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        for (number, answer) in [("15", "15: 3 5"), ("21\n22", "21: 3 7"), (MIDDLING, "22: 2 11")] {
            stdin.write_all(format!("{number}\n").as_bytes()).unwrap();
            assert_eq!(answers.next().unwrap().unwrap(), answer);
        }
        assert!(answers.next().unwrap().unwrap().starts_with(MIDDLING));
        drop(stdin);
        assert!(answers.next().is_none());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn progress_of_a_hard_number_tells_method_relations_and_time() {
    let mut child = spawned(&["factor", "--effort", "deep", "--progress", "always", LONG]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    // Curves come first, and tell of themselves in units.
    let line = told.find(|line| line.starts_with("progress: siqs, 230 bits: ") && line.contains(" left"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.as_ref().is_some_and(|line| line.contains(" relations, ")), "{line:?}");
}

#[test]
fn where_it_stands_is_kept_at_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("standing");
    let file = file.to_str().unwrap();
    let mut child = spawned(&["factor", "--effort", "deep", "--progress", "always", "--state", file, LONG]);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains(" relations")));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    if !interrupted.is_ok_and(|status| status.success()) {
        child.kill().unwrap();
        child.wait().unwrap();
        return eprintln!("skipped: there is no `kill` on this machine");
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let kept = Factoring::resume(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(kept.number().to_string() == LONG && kept.progress().unwrap().done > 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half written is left");
}

#[test]
fn what_was_kept_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("standing");
    let mut factoring = Factoring::new(&MIDDLING.parse().unwrap(), Effort::Normal);
    let mut worker = Worker::new();
    while factoring.progress().unwrap().method != Method::QuadraticSieve
        || factoring.progress().unwrap().done < 200
    {
        let unit = factoring.unit().unwrap();
        factoring.merge(worker.run(&unit));
    }
    let kept = factoring.save();
    std::fs::write(&file, &kept).unwrap();
    let name = file.to_str().unwrap();
    run(&["factor", "--state", name, HARD], b"").fails(65, "keeps another number");
    let said = run(&["factor", "--state", name, MIDDLING], b"").succeeds();
    assert!(said.text().starts_with(MIDDLING) && said.text().contains(" 913606902053129454719621"));
    assert!(!file.exists());
    // Without a file it begins anew, and a file that is none is named with its line.
    run(&["factor", "--state", name, MIDDLING], b"").succeeds();
    std::fs::write(&file, kept.replacen("cofactor 1", "cofactor 2", 1)).unwrap();
    run(&["factor", "--state", name, MIDDLING], b"").fails(65, "standing: line ");
    assert!(file.exists());
    run(&["factor", "--state", name], b"").fails(64, "one number");
    run(&["factor", "--state", name, "7x"], b"").fails(64, "`7x` is not a natural number");
}

#[test]
fn words_in_json_are_in_their_places_among_long_numbers() {
    let numbers = ["60", "18446744073709551617", "97", "1", "4294967291"];
    let said = run(&["factor", "--json"], numbers.join(" ").as_bytes()).succeeds();
    let values: Vec<Value> = said.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(values.iter().map(|value| value["number"].as_str().unwrap()).eq(numbers));
    assert_eq!((&values[0]["methods"][0], &values[3]["methods"]), (&"word".into(), &Value::Array(vec![])));
    assert_eq!(values[0]["factors"].as_array().unwrap().len(), 3);
}

#[test]
fn proofs_come_with_the_primes_they_prove() {
    let said = run(&["factor", "--prove", "--json", MIDDLING], b"").succeeds();
    let value: Value = serde_json::from_str(said.text()).unwrap();
    assert_eq!(value["proved"], true);
    for factor in value["factors"].as_array().unwrap() {
        let proof: Certificate = factor["certificate"].as_str().unwrap().parse().unwrap();
        assert!(proof.verify() && proof.number().to_string() == factor["prime"].as_str().unwrap());
    }
    let said = run(&["factor", "--prove", MIDDLING, "91"], b"").succeeds();
    let lines: Vec<_> = said.text().lines().collect();
    let (number, proofs) = (lines[0].strip_prefix(MIDDLING).unwrap(), &lines[1..lines.len() - 1]);
    let primes: Vec<&str> = number.trim_start_matches(':').split_whitespace().collect();
    assert_eq!((primes.len(), *lines.last().unwrap()), (proofs.len(), "91: 7 13"));
    for (prime, line) in primes.iter().zip(proofs) {
        let proof = line.strip_prefix(&format!("  {prime}: prime, since ")).unwrap();
        assert!(proof.parse::<Certificate>().unwrap().verify(), "{line}");
    }
    let mersenne = "618970019642690137449562111";
    let said = run(&["is-prime", "--prove", mersenne, "97", "91"], b"").succeeds();
    let lines: Vec<_> = said.text().lines().collect();
    let proof = lines[0].strip_prefix("618970019642690137449562111: prime, since ").unwrap();
    assert!(proof.parse::<Certificate>().unwrap().verify());
    assert_eq!(lines[1..], ["97: prime", "91: composite"]);
}

#[test]
fn an_interrupt_ends_a_hard_number_and_a_wait_for_input() {
    for arguments in [&["factor", "--effort", "deep", "--progress", "always", HARD][..], &["factor"]] {
        let mut child = spawned(arguments);
        // It listens for signals before it tells or answers anything.
        if arguments.len() > 1 {
            child.stderr.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
        } else {
            child.stdin.as_mut().unwrap().write_all(b"6\n").unwrap();
            child.stdout.as_mut().unwrap().read_exact(&mut [0; 7]).unwrap();
        }
        let stdin = child.stdin.take();
        let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        let was_sent = interrupted.is_ok_and(|status| status.success());
        if !was_sent {
            child.kill().unwrap();
            eprintln!("skipped: there is no `kill` on this machine");
        }
        let status = child.wait().unwrap();
        drop(stdin);
        assert!(!was_sent || status.code() == Some(130), "{status:?}");
    }
}

#[test]
fn a_reader_of_factors_that_has_seen_enough_ends_it_quietly() {
    let mut child = spawned(&["factor"]);
    let mut stdin = child.stdin.take().unwrap();
    let feeder =
        std::thread::Builder::new().spawn(move || while stdin.write_all(b"12\n").is_ok() {}).unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    assert_eq!(line, "12: 2 2 3\n");
    drop(answers);
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
