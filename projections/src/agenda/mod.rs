//! What takes the time of interviewers: seats on panels, held or firm, and what calendars that are kept elsewhere say.

use std::collections::HashSet;

use chrono::Duration;
use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId, OrganisationId},
    interviewer_calendar::events::{ExternalBusyImported, HoldPlaced, InterviewerCalendarEvent},
    time::{Instant, Span},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::{self, Condition},
    model::{Column, Index, Key, ReadModel, Stored, id, instant},
    sql::{Db, DbError, Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Agendas {}

/// What takes somebody's time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Engagement {
    /// A seat on the panel of an interview. Past ones stay.
    Seat(Seat),
    /// What one calendar that is kept elsewhere says.
    Elsewhere(Elsewhere),
}

/// A seat on the panel of an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Seat {
    /// Whose.
    pub account: AccountId,
    /// On which interview; one that is only offered need not exist yet.
    pub interview: InterviewId,
    /// The bare interview.
    pub span: Span,
    /// Minutes kept free before it.
    pub before: u32,
    /// Minutes kept free after it.
    pub after: u32,
    /// First moment at which the hold is dead; nothing once it is firm.
    pub held_until: Option<Instant>,
}

/// When somebody is busy by one calendar that is kept elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Elsewhere {
    /// Who.
    pub account: AccountId,
    /// When, in order; never empty.
    pub spans: Vec<Span>,
}

impl Seat {
    /// True while it takes the time: firm, or held and not dead yet. The comparison decides, not the timer that records
    /// the death.
    pub fn is_live(&self, now: Instant) -> bool {
        self.held_until.is_none_or(|until| now < until)
    }

    /// The interview with the time kept free around it.
    pub fn protected(&self) -> Span {
        self.span.widened(self.before, self.after)
    }

    const fn held(event: &HoldPlaced) -> Self {
        Self {
            account: event.account,
            interview: event.interview,
            span: event.span,
            before: event.before,
            after: event.after,
            held_until: Some(event.expires_at),
        }
    }
}

hears! {
    /// What it is told by.
    pub enum Heard { InterviewerCalendar(InterviewerCalendarEvent) }
}

const ACCOUNT: Column = Column::required("account", Kind::Id);
const STARTS: Column = Column::required("starts", Kind::Instant);
const ENDS: Column = Column::required("ends", Kind::Instant);

