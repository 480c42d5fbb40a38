//! Programs, executed as their codewords arrive.

use std::error::Error;

use primestream_codec::machine::{Integer, Machine, MachineError, MachineLimits, Pause, Watch};
use primestream_codec::{Limits, Reading};
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Interrupt, Operator, Outcome, Stream, Tally, Weigh};

use super::{Decode, Decoded, ProgramFault};
use crate::factor::Number;

/// What a codeword of a program stands for, as an item: [`Reading`] with its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instruction(pub Reading);

impl Weigh for Instruction {}

/// How a program is executed.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// What it may spend.
    pub limits: MachineLimits,
    /// What READ gives, in order.
    pub inputs: Vec<Integer>,
    /// Whether every instruction is told before it is executed.
    pub trace: bool,
}

/// What happens while a program is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// An output.
    Output(String),
    /// An instruction is about to be executed; told only on request.
    Executing {
        /// Its place in the program, from 0.
        place: usize,
        /// The instruction.
        instruction: Instruction,
        /// How many values are on the stack.
        depth: usize,
        /// The topmost of them.
        top: Option<Integer>,
    },
    /// The program failed, and this is the last that happens.
    Failed(MachineError),
    /// The program goes on with what is no instruction, and this is the last that happens.
    Unreadable(ProgramFault),
}

impl Weigh for Happening {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Output(text) => text.heap_bytes(),
            Self::Executing { top, .. } => top.as_ref().map_or(0, Integer::heap_bytes),
            Self::Failed(_) | Self::Unreadable(_) => 0,
        }
    }
}

/// Streams the outputs of a program as they are produced, while its codewords still arrive.
///
/// A jump ahead waits for its target. An integer that is no codeword, an instruction that fails and a limit that is reached
/// stop the pipeline, with the place; outputs on their way are then given up. [`execute_watched`] gives all of them.
///
/// # Examples
///
/// ```
/// use primestream::{codewords, prelude::*};
/// use primestream_codec::program::assemble;
///
/// let program = assemble("PUSH 20\nFACT\nPRINT\nTEXT \"!\"").expect("a program");
/// let numbers = Stream::iter(program.into_iter().map(|instruction| {
///     Number(instruction.to_codeword().expect("small").into_natural())
/// }));
/// let outputs = codewords::execute_streaming_program(numbers, codewords::Execution::default(), Limits::default());
/// assert_eq!(outputs.collect::<Vec<_>>()?, ["2432902008176640000", "!"]);
/// # Ok::<(), PipelineError>(())
/// ```
pub fn execute_streaming_program<H, C>(
    codewords: Stream<Number, H, C>,
    execution: Execution,
    limits: Limits,
) -> Stream<String>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let program = codewords
        .boxed()
        .through(Decode::new(limits))
        .enumerate()
        .map(|(index, Decoded { reading, .. })| {
            reading.map(Instruction).map_err(|unreadable| ProgramFault::Codeword { index, unreadable })
        })
        .boxed();
    execute(program, execution)
}

/// Streams the outputs of a program whose codewords have been read.
///
/// # Errors
///
/// As [`execute_streaming_program`].
pub fn execute<H, C>(
    program: Stream<Result<Instruction, ProgramFault>, H, C>,
    execution: Execution,
) -> Stream<String>
where
    H: Head,
    C: Operator<In = H::Item, Out = Result<Instruction, ProgramFault>>,
{
    execute_watched(program, Execution { trace: false, ..execution })
        .try_map(|happening| -> Result<_, Box<dyn Error + Send + Sync>> {
            match happening {
                Happening::Output(text) => Ok(Some(text)),
                Happening::Executing { .. } => Ok(None),
                Happening::Failed(error) => Err(error.into()),
                Happening::Unreadable(fault) => Err(fault.into()),
            }
        })
        .filter_map(|output| output)
        .boxed()
}

