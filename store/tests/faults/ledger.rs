//! What must be in the log, from what the helpers were told; and whether it is.

use std::collections::{BTreeMap, HashMap};

use domain::envelope::{Position, Recorded, StreamId};
use futures::TryStreamExt;
use store::{
    hash::{BEFORE_THE_FIRST, verify},
    log::{Filter, Log, Query},
};

use crate::{
    helper::Said,
    load::{CALLERS, command, is_shared, own_events, own_stream, shared_stream},
};

/// Reads the log on from where it was read before, and holds it against what was acknowledged.
pub(crate) struct Ledger {
    read_to: Position,
    hash: [u8; 32],
    versions: HashMap<StreamId, u64>,
    /// How many appends of each caller are in the log.
    stored: Vec<u64>,
    /// How many of each caller were acknowledged.
    acknowledged: Vec<u64>,
    /// Where acknowledged appends that were not read yet must end.
    claims: BTreeMap<(u64, u64), Position>,
    /// Where appends end that were read and not acknowledged yet.
    unheard: BTreeMap<(u64, u64), Position>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        let callers = usize::try_from(CALLERS).unwrap();
        Self {
            read_to: Position::START,
            hash: BEFORE_THE_FIRST,
            versions: HashMap::new(),
            stored: vec![0; callers],
            acknowledged: vec![0; callers],
            claims: BTreeMap::new(),
            unheard: BTreeMap::new(),
        }
    }

    /// Where the callers of the next helper go on.
    pub(crate) fn from(&self) -> &[u64] {
        &self.acknowledged
    }

    /// How many appends were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.iter().sum()
    }

    /// How many events were read so far.
    pub(crate) const fn events(&self) -> u64 {
        self.read_to.0
    }

    pub(crate) fn hear(&mut self, said: Said) {
        match said {
            Said::Stored {
                caller,
                number,
                position,
            } => {
                let next = &mut self.acknowledged[index(caller)];
                assert_eq!(
                    number, *next,
                    "caller {caller} went on without an acknowledgement"
                );
                *next += 1;
                match self.unheard.remove(&(caller, number)) {
                    Some(end) => assert_eq!(end, Position(position), "a repeat was told another position"),
                    None => drop(self.claims.insert((caller, number), Position(position))),
                }
            }
            Said::Unavailable { .. } => {}
            Said::Lied { caller, number } => {
                panic!("append {number} of caller {caller} was said not to have happened, and it had")
            }
            Said::Failed { caller, number } => panic!("append {number} of caller {caller} was refused"),
        }
    }

    /// Reads what is new. Nothing acknowledged may be missing, nothing may be there twice or in part, positions and
    /// versions have no gaps, and the hash chain fits. Returns how many appends are stored that nobody was told of.
    pub(crate) async fn check(&mut self, log: &dyn Log) -> u64 {
        let mut events = log.read(Query::forward(Filter::All).after(self.read_to));
        let mut append: Vec<Recorded> = Vec::new();
        while let Some(event) = events.try_next().await.unwrap() {
            self.read(&event);
            if append
                .first()
                .is_some_and(|first| first.envelope.command_id != event.envelope.command_id)
            {
                self.take(&std::mem::take(&mut append));
            }
            append.push(event);
        }
        if !append.is_empty() {
            self.take(&append);
        }
        self.check_claims(log).await;
        self.unheard.len() as u64
    }

    fn read(&mut self, event: &Recorded) {
        let envelope = &event.envelope;
        assert_eq!(envelope.position, self.read_to.next(), "a gap between positions");
        self.read_to = envelope.position;
        self.hash = verify(self.hash, [event]).unwrap();
        let version = self.versions.entry(envelope.stream).or_insert(0);
        *version += 1;
        assert_eq!(envelope.version, *version, "a gap in {}", envelope.stream);
    }

    /// All events of one append: it must be the next of its caller, and whole.
    fn take(&mut self, append: &[Recorded]) {
        let first = &append[0].envelope;
        let caller = (0..CALLERS)
            .find(|caller| own_stream(*caller) == first.stream)
            .expect("an append begins with its caller's stream");
        let number = self.stored[index(caller)];
        assert_eq!(
            first.command_id,
            command(caller, number),
            "lost, twice, or out of order"
        );
        let own = (0..own_events(number)).map(|_| own_stream(caller));
        let shared = is_shared(number).then(|| shared_stream(caller));
        assert!(
            append
                .iter()
                .map(|event| event.envelope.stream)
                .eq(own.chain(shared)),
            "a part of append {number} of caller {caller}"
        );
        self.stored[index(caller)] += 1;
        let end = append[append.len() - 1].envelope.position;
        match self.claims.remove(&(caller, number)) {
            Some(claim) => assert_eq!(claim, end, "append {number} of caller {caller} is elsewhere"),
            None => drop(self.unheard.insert((caller, number), end)),
        }
    }

    async fn check_claims(&self, log: &dyn Log) {
        assert!(self.claims.is_empty(), "acknowledged and lost: {:?}", self.claims);
        for (caller, stored) in (0..CALLERS).zip(&self.stored) {
            if let Some(last) = stored.checked_sub(1) {
                assert!(log.receipt(command(caller, last)).await.unwrap().is_some());
            }
            // A server may still commit what a killed process had sent: then it is behind what was read.
            let next = log.receipt(command(caller, *stored)).await.unwrap();
            assert!(
                next.is_none_or(|receipt| receipt.first > Some(self.read_to)),
                "a receipt without its events"
            );
        }
    }
}

