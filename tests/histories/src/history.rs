//! Histories, append by append.

use std::{
    collections::{HashMap, VecDeque},
    vec,
};

use domain::{
    envelope::{Position, StreamId},
    fact::Category,
};
use store::log::StreamWrite;

use crate::{
    cast::{self, FIRST_CANDIDATES},
    dice::Dice,
    life::Life,
    values::{Write, moment, tenant},
};

/// How large a history is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// Interviews in all.
    pub interviews: u128,
    /// Organisations that share them.
    pub organisations: u128,
    /// Candidates of each organisation, at least [`FIRST_CANDIDATES`].
    pub candidates: u128,
    /// Interviews that go on at the same time, at least 1.
    pub side_by_side: usize,
}

impl Scale {
    /// A few interviews of two organisations, all at the same time.
    pub const fn small(interviews: u128) -> Self {
        Self {
            interviews,
            organisations: 2,
            candidates: FIRST_CANDIDATES,
            side_by_side: usize::MAX,
        }
    }

    /// Many interviews: ten organisations, each candidate five times, a thousand at the same time.
    pub const fn large(interviews: u128) -> Self {
        let candidates = interviews / 50;
        Self {
            interviews,
            organisations: 10,
            candidates: if candidates < FIRST_CANDIDATES {
                FIRST_CANDIDATES
            } else {
                candidates
            },
            side_by_side: 1_000,
        }
    }

    /// As large as it must be for at least so many events.
    pub const fn events(events: u64) -> Self {
        // An interview has more than thirty, with those that come to nothing more than twenty on average.
        Self::large(events as u128 / 20 + 100)
    }
}

/// The appends of a history in order, each with the versions that its streams must have.
#[derive(Debug)]
pub struct History {
    scale: Scale,
    dice: Dice,
    begun: u128,
    /// What belongs to no interview.
    aside: VecDeque<Vec<Write>>,
    lives: Vec<Going>,
    /// Of streams that several interviews write to.
    shared: HashMap<StreamId, u64>,
    appends: i64,
}

/// An interview that goes on.
#[derive(Debug)]
struct Going {
    appends: vec::IntoIter<Vec<Write>>,
    /// Of its own streams; forgotten when it is over.
    versions: HashMap<StreamId, u64>,
}

impl History {
    /// The history of this scale and seed.
    pub fn new(scale: Scale, seed: u64) -> Self {
        let aside = (0..scale.organisations).flat_map(|number| cast::around(tenant(number)));
        let mut aside: VecDeque<_> = aside.collect();
        aside.push_back(cast::restored());
        aside.push_back(vec![cast::skipped(tenant(0), "former", Position(1))]);
        Self {
            scale,
            dice: Dice::new(seed),
            begun: 0,
            aside,
            lives: Vec::new(),
            shared: HashMap::new(),
            appends: 0,
        }
    }

    /// Appends so far: the next one happens so many minutes after everything began.
    pub const fn appends(&self) -> i64 {
        self.appends
    }

    fn begin_lives(&mut self) {
        while self.begun < self.scale.interviews && self.lives.len() < self.scale.side_by_side {
            let organisation = self.begun % self.scale.organisations;
            // Each organisation meets its candidates one after the other.
            let life = Life::of(
                tenant(organisation),
                self.begun,
                self.scale.candidates,
                &mut self.dice,
            );
            self.begun += 1;
            self.lives.push(Going {
                appends: life.into_iter(),
                versions: HashMap::new(),
            });
        }
    }

    /// The writes of an append by stream, in the order in which the streams come first.
    fn writes(&mut self, append: Vec<Write>, own: Option<usize>) -> Vec<StreamWrite> {
        self.appends += 1;
        let mut writes: Vec<StreamWrite> = Vec::new();
        for (stream, mut event) in append {
            event.occurred_at = moment(self.appends);
            let versions = match own.and_then(|which| self.lives.get_mut(which)) {
                Some(life) if !is_shared(stream.category) => &mut life.versions,
                Some(_) | None => &mut self.shared,
            };
            let version = versions.entry(stream).or_default();
            match writes.iter_mut().find(|write| write.stream == stream) {
                Some(write) => write.events.push(event),
                None => writes.push(StreamWrite {
                    stream,
                    expected: *version,
                    events: vec![event],
                }),
            }
            *version += 1;
        }
        writes
    }
}

impl Iterator for History {
    type Item = Vec<StreamWrite>;

    fn next(&mut self) -> Option<Vec<StreamWrite>> {
        if let Some(append) = self.aside.pop_front() {
            return Some(self.writes(append, None));
        }
        loop {
            self.begin_lives();
            if self.lives.is_empty() {
                return None;
            }
            let which = self.dice.below(self.lives.len() as u64);
            let which = usize::try_from(which).expect("it is an index");
            match self.lives[which].appends.next() {
                Some(append) => return Some(self.writes(append, Some(which))),
                None => drop(self.lives.swap_remove(which)),
            }
        }
    }
}

/// Whether streams of this category outlive an interview.
const fn is_shared(category: Category) -> bool {
    match category {
        Category::Organisation
        | Category::Account
        | Category::MailAddress
        | Category::Availability
        | Category::InterviewerCalendar
        | Category::InterviewType
        | Category::Waitlist
        | Category::PriceList
        | Category::Rubric
        | Category::InterviewKit
        | Category::DataSubject
        | Category::ReadModel
        | Category::System => true,
        Category::Interview
        | Category::Payment
        | Category::ProviderInbox
        | Category::Room
        | Category::Transcript
        | Category::Scorecard
        | Category::Decision
        | Category::Feedback
        | Category::Report
        | Category::Notification
        | Category::Effect => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::fact::Fact;

    use super::*;

    #[test]
    fn every_event_type_happens() {
        let happened: BTreeSet<String> = History::new(Scale::large(3_000), 1)
            .flatten()
            .flat_map(|write| write.events)
            .map(|event| event.event_type)
            .collect();

        let declared: BTreeSet<String> = Fact::types()
            .iter()
            .map(|event| event.wire.name.to_owned())
            .collect();
        assert_eq!(happened, declared);
    }

    #[test]
    fn the_same_seed_tells_the_same_history_and_another_another() {
        let told = |seed| History::new(Scale::large(50), seed).collect::<Vec<_>>();

        assert_eq!(told(1), told(1));
        assert_ne!(told(1), told(2));
    }

    #[test]
    fn every_stream_is_expected_where_it_is() {
        let mut versions: HashMap<StreamId, u64> = HashMap::new();

        for write in History::new(Scale::large(500), 3).flatten() {
            let version = versions.entry(write.stream).or_default();
            assert_eq!(write.expected, *version, "{}", write.stream);
            *version += write.events.len() as u64;
        }

        assert!(versions.len() > 2_000, "only {} streams", versions.len());
    }

    #[test]
    fn there_are_as_many_events_as_were_asked_for() {
        let events = History::new(Scale::events(20_000), 4)
            .flatten()
            .map(|write| write.events.len())
            .sum::<usize>();

        assert!(events >= 20_000, "only {events}");
    }
}
