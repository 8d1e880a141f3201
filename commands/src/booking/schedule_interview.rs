//! Somebody who runs interviews sets one up: the interview and the claims on every calendar come into being in one
//! append, or nothing does.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    account::Account,
    ids::{AccountId, InterviewId, InterviewTypeId, SubjectId},
    interview::{
        Interview,
        events::{SeriesPlace, TypePin},
        schedule::{MOST_INTERVIEWERS, Schedule, named, relaxed, without_product},
    },
    interview_type::{
        InterviewType,
        events::{Difficulty, InterviewKind, TypeSpec},
    },
    organisation::Organisation,
    refusal::Refusal,
    sealed::Sealed,
    slots::{self, Share},
    text::{Line, Paragraph},
    time::{Instant, Slot, Span, Zone},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{
    panel_facts,
    request_booking::{Hold, Seat, confirm, kit, terms},
};
use crate::{
    accounts::invite::{Invitee, Whose},
    catalogue::set_availability::must_be_interviewer,
};

/// Shortest and longest interview without a product, in minutes; as for products.
const DURATIONS: std::ops::RangeInclusive<u32> = 5..=480;

/// What is set up.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduleInterview {
    /// Who sets it up.
    pub by: AccountId,
    /// Whether a role lets this person schedule; otherwise the organisation says whether its interviewers may.
    pub is_staff: bool,
    /// Who is interviewed.
    pub candidate: Candidate,
    /// What it follows.
    pub follows: Follows,
    /// What it is about.
    pub description: Option<Paragraph>,
    /// The start.
    pub start: Instant,
    /// The zone its time is promised in; the candidate's own when absent.
    pub zone: Option<Zone>,
    /// Who meets the candidate, the first of them leading.
    pub interviewers: Vec<AccountId>,
}

/// Who is interviewed. Written as it was before there were addresses, so that the repeat of a command from then is
/// recognised.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Candidate {
    /// Somebody with an account.
    Account(AccountId),
    /// Whoever reads mail at an address.
    Invitee(Invitee),
}

/// What an interview follows that is set up directly.
#[derive(Clone, Debug, Serialize)]
pub enum Follows {
    /// A product: its length, buffers, criteria and room.
    Product {
        /// Which.
        interview_type: InterviewTypeId,
        /// What it is called, if not like the product.
        title: Option<Line>,
    },
    /// Nothing but its own length.
    Nothing {
        /// What it is called.
        title: Line,
        /// Minutes it takes.
        minutes: u32,
        /// What it is about.
        kind: InterviewKind,
        /// How hard it is.
        difficulty: Difficulty,
    },
}

/// What was set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scheduled {
    /// The interview.
    pub interview: InterviewId,
}

#[async_trait]
impl UseCase for ScheduleInterview {
    const OPERATION: &'static str = "scheduleInterview";
    type Output = Scheduled;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Scheduled, CommandError> {
        let agreed = self.agreed(unit).await?;
        let share = self.check(unit, &agreed, self.start).await?;
        let time = Time {
            start: self.start,
            share,
            series: None,
        };
        let interview = self.place(unit, &agreed, time).await?;
        self.settle(unit, &agreed).await?;
        Ok(Scheduled { interview })
    }
}

/// What does not depend on the time.
pub(super) struct Agreed {
    /// The zone the time is promised in.
    pub(super) zone: Zone,
    candidate: Whose,
    product: Option<TypePin>,
    spec: TypeSpec,
}

/// A start that can be booked.
pub(super) struct Time {
    pub(super) start: Instant,
    /// How it is shared, where several candidates meet one panel.
    pub(super) share: Option<Share>,
    pub(super) series: Option<SeriesPlace>,
}

/// Refuses to those who neither run interviews nor are interviewers of an organisation that lets them schedule.
pub(crate) async fn may_schedule(unit: &mut Unit<'_>, is_staff: bool) -> Result<(), CommandError> {
    let organisation: Organisation = unit.load(unit.tenant().uuid()).await?;
    if !is_staff && !organisation.interviewers_decide() {
        return Err(Refusal::Forbidden.into());
    }
    Ok(())
}

impl ScheduleInterview {
    /// Everything but the time: whether this person may, who is interviewed, and what the interview follows.
    pub(super) async fn agreed(&self, unit: &mut Unit<'_>) -> Result<Agreed, CommandError> {
        may_schedule(unit, self.is_staff).await?;
        let candidate = self.candidate(unit).await?;
        self.check_interviewers(unit, candidate.account()).await?;
        let (product, spec) = self.follows(unit).await?;
        let person: Account = unit.load(candidate.account().uuid()).await?;
        Ok(Agreed {
            zone: self.zone.or(person.zone()).unwrap_or(Zone::UTC),
            candidate,
            product,
            spec,
        })
    }

