//! What can happen to an interview: one stream through all its reschedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    events,
    ids::{
        AccountId, ClaimId, GroupId, InterviewId, InterviewTypeId, JoinCodeDigest, PaymentId, ProposalId,
        RoomId, SeriesId,
    },
    interview_kit::events::KitPin,
    interview_type::events::{Difficulty, InterviewKind, JoinWindow, Mode, Purpose},
    money::Money,
    price_list::events::Quote,
    rubric::events::RubricPin,
    sealed::Sealed,
    text::{Line, Paragraph},
    time::{Drift, Instant, Slot},
};

/// What a candidate says about the job the interview is for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Brief {
    /// The job, such as `Backend engineer`.
    pub job_role: Option<String>,
    /// Years of experience.
    pub experience_years: Option<u8>,
    /// Seniority aimed at.
    pub level: Option<String>,
    /// What to concentrate on.
    pub focus_areas: Vec<String>,
    /// Anything else the interviewers should know.
    pub requirements: Option<String>,
}

/// A seat on the panel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PanelMember {
    /// The interviewer.
    pub account: AccountId,
    /// The part they have.
    pub role: PanelRole,
    /// Why this person was chosen.
    pub reason: SeatReason,
}

/// The part of a panel member.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PanelRole {
    /// Leads the interview.
    Lead,
    /// Takes part.
    Panel,
    /// Listens and learns.
    Shadow,
}

/// Why somebody sits on a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatReason {
    /// Everybody in the pool takes part.
    Collective,
    /// Fewest recent interviews of those who were free.
    FewestRecent,
    /// Fewest recent interviews of those who were free, measured by the share that each is to have.
    FewestForShare,
    /// As few recent interviews as others who were free, and preferred to them.
    Preferred,
    /// Named by a person.
    Named,
}

/// A share of the price that is paid back when cancelled early enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundTier {
    /// At least this long before the start, in minutes.
    pub notice_minutes: u32,
    /// This share of the price, in percent.
    pub percent: u8,
}

/// The conditions that a booking keeps, whatever happens to its type later.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// Minutes it takes.
    pub duration_minutes: u32,
    /// Minutes kept free before.
    pub buffer_before_minutes: u32,
    /// Minutes kept free after.
    pub buffer_after_minutes: u32,
    /// Least minutes between settling a time and the start.
    pub notice_minutes: u32,
    /// When the room may be entered.
    pub join_window: JoinWindow,
    /// What is paid back on cancellation, most notice first.
    pub refunds: Vec<RefundTier>,
    /// What it is rated by.
    pub rubric: Option<RubricPin>,
}

/// A claim on one calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PanelClaim {
    /// Whose calendar.
    pub account: AccountId,
    /// The claim.
    pub claim: ClaimId,
}

/// A candidate asked for a slot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingRequested {
    /// Which interview this starts.
    pub interview: InterviewId,
    /// Who asked.
    pub candidate: AccountId,
    /// The product.
    pub interview_type: InterviewTypeId,
    /// Its version.
    pub type_version: u32,
    /// Title of the interview.
    pub title: Line,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// The slot asked for, in the candidate's zone.
    pub slot: Slot,
    /// Who will meet the candidate.
    pub panel: Vec<PanelMember>,
    /// What the candidate said about the job.
    pub brief: Option<Sealed<Brief>>,
    /// The price, if it has one.
    pub quote: Option<Quote>,
    /// The conditions.
    pub terms: Terms,
    /// Language of the interview.
    pub locale: String,
}

/// A product, in one version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TypePin {
    /// The product.
    pub interview_type: InterviewTypeId,
    /// Its version.
    pub version: u32,
}

