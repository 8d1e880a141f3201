//! A product that can be booked.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::interview_type::events::Horizon;
use projections::interview_types::InterviewType as Row;

use super::{
    availability::BookingLimits,
    catalogue::Kit,
    enums::{Difficulty, InterviewKind, Mode, PanelRole, PanelStrategy, Purpose},
    interview::RefundTier,
    person::Person,
    scalars::{Date, Money},
    shelf::Shelf,
    user_error::int,
};

/// A product that can be booked.
#[derive(Clone, Debug)]
pub struct InterviewType {
    row: Arc<Row>,
    shelf: Shelf,
}

impl InterviewType {
    /// The product with this row, of now or of the past, one of those that the shelf is of.
    pub const fn new(row: Arc<Row>, shelf: Shelf) -> Self {
        Self { row, shelf }
    }
}

/// The seats of one part in an interview.
#[derive(SimpleObject, Debug)]
pub struct RoleSeats {
    /// The part.
    role: PanelRole,
    /// How many are needed.
    min: i32,
    /// How many take part at most.
    max: i32,
    /// Who may have it.
    interviewers: Vec<Person>,
}

/// How an interviewer is preferred to others.
#[derive(SimpleObject, Debug)]
pub struct InterviewerPreference {
    /// Who.
    interviewer: Person,
    /// Share of the interviews relative to the others; 100 where nothing is said.
    weight: i32,
    /// Of several who had equally many, the highest takes part.
    priority: i32,
}

/// A product that can be booked.
#[Object]
impl InterviewType {
    /// The product's id.
    pub async fn id(&self) -> ID {
        self.row.interview_type.to_string().into()
    }

    /// Its version, from 1; a booking keeps the version it was made with.
    async fn version(&self) -> i32 {
        int(self.row.version)
    }

    /// What it is called.
    async fn title(&self) -> &str {
        self.row.spec.title.as_str()
    }

    /// What to expect.
    async fn description(&self) -> Option<&str> {
        self.row.spec.description.as_ref().map(domain::text::Text::as_str)
    }

    /// What it is about.
    async fn kind(&self) -> InterviewKind {
        self.row.spec.kind.into()
    }

    /// Who meets the candidate.
    async fn mode(&self) -> Mode {
        self.row.spec.mode.into()
    }

    /// What it is for.
    async fn purpose(&self) -> Purpose {
        self.row.spec.purpose.into()
    }

    /// How hard it is.
    async fn difficulty(&self) -> Difficulty {
        self.row.spec.difficulty.into()
    }

    /// Minutes it takes.
    async fn duration_minutes(&self) -> i32 {
        int(self.row.spec.duration_minutes)
    }

    /// Minutes that interviewers keep free before it.
    async fn buffer_before_minutes(&self) -> i32 {
        int(self.row.spec.buffer_before_minutes)
    }

    /// Minutes that interviewers keep free after it.
    async fn buffer_after_minutes(&self) -> i32 {
        int(self.row.spec.buffer_after_minutes)
    }

    /// Least minutes between booking and start.
    async fn notice_minutes(&self) -> i32 {
        int(self.row.spec.notice_minutes)
    }

    /// How many days ahead it can be booked; null when that is said in another way.
    async fn horizon_days(&self) -> Option<i32> {
        match self.row.spec.horizon {
            Horizon::Days(days) => Some(int(days)),
            Horizon::BusinessDays(_) | Horizon::Dates { .. } => None,
        }
    }

    /// How many days from Monday to Friday ahead it can be booked; null when that is said in another way.
    async fn horizon_business_days(&self) -> Option<i32> {
        match self.row.spec.horizon {
            Horizon::BusinessDays(days) => Some(int(days)),
            Horizon::Days(_) | Horizon::Dates { .. } => None,
        }
    }

    /// First date that can be booked; null unless it is booked within dates.
    async fn bookable_from(&self) -> Option<Date> {
        match self.row.spec.horizon {
            Horizon::Dates { from, .. } => Some(Date(from)),
            Horizon::Days(_) | Horizon::BusinessDays(_) => None,
        }
    }

