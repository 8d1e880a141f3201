//! What an aggregate is: a state, a decision and a fold, all pure, joined to `cqrs_es` by a few forwarding lines.

use serde::{Serialize, de::DeserializeOwned};

use crate::{actor::Actor, event::Event, fact::Category, refusal::Refusal, time::Instant};

/// What a decision may know beside the state and the command: when it is, and who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// Business time, read once by the use case.
    pub now: Instant,
    /// Who asks, and for whom.
    pub actor: Actor,
}

/// Events to append, or the reason why not. No events: it is so already, nothing to do.
pub type Decision<E> = Result<Vec<E>, Refusal>;

/// It is so already.
pub const fn nothing<E>() -> Decision<E> {
    Ok(Vec::new())
}

/// One thing happened.
pub fn one<E>(event: impl Into<E>) -> Decision<E> {
    Ok(vec![event.into()])
}

/// A consistency boundary: the state that decisions need, folded from one stream.
///
/// `decide` is plain and synchronous: no clock, no randomness, no calls; the same command decided again on the state it
/// led to yields nothing. `evolve` cannot fail and never validates: an event that is stored has happened.
pub trait Aggregate: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Which streams hold it.
    const CATEGORY: Category;
    /// What can happen to it.
    type Event: Event;
    /// What can be asked of it.
    type Command: Send + Sync;

    /// Decides a command: events, nothing, or a refusal.
    ///
    /// # Errors
    /// A [`Refusal`], when a rule forbids it. Nothing is stored then.
    fn decide(&self, command: &Self::Command, context: &Context) -> Decision<Self::Event>;

    /// The state after an event.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;
}

/// Implements `cqrs_es::Aggregate` for an [`Aggregate`]: the command type is the command with its context, and there
/// are no services, because every outside fact is in the command.
#[macro_export]
macro_rules! forward_to_cqrs_es {
    ($state:ty) => {
        impl cqrs_es::Aggregate for $state {
            const TYPE: &'static str = <$state as $crate::aggregate::Aggregate>::CATEGORY.name();
            type Command = (
                <$state as $crate::aggregate::Aggregate>::Command,
                $crate::aggregate::Context,
            );
            type Event = <$state as $crate::aggregate::Aggregate>::Event;
            type Error = $crate::refusal::Refusal;
            type Services = ();

            async fn handle(
                &mut self,
                (command, context): Self::Command,
                (): &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), $crate::refusal::Refusal> {
                for event in $crate::aggregate::Aggregate::decide(self, &command, &context)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                *self = $crate::aggregate::Aggregate::evolve(std::mem::take(self), &event);
            }
        }
    };
}

/// Declares the commands of one aggregate: an enum over one struct for each decision, each of which turns into it.
///
/// ```ignore
/// commands! {
///     /// What can be asked of a room.
///     pub enum RoomCommand {
///         /// It was made by the provider.
///         Provision(provision::Provision),
///     }
/// }
/// ```
#[macro_export]
macro_rules! commands {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident($command:ty)),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        #[allow(clippy::large_enum_variant)]
        $vis enum $name {
            $($(#[$doc])* $variant($command)),*
        }

        $(
            impl From<$command> for $name {
                fn from(command: $command) -> Self {
                    Self::$variant(command)
                }
            }
        )*
    };
}
