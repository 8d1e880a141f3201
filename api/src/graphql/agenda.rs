//! What people have to do, as far as the viewer may know it.

use std::collections::{BTreeMap, HashMap};

use async_graphql::{Context, Enum, Error, ID, Result, SimpleObject};
use chrono::Duration;
use domain::{
    actor::Role,
    ids::{AccountId, InterviewId},
    time::{Instant, Span},
};
use projections::{
    accounts,
    agenda::{self, Engagement, Seat},
    availability,
    interviews::{self, Interview as Row, Scope, Status, Where},
    list::Slice,
    model::Stored,
    organisations,
};

use super::{
    interview::Interview,
    person::{People, Person},
    scalars::DateTime,
    services::services,
    viewer::Viewer,
};
use crate::error::ApiError;

/// Most people who are asked about at once.
const MOST_PEOPLE: usize = 50;
/// Longest stretch of time, in days.
const MOST_DAYS: i64 = 62;
/// Most entries of an answer.
const MOST_ENTRIES: u16 = 2_000;
/// No interview is longer than a day: what begins this much earlier may reach into a stretch of time.
const LONGEST: Duration = Duration::days(1);

/// What takes somebody's time. New kinds may be added; treat an unknown one as busy.
#[derive(Enum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AgendaKind {
    /// An interview, as its candidate or on its panel.
    Interview,
    /// Time that is held for an interview that is not settled yet.
    Hold,
    /// A calendar that they keep elsewhere says that they are busy.
    BusyElsewhere,
    /// They are away.
    OutOfOffice,
    /// Something that you may not know more of.
    Busy,
}

/// A stretch of time in which somebody has something to do.
#[derive(SimpleObject, Clone, Debug)]
pub struct AgendaEntry {
    /// Who.
    person: Person,
    /// What takes their time.
    kind: AgendaKind,
    /// First moment.
    start: DateTime,
    /// First moment after.
    end: DateTime,
    /// First moment of the time that is kept free around the interview; null where nothing is, and where you may only know
    /// that somebody is busy.
    protected_start: Option<DateTime>,
    /// First moment after the time that is kept free around the interview; null as `protectedStart`.
    protected_end: Option<DateTime>,
    /// The interview; null where it is none, where it is only offered and not asked for yet, and where you may not see it.
    interview: Option<Interview>,
}

/// Who is asked about, and when.
#[derive(Clone, Debug)]
pub struct Asked {
    people: Vec<AccountId>,
    within: Span,
}

impl Asked {
    /// What is asked; an id that is no account's is nobody.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for nobody or too many people, and for a stretch of time that is empty or too long.
    pub fn parse(people: &[ID], from: DateTime, to: DateTime) -> Result<Self> {
        if people.is_empty() || people.len() > MOST_PEOPLE {
            return Err(ApiError::bad_user_input("ask for 1 to 50 people").into());
        }
        if to.0 <= from.0 || to.0 - from.0 > Duration::days(MOST_DAYS) {
            return Err(ApiError::bad_user_input("to must lie after from, by at most 62 days").into());
        }
        let mut people: Vec<AccountId> = people.iter().filter_map(|id| id.parse().ok()).collect();
        people.sort_unstable();
        people.dedup();
        let within = Span {
            start: from.0,
            end: to.0,
        };
        Ok(Self { people, within })
    }
}

/// What a viewer may know of other people's time; of their own, everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sight {
    /// What it is, of everybody: those who may set interviews up.
    Everything,
    /// That interviewers are busy, and nothing of candidates.
    WhetherBusy,
    /// Nothing.
    Nothing,
}

impl Sight {
    async fn of(ctx: &Context<'_>, viewer: &Viewer) -> Result<Self> {
        if viewer.is_staff() {
            return Ok(Self::Everything);
        }
        if !viewer.is(Role::Interviewer) {
            return Ok(Self::Nothing);
        }
        let organisation = organisations::by_id(services(ctx).db(), viewer.tenant).await;
        let organisation = organisation.map_err(ApiError::unavailable)?;
        Ok(match organisation {
            Some(stored) if stored.row.interviewers_decide => Self::Everything,
            Some(_) | None => Self::WhetherBusy,
        })
    }
}

/// What takes somebody's time, before it is told.
#[derive(Clone, Copy, Debug)]
struct Taken {
    account: AccountId,
    kind: AgendaKind,
    span: Span,
    protected: Option<Span>,
    interview: Option<InterviewId>,
}

