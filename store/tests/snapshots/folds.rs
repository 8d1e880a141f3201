//! A fold that goes on from a kept state is the fold from the first event, for every aggregate.

use std::{collections::BTreeSet, fs, path::Path};

use domain::{
    aggregate::{Aggregate, Context, Decision, Visitor, visit},
    event::Event,
    fact::Category,
    notification::{Notification, NotificationCommand, events::NotificationEvent},
};
use proptest::prelude::*;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    codec::{Codec, Lifted},
    snapshots::fingerprint::Fingerprint,
};

/// The golden sample of every event of an aggregate: name, version, payload.
fn samples<E: Event>() -> Vec<(&'static str, u16, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/events");
    let sample = |wire: domain::event::Wire| {
        let file = folder.join(format!("{}.v{}.sample.json", wire.name, wire.version));
        let text = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (wire.name, wire.version, serde_json::from_slice(&text).unwrap())
    };
    E::types().into_iter().map(|event| sample(event.wire)).collect()
}

/// Random numbers, the same for the same seed.
struct Numbers(u64);

impl Numbers {
    /// SplitMix64, cut to size.
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most
    }
}

/// The same payload with other ids, of which there are few so that events meet, other numbers and other choices.
fn varied(sample: &Value, numbers: &mut Numbers) -> Value {
    match sample {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), varied(value, numbers)))
            .collect(),
        Value::Array(values) => {
            let times = numbers.below(3).min(values.len() as u64 + 1);
            let copies = (0..times.max(1)).flat_map(|_| values.iter());
            copies.map(|value| varied(value, numbers)).collect()
        }
        Value::String(text) if text.len() == 30 && text.as_bytes()[3] == b'_' => {
            format!("{}{}", &text[..29], numbers.below(4)).into()
        }
        Value::Number(number) => match number.as_u64() {
            Some(number) => (number + numbers.below(3)).into(),
            None => sample.clone(),
        },
        Value::Bool(_) => (numbers.below(2) == 1).into(),
        Value::Null | Value::String(_) => sample.clone(),
    }
}

/// A history of an aggregate: each number picks an event, and how it differs from its sample.
fn history<A: Aggregate>(picks: &[u64]) -> Vec<A::Event> {
    let samples = samples::<A::Event>();
    let event = |pick: &u64| {
        let mut numbers = Numbers(*pick);
        let (name, version, sample) = &samples[usize::try_from(numbers.below(samples.len() as u64)).unwrap()];
        let decode = |payload: &Value| A::Event::decode(name, *version, payload.to_string().as_bytes());
        // Some differences are not allowed, such as a time that ends before it begins.
        decode(&varied(sample, &mut numbers)).unwrap_or_else(|_| decode(sample).unwrap())
    };
    picks.iter().map(event).collect()
}

fn bytes<A: Aggregate>(state: &A) -> Vec<u8> {
    serde_json::to_vec(state).unwrap()
}

/// Folds a history, keeps the state at every version, and goes on from each; how many states there were.
struct GoOnFromEach<'p>(&'p [u64]);

impl Visitor for GoOnFromEach<'_> {
    type Output = usize;

    fn visit<A: Aggregate>(self) -> usize {
        let events = history::<A>(self.0);
        let mut states = vec![A::default()];
        for event in &events {
            let next = states[states.len() - 1].clone().evolve(event);
            states.push(next);
        }
        let full = bytes(&states[events.len()]);
        for (version, state) in states.iter().enumerate() {
            let kept: A = serde_json::from_slice(&bytes(state)).unwrap();
            assert_eq!(bytes(&kept), bytes(state), "{:?} at {version}", A::CATEGORY);
            let resumed = events[version..].iter().fold(kept, A::evolve);
            assert_eq!(
                bytes(&resumed),
                full,
                "{:?} from {version} of {events:?}",
                A::CATEGORY
            );
        }
        states.iter().map(bytes).collect::<BTreeSet<_>>().len()
    }
}

proptest! {
    #[test]
    fn a_fold_from_a_kept_state_is_the_fold_from_the_first_event(
        picks in prop::collection::vec(any::<u64>(), 0..24),
    ) {
        for category in Category::ALL {
            visit(*category, GoOnFromEach(&picks));
        }
    }
}

/// Otherwise the property above would say nothing.
#[test]
fn random_histories_lead_every_aggregate_through_several_states() {
    let picks: Vec<u64> = (0..200).collect();

    for category in Category::ALL {
        let states = visit(*category, GoOnFromEach(&picks));
        assert!(states > 1, "{category:?} stays as it is");
    }
}

struct FingerprintOf(Codec);

impl Visitor for FingerprintOf {
    type Output = Fingerprint;

    fn visit<A: Aggregate>(self) -> Fingerprint {
        Fingerprint::of::<A>(&self.0)
    }
}

#[test]
fn every_aggregate_has_a_fingerprint_of_its_own_and_always_the_same() {
    let all = || {
        Category::ALL
            .iter()
            .map(|category| visit(*category, FingerprintOf(Codec::current())).to_string())
            .collect::<Vec<_>>()
    };

    let first = all();

    assert_eq!(first, all());
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), Category::ALL.len());
}

/// A notification whose fold has another revision and is otherwise the same.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
struct Revised<const FOLD: u32>(Notification);

impl<const FOLD: u32> Aggregate for Revised<FOLD> {
    const CATEGORY: Category = Category::Notification;
    const FOLD: u32 = FOLD;
    type Event = NotificationEvent;
    type Command = NotificationCommand;

    fn decide(&self, command: &NotificationCommand, context: &Context) -> Decision<NotificationEvent> {
        Aggregate::decide(&self.0, command, context)
    }

    fn evolve(self, event: &NotificationEvent) -> Self {
        Self(self.0.evolve(event))
    }
}

#[test]
fn another_revision_of_a_fold_is_another_fingerprint() {
    let codec = Codec::current();
    assert_eq!(schema_for!(Revised<1>), schema_for!(Revised<2>));

    let before = Fingerprint::of::<Revised<1>>(&codec);
    let after = Fingerprint::of::<Revised<2>>(&codec);

    assert_ne!(before, after);
}

#[test]
fn a_version_that_is_lifted_is_another_fingerprint() {
    let lifting = Codec::with_steps([(
        ("room.closed", 1),
        (|_| Ok(Vec::<Lifted>::new())) as store::codec::Upcast,
    )]);

    assert_ne!(
        visit(Category::Room, FingerprintOf(lifting)),
        visit(Category::Room, FingerprintOf(Codec::current()))
    );
}
