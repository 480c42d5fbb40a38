//! The machine against the reference's own runs, and against programs that would spend too much.

use primestream_codec::machine::{
    Integer, Machine, MachineError, MachineFault, MachineLimits, Mnemonic, Pause, Watch,
};
use primestream_codec::program::{assemble, disassemble};
use primestream_codec::{Codeword, Limits, Reading, read};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/uor.json")).expect("valid JSON")
}

/// Runs a program to its end; returns its outputs and the machine.
fn run(program: &[Reading], limits: MachineLimits) -> (Vec<String>, Result<Machine, MachineError>) {
    let mut machine = Machine::new(limits);
    let mut outputs = Vec::new();
    let mut all = || {
        program.iter().try_for_each(|&instruction| machine.load(instruction))?;
        machine.end_program();
        let pause = machine.run(u64::MAX, &mut |text: &str| outputs.push(text.to_owned()))?;
        assert_eq!(pause, Pause::Ended);
        Ok(())
    };
    let ended = all();
    (outputs, ended.map(|()| machine))
}

fn said(text: &str) -> String {
    let (outputs, ended) = run(&assemble(text).expect("a program"), MachineLimits::default());
    match ended {
        Ok(_) => outputs.join("|"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn programs_do_what_they_do_in_the_reference() {
    let vectors = vectors();
    let programs = vectors["programs"].as_array().unwrap();
    assert_eq!(programs.len(), 22);
    for program in programs {
        let name = program["name"].as_str().unwrap();
        let chunks = program["chunks"].as_array().unwrap();
        let readings: Vec<Reading> = chunks
            .iter()
            .map(|chunk| {
                let codeword = Codeword::parse_decimal(chunk.as_str().unwrap().as_bytes()).unwrap();
                read(codeword.as_natural(), &Limits::default()).unwrap()
            })
            .collect();
        // Text to instructions to codewords and back changes nothing.
        assert_eq!(assemble(&disassemble(&readings)).unwrap(), readings, "{name}");
        for (reading, chunk) in readings.iter().zip(chunks) {
            assert_eq!(reading.to_codeword().unwrap().to_decimal(), chunk.as_str().unwrap(), "{name}");
        }
        let (outputs, ended) = run(&readings, MachineLimits::default());
        match name {
            // Where ours is exact, goes further, or counts what was executed.
            "fact_200" => {
                let exact = (1..=200_u64)
                    .map(primestream_primes::Natural::from)
                    .product::<primestream_primes::Natural>();
                assert_eq!(outputs, [exact.to_string()]);
            }
            "call" => assert!(ended.unwrap().executed() == 1, "the target lies behind the end"),
            "infinite_loop" => assert_eq!(
                ended.unwrap_err().fault,
                MachineFault::Limit { name: "instructions_max", max: 1_000_000 }
            ),
            "mixed_program_then_text" => assert_eq!(outputs, ["42", "o", "k"]),
            _ => match program["vm_error"].as_str() {
                Some(error) => {
                    let failed = ended.unwrap_err();
                    assert!(error.contains(failed.operation.unwrap().name()), "{name}: {failed}");
                    assert!(
                        error.contains("Stack underflow") && failed.to_string().contains("stack underflow")
                    );
                }
                None => {
                    let machine = ended.unwrap();
                    assert_eq!(Value::from(outputs), program["vm_output"], "{name}");
                    assert_eq!(Value::from(machine.stack().len()), program["vm_final_stack"], "{name}");
                    assert_eq!(Value::from(machine.executed()), program["vm_instructions"], "{name}");
                }
            },
        }
    }
}

#[test]
fn every_operation_does_what_the_page_says() {
    let minus = |n: u32| format!("PUSH 0\nPUSH {n}\nSUB\n");
    for (program, output) in [
        (minus(7) + "PUSH 3\nDIV\nPRINT", "-3"),
        (minus(7) + "PUSH 3\nMOD\nPRINT", "-1"),
        (minus(2) + "PUSH 63\nPOW\nPRINT", "-9223372036854775808"),
        (minus(2) + "PUSH 64\nPOW\nPRINT", "18446744073709551616"),
        (minus(1) + "PUSH 262138\nPOW\nPRINT", "1"),
        ("PUSH 0\nPUSH 0\nPOW\nPRINT".into(), "1"),
        ("PUSH 1\nPUSH 2\nSWAP\nPRINT\nWRITE".into(), "1|2"),
        ("PUSH 1\nPUSH 2\nPOP\nPRINT".into(), "1"),
        ("PUSH 2\nPUSH 3\nLT\nPRINT\nPUSH 2\nPUSH 3\nGT\nPRINT".into(), "1|0"),
        ("PUSH 3\nPUSH 3\nLTE\nPRINT\nPUSH 2\nPUSH 3\nGTE\nPRINT".into(), "1|0"),
        ("PUSH 3\nPUSH 3\nNEQ\nPRINT\nPUSH 6\nPUSH 9\nAND\nPRINT".into(), "0|1"),
        ("PUSH 0\nPUSH 9\nOR\nPRINT\nPUSH 6\nPUSH 9\nXOR\nPRINT".into(), "1|0"),
        ("PUSH 5\nPUSH 40\nSTORE\nPUSH 40\nLOAD\nPRINT\nLOAD 3\nPRINT".into(), "5|0"),
        ("PUSH 7\nPUSH 5\nSTORE\nLOAD 5\nPRINT".into(), "7"),
        (
            "PUSH 33\nSTORE 7\nPUSH 1\nSTORE 100000\nPUSH 4\nDEBUG".into(),
            "DEBUG: Stack=[4], Memory={7: 33, 100000: 1}",
        ),
        (
            "PUSH 0\nPRIME\nPRINT\nPUSH 262138\nPUSH 262138\nADD\nPUSH 11\nADD\nPRIME\nPRINT".into(),
            "2|7754077",
        ),
        (
            "PUSH 99\nSQRT\nPRINT\nPUSH 20\nFACT\nPRINT\nPUSH 90\nFIB\nPRINT".into(),
            "9|2432902008176640000|2880067194370816120",
        ),
        ("CALL sub\nPUSH 2\nPRINT\nHALT\nsub: PUSH 1\nPRINT\nRET".into(), "1|2"),
        ("PUSH 3\nloop: DUP\nPRINT\nPUSH 1\nSUB\nDUP\nJIF loop".into(), "3|2|1"),
        ("PUSH 5\nJIF\nTEXT \"\\u{1F600}a\\u{d83d}\"\nPUSH 1\nPRINT".into(), "\u{1F600}|a|\u{FFFD}|1"),
        ("BLOCK 1 0\nNTT 4\nBLOCK 3\nDATA 0 65\nCHECK 9\nNOP".into(), "A"),
        ("DATA 0 55357".into(), "\u{FFFD}"),
    ] {
        assert_eq!(said(&program), output, "{program}");
    }
}

#[test]
fn what_fails_is_named_with_its_place() {
    for (program, error) in [
        ("NOP\nPUSH", "instruction 1 (PUSH): operand missing"),
        ("PUSH 1\nADD", "instruction 1 (ADD): stack underflow: takes 2 values, 1 there"),
        ("PUSH 1\nPUSH 0\nDIV", "instruction 2 (DIV): division by zero"),
        ("PUSH 1\nPUSH 0\nMOD", "instruction 2 (MOD): division by zero"),
        ("PUSH 2\nPUSH 0\nPUSH 1\nSUB\nPOW", "instruction 4 (POW): not defined for negative numbers"),
        ("PUSH 0\nPUSH 1\nSUB\nSQRT", "instruction 3 (SQRT): not defined for negative numbers"),
        ("PUSH 0\nPUSH 1\nSUB\nLOAD", "instruction 3 (LOAD): no memory address"),
        (
            "PUSH 131072\nDUP\nADD\nDUP\nADD\nPRIME",
            "instruction 5 (PRIME): no such prime in the table of 2^19",
        ),
        ("RET", "instruction 0 (RET): no call to return from"),
        ("CALL", "instruction 0 (CALL): operand missing"),
        ("ARRAY", "instruction 0 (ARRAY): unknown opcode 173"),
        ("OP 7919", "instruction 0: unknown opcode 7919"),
    ] {
        assert_eq!(said(program), error, "{program}");
    }
}

#[test]
fn numbers_that_leave_a_machine_word_stay_exact() {
    let two_to = |exponent: u32| format!("PUSH 2\nPUSH {exponent}\nPOW\n");
    let largest = format!("{}PUSH 1\nSUB\n", two_to(63));
    for (program, expected) in [
        (format!("{largest}PUSH 1\nADD\nPRINT"), "9223372036854775808"),
        (format!("{largest}DUP\nMUL\nPRINT"), "85070591730234615847396907784232501249"),
        (format!("PUSH 0\n{largest}SUB\nPUSH 2\nSUB\nPRINT"), "-9223372036854775809"),
        (format!("{largest}PUSH 1\nADD\nPUSH 1\nSUB\n{largest}EQ\nPRINT"), "1"),
        (format!("{largest}{}LT\nPRINT", two_to(63)), "1"),
        (format!("{largest}{}GT\nPRINT", two_to(63)), "0"),
        (format!("PUSH 0\n{}SUB\n{largest}LT\nPRINT", two_to(64)), "1"),
    ] {
        assert_eq!(said(&program), expected, "{program}");
    }
    assert_eq!(said("PUSH 1\nADD"), "instruction 1 (ADD): stack underflow: takes 2 values, 1 there");
}

#[test]
fn programs_run_as_they_arrive() {
    let program = assemble("PUSH 1\nPRINT\nJMP end\nPUSH 9\nPRINT\nend: PUSH 2\nPRINT").unwrap();
    let mut machine = Machine::new(MachineLimits::default());
    let mut seen = Vec::new();
    for &instruction in &program {
        machine.load(instruction).unwrap();
        let mut outputs = Vec::new();
        let pause = machine.run(u64::MAX, &mut |text: &str| outputs.push(text.to_owned())).unwrap();
        assert_eq!(pause, Pause::Waiting);
        seen.push(outputs.concat());
    }
    // The jump ahead waits for its target; what it passes over is not executed.
    assert_eq!(seen, ["", "1", "", "", "", "", "2"]);
    machine.end_program();
    assert_eq!(machine.run(0, &mut |_: &str| {}), Ok(Pause::Ended));
    assert_eq!(machine.executed(), 5);
}

#[test]
fn slices_add_up() {
    let program = assemble("PUSH 1000\nagain: PUSH 1\nSUB\nDUP\nJIF again\nHALT\nPUSH 1\nPRINT").unwrap();
    let mut machine = Machine::new(MachineLimits::default());
    program.iter().for_each(|&instruction| machine.load(instruction).unwrap());
    let mut slices = 0;
    while machine.run(7, &mut |_: &str| panic!("behind HALT")).unwrap() == Pause::Sliced {
        slices += 1;
    }
    assert_eq!((machine.executed(), slices, machine.stack()), (4002, 571, &[Integer::ZERO][..]));
}

#[test]
fn inputs_are_read_in_order_and_then_zero() {
    let mut machine = Machine::new(MachineLimits::default());
    for input in ["-5", "36893488147419103232"] {
        machine.feed(input.parse().unwrap());
    }
    for instruction in assemble("READ\nPRINT\nREAD\nPRINT\nREAD\nPRINT").unwrap() {
        machine.load(instruction).unwrap();
    }
    machine.end_program();
    let mut outputs = Vec::new();
    machine.run(u64::MAX, &mut |text: &str| outputs.push(text.to_owned())).unwrap();
    assert_eq!(outputs, ["-5", "36893488147419103232", "0"]);
}

#[test]
fn every_limit_is_named() {
    let few = MachineLimits {
        instructions_max: 1000,
        program_max: 100,
        stack_max: 10,
        memory_max: 100,
        output_bytes_max: 20,
        number_bits_max: 4096,
        number_bytes_max: 4096,
        word_products_max: 100_000,
    };
    let grow = "PUSH 262138\nPUSH 200\nPOW\n"; // 3600 bits
    for (program, name) in [
        ("again: JMP again".to_owned(), "instructions_max"),
        ("NOP\n".repeat(101), "program_max"),
        ("again: PUSH 1\nJMP again".into(), "stack_max"),
        ("again: CALL again".into(), "stack_max"),
        ("PUSH 0\nagain: PUSH 1\nADD\nDUP\nDUP\nSTORE\nJMP again".into(), "memory_max"),
        ("again: DEBUG\nJMP again".into(), "output_bytes_max"),
        ("again: DATA 0 65\nJMP again".into(), "output_bytes_max"),
        ("PUSH 3\nagain: DUP\nMUL\nJMP again".into(), "number_bits_max"),
        ("PUSH 2\nPUSH 4097\nPOW".into(), "number_bits_max"),
        ("PUSH 600\nFACT".into(), "number_bits_max"),
        ("PUSH 262138\nFACT".into(), "number_bits_max"),
        ("PUSH 6000\nFIB".into(), "number_bits_max"),
        (format!("{grow}{grow}{grow}{grow}DUP\nDUP\nDUP\nDUP\nDUP"), "number_bytes_max"),
        (format!("{grow}STORE 0\nagain: LOAD 0\nDUP\nMOD\nPOP\nJMP again"), "word_products_max"),
    ] {
        let (_, ended) = run(&assemble(&program).unwrap(), few);
        match ended.unwrap_err().fault {
            MachineFault::Limit { name: reached, .. } => assert_eq!(reached, name, "{program}"),
            other => panic!("{other} in {program}"),
        }
    }
}

#[test]
fn a_watcher_sees_every_instruction_before_it_is_executed() {
    struct Trace(Vec<(usize, Reading, usize)>, String);
    impl Watch for Trace {
        fn output(&mut self, text: &str) {
            self.1 += text;
        }
        fn instruction(&mut self, place: usize, instruction: &Reading, stack: &[Integer]) {
            self.0.push((place, *instruction, stack.len()));
        }
    }
    let program = assemble("PUSH 4\nJMP 3\nNOP\nPRINT").unwrap();
    let mut machine = Machine::new(MachineLimits::default());
    program.iter().for_each(|&instruction| machine.load(instruction).unwrap());
    machine.end_program();
    let mut trace = Trace(Vec::new(), String::new());
    machine.run(u64::MAX, &mut trace).unwrap();
    assert_eq!(trace.0, [(0, program[0], 0), (1, program[1], 1), (3, program[3], 1)]);
    assert_eq!((trace.1.as_str(), Mnemonic::ALL.len()), ("4", 46));
}

/// Copies of a long number, its digits in DEBUG, its remainder by a short one and its root took no part of what long numbers
/// may spend: five instructions ran for half a second and more, and hardly any of it was counted.
#[test]
fn whatever_is_done_to_a_long_number_is_counted() {
    let grow = "PUSH 1000\nPUSH 50000\nPOW\nDUP\nSTORE 1\nagain: ";
    // About how often each word of it may be touched, in each way.
    for (step, rounds_max) in [
        ("DUP\nPOP", 2400),
        ("LOAD 1\nPOP", 2400),
        ("DUP\nPUSH 3\nMOD\nPOP", 260),
        ("DUP\nPUSH 3\nDIV\nPOP", 260),
        ("DEBUG", 1),
    ] {
        let program = assemble(&format!("{grow}{step}\nJMP again")).expect("a program");
        let mut machine =
            Machine::new(MachineLimits { word_products_max: 1 << 26, ..MachineLimits::default() });
        program.iter().for_each(|&instruction| machine.load(instruction).expect("short"));
        machine.end_program();
        let error = machine.run(u64::MAX, &mut |_: &str| ()).expect_err("it has no end");
        let max = 1 << 26;
        assert_eq!(error.fault, MachineFault::Limit { name: "word_products_max", max }, "{step}");
        let steps = step.lines().count() as u64 + 1;
        assert!(machine.executed() <= 5 + steps * rounds_max, "{step}: {}", machine.executed());
    }
    // A root takes long where the number is short, too.
    assert_eq!(
        said("PUSH 99\nPUSH 50\nPOW\nagain: DUP\nSQRT\nPOP\nJMP again").split(": ").nth(1),
        Some("limit word_products_max of 16777216 reached")
    );
}
