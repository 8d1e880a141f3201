//! An interview, as far as the viewer may know it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::NaiveDateTime;
use commands::rooms::join_codes::code_of;
use domain::{
    envelope::StreamId,
    fact::Category,
    ids::InterviewId,
    interview::events::{self, InterviewEvent, PanelMember},
    join_code::JoinCode,
    sealed::Sealed,
    time::{self, Span, Zone},
};
use futures::TryStreamExt;
use projections::{
    decisions, feedback,
    interviews::{
        self, Interview as Row, PaymentStatus as RowPaymentStatus, RoomStatus as RowRoomStatus, Shared,
        Status,
    },
    model::{ReadModel, Stored},
    notifications, reports, scorecards,
};
use store::log::{Filter, Query};

use super::{
    as_of::Past,
    availability::Availability,
    catalogue::Kit,
    decision::Decision,
    enums::{
        Difficulty, InterviewKind, InterviewStatus, InviteAnswer, Mode, Outcome, PanelRole, Party, Phase,
        ProposalStatus, Purpose, RefundReason, SeatReason, Side, VacancyReason,
    },
    feedback::Feedback,
    in_order::{InOrder, ListInOrder},
    interview_type::InterviewType,
    notification::Notification,
    person::{People, Person},
    report::Report,
    scalars::{DateTime, Money, Position, TimeZone, Url},
    scorecard::Scorecard,
    services::{Services, services},
    session::{LobbyEntry, lasts},
    siblings::{Belonging, Siblings},
    standing::Standing,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// The place of an interview in a series. Those of one series are found by `interviews(where: {seriesId: {eq: ...}})`.
#[derive(SimpleObject, Clone, Debug)]
pub struct SeriesPlace {
    /// The series.
    series_id: ID,
    /// Which of its interviews this was by time when they were set up, from 1.
    number: i32,
    /// How many were set up.
    of: i32,
    /// The rule that named their starts: the value of an RRULE of RFC 5545.
    rule: String,
}

impl From<&events::SeriesPlace> for SeriesPlace {
    fn from(place: &events::SeriesPlace) -> Self {
        Self {
            series_id: place.series.to_string().into(),
            number: int(place.number),
            of: int(place.of),
            rule: place.rule.clone(),
        }
    }
}

/// The seat of an interview in a group, which meets one panel at one time in one room. The others are found by
/// `interviews(where: {groupId: {eq: ...}})`, as far as one may see them.
#[derive(SimpleObject, Clone, Debug)]
pub struct GroupPlace {
    /// The group.
    group_id: ID,
    /// How many candidates it takes.
    seats: i32,
}

impl From<events::GroupPlace> for GroupPlace {
    fn from(place: events::GroupPlace) -> Self {
        Self {
            group_id: place.group.to_string().into(),
            seats: int(place.seats),
        }
    }
}

/// One appointment, through all its reschedules, from request to decision.
#[derive(Clone, Debug)]
pub struct Interview {
    row: Stored<Row>,
    standing: Standing,
    siblings: Siblings,
}

impl Interview {
    /// The interview as the viewer sees it now.
    pub fn new(row: Stored<Row>, viewer: &Viewer) -> Self {
        let siblings = Siblings::of([&*row.row], viewer);
        Self::among(row, siblings)
    }

    /// The interview as it was, to somebody who is this to it now. Permissions are those of today: what the viewer was
    /// to it then tells nothing.
    pub fn then(row: Stored<Row>, standing: Standing, viewer: &Viewer, past: Past) -> Self {
        Self {
            siblings: Siblings::then([(&*row.row, standing)], viewer, past),
            row,
            standing,
        }
    }

    /// Several interviews as they were, to somebody who is this to each of them now, answered together.
    pub fn listed_then(rows: Vec<(Stored<Row>, Standing)>, viewer: &Viewer, past: Past) -> Vec<Self> {
        let of = rows.iter().map(|(stored, standing)| (&*stored.row, *standing));
        let siblings = Siblings::then(of, viewer, past);
        let interview = |(row, standing)| Self {
            row,
            standing,
            siblings: siblings.clone(),
        };
        rows.into_iter().map(interview).collect()
    }

    /// Several interviews as the viewer sees them now, answered together.
    pub fn listed(rows: Vec<Stored<Row>>, viewer: &Viewer) -> Vec<Self> {
        let siblings = Siblings::of(rows.iter().map(|stored| &*stored.row), viewer);
        let interview = |row| Self::among(row, siblings.clone());
        rows.into_iter().map(interview).collect()
    }

    fn among(row: Stored<Row>, siblings: Siblings) -> Self {
        Self {
            standing: Standing::of(siblings.viewer(), &row.row),
            row,
            siblings,
        }
    }

    fn interview(&self) -> InterviewId {
        self.row.row.interview
    }

    /// What the viewer is to it.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// The verdict that stands, as far as the viewer may know it.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn present_decision(&self, ctx: &Context<'_>) -> Result<Option<Decision>> {
        let verdict = self.verdict(ctx).await?;
        Ok(verdict.and_then(|row| Decision::of(row, self.siblings.people())))
    }

    /// The rows that the viewer may see now, as they are or as they were.
    async fn told<M: ReadModel>(
        &self,
        ctx: &Context<'_>,
        now: &[Belonging<M::Row>],
    ) -> Result<Vec<Arc<M::Row>>> {
        let Some(past) = self.siblings.past() else {
            return Ok(now.iter().map(|belonging| belonging.row.clone()).collect());
        };
        let mut rows = Vec::with_capacity(now.len());
        for belonging in now {
            let then = Box::pin(past.row::<M>(ctx, self.row.tenant, belonging.key)).await?;
            rows.extend(then.map(|stored| stored.row));
        }
        Ok(rows)
    }

    async fn verdict(&self, ctx: &Context<'_>) -> Result<Option<Arc<decisions::Decision>>> {
        let Some(now) = self.siblings.decision(ctx, self.interview()).await? else {
            return Ok(None);
        };
        let told = self
            .told::<decisions::Decisions>(ctx, std::slice::from_ref(now))
            .await?;
        Ok(told.into_iter().next())
    }
}

