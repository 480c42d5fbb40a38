//! What a processor's steps of codewords and of primes do: settings, and the steps that follow them.
//!
//! The verbs themselves are those of [`container`](crate::container) and [`Factor`]; here they get their
//! arguments from the settings, and the lanes and the memory of the processor.

use std::io::Read;

use primestream_codec::container::{Compression, ContainerId, Header, Positions, Settings};
use primestream_codec::{BlockLen, Units};
use primestream_engine::faults::Guarded;
use primestream_engine::stream::{Head, Stepped};
use primestream_engine::{Operator, Stream};
use primestream_primes::Effort;
use serde::{Deserialize, Serialize};

use super::{OptionsError, ProcessorError, StateError, StreamProcessor};
use crate::container::{self, Decode, Encode};
use crate::{Factor, Number};

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
    Low,
    /// Tenths of a second.
    #[default]
    Normal,
    /// Some seconds.
    High,
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
        let how = Encode { lanes: self.lanes(), verify: encoding.verify };
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
}
