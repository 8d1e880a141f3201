//! Refusals as clients see them: part of the payload, with a stable code.

use async_graphql::{Enum, Interface, SimpleObject};
use domain::{
    external_calendar::CalendarError, recurrence::RecurrenceError, refusal::Refusal, time::Instant,
};

use super::scalars::DateTime;
use crate::tries::{TOO_MANY_TRIES, TooMany};

/// Why a mutation was refused. New codes may be added; treat an unknown one as "refused".
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserErrorCode {
    /// The object does not exist, or you may not know that it does.
    NotFound,
    /// Your roles do not allow it on this object.
    Forbidden,
    /// A field of the input is not acceptable; `field` names it.
    Invalid,
    /// Somebody else has that time.
    SlotTaken,
    /// The candidate has a seat in that group already.
    AlreadyInGroup,
    /// The start is not one that can be booked.
    SlotNotOffered,
    /// The rule of the series is longer than 2 KB.
    RuleTooLong,
    /// The rule of the series is none of RFC 5545.
    RuleInvalid,
    /// The rule of the series says what excludes each other.
    RuleContradictsItself,
    /// The series has more interviews, or all of them more seats, than can be booked at once.
    TooManyOccurrences,
    /// Following the rule of the series takes too long.
    RuleTooCostly,
    /// Some interviews of the series cannot be booked, so none is; they are listed.
    OccurrencesRefused,
    /// The start is nearer than the notice allows.
    NoticeTooShort,
    /// Not possible in the object's present state.
    WrongState,
    /// The interview's time was settled anew since you looked.
    StaleRevision,
    /// By the present time-zone rules the interview starts when it was promised: there is nothing to decide.
    NotDrifted,
    /// The object was changed since you looked.
    Conflict,
    /// The room is not open yet.
    TooEarly,
    /// The room's time is over, or it was closed.
    RoomClosed,
    /// The session has a password, and this is not it.
    WrongPassword,
    /// A host has denied you.
    Denied,
    /// Too many wait in the lobby.
    LobbyFull,
    /// Somebody was admitted already, and a session has one candidate.
    SessionFull,
    /// Too many codes or passwords were wrong; `retryAfterSeconds` tells when to come back.
    RateLimited,
    /// It was submitted before with other content; amend it with a reason.
    AlreadySubmitted,
    /// A role that is chosen once was chosen before.
    RoleAlreadyChosen,
    /// The organisation would be left without an admin.
    LastAdmin,
    /// The price does not leave the least margin.
    MarginTooSmall,
    /// Not every scorecard is in.
    ScorecardsMissing,
    /// The interview has no transcript.
    NoTranscript,
    /// The person's data was erased.
    Erased,
    /// What was given is no calendar file.
    CalendarUnreadable,
    /// The calendar has too many bytes.
    CalendarTooLarge,
    /// The calendar has too many entries, or recurs too often.
    CalendarTooManyTimes,
    /// An entry of the calendar cannot be understood.
    CalendarEntryInvalid,
    /// The calendar has times in a zone that nobody knows.
    CalendarZoneUnknown,
    /// An entry of the calendar recurs by a rule that is not followed.
    CalendarRuleInvalid,
    /// The address is not one of a calendar that can be fetched.
    CalendarAddressInvalid,
    /// The address leads to a place that is not public.
    CalendarAddressNotPublic,
    /// Nobody answers at the address of the calendar.
    CalendarUnreachable,
    /// The server of the calendar answers with an error.
    CalendarRefused,
    /// The address of the calendar leads on too often.
    CalendarRedirects,
    /// The idempotency key was used for another input.
    IdempotencyConflict,
}