impl ReadModel for Agendas {
    const NAME: &'static str = "agenda";
    const COLUMNS: &'static [Column] = &[ACCOUNT, STARTS, ENDS];
    const INDEXES: &'static [Index] = &[
        // What takes some people's time in a stretch of it.
        Index {
            name: "account",
            columns: &["account", "ends", "starts"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Engagement;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::InterviewerCalendar(event) = event;
        match event {
            InterviewerCalendarEvent::HoldPlaced(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::HoldConfirmed(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::HoldExtended(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::HoldExpired(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::ClaimReleased(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::ClaimShortened(event) => vec![Key::pair(event.account, event.claim)],
            InterviewerCalendarEvent::ExternalBusyImported(event) => {
                vec![Key::pair(event.account, event.calendar)]
            }
            InterviewerCalendarEvent::ExternalBusyRemoved(event) => {
                vec![Key::pair(event.account, event.calendar)]
            }
            InterviewerCalendarEvent::ClaimClashed(_) | InterviewerCalendarEvent::ClashEnded(_) => Vec::new(),
        }
    }

    fn apply(_: Key, row: Option<Engagement>, event: &Heard, _: &Envelope) -> Option<Engagement> {
        let Heard::InterviewerCalendar(event) = event;
        match event {
            InterviewerCalendarEvent::HoldPlaced(event) => Some(Engagement::Seat(Seat::held(event))),
            InterviewerCalendarEvent::HoldConfirmed(_) => row.map(|row| lasting(row, None)),
            InterviewerCalendarEvent::HoldExtended(event) => {
                row.map(|row| lasting(row, Some(event.expires_at)))
            }
            InterviewerCalendarEvent::ClaimShortened(event) => row.map(|row| ending(row, event.until)),
            InterviewerCalendarEvent::HoldExpired(_)
            | InterviewerCalendarEvent::ClaimReleased(_)
            | InterviewerCalendarEvent::ExternalBusyRemoved(_) => None,
            InterviewerCalendarEvent::ExternalBusyImported(event) => imported(row, event),
            InterviewerCalendarEvent::ClaimClashed(_) | InterviewerCalendarEvent::ClashEnded(_) => row,
        }
    }

    fn columns(row: &Engagement) -> Vec<Value> {
        let (account, within) = match row {
            Engagement::Seat(seat) => (seat.account, seat.span),
            Engagement::Elsewhere(elsewhere) => (elsewhere.account, elsewhere.within()),
        };
        vec![id(account), instant(within.start), instant(within.end)]
    }
}

impl Elsewhere {
    /// From the first busy time to the end of the last.
    fn within(&self) -> Span {
        let starts = self.spans.iter().map(|span| span.start);
        let ends = self.spans.iter().map(|span| span.end);
        Span {
            start: starts.min().unwrap_or(Instant::UNIX_EPOCH),
            end: ends.max().unwrap_or(Instant::UNIX_EPOCH),
        }
    }
}

/// The same seat, held until another moment, or firm.
fn lasting(row: Engagement, held_until: Option<Instant>) -> Engagement {
    match row {
        Engagement::Seat(seat) => Engagement::Seat(Seat { held_until, ..seat }),
        Engagement::Elsewhere(elsewhere) => Engagement::Elsewhere(elsewhere),
    }
}

/// The same seat, over at another moment.
fn ending(row: Engagement, end: Instant) -> Engagement {
    match row {
        Engagement::Seat(seat) => Engagement::Seat(Seat {
            span: Span { end, ..seat.span },
            ..seat
        }),
        Engagement::Elsewhere(elsewhere) => Engagement::Elsewhere(elsewhere),
    }
}

/// What is busy once a calendar says other times; the row goes with the last of them.
fn imported(row: Option<Engagement>, event: &ExternalBusyImported) -> Option<Engagement> {
    let mut spans = match row {
        Some(Engagement::Elsewhere(elsewhere)) => elsewhere.spans,
        Some(Engagement::Seat(_)) | None => Vec::new(),
    };
    let removed: HashSet<Span> = event.removed.iter().copied().collect();
    spans.retain(|span| event.from < span.end && !removed.contains(span));
    spans.extend(&event.added);
    spans.sort_unstable_by_key(|span| span.start);
    (!spans.is_empty()).then_some(Engagement::Elsewhere(Elsewhere {
        account: event.account,
        spans,
    }))
}

/// What takes the time of these people within a stretch of it, in any order, by one statement. A hold that is dead by now may be
/// among it, and of a calendar that is kept elsewhere everything is told.
///
/// # Errors
/// [`DbError`], when the table cannot be read.
pub async fn of_people(
    db: &Db,
    tenant: OrganisationId,
    people: &[AccountId],
    within: Span,
) -> Result<Vec<Stored<Engagement>>, DbError> {
    list::all::<Agendas>(db, tenant, &condition(people, within)).await
}

/// The statement behind [`of_people`].
#[cfg(test)]
pub(crate) fn statement(
    db: &Db,
    tenant: OrganisationId,
    people: &[AccountId],
    within: Span,
) -> crate::sql::Sql {
    list::statement_of_all::<Agendas>(db, tenant, &condition(people, within))
}

fn condition(people: &[AccountId], within: Span) -> Condition {
    let after_the_start = within.start + Duration::microseconds(1);
    Condition::All(vec![
        Condition::In(ACCOUNT, people.iter().copied().map(id).collect()),
        Condition::AtLeast(ENDS, instant(after_the_start)),
        Condition::Below(STARTS, instant(within.end)),
    ])
}