/// When an interview is.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    span: Span,
    zone: Zone,
    local_start: NaiveDateTime,
    seats_left: Option<usize>,
}

impl Slot {
    /// With how many more candidates can share it.
    pub(super) const fn with_seats_left(self, seats_left: Option<usize>) -> Self {
        Self { seats_left, ..self }
    }
}

impl From<&time::Slot> for Slot {
    fn from(slot: &time::Slot) -> Self {
        Self {
            span: slot.span,
            zone: slot.zone,
            local_start: slot.local_start,
            seats_left: None,
        }
    }
}

/// When an interview is.
#[Object]
impl Slot {
    /// First moment.
    async fn start(&self) -> DateTime {
        self.span.start.into()
    }

    /// First moment after.
    async fn end(&self) -> DateTime {
        self.span.end.into()
    }

    /// The zone it was promised in.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.zone)
    }

    /// The wall-clock start as promised in that zone, without an offset, such as `2026-03-10T09:00:00`.
    async fn local_start(&self) -> String {
        wall_clock(self.local_start)
    }

    /// Of a slot that can be booked of a product for groups: how many more candidates can have a seat. Null otherwise.
    async fn seats_left(&self) -> Option<i32> {
        self.seats_left.map(int)
    }
}

/// How the time-zone rules have come apart from what was promised. The interview stays where it is until somebody moves it,
/// to the promised time or another, or keeps it.
#[derive(SimpleObject, Clone, Debug)]
pub struct TimeDrift {
    /// The zone of the promise.
    time_zone: TimeZone,
    /// The wall-clock start as promised, without an offset.
    promised_local_start: String,
    /// Version of the IANA time-zone database by which it was promised, such as `2024a`.
    promised_tzdb: String,
    /// What the clock on the wall shows at the start by the present rules, without an offset.
    local_start: String,
    /// Version of the IANA time-zone database with the present rules.
    tzdb: String,
    /// The moment at which the clock on the wall shows the promised start by the present rules: where a move would lead to
    /// that keeps what was promised.
    promised_start: DateTime,
}

impl From<&time::Drift> for TimeDrift {
    fn from(drift: &time::Drift) -> Self {
        Self {
            time_zone: TimeZone(drift.zone),
            promised_local_start: wall_clock(drift.promised_local_start),
            promised_tzdb: drift.promised_tzdb.clone(),
            local_start: wall_clock(drift.local_start),
            tzdb: drift.tzdb.clone(),
            promised_start: drift.promised_start.into(),
        }
    }
}

/// A local time without an offset.
fn wall_clock(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A time that an interview moved away from, or a promise of the same moment that was told anew because the time-zone rules
/// had changed.
#[derive(SimpleObject, Clone, Debug)]
pub struct FormerSlot {
    /// When it was to be.
    slot: Slot,
    /// Which settling of the interview's time that was, from 1.
    revision: i32,
    /// Who moved it, or kept it at its moment.
    moved_by: Person,
    /// When they did.
    moved_at: DateTime,
}

/// Other times that were proposed for an interview. None of them is held.
#[derive(SimpleObject, Clone, Debug)]
pub struct Proposal {
    /// The proposal's id.
    id: ID,
    /// Which settling of the interview's time it would replace.
    revision: i32,
    /// Who proposed; null when Greenroom did, because nobody can take a vacant seat at the present time. Taking one of its
    /// times fills the seat too.
    by: Option<Person>,
    /// On which side they are; the other side answers.
    side: Side,
    /// When.
    at: DateTime,
    /// The times, of which the other side may take one.
    options: Vec<Slot>,
    /// What was said to it; null when nothing was or it was erased.
    message: Option<String>,
    /// What became of it.
    status: ProposalStatus,
    /// Who took one of its times, or none; null before.
    answered_by: Option<Person>,
    /// Why none was taken; null when nothing was said or it was erased.
    reason: Option<String>,
}

/// A share of the price that comes back when the candidate calls the interview off early enough.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct RefundTier {
    /// At least this long before the start, in minutes.
    notice_minutes: i32,
    /// This share of the price, in percent.
    percent: i32,
}