impl UserErrorCode {
    const fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound { .. } => Self::NotFound,
            Refusal::Forbidden => Self::Forbidden,
            Refusal::Invalid { .. } => Self::Invalid,
            Refusal::SlotTaken => Self::SlotTaken,
            Refusal::AlreadyInGroup => Self::AlreadyInGroup,
            Refusal::SlotNotOffered { .. } => Self::SlotNotOffered,
            Refusal::RuleRefused { reason } => match reason {
                RecurrenceError::TooLong => Self::RuleTooLong,
                RecurrenceError::NoFrequency
                | RecurrenceError::UnknownPart
                | RecurrenceError::Repeated(_)
                | RecurrenceError::BadValue(_) => Self::RuleInvalid,
                RecurrenceError::Contradiction(..) => Self::RuleContradictsItself,
                RecurrenceError::TooMany(_) => Self::TooManyOccurrences,
                RecurrenceError::TooMuchWork => Self::RuleTooCostly,
            },
            Refusal::OccurrencesRefused { .. } => Self::OccurrencesRefused,
            Refusal::NoticeTooShort { .. } => Self::NoticeTooShort,
            Refusal::WrongState { .. } => Self::WrongState,
            Refusal::StaleRevision { .. } => Self::StaleRevision,
            Refusal::NotDrifted => Self::NotDrifted,
            Refusal::StaleVersion { .. } => Self::Conflict,
            Refusal::TooEarly { .. } => Self::TooEarly,
            Refusal::RoomClosed => Self::RoomClosed,
            Refusal::WrongPassword => Self::WrongPassword,
            Refusal::Denied => Self::Denied,
            Refusal::LobbyFull => Self::LobbyFull,
            Refusal::SessionFull => Self::SessionFull,
            Refusal::AlreadySubmitted => Self::AlreadySubmitted,
            Refusal::RoleAlreadyChosen { .. } => Self::RoleAlreadyChosen,
            Refusal::LastAdmin => Self::LastAdmin,
            Refusal::MarginTooSmall => Self::MarginTooSmall,
            Refusal::ScorecardsMissing { .. } => Self::ScorecardsMissing,
            Refusal::NoTranscript => Self::NoTranscript,
            Refusal::Erased => Self::Erased,
            Refusal::UnusableCalendar(error) => Self::of_calendar(*error),
            Refusal::IdempotencyConflict { .. } => Self::IdempotencyConflict,
        }
    }

    const fn of_calendar(error: CalendarError) -> Self {
        match error {
            CalendarError::NotACalendar => Self::CalendarUnreadable,
            CalendarError::TooLarge => Self::CalendarTooLarge,
            CalendarError::TooManyTimes
            | CalendarError::Rule(RecurrenceError::TooMany(_) | RecurrenceError::TooMuchWork) => {
                Self::CalendarTooManyTimes
            }
            CalendarError::BadEntry(_) => Self::CalendarEntryInvalid,
            CalendarError::UnknownZone => Self::CalendarZoneUnknown,
            CalendarError::Rule(
                RecurrenceError::TooLong
                | RecurrenceError::NoFrequency
                | RecurrenceError::UnknownPart
                | RecurrenceError::Repeated(_)
                | RecurrenceError::BadValue(_)
                | RecurrenceError::Contradiction(..),
            ) => Self::CalendarRuleInvalid,
            CalendarError::BadAddress => Self::CalendarAddressInvalid,
            CalendarError::NotPublic => Self::CalendarAddressNotPublic,
            CalendarError::Unreachable => Self::CalendarUnreachable,
            CalendarError::Refused => Self::CalendarRefused,
            CalendarError::TooManyRedirects => Self::CalendarRedirects,
        }
    }
}

/// A reason for which a mutation was refused. Nothing was stored.
#[derive(Interface, Clone, Debug)]
#[graphql(
    field(
        name = "code",
        ty = "&UserErrorCode",
        desc = "Stable code; clients must tolerate codes they do not know."
    ),
    field(name = "message", ty = "&String", desc = "A sentence for people."),
    field(
        name = "field",
        ty = "&Option<Vec<String>>",
        desc = "Path of the input field at fault, if one is."
    )
)]
pub enum UserError {
    /// An ordinary refusal.
    Refused(RefusedError),
    /// The object has changed.
    Conflict(ConflictError),
    /// The room opens later.
    TooEarly(TooEarlyError),
    /// The slot is gone.
    SlotTaken(SlotTakenError),
    /// A part of the series cannot be booked.
    OccurrencesRefused(OccurrencesRefusedError),
    /// Come back later.
    RateLimited(RateLimitedError),
}

/// A refusal that its code and sentence say all about.
#[derive(SimpleObject, Clone, Debug)]
pub struct RefusedError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
}

/// The object was changed since the client looked.
#[derive(SimpleObject, Clone, Debug)]
pub struct ConflictError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
    /// The version or revision the object is at.
    current_version: i32,
}

/// The room is not open yet.
#[derive(SimpleObject, Clone, Debug)]
pub struct TooEarlyError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
    /// When it opens.
    opens_at: DateTime,
}

/// The slot was taken by somebody else.
#[derive(SimpleObject, Clone, Debug)]
pub struct SlotTakenError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
    /// The next starts that can be booked; none when none is left within the horizon.
    alternatives: Vec<DateTime>,
}

/// Too many codes or passwords were wrong.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimitedError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
    /// After how many seconds it may be tried again.
    retry_after_seconds: i32,
}

impl From<TooMany> for UserError {
    fn from(too_many: TooMany) -> Self {
        Self::RateLimited(RateLimitedError {
            code: UserErrorCode::RateLimited,
            message: TOO_MANY_TRIES.to_owned(),
            field: None,
            retry_after_seconds: int(too_many.seconds()),
        })
    }
}

