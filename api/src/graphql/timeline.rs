//! The story of an interview, as far as the viewer may know it.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    actor::Actor as DomainActor,
    envelope::{Envelope, Position as LogPosition, Recorded},
    fact::{Category, Fact},
    ids::{AccountId, InterviewId},
    interview::events::InterviewEvent,
    report::events::ReportEvent,
    story,
};
use futures::TryStreamExt;
use projections::{
    interviews::{self, Interview as InterviewRow},
    model::Stored,
    scorecards::{self, ScorecardStatus},
};
use store::{
    codec::Codec,
    log::{Filter, Query},
};

use super::{
    connection::{Cursor, Page, PageInfo, Paging, page},
    person::{People, Person},
    scalars::{DateTime, Position},
    services::services,
    standing::Standing,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// What part of the story an event tells.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimelineKind {
    /// Booking, moving, confirming, ending.
    Interview,
    /// Time in calendars.
    Calendar,
    /// Money.
    Payment,
    /// Coming and going.
    Room,
    /// What was said.
    Transcript,
    /// Ratings.
    Scorecard,
    /// Verdicts.
    Decision,
    /// What was released to the candidate.
    Feedback,
    /// Written reports.
    Report,
    /// Messages to people.
    Notification,
    /// Deeds in the outside world.
    Effect,
    /// Erasure of personal data.
    Privacy,
    /// Everything around it: accounts, products, prices.
    Organisation,
}

impl From<Category> for TimelineKind {
    fn from(category: Category) -> Self {
        match category {
            Category::Interview => Self::Interview,
            Category::InterviewerCalendar | Category::Availability => Self::Calendar,
            Category::Payment | Category::ProviderInbox => Self::Payment,
            Category::Room => Self::Room,
            Category::Transcript => Self::Transcript,
            Category::Scorecard => Self::Scorecard,
            Category::Decision => Self::Decision,
            Category::Feedback => Self::Feedback,
            Category::Report => Self::Report,
            Category::Notification => Self::Notification,
            Category::Effect => Self::Effect,
            Category::DataSubject => Self::Privacy,
            Category::Organisation
            | Category::Account
            | Category::MailAddress
            | Category::InterviewType
            | Category::Waitlist
            | Category::PriceList
            | Category::Rubric
            | Category::InterviewKit
            | Category::ReadModel
            | Category::System => Self::Organisation,
        }
    }
}

/// Who caused an event.
#[derive(SimpleObject, Clone, Debug)]
pub struct Actor {
    /// The person, when it was one.
    person: Option<Person>,
    /// The rule of the system or the provider, when it was no person.
    name: Option<String>,
}

const fn person_of(actor: &DomainActor) -> Option<AccountId> {
    match actor {
        DomainActor::Account { account, .. } => Some(*account),
        DomainActor::System { .. } | DomainActor::Provider { .. } => None,
    }
}

fn name_of(actor: &DomainActor) -> Option<&str> {
    match actor {
        DomainActor::Account { .. } => None,
        DomainActor::System { name } | DomainActor::Provider { name } => Some(name),
    }
}

/// One event of a story.
#[derive(Clone, Debug)]
pub struct TimelineEvent {
    envelope: Envelope,
    summary: String,
    /// Whoever caused one of those that are told together.
    people: People,
}

