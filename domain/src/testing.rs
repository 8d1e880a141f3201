//! The fixture of decision tests: given what happened, when this is asked, then that happens, or nothing, or a refusal.
//!
//! Every case runs through `cqrs_es`, as in production, so that the forwarding of an aggregate is tested along.

use crate::{
    aggregate::{Aggregate, Context, Decision},
    given::{decide, utc},
    refusal::Refusal,
    time::Instant,
};

/// An aggregate that is forwarded to `cqrs_es`.
pub(crate) trait Forwarded:
    Aggregate<Command = Self::Asked, Event = Self::Happened>
    + cqrs_es::Aggregate<
        Command = (Self::Asked, Context),
        Event = Self::Happened,
        Error = Refusal,
        Services = (),
    >
{
    /// Its commands.
    type Asked: Clone;
    /// Its events.
    type Happened: crate::event::Event + PartialEq;
}

impl<A, C, E> Forwarded for A
where
    A: Aggregate<Command = C, Event = E>
        + cqrs_es::Aggregate<Command = (C, Context), Event = E, Error = Refusal, Services = ()>,
    C: Clone,
    E: crate::event::Event + PartialEq,
{
    type Asked = C;
    type Happened = E;
}

/// A stream as it is before the question.
pub(crate) struct Given<A: Forwarded>(Vec<A::Happened>);

/// What a question led to.
pub(crate) struct Then<A: Forwarded> {
    history: Vec<A::Happened>,
    command: A::Asked,
    now: Instant,
    decided: Decision<A::Happened>,
}

/// The events that happened so far.
pub(crate) fn given<A: Forwarded>(history: impl Into<Vec<A::Happened>>) -> Given<A> {
    Given(history.into())
}

impl<A: Forwarded> Given<A> {
    /// Asks at a moment that does not matter.
    pub(crate) fn when(self, command: impl Into<A::Asked>) -> Then<A> {
        self.when_at(utc("2026-11-02T10:20:00Z"), command)
    }

    /// Asks at this moment.
    pub(crate) fn when_at(self, now: Instant, command: impl Into<A::Asked>) -> Then<A> {
        let command = command.into();
        Then {
            decided: decide::<A>(&self.0, command.clone(), now),
            history: self.0,
            command,
            now,
        }
    }
}

impl<A: Forwarded> Then<A> {
    /// Exactly this happens.
    #[track_caller]
    pub(crate) fn then(self, expected: impl Into<A::Happened>) {
        assert_eq!(self.decided, Ok(vec![expected.into()]));
    }

    /// Exactly this happens, and the same question afterwards leads to nothing.
    #[track_caller]
    pub(crate) fn then_once(self, expected: impl Into<A::Happened>) {
        let expected = vec![expected.into()];
        assert_eq!(self.decided.as_ref(), Ok(&expected));
        let again = decide::<A>(&[self.history, expected].concat(), self.command, self.now);
        assert_eq!(again, Ok(Vec::new()), "the repeat is not nothing");
    }

    /// It is so already.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        assert_eq!(self.decided, Ok(Vec::new()));
    }

    /// It is refused for this reason.
    #[track_caller]
    pub(crate) fn then_refused(self, refusal: Refusal) {
        assert_eq!(self.decided, Err(refusal));
    }
}
