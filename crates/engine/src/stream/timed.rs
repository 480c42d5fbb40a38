//! Streams and time: sources that wait, and steps that do.

use std::time::Duration;

use super::{Fresh, Gathered, Head, Stream};
use crate::operator::Operator;
use crate::operators::{Batch, Debounce, Rate, Throttle};
use crate::order::Order;
use crate::plan::exchange::Exchange;
use crate::sources::{Channel, Interval, Pusher, channel};
use crate::weigh::Weigh;

impl Stream<()> {
    /// Makes a stream of the items that are pushed from outside. About `bytes_max` bytes of them wait
    /// besides what the pipeline holds; whoever pushes more waits.
    ///
    /// ```
    /// use primestream_engine::Stream;
    ///
    /// let (pusher, stream) = Stream::channel(1 << 16);
    /// let pushing = std::thread::spawn(move || (0..1000u32).try_for_each(|n| pusher.push(n)));
    /// assert_eq!(stream.fold(0, |sum, n| sum + n)?, 499_500);
    /// assert!(pushing.join().is_ok());
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn channel<T: Weigh + Send + 'static>(bytes_max: usize) -> (Pusher<T>, Fresh<Channel<T>>) {
        let (pusher, source) = channel(bytes_max);
        (pusher, Stream::from_source(source))
    }

    /// Streams 0, 1, 2, … each a period after the one before, the first a period after the start.
    ///
    /// ```
    /// use std::time::Duration;
    /// use primestream_engine::Stream;
    ///
    /// let day = Stream::interval(Duration::from_secs(3600)).take(24).simulated(1);
    /// assert_eq!(day.count()?, 24); // in no time, as it is simulated
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn interval(period: Duration) -> Fresh<Interval> {
        Stream::from_source(Interval::new(period))
    }
}

/// Steps that wait. None occupies a thread meanwhile.
impl<T, H, C> Stream<T, H, C>
where
    T: Weigh + Send + 'static,
    H: Head,
    C: Operator<In = H::Item, Out = T>,
{
    /// Passes items on at most at a rate, one unit each.
    ///
    /// ```
    /// use std::time::Duration;
    /// use primestream_engine::{Rate, Stream};
    ///
    /// let report =
    ///     Stream::iter(0..100).throttle(Rate::per_second(10.0)).simulated(1).for_each(|_| ())?;
    /// assert!(report.elapsed() >= Duration::from_millis(9900));
    /// # Ok::<(), primestream_engine::PipelineError>(())
    /// ```
    pub fn throttle(self, rate: Rate) -> Gathered<H, C, Throttle<T, impl Fn(&T) -> f64 + Send + 'static>> {
        self.throttle_by(rate, |_| 1.0)
    }

    /// Passes items on at most at a rate, each at the cost a function says, in the units of the rate.
    pub fn throttle_by<F>(self, rate: Rate, cost: F) -> Gathered<H, C, Throttle<T, F>>
    where
        F: Fn(&T) -> f64 + Send + 'static,
    {
        self.gather().step(Throttle::new(rate, cost))
    }

    /// Passes an item on when none has followed it for `quiet`; the others are left out.
    pub fn debounce(self, quiet: Duration) -> Gathered<H, C, Debounce<T>> {
        self.gather().step(Debounce::new(quiet))
    }

    /// Gathers items into vectors of at most `count`, handed on when full or when the oldest item in it has
    /// waited for `time`.
    ///
    /// # Panics
    ///
    /// If `count` is 0.
    pub fn batch_within(self, count: usize, time: Duration) -> Gathered<H, C, Batch<T>> {
        self.gather().step(Batch::within(count, time))
    }

    /// Ends the stage here and lets up to `chunks` chunks wait before the next one, within the memory
    /// limit: what comes before can run ahead of what follows.
    ///
    /// # Panics
    ///
    /// If `chunks` is 0.
    pub fn buffer(self, chunks: usize) -> Stream<T> {
        assert!(chunks > 0, "a line without places lets nothing pass");
        let exchange = Exchange::with_places(Order::Input, chunks + self.head.lanes(), self.chunker.clone());
        let (closed, options) = self.led_to(exchange.port());
        Stream::behind(exchange, closed, options)
    }
}