impl From<&events::RefundTier> for RefundTier {
    fn from(tier: &events::RefundTier) -> Self {
        Self {
            notice_minutes: int(tier.notice_minutes),
            percent: tier.percent.into(),
        }
    }
}

/// How an interview was called off.
#[derive(SimpleObject, Clone, Debug)]
pub struct Cancellation {
    /// Who called it off.
    by: Person,
    /// Whose wish that was.
    party: Party,
    /// When.
    at: DateTime,
    /// Why, in that person's words; null when nothing was said or it was erased.
    reason: Option<String>,
    /// Whole minutes from the cancellation to the start that was promised.
    notice_minutes: i32,
    /// The share of the price that comes back, in percent; only for the candidate and for those who run interviews.
    refund_percent: Option<i32>,
    /// What comes back; null when nothing was paid, and for those who may not see the payment.
    refund: Option<Money>,
}

/// A seat on the panel.
#[derive(SimpleObject, Clone, Debug)]
pub struct PanelSeat {
    /// The interviewer.
    person: InOrder<Person>,
    /// The part they have.
    role: PanelRole,
    /// What they answered to the invitation to the present time; null before they did, and for the candidate.
    answer: Option<InviteAnswer>,
    /// Why they were chosen; null for the candidate.
    reason: Option<SeatReason>,
}

/// A seat that was given up and that nobody has taken.
#[derive(SimpleObject, Clone, Debug)]
pub struct Vacancy {
    /// Who sat there.
    former: Person,
    /// The part that goes with the seat.
    role: PanelRole,
    /// Why it is vacant.
    reason: VacancyReason,
    /// Since when.
    since: DateTime,
}

impl PanelSeat {
    fn of(member: &PanelMember, row: &Row, standing: Standing, people: &People) -> Self {
        let is_inside = standing.sees_the_panel_from_inside();
        let mut answers = row.answers.iter();
        let answer = answers.find(|answered| answered.account == member.account);
        Self {
            person: InOrder(people.person(member.account)),
            role: member.role.into(),
            answer: answer
                .filter(|_| is_inside)
                .map(|answered| answered.answer.into()),
            reason: is_inside.then(|| member.reason.into()),
        }
    }
}

/// How long people were there.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct Attendance {
    /// Seconds the candidate was there, on any device.
    candidate_seconds: i32,
    /// Seconds at least one interviewer was there.
    interviewer_seconds: i32,
    /// Seconds the candidate and at least one interviewer were there together.
    overlap_seconds: i32,
}

impl From<events::Attendance> for Attendance {
    fn from(attendance: events::Attendance) -> Self {
        Self {
            candidate_seconds: int(attendance.candidate_seconds),
            interviewer_seconds: int(attendance.interviewer_seconds),
            overlap_seconds: int(attendance.overlap_seconds),
        }
    }
}

/// What the candidate said about the job.
#[derive(SimpleObject, Clone, Debug)]
pub struct Brief {
    /// The job.
    job_role: Option<String>,
    /// Years of experience.
    experience_years: Option<i32>,
    /// Seniority aimed at.
    level: Option<String>,
    /// What to concentrate on.
    focus_areas: Vec<String>,
    /// Anything else the interviewers should know.
    requirements: Option<String>,
}

/// How far a payment is.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaymentStatus {
    /// Asked for.
    Open,
    /// The money is reserved, not yet taken.
    Authorized,
    /// The money was taken.
    Captured,
    /// All of it went back.
    Refunded,
    /// It was not paid in time.
    Expired,
    /// It need not be paid any more: the interview was called off.
    Cancelled,
}

/// The payment of an interview.
#[derive(Clone, Debug)]
pub struct Payment(pub Shared<interviews::Payment>);

/// The payment of an interview.
#[Object]
impl Payment {
    /// The payment's id.
    async fn id(&self) -> ID {
        self.0.payment.to_string().into()
    }

    /// How far it is.
    async fn status(&self) -> PaymentStatus {
        if self.0.status == RowPaymentStatus::Captured && self.refunded_minor() >= self.0.amount.minor {
            return PaymentStatus::Refunded;
        }
        match self.0.status {
            RowPaymentStatus::Open => PaymentStatus::Open,
            RowPaymentStatus::Authorized => PaymentStatus::Authorized,
            RowPaymentStatus::Captured => PaymentStatus::Captured,
            RowPaymentStatus::Expired => PaymentStatus::Expired,
            RowPaymentStatus::Cancelled => PaymentStatus::Cancelled,
        }
    }

