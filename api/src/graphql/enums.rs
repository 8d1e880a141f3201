//! The closed sets of the API, each the mirror of one in the domain, so that the domain can be renamed without the
//! contract noticing.

use async_graphql::Enum;
use chrono::Weekday as ChronoWeekday;
use domain::{
    actor,
    decision::events as decision,
    interview::{events as interview, proposals},
    interview_type::events as interview_type,
    payment::events as payment,
    room::events as room,
    scorecard::events as scorecard,
    transcript::content as transcript,
};

use projections::{attention::MatterKind, waitlist};

macro_rules! mirror {
    ($($(#[$doc:meta])* $name:ident of $remote:path { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Enum, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub enum $name {
                $($(#[$variant_doc])* $variant),*
            }

            impl From<$remote> for $name {
                fn from(value: $remote) -> Self {
                    use $remote as Remote;
                    match value {
                        $(Remote::$variant => Self::$variant),*
                    }
                }
            }

            impl From<$name> for $remote {
                fn from(value: $name) -> Self {
                    use $remote as Remote;
                    match value {
                        $($name::$variant => Remote::$variant),*
                    }
                }
            }
        )*
    };
}

mirror! {
    /// What an account may be in its organisation.
    Role of actor::Role {
        /// Books, pays, joins and reads what was released.
        Candidate,
        /// Gets invited, meets candidates and rates them.
        Interviewer,
        /// Plans interviews, reads ratings and decides.
        Recruiter,
        /// Replays and measures.
        Analyst,
        /// Runs the organisation.
        Admin,
    }
    /// Why money goes back.
    RefundReason of payment::RefundReason {
        /// Paid after the hold had died, and the slot was gone.
        SlotLost,
        /// The interview was called off.
        Cancelled,
        /// No interviewer came.
        InterviewerAbsent,
        /// Paid a second time.
        PaidTwice,
    }
    /// What an interview is about.
    InterviewKind of interview_type::InterviewKind {
        /// Questions about JavaScript.
        Javascript,
        /// Building a small application.
        MachineCoding,
        /// Data structures and algorithms.
        Dsa,
        /// Designing a system.
        SystemDesign,
        /// Past behaviour and working with others.
        Behavioral,
        /// Anything else.
        General,
    }
    /// Who meets the candidate.
    Mode of interview_type::Mode {
        /// Interviewers.
        Human,
        /// A language model.
        Ai,
        /// Another person who practises.
        Peer,
    }
    /// What an interview is for.
    Purpose of interview_type::Purpose {
        /// The candidate practises.
        Mock,
        /// The organisation hires.
        Recruiting,
    }
    /// How hard an interview is.
    Difficulty of interview_type::Difficulty {
        /// For beginners.
        Easy,
        /// For those with some practice.
        Medium,
        /// For the experienced.
        Hard,
        /// For specialists.
        Expert,
    }
    /// How a panel is chosen from the pool of interviewers.
    PanelStrategy of interview_type::PanelStrategy {
        /// Everybody in the pool takes part.
        Collective,
        /// As many as there are seats take part: who has had fewest recent interviews for their share, then who is
        /// preferred.
        RoundRobin,
    }
    /// The part of a panel member.
    PanelRole of interview::PanelRole {
        /// Leads the interview.
        Lead,
        /// Takes part.
        Panel,
        /// Listens and learns.
        Shadow,
    }
    /// Whose wish it is that an interview is called off.
    Party of interview::Party {
        /// The candidate's: what comes back follows from the notice given.
        Candidate,
        /// An interviewer's: everything comes back.
        Interviewer,
        /// The organisation's: everything comes back.
        Organisation,
    }
    /// On which side of an interview somebody is.
    Side of interview::Side {
        /// The candidate.
        Candidate,
        /// The panel, and those who run interviews.
        Hosts,
    }
    /// What became of a proposal.
    ProposalStatus of proposals::Standing {
        /// The other side has not answered.
        Open,
        /// The other side took one of its times.
        Accepted,
        /// The other side took none.
        Declined,
        /// Another proposal, a move or a cancellation came first, or the seat that it was for was taken.
        Superseded,
    }
    /// What an interviewer answers to an invitation.
    InviteAnswer of interview::Answer {
        /// Comes.
        Accepted,
        /// Perhaps comes; keeps the time.
        Tentative,
        /// Does not come, and gives the seat up.
        Declined,
    }
    /// Why a seat is vacant.
    VacancyReason of interview::VacancyReason {
        /// The interviewer declined.
        Declined,
        /// Somebody who runs interviews gives the seat to another.
        Replaced,
    }
    /// Why somebody sits on a panel.
    SeatReason of interview::SeatReason {
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
    /// How far a place on a waitlist is.
    WaitlistStatus of waitlist::Status {
        /// Nothing is offered.
        Waiting,
        /// A time is held for them.
        Offered,
        /// They took a time.
        Booked,
        /// They did not answer an offer in time.
        Lapsed,
        /// They do not wait any more, or what they wanted is over.
        Left,
    }
    /// The part somebody has in a room.
    RoomRole of room::RoomRole {
        /// The person who is interviewed.
        Candidate,
        /// A member of the panel.
        Interviewer,
    }
    /// What an interviewer recommends; never computed from the ratings.
    Recommendation of scorecard::Recommendation {
        /// By no means.
        StrongNo,
        /// Rather not.
        No,
        /// Rather yes.
        Yes,
        /// By all means.
        StrongYes,
        /// Cannot say.
        NoDecision,
    }
    /// Who speaks.
    Speaker of transcript::Speaker {
        /// The person who is interviewed.
        Candidate,
        /// A member of the panel.
        Interviewer,
    }
    /// A verdict that a person can give.
    Verdict of decision::Verdict {
        /// Succeeded.
        Pass,
        /// Did not succeed.
        Fail,
        /// Postponed.
        OnHold,
    }
}

/// A day of the week.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[graphql(remote = "ChronoWeekday")]
pub enum Weekday {
    /// The first day by ISO 8601.
    #[graphql(name = "MONDAY")]
    Mon,
    /// The second.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// The third.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// The fourth.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// The fifth.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// The sixth.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// The seventh.
    #[graphql(name = "SUNDAY")]
    Sun,
}

/// What became of an interview, as far as the viewer may know.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Nobody has decided yet.
    Pending,
    /// Succeeded.
    Pass,
    /// Did not succeed.
    Fail,
    /// Postponed.
    OnHold,
}

impl From<decision::Verdict> for Outcome {
    fn from(verdict: decision::Verdict) -> Self {
        match verdict {
            decision::Verdict::Pass => Self::Pass,
            decision::Verdict::Fail => Self::Fail,
            decision::Verdict::OnHold => Self::OnHold,
        }
    }
}

/// Where an interview is in its life.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum InterviewStatus {
    /// Its slot is held.
    Held,
    /// Its slot is held until somebody agrees.
    AwaitingApproval,
    /// Its slot is held until it is paid.
    AwaitingPayment,
    /// It will take place.
    Confirmed,
    /// Somebody is in the room.
    Open,
    /// The parties are together.
    Live,
    /// It is over, and the parties had met.
    Completed,
    /// It was not paid or approved in time.
    Expired,
    /// It was called off, or declined by those who were asked.
    Cancelled,
    /// Somebody did not come.
    NoShow,
    /// It is over, and the parties had not met.
    Abandoned,
}

/// The status for people in a hurry, masked: whoever may not know the verdict reads `COMPLETED` instead of
/// `SUCCEEDED` or `FAILED`.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// Not yet begun.
    Upcoming,
    /// Now.
    Live,
    /// Over, and not decided as far as the viewer may know.
    Completed,
    /// Passed.
    Succeeded,
    /// Not passed.
    Failed,
    /// Came to nothing.
    Closed,
}

