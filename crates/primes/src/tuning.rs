//! Every threshold of this crate, each with what larger and smaller values do.

use crate::factor::Limits;

/// Words from which on a Montgomery product is made apart from its reduction, two rows at a time.
///
/// Lower writes short products to memory and back, higher reads every row of a long one twice.
/// At 16 words both take as long. Lengths from here on are even.
pub const ROWS_BY_TWO_MIN: usize = 24;

/// Decimal digits read by the plain quadratic loop before halves are joined by a product.
///
/// Higher slows long numbers by the square; lower spends calls on short ones. From 256
/// to 1024 the time for 10^5 digits does not move; at 64 and 2048 it is a third longer.
pub const LEAF_DIGITS: usize = 512;

/// Primes in the canonical table.
///
/// Doubling it doubles the 2 MiB it fills once asked for and the milliseconds of its
/// first use. Lowering it takes meaning from codewords already written: never.
pub const TABLE_LEN: usize = 1 << 19;

/// A bound above the last prime of the table, for the sieve that fills it.
///
/// The table is checked to be full when it is built; the last prime is 7 754 077.
pub const TABLE_SIEVE_END: usize = 7_754_080;

/// Discriminant at which the Lucas test stops to ask whether its number is a square.
///
/// A square has no discriminant and would be searched for ever. Sooner costs a square
/// root on numbers that need none: after thirteen tries one in 2^13 is left.
pub const LUCAS_SQUARE_CHECK: u64 = 29;

/// Bytes of the first segment of a range.
///
/// Lower brings the first prime sooner, higher reaches full speed in fewer doublings.
pub const SEGMENT_BYTES_MIN: usize = 1 << 11;

/// Bytes of a segment at full size; each stands for 30 numbers.
///
/// Higher spreads the cost of a sieving prime over more multiples until the segment
/// leaves the second-level cache; lower pays for every prime more often, which at
/// 10^13 costs a third.
pub const SEGMENT_BYTES_MAX: usize = 1 << 18;

/// Bytes of the pieces of a segment that the smallest sieving primes go over.
///
/// They stay in the first-level cache, with the patterns of the presieve in the second.
/// Higher leaves it, lower pays for every prime more often.
pub const PIECE_BYTES: usize = 1 << 15;

/// First sieving prime that goes over whole segments.
///
/// Higher pays for primes that have few multiples in a piece, lower leaves crossings to
/// the slower cache.
pub const PIECE_PRIME_END: u64 = 1 << 14;

/// First sieving prime that is not crossed off by whole turns of the wheel.
///
/// A turn is as many bytes as its prime is large, and so is what lies behind a segment: higher takes longer to
/// join what is left of turns, lower guesses wrong more often where a turn begins and ends.
pub const TURNING_PRIME_END: u64 = 1 << 19;

/// Bytes of the largest block that is sieved at once on the way back.
///
/// A block is sieved by itself, so every sieving prime is prepared again for each: higher
/// does so less often, lower holds less.
pub const BACKWARD_BYTES_MAX: usize = 1 << 22;

const _: () = assert!(
    SEGMENT_BYTES_MIN.is_multiple_of(8)
        && SEGMENT_BYTES_MAX.is_multiple_of(8)
        && BACKWARD_BYTES_MAX.is_multiple_of(8),
    "whole words"
);

/// Largest prime a range is sieved by where survivors are tested.
///
/// Higher tests fewer of them but holds twelve bytes for each sieving prime and visits
/// each in every segment: 296 000 of them, or 3.4 MiB, for 2^22.
pub const SIEVING_PRIME_MAX: u64 = 1 << 22;

/// Largest prime that is kept from segment to segment in a window; larger ones leave notes.
///
/// Higher visits primes in segments they do not meet, lower writes a note for multiples that
/// would be crossed off as cheaply.
pub const KEPT_PRIME_MAX: u64 = 1 << 20;

const _: () = assert!(KEPT_PRIME_MAX <= SIEVING_PRIME_MAX, "what is sieved by before a window is kept in it");

/// Most bytes of a window, each of which stands for 30 numbers.
///
/// Higher prepares windows less often, which from 10^16 on is what they cost most; a ninth of it is held besides while one
/// is opened. With 40 MiB a walk stays below 56.
pub const WINDOW_BYTES_MAX: usize = 40 << 20;

/// The root of a number, divided by this, is how many numbers the first window has while nothing is known of how many primes
/// are wanted.
///
/// At 16 its bits cost a sixth of its preparation. Lower lets whoever stops soon wait for what nobody wanted, higher
/// prepares more often before windows have grown.
pub const WINDOW_FIRST: u64 = 16;

const _: () = assert!(
    WINDOW_BYTES_MAX.is_multiple_of(SEGMENT_BYTES_MAX) && (WINDOW_BYTES_MAX as u64) < 1 << 28,
    "whole segments, and seven times the largest sieving prime away a byte still has 32 bits"
);

/// The root of a number, divided by this, is how many numbers from there on must be wanted for
/// a window to cost less than tests.
///
/// The preparation of a window walks along the primes below the root; a number costs some
/// thirty nanoseconds to test its share of survivors. Higher opens windows that are not
/// repaid, lower tests where sieving is cheaper.
pub const WINDOW_PAYS: u64 = 64;

/// Share of the numbers at which a window pays after which one is opened while nothing is
/// known of how many primes are wanted.
///
/// At 1 no walk costs more than twice what foresight would; higher costs those who stop right
/// behind it more, and gains for those who go on, which most do who came so far.
pub const WINDOW_TRIES: u64 = 4;