fn index(caller: u64) -> usize {
    usize::try_from(caller).unwrap()
}

// The ledger itself must notice what it is there for.

#[cfg(test)]
mod tests {
    use store::{
        contract::{append, event, write},
        log::Append,
        memory::MemoryLog,
    };

    use super::*;
    use crate::load::load;

    async fn with_two_appends() -> (MemoryLog, Ledger) {
        let log = MemoryLog::new();
        let mut ledger = Ledger::new();
        for (number, own) in [(0, 0), (1, 1)] {
            let position = log.append(load(3, number, own, 0)).await.unwrap().position.0;
            ledger.hear(Said::Stored {
                caller: 3,
                number,
                position,
            });
        }
        (log, ledger)
    }

    #[tokio::test]
    async fn what_was_acknowledged_and_is_there_is_fine() {
        let (log, mut ledger) = with_two_appends().await;

        assert_eq!(ledger.check(&log).await, 0);
        assert_eq!((ledger.acknowledged(), ledger.events()), (2, 3));
    }

    #[tokio::test]
    #[should_panic(expected = "acknowledged and lost")]
    async fn what_was_acknowledged_and_is_not_there_is_noticed() {
        let (log, mut ledger) = with_two_appends().await;
        ledger.hear(Said::Stored {
            caller: 3,
            number: 2,
            position: 6,
        });

        ledger.check(&log).await;
    }

    #[tokio::test]
    #[should_panic(expected = "lost, twice, or out of order")]
    async fn what_is_there_twice_is_noticed() {
        let (log, mut ledger) = with_two_appends().await;
        // The same events once more, under another command, as a lost receipt would allow.
        let again = Append {
            command: append(99).command,
            ..load(3, 1, 3, 0)
        };
        log.append(again).await.unwrap();

        ledger.check(&log).await;
    }

    #[tokio::test]
    #[should_panic(expected = "a part of append 2")]
    async fn half_an_append_is_noticed() {
        let (log, mut ledger) = with_two_appends().await;
        let half = Append {
            writes: vec![write(3, 3, vec![event("loaded")])],
            ..load(3, 2, 3, 0)
        };
        log.append(half).await.unwrap();

        ledger.check(&log).await;
    }

    #[tokio::test]
    #[should_panic(expected = "was said not to have happened")]
    async fn a_false_refusal_is_noticed() {
        Ledger::new().hear(Said::Lied { caller: 1, number: 0 });
    }
}