/// Somebody who runs interviews set one up: nobody was asked, and nothing is to be paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewScheduled {
    /// Which interview this starts.
    pub interview: InterviewId,
    /// Who set it up.
    pub by: AccountId,
    /// Who is interviewed.
    pub candidate: AccountId,
    /// The product it follows, if any.
    pub product: Option<TypePin>,
    /// Title of the interview.
    pub title: Line,
    /// What it is about, in that person's words.
    pub description: Option<Sealed<String>>,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// When, in the candidate's zone.
    pub slot: Slot,
    /// Who will meet the candidate.
    pub panel: Vec<PanelMember>,
    /// The conditions.
    pub terms: Terms,
    /// Language of the interview.
    pub locale: String,
}

/// Somebody opened an instant session: an interview that begins now, and whose candidate joins later by its code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionHosted {
    /// Which interview this starts.
    pub interview: InterviewId,
    /// Who opened it.
    pub by: AccountId,
    /// Title of the session.
    pub title: Line,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// When, in the host's zone.
    pub slot: Slot,
    /// Who will meet the candidate: the host.
    pub panel: Vec<PanelMember>,
    /// The conditions.
    pub terms: Terms,
    /// Language of the session.
    pub locale: String,
    /// The keyed hash of its code. The code itself is made of the interview's id and stands nowhere.
    pub join_code: JoinCodeDigest,
    /// The Argon2id hash of its password, as a PHC string, if it has one. Sealed for the host, who may use the password
    /// elsewhere: it goes with the rest of the host's data.
    pub password_hash: Option<Sealed<String>>,
}

/// People are asked to a session by mail. They wait in its lobby like everybody else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GuestsInvited {
    /// Which interview.
    pub interview: InterviewId,
    /// Who; nobody is asked twice.
    pub accounts: Vec<AccountId>,
    /// Who asks them.
    pub by: AccountId,
}

/// Somebody who waited in the lobby of a session was admitted, and is interviewed from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CandidateJoined {
    /// Which interview.
    pub interview: InterviewId,
    /// Who is interviewed.
    pub candidate: AccountId,
    /// Who admitted them.
    pub by: AccountId,
}

/// What an interview was called before, and is called now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TitleChange {
    /// Before.
    pub from: Line,
    /// Now.
    pub to: Line,
}

/// Somebody changed what an interview is called, what it is about, or both.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DetailsChanged {
    /// Which interview.
    pub interview: InterviewId,
    /// What it is called; absent when that stays.
    pub title: Option<TitleChange>,
    /// What it is about now, in that person's words; absent when that stays.
    pub description: Option<Sealed<String>>,
    /// Who changed it.
    pub by: AccountId,
}

/// The interview follows a kit in this version from now on, in place of the one before, if any.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct KitAttached {
    /// Which interview.
    pub interview: InterviewId,
    /// Which kit and version.
    pub kit: KitPin,
    /// Who attached it; nobody when it is that of the product and came with the booking.
    pub by: Option<AccountId>,
}

/// The interview is one of a series that was set up together; it moves and ends by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlacedInSeries {
    /// Which interview.
    pub interview: InterviewId,
    /// Its place.
    pub place: SeriesPlace,
}

/// A place in a series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SeriesPlace {
    /// Which series.
    pub series: SeriesId,
    /// Which of its interviews, by time, from 1.
    pub number: u32,
    /// How many interviews were set up.
    pub of: u32,
    /// The rule that names their starts: the value of an RRULE of RFC 5545.
    pub rule: String,
}

/// The interview is one candidate's seat in a group, which meets one panel at one time in one room. A move places it in another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlacedInGroup {
    /// Which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Its place.
    pub place: GroupPlace,
}

/// A place in a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupPlace {
    /// Which group.
    pub group: GroupId,
    /// How many candidates it takes.
    pub seats: u8,
}

/// The slot is taken in every calendar of the panel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SlotClaimed {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
    /// The claims, one for each seat.
    pub claims: Vec<PanelClaim>,
    /// When they die unless the interview is confirmed.
    pub hold_expires_at: Instant,
}