/// Some interviews of a series cannot be booked. Leave them out with `except`, or choose another time.
#[derive(SimpleObject, Clone, Debug)]
pub struct OccurrencesRefusedError {
    /// Stable code; clients must tolerate codes they do not know.
    pub code: UserErrorCode,
    /// A sentence for people.
    pub message: String,
    /// Path of the input field at fault, if one is.
    pub field: Option<Vec<String>>,
    /// Which of them, in order of time.
    occurrences: Vec<RefusedOccurrence>,
}

/// An interview of a series that cannot be booked.
#[derive(SimpleObject, Clone, Debug)]
pub struct RefusedOccurrence {
    /// Its start.
    start: DateTime,
    /// Why, as for a single interview; clients must tolerate codes they do not know.
    code: UserErrorCode,
    /// The same in a sentence for people.
    message: String,
}

impl RefusedOccurrence {
    fn of((start, refusal): (Instant, Refusal)) -> Self {
        Self {
            start: DateTime(start),
            code: UserErrorCode::of(&refusal),
            message: refusal.to_string(),
        }
    }
}

/// A count as the 32-bit integer of GraphQL.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

impl UserError {
    /// The same error, with starts to choose from if the slot was taken.
    #[must_use]
    pub fn with_alternatives(self, starts: Vec<Instant>) -> Self {
        match self {
            Self::SlotTaken(error) => Self::SlotTaken(SlotTakenError {
                alternatives: starts.into_iter().map(DateTime).collect(),
                ..error
            }),
            other @ (Self::Refused(_)
            | Self::Conflict(_)
            | Self::TooEarly(_)
            | Self::OccurrencesRefused(_)
            | Self::RateLimited(_)) => other,
        }
    }

    /// Its code.
    pub const fn stable_code(&self) -> UserErrorCode {
        match self {
            Self::Refused(error) => error.code,
            Self::Conflict(error) => error.code,
            Self::TooEarly(error) => error.code,
            Self::SlotTaken(error) => error.code,
            Self::OccurrencesRefused(error) => error.code,
            Self::RateLimited(error) => error.code,
        }
    }
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        let code = UserErrorCode::of(&refusal);
        let message = refusal.to_string();
        let field = None;
        match refusal {
            Refusal::SlotTaken => Self::SlotTaken(SlotTakenError {
                code,
                message,
                field,
                alternatives: Vec::new(),
            }),
            Refusal::TooEarly { opens_at } => Self::TooEarly(TooEarlyError {
                code,
                message,
                field,
                opens_at: opens_at.into(),
            }),
            Refusal::OccurrencesRefused { occurrences } => {
                Self::OccurrencesRefused(OccurrencesRefusedError {
                    code,
                    message,
                    field,
                    occurrences: occurrences.into_iter().map(RefusedOccurrence::of).collect(),
                })
            }
            Refusal::RuleRefused { .. } => Self::Refused(RefusedError {
                code,
                message,
                field: Some(vec!["input".to_owned(), "rule".to_owned()]),
            }),
            Refusal::StaleRevision { current } => Self::Conflict(ConflictError {
                code,
                message,
                field,
                current_version: int(current),
            }),
            Refusal::StaleVersion { current } => Self::Conflict(ConflictError {
                code,
                message,
                field,
                current_version: int(current),
            }),
            Refusal::Invalid { field, .. } => {
                let path = std::iter::once("input")
                    .chain(field.split('.'))
                    .map(str::to_owned)
                    .collect();
                Self::Refused(RefusedError {
                    code,
                    message,
                    field: Some(path),
                })
            }
            Refusal::NotFound { .. }
            | Refusal::Forbidden
            | Refusal::AlreadyInGroup
            | Refusal::SlotNotOffered { .. }
            | Refusal::NoticeTooShort { .. }
            | Refusal::WrongState { .. }
            | Refusal::NotDrifted
            | Refusal::RoomClosed
            | Refusal::WrongPassword
            | Refusal::Denied
            | Refusal::LobbyFull
            | Refusal::SessionFull
            | Refusal::AlreadySubmitted
            | Refusal::RoleAlreadyChosen { .. }
            | Refusal::LastAdmin
            | Refusal::MarginTooSmall
            | Refusal::ScorecardsMissing { .. }
            | Refusal::NoTranscript
            | Refusal::Erased
            | Refusal::UnusableCalendar(_)
            | Refusal::IdempotencyConflict { .. } => Self::Refused(RefusedError { code, message, field }),
        }
    }
}