    /// Last date that can be booked; null unless it is booked within dates.
    async fn bookable_until(&self) -> Option<Date> {
        match self.row.spec.horizon {
            Horizon::Dates { until, .. } => Some(Date(until)),
            Horizon::Days(_) | Horizon::BusinessDays(_) => None,
        }
    }

    /// Distance of possible starts in minutes.
    async fn slot_step_minutes(&self) -> i32 {
        int(self.row.spec.slot_step_minutes)
    }

    /// The first possible start of a day, in minutes after the interviewer's midnight.
    async fn slot_offset_minutes(&self) -> i32 {
        int(self.row.spec.slot_offset_minutes)
    }

    /// Whether somebody has to agree before a booking is confirmed; until then its slot is held and nothing is paid.
    async fn confirmation_required(&self) -> bool {
        self.row.spec.confirm_within_minutes.is_some()
    }

    /// How long somebody has to agree, in minutes, and never beyond the start; null where nobody is asked.
    async fn confirmation_minutes(&self) -> Option<i32> {
        self.row.spec.confirm_within_minutes.map(int)
    }

    /// How much of it is taken on, in the zone in which its starts are counted.
    async fn limits(&self) -> BookingLimits {
        self.row.spec.limits.into()
    }

    /// How many candidates meet one panel at one time; 1 where each has the time alone.
    async fn candidate_seats(&self) -> i32 {
        int(self.row.spec.candidate_seats)
    }

    /// Who takes part as what, only for those who run interviews; empty where the first who is chosen leads.
    async fn roles(&self) -> Option<Vec<RoleSeats>> {
        if !self.shelf.viewer().is_staff() {
            return None;
        }
        let roles = &self.row.spec.panel.roles;
        let people = self.shelf.people();
        let seats = roles.iter().map(|spec| RoleSeats {
            role: spec.role.into(),
            min: int(spec.min),
            max: int(spec.max),
            interviewers: spec.pool.iter().map(|account| people.person(*account)).collect(),
        });
        Some(seats.collect())
    }

    /// Who is preferred when interviewers take turns; only for those who run interviews.
    async fn preferences(&self) -> Option<Vec<InterviewerPreference>> {
        if !self.shelf.viewer().is_staff() {
            return None;
        }
        let preferences = &self.row.spec.panel.preferences;
        let people = self.shelf.people();
        let preferred = preferences.iter().map(|known| InterviewerPreference {
            interviewer: people.person(known.account),
            weight: int(known.weight),
            priority: int(known.priority),
        });
        Some(preferred.collect())
    }

    /// How the panel is chosen.
    async fn panel_strategy(&self) -> PanelStrategy {
        self.row.spec.panel.strategy.into()
    }

    /// The interviewers to choose from; only for those who run interviews.
    async fn interviewers(&self) -> Option<Vec<Person>> {
        if !self.shelf.viewer().is_staff() {
            return None;
        }
        let pool = &self.row.spec.panel.pool;
        let people = self.shelf.people();
        Some(pool.iter().map(|account| people.person(*account)).collect())
    }

    /// What a booking costs now; null when it is free.
    async fn price(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        let Some(list) = self.row.spec.price_list else {
            return Ok(None);
        };
        let list = self.shelf.price_list(ctx, list).await?;
        let version = list.and_then(|list| list.versions.last());
        let item = version.and_then(|version| {
            let mut items = version.items.iter();
            items.find(|item| item.difficulty == self.row.spec.difficulty)
        });
        Ok(item.map(|item| item.price.into()))
    }

    /// What comes back when the candidate calls it off, most notice first; null where the organisation's own policy holds.
    async fn refund_tiers(&self) -> Option<Vec<RefundTier>> {
        let tiers = self.row.spec.refunds.as_ref()?;
        Some(tiers.iter().map(RefundTier::from).collect())
    }

    /// The plan that whoever interviews follows, in its newest version, which bookings from now on keep; null where
    /// there is none, and always for candidates.
    async fn kit(&self, ctx: &Context<'_>) -> Result<Option<Kit>> {
        match self.row.spec.kit.filter(|_| self.shelf.viewer().reads_kits()) {
            Some(kit) => self.shelf.kit(ctx, kit).await,
            None => Ok(None),
        }
    }

    /// Whether it can be booked.
    async fn bookable(&self) -> bool {
        self.row.bookable
    }
}