/// One event of a story.
#[Object]
impl TimelineEvent {
    /// The event's id.
    async fn id(&self) -> ID {
        self.envelope.event_id.to_string().into()
    }

    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.envelope.position)
    }

    /// What part of the story it tells.
    async fn kind(&self) -> TimelineKind {
        self.envelope.stream.category.into()
    }

    /// Its type, such as `interview.confirmed`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.envelope.event_type
    }

    /// Version of the type's shape.
    async fn schema_version(&self) -> i32 {
        i32::from(self.envelope.schema_version)
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        self.envelope.occurred_at.into()
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        self.envelope.recorded_at.into()
    }

    /// Who caused it.
    async fn actor(&self) -> Actor {
        let actor = &self.envelope.actor;
        Actor {
            person: person_of(actor).map(|account| self.people.person(account)),
            name: name_of(actor).map(str::to_owned),
        }
    }

    /// What happened, in a sentence without names.
    async fn summary(&self) -> &str {
        &self.summary
    }

    /// The event that led to it, if it was not a person.
    async fn causation_id(&self) -> Option<ID> {
        self.envelope.causation_id.map(|id| id.to_string().into())
    }

    /// All that follows from one request has the same.
    async fn correlation_id(&self) -> ID {
        self.envelope.correlation_id.to_string().into()
    }
}

/// One event in a page of a story.
#[derive(SimpleObject, Clone, Debug)]
pub struct TimelineEventEdge {
    /// Where it is in the list.
    cursor: Cursor,
    /// The event.
    node: TimelineEvent,
}

/// A page of a story.
#[derive(SimpleObject, Clone, Debug)]
pub struct TimelineEventConnection {
    /// The events, oldest first.
    edges: Vec<TimelineEventEdge>,
    /// Where the page lies.
    page_info: PageInfo,
    /// How many events the viewer may see in all.
    total_count: i32,
}

/// The sentence for an event that a newer version of the system wrote, or that is damaged; its type and version are in
/// fields of their own.
const UNREADABLE: &str = "Something happened that this version of the system cannot read.";

/// What the viewer may know of one interview's story.
struct Sight {
    standing: Standing,
    viewer: Viewer,
    said_own: bool,
}

impl Sight {
    async fn of(ctx: &Context<'_>, viewer: &Viewer, row: &InterviewRow) -> Result<Self> {
        let standing = Standing::of(viewer, row);
        let said_own = match standing {
            Standing::Candidate | Standing::Staff | Standing::Analyst => false,
            Standing::Panel => {
                let reader = scorecards::Reader::Rater(viewer.account);
                let cards =
                    scorecards::of_interviews(services(ctx).db(), viewer.tenant, reader, &[row.interview])
                        .await;
                let cards = cards.map_err(ApiError::unavailable)?;
                let own = cards.iter().find(|card| card.row.account == viewer.account);
                own.is_some_and(|card| card.row.status != ScorecardStatus::Assigned)
            }
        };
        Ok(Self {
            standing,
            viewer: viewer.clone(),
            said_own,
        })
    }

    /// The visibility matrix, event by event.
    fn sees(&self, fact: &Fact) -> bool {
        match self.standing {
            Standing::Staff | Standing::Analyst => true,
            Standing::Candidate => self.candidate_sees(fact),
            Standing::Panel => self.panel_sees(fact),
        }
    }

    /// Who sees everything also sees that there is something which this version of the system cannot read; to whom it
    /// might be hidden cannot be known, so nobody else does.
    const fn sees_unreadable(&self) -> bool {
        match self.standing {
            Standing::Staff | Standing::Analyst => true,
            Standing::Candidate | Standing::Panel => false,
        }
    }

    fn candidate_sees(&self, fact: &Fact) -> bool {
        match fact {
            // Whom else the host has asked is between them, and the plan is for whoever interviews.
            Fact::Interview(event) => !matches!(
                event,
                InterviewEvent::GuestsInvited(_) | InterviewEvent::KitAttached(_)
            ),
            Fact::Room(event) => waiting_at_door(event).is_none_or(|waits| waits == self.viewer.account),
            Fact::Payment(_) | Fact::Feedback(_) => true,
            Fact::Notification(event) => recipient(event) == self.viewer.account,
            Fact::Waitlist(event) => waiting(event) == self.viewer.account,
            Fact::Report(_)
            | Fact::Scorecard(_)
            | Fact::Decision(_)
            | Fact::Transcript(_)
            | Fact::InterviewerCalendar(_)
            | Fact::ProviderInbox(_)
            | Fact::Effect(_)
            | Fact::DataSubject(_)
            | Fact::ReadModel(_)
            | Fact::System(_)
            | Fact::Organisation(_)
            | Fact::Account(_)
            | Fact::MailAddress(_)
            | Fact::Availability(_)
            | Fact::InterviewType(_)
            | Fact::PriceList(_)
            | Fact::Rubric(_)
            | Fact::InterviewKit(_) => false,
        }
    }