/// The interview is confirmed as soon as this is paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRequired {
    /// Which interview.
    pub interview: InterviewId,
    /// Which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// Until when.
    pub due_at: Instant,
}

/// Somebody has to agree before the interview is confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRequired {
    /// Which interview.
    pub interview: InterviewId,
    /// Until when; the slot is held as long.
    pub due_at: Instant,
    /// How long the slot is held for the payment once somebody has agreed, in minutes; absent when it costs nothing.
    pub pay_within_minutes: Option<u32>,
}

/// Somebody agreed to the booking: it is confirmed, or confirmed as soon as it is paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingApproved {
    /// Which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Who agreed.
    pub by: AccountId,
    /// When the claims die unless it is paid before; absent when it costs nothing.
    pub hold_expires_at: Option<Instant>,
}

/// Somebody who was asked did not agree to the booking. Its time is free again from this moment on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingDeclined {
    /// Which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// Who declined.
    pub by: AccountId,
    /// For whom: an interviewer of the panel, or the organisation.
    pub party: Party,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// The interview will take place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewConfirmed {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
}

/// Why a booking came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpiryReason {
    /// It was not paid while the slot was held.
    HoldExpired,
    /// Nobody agreed to it while the slot was held.
    NotApproved,
}

/// The booking came to nothing, and its slot is free again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BookingExpired {
    /// Which interview.
    pub interview: InterviewId,
    /// Why.
    pub reason: ExpiryReason,
}

/// Paid after the hold had died, and the slot was still free: taken again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SlotReclaimed {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
    /// The claims, one for each seat.
    pub claims: Vec<PanelClaim>,
}

/// The interview moved to another time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewRescheduled {
    /// Which interview.
    pub interview: InterviewId,
    /// The settling of its time that this made.
    pub revision: u32,
    /// The time before.
    pub from: Slot,
    /// The time now.
    pub to: Slot,
    /// The claims on the new time.
    pub claims: Vec<PanelClaim>,
    /// Who moved it.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// The zone rules have changed since the time was promised: the clock on the wall will show another time at the start. The
/// interview stays where it is; a person decides whether it moves to the promised time or is kept (rule T7).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimeZoneRuleDriftDetected {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
    /// What was promised, and what has become of it.
    pub drift: Drift,
}

/// The zone rules say again what was promised: nobody need decide any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimeZoneRuleDriftEnded {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
    /// Version of the time-zone database that says so.
    pub tzdb: String,
}

/// Somebody decided that the interview stays at its moment although the clock on the wall shows another time there than was
/// promised. What it shows is the promise from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DriftedTimeKept {
    /// Which interview.
    pub interview: InterviewId,
    /// The settling of its time that this made: the same moment, told anew.
    pub revision: u32,
    /// The promise before.
    pub from: Slot,
    /// The promise now, of the same moment.
    pub to: Slot,
    /// Who decided it.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// On which side of an interview somebody is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The candidate.
    Candidate,
    /// The panel, and those who run interviews.
    Hosts,
}

/// Somebody proposed other times; whoever is on the other side may take one. Nothing is held for it. What was proposed
/// before and not answered counts no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RescheduleProposed {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time this would replace.
    pub revision: u32,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Who proposed.
    pub by: AccountId,
    /// On which side they are: whose wish a move would be.
    pub side: Side,
    /// The times.
    pub options: Vec<Slot>,
    /// What they say to it.
    pub message: Option<Sealed<String>>,
    /// When.
    pub at: Instant,
}

/// The other side took one of the times that were proposed; the move is in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RescheduleAccepted {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time this replaces.
    pub revision: u32,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Who took it.
    pub by: AccountId,
}

/// The other side takes none of the times that were proposed; the interview stays where it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RescheduleDeclined {
    /// Which interview.
    pub interview: InterviewId,
    /// Which settling of its time stays.
    pub revision: u32,
    /// Which proposal.
    pub proposal: ProposalId,
    /// Who had proposed.
    pub proposed_by: AccountId,
    /// Who declined.
    pub by: AccountId,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// Somebody entered the room: the interview is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewOpened {
    /// Which interview.
    pub interview: InterviewId,
    /// In which room.
    pub room: RoomId,
    /// When.
    pub at: Instant,
}

