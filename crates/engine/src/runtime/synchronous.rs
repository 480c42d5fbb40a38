//! Where futures would run: nowhere, without the feature `async`.

use std::time::Duration;

use super::signal::Signal;
use crate::plan::host::{Drive, Spawner};

/// What drives futures. There is none, since no stage makes any.
#[derive(Debug)]
pub(crate) enum Executor {}

impl Executor {
    /// Fails, should a source of somebody's own poll futures.
    pub(crate) fn own(_: Drive) -> std::io::Result<Self> {
        Err(std::io::Error::other("built without the feature `async`"))
    }

    pub(crate) fn ambient() -> Option<Self> {
        None
    }

    pub(crate) fn enter(&self) {
        match *self {}
    }

    pub(crate) fn spawner(&self) -> Spawner {
        match *self {}
    }

    pub(crate) fn look_after(&self) {
        match *self {}
    }

    pub(crate) fn wait(&self, _: &Signal, _: u64, _: Duration) -> bool {
        match *self {}
    }
}
