//! How far an interview has come, and which step is possible from where: the one table that decides it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::events::Absent;

/// How far an interview has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Asked for; only within the first decision.
    Requested,
    /// The slot is held; only within the first decision.
    Held,
    /// Somebody has to agree.
    AwaitingApproval,
    /// Confirmed as soon as it is paid.
    AwaitingPayment,
    /// Settled and to come.
    Confirmed,
    /// The room was entered.
    Open,
    /// The parties met.
    Live,
    /// Over; only within the decision that ends it.
    Ended,
    /// Over, and the parties had met.
    Completed,
    /// Over, and the parties had not met.
    Abandoned,
    /// Not agreed to, or not paid, in time.
    Expired,
    /// Called off.
    Cancelled {
        /// Whether it had been confirmed by then.
        was_confirmed: bool,
    },
    /// Somebody did not come.
    NoShow {
        /// Who.
        absent: Absent,
        /// Where it goes on from if the mark turns out to be wrong.
        marked: Marked,
    },
}

/// Where an interview was when somebody's absence was marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Marked {
    /// Nobody had come.
    Confirmed,
    /// Somebody had.
    Open,
}

/// What can be done to an interview that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Confirm,
    Approve,
    Decline,
    Expire,
    Reclaim,
    Reschedule,
    Propose,
    RecordDrift,
    Cancel,
    ChangePanel,
    JoinCandidate,
    Open,
    Start,
    End,
    MarkNoShow,
    RetractNoShow,
    Update,
}

impl Phase {
    /// The table of allowed source phases: whatever is not listed is refused.
    pub(super) const fn allows(self, step: Step) -> bool {
        match step {
            Step::Confirm => matches!(self, Self::AwaitingPayment),
            Step::Approve | Step::Decline => matches!(self, Self::AwaitingApproval),
            Step::Expire => matches!(self, Self::AwaitingApproval | Self::AwaitingPayment),
            Step::Reclaim => matches!(self, Self::Expired),
            Step::Reschedule | Step::Propose | Step::ChangePanel | Step::Open => {
                matches!(self, Self::Confirmed)
            }
            Step::RecordDrift => matches!(
                self,
                Self::AwaitingApproval | Self::AwaitingPayment | Self::Confirmed
            ),
            Step::Cancel => matches!(
                self,
                Self::AwaitingApproval | Self::AwaitingPayment | Self::Confirmed | Self::Open
            ),
            Step::Update => matches!(
                self,
                Self::AwaitingApproval | Self::AwaitingPayment | Self::Confirmed | Self::Open | Self::Live
            ),
            Step::Start => matches!(self, Self::Open),
            Step::End | Step::JoinCandidate => matches!(self, Self::Confirmed | Self::Open | Self::Live),
            Step::MarkNoShow => matches!(self, Self::Confirmed | Self::Open),
            Step::RetractNoShow => matches!(self, Self::NoShow { .. }),
        }
    }

    /// True once the interview was confirmed, whatever came after; false once it was called off.
    pub const fn was_confirmed(self) -> bool {
        match self {
            Self::Requested
            | Self::Held
            | Self::AwaitingApproval
            | Self::AwaitingPayment
            | Self::Expired
            | Self::Cancelled { .. } => false,
            Self::Confirmed
            | Self::Open
            | Self::Live
            | Self::Ended
            | Self::Completed
            | Self::Abandoned
            | Self::NoShow { .. } => true,
        }
    }

    /// True once the interview is over, whether or not the parties met.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Ended | Self::Completed | Self::Abandoned => true,
            Self::Requested
            | Self::Held
            | Self::AwaitingApproval
            | Self::AwaitingPayment
            | Self::Confirmed
            | Self::Open
            | Self::Live
            | Self::Expired
            | Self::Cancelled { .. }
            | Self::NoShow { .. } => false,
        }
    }

    /// True once the parties met.
    pub const fn has_started(self) -> bool {
        matches!(self, Self::Live | Self::Completed)
    }

    /// Where an interview goes on once an absence turned out to be wrong.
    pub(super) const fn resumed(self) -> Self {
        match self {
            Self::NoShow {
                marked: Marked::Confirmed,
                ..
            } => Self::Confirmed,
            Self::NoShow {
                marked: Marked::Open, ..
            } => Self::Open,
            other => other,
        }
    }

    /// The phase in words, for a refusal.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Requested | Self::Held => "the slot is being taken",
            Self::AwaitingApproval => "nobody has agreed to the booking yet",
            Self::AwaitingPayment => "the interview waits for its payment",
            Self::Confirmed => "the interview is confirmed",
            Self::Open => "the room is open",
            Self::Live => "the interview is running",
            Self::Ended | Self::Completed | Self::Abandoned => "the interview is over",
            Self::Expired => "the booking has expired",
            Self::Cancelled { .. } => "the interview is cancelled",
            Self::NoShow { .. } => "somebody did not come",
        }
    }
}
