//! Every event of the system in one type, and the categories of streams that hold them.

use std::fmt;

use crate::{
    account::events::AccountEvent,
    availability::events::AvailabilityEvent,
    data_subject::events::DataSubjectEvent,
    decision::events::DecisionEvent,
    effect::events::EffectEvent,
    event::{DecodeError, Event, EventType, Wire},
    feedback::events::FeedbackEvent,
    interview::events::InterviewEvent,
    interview_kit::events::InterviewKitEvent,
    interview_type::events::InterviewTypeEvent,
    interviewer_calendar::events::InterviewerCalendarEvent,
    mail_address::events::MailAddressEvent,
    notification::events::NotificationEvent,
    organisation::events::OrganisationEvent,
    payment::events::PaymentEvent,
    price_list::events::PriceListEvent,
    provider_inbox::events::ProviderInboxEvent,
    read_model::events::ReadModelEvent,
    report::events::ReportEvent,
    room::events::RoomEvent,
    rubric::events::RubricEvent,
    scorecard::events::ScorecardEvent,
    system::events::SystemEvent,
    transcript::events::TranscriptEvent,
    waitlist::events::WaitlistEvent,
};

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($event:ty) = $name:literal;)*) => {
        /// A kind of stream. Its name is stored with every event and never contains a dash.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Category {
            $($(#[$doc])* $variant),*
        }

        impl Category {
            /// Every category.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stored name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }

            /// The category with this stored name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        /// Any event of any aggregate.
        #[derive(Clone, PartialEq, Debug)]
        #[allow(clippy::large_enum_variant)]
        pub enum Fact {
            $($(#[$doc])* $variant($event)),*
        }

        impl Fact {
            /// The event stored in a category under this name, version and payload.
            ///
            /// # Errors
            /// [`DecodeError`] for an unknown name or version, or a payload of another shape.
            pub fn decode(
                category: Category, name: &str, version: u16, payload: &[u8],
            ) -> Result<Self, DecodeError> {
                match category {
                    $(Category::$variant => <$event>::decode(name, version, payload).map(Self::$variant)),*
                }
            }

            /// Name and version it is stored under.
            pub fn wire(&self) -> Wire {
                match self {
                    $(Self::$variant(event) => event.wire()),*
                }
            }

            /// The payload as it is stored, without name and version.
            ///
            /// # Errors
            /// Only for open sealed values outside the codec.
            pub fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$variant(event) => event.payload()),*
                }
            }

            /// Every event type of the system, for generated schemas and checks.
            pub fn types() -> Vec<EventType> {
                let mut types = Vec::new();
                $(types.extend(<$event>::types());)*
                types
            }
        }

        $(
            impl From<$event> for Fact {
                fn from(event: $event) -> Self {
                    Self::$variant(event)
                }
            }
        )*
    };
}

facts! {
    /// Organisations.
    Organisation(OrganisationEvent) = "organisation";
    /// Accounts and their roles.
    Account(AccountEvent) = "account";
    /// Whose mail addresses are.
    MailAddress(MailAddressEvent) = "mail_address";
    /// Weekly availability of interviewers.
    Availability(AvailabilityEvent) = "availability";
    /// Claims on the calendars of interviewers.
    InterviewerCalendar(InterviewerCalendarEvent) = "interviewer_calendar";
    /// Products that can be booked.
    InterviewType(InterviewTypeEvent) = "interview_type";
    /// Who waits for a product, in order.
    Waitlist(WaitlistEvent) = "waitlist";
    /// Published prices.
    PriceList(PriceListEvent) = "price_list";
    /// Published rating criteria.
    Rubric(RubricEvent) = "rubric";
    /// Published kits.
    InterviewKit(InterviewKitEvent) = "interview_kit";
    /// Interviews.
    Interview(InterviewEvent) = "interview";
    /// Payments.
    Payment(PaymentEvent) = "payment";
    /// What providers told us.
    ProviderInbox(ProviderInboxEvent) = "provider_inbox";
    /// Rooms.
    Room(RoomEvent) = "room";
    /// Transcripts of interviews.
    Transcript(TranscriptEvent) = "transcript";
    /// Ratings by interviewers.
    Scorecard(ScorecardEvent) = "scorecard";
    /// Verdicts by people.
    Decision(DecisionEvent) = "decision";
    /// What was released to candidates.
    Feedback(FeedbackEvent) = "feedback";
    /// Written reports.
    Report(ReportEvent) = "report";
    /// Messages to people.
    Notification(NotificationEvent) = "notification";
    /// Attempts at deeds in the outside world.
    Effect(EffectEvent) = "effect";
    /// Erasure of personal data.
    DataSubject(DataSubjectEvent) = "data_subject";
    /// What people decided about read models.
    ReadModel(ReadModelEvent) = "read_model";
    /// The installation as a whole.
    System(SystemEvent) = "system";
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn wire_names_are_unique_and_start_with_their_category() {
        let mut seen = HashSet::new();
        for event in Fact::types() {
            assert!(seen.insert(event.wire), "{:?} twice", event.wire);
            assert!(
                event.wire.name.starts_with(&format!("{}.", event.category)),
                "{:?}",
                event.wire
            );
        }
        assert!(seen.len() > 40);
    }

    #[test]
    fn categories_have_no_dash_and_read_back() {
        for category in Category::ALL {
            assert!(!category.name().contains('-'));
            assert_eq!(Category::from_name(category.name()), Some(*category));
        }
    }

    #[test]
    fn every_event_is_read_from_its_schema_under_its_own_name() {
        let read: Vec<Wire> = crate::sample::every_fact().iter().map(Fact::wire).collect();
        let declared: Vec<Wire> = Fact::types().iter().map(|event| event.wire).collect();

        assert_eq!(read, declared);
    }
}
