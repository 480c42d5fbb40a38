//! What a processor's steps of codewords and of primes do: settings, and the steps that follow them.
//!
//! The verbs themselves are those of [`container`](crate::container) and [`Factor`]; here they get their
//! arguments from the settings, and the lanes and the memory of the processor.

use std::io::Read;
use std::num::NonZeroUsize;

use primestream_codec::container::{Compression, ContainerId, Header, Positions, Settings};
use primestream_codec::{BlockLen, Units};
use primestream_engine::faults::Guarded;
use primestream_engine::stream::{Head, Stepped};
use primestream_engine::{Operator, Order, Stream};
use primestream_primes::{Band, Effort};
use serde::{Deserialize, Serialize};

use super::{OptionsError, ProcessorError, StateError, StreamProcessor};
use crate::container::{self, Decode, Encode};
use crate::{BandOptions, BandReport, BandSelector, Factor, Factored, Number, process_band_optimized_stream};

/// How [`StreamProcessor::encode`] writes. Reading needs no settings: a container says how it was written.
///
/// ```
/// use primestream::processor::{EncodingOptions, Symbol};
///
/// let options: EncodingOptions = serde_json::from_str(r#"{"symbols": "utf16", "compress": true}"#)?;
/// assert_eq!((options.symbols, options.compress), (Symbol::Utf16, true));
/// assert!(serde_json::from_str::<EncodingOptions>(r#"{"symbols": "utf8"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncodingOptions {
    /// What one codeword stands for.
    pub symbols: Symbol,
    /// Whether positions are counted through the whole content, as the reference does, or in each block.
    pub global_positions: bool,
    /// Whether frames are compressed where that makes them shorter.
    pub compress: bool,
    /// Symbols of a full block, from 8 to 256.
    pub block_len: usize,
    /// Whether every frame is decoded again and compared before it is handed on.
    pub verify: bool,
}

/// What one codeword stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Symbol {
    /// A byte.
    #[default]
    Bytes,
    /// A UTF-16 code unit; the content is text.
    Utf16,
}

/// How [`StreamProcessor::factor`] works.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrimesOptions {
    /// How much work a number may cost before what is left is its cofactor.
    pub effort: FactorEffort,
}

/// The [`Effort`] of a factorisation, as settings name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FactorEffort {
    /// Milliseconds.
    Quick,
    /// Seconds at most.
    #[default]
    Normal,
    /// Minutes, or days.
    Deep,
}

impl From<FactorEffort> for Effort {
    fn from(effort: FactorEffort) -> Self {
        match effort {
            FactorEffort::Quick => Effort::Quick,
            FactorEffort::Normal => Effort::Normal,
            FactorEffort::Deep => Effort::Deep,
        }
    }
}

/// How [`StreamProcessor::factor_by_band`] routes numbers.
///
/// ```
/// use primestream::BandSelector;
/// use primestream::processor::StreamOptions;
/// use primestream_primes::Band;
///
/// let options: StreamOptions = serde_json::from_str(r#"{"bands": {"select": "fixed", "bits": 64}}"#)?;
/// assert_eq!(options.bands.selector()?, BandSelector::Fixed(Band::Bits64));
/// let options: StreamOptions = serde_json::from_str(r#"{"bands": {"select": "fixed"}}"#)?;
/// let error = options.validate().expect_err("which one?");
/// assert_eq!(error.to_string(), "`bands.bits` is absent, but must be a length from 1 on where the band is fixed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BandsOptions {
    /// What decides on the band of a number.
    pub select: BandChoice,
    /// The length, in bits, whose band all numbers are worked off as: where the choice is fixed, and only there.
    pub bits: Option<u64>,
}

/// What decides on the band of a number, as settings name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BandChoice {
    /// Its length.
    #[default]
    Bits,
    /// Its length, and what numbers of that length cost so far.
    Measured,
    /// The settings: one band for all.
    Fixed,
}

