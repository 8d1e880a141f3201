//! What can happen to an interview type.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    availability::events::BookingLimits,
    events,
    ids::{AccountId, InterviewKitId, InterviewTypeId, PriceListId},
    interview::events::{PanelRole, RefundTier},
    rubric::events::RubricPin,
    text::{Line, Paragraph},
};

/// What the interview is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterviewKind {
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Interviewers.
    Human,
    /// A language model.
    Ai,
    /// Another person who practises.
    Peer,
}

/// What the interview is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The candidate practises and pays.
    Mock,
    /// The organisation hires.
    Recruiting,
}

/// How hard it is, and so what it costs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// For beginners.
    Easy,
    /// For those with some practice.
    Medium,
    /// For the experienced.
    Hard,
    /// For specialists.
    Expert,
}

/// How far ahead it can be booked, by dates of the interviewers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// So many days after today.
    Days(u32),
    /// So many days from Monday to Friday after today.
    BusinessDays(u32),
    /// From one date to another, both included.
    Dates {
        /// First date.
        from: NaiveDate,
        /// Last date.
        until: NaiveDate,
    },
}

/// How the panel is chosen from the pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PanelStrategy {
    /// Everybody in the pool takes part.
    Collective,
    /// As many as there are seats take part: who has had fewest recent interviews for their share, then who is preferred.
    RoundRobin,
}

/// The seats of one part in an interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleSpec {
    /// The part.
    pub role: PanelRole,
    /// How many are needed.
    pub min: u8,
    /// How many take part at most; those beyond `min` do when they are free.
    pub max: u8,
    /// Who of the pool may have it.
    pub pool: Vec<AccountId>,
}

/// How somebody of the pool is preferred to others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Preference {
    /// Who.
    pub account: AccountId,
    /// Share of the interviews, relative to the others; 100 where nothing is said.
    pub weight: u16,
    /// Of several who had equally many, the highest takes part; 0 where nothing is said.
    pub priority: u8,
}

/// Who may sit on the panel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PanelSpec {
    /// The interviewers to choose from.
    pub pool: Vec<AccountId>,
    /// How to choose.
    pub strategy: PanelStrategy,
    /// How many take part, the first of them as lead, where there are no roles.
    pub seats: u8,
    /// Who takes part as what; none where everybody may have every seat.
    pub roles: Vec<RoleSpec>,
    /// Who is preferred, where people take turns.
    pub preferences: Vec<Preference>,
}

/// When the room may be entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct JoinWindow {
    /// Minutes before the start at which it opens.
    pub opens_before_minutes: u32,
    /// Minutes after the start at which an absent party counts as a no-show.
    pub grace_minutes: u32,
    /// Minutes after the planned end at which the room is closed for good.
    pub closes_after_minutes: u32,
}

/// Everything that defines an interview type.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TypeSpec {
    /// What it is called.
    pub title: Line,
    /// What to expect.
    pub description: Option<Paragraph>,
    /// What it is about.
    pub kind: InterviewKind,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Minutes it takes.
    pub duration_minutes: u32,
    /// Minutes that interviewers keep free before it.
    pub buffer_before_minutes: u32,
    /// Minutes that interviewers keep free after it.
    pub buffer_after_minutes: u32,
    /// Least minutes between booking and start.
    pub notice_minutes: u32,
    /// How far ahead it can be booked.
    pub horizon: Horizon,
    /// Distance of possible starts, in minutes.
    pub slot_step_minutes: u32,
    /// The first possible start of a day, in minutes after local midnight of the interviewer.
    pub slot_offset_minutes: u32,
    /// How long a slot is held for an unpaid booking, in minutes.
    pub hold_minutes: u32,
    /// How long somebody has to agree to a booking, in minutes, while its slot is held; nobody is asked when absent.
    pub confirm_within_minutes: Option<u32>,
    /// How much of it is taken on within a civil day, a week and a month of the zone in which its starts are counted (rule T6).
    pub limits: BookingLimits,
    /// How many candidates meet one panel at one time; one where each has the time alone.
    pub candidate_seats: u8,
    /// Who meets the candidate.
    pub panel: PanelSpec,
    /// What it costs; nothing when absent.
    pub price_list: Option<PriceListId>,
    /// What comes back when the candidate calls it off, most notice first; as the organisation says when absent.
    pub refunds: Option<Vec<RefundTier>>,
    /// What it is rated by.
    pub rubric: Option<RubricPin>,
    /// The plan that whoever interviews follows; a booking keeps the version that is the newest then.
    pub kit: Option<InterviewKitId>,
    /// When its room may be entered.
    pub join_window: JoinWindow,
    /// Language of the interview, a BCP 47 tag.
    pub locale: String,
}

/// A new interview type can be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewTypeDefined {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// What it is.
    pub spec: TypeSpec,
}

/// An interview type was changed for bookings from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewTypeRevised {
    /// Which.
    pub interview_type: InterviewTypeId,
    /// The version that this made, from 2.
    pub version: u32,
    /// What it is now.
    pub spec: TypeSpec,
}

/// An interview type can no longer be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InterviewTypeRetired {
    /// Which.
    pub interview_type: InterviewTypeId,
}

events! {
    /// What can happen to an interview type.
    pub enum InterviewTypeEvent in Category::InterviewType {
        InterviewTypeDefined = "interview_type.defined" v 7,
        InterviewTypeRevised = "interview_type.revised" v 7,
        InterviewTypeRetired = "interview_type.retired" v 1,
    }
}
