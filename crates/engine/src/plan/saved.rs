//! What stages hand over at a barrier, and get back before they begin.

use crate::checkpoint::{Checkpoint, Epoch, Memory, Part, Prepared, Restorer, Saver};
use crate::error::{CheckpointError, Interrupt};
use crate::operator::Operator;

/// What a stage, or one group of its keys, remembers at a barrier or at its end.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) epoch: Epoch,
    /// Which group it is.
    pub(crate) group: usize,
    pub(crate) state: StageState,
    /// The names and states of the steps of each lane.
    pub(crate) lanes: Vec<Vec<(String, Vec<u8>)>>,
    /// What is left to be done for what was written to sinks.
    pub(crate) prepared: Vec<Prepared>,
}

/// What a stage itself remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StageState {
    /// Items taken so far.
    pub(crate) position: u64,
    /// Whether it has ended, and passed on what it held.
    pub(crate) has_ended: bool,
    /// Where the source is, if it begins with one that knows.
    pub(crate) source: Option<Vec<u8>>,
}

impl StageState {
    /// Returns it as bytes: the position, a byte of flags, and what the source wrote.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.position.to_le_bytes().to_vec();
        bytes.push(match (self.has_ended, &self.source) {
            (false, None) => 0,
            (true, None) => 1,
            (false, Some(_)) => 2,
            (true, Some(_)) => 3,
        });
        bytes.extend(self.source.iter().flatten());
        bytes
    }

    /// Reads it again.
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (position, rest) = bytes.split_first_chunk()?;
        let (&flags, source) = rest.split_first()?;
        let (has_ended, has_source) = match flags {
            0 => (false, false),
            1 => (true, false),
            2 => (false, true),
            3 => (true, true),
            _ => return None,
        };
        let source = has_source.then(|| source.to_vec());
        Some(Self { position: u64::from_le_bytes(*position), has_ended, source })
    }
}

impl Saved {
    /// Lets the steps of a stage write what they remember.
    pub(crate) fn of<'a, C: Operator>(
        (epoch, is_last): (Epoch, bool),
        group: usize,
        state: StageState,
        chains: impl IntoIterator<Item = &'a mut C>,
    ) -> Result<Self, Interrupt> {
        let (mut lanes, mut prepared) = (Vec::new(), Vec::new());
        for chain in chains {
            let mut saver = Saver::new(epoch, is_last);
            chain.save(&mut saver)?;
            let (parts, left_to_do) = saver.into_parts();
            lanes.push(parts);
            prepared.extend(left_to_do);
        }
        Ok(Self { epoch, group, state, lanes, prepared })
    }

    /// Makes it of a stage that has ended and has nothing more to say.
    pub(crate) fn ended(epoch: Epoch, group: usize, position: u64) -> Self {
        let state = StageState { position, has_ended: true, source: None };
        Self { epoch, group, state, lanes: Vec::new(), prepared: Vec::new() }
    }

    /// Makes it again of what a stage that has ended saved then.
    pub(crate) fn again(from: &Checkpoint, stage: usize, group: usize) -> Self {
        let is_own = |part: &&Part| (part.stage as usize, part.lane as usize) == (stage, group);
        let own = from.parts.iter().filter(is_own);
        let state =
            own.clone().find(|part| part.step == 0).and_then(|part| StageState::of_bytes(&part.state));
        let steps = own.filter(|part| part.step > 0).map(|part| (part.name.clone(), part.state.clone()));
        let ended = Self::ended(from.epoch, group, state.unwrap_or_default().position);
        Self { lanes: vec![steps.collect()], ..ended }
    }

    /// Takes it out as parts of a checkpoint, the stage itself first. What has ended says the same at every later epoch.
    pub(crate) fn parts(&mut self, stage: usize, name: &str) -> Vec<Part> {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let state = self.state.to_bytes();
        let group = number(self.group);
        let mut parts =
            vec![Part { stage: number(stage), lane: group, step: 0, name: name.to_owned(), state }];
        let lanes = if self.state.has_ended { self.lanes.clone() } else { std::mem::take(&mut self.lanes) };
        for (lane, steps) in lanes.into_iter().enumerate() {
            for (step, (name, state)) in (1..).zip(steps) {
                let (stage, lane) = (number(stage), group + number(lane));
                parts.push(Part { stage, lane, step, name, state });
            }
        }
        parts
    }
}

/// What a stage saved, in all its lanes or groups: nothing, if the run begins anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept<'a> {
    states: Vec<StageState>,
    lanes: Vec<Vec<&'a Part>>,
    epoch: Option<Epoch>,
    /// Checkpoints are made on the way.
    is_kept: bool,
}

impl<'a> Kept<'a> {
    /// Gathers the parts of a stage.
    pub(crate) fn of(
        (epoch, is_kept): (Option<Epoch>, bool),
        parts: &'a [Part],
        stage: usize,
    ) -> Result<Self, CheckpointError> {
        let mut kept = Self { epoch, is_kept, ..Self::default() };
        for part in parts.iter().filter(|part| part.stage as usize == stage) {
            let lane = part.lane as usize;
            if lane >= parts.len() {
                return Err(CheckpointError::new(format!("stage {stage} has no lane {lane}")));
            }
            if kept.lanes.len() <= lane {
                kept.lanes.resize_with(lane + 1, Vec::new);
            }
            if part.step == 0 {
                let state = StageState::of_bytes(&part.state);
                let unread = || CheckpointError::new(format!("the state of stage {stage} cannot be read"));
                kept.states.push(state.ok_or_else(unread)?);
            } else {
                kept.lanes[lane].push(part);
            }
        }
        Ok(kept)
    }