/// What the people who were asked about have to do, in order of start, then person: as far as the viewer may know it. Of
/// somebody they may not ask for it tells what it tells of nobody.
///
/// # Errors
/// When the tables cannot be read; `BAD_USER_INPUT` when there is more than an answer holds.
pub async fn load_agenda(ctx: &Context<'_>, viewer: &Viewer, asked: Asked) -> Result<Vec<AgendaEntry>> {
    let Asked { mut people, within } = asked;
    let sight = Sight::of(ctx, viewer).await?;
    match sight {
        Sight::Everything => {}
        Sight::WhetherBusy => people = colleagues(ctx, viewer, people).await?,
        Sight::Nothing => people.retain(|account| *account == viewer.account),
    }
    let seen_wholly = |account: AccountId| account == viewer.account || sight == Sight::Everything;
    let candidates: Vec<_> = people
        .iter()
        .copied()
        .filter(|account| seen_wholly(*account))
        .collect();
    let mut taken = on_panels(ctx, viewer, &people, within).await?;
    taken.extend(away(ctx, viewer, &people, within).await?);
    let as_candidates = of_candidates(ctx, viewer, &candidates, within).await?;
    taken.extend(
        as_candidates
            .iter()
            .filter_map(|stored| as_candidate(&stored.row, within, services(ctx).clock.now())),
    );
    let (open, masked): (Vec<_>, Vec<_>) = taken.into_iter().partition(|taken| seen_wholly(taken.account));
    let mut taken: Vec<Taken> = open.into_iter().chain(merged(&masked)).collect();
    if taken.len() > usize::from(MOST_ENTRIES) {
        return Err(too_much());
    }
    taken.sort_unstable_by_key(|taken| (taken.span.start, taken.account, taken.span.end, taken.kind));
    let interviews = visible(ctx, viewer, &taken, as_candidates).await?;
    let people = People::new(taken.iter().map(|taken| taken.account), None);
    Ok(taken
        .iter()
        .map(|taken| entry(taken, &people, &interviews))
        .collect())
}

/// Those of these people who are interviewers, and oneself: candidates too may have opened a session.
async fn colleagues(
    ctx: &Context<'_>,
    viewer: &Viewer,
    mut people: Vec<AccountId>,
) -> Result<Vec<AccountId>> {
    let found = accounts::among(services(ctx).db(), viewer.tenant, &people).await;
    let found = found.map_err(ApiError::unavailable)?;
    let is_colleague = |account: AccountId| {
        let mut rows = found.iter().filter(|stored| stored.row.account == account);
        rows.any(|stored| stored.row.roles.contains(&Role::Interviewer))
    };
    people.retain(|account| *account == viewer.account || is_colleague(*account));
    Ok(people)
}

fn too_much() -> Error {
    ApiError::bad_user_input("too much to tell at once: ask for fewer people or days").into()
}

fn entry(taken: &Taken, people: &People, interviews: &HashMap<InterviewId, Interview>) -> AgendaEntry {
    AgendaEntry {
        person: people.person(taken.account),
        kind: taken.kind,
        start: taken.span.start.into(),
        end: taken.span.end.into(),
        protected_start: taken.protected.map(|span| span.start.into()),
        protected_end: taken.protected.map(|span| span.end.into()),
        interview: taken.interview.and_then(|id| interviews.get(&id).cloned()),
    }
}

/// By their calendars: seats on panels, and busy times elsewhere.
async fn on_panels(
    ctx: &Context<'_>,
    viewer: &Viewer,
    people: &[AccountId],
    within: Span,
) -> Result<Vec<Taken>> {
    let (db, now) = (services(ctx).db(), services(ctx).clock.now());
    let found = agenda::of_people(db, viewer.tenant, people, within).await;
    let mut taken = Vec::new();
    for stored in found.map_err(ApiError::unavailable)? {
        match &*stored.row {
            Engagement::Seat(seat) => taken.extend(Some(seat).filter(|seat| seat.is_live(now)).map(on_panel)),
            Engagement::Elsewhere(elsewhere) => {
                let spans = elsewhere.spans.iter().filter(|span| span.overlaps(within));
                taken.extend(spans.map(|span| Taken {
                    account: elsewhere.account,
                    kind: AgendaKind::BusyElsewhere,
                    span: *span,
                    protected: None,
                    interview: None,
                }));
            }
        }
    }
    Ok(taken)
}

fn on_panel(seat: &Seat) -> Taken {
    Taken {
        account: seat.account,
        kind: match seat.held_until {
            None => AgendaKind::Interview,
            Some(_) => AgendaKind::Hold,
        },
        span: seat.span,
        protected: Some(seat.protected()),
        interview: Some(seat.interview),
    }
}