    /// How much.
    async fn amount(&self) -> InOrder<Money> {
        InOrder(self.0.amount.into())
    }

    /// How much went back of the money that counts; what was paid twice stands under `refunds` alone.
    async fn refunded(&self) -> Money {
        domain::money::Money {
            minor: self.refunded_minor(),
            ..self.0.amount
        }
        .into()
    }

    /// What went back or is to, in the order in which it was asked for.
    async fn refunds(&self) -> Vec<Refund> {
        self.0.refunds.iter().map(Refund::from).collect()
    }

    /// Until when it counts.
    async fn due_at(&self) -> DateTime {
        self.0.due_at.into()
    }

    /// Where it can be paid; null until the provider's order exists, and once nothing is left to pay.
    async fn checkout(&self) -> Option<Checkout> {
        let open = matches!(
            self.0.status,
            RowPaymentStatus::Open | RowPaymentStatus::Authorized
        );
        let url = self.0.checkout_url.as_ref().filter(|_| open)?.parse().ok()?;
        Some(Checkout {
            url: Url(url),
            provider: self.0.provider.clone(),
        })
    }
}

impl Payment {
    fn refunded_minor(&self) -> i64 {
        let processed = self
            .0
            .refunds
            .iter()
            .filter(|refund| refund.of_what_counts)
            .filter(|refund| refund.status == interviews::RefundStatus::Processed);
        processed.map(|refund| refund.amount.minor).sum()
    }
}

/// How far money has come that goes back.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefundStatus {
    /// Asked for at the provider.
    Requested,
    /// Paid back.
    Processed,
    /// The provider could not; a person should look.
    Failed,
}

/// Money that goes back.
#[derive(SimpleObject, Clone, Debug)]
pub struct Refund {
    /// The refund's id.
    id: ID,
    /// How much.
    amount: Money,
    /// Why.
    reason: RefundReason,
    /// How far it has come.
    status: RefundStatus,
}

impl From<&interviews::Refund> for Refund {
    fn from(refund: &interviews::Refund) -> Self {
        Self {
            id: refund.refund.to_string().into(),
            amount: refund.amount.into(),
            reason: refund.reason.into(),
            status: match refund.status {
                interviews::RefundStatus::Requested => RefundStatus::Requested,
                interviews::RefundStatus::Processed => RefundStatus::Processed,
                interviews::RefundStatus::Failed => RefundStatus::Failed,
            },
        }
    }
}

/// Where something can be paid.
#[derive(SimpleObject, Clone, Debug)]
pub struct Checkout {
    /// The provider's page.
    url: Url,
    /// Configured name of the provider.
    provider: Option<String>,
}

/// Whether a room can be entered.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoomStatus {
    /// It exists, and nobody has entered.
    Ready,
    /// Somebody has entered.
    Open,
    /// It is closed for good.
    Closed,
}

/// Where an interview happens.
#[derive(Clone, Debug)]
pub struct Room {
    row: Shared<interviews::Room>,
    people: People,
    /// The code and the lobby, for those who may know them.
    hosted: Option<Hosted>,
}

/// What hosts know of their session.
#[derive(Clone, Debug)]
struct Hosted {
    /// The code, while it opens the lobby.
    join_code: Option<JoinCode>,
}

/// Where an interview happens.
#[Object]
impl Room {
    /// The room's id.
    async fn id(&self) -> ID {
        self.row.room.to_string().into()
    }

    /// Configured name of the provider.
    async fn provider(&self) -> &str {
        &self.row.provider
    }

    /// Whether it can be entered.
    async fn status(&self) -> RoomStatus {
        match self.row.status {
            RowRoomStatus::Ready => RoomStatus::Ready,
            RowRoomStatus::Open => RoomStatus::Open,
            RowRoomStatus::Closed => RoomStatus::Closed,
        }
    }

    /// First moment at which it may be entered.
    async fn opens_at(&self) -> DateTime {
        self.row.opens_at.into()
    }

    /// When it is closed for good.
    async fn closes_at(&self) -> DateTime {
        self.row.closes_at.into()
    }

    /// The code by which guests find the lobby of an instant session, while it lasts; only for its hosts and those who
    /// run interviews.
    async fn join_code(&self) -> Option<String> {
        let hosted = self.hosted.as_ref()?;
        hosted.join_code.map(|code| code.to_string())
    }

    /// Who waits to be admitted to an instant session, who came first, first; null for whoever is not its host and does
    /// not run interviews, and where there is no lobby.
    async fn lobby(&self) -> Option<Vec<LobbyEntry>> {
        self.hosted.as_ref()?;
        let entry = |waiting: &interviews::Waiting| LobbyEntry {
            person: self.people.person(waiting.account),
            since: waiting.since.into(),
        };
        Some(self.row.lobby.iter().map(entry).collect())
    }

