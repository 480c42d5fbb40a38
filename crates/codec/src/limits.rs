//! What a reader may spend on foreign bytes.
//!
//! Every length that comes from outside is compared with one of these before
//! memory is asked for. The defaults read everything this crate writes.

/// Upper bounds for reading. Fill in what differs from the default.
///
/// # Examples
///
/// ```
/// use primestream_codec::Limits;
///
/// let small = Limits { frame_bytes_max: 1 << 20, ..Limits::default() };
/// assert!(small.frame_bytes_max < Limits::default().frame_bytes_max);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes in the payload of one frame, as stored and once decompressed.
    pub frame_bytes_max: usize,
    /// Most symbols in one frame.
    pub frame_symbols_max: usize,
    /// Most bits in one codeword; a longer one is told as damage that names this limit. The furthest global position has
    /// 611 000.
    pub codeword_bits_max: u64,
    /// Most symbols in the whole content, for functions that hold it in memory.
    pub content_symbols_max: usize,
    /// Most single codewords listed in the report on one damaged frame.
    pub codewords_listed_max: usize,
}

impl Limits {
    /// Returns the most bytes a reader and a decoder with these limits hold together.
    ///
    /// Stored payload, the same while searching behind damage, decompressed payload, symbols
    /// and the report on a damaged frame. The tables that all share (codewords and primes, up to
    /// 8 MiB, made once) and zstd's own workspace (below 256 KiB) are apart.
    #[must_use]
    pub const fn memory_bytes_max(&self) -> usize {
        let report = self.codewords_listed_max.saturating_mul(size_of::<crate::CodewordDamage>());
        self.frame_bytes_max
            .saturating_mul(3)
            .saturating_add(self.frame_symbols_max.saturating_mul(2))
            .saturating_add(report)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes_max: 64 << 20,
            frame_symbols_max: 1 << 20,
            codeword_bits_max: 1 << 20,
            content_symbols_max: 1 << 30,
            codewords_listed_max: 256,
        }
    }
}
