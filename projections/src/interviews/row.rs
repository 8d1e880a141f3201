//! The row of an interview. Its larger parts are shared with the row before the last event, which changed few of them.

use domain::{
    envelope::Position,
    ids::{AccountId, InterviewId, JoinCodeDigest, PaymentId, ProposalId, RefundId, RoomId, TranscriptId},
    interview::events::{
        Absent, Answer, Attendance, Brief, EndReason, ExpiryReason, GroupPlace, PanelMember, Party,
        PolicyOutcome, SeriesPlace, Side, Terms, TypePin, VacancyReason,
    },
    interview::proposals::Standing,
    interview_kit::events::KitPin,
    interview_type::events::{Difficulty, InterviewKind, Mode, Purpose},
    money::Money,
    payment::events::RefundReason,
    price_list::events::Quote,
    room::events::{CloseReason, RoomMember},
    sealed::Sealed,
    text::Line,
    time::{Drift, Instant, Slot},
    transcript::events::BlobRef,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{shared::Shared, status::Status};

/// One interview. What there is not is not written: most of a row is read and written far more often than it is full.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Interview {
    /// Which.
    pub interview: InterviewId,
    /// Who is interviewed; nobody in a session that no candidate has joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<AccountId>,
    /// How guests come in, when it is an instant session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// Who meets the candidate.
    pub panel: Vec<PanelMember>,
    /// What members of the panel answered to the invitation to the present time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
    /// Seats that were given up and not taken since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vacancies: Vec<Vacancy>,
    /// The product, in the version of when it was booked; none when it was set up without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<TypePin>,
    /// Who set it up, unless its candidate asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_by: Option<AccountId>,
    /// What it is called.
    pub title: Line,
    /// What it is about, in the words of whoever set it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Sealed<String>>,
    /// The kit that it follows, for whoever interviews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kit: Option<FollowedKit>,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate: people, a model, a peer.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// Language of the interview.
    pub locale: String,
    /// What the candidate said about the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<Shared<Sealed<Brief>>>,
    /// The price, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// The conditions it was booked under.
    pub terms: Shared<Terms>,
    /// How far it is.
    pub status: Status,
    /// Which settling of its time is current, from 1.
    pub revision: u32,
    /// When it is.
    pub slot: Slot,
    /// How the zone rules have come apart from what was promised, until somebody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// When it was to be before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_slots: Vec<FormerSlot>,
    /// Other times that were proposed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// When the hold dies, unless it is confirmed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_expires_at: Option<Instant>,
    /// Who agreed to it, where somebody has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<AccountId>,
    /// Why it came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<ExpiryReason>,
    /// Who called it off or declined it, and what comes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    /// The largest share of the price that can come back when the candidate calls it off, in percent.
    pub refund_limit: u8,
    /// What is to be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Shared<Payment>>,
    /// Where it happens: the room of the current revision, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<Shared<Room>>,
    /// When candidate and interviewer first met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Instant>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// By whom or what it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<EndReason>,
    /// How long people were there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendance: Option<Attendance>,
    /// Who did not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<Absent>,
    /// How far it was before somebody was marked as absent; a retracted mark leads back there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_no_show: Option<Status>,
    /// The transcript that reports rest on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<Shared<Transcript>>,
    /// Its place in a series, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesPlace>,
    /// Its seat in a group, if candidates share its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupPlace>,
    /// How many events its own stream holds, without those of kits.
    pub version: u64,
    /// When it was asked for.
    pub created_at: Instant,
    /// The last event that changed what its participants are shown: a transcript is not for the candidate, and would
    /// announce a report; a kit is not either.
    pub shown: Position,
}

/// The kit that an interview follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FollowedKit {
    /// Which, in which version.
    pub pin: KitPin,
    /// How often one was attached: events that do not count in `version`, which the candidate reads.
    pub attached: u64,
}

/// How guests come into an instant session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// The keyed hash of its code.
    pub join_code: JoinCodeDigest,
    /// Whether that takes a password.
    pub takes_password: bool,
}

