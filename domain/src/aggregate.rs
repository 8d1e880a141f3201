//! What an aggregate is: a state, a decision and a fold, all pure, joined to `cqrs_es` by a few forwarding lines.

use schemars::JsonSchema;
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
pub trait Aggregate:
    Default + Clone + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// Which streams hold it.
    const CATEGORY: Category;
    /// Raised whenever `evolve` makes another state of events that it knew before, so that states which were folded and
    /// kept by the code before are not believed. `schemas/folds.lock` notices when this was forgotten.
    const FOLD: u32 = 1;
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

/// Something that is done with a type of aggregate, whichever it is.
pub trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it with this type.
    fn visit<A: Aggregate>(self) -> Self::Output;
}

/// Does something with the type of aggregate that the streams of a category hold.
pub fn visit<V: Visitor>(category: Category, visitor: V) -> V::Output {
    match category {
        Category::Organisation => visitor.visit::<crate::organisation::Organisation>(),
        Category::Account => visitor.visit::<crate::account::Account>(),
        Category::MailAddress => visitor.visit::<crate::mail_address::MailAddress>(),
        Category::Availability => visitor.visit::<crate::availability::Availability>(),
        Category::InterviewerCalendar => visitor.visit::<crate::interviewer_calendar::InterviewerCalendar>(),
        Category::InterviewType => visitor.visit::<crate::interview_type::InterviewType>(),
        Category::Waitlist => visitor.visit::<crate::waitlist::Waitlist>(),
        Category::PriceList => visitor.visit::<crate::price_list::PriceList>(),
        Category::Rubric => visitor.visit::<crate::rubric::Rubric>(),
        Category::InterviewKit => visitor.visit::<crate::interview_kit::InterviewKit>(),
        Category::Interview => visitor.visit::<crate::interview::Interview>(),
        Category::Payment => visitor.visit::<crate::payment::Payment>(),
        Category::ProviderInbox => visitor.visit::<crate::provider_inbox::ProviderInbox>(),
        Category::Room => visitor.visit::<crate::room::Room>(),
        Category::Transcript => visitor.visit::<crate::transcript::Transcript>(),
        Category::Scorecard => visitor.visit::<crate::scorecard::Scorecard>(),
        Category::Decision => visitor.visit::<crate::decision::Decision>(),
        Category::Feedback => visitor.visit::<crate::feedback::Feedback>(),
        Category::Report => visitor.visit::<crate::report::Report>(),
        Category::Notification => visitor.visit::<crate::notification::Notification>(),
        Category::Effect => visitor.visit::<crate::effect::Effect>(),
        Category::DataSubject => visitor.visit::<crate::data_subject::DataSubject>(),
        Category::ReadModel => visitor.visit::<crate::read_model::ReadModel>(),
        Category::System => visitor.visit::<crate::system::Installation>(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    struct OwnCategory;

    impl Visitor for OwnCategory {
        type Output = Category;

        fn visit<A: Aggregate>(self) -> Category {
            A::CATEGORY
        }
    }

    #[test]
    fn every_category_is_visited_with_the_aggregate_that_its_streams_hold() {
        let visited: Vec<_> = Category::ALL
            .iter()
            .map(|category| visit(*category, OwnCategory))
            .collect();

        assert_eq!(visited, Category::ALL);
    }
}