    /// Who is inside now.
    async fn participants(&self) -> Vec<Participant> {
        let participant = |presence: &interviews::Presence| Participant {
            person: self.people.person(presence.account),
            since: presence.since.into(),
        };
        self.row.present.iter().map(participant).collect()
    }
}

/// Somebody in a room, on one connection.
#[derive(SimpleObject, Clone, Debug)]
pub struct Participant {
    /// Who.
    person: Person,
    /// Since when.
    since: DateTime,
}

/// One appointment, through all its reschedules, from request to decision.
#[Object]
impl Interview {
    /// The interview's id.
    pub async fn id(&self) -> ID {
        self.row.row.interview.to_string().into()
    }

    /// What it is called.
    async fn title(&self) -> &str {
        self.row.row.title.as_str()
    }

    /// Where it is in its life.
    async fn status(&self) -> InterviewStatus {
        match self.row.row.status {
            Status::Requested | Status::Held => InterviewStatus::Held,
            Status::AwaitingApproval => InterviewStatus::AwaitingApproval,
            Status::AwaitingPayment => InterviewStatus::AwaitingPayment,
            Status::Confirmed => InterviewStatus::Confirmed,
            Status::Open => InterviewStatus::Open,
            Status::Live => InterviewStatus::Live,
            Status::Ended | Status::Completed => InterviewStatus::Completed,
            Status::Expired => InterviewStatus::Expired,
            Status::Cancelled => InterviewStatus::Cancelled,
            Status::NoShow => InterviewStatus::NoShow,
            Status::Abandoned => InterviewStatus::Abandoned,
        }
    }

    /// When it is.
    async fn slot(&self) -> InOrder<Slot> {
        InOrder((&self.row.row.slot).into())
    }

    /// Who is interviewed; null in an instant session that no candidate has joined.
    async fn candidate(&self) -> Option<InOrder<Person>> {
        let candidate = self.row.row.candidate?;
        Some(InOrder(self.siblings.people().person(candidate)))
    }

    /// Who meets the candidate.
    async fn panel(&self) -> ListInOrder<InOrder<PanelSeat>> {
        let row = &self.row.row;
        let seat = |member| PanelSeat::of(member, row, self.standing, self.siblings.people());
        row.panel.iter().map(seat).collect()
    }

    /// Its payment; only for the candidate and for those who run interviews.
    async fn payment(&self) -> Option<InOrder<Payment>> {
        match self.standing {
            Standing::Candidate | Standing::Staff => self.row.row.payment.clone().map(Payment).map(InOrder),
            Standing::Panel | Standing::Analyst => None,
        }
    }

    /// The reports that the viewer may read.
    async fn reports(&self, ctx: &Context<'_>) -> Result<ListInOrder<InOrder<Report>>> {
        let reader = self.standing.report_reader(self.siblings.viewer());
        let rows = self.siblings.reports(ctx, self.interview()).await?;
        let rows = self.told::<reports::Reports>(ctx, rows).await?.into_iter();
        let people = self.siblings.people();
        let report = |row| Report::new(row, reader, people).among(self.siblings.clone());
        Ok(rows.map(report).filter(Report::is_there).collect())
    }

    /// What it is about, in the words of whoever set it up; null when nothing was said or it was erased.
    async fn description(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let said = self.row.row.description.as_ref();
        self.opened(ctx, said).await
    }

    /// Who set it up; null when its candidate asked for it.
    async fn scheduled_by(&self) -> Option<Person> {
        let by = self.row.row.scheduled_by?;
        Some(self.siblings.people().person(by))
    }

    /// Its place in the series that it was set up with; null when it is of none.
    async fn series(&self) -> Option<SeriesPlace> {
        self.row.row.series.as_ref().map(SeriesPlace::from)
    }

    /// Its seat in a group, when candidates share its time; null when the time is for one candidate alone.
    async fn group(&self) -> Option<GroupPlace> {
        self.row.row.group.map(GroupPlace::from)
    }

    /// The product that it follows; null when it was set up without one.
    #[graphql(name = "type")]
    async fn interview_type(&self, ctx: &Context<'_>) -> Result<Option<InterviewType>> {
        let Some(product) = self.row.row.product else {
            return Ok(None);
        };
        self.siblings.products().get(ctx, product.interview_type).await
    }

    /// The plan that whoever interviews follows, in the version that was the newest when it was booked or when the
    /// kit was attached; null where there is none, and always for candidates.
    async fn kit(&self, ctx: &Context<'_>) -> Result<Option<Kit>> {
        let kit = self.row.row.kit;
        match kit.filter(|_| self.standing.sees_the_kit(self.siblings.viewer())) {
            Some(kit) => self.siblings.kit(ctx, kit.pin).await,
            None => Ok(None),
        }
    }

