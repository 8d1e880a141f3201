//! What tests of decisions share: ids, moments, and a decision over a history.

use cqrs_es::test::TestFramework;
use uuid::Uuid;

use crate::{
    actor::Actor,
    aggregate::{Aggregate, Context, Decision},
    ids::{Id, Kind},
    money::Money,
    refusal::Refusal,
    time::Instant,
};

pub(crate) fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub(crate) fn utc(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn rupees(amount: i64) -> Money {
    Money {
        minor: amount * 100,
        currency: "INR".parse().unwrap(),
    }
}

/// What a command leads to at a moment, after a history.
pub(crate) fn decide<A>(
    history: &[<A as Aggregate>::Event],
    command: impl Into<<A as Aggregate>::Command>,
    now: Instant,
) -> Decision<<A as Aggregate>::Event>
where
    A: Aggregate
        + cqrs_es::Aggregate<
            Command = (<A as Aggregate>::Command, Context),
            Event = <A as Aggregate>::Event,
            Error = Refusal,
            Services = (),
        >,
{
    let context = Context {
        now,
        actor: Actor::system("test"),
    };
    TestFramework::<A>::with(())
        .given(history.to_vec())
        .when((command.into(), context))
        .inspect_result()
}

/// The state that a history leads to.
pub(crate) fn fold<A: Aggregate>(history: &[A::Event]) -> A {
    history.iter().fold(A::default(), A::evolve)
}