    /// Returns what the stage itself, or one of so many groups, remembers; the default in a run that begins anew.
    pub(crate) fn state(&self, (group, groups): (usize, usize)) -> StageState {
        let state = self.states.get(group).cloned().unwrap_or_default();
        // Of other groups than there were, none has ended before all had.
        let has_ended = if self.states.len() == groups { state.has_ended } else { self.has_ended() };
        StageState { has_ended, ..state }
    }

    /// Returns whether it has ended: all its groups have, as many as there were.
    fn has_ended(&self) -> bool {
        !self.states.is_empty() && self.states.iter().all(|state| state.has_ended)
    }

    /// Returns the epoch that had ended; nothing in a run that begins anew.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// Returns whether the run begins anew.
    pub(crate) fn is_fresh(&self) -> bool {
        self.states.is_empty()
    }

    /// Lets the chain of a lane, of so many, take up what it remembered.
    pub(crate) fn resume<C: Operator>(
        &self,
        chain: &mut C,
        lane: (usize, usize),
    ) -> Result<(), CheckpointError> {
        // A lane more than there were: it begins anew, unless its steps know what to take of the others.
        let is_more = lane.0 >= self.lanes.len() && chain.memory() == Memory::None;
        let lanes: &[Vec<&Part>] = if is_more { &[] } else { &self.lanes };
        let mut restorer = Restorer::new(lanes, lane, (self.epoch, self.has_ended(), self.is_kept));
        chain.resume(&mut restorer)?;
        match restorer.left() {
            Some(part) => {
                let step = &part.name;
                Err(CheckpointError::new(format!("step `{step}` was saved, and no step takes it up")))
            }
            None => Ok(()),
        }
    }
}

/// What a stage can promise about items when it begins anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promise {
    /// Steps whose memory no checkpoint holds.
    pub(crate) forgetful: Vec<&'static str>,
    /// Whether its source can be asked for the same again, if it begins with one.
    pub(crate) replays: Option<bool>,
    /// Whether what its end does shows only once it is committed, if it has one.
    pub(crate) commits: Option<bool>,
    /// What no barrier passes.
    pub(crate) stops_barriers: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_stage_is_read_as_it_was_written() {
        for has_ended in [false, true] {
            for source in [None, Some(vec![]), Some(vec![4, 5])] {
                let state = StageState { position: 0x0102_0304_0506_0708, has_ended, source };
                assert_eq!(StageState::of_bytes(&state.to_bytes()), Some(state));
            }
        }
        let mut bytes = StageState::default().to_bytes();
        assert_eq!(StageState::of_bytes(&bytes[..8]), None);
        bytes[8] = 4;
        assert_eq!(StageState::of_bytes(&bytes), None, "an unknown flag");
    }

    #[test]
    fn a_lane_that_no_stage_has_is_refused() {
        let part = |lane| Part { stage: 1, lane, step: 1, name: "fold".to_owned(), state: vec![] };
        let of = |parts: &[Part]| {
            let kept = Kept::of((Some(Epoch::FIRST), true), parts, 1).map_err(|error| error.to_string());
            kept.map(|kept| kept.lanes.iter().map(Vec::len).collect::<Vec<_>>())
        };
        assert_eq!(of(&[part(0), part(2), part(1)]), Ok(vec![1, 1, 1]));
        for lane in [3, u32::MAX] {
            let parts = [part(0), part(1), part(lane)];
            assert_eq!(of(&parts), Err(format!("stage 1 has no lane {lane}")));
        }
    }

    #[test]
    fn of_other_groups_than_there_were_none_has_ended_before_all_had() {
        let has_ended = |ended: [bool; 2], group: (usize, usize)| {
            let parts: Vec<Part> = (0..2)
                .map(|lane| {
                    let has_ended = ended[lane as usize];
                    let state = StageState { position: 7, has_ended, source: None }.to_bytes();
                    Part { stage: 1, lane, step: 0, name: "words".to_owned(), state }
                })
                .collect();
            Kept::of((Some(Epoch::FIRST), true), &parts, 1).unwrap().state(group).has_ended
        };
        assert!(has_ended([true, false], (0, 2)) && !has_ended([true, false], (1, 2)));
        assert!(!has_ended([true, false], (0, 3)) && !has_ended([true, false], (2, 3)));
        assert!(has_ended([true, true], (0, 3)) && has_ended([true, true], (2, 3)));
    }

    #[test]
    fn a_stage_that_has_ended_says_again_what_it_said() {
        let lane = || vec![("fold".to_owned(), vec![1, 2]), ("sink".to_owned(), vec![])];
        let mut said = Saved { lanes: vec![lane()], ..Saved::ended(Epoch::FIRST, 2, 77) };
        let mut parts = Saved::ended(Epoch::FIRST, 1, 5).parts(3, "other");
        parts.extend(said.parts(3, "words"));
        let checkpoint = Checkpoint { epoch: Epoch::FIRST, is_complete: false, parts, note: String::new() };
        let again = Saved::again(&checkpoint, 3, 2);
        assert_eq!((again.epoch, again.group), (Epoch::FIRST, 2));
        assert_eq!(again.state, StageState { position: 77, has_ended: true, source: None });
        assert_eq!(again.lanes, [lane()]);

        let mut in_lanes = Saved { lanes: vec![lane(), lane()], ..Saved::ended(Epoch::FIRST, 2, 77) };
        let places = in_lanes.parts(3, "words").into_iter().map(|part| (part.stage, part.lane, part.step));
        assert_eq!(places.collect::<Vec<_>>(), [(3, 2, 0), (3, 2, 1), (3, 2, 2), (3, 3, 1), (3, 3, 2)]);
    }
}
