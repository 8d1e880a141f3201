//! Every reason for which a command is not carried out.
//!
//! A refusal stores nothing. Its code is part of the public contract and never changes its meaning; its sentence is
//! for people. Codes that clients act upon carry the data they need.

use crate::{
    actor::Role, external_calendar::CalendarError, ids::CommandId, recurrence::RecurrenceError,
    text::TextError, time::Instant,
};

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The thing does not exist, or the asker may not know that it does.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for, such as `interview`.
        what: &'static str,
    },
    /// The asker's roles do not allow it.
    #[error("your roles do not allow this")]
    Forbidden,
    /// One field of the input is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Path of the field in the input, in the spelling of the API.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody else has that time by now, or it never was free.
    #[error("this slot is taken")]
    SlotTaken,
    /// The candidate has a seat in that group already.
    #[error("you have a seat in this group already")]
    AlreadyInGroup,
    /// The time is not one that can be booked, and the rule that says so.
    #[error("this start cannot be booked: {rule}")]
    SlotNotOffered {
        /// The rule in words, such as `outside the interviewer's availability`.
        rule: &'static str,
    },
    /// The rule of a series cannot be followed.
    #[error("rule: {reason}")]
    RuleRefused {
        /// Why.
        reason: RecurrenceError,
    },
    /// Some interviews of a series cannot be booked, so none is.
    #[error("{} of the series cannot be booked", occurrences.len())]
    OccurrencesRefused {
        /// Which of them, and why each, in order of time; never empty.
        occurrences: Vec<(Instant, Refusal)>,
    },
    /// The start is nearer than the notice allows.
    #[error("at least {minutes} minutes of notice are needed")]
    NoticeTooShort {
        /// The least notice, in minutes.
        minutes: u32,
    },
    /// Not in a state in which this is possible.
    #[error("not possible while {state}")]
    WrongState {
        /// The state in words, such as `the interview is over`.
        state: &'static str,
    },
    /// The interview's time was settled anew since the asker looked.
    #[error("the interview's time has changed since: it is at revision {current}")]
    StaleRevision {
        /// The present revision.
        current: u32,
    },
    /// The zone rules still say what was promised: there is nothing to decide.
    #[error("by the present time-zone rules the interview starts when it was promised")]
    NotDrifted,
    /// The thing was changed since the asker looked.
    #[error("changed since: it is at version {current}")]
    StaleVersion {
        /// The present version.
        current: u64,
    },
    /// The room is not open yet.
    #[error("too early: the room opens at {opens_at}")]
    TooEarly {
        /// When it opens.
        opens_at: Instant,
    },
    /// The room's time is over, or it was closed.
    #[error("the room is closed")]
    RoomClosed,
    /// The password is not the one of this session, or there was none.
    #[error("this session has a password, and this is not it")]
    WrongPassword,
    /// A host has denied the asker; nobody knocks twice.
    #[error("a host has denied you")]
    Denied,
    /// So many wait that nobody more may.
    #[error("too many are waiting")]
    LobbyFull,
    /// Somebody was admitted already, and there is no second candidate.
    #[error("somebody was admitted already")]
    SessionFull,
    /// It was submitted before, with other content.
    #[error("submitted before: amend it with a reason instead")]
    AlreadySubmitted,
    /// A role that is chosen once was chosen before.
    #[error("the role {} was chosen before", role.name())]
    RoleAlreadyChosen {
        /// The role that stands.
        role: Role,
    },
    /// The organisation would be left without an admin.
    #[error("the last admin stays")]
    LastAdmin,
    /// The price does not leave the least margin.
    #[error("the margin must be at least half of the price")]
    MarginTooSmall,
    /// Not every scorecard is in.
    #[error("{missing} scorecards are not in")]
    ScorecardsMissing {
        /// How many.
        missing: u32,
    },
    /// There is no transcript to write from.
    #[error("the interview has no transcript")]
    NoTranscript,
    /// The person's data was erased; nothing new is written about them.
    #[error("this person's data was erased")]
    Erased,
    /// A calendar that is kept elsewhere cannot be used.
    #[error("{0}")]
    UnusableCalendar(CalendarError),
    /// The same idempotency key came with another input.
    #[error("this idempotency key was used for another input")]
    IdempotencyConflict {
        /// The command it was used for.
        command: CommandId,
    },
}

impl Refusal {
    /// The stable code, as clients see it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Forbidden => "FORBIDDEN",
            Self::Invalid { .. } => "INVALID",
            Self::SlotTaken => "SLOT_TAKEN",
            Self::AlreadyInGroup => "ALREADY_IN_GROUP",
            Self::SlotNotOffered { .. } => "SLOT_NOT_OFFERED",
            Self::RuleRefused { reason } => reason.code(),
            Self::OccurrencesRefused { .. } => "OCCURRENCES_REFUSED",
            Self::NoticeTooShort { .. } => "NOTICE_TOO_SHORT",
            Self::WrongState { .. } => "WRONG_STATE",
            Self::StaleRevision { .. } => "STALE_REVISION",
            Self::NotDrifted => "NOT_DRIFTED",
            Self::StaleVersion { .. } => "CONFLICT",
            Self::TooEarly { .. } => "TOO_EARLY",
            Self::RoomClosed => "ROOM_CLOSED",
            Self::WrongPassword => "WRONG_PASSWORD",
            Self::Denied => "DENIED",
            Self::LobbyFull => "LOBBY_FULL",
            Self::SessionFull => "SESSION_FULL",
            Self::AlreadySubmitted => "ALREADY_SUBMITTED",
            Self::RoleAlreadyChosen { .. } => "ROLE_ALREADY_CHOSEN",
            Self::LastAdmin => "LAST_ADMIN",
            Self::MarginTooSmall => "MARGIN_TOO_SMALL",
            Self::ScorecardsMissing { .. } => "SCORECARDS_MISSING",
            Self::NoTranscript => "NO_TRANSCRIPT",
            Self::Erased => "ERASED",
            Self::UnusableCalendar(error) => error.code(),
            Self::IdempotencyConflict { .. } => "IDEMPOTENCY_CONFLICT",
        }
    }

    /// One field is not acceptable.
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }

    /// One text field is not acceptable.
    pub fn text(field: &'static str) -> impl FnOnce(TextError) -> Self {
        move |error| Self::invalid(field, error.to_string())
    }
}
