//! The law of programs: as text, as instructions and as codewords they are the same, and what they may spend is what the
//! machine's limits say, however they arrive and however often they are interrupted.

use std::sync::Once;

use primestream_codec::container::{ContainerId, Settings, decode_symbols, encode_symbols};
use primestream_codec::machine::{Integer, Machine, MachineError, MachineLimits, Mnemonic, Pause};
use primestream_codec::program::{assemble, disassemble};
use primestream_codec::{Codeword, CodewordRun, Limits, Reading, Symbols, Units, read};
use primestream_primes::table;

use crate::counting::peak_of;
use crate::draw::Draw;

/// Panics if the law does not hold for the program that some bytes are or choose.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let slice = 1 + draw.below(40) as u64;
    let program = match draw.below(2) {
        0 => match assemble(&String::from_utf8_lossy(draw.bytes(TEXT_BYTES_MAX))) {
            Ok(program) => program,
            Err(_) => return,
        },
        _ => drawn(&mut draw),
    };
    let text = disassemble(&program);
    assert_eq!(assemble(&text).as_ref(), Ok(&program), "{text}");
    is_kept_as_codewords(&program);
    static MADE: Once = Once::new();
    MADE.call_once(|| assert!(table::prime(table::TABLE_LEN - 1).is_some()));
    let (at_once, peak) = peak_of(|| run(&program, u64::MAX));
    assert!(peak <= HELD_MAX, "{peak} bytes held");
    assert_eq!(at_once, run(&program, slice), "in slices of {slice}");
    assert_eq!(at_once, run_as_it_comes(&program), "as it comes");
}

/// Outputs, instructions executed, and how it ended.
type Outcome = (String, u64, Result<(), MachineError>);

fn run(program: &[Reading], slice: u64) -> Outcome {
    let mut machine = machine();
    for instruction in program {
        if let Err(error) = machine.load(*instruction) {
            return (String::new(), 0, Err(error));
        }
    }
    machine.end_program();
    let mut outputs = String::new();
    let ended = loop {
        match machine.run(slice, &mut |text: &str| outputs += text) {
            Ok(Pause::Sliced) => keeps_limits(&machine, &outputs),
            Ok(Pause::Ended) => break Ok(()),
            Ok(Pause::Waiting) => panic!("a whole program waits"),
            Err(error) => break Err(error),
        }
    };
    keeps_limits(&machine, &outputs);
    (outputs, machine.executed(), ended)
}

/// Runs after each instruction that arrives as far as it goes.
fn run_as_it_comes(program: &[Reading]) -> Outcome {
    if program.len() > LIMITS.program_max {
        return run(program, u64::MAX);
    }
    let (mut machine, mut outputs) = (machine(), String::new());
    let mut ended = Ok(Pause::Waiting);
    for instruction in program {
        machine.load(*instruction).expect("within the limit");
        ended = machine.run(u64::MAX, &mut |text: &str| outputs += text);
        if ended != Ok(Pause::Waiting) {
            break;
        }
    }
    machine.end_program();
    if ended == Ok(Pause::Waiting) {
        ended = machine.run(u64::MAX, &mut |text: &str| outputs += text);
    }
    (outputs, machine.executed(), ended.map(|pause| assert_eq!(pause, Pause::Ended)))
}

fn machine() -> Machine {
    let mut machine = Machine::new(LIMITS);
    (-2..3).for_each(|input| machine.feed(Integer::from(input)));
    machine
}

fn keeps_limits(machine: &Machine, outputs: &str) {
    assert!(machine.executed() <= LIMITS.instructions_max);
    assert!(machine.stack().len() <= LIMITS.stack_max);
    assert!(machine.stack().iter().all(|value| value.bits() <= LIMITS.number_bits_max));
    assert!(outputs.len() as u64 <= LIMITS.output_bytes_max, "{} bytes of output", outputs.len());
    assert!(machine.heap_bytes() <= HELD_MAX);
}

/// Goes by codewords, by decimal and by a container, and back.
fn is_kept_as_codewords(program: &[Reading]) {
    let mut run = CodewordRun::new();
    for instruction in program {
        let codeword = instruction.to_codeword().expect("it was assembled");
        if codeword.bits() > CODEWORD_BITS_MAX {
            return;
        }
        assert_eq!(Codeword::parse_decimal(codeword.to_decimal().as_bytes()).as_ref(), Some(&codeword));
        run.push(&codeword);
    }
    let settings = Settings::default().with_units(Units::Codewords).with_frame_blocks(1).expect("one block");
    let container =
        encode_symbols((&run).into(), &settings, ContainerId([6; 16])).expect("each has a reading");
    let again = decode_symbols(container.as_slice(), &Limits::default()).expect("it was encoded");
    let Symbols::Codewords(again) = again else { panic!("other units") };
    let readings =
        again.iter().map(|codeword| read(codeword.as_natural(), &Limits::default()).expect("a reading"));
    assert!(readings.eq(program.iter().copied()));
}

/// Chooses instructions, most of them of the machine, with operands that are often places of the program.
fn drawn(draw: &mut Draw<'_>) -> Vec<Reading> {
    let count = draw.below(LIMITS.program_max + LIMITS.program_max / 4);
    let mut program = Vec::new();
    for _ in 0..count {
        let operand = draw.below(64) as u64;
        program.push(match draw.below(16) {
            0 => Reading::Data {
                position: operand % 4,
                value: u32::try_from(draw.below(1 << 17)).expect("17 bits"),
            },
            1 => Reading::Header { length: operand, sequence: Some(operand) },
            2 => Reading::Operation { opcode: 7919, operand: Some(operand) },
            3 => Reading::Operation { opcode: Mnemonic::Push.opcode(), operand: Some(operand * operand) },
            4..7 => Reading::Operation { opcode: Mnemonic::Push.opcode(), operand: Some(operand) },
            kind => {
                let operation = Mnemonic::ALL[draw.below(Mnemonic::ALL.len())];
                Reading::Operation { opcode: operation.opcode(), operand: (kind > 11).then_some(operand) }
            }
        });
    }
    program
}

const LIMITS: MachineLimits = MachineLimits {
    instructions_max: 2000,
    program_max: 60,
    stack_max: 32,
    memory_max: 16,
    output_bytes_max: 4096,
    number_bits_max: 4096,
    number_bytes_max: 1 << 13,
    word_products_max: 1 << 16,
};

/// What running may hold under these limits: program, stack and cells, numbers and what is made of them, output twice.
const HELD_MAX: usize = (60 * 32 + 200 * 64 + 4 * (1 << 13) + 4 * 4096) + (64 << 10);

/// Longer ones take a part of a second under a sanitizer, and pass other trials.
const CODEWORD_BITS_MAX: u64 = 1 << 14;
const TEXT_BYTES_MAX: usize = 600;
