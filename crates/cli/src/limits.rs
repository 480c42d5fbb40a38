//! Bounds of a program, as arguments.

use primestream_codec::machine::MachineLimits;

/// A bound by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    set: fn(&mut MachineLimits, u64),
    value: u64,
}

impl Limit {
    pub(crate) fn apply(self, limits: &mut MachineLimits) {
        (self.set)(limits, self.value);
    }
}

/// Reads `NAME=N`.
pub(crate) fn parse(text: &str) -> Result<Limit, String> {
    let (name, value) = text.split_once('=').ok_or("NAME=N is wanted, such as stack_max=1000")?;
    let value = value.parse().map_err(|_| format!("`{value}` is not a number"))?;
    let set: fn(&mut MachineLimits, u64) = match name {
        "instructions_max" => |limits, value| limits.instructions_max = value,
        "program_max" => |limits, value| limits.program_max = size(value),
        "stack_max" => |limits, value| limits.stack_max = size(value),
        "memory_max" => |limits, value| limits.memory_max = size(value),
        "output_bytes_max" => |limits, value| limits.output_bytes_max = value,
        "number_bits_max" => |limits, value| limits.number_bits_max = value,
        "number_bytes_max" => |limits, value| limits.number_bytes_max = size(value),
        "word_products_max" => |limits, value| limits.word_products_max = value,
        _ => return Err(format!("`{name}` is no limit of a program")),
    };
    Ok(Limit { set, value })
}

fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