    fn panel_sees(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Interview(InterviewEvent::KitAttached(_)) => self.standing.sees_the_kit(&self.viewer),
            Fact::Interview(_) | Fact::Room(_) | Fact::Transcript(_) => true,
            Fact::InterviewerCalendar(event) => calendar_of(event) == self.viewer.account,
            Fact::Notification(event) => recipient(event) == self.viewer.account,
            Fact::Scorecard(event) => self.said_own || rater(event) == self.viewer.account,
            Fact::Decision(_) | Fact::Feedback(_) => self.said_own,
            Fact::Report(ReportEvent::ReportRequested(event)) if event.by == self.viewer.account => true,
            Fact::Report(_) => self.said_own,
            Fact::Payment(_)
            | Fact::Waitlist(_)
            | Fact::ProviderInbox(_)
            | Fact::Effect(_)
            | Fact::DataSubject(_)
            | Fact::ReadModel(_)
            | Fact::System(_)
            | Fact::Organisation(_)
            | Fact::Account(_)
            | Fact::MailAddress(_)
            | Fact::Availability(_)
            | Fact::InterviewType(_)
            | Fact::PriceList(_)
            | Fact::Rubric(_)
            | Fact::InterviewKit(_) => false,
        }
    }
}

const fn recipient(event: &domain::notification::events::NotificationEvent) -> AccountId {
    use domain::notification::events::NotificationEvent as Event;
    match event {
        Event::NotificationSuppressed(event) => event.message.recipient,
        Event::DeliveryAccepted(event) => event.message.recipient,
        Event::DeliveryFailed(event) => event.message.recipient,
    }
}

const fn waiting(event: &domain::waitlist::events::WaitlistEvent) -> AccountId {
    use domain::waitlist::events::WaitlistEvent as Event;
    match event {
        Event::WaitlistJoined(event) => event.candidate,
        Event::WaitlistLeft(event) => event.candidate,
        Event::WaitlistOffered(event) => event.candidate,
        Event::WaitlistAccepted(event) => event.candidate,
        Event::WaitlistDeclined(event) => event.candidate,
        Event::WaitlistLapsed(event) => event.candidate,
    }
}

/// Whose waiting in a lobby an event is about.
const fn waiting_at_door(event: &domain::room::events::RoomEvent) -> Option<AccountId> {
    use domain::room::events::RoomEvent as Event;
    match event {
        Event::LobbyEntered(event) => Some(event.account),
        Event::LobbyLeft(event) => Some(event.account),
        Event::ParticipantAdmitted(event) => Some(event.account),
        Event::ParticipantDenied(event) => Some(event.account),
        Event::RoomProvisioned(_)
        | Event::RoomMembersChanged(_)
        | Event::JoinTokenIssued(_)
        | Event::JoinTokenUsed(_)
        | Event::ParticipantJoined(_)
        | Event::ParticipantLeft(_)
        | Event::RoomClosed(_) => None,
    }
}

const fn rater(event: &domain::scorecard::events::ScorecardEvent) -> AccountId {
    use domain::scorecard::events::ScorecardEvent as Event;
    match event {
        Event::ScorecardAssigned(event) => event.account,
        Event::ScorecardSubmitted(event) => event.account,
        Event::ScorecardAmended(event) => event.account,
        Event::ScorecardDeclined(event) => event.account,
    }
}

