//! How many cores there are to work with.

/// Returns the number of cores the process may use.
///
/// ```
/// assert!(primestream_engine::all_cores() >= 1);
/// ```
pub fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