async fn away(ctx: &Context<'_>, viewer: &Viewer, people: &[AccountId], within: Span) -> Result<Vec<Taken>> {
    let found = availability::of_accounts(services(ctx).db(), viewer.tenant, people).await;
    let found = found.map_err(ApiError::unavailable)?;
    let away = found.iter().flatten().flat_map(|stored| {
        let absences = stored.row.absences.iter();
        absences.map(|absence| Taken {
            account: stored.row.account,
            kind: AgendaKind::OutOfOffice,
            span: Span {
                start: absence.from,
                end: absence.to,
            },
            protected: None,
            interview: None,
        })
    });
    Ok(away.filter(|taken| taken.span.overlaps(within)).collect())
}

/// The interviews in which these people are the candidate, and which may reach into a stretch of time.
async fn of_candidates(
    ctx: &Context<'_>,
    viewer: &Viewer,
    candidates: &[AccountId],
    within: Span,
) -> Result<Vec<Stored<Row>>> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Where::All(vec![
        Where::Candidate(candidates.to_vec()),
        Where::StartsFrom(within.start - LONGEST),
        Where::StartsBefore(within.end),
    ]);
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    // Whose time may be known was decided before; which interview it is, is decided by the viewer's own scope.
    let scope = Scope::Organisation;
    let listed = interviews::list(db, tenant, scope, &filter, &[], &Slice::first(MOST_ENTRIES)).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    if listed.has_next {
        return Err(too_much());
    }
    Ok(listed.rows.into_iter().map(|(_, stored)| stored).collect())
}

/// The time that an interview takes of its candidate, if it takes any.
fn as_candidate(row: &Row, within: Span, now: Instant) -> Option<Taken> {
    let is_held = match row.status {
        Status::Requested | Status::Held | Status::AwaitingApproval | Status::AwaitingPayment => true,
        Status::Confirmed
        | Status::Open
        | Status::Live
        | Status::Ended
        | Status::Completed
        | Status::NoShow
        | Status::Abandoned => false,
        Status::Expired | Status::Cancelled => return None,
    };
    let is_dead = is_held && row.hold_expires_at.is_some_and(|until| until <= now);
    let account = row.candidate?;
    (!is_dead && row.slot.span.overlaps(within)).then_some(Taken {
        account,
        kind: if is_held {
            AgendaKind::Hold
        } else {
            AgendaKind::Interview
        },
        span: row.slot.span,
        protected: None,
        interview: Some(row.interview),
    })
}

/// The same times, without what they are: what touches is one, so that not even their number is told.
fn merged(taken: &[Taken]) -> Vec<Taken> {
    let mut by_person: BTreeMap<AccountId, Vec<Span>> = BTreeMap::new();
    for taken in taken {
        by_person.entry(taken.account).or_default().push(taken.span);
    }
    let mut merged: Vec<Taken> = Vec::new();
    for (account, mut spans) in by_person {
        spans.sort_unstable_by_key(|span| span.start);
        for span in spans {
            match merged.last_mut() {
                Some(last) if last.account == account && span.start <= last.span.end => {
                    last.span.end = last.span.end.max(span.end);
                }
                Some(_) | None => merged.push(Taken {
                    account,
                    kind: AgendaKind::Busy,
                    span,
                    protected: None,
                    interview: None,
                }),
            }
        }
    }
    merged
}

/// Those of the interviews that the viewer may see, answered together.
async fn visible(
    ctx: &Context<'_>,
    viewer: &Viewer,
    taken: &[Taken],
    known: Vec<Stored<Row>>,
) -> Result<HashMap<InterviewId, Interview>> {
    let mut rows: HashMap<InterviewId, Stored<Row>> = known
        .into_iter()
        .filter(|stored| interviews::visible(viewer.scope(), &stored.row))
        .map(|stored| (stored.row.interview, stored))
        .collect();
    let mut wanted: Vec<_> = taken.iter().filter_map(|taken| taken.interview).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|interview| !rows.contains_key(interview));
    let found = interviews::by_ids(services(ctx).db(), viewer.tenant, viewer.scope(), &wanted).await;
    let found = found.map_err(ApiError::unavailable)?.into_iter().flatten();
    rows.extend(found.map(|stored| (stored.row.interview, stored)));
    let (ids, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Ok(ids.into_iter().zip(Interview::listed(rows, viewer)).collect())
}