    /// What it is for.
    async fn purpose(&self) -> Purpose {
        self.row.row.purpose.into()
    }

    /// Who meets the candidate.
    async fn mode(&self) -> Mode {
        self.row.row.mode.into()
    }

    /// What it is about.
    async fn kind(&self) -> InterviewKind {
        self.row.row.kind.into()
    }

    /// How hard it is.
    async fn difficulty(&self) -> Difficulty {
        self.row.row.difficulty.into()
    }

    /// The status for people in a hurry; whoever may not know the verdict reads `COMPLETED` instead of `SUCCEEDED` or
    /// `FAILED`.
    async fn phase(&self, ctx: &Context<'_>) -> Result<Phase> {
        let decision = self.verdict(ctx).await?;
        let current = decision.as_ref().and_then(|decision| decision.current.as_ref());
        let decided = current.map(|verdict| verdict.verdict);
        Ok(match (self.row.row.status.phase(), decided) {
            (interviews::Phase::Completed, Some(domain::decision::events::Verdict::Pass)) => Phase::Succeeded,
            (interviews::Phase::Completed, Some(domain::decision::events::Verdict::Fail)) => Phase::Failed,
            (interviews::Phase::Completed, _) => Phase::Completed,
            (interviews::Phase::Upcoming, _) => Phase::Upcoming,
            (interviews::Phase::Live, _) => Phase::Live,
            (interviews::Phase::Closed, _) => Phase::Closed,
        })
    }

    /// What became of it; null where the viewer may not know, decided or not.
    async fn outcome(&self, ctx: &Context<'_>) -> Result<Option<Outcome>> {
        if !self.may_know_verdict(ctx).await? {
            return Ok(None);
        }
        let decision = self.verdict(ctx).await?;
        let current = decision.as_ref().and_then(|decision| decision.current.as_ref());
        Ok(Some(
            current.map_or(Outcome::Pending, |verdict| verdict.verdict.into()),
        ))
    }

    /// The verdict with who gave it; null where there is none or the viewer may not know.
    async fn decision(&self, ctx: &Context<'_>) -> Result<Option<Decision>> {
        self.present_decision(ctx).await
    }

    /// How often its time was settled.
    async fn revision(&self) -> i32 {
        int(self.row.row.revision)
    }

    /// How the time-zone rules have come apart from what was promised, as far as it was found and nobody has decided; null
    /// when they have not.
    async fn drift(&self) -> Option<TimeDrift> {
        self.row.row.drift.as_ref().map(TimeDrift::from)
    }

    /// When it was to be before, oldest first.
    async fn former_slots(&self) -> Vec<FormerSlot> {
        let former = |slot: &interviews::FormerSlot| FormerSlot {
            slot: (&slot.slot).into(),
            revision: int(slot.revision),
            moved_by: self.siblings.people().person(slot.moved_by),
            moved_at: slot.moved_at.into(),
        };
        self.row.row.former_slots.iter().map(former).collect()
    }

    /// Other times that were proposed, oldest first; at most one of them is open.
    async fn proposals(&self, ctx: &Context<'_>) -> Result<Vec<Proposal>> {
        let mut proposals = Vec::with_capacity(self.row.row.proposals.len());
        for row in &self.row.row.proposals {
            proposals.push(self.proposal(ctx, row).await?);
        }
        Ok(proposals)
    }

    /// When the hold on the slot dies, while it is not confirmed.
    async fn hold_expires_at(&self) -> Option<DateTime> {
        self.row.row.hold_expires_at.map(DateTime)
    }

    /// Who agreed to it; null where nobody has, or has to, and for the candidate.
    async fn approved_by(&self) -> Option<Person> {
        let is_inside = self.standing.sees_the_panel_from_inside();
        let by = self.row.row.approved_by.filter(|_| is_inside)?;
        Some(self.siblings.people().person(by))
    }

    /// Who called it off or declined it, and what comes back; null while it stands.
    async fn cancellation(&self, ctx: &Context<'_>) -> Result<Option<Cancellation>> {
        let Some(cancellation) = &self.row.row.cancellation else {
            return Ok(None);
        };
        let sees_money = match self.standing {
            Standing::Candidate | Standing::Staff => true,
            Standing::Panel | Standing::Analyst => false,
        };
        let reason = self.opened(ctx, cancellation.reason.as_ref()).await?;
        let outcome = cancellation.outcome;
        Ok(Some(Cancellation {
            by: self.siblings.people().person(cancellation.by),
            party: cancellation.party.into(),
            at: cancellation.at.into(),
            reason,
            notice_minutes: int(outcome.notice_minutes),
            refund_percent: sees_money.then_some(i32::from(outcome.percent)),
            refund: outcome.refund.filter(|_| sees_money).map(Money::from),
        }))
    }

