//! The machine that programs of codewords run on: a stack of whole numbers, memory cells, and outputs.
//!
//! The right thing for programs as they arrive: [`load`](Machine::load) adds an instruction, [`run`](Machine::run) goes
//! as far as those that are there, a jump ahead waits for its target, a jump back finds what came before. Numbers are
//! exact whatever their length. Everything a program spends is bounded by [`MachineLimits`]. A simple instruction on
//! machine words takes a few nanoseconds. The operations are those of `docs/encoding.md`. Source: \[PrimeOS\].
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

mod error;
mod functions;
mod integer;
mod limits;
mod memory;
mod mnemonic;
mod output;

use std::collections::VecDeque;

pub use error::{MachineError, MachineFault};
pub use integer::Integer;
pub use limits::MachineLimits;
pub use mnemonic::{Mnemonic, UnknownMnemonic};

use memory::Memory;
use output::Characters;

use crate::reading::Reading;

/// Runs one program.
///
/// # Examples
///
/// ```
/// use primestream_codec::machine::{Machine, MachineLimits, Pause};
/// use primestream_codec::program::assemble;
///
/// let mut machine = Machine::new(MachineLimits::default());
/// let mut outputs = Vec::new();
/// for instruction in assemble("PUSH 3\nPUSH 4\nMUL\nPRINT")? {
///     machine.load(instruction)?;
/// }
/// machine.end_program();
/// let pause = machine.run(u64::MAX, &mut |text: &str| outputs.push(text.to_owned()))?;
/// assert_eq!((pause, outputs), (Pause::Ended, vec!["12".to_owned()]));
/// assert_eq!(machine.executed(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Machine {
    limits: MachineLimits,
    program: Vec<Reading>,
    is_whole: bool,
    /// The instruction to be executed next.
    place: usize,
    has_ended: bool,
    stack: Vec<Integer>,
    calls: Vec<usize>,
    memory: Memory,
    inputs: VecDeque<Integer>,
    characters: Characters,
    executed: u64,
    output_bytes: u64,
    word_products: u64,
    /// Bytes of the numbers beyond one word, on the stack and in memory.
    long_bytes: usize,
}

/// Why a machine does not go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// The program is over: by HALT, or behind its last instruction.
    Ended,
    /// The next instruction has not been loaded yet.
    Waiting,
    /// As many instructions as were asked for are executed.
    Sliced,
}

/// Watches a machine. A closure over the text of an output is one that sees outputs alone.
pub trait Watch {
    /// Learns of an output.
    fn output(&mut self, text: &str);

    /// Learns which instruction is about to be executed, and of the stack, the topmost value last.
    #[inline(always)]
    fn instruction(&mut self, place: usize, instruction: &Reading, stack: &[Integer]) {
        let _ = (place, instruction, stack);
    }
}

impl<F: FnMut(&str)> Watch for F {
    fn output(&mut self, text: &str) {
        self(text);
    }
}

impl Machine {
    /// Makes a machine without a program.
    #[must_use]
    pub fn new(limits: MachineLimits) -> Self {
        Self {
            limits,
            program: Vec::new(),
            is_whole: false,
            place: 0,
            has_ended: false,
            stack: Vec::new(),
            calls: Vec::new(),
            memory: Memory::default(),
            inputs: VecDeque::new(),
            characters: Characters::default(),
            executed: 0,
            output_bytes: 0,
            word_products: 0,
            long_bytes: 0,
        }
    }

    /// Adds an input for READ, behind those that were given before.
    pub fn feed(&mut self, input: Integer) {
        self.inputs.push_back(input);
    }

    /// Adds the next instruction.
    ///
    /// # Errors
    ///
    /// If the program is longer than [`MachineLimits::program_max`].
    pub fn load(&mut self, instruction: Reading) -> Result<(), MachineError> {
        if self.program.len() >= self.limits.program_max {
            let fault = limit("program_max", self.limits.program_max as u64);
            return Err(MachineError {
                place: self.program.len(),
                operation: operation_of(&instruction),
                fault,
            });
        }
        self.program.push(instruction);
        Ok(())
    }

    /// Says that no instruction will follow.
    pub const fn end_program(&mut self) {
        self.is_whole = true;
    }

    /// Executes at most `slice` instructions and tells `watch`.
    ///
    /// # Errors
    ///
    /// If an instruction fails or a limit is reached; the machine stands before that instruction, with its operands
    /// taken.
    pub fn run(&mut self, slice: u64, watch: &mut impl Watch) -> Result<Pause, MachineError> {
        let (place, ended) = self.go_on(slice, watch);
        self.place = place;
        ended.map_err(|fault| {
            let operation = self.program.get(place).and_then(operation_of);
            MachineError { place, operation, fault }
        })
    }

    /// Returns how many instructions were executed.
    #[must_use]
    pub const fn executed(&self) -> u64 {
        self.executed
    }

    /// Returns the stack, the topmost value last.
    #[must_use]
    pub fn stack(&self) -> &[Integer] {
        &self.stack
    }

