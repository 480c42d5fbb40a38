//! The exchange: no message is lost or comes twice, lanes that deliver out of order are put in order, and
//! places and memory come back.

use std::sync::Arc;
use std::time::Duration;

use super::{OF_FEW_STEPS, OF_MANY_STEPS, explore, together};
use crate::budget::Budget;
use crate::chunk::{Chunk, Times};
use crate::message::Message;
use crate::order::Order;
use crate::plan::exchange::{Exchange, Port, Sight};
use crate::plan::outflow::Outflow;
use crate::runtime::signal::Signal;
use crate::sync::Mutex;

/// Makes a chunk of one item, covered by a byte.
pub(super) fn chunk(budget: &Budget, item: u64) -> Message<u64> {
    Message::Chunk(Chunk::new(vec![item], budget.reserve(1), Times::default()))
}

/// Returns the item of a chunk, and gives its memory back.
pub(super) fn item(message: Message<u64>) -> u64 {
    match message {
        Message::Chunk(chunk) => chunk.into_parts().0[0],
        fence @ (Message::Watermark(_) | Message::Barrier(_)) => unreachable!("no {fence:?} was put"),
    }
}

/// Puts one item into a place of its own, waiting for one as a worker does.
pub(super) fn put(port: &Port<u64>, budget: &Budget, signal: &Signal, item: u64) {
    let place = loop {
        let ticket = signal.ticket();
        match port.open() {
            Some(place) => break place,
            None => signal.wait(ticket, Duration::MAX),
        }
    };
    port.put(place, chunk(budget, item));
    port.close_place(place);
    signal.changed();
}

/// Takes all there is until the end, waiting for it as a worker does.
fn take_all(exchange: &Exchange<u64>, signal: &Signal) -> Vec<u64> {
    let mut taken = Vec::new();
    loop {
        let ticket = signal.ticket();
        if let Some(message) = exchange.take() {
            taken.push(item(message));
            signal.changed();
        } else if exchange.look() == Sight::End {
            return taken;
        } else {
            signal.wait(ticket, Duration::MAX);
        }
    }
}

#[test]
fn nothing_is_lost_or_comes_twice_through_one_place() {
    explore(OF_MANY_STEPS, || {
        let (budget, signal) = (Budget::new(100), Arc::new(Signal::default()));
        let exchange = Exchange::with_places(Order::Relaxed, 1, None);
        let producer = |item: u64| {
            let (port, budget, signal) = (exchange.port(), budget.clone(), Arc::clone(&signal));
            move || {
                put(&port, &budget, &signal, item);
                port.end();
                signal.changed();
            }
        };
        let (_, _, mut taken) = together(producer(1), producer(2), || take_all(&exchange, &signal));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
        let port = exchange.port();
        assert!(exchange.is_vacant() && port.open().is_some() && port.open().is_none());
        assert_eq!(budget.reserved(), 0);
    });
}

#[test]
fn lanes_out_of_order_are_put_in_order_and_give_their_places_back() {
    explore(OF_MANY_STEPS, || {
        let (budget, signal) = (Budget::new(100), Arc::new(Signal::default()));
        let exchange = Exchange::with_places(Order::Input, 2, None);
        let port = Arc::new(exchange.port());
        // As the claims of a stage: what is worked on and the place of its results are taken in one breath.
        let claims = Arc::new(Mutex::new(1..=3));
        let lane = || {
            let (port, claims) = (Arc::clone(&port), Arc::clone(&claims));
            let (budget, signal) = (budget.clone(), Arc::clone(&signal));
            move || loop {
                let ticket = signal.ticket();
                let mut claimed = claims.lock().expect("nobody panics with it");
                if claimed.is_empty() {
                    return;
                }
                match port.open() {
                    None => {
                        drop(claimed);
                        signal.wait(ticket, Duration::MAX);
                    }
                    Some(place) => {
                        let item = claimed.next().expect("some are left, as was seen above");
                        drop(claimed);
                        port.put(place, chunk(&budget, item));
                        port.close_place(place);
                        if item == 3 {
                            port.end();
                        }
                        signal.changed();
                    }
                }
            }
        };
        let (_, _, taken) = together(lane(), lane(), || {
            let mut taken = Vec::new();
            while taken.len() < 3 {
                let ticket = signal.ticket();
                match exchange.take() {
                    Some(message) => {
                        taken.push(item(message));
                        signal.changed();
                    }
                    None => signal.wait(ticket, Duration::MAX),
                }
            }
            taken
        });
        assert_eq!(taken, [1, 2, 3]);
        assert!(exchange.is_vacant(), "a place was not given back");
        assert_eq!((exchange.look(), budget.reserved()), (Sight::End, 0));
    });
}

#[test]
fn what_is_put_while_it_closes_is_taken_or_counted_as_abandoned() {
    explore(OF_FEW_STEPS, || {
        let budget = Budget::new(100);
        let exchange = Exchange::with_places(Order::Relaxed, 4, None);
        let producer = |item: u64| {
            let (port, budget) = (exchange.port(), budget.clone());
            move || {
                let place = port.open().expect("there are places for all");
                port.put(place, chunk(&budget, item));
                port.close_place(place);
            }
        };
        let (_, _, taken) = together(producer(1), producer(2), || {
            let taken = exchange.take().map(item).is_some();
            exchange.close();
            taken
        });
        assert_eq!(u64::from(taken) + exchange.abandoned(), 2);
        assert!(exchange.is_vacant() && exchange.take().is_none());
        assert_eq!(budget.reserved(), 0, "what nobody takes holds no memory");
    });
}
