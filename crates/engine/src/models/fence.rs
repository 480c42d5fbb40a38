//! Watermarks and barriers: nothing overtakes one, whether several producers put to one exchange or several lanes share a
//! stage.

use std::sync::Arc;

use super::crew::Crew;
use super::exchange::{chunk, put};
use super::{OF_FEW_STEPS, OF_MANY_STEPS, explore, together};
use crate::budget::Budget;
use crate::checkpoint::Epoch;
use crate::message::Message;
use crate::operators::Identity;
use crate::order::Order;
use crate::plan::exchange::{Exchange, Sight};
use crate::plan::lane_stage::LaneStage;
use crate::plan::outflow::Outflow;
use crate::plan::stage::Stage;
use crate::runtime::signal::Signal;
use crate::time::EventTime;

/// Returns what waits, in order: watermarks below 0.
fn drain(exchange: &Exchange<u64>) -> Vec<i64> {
    let all = std::iter::from_fn(|| exchange.take());
    all.map(|message| match message {
        Message::Chunk(chunk) => i64::try_from(chunk.into_parts().0[0]).expect("items are small"),
        Message::Watermark(at) => -at.as_nanos(),
        Message::Barrier(epoch) => -i64::try_from(epoch.get()).expect("epochs are small"),
    })
    .collect()
}

fn watermark(at: i64) -> Message<u64> {
    Message::Watermark(EventTime::from_nanos(at))
}

#[test]
fn a_watermark_of_several_producers_comes_behind_what_was_put_before_it_and_never_falls() {
    explore(OF_FEW_STEPS, || {
        let budget = Budget::new(100);
        let exchange = Exchange::with_places(Order::Relaxed, 8, None);
        // Items are the times at which they happened.
        let producer = |said: [i64; 4]| {
            let (port, budget) = (exchange.port(), budget.clone());
            move || {
                let place = port.open().expect("there are places for all");
                for at in said {
                    let item = u64::try_from(at).map(|item| chunk(&budget, item));
                    port.put(place, item.unwrap_or_else(|_| watermark(-at)));
                }
                port.close_place(place);
                port.end();
            }
        };
        together(producer([1, -4, -6, 6]), producer([2, -5, 5, -7]), || ());
        let all = drain(&exchange);
        assert_eq!(all.iter().filter(|said| **said > 0).count(), 4, "{all:?}");
        let mut risen = 0;
        for said in &all {
            if *said < 0 {
                assert!(-said > risen, "a watermark falls: {all:?}");
                risen = -said;
            } else {
                assert!(*said >= risen, "an item comes behind a later watermark: {all:?}");
            }
        }
        assert!(risen >= 4, "no watermark came: {all:?}");
    });
}

#[test]
fn a_barrier_of_several_producers_parts_what_each_put_before_it_from_what_comes_behind() {
    explore(OF_MANY_STEPS, || {
        let (budget, signal) = (Budget::new(100), Arc::new(Signal::default()));
        let exchange = Exchange::with_places(Order::Input, 8, None);
        // Each puts an item, ends the epoch, and puts another as soon as all have; the second ends instead.
        let producer = |before: u64, behind: Option<u64>| {
            let (port, budget, signal) = (exchange.port(), budget.clone(), Arc::clone(&signal));
            move || {
                let place = port.open().expect("there are places for all");
                port.put(place, chunk(&budget, before));
                port.put(place, Message::Barrier(Epoch::FIRST));
                port.close_place(place);
                signal.changed();
                if let Some(item) = behind {
                    put(&port, &budget, &signal, item);
                }
                port.end();
                signal.changed();
            }
        };
        together(producer(1, Some(3)), producer(2, None), || ());
        let all = drain(&exchange);
        assert!(all == [1, 2, -1, 3] || all == [2, 1, -1, 3], "{all:?}");
        assert_eq!((exchange.look(), budget.reserved()), (Sight::End, 0));
    });
}

#[test]
fn a_fence_passes_a_stage_only_when_all_its_lanes_are_idle() {
    explore(OF_MANY_STEPS, || {
        let budget = Budget::new(100);
        let (input, output) =
            (Exchange::with_places(Order::Input, 8, None), Exchange::with_places(Order::Relaxed, 8, None));
        let port = input.port();
        let place = port.open().expect("there are places for all");
        for message in [chunk(&budget, 1), chunk(&budget, 2), watermark(3), chunk(&budget, 4)] {
            port.put(place, message);
        }
        port.close_place(place);
        port.end();
        let way_on = Box::new(output.port());
        let stage =
            LaneStage::new(None, 2, Order::Relaxed, Arc::clone(&input), Identity::<u64>::default(), way_on);
        let crew = Arc::new(Crew::new(budget, stage));
        let worker = || {
            let crew = Arc::clone(&crew);
            move || crew.work()
        };
        together(worker(), worker(), || ());
        let all = drain(&output);
        assert!(all == [1, 2, -3, 4] || all == [2, 1, -3, 4], "{all:?}");
        assert!(crew.stage.is_finished());
        assert_eq!(crew.budget.reserved(), 0);
    });
}