    /// Returns about how many bytes it holds.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let values = self.stack.capacity() + self.inputs.capacity() + self.memory.cells();
        self.program.capacity() * size_of::<Reading>() + values * size_of::<Integer>() + self.long_bytes
    }

    /// Executes, and returns where it stopped and why.
    fn go_on(&mut self, slice: u64, watch: &mut impl Watch) -> (usize, Result<Pause, MachineFault>) {
        let mut place = self.place;
        let left = self.limits.instructions_max - self.executed;
        for _ in 0..slice.min(left) {
            let Some(&instruction) = self.program.get(place).filter(|_| !self.has_ended) else {
                return (place, Ok(self.at_the_end(watch)));
            };
            watch.instruction(place, &instruction, &self.stack);
            match self.execute(place, instruction, watch) {
                Ok(next) => place = next,
                Err(fault) => return (place, Err(fault)),
            }
            self.executed += 1;
        }
        if self.program.get(place).is_none() || self.has_ended {
            return (place, Ok(self.at_the_end(watch)));
        }
        match slice <= left && self.executed < self.limits.instructions_max {
            true => (place, Ok(Pause::Sliced)),
            false => (place, Err(limit("instructions_max", self.limits.instructions_max))),
        }
    }

    fn at_the_end(&mut self, watch: &mut impl Watch) -> Pause {
        if !self.is_whole && !self.has_ended {
            return Pause::Waiting;
        }
        if let Some(character) = self.characters.finish() {
            watch.output(character.encode_utf8(&mut [0; 4]));
        }
        Pause::Ended
    }

    /// Executes one instruction and returns the place of the next.
    #[inline]
    fn execute(
        &mut self,
        place: usize,
        instruction: Reading,
        watch: &mut impl Watch,
    ) -> Result<usize, MachineFault> {
        let next = place + 1;
        let (opcode, operand) = match instruction {
            Reading::Operation { opcode, operand } => (opcode, operand),
            Reading::Data { value, .. } => return self.show(value, watch).map(|()| next),
            // The ends of blocks do nothing.
            _ => return Ok(next),
        };
        let Some(operation) = Mnemonic::of_opcode(opcode).filter(|known| known.is_executable()) else {
            return Err(MachineFault::UnknownOpcode { opcode });
        };
        match operation {
            Mnemonic::Push => self.push(small(operand.ok_or(MachineFault::NoOperand)?))?,
            Mnemonic::Dup => {
                let top = self.stack.last().ok_or(MachineFault::Underflow { needed: 1, present: 0 })?;
                let words = top.bits() / 64;
                let top = top.clone();
                self.charge_copy(words)?;
                self.push(top)?;
            }
            Mnemonic::Swap => {
                let (a, b) = self.pop_two()?;
                self.push(b)?;
                self.push(a)?;
            }
            Mnemonic::Pop => {
                self.pop()?;
            }
            Mnemonic::Clear => {
                self.long_bytes -= self.stack.iter().map(Integer::heap_bytes).sum::<usize>();
                self.stack.clear();
            }
            Mnemonic::Jump => return Ok(operand.map_or(next, to_place)),
            Mnemonic::JumpIf => {
                let jumps = !self.pop()?.is_zero();
                return Ok(operand.filter(|_| jumps).map_or(next, to_place));
            }
            Mnemonic::Call => {
                let target = operand.ok_or(MachineFault::NoOperand)?;
                if self.calls.len() >= self.limits.stack_max {
                    return Err(limit("stack_max", self.limits.stack_max as u64));
                }
                self.calls.push(next);
                return Ok(to_place(target));
            }
            Mnemonic::Return => return self.calls.pop().ok_or(MachineFault::NoCall),
            Mnemonic::Load => {
                let address = self.address(operand)?;
                let value = self.memory.load(address).cloned().unwrap_or(Integer::ZERO);
                self.charge_copy(value.bits() / 64)?;
                self.push(value)?;
            }
            Mnemonic::Store => self.store(operand)?,
            Mnemonic::Read => {
                let input = self.inputs.pop_front().unwrap_or(Integer::ZERO);
                self.push(input)?;
            }
            Mnemonic::Print | Mnemonic::Write => {
                let value = self.pop()?;
                self.print(&value, watch)?;
            }
            Mnemonic::Debug => {
                self.charge_digits()?;
                let stack: Vec<String> = self.stack.iter().map(ToString::to_string).collect();
                let text = format!("DEBUG: Stack=[{}], Memory={}", stack.join(","), self.memory);
                self.write(&text, watch)?;
            }
            Mnemonic::Add => self.replace_two(operation, i64::checked_add)?,
            Mnemonic::Sub => self.replace_two(operation, i64::checked_sub)?,
            Mnemonic::Mul => self.replace_two(operation, i64::checked_mul)?,
            Mnemonic::Eq => self.replace_two(operation, |a, b| Some((a == b).into()))?,
            Mnemonic::Lt => self.replace_two(operation, |a, b| Some((a < b).into()))?,
            Mnemonic::Gt => self.replace_two(operation, |a, b| Some((a > b).into()))?,
            Mnemonic::Halt => self.has_ended = true,
            Mnemonic::Nop => {}
            _ => {
                let value = self.compute(operation)?;
                self.push(value)?;
            }
        }
        Ok(next)
    }

    fn store(&mut self, operand: Option<u64>) -> Result<(), MachineFault> {
        let address = self.address(operand)?;
        let value = self.pop()?;
        if value.to_i64().is_none() {
            self.hold(&value)?;
        }
        if let Some(before) = self.memory.store(address, value) {
            self.long_bytes -= before.heap_bytes();
        }
        match self.memory.cells() > self.limits.memory_max {
            true => Err(limit("memory_max", self.limits.memory_max as u64)),
            false => Ok(()),
        }
    }

    fn address(&mut self, operand: Option<u64>) -> Result<u64, MachineFault> {
        match operand {
            Some(address) => Ok(address),
            None => {
                self.pop()?.to_i64().and_then(|word| u64::try_from(word).ok()).ok_or(MachineFault::Address)
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, value: Integer) -> Result<(), MachineFault> {
        if self.stack.len() >= self.limits.stack_max {
            return Err(limit("stack_max", self.limits.stack_max as u64));
        }
        if value.to_i64().is_none() {
            self.hold(&value)?;
        }
        self.stack.push(value);
        Ok(())
    }

    /// Counts the bytes of a number beyond one word, which is to be kept.
    #[cold]
    fn hold(&mut self, value: &Integer) -> Result<(), MachineFault> {
        let (bytes, max) = (self.long_bytes + value.heap_bytes(), self.limits.number_bytes_max);
        if bytes > max {
            return Err(limit("number_bytes_max", max as u64));
        }
        self.long_bytes = bytes;
        Ok(())
    }

    /// Puts in the place of the two topmost values what `of_words` makes of them, if they are machine words and so is that;
    /// else what [`compute`](Self::compute) does.
    #[inline(always)]
    fn replace_two(
        &mut self,
        operation: Mnemonic,
        of_words: impl Fn(i64, i64) -> Option<i64>,
    ) -> Result<(), MachineFault> {
        if let [.., below, top] = self.stack.as_mut_slice()
            && let (Some(a), Some(b)) = (below.to_i64(), top.to_i64())
            && let Some(word) = of_words(a, b)
        {
            *below = Integer::from(word);
            self.stack.pop();
            return Ok(());
        }
        let value = self.compute(operation)?;
        self.push(value)
    }

    #[inline]
    fn pop(&mut self) -> Result<Integer, MachineFault> {
        let value = self.stack.pop().ok_or(MachineFault::Underflow { needed: 1, present: 0 })?;
        self.long_bytes -= value.heap_bytes();
        Ok(value)
    }

    /// Pops two, and returns the one below first.
    #[inline]
    fn pop_two(&mut self) -> Result<(Integer, Integer), MachineFault> {
        let present = self.stack.len();
        if present < 2 {
            return Err(MachineFault::Underflow { needed: 2, present });
        }
        let b = self.pop()?;
        let a = self.pop()?;
        Ok((a, b))
    }

    /// Writes the character of a symbol, or keeps it until the second half of its pair is there.
    fn show(&mut self, value: u32, watch: &mut impl Watch) -> Result<(), MachineFault> {
        for character in self.characters.push(value).into_iter().flatten() {
            self.count_output(character.len_utf8())?;
            watch.output(character.encode_utf8(&mut [0; 4]));
        }
        Ok(())
    }

    fn print(&mut self, value: &Integer, watch: &mut impl Watch) -> Result<(), MachineFault> {
        // Turning a long number into digits takes about as long as a product of its length.
        self.charge(value, value)?;
        self.write(&value.to_string(), watch)
    }

    fn write(&mut self, text: &str, watch: &mut impl Watch) -> Result<(), MachineFault> {
        if let Some(character) = self.characters.finish() {
            self.count_output(character.len_utf8())?;
            watch.output(character.encode_utf8(&mut [0; 4]));
        }
        self.count_output(text.len())?;
        watch.output(text);
        Ok(())
    }

    fn count_output(&mut self, bytes: usize) -> Result<(), MachineFault> {
        self.output_bytes += bytes as u64;
        match self.output_bytes > self.limits.output_bytes_max {
            true => Err(limit("output_bytes_max", self.limits.output_bytes_max)),
            false => Ok(()),
        }
    }
}

fn limit(name: &'static str, max: u64) -> MachineFault {
    MachineFault::Limit { name, max }
}

fn operation_of(instruction: &Reading) -> Option<Mnemonic> {
    match *instruction {
        Reading::Operation { opcode, .. } => Mnemonic::of_opcode(opcode),
        _ => None,
    }
}

/// Returns an operand as a number; the largest operand is far below 2^63.
#[inline]
fn small(operand: u64) -> Integer {
    i64::try_from(operand).map_or_else(|_| Integer::of(false, operand.into()), Integer::from)
}

/// Returns a target as a place; one beyond what can be addressed is beyond every program.
#[inline]
fn to_place(target: u64) -> usize {
    usize::try_from(target).unwrap_or(usize::MAX)
}