const fn calendar_of(event: &domain::interviewer_calendar::events::InterviewerCalendarEvent) -> AccountId {
    use domain::interviewer_calendar::events::InterviewerCalendarEvent as Event;
    match event {
        Event::HoldPlaced(event) => event.account,
        Event::HoldConfirmed(event) => event.account,
        Event::HoldExtended(event) => event.account,
        Event::HoldExpired(event) => event.account,
        Event::ClaimReleased(event) => event.account,
        Event::ClaimShortened(event) => event.account,
        Event::ExternalBusyImported(event) => event.account,
        Event::ExternalBusyRemoved(event) => event.account,
        Event::ClaimClashed(event) => event.account,
        Event::ClashEnded(event) => event.account,
    }
}

/// The events of an interview that the viewer may know of, oldest first.
///
/// # Errors
/// When the log cannot be read.
async fn told(
    ctx: &Context<'_>,
    viewer: &Viewer,
    row: &Stored<InterviewRow>,
    until: Option<LogPosition>,
) -> Result<Vec<TimelineEvent>> {
    let sight = Sight::of(ctx, viewer, &row.row).await?;
    let services = services(ctx);
    let mut query = Query::forward(Filter::Link {
        tenant: viewer.tenant,
        link: row.row.interview.uuid(),
    });
    query.until = until;
    let events: Vec<_> = services
        .log
        .read(query)
        .try_collect()
        .await
        .map_err(ApiError::unavailable)?;
    let mut told = Vec::with_capacity(events.len());
    for event in events {
        if let Some(summary) = summary(&services.codec, &sight, &event) {
            told.push((event.envelope, summary));
        }
    }
    let people = People::new(told.iter().filter_map(|(event, _)| person_of(&event.actor)), None);
    let event = |(envelope, summary)| TimelineEvent {
        envelope,
        summary,
        people: people.clone(),
    };
    Ok(told.into_iter().map(event).collect())
}

/// What an event says to the viewer; `None` when it says nothing, or nothing that this viewer may know.
fn summary(codec: &Codec, sight: &Sight, event: &Recorded) -> Option<String> {
    let Ok(facts) = codec.decode(event) else {
        return sight.sees_unreadable().then(|| UNREADABLE.to_owned());
    };
    let is_told = !facts.is_empty() && facts.iter().all(|fact| sight.sees(fact));
    is_told.then(|| facts.iter().map(story::sentence).collect::<Vec<_>>().join("; "))
}

impl TimelineEventConnection {
    /// A page of an interview's story; `None` when the viewer may not see the interview.
    ///
    /// # Errors
    /// When it cannot be read, or the paging arguments are not acceptable.
    pub async fn load(
        ctx: &Context<'_>,
        viewer: &Viewer,
        interview: InterviewId,
        kinds: Option<Vec<TimelineKind>>,
        paging: Paging,
    ) -> Result<Option<Self>> {
        let binding = kinds
            .iter()
            .flatten()
            .fold(interview.uuid().as_u64_pair().1, |binding, kind| {
                binding.rotate_left(5) ^ (*kind as u64 + 1)
            });
        let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
        let row = interviews::by_id(services(ctx).db(), viewer.tenant, viewer.scope(), interview).await;
        let Some(row) = row.map_err(ApiError::unavailable)? else {
            return Ok(None);
        };
        let mut events = told(ctx, viewer, &row, None).await?;
        if let Some(kinds) = kinds {
            events.retain(|event| kinds.contains(&event.envelope.stream.category.into()));
        }
        Ok(Some(Self::of(&events, &page, binding)))
    }