/// Streams what happens while a program is executed: every output, and behind them, as an item, why it broke off if it did.
/// What comes after that is not read; behind a HALT all is, so that a fault there is told too.
pub fn execute_watched<H, C>(
    program: Stream<Result<Instruction, ProgramFault>, H, C>,
    execution: Execution,
) -> Stream<Happening>
where
    H: Head,
    C: Operator<In = H::Item, Out = Result<Instruction, ProgramFault>>,
{
    program.boxed().through(Execute::new(execution)).boxed()
}

/// Gathers what happens in a slice.
struct Watcher {
    happenings: Vec<Happening>,
    trace: bool,
}

impl Watch for Watcher {
    fn output(&mut self, text: &str) {
        self.happenings.push(Happening::Output(text.to_owned()));
    }

    fn instruction(&mut self, place: usize, instruction: &Reading, stack: &[Integer]) {
        if self.trace {
            let (instruction, top) = (Instruction(*instruction), stack.last().cloned());
            self.happenings.push(Happening::Executing { place, instruction, depth: stack.len(), top });
        }
    }
}

/// Executes a program. Holds all of it, for jumps back.
struct Execute {
    execution: Execution,
    machine: Machine,
    stage: Stage,
    tally: Tally,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// The program has ended by itself.
    Ended,
    /// It broke off, which was told.
    BrokenOff,
}

impl Execute {
    fn new(execution: Execution) -> Self {
        let mut machine = Machine::new(execution.limits);
        execution.inputs.iter().for_each(|input| machine.feed(input.clone()));
        Self { execution, machine, stage: Stage::Running, tally: Tally::default() }
    }

    /// Goes on as far as the program is there, in slices between which the pipeline may stop.
    fn go_on(&mut self, out: &mut impl Emit<Happening>) -> Outcome {
        while self.stage == Stage::Running && !out.is_stopping() {
            let mut watcher = Watcher { happenings: Vec::new(), trace: self.execution.trace };
            let pause = self.machine.run(SLICE, &mut watcher);
            for happening in watcher.happenings {
                self.tally.created += 1;
                out.emit(happening)?;
            }
            match pause {
                Ok(Pause::Sliced) => {}
                Ok(Pause::Waiting) => return Ok(()),
                Ok(Pause::Ended) => self.stage = Stage::Ended,
                Err(error) => return self.break_off(Happening::Failed(error), out),
            }
        }
        Ok(())
    }

    fn break_off(&mut self, why: Happening, out: &mut impl Emit<Happening>) -> Outcome {
        self.stage = Stage::BrokenOff;
        self.tally.created += 1;
        out.emit(why)
    }
}

impl Operator for Execute {
    type In = Result<Instruction, ProgramFault>;
    type Out = Happening;

    fn on_item(&mut self, item: Self::In, out: &mut impl Emit<Happening>) -> Outcome {
        self.tally.absorbed += 1;
        match (item, self.stage) {
            (_, Stage::BrokenOff) | (Ok(_), Stage::Ended) => {}
            (Err(fault), _) => self.break_off(Happening::Unreadable(fault), out)?,
            (Ok(Instruction(instruction)), Stage::Running) => match self.machine.load(instruction) {
                Ok(()) => self.go_on(out)?,
                Err(error) => self.break_off(Happening::Failed(error), out)?,
            },
        }
        if self.stage == Stage::BrokenOff { Err(Interrupt::Done) } else { Ok(()) }
    }

    fn on_end(&mut self, out: &mut impl Emit<Happening>) -> Outcome {
        self.machine.end_program();
        self.go_on(out)
    }

    fn fork(&self) -> Self {
        Self::new(self.execution.clone())
    }

    fn name(&self) -> &'static str {
        "execute"
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn held_bytes(&self) -> usize {
        self.machine.heap_bytes()
    }
}

/// Instructions between two looks at whether the pipeline stops, and between handing on outputs: about a tenth of a
/// millisecond.
const SLICE: u64 = 10_000;