    /// What comes back should the candidate call it off, most notice first: settled when it was booked, and never more
    /// than `refundLimit`. Empty when nothing would.
    async fn refund_tiers(&self) -> Vec<RefundTier> {
        self.row.row.terms.refunds.iter().map(RefundTier::from).collect()
    }

    /// The largest share of the price that can come back when the candidate calls it off, in percent: less than 100 once
    /// the candidate has moved it late.
    async fn refund_limit(&self) -> i32 {
        self.row.row.refund_limit.into()
    }

    /// What the candidate said about the job; null when nothing was said or it was erased.
    async fn brief(&self, ctx: &Context<'_>) -> Result<Option<Brief>> {
        let Some(brief) = self
            .row
            .row
            .brief
            .as_ref()
            .filter(|_| !self.standing.is_pseudonymous())
        else {
            return Ok(None);
        };
        self.siblings.load_keys(ctx).await?;
        let brief = services(ctx)
            .vault
            .open(brief)
            .await
            .map_err(ApiError::unavailable)?;
        Ok(brief.map(|brief| Brief {
            job_role: brief.job_role,
            experience_years: brief.experience_years.map(i32::from),
            level: brief.level,
            focus_areas: brief.focus_areas,
            requirements: brief.requirements,
        }))
    }

    /// When the members of the panel could be met, as they had stated it when the present time was settled: by the booking, or by
    /// the last move. Of everybody for those who run interviews, of oneself for a member of the panel; null for others.
    /// Whoever had stated nothing by then is left out.
    async fn availability_when_booked(&self, ctx: &Context<'_>) -> Result<Option<Vec<Availability>>> {
        let viewer = self.siblings.viewer();
        let panel = self.row.row.panel.iter().map(|member| member.account);
        let told: Vec<_> = match self.standing {
            Standing::Staff => panel.collect(),
            Standing::Panel => panel.filter(|account| *account == viewer.account).collect(),
            Standing::Candidate | Standing::Analyst => return Ok(None),
        };
        let Some(settled) = Box::pin(self.settled(ctx)).await? else {
            return Ok(None);
        };
        let mut stated = Vec::with_capacity(told.len());
        for account in told {
            stated.extend(Box::pin(Availability::load(ctx, viewer, account, Some(settled))).await?);
        }
        Ok(Some(stated))
    }

    /// Seats that were given up and that nobody has taken, the longest vacant first; always empty for the candidate.
    async fn vacancies(&self) -> Vec<Vacancy> {
        let vacancies = self.row.row.vacancies.iter();
        let vacancies = vacancies.filter(|_| self.standing.sees_the_panel_from_inside());
        let vacancy = |vacancy: &interviews::Vacancy| Vacancy {
            former: self.siblings.people().person(vacancy.former.account),
            role: vacancy.former.role.into(),
            reason: vacancy.reason.into(),
            since: vacancy.since.into(),
        };
        vacancies.map(vacancy).collect()
    }

    /// Where it happens, once there is a room for its present time.
    async fn room(&self, ctx: &Context<'_>) -> Option<Room> {
        let row = match self.standing {
            Standing::Candidate | Standing::Panel | Standing::Staff => self.row.row.room.clone(),
            Standing::Analyst => None,
        };
        let people = self.siblings.people().clone();
        let hosted = self.hosted(services(ctx));
        row.map(|row| Room { row, people, hosted })
    }

    /// The scorecards that the viewer may see; null for the candidate.
    async fn scorecards(&self, ctx: &Context<'_>) -> Result<Option<Vec<Scorecard>>> {
        if self.standing.reader(self.siblings.viewer()).is_none() {
            return Ok(None);
        }
        let rows = self.siblings.scorecards(ctx, self.interview()).await?;
        self.siblings.load_keys(ctx).await?;
        let rows = self.told::<scorecards::Scorecards>(ctx, rows).await?.into_iter();
        let people = self.siblings.people();
        Ok(Some(
            rows.map(|row| Scorecard::new(Arc::unwrap_or_clone(row), self.standing, people))
                .collect(),
        ))
    }

    /// What was released to the candidate; for members of the panel only once their own scorecard is in.
    async fn feedback(&self, ctx: &Context<'_>) -> Result<Vec<Feedback>> {
        let is_for_all = matches!(self.standing, Standing::Candidate | Standing::Staff);
        if !is_for_all && (self.standing.is_pseudonymous() || !self.may_know_verdict(ctx).await?) {
            return Ok(Vec::new());
        }
        let rows = self.siblings.feedback(ctx, self.interview()).await?;
        self.siblings.load_keys(ctx).await?;
        let rows = self.told::<feedback::Feedbacks>(ctx, rows).await?.into_iter();
        Ok(rows.map(|row| Feedback::new(Arc::unwrap_or_clone(row))).collect())
    }

