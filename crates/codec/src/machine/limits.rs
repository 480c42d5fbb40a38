//! What a program may spend.

/// Upper bounds for running a program. Fill in what differs from the default.
///
/// # Examples
///
/// ```
/// use primestream_codec::machine::MachineLimits;
///
/// let patient = MachineLimits { instructions_max: 1 << 40, ..MachineLimits::default() };
/// assert_eq!(patient.stack_max, MachineLimits::default().stack_max);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineLimits {
    /// Most instructions executed.
    pub instructions_max: u64,
    /// Most instructions a program may have: all of them are kept, for jumps back.
    pub program_max: usize,
    /// Most values on the stack, and most calls that have not returned.
    pub stack_max: usize,
    /// Most memory cells in use.
    pub memory_max: usize,
    /// Most bytes of output.
    pub output_bytes_max: u64,
    /// Most bits of a number.
    pub number_bits_max: u64,
    /// Most bytes of all numbers beyond one word, on the stack and in memory.
    pub number_bytes_max: usize,
    /// Most products of two words spent on numbers beyond one word: what bounds the time of few instructions on long
    /// numbers.
    pub word_products_max: u64,
}

impl Default for MachineLimits {
    /// A million instructions, as the reference has, and about as much time for long numbers: some 10 ms each.
    fn default() -> Self {
        Self {
            instructions_max: 1_000_000,
            program_max: 1 << 20,
            stack_max: 1 << 16,
            memory_max: 1 << 16,
            output_bytes_max: 16 << 20,
            number_bits_max: 1 << 20,
            number_bytes_max: 16 << 20,
            word_products_max: 1 << 24,
        }
    }
}
