//! Instructions to text.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::machine::Mnemonic;
use crate::reading::Reading;

/// Writes a program as text that [`assemble`](super::assemble) reads to the same instructions.
///
/// Targets of jumps and calls within the program get labels; symbols at positions from 0 become text.
///
/// # Examples
///
/// ```
/// use primestream_codec::program::{assemble, disassemble};
///
/// let text = "    PUSH 1\n    JIF L3\n    HALT\nL3: TEXT \"ok\"\n    OP 7919 4\n";
/// assert_eq!(disassemble(&assemble(text)?), text);
/// # Ok::<(), primestream_codec::program::AssembleError>(())
/// ```
#[must_use]
pub fn disassemble(program: &[Reading]) -> String {
    let targets: BTreeSet<u64> =
        program.iter().filter_map(|instruction| target(instruction, program.len())).collect();
    let mut text = String::new();
    let mut place = 0;
    while let Some(instruction) = program.get(place) {
        let label = if targets.contains(&(place as u64)) { format!("L{place}:") } else { String::new() };
        let run = text_run(program, place, &targets);
        let line = if run.is_empty() { line(instruction, program.len()) } else { quoted(&run) };
        writeln!(text, "{label:<3} {line}").expect("writing to a string does not fail");
        place += run.len().max(1);
    }
    if targets.contains(&(program.len() as u64)) {
        writeln!(text, "L{}:", program.len()).expect("writing to a string does not fail");
    }
    text
}

/// Returns where an instruction jumps to, if that is in the program or right behind it.
fn target(instruction: &Reading, len: usize) -> Option<u64> {
    match *instruction {
        Reading::Operation { opcode, operand: Some(target) } => {
            let jumps = matches!(
                Mnemonic::of_opcode(opcode),
                Some(Mnemonic::Jump | Mnemonic::JumpIf | Mnemonic::Call)
            );
            (jumps && target <= len as u64).then_some(target)
        }
        _ => None,
    }
}

/// Returns the units of symbols at positions from 0 that begin here and are nowhere jumped into.
fn text_run(program: &[Reading], place: usize, targets: &BTreeSet<u64>) -> Vec<u16> {
    let behind = program.get(place..).unwrap_or_default();
    let units = (0..).zip(behind).map_while(|(index, instruction)| match *instruction {
        Reading::Data { position, value } if position == index => {
            let is_entered = index > 0 && targets.contains(&(place as u64 + index));
            u16::try_from(value).ok().filter(|_| !is_entered)
        }
        _ => None,
    });
    units.collect()
}

fn line(instruction: &Reading, len: usize) -> String {
    let with = |name: String, number: Option<u64>| match number {
        Some(number) => format!("{name} {number}"),
        None => name,
    };
    match *instruction {
        Reading::Operation { opcode, operand } => {
            match (Mnemonic::of_opcode(opcode), target(instruction, len)) {
                (Some(operation), Some(target)) => format!("{operation} L{target}"),
                (Some(operation), None) => with(operation.to_string(), operand),
                (None, _) => with(format!("OP {opcode}"), operand),
            }
        }
        Reading::Data { position, value } => format!("DATA {position} {value}"),
        Reading::Header { length, sequence } => with(format!("BLOCK {length}"), sequence),
        Reading::NttHeader { length } => format!("NTT {length}"),
        Reading::Trailer { check } => format!("CHECK {check}"),
    }
}

fn quoted(units: &[u16]) -> String {
    let mut text = String::from("TEXT \"");
    for character in char::decode_utf16(units.iter().copied()) {
        match character {
            Ok('\n') => text.push_str("\\n"),
            Ok('\t') => text.push_str("\\t"),
            Ok('\r') => text.push_str("\\r"),
            Ok(special @ ('"' | '\\')) => text.extend(['\\', special]),
            // A `;` would be read as text as well; what does not show, or would break the line, is escaped.
            Ok(control) if control.is_control() || !control.is_ascii() && control.is_whitespace() => {
                write!(text, "\\u{{{:x}}}", u32::from(control)).expect("writing to a string does not fail");
            }
            Ok(plain) => text.push(plain),
            Err(half) => {
                let unit = half.unpaired_surrogate();
                write!(text, "\\u{{{unit:x}}}").expect("writing to a string does not fail");
            }
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::program::assemble;

    fn instruction() -> impl Strategy<Value = Reading> {
        let operand = prop_oneof![Just(None), (0..40_u64).prop_map(Some)];
        prop_oneof![
            (0..Mnemonic::ALL.len(), operand.clone()).prop_map(|(index, operand)| Reading::Operation {
                opcode: Mnemonic::ALL[index].opcode(),
                operand
            }),
            operand.prop_map(|operand| Reading::Operation { opcode: 7919, operand }),
            (0..4_u64, 0..0x1_0800_u32).prop_map(|(position, value)| Reading::Data { position, value }),
            prop::sample::select(vec![0x0A, 0x22, 0x3B, 0x5C, 0x85, 0xA0, 0x2028, 0xD83D, 0xDE00])
                .prop_map(|value| Reading::Data { position: 0, value }),
            (0..100_u64, any::<u64>())
                .prop_map(|(length, sequence)| Reading::Header { length, sequence: Some(sequence) }),
            (0..100_u64).prop_map(|length| Reading::Header { length, sequence: None }),
            (0..100_u64).prop_map(|length| Reading::NttHeader { length }),
            any::<u64>().prop_map(|check| Reading::Trailer { check }),
        ]
    }

    proptest! {
        #[test]
        fn every_program_comes_back(program in prop::collection::vec(instruction(), 0..40)) {
            let text = disassemble(&program);
            prop_assert_eq!(assemble(&text).unwrap(), program, "{}", text);
        }
    }

    #[test]
    fn text_that_is_jumped_into_is_cut_there() {
        let text = "    JMP L2\nL1: TEXT \"a\"\nL2: DATA 1 98\n    JMP L1\n    JMP L5\nL5:\n";
        assert_eq!(disassemble(&assemble(text).unwrap()), text);
    }
}