    /// The mails about it: to anybody for those who run interviews, to oneself for everybody else.
    async fn notifications(&self, ctx: &Context<'_>) -> Result<Vec<Notification>> {
        let rows = self.siblings.notifications(ctx, self.interview()).await?;
        let rows = self
            .told::<notifications::Notifications>(ctx, rows)
            .await?
            .into_iter();
        let people = self.siblings.people();
        Ok(rows
            .map(|row| Notification::of(Arc::unwrap_or_clone(row), self.standing, people))
            .collect())
    }

    /// When candidate and interviewer first met.
    async fn started_at(&self) -> Option<DateTime> {
        self.row.row.started_at.map(DateTime)
    }

    /// When it was over.
    async fn ended_at(&self) -> Option<DateTime> {
        self.row.row.ended_at.map(DateTime)
    }

    /// How long candidate and interviewers were together, in seconds.
    async fn duration_seconds(&self) -> Option<i32> {
        self.row
            .row
            .attendance
            .map(|attendance| int(attendance.overlap_seconds))
    }

    /// How long people were there.
    async fn attendance(&self) -> Option<Attendance> {
        self.row.row.attendance.map(Attendance::from)
    }

    /// How many events its own history has; scorecards, decisions, reports and kits are not among them.
    async fn version(&self) -> i32 {
        int(self.row.row.version)
    }

    /// The last event that changed what is shown here, transcripts, verdicts, ratings, reports and kits left out.
    async fn position(&self) -> Position {
        Position(self.row.row.shown)
    }
}

impl Interview {
    /// The history up to the event that settled the time it has, as it is or was. It is looked up in the log, since few ask for
    /// it, and the row of every interview would be longer for them. That a drifted time was kept has settled no other moment.
    async fn settled(&self, ctx: &Context<'_>) -> Result<Option<Past>> {
        let services = services(ctx);
        let mut query = Query::backward(Filter::Stream(StreamId {
            tenant: self.row.tenant,
            category: Category::Interview,
            id: self.interview().uuid(),
        }));
        query.until = self.siblings.past().map(|past| past.position().0);
        let mut history = services.log.read(query);
        while let Some(recorded) = history.try_next().await.map_err(ApiError::unavailable)? {
            let told = services.codec.decode_as::<InterviewEvent>(&recorded);
            let settles = |event: &InterviewEvent| {
                event.promise().is_some() && !matches!(event, InterviewEvent::DriftedTimeKept(_))
            };
            if told.map_err(ApiError::fault)?.iter().any(settles) {
                return Ok(Some(Past::up_to(recorded.envelope.position)));
            }
        }
        Ok(None)
    }

    /// What the viewer knows of an instant session as one of its hosts, or because they run interviews.
    fn hosted(&self, services: &Services) -> Option<Hosted> {
        let row = &self.row.row;
        match self.standing {
            Standing::Panel | Standing::Staff => row.session?,
            Standing::Candidate | Standing::Analyst => return None,
        };
        let code = || code_of(&services.vault, self.row.tenant, row.interview);
        Some(Hosted {
            join_code: lasts(row, services.clock.now()).then(code),
        })
    }

    async fn proposal(&self, ctx: &Context<'_>, row: &interviews::Proposal) -> Result<Proposal> {
        let person = |account| self.siblings.people().person(account);
        Ok(Proposal {
            id: row.proposal.to_string().into(),
            revision: int(row.revision),
            by: row.by.map(person),
            side: row.side.into(),
            at: row.at.into(),
            options: row.options.iter().map(Slot::from).collect(),
            message: self.opened(ctx, row.message.as_ref()).await?,
            status: row.standing.into(),
            answered_by: row.answered_by.map(person),
            reason: self.opened(ctx, row.reason.as_ref()).await?,
        })
    }

    /// What was said about it in the open, for those who may read words.
    async fn opened(&self, ctx: &Context<'_>, said: Option<&Sealed<String>>) -> Result<Option<String>> {
        let Some(said) = said.filter(|_| !self.standing.is_pseudonymous()) else {
            return Ok(None);
        };
        self.siblings.load_keys(ctx).await?;
        let opened = services(ctx).vault.open(said).await;
        Ok(opened.map_err(ApiError::unavailable)?)
    }

    /// Whoever may read others' scorecards may know the verdict, and so also that there is none yet.
    async fn may_know_verdict(&self, ctx: &Context<'_>) -> Result<bool> {
        match self.standing {
            Standing::Candidate => Ok(false),
            Standing::Staff | Standing::Analyst => Ok(true),
            Standing::Panel => {
                let account = self.siblings.viewer().account;
                let cards = self.siblings.scorecards(ctx, self.interview()).await?;
                let own = cards.iter().find(|card| card.row.account == account);
                Ok(own.is_some_and(|card| card.row.status != scorecards::ScorecardStatus::Assigned))
            }
        }
    }
}