/// Candidate and interviewer were together for the first time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewStarted {
    /// Which interview.
    pub interview: InterviewId,
    /// When.
    pub at: Instant,
}

/// Who ended an interview, or what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// An interviewer ended it for everyone.
    Ended,
    /// The room's time was over.
    TimeOver,
}

/// How long people were there, from the presence facts of the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Attendance {
    /// Seconds the candidate was there, on any device.
    pub candidate_seconds: u64,
    /// Seconds at least one interviewer was there.
    pub interviewer_seconds: u64,
    /// Seconds the candidate and at least one interviewer were there together: the interview's duration.
    pub overlap_seconds: u64,
}

/// The interview is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewEnded {
    /// Which interview.
    pub interview: InterviewId,
    /// When.
    pub at: Instant,
    /// By whom or what.
    pub reason: EndReason,
    /// How long people were there.
    pub attendance: Attendance,
}

/// The interview took place: the parties met.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewCompleted {
    /// Which interview.
    pub interview: InterviewId,
}

/// The interview ended although the parties had not met.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewAbandoned {
    /// Which interview.
    pub interview: InterviewId,
}

/// Who did not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// The candidate.
    Candidate,
    /// All interviewers.
    Interviewers,
    /// Everybody.
    Everybody,
}

/// Somebody had not come when the grace after the start was over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoShowMarked {
    /// Which interview.
    pub interview: InterviewId,
    /// Who.
    pub absent: Absent,
    /// Presence up to that moment.
    pub attendance: Attendance,
}

/// The mark was wrong: the interview goes on from where it was.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoShowRetracted {
    /// Which interview.
    pub interview: InterviewId,
    /// Who retracted it; nobody when a late join did.
    pub by: Option<AccountId>,
    /// Why.
    pub reason: Option<Paragraph>,
}

/// Whose wish it is that an interview is called off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The candidate's: what comes back follows from the notice given.
    Candidate,
    /// An interviewer's: everything comes back.
    Interviewer,
    /// The organisation's: everything comes back.
    Organisation,
}

/// What the conditions of a booking say about a cancellation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyOutcome {
    /// Whole minutes from the cancellation to the start that was promised.
    pub notice_minutes: u32,
    /// The share of the price that comes back, in percent.
    pub percent: u8,
    /// What comes back; nothing when nothing was paid.
    pub refund: Option<Money>,
}

/// The interview was called off. Its time is free again from this moment on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewCancelled {
    /// Which interview.
    pub interview: InterviewId,
    /// The settling of its time that was called off.
    pub revision: u32,
    /// True when it had been confirmed, so that everybody knows of it; false when its slot was merely held.
    pub was_confirmed: bool,
    /// Who called it off.
    pub by: AccountId,
    /// Whose wish that was.
    pub party: Party,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
    /// What comes back, and why so much.
    pub outcome: PolicyOutcome,
}

/// The candidate moved the interview so late that less than before comes back from now on, should they call it off: a
/// move does not make the notice longer (rule M5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundLimited {
    /// Which interview.
    pub interview: InterviewId,
    /// The settling of its time that the move made.
    pub revision: u32,
    /// The largest share of the price that can come back, in percent.
    pub percent: u8,
}

/// What an interviewer answers to an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Comes.
    Accepted,
    /// Perhaps comes; keeps the time.
    Tentative,
    /// Does not come, and gives the seat up.
    Declined,
}

/// An interviewer answered the invitation to the present time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InviteResponded {
    /// Which interview.
    pub interview: InterviewId,
    /// To which settling of its time.
    pub revision: u32,
    /// Who.
    pub account: AccountId,
    /// What they answered.
    pub answer: Answer,
}

