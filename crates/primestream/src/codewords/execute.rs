//! Programs, executed as their codewords arrive.

use primestream_codec::machine::{Integer, Machine, MachineLimits, Pause};
use primestream_codec::{Limits, Reading};
use primestream_engine::stream::Head;
use primestream_engine::{Emit, Interrupt, Operator, Order, Outcome, Stream, Tally, Weigh};

use super::{Decode, Decoded};
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
}

/// Streams the outputs of a program as they are produced, while its codewords still arrive.
///
/// A jump ahead waits for its target. An integer that is no codeword, an instruction that fails and a limit that is reached
/// stop the pipeline, with the place; what was output before is not lost.
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
        .parallel(1, Order::Input)
        .through(Decode::new(limits))
        .try_map(|Decoded { reading, .. }| reading.map(Instruction))
        .boxed();
    execute(program, execution)
}

/// Streams the outputs of a program whose codewords have been read.
///
/// # Errors
///
/// As [`execute_streaming_program`].
pub fn execute<H, C>(program: Stream<Instruction, H, C>, execution: Execution) -> Stream<String>
where
    H: Head,
    C: Operator<In = H::Item, Out = Instruction>,
{
    program.boxed().through(Execute::new(execution)).boxed()
}

/// Executes a program. Holds all of it, for jumps back.
struct Execute {
    execution: Execution,
    machine: Machine,
    has_ended: bool,
    tally: Tally,
}

impl Execute {
    fn new(execution: Execution) -> Self {
        let mut machine = Machine::new(execution.limits);
        execution.inputs.iter().for_each(|input| machine.feed(input.clone()));
        Self { execution, machine, has_ended: false, tally: Tally::default() }
    }

    /// Goes on as far as the program is there, in slices between which the pipeline may stop.
    fn go_on(&mut self, out: &mut impl Emit<String>) -> Outcome {
        while !self.has_ended && !out.is_stopping() {
            let mut outputs = Vec::new();
            let pause = self.machine.run(SLICE, &mut |text: &str| outputs.push(text.to_owned()));
            for output in outputs {
                self.tally.created += 1;
                out.emit(output)?;
            }
            match pause.map_err(|error| Interrupt::failed("execute", error))? {
                Pause::Sliced => {}
                Pause::Waiting => return Ok(()),
                Pause::Ended => self.has_ended = true,
            }
        }
        Ok(())
    }
}

impl Operator for Execute {
    type In = Instruction;
    type Out = String;

    fn on_item(&mut self, Instruction(instruction): Instruction, out: &mut impl Emit<String>) -> Outcome {
        self.tally.absorbed += 1;
        if self.has_ended {
            return Ok(());
        }
        self.machine.load(instruction).map_err(|error| Interrupt::failed("execute", error))?;
        self.go_on(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<String>) -> Outcome {
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