const _: () = assert!(SIEVING_PRIME_MAX <= 30 * SEGMENT_BYTES_MAX as u64, "a full segment takes them all");
const _: () = assert!(SIEVING_PRIME_MAX < TABLE_SIEVE_END as u64 - 100, "sieving primes come from the table");

/// Work at [`Effort::Quick`](crate::Effort::Quick): some thousandths of a second.
pub(crate) const EFFORT_QUICK: Limits = Limits {
    trial_end: 1 << 12,
    primality_bits_max: 1 << 11,
    power_bits_max: 1 << 12,
    curve_work: 5_000_000,
    siqs_bits_max: 100,
};

/// Work at [`Effort::Normal`](crate::Effort::Normal): what a person waits for without asking why.
///
/// Twice the bits tested for primality cost eight times as long; curves find a factor longer by five digits
/// for fifteen times their work.
pub(crate) const EFFORT_NORMAL: Limits = Limits {
    trial_end: 1 << 16,
    primality_bits_max: 1 << 12,
    power_bits_max: 1 << 19,
    curve_work: 4_000_000_000,
    siqs_bits_max: 200,
};

/// Work at [`Effort::Deep`](crate::Effort::Deep): what is worth waiting for.
pub(crate) const EFFORT_DEEP: Limits = Limits {
    trial_end: 1 << 16,
    primality_bits_max: 1 << 14,
    power_bits_max: 1 << 20,
    curve_work: 1_000_000_000_000,
    siqs_bits_max: 400,
};

const _: () = assert!(
    EFFORT_DEEP.power_bits_max / EFFORT_DEEP.trial_end.ilog2() as u64 <= 1 << 16,
    "exponents of perfect powers come from the small table"
);

/// Longest composite of one word that Hart's method splits.
///
/// Set where its time and that of the first curves cross. Higher slows numbers of 40 bits, whose steps go with
/// the cube root; lower spends set-up of curves on numbers of 32 bits.
pub const HART_BITS_MAX: u32 = 38;

/// The same where eight curves in step cost little more than one.
pub const HART_BITS_MAX_BESIDE_LANES: u32 = 34;

const _: () = assert!(HART_BITS_MAX_BESIDE_LANES <= HART_BITS_MAX, "Hart's method takes what it is made for");

/// Bounds of the two stages of curves in one word, and the wheel of the second.
///
/// A factor twice as long wants bounds about three times as high. The first entry comes first for every number,
/// since nothing is known of its factors.
pub const WORD_ECM: [(u64, u64, u64); 4] =
    [(27, 800, 60), (50, 2_000, 60), (100, 5_000, 120), (180, 10_000, 210)];

/// Longest number, in bits, that each entry but the last of [`WORD_ECM`] serves.
pub const WORD_ECM_LEVEL_BITS: [u32; 3] = [46, 52, 58];

/// Longest number, bounds of the two stages and wheel of the second, for curves of eight words in step.
///
/// The first curve of a number has the bounds of the third entry at most, since nothing is known of its factors. Up to 48 bits,
/// where a product costs little, higher bounds pay.
pub const EIGHT_ECM: [(u32, u64, u64, u64); 8] = [
    (28, 10, 100, 30),
    (34, 20, 250, 30),
    (42, 27, 800, 60),
    (45, 40, 2_000, 60),
    (48, 60, 3_500, 120),
    (52, 80, 5_000, 120),
    (58, 120, 7_000, 210),
    (64, 200, 10_000, 210),
];

/// Wheel of the second stage of curves for numbers of more than a word, 2·3·5·7·11.
///
/// Higher pays for more babies in every block of giants, lower for more giants.
pub(crate) const ECM_WHEEL: u64 = 2_310;

/// The wheel up to [`SHORT_WHEEL_END`], where 240 babies would cost more than all else.
pub(crate) const SHORT_WHEEL: u64 = 210;

/// First second bound of a curve that takes the larger wheel.
pub(crate) const SHORT_WHEEL_END: u64 = 60_000;

/// Curves for factors of less than fifteen digits: how many, and their first bounds.
///
/// More of the first find factors of eight digits that the next would find too, at four times the price.
pub const SHORT_CURVES: [(u64, u64); 3] = [(4, 60), (8, 150), (12, 500)];

/// The part of the sieve's work that curves may cost before it: one in so many.
///
/// Lower finds more factors without a sieve, and delays it where there are none; higher sieves numbers
/// whose factors a few curves more would have found.
pub const CURVES_OF_SIEVE: u64 = 6;

/// First number not tried as a divisor of a number of two words.
///
/// A curve finds a factor of eleven bits there in the time of a few hundred trials; higher only delays it, lower
/// leaves factors so small that curves meet several at once.
pub const TRIAL_DOUBLE_END: u32 = 1 << 11;

/// Steps of rho between two greatest common divisors.
///
/// Higher spends fewer divisors and replays more steps when several factors fall
/// into one batch, which small factors do.
pub const RHO_BATCH_STEPS: u64 = 128;

/// Polynomials `x² + c` rho tries before it gives up.
///
/// One that fails met every factor of the number in the same step; two in a row are
/// rare. The bound makes the loop finite.
pub const RHO_POLYNOMIALS_MAX: u64 = 64;

/// Chance of taking a number for a perfect power before the root is drawn, as bits.
///
/// Higher spends passes over the number on more residues, lower draws roots in vain.
pub const POWER_FILTER_BITS: u32 = 24;