impl BandsOptions {
    /// Returns what they stand for.
    ///
    /// # Errors
    ///
    /// If a fixed band is not named, or one is named that is not fixed.
    pub fn selector(&self) -> Result<BandSelector, OptionsError> {
        let wrong = |value: String, rule| OptionsError { option: "bands.bits", value, rule };
        match (self.select, self.bits) {
            (BandChoice::Bits, None) => Ok(BandSelector::ByBits),
            (BandChoice::Measured, None) => Ok(BandSelector::Measured),
            (BandChoice::Fixed, Some(bits @ 1..)) => Ok(BandSelector::Fixed(Band::of_bits(bits))),
            (BandChoice::Fixed, bits) => {
                let value = bits.map_or_else(|| "absent".to_owned(), |bits| bits.to_string());
                Err(wrong(value, "a length from 1 on where the band is fixed"))
            }
            (_, Some(bits)) => Err(wrong(bits.to_string(), "absent unless the band is fixed")),
        }
    }
}

impl Default for EncodingOptions {
    fn default() -> Self {
        Self {
            symbols: Symbol::Bytes,
            global_positions: false,
            compress: false,
            block_len: BlockLen::DEFAULT.get(),
            verify: false,
        }
    }
}

impl EncodingOptions {
    /// Returns the settings of a container.
    ///
    /// # Errors
    ///
    /// If there are no blocks of this length.
    pub fn settings(&self) -> Result<Settings, OptionsError> {
        let block_len = BlockLen::try_new(self.block_len).ok_or_else(|| OptionsError {
            option: "block_len",
            value: self.block_len.to_string(),
            rule: "from 8 to 256",
        })?;
        let units = match self.symbols {
            Symbol::Bytes => Units::Bytes,
            Symbol::Utf16 => Units::Utf16,
        };
        let positions = if self.global_positions { Positions::Global } else { Positions::Block };
        let compression = if self.compress { Compression::Zstd } else { Compression::None };
        Ok(Settings::default()
            .with_units(units)
            .with_positions(positions)
            .with_compression(compression)
            .with_block_len(block_len))
    }
}

impl StreamProcessor {
    /// Streams the bytes of the container of a content, written as the settings say.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn encode<R>(&self, content: R, id: ContainerId) -> Result<Stream<Vec<u8>>, ProcessorError>
    where
        R: Read + Send + 'static,
    {
        let encoding = &self.options.encoding;
        let header = Header::new(encoding.settings()?, id);
        let how = Encode { lanes: self.lanes(), verify: encoding.verify, ..Encode::default() };
        Ok(self.create_pipeline(container::encode(content, header, how))?)
    }

    /// Streams the content of a container; damage stops the pipeline.
    ///
    /// # Errors
    ///
    /// If the processor is not ready, or this is no container that can be read.
    pub fn decode<R>(&self, container: R) -> Result<(Header, Stream<Vec<u8>>), ProcessorError>
    where
        R: Read + Send + 'static,
    {
        let how = Decode { lanes: self.lanes(), ..Decode::default() };
        let (header, content) = container::decode(container, how).map_err(ProcessorError::Container)?;
        Ok((header, self.create_pipeline(content)?))
    }

    /// Adds a step that factors numbers with the effort of the settings.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn factor<H, C>(
        &self,
        numbers: Stream<Number, H, C>,
    ) -> Result<Stepped<H, C, Guarded<Factor>>, StateError>
    where
        H: Head,
        C: Operator<In = H::Item, Out = Number>,
    {
        Ok(self.create_pipeline(numbers)?.through(Factor::new(self.options.primes.effort.into())))
    }

    /// Factors numbers by band, with effort, bands and lanes of the settings, and keeps an account of each band.
    /// Answers come in the order of the numbers.
    ///
    /// # Errors
    ///
    /// If the processor is not ready.
    pub fn factor_by_band<H, C>(
        &self,
        numbers: Stream<Number, H, C>,
    ) -> Result<(Stream<Factored>, BandReport), ProcessorError>
    where
        H: Head,
        C: Operator<In = H::Item, Out = Number>,
    {
        let options = BandOptions {
            allowance: Effort::from(self.options.primes.effort).into(),
            lanes: NonZeroUsize::new(self.lanes()).unwrap_or(NonZeroUsize::MIN),
            order: Order::Input,
            hard_lanes: NonZeroUsize::MIN,
        };
        let selector = self.options.bands.selector()?;
        Ok(process_band_optimized_stream(self.create_pipeline(numbers)?, selector, options))
    }
}