    /// Whether a start can be booked, by the calendars as this unit would leave them, and how it is shared.
    pub(super) async fn check(
        &self,
        unit: &mut Unit<'_>,
        agreed: &Agreed,
        start: Instant,
    ) -> Result<Option<Share>, CommandError> {
        let relaxed = relaxed(&agreed.spec, self.interviewers.clone());
        let facts = panel_facts::load(unit, &self.interviewers).await?;
        let wanted = slots::Product {
            interview_type: agreed.product.map(|product| product.interview_type),
            ..slots::Product::of(&relaxed)
        };
        let offer = slots::check(&wanted, &facts.calendars(unit.now()), start, unit.now())?;
        Ok(offer.share)
    }

    /// Sets the interview up at a start that can be booked.
    pub(super) async fn place(
        &self,
        unit: &mut Unit<'_>,
        agreed: &Agreed,
        Time { start, share, series }: Time,
    ) -> Result<InterviewId, CommandError> {
        let spec = agreed.spec.clone();
        let candidate = agreed.candidate.account();
        let interview: InterviewId = unit.mint();
        let span = Span::minutes(start, spec.duration_minutes);
        let panel = named(&self.interviewers);
        let group = share.map(|share| share.place(|| unit.mint()));
        let terms = terms(&spec, Vec::new());
        let hold = Hold {
            interview,
            interview_type: agreed.product.map(|product| product.interview_type),
            seat: group.map(|place| Seat { place, candidate }),
            revision: 1,
            span,
            // Made firm in the same append; the moment only has to lie ahead.
            expires_at: unit.now() + Duration::minutes(1),
        };
        let claims = hold.place(unit, &panel, &terms).await?;
        confirm(unit, &claims).await?;
        let kit = kit(unit, &spec).await?;
        let schedule = Schedule {
            interview,
            by: self.by,
            candidate,
            product: agreed.product,
            title: spec.title,
            description: self
                .description
                .as_ref()
                .map(|text| Sealed::open(SubjectId::of(candidate), text.to_string())),
            kind: spec.kind,
            difficulty: spec.difficulty,
            mode: spec.mode,
            purpose: spec.purpose,
            slot: Slot::promised(span, agreed.zone),
            panel,
            terms,
            locale: spec.locale,
            series,
            group,
            kit,
            claims,
            hold_expires_at: hold.expires_at,
        };
        unit.decide::<Interview>(interview.uuid(), schedule.into())
            .await?;
        Ok(interview)
    }

    /// Gives the candidate an account, where there is none yet.
    pub(super) async fn settle(&self, unit: &mut Unit<'_>, agreed: &Agreed) -> Result<(), CommandError> {
        match &self.candidate {
            Candidate::Account(_) => Ok(()),
            Candidate::Invitee(invitee) => invitee.settle(unit, agreed.candidate, self.by).await,
        }
    }

    async fn candidate(&self, unit: &mut Unit<'_>) -> Result<Whose, CommandError> {
        let account = match &self.candidate {
            Candidate::Account(account) => *account,
            Candidate::Invitee(invitee) => return invitee.find(unit).await,
        };
        let candidate: Account = unit.load(account.uuid()).await?;
        if !candidate.is_registered() {
            return Err(Refusal::NotFound { what: "candidate" }.into());
        }
        Ok(Whose::Known(account))
    }

    async fn check_interviewers(
        &self,
        unit: &mut Unit<'_>,
        candidate: AccountId,
    ) -> Result<(), CommandError> {
        let refuse = |reason: &str| Err(Refusal::invalid("interviewerIds", reason).into());
        if self.interviewers.is_empty() || self.interviewers.len() > MOST_INTERVIEWERS {
            return refuse("must name 1 to 20 interviewers");
        }
        if self.interviewers.contains(&candidate) {
            return refuse("the candidate cannot be an interviewer");
        }
        let mut distinct = self.interviewers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != self.interviewers.len() {
            return refuse("must name each interviewer once");
        }
        for interviewer in &self.interviewers {
            must_be_interviewer(unit, *interviewer).await?;
        }
        Ok(())
    }

    /// The product that it follows, with the version of today, and what holds for it.
    async fn follows(&self, unit: &mut Unit<'_>) -> Result<(Option<TypePin>, TypeSpec), CommandError> {
        match &self.follows {
            Follows::Product {
                interview_type,
                title,
            } => {
                let product: InterviewType = unit.load(interview_type.uuid()).await?;
                let (spec, version) = product.bookable().ok_or(Refusal::NotFound {
                    what: "interview type",
                })?;
                let mut spec = spec.clone();
                if let Some(title) = title {
                    spec.title = title.clone();
                }
                let pin = TypePin {
                    interview_type: *interview_type,
                    version,
                };
                Ok((Some(pin), spec))
            }
            Follows::Nothing {
                title,
                minutes,
                kind,
                difficulty,
            } => {
                if !DURATIONS.contains(minutes) {
                    return Err(Refusal::invalid("durationMinutes", "must be between 5 and 480").into());
                }
                let mut spec = without_product(title.clone(), *minutes);
                spec.kind = *kind;
                spec.difficulty = *difficulty;
                Ok((None, spec))
            }
        }
    }
}