/// What kind of thing a person should look at.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttentionKind {
    /// Money came that is not what was asked for. It does not count as paid, and nobody has sent it back.
    PaidWrongly,
    /// The provider could not pay money back.
    RefundFailed,
    /// A provider told us something that has no place here, such as money for a payment that we do not know.
    UnplacedMessage,
    /// Seats of an interview to come were given up, and nobody has taken them.
    SeatVacant,
    /// Interviewers of an interview to come turned out to be busy elsewhere at that time. It stays booked.
    BusyElsewhere,
    /// The time-zone rules have changed since the time of an interview to come was promised: the clock on the wall will
    /// show another time at the start. It stays booked until somebody moves it or keeps it; `drift` of the interview says
    /// more.
    TimeDrifted,
}

impl From<AttentionKind> for MatterKind {
    fn from(kind: AttentionKind) -> Self {
        match kind {
            AttentionKind::PaidWrongly => Self::PaidWrongly,
            AttentionKind::RefundFailed => Self::RefundFailed,
            AttentionKind::UnplacedMessage => Self::Unplaced,
            AttentionKind::SeatVacant => Self::SeatsVacant,
            AttentionKind::BusyElsewhere => Self::BusyElsewhere,
            AttentionKind::TimeDrifted => Self::TimeDrifted,
        }
    }
}