/// Why a seat is vacant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VacancyReason {
    /// The interviewer declined.
    Declined,
    /// Somebody who runs interviews gives the seat to another.
    Replaced,
}

/// A seat on the panel is vacant; its time is given back in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PanelSeatVacated {
    /// Which interview.
    pub interview: InterviewId,
    /// In which settling of its time.
    pub revision: u32,
    /// Who sat there, and as what.
    pub member: PanelMember,
    /// Why it is vacant.
    pub reason: VacancyReason,
    /// Which change of the panel this is, counted from 1.
    pub change: u32,
}

/// Somebody took a vacant seat; the time is claimed firmly in the same append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewerReplaced {
    /// Which interview.
    pub interview: InterviewId,
    /// In which settling of its time.
    pub revision: u32,
    /// Who sat there before.
    pub former: AccountId,
    /// Who sits there now, as what, and why this person was chosen.
    pub member: PanelMember,
    /// The claim on that person's calendar.
    pub claim: ClaimId,
    /// Who chose; nobody when the pool's rule did.
    pub by: Option<AccountId>,
    /// Which change of the panel this is, counted from 1.
    pub change: u32,
}

events! {
    /// What can happen to an interview.
    pub enum InterviewEvent in Category::Interview {
        BookingRequested = "interview.booking_requested" v 2 links(candidate, interview_type),
        InterviewScheduled = "interview.scheduled" v 2 links(candidate, by),
        PlacedInSeries = "interview.placed_in_series" v 1,
        PlacedInGroup = "interview.placed_in_group" v 1,
        SlotClaimed = "interview.slot_claimed" v 1,
        PaymentRequired = "interview.payment_required" v 1 links(payment),
        InterviewConfirmed = "interview.confirmed" v 1,
        ApprovalRequired = "interview.approval_required" v 1,
        BookingApproved = "interview.booking_approved" v 1 links(by),
        BookingDeclined = "interview.booking_declined" v 1 links(by),
        BookingExpired = "interview.booking_expired" v 2,
        SlotReclaimed = "interview.slot_reclaimed" v 1,
        InterviewRescheduled = "interview.rescheduled" v 1 links(by),
        TimeZoneRuleDriftDetected = "interview.time_zone_rule_drift_detected" v 1,
        TimeZoneRuleDriftEnded = "interview.time_zone_rule_drift_ended" v 1,
        DriftedTimeKept = "interview.drifted_time_kept" v 1 links(by),
        RescheduleProposed = "interview.reschedule_proposed" v 1 links(by),
        RescheduleAccepted = "interview.reschedule_accepted" v 1 links(by),
        RescheduleDeclined = "interview.reschedule_declined" v 1 links(by),
        InterviewOpened = "interview.opened" v 1 links(room),
        InterviewStarted = "interview.started" v 1,
        InterviewEnded = "interview.ended" v 1,
        InterviewCompleted = "interview.completed" v 1,
        InterviewAbandoned = "interview.abandoned" v 1,
        NoShowMarked = "interview.no_show_marked" v 1,
        NoShowRetracted = "interview.no_show_retracted" v 1 links(by),
        InterviewCancelled = "interview.cancelled" v 1 links(by),
        RefundLimited = "interview.refund_limited" v 1,
        InviteResponded = "interview.invite_responded" v 1 links(account),
        PanelSeatVacated = "interview.panel_seat_vacated" v 2,
        InterviewerReplaced = "interview.interviewer_replaced" v 2 links(former, by),
        SessionHosted = "interview.session_hosted" v 1 links(by),
        GuestsInvited = "interview.guests_invited" v 1 links(by),
        CandidateJoined = "interview.candidate_joined" v 1 links(candidate, by),
        DetailsChanged = "interview.details_changed" v 1 links(by),
        KitAttached = "interview.kit_attached" v 1 links(by),
    }
}

