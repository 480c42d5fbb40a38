//! Finding better settings by trying them.

use std::num::NonZeroUsize;

use primestream_engine::{Pipeline, all_cores};

use super::{ProcessorError, StreamOptions, StreamProcessor};

/// What was found by [`StreamProcessor::optimize_performance`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Optimization {
    /// What the settings reached before.
    pub before: Trial,
    /// What the best settings reached, which are now those of the processor if it may change them.
    pub after: Trial,
    /// All that was tried, in order.
    pub trials: Vec<Trial>,
}

/// One try.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// The settings.
    pub options: StreamOptions,
    /// Items of the source in a second.
    pub items_per_second: f64,
    /// What would have made it faster; with `profiling_enabled` also which step takes most of its stage.
    pub advice: Vec<String>,
}

impl Optimization {
    /// Returns how many times as fast it is now.
    pub fn gain(&self) -> f64 {
        self.after.items_per_second / self.before.items_per_second.max(f64::MIN_POSITIVE)
    }
}

impl StreamProcessor {
    /// Runs a sample of the work under different chunk sizes and numbers of lanes, and keeps what was
    /// fastest. `sample` makes the pipeline under the settings it is given: it should take about a tenth of
    /// a second or more, and ask [`lanes`](Self::lanes) how many lanes to use.
    ///
    /// # Errors
    ///
    /// If the processor is not ready, or a sample fails.
    pub fn optimize_performance<F>(&mut self, sample: F) -> Result<Optimization, ProcessorError>
    where
        F: Fn(&StreamProcessor) -> Result<Pipeline, ProcessorError>,
    {
        self.must_be_ready("optimise")?;
        let before = self.try_out(self.options.clone(), &sample)?;
        let mut trials = vec![before.clone()];
        let mut best = before.clone();
        for chunk in CHUNKS {
            let options =
                StreamOptions { default_chunk_size: NonZeroUsize::new(chunk), ..best.options.clone() };
            best = self.better(best, options, &sample, &mut trials)?;
        }
        let all = all_cores();
        for lanes in [1, all.div_ceil(2), all] {
            let options = StreamOptions { max_concurrency: NonZeroUsize::new(lanes), ..best.options.clone() };
            best = self.better(best, options, &sample, &mut trials)?;
        }
        if self.options.enable_optimization {
            self.options = best.options.clone();
        }
        Ok(Optimization { before, after: best, trials })
    }

    fn better<F>(
        &mut self,
        best: Trial,
        options: StreamOptions,
        sample: &F,
        trials: &mut Vec<Trial>,
    ) -> Result<Trial, ProcessorError>
    where
        F: Fn(&StreamProcessor) -> Result<Pipeline, ProcessorError>,
    {
        if options == best.options {
            return Ok(best);
        }
        let trial = self.try_out(options, sample)?;
        trials.push(trial.clone());
        Ok(if trial.items_per_second > best.items_per_second { trial } else { best })
    }

    fn try_out<F>(&mut self, options: StreamOptions, sample: &F) -> Result<Trial, ProcessorError>
    where
        F: Fn(&StreamProcessor) -> Result<Pipeline, ProcessorError>,
    {
        let kept = std::mem::replace(&mut self.options, options.clone());
        let outcome = sample(self).and_then(|pipeline| self.run(pipeline));
        self.options = kept;
        let report = outcome?;
        Ok(Trial { options, items_per_second: report.items_per_second(), advice: report.advice() })
    }
}

/// Chunk sizes that are tried: from single items to what fills a cache.
const CHUNKS: [usize; 5] = [1, 16, 256, 4096, 32_768];