    fn of(events: &[TimelineEvent], page: &Page, binding: u64) -> Self {
        let total = events.len();
        let place = |event: &TimelineEvent| i64::try_from(event.envelope.position.0).unwrap_or(i64::MAX);
        let (from, to) = match page {
            Page::Forward { after, first } => {
                let from = after.as_ref().map_or(0, |after| {
                    events.partition_point(|event| place(event) <= after.sort)
                });
                (
                    from,
                    total.min(from + usize::try_from(*first).unwrap_or(usize::MAX)),
                )
            }
            Page::Backward { before, last } => {
                let to = before.as_ref().map_or(total, |before| {
                    events.partition_point(|event| place(event) < before.sort)
                });
                (
                    to.saturating_sub(usize::try_from(*last).unwrap_or(usize::MAX)),
                    to,
                )
            }
        };
        let edge = |event: &TimelineEvent| TimelineEventEdge {
            cursor: Cursor {
                binding,
                sort: place(event),
                key: String::new(),
            },
            node: event.clone(),
        };
        let edges: Vec<_> = events[from..to].iter().map(edge).collect();
        let page_info = PageInfo {
            has_next_page: to < total,
            has_previous_page: from > 0,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self {
            edges,
            page_info,
            total_count: int(total),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        envelope::StreamId,
        ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId},
    };
    use uuid::Uuid;

    use store::codec::Upcast;

    use super::*;
    use crate::auth::tokens::Identity;

    fn recorded(event_type: &str, schema_version: u16) -> Recorded {
        let moment = "2026-03-01T10:00:00Z".parse().unwrap();
        Recorded {
            envelope: Envelope {
                position: LogPosition(1),
                stream: StreamId {
                    tenant: OrganisationId::new(Uuid::from_u128(1)),
                    category: Category::Interview,
                    id: Uuid::from_u128(2),
                },
                version: 1,
                event_id: EventId::new(Uuid::from_u128(3)),
                event_type: event_type.to_owned(),
                schema_version,
                occurred_at: moment,
                recorded_at: moment,
                actor: DomainActor::system("test"),
                command_id: CommandId::new(Uuid::from_u128(4)),
                correlation_id: CorrelationId::new(Uuid::from_u128(5)),
                causation_id: None,
                subjects: Vec::new(),
                links: Vec::new(),
                trace: None,
                hash: [0; 32],
            },
            payload: b"{}".as_slice().into(),
        }
    }

    fn sight(standing: Standing) -> Sight {
        Sight {
            standing,
            viewer: Viewer {
                account: AccountId::new(Uuid::from_u128(7)),
                tenant: OrganisationId::new(Uuid::from_u128(1)),
                roles: Vec::new(),
                identity: Identity {
                    issuer: "issuer".to_owned(),
                    subject: "subject".to_owned(),
                    email: None,
                    name: None,
                    organisation: None,
                    role: None,
                    expires_at: "2026-03-01T10:00:00Z".parse().unwrap(),
                },
            },
            said_own: true,
        }
    }

    fn told_to(standing: Standing, event: &Recorded) -> Option<String> {
        summary(&Codec::current(), &sight(standing), event)
    }

    #[test]
    fn an_event_of_a_newer_version_is_shown_as_unreadable_to_those_who_see_everything() {
        for event in [
            recorded("interview.teleported", 1),
            recorded("interview.confirmed", 99),
        ] {
            assert_eq!(told_to(Standing::Staff, &event).as_deref(), Some(UNREADABLE));
            assert_eq!(told_to(Standing::Analyst, &event).as_deref(), Some(UNREADABLE));
        }
    }

    #[test]
    fn an_event_of_a_newer_version_is_hidden_from_those_it_might_be_hidden_from() {
        let event = recorded("interview.teleported", 1);

        assert_eq!(told_to(Standing::Candidate, &event), None);
        assert_eq!(told_to(Standing::Panel, &event), None);
    }

    #[test]
    fn an_event_that_was_dropped_on_reading_says_nothing() {
        let codec = Codec::with_steps([(("interview.noted", 1), (|_| Ok(Vec::new())) as Upcast)]);

        assert_eq!(
            summary(&codec, &sight(Standing::Staff), &recorded("interview.noted", 1)),
            None
        );
    }
}