impl InterviewEvent {
    /// The time that it promises, if it settles one.
    pub const fn promise(&self) -> Option<&Slot> {
        match self {
            Self::BookingRequested(event) => Some(&event.slot),
            Self::InterviewScheduled(event) => Some(&event.slot),
            Self::InterviewRescheduled(event) => Some(&event.to),
            Self::DriftedTimeKept(event) => Some(&event.to),
            Self::SessionHosted(event) => Some(&event.slot),
            Self::PlacedInSeries(_)
            | Self::PlacedInGroup(_)
            | Self::SlotClaimed(_)
            | Self::PaymentRequired(_)
            | Self::InterviewConfirmed(_)
            | Self::ApprovalRequired(_)
            | Self::BookingApproved(_)
            | Self::BookingDeclined(_)
            | Self::BookingExpired(_)
            | Self::SlotReclaimed(_)
            | Self::TimeZoneRuleDriftDetected(_)
            | Self::TimeZoneRuleDriftEnded(_)
            | Self::RescheduleProposed(_)
            | Self::RescheduleAccepted(_)
            | Self::RescheduleDeclined(_)
            | Self::InterviewOpened(_)
            | Self::InterviewStarted(_)
            | Self::InterviewEnded(_)
            | Self::InterviewCompleted(_)
            | Self::InterviewAbandoned(_)
            | Self::NoShowMarked(_)
            | Self::NoShowRetracted(_)
            | Self::InterviewCancelled(_)
            | Self::RefundLimited(_)
            | Self::InviteResponded(_)
            | Self::PanelSeatVacated(_)
            | Self::InterviewerReplaced(_)
            | Self::GuestsInvited(_)
            | Self::CandidateJoined(_)
            | Self::DetailsChanged(_)
            | Self::KitAttached(_) => None,
        }
    }

    /// Which interview it happened to.
    pub const fn interview(&self) -> InterviewId {
        match self {
            Self::BookingRequested(event) => event.interview,
            Self::InterviewScheduled(event) => event.interview,
            Self::PlacedInSeries(event) => event.interview,
            Self::PlacedInGroup(event) => event.interview,
            Self::SlotClaimed(event) => event.interview,
            Self::PaymentRequired(event) => event.interview,
            Self::ApprovalRequired(event) => event.interview,
            Self::BookingApproved(event) => event.interview,
            Self::BookingDeclined(event) => event.interview,
            Self::InterviewConfirmed(event) => event.interview,
            Self::BookingExpired(event) => event.interview,
            Self::SlotReclaimed(event) => event.interview,
            Self::InterviewRescheduled(event) => event.interview,
            Self::TimeZoneRuleDriftDetected(event) => event.interview,
            Self::TimeZoneRuleDriftEnded(event) => event.interview,
            Self::DriftedTimeKept(event) => event.interview,
            Self::RescheduleProposed(event) => event.interview,
            Self::RescheduleAccepted(event) => event.interview,
            Self::RescheduleDeclined(event) => event.interview,
            Self::InterviewOpened(event) => event.interview,
            Self::InterviewStarted(event) => event.interview,
            Self::InterviewEnded(event) => event.interview,
            Self::InterviewCompleted(event) => event.interview,
            Self::InterviewAbandoned(event) => event.interview,
            Self::NoShowMarked(event) => event.interview,
            Self::NoShowRetracted(event) => event.interview,
            Self::InterviewCancelled(event) => event.interview,
            Self::RefundLimited(event) => event.interview,
            Self::InviteResponded(event) => event.interview,
            Self::PanelSeatVacated(event) => event.interview,
            Self::InterviewerReplaced(event) => event.interview,
            Self::SessionHosted(event) => event.interview,
            Self::GuestsInvited(event) => event.interview,
            Self::CandidateJoined(event) => event.interview,
            Self::DetailsChanged(event) => event.interview,
            Self::KitAttached(event) => event.interview,
        }
    }
}