/// A time that an interview moved away from, or a promise of the same moment that was told anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FormerSlot {
    /// Which settling of its time that was.
    pub revision: u32,
    /// When it was to be.
    pub slot: Slot,
    /// Who settled the time that followed.
    pub moved_by: AccountId,
    /// When they did.
    pub moved_at: Instant,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// Other times that somebody proposed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// Which.
    pub proposal: ProposalId,
    /// Which settling of the interview's time it would replace.
    pub revision: u32,
    /// Who proposed.
    pub by: AccountId,
    /// On which side they are.
    pub side: Side,
    /// When.
    pub at: Instant,
    /// The times.
    pub options: Vec<Slot>,
    /// What they said to it.
    pub message: Option<Sealed<String>>,
    /// What became of it.
    pub standing: Standing,
    /// Who took one of its times, or none.
    pub answered_by: Option<AccountId>,
    /// Why none was taken, in that person's words.
    pub reason: Option<Sealed<String>>,
}

/// What a member of the panel answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// Who.
    pub account: AccountId,
    /// What.
    pub answer: Answer,
}

/// A seat that nobody has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Vacancy {
    /// Who sat there, and as what.
    pub former: PanelMember,
    /// Why it is vacant.
    pub reason: VacancyReason,
    /// Since when.
    pub since: Instant,
}

/// How an interview was called off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cancellation {
    /// Who called it off.
    pub by: AccountId,
    /// Whose wish that was.
    pub party: Party,
    /// When.
    pub at: Instant,
    /// Why, in that person's words.
    pub reason: Option<Sealed<String>>,
    /// What comes back, and why so much.
    pub outcome: PolicyOutcome,
}

/// The payment of an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// Which.
    pub payment: PaymentId,
    /// How far it is.
    pub status: PaymentStatus,
    /// How much.
    pub amount: Money,
    /// Until when it counts.
    pub due_at: Instant,
    /// Configured name of the provider, once there is an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's name for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Page where it can be paid, if the provider has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_url: Option<String>,
    /// What the payer tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PaymentAttempt>,
    /// The money that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
    /// What went back, or is to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// True when another amount came than was asked for: a person should look.
    pub paid_wrongly: bool,
    /// The last event of the payment's own stream.
    pub position: Position,
}

/// How far a payment is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Asked for.
    Open,
    /// The money is reserved, not yet taken.
    Authorized,
    /// The money is ours.
    Captured,
    /// It was not paid in time.
    Expired,
    /// It need not be paid any more.
    Cancelled,
}

/// One try to pay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAttempt {
    /// The provider's name for it.
    pub attempt: String,
    /// The provider's code for why it failed; `None` when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Money that came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Capture {
    /// How much.
    pub amount: Money,
    /// When, by the provider's word.
    pub at: Instant,
    /// True when the payment had expired before we heard of it.
    pub late: bool,
}

/// Money that goes back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    /// Which.
    pub refund: RefundId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// True when the money that counts goes back, and not some that came beside it.
    pub of_what_counts: bool,
    /// How far it is.
    pub status: RefundStatus,
}

/// How far a refund is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Asked for at the provider.
    Requested,
    /// Paid back.
    Processed,
    /// The provider could not; a person should look.
    Failed,
}

/// The room of an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// Which.
    pub room: RoomId,
    /// For which settling of the interview's time.
    pub revision: u32,
    /// Configured name of the provider.
    pub provider: String,
    /// The provider's name for it: opens nothing without a ticket, and is still only for those who may enter.
    pub room_ref: String,
    /// First moment at which it may be entered.
    pub opens_at: Instant,
    /// When it is closed for good.
    pub closes_at: Instant,
    /// Who may enter, and as what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<RoomMember>,
    /// Whether it can still be entered.
    pub status: RoomStatus,
    /// Why it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<CloseReason>,
    /// Who is inside, one entry for each connection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<Presence>,
    /// Who waits to be admitted, who came first, first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lobby: Vec<Waiting>,
    /// Whom a host has denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<AccountId>,
}

/// Whether a room can be entered. Its window is for the reader's clock to compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomStatus {
    /// It exists, and nobody has entered.
    Ready,
    /// Somebody has entered.
    Open,
    /// It is closed for good.
    Closed,
}

/// Somebody in a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// Who.
    pub account: AccountId,
    /// On which connection.
    pub connection: domain::ids::ConnectionId,
    /// Since when.
    pub since: Instant,
}

/// Somebody who waits to be admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// Who.
    pub account: AccountId,
    /// Since when.
    pub since: Instant,
}

/// The transcript of an interview, as it was last finalised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Transcript {
    /// Which.
    pub transcript: TranscriptId,
    /// Which version.
    pub version: u32,
    /// Where the text is, sealed.
    pub content: BlobRef,
    /// How many turns.
    pub turns: u32,
    /// How long it lasts, in milliseconds.
    pub duration_ms: u64,
}
