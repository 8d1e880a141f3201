//! Products, prices, criteria, kits and availability.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::catalogue::{
    define_interview_type::DefineInterviewType,
    publish_kit::PublishKit,
    publish_price_list::PublishPriceList,
    publish_rubric::PublishRubric,
    retire_interview_type::RetireInterviewType,
    revise_interview_type::ReviseInterviewType,
    set_availability::{DateHours, SetAvailability},
};
use domain::{
    availability::events::{LocalWindow, WeeklyRule},
    ids::AccountId,
    interview::refunds,
    interview_kit::events::{KitSection, KitSpec},
    interview_type::events::{Horizon, JoinWindow, PanelSpec, Preference, RoleSpec, TypeSpec},
    price_list::events::PriceItem,
    refusal::Refusal,
    rubric::events::{Criterion, RubricPin},
    text::{Line, Paragraph},
};

use super::{
    super::{
        availability::Availability,
        catalogue::{Kit, PriceList, Rubric},
        enums::{Difficulty, InterviewKind, Mode, PanelRole, PanelStrategy, Purpose, Weekday},
        interview_type::InterviewType,
        policy::Operation,
        products::load_product,
        scalars::{Date, LocalTime, MoneyInput, TimeZone},
    },
    availability::{BookingLimitsInput, whose},
    call::{Call, Outcome, count, id},
    cancellation::RefundTierInput,
};

/// Products, prices, criteria, kits and availability.
#[derive(Default, Clone, Copy, Debug)]
pub struct CatalogueMutation;

/// One thing that is rated.
#[derive(InputObject, Debug)]
pub struct CriterionInput {
    /// Short name, unique in the rubric, such as `communication`.
    id: String,
    /// What people read.
    name: String,
    /// Weight relative to the others.
    weight: i32,
    /// What each rating from 1 to 5 looks like in practice: none, or five.
    #[graphql(default)]
    anchors: Vec<String>,
}

/// Rating criteria.
#[derive(InputObject, Debug)]
pub struct PublishRubricInput {
    /// The rubric that gets a new version; a new rubric when absent.
    rubric_id: Option<ID>,
    /// What it is called.
    name: String,
    /// What is rated.
    criteria: Vec<CriterionInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The rubric that was published.
#[derive(SimpleObject, Debug)]
pub struct PublishRubricPayload {
    /// The rubric in its new version.
    rubric: Option<Rubric>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A part of an interview.
#[derive(InputObject, Debug)]
pub struct KitSectionInput {
    /// What it is called, unique in the kit whatever the case of its letters.
    title: String,
    /// Minutes it takes, 1 to 480.
    minutes: i32,
    /// What whoever interviews is to do in it. Candidates never read it.
    instructions: Option<String>,
}

/// A plan for interviews.
#[derive(InputObject, Debug)]
pub struct PublishKitInput {
    /// The kit that gets a new version; a new kit when absent.
    kit_id: Option<ID>,
    /// The version you saw; another one means that somebody else published one since.
    expected_version: Option<i32>,
    /// What it is called.
    name: String,
    /// The industry that it is made for; any when absent.
    industry: Option<String>,
    /// The parts, in order: 1 to 30, of 1,440 minutes together at most.
    sections: Vec<KitSectionInput>,
    /// What the interview is rated by, as far as the kit says so. Scorecards are assigned by what the product says.
    rubric: Option<RubricPinInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The kit that was published.
#[derive(SimpleObject, Debug)]
pub struct PublishKitPayload {
    /// The kit in its new version.
    kit: Option<Kit>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// The price of one difficulty.
#[derive(InputObject, Debug)]
pub struct PriceItemInput {
    /// For which difficulty.
    difficulty: Difficulty,
    /// Minutes of interview that it pays for.
    minutes: i32,
    /// What the candidate pays; more than zero.
    price: MoneyInput,
    /// What it costs the organisation; at most half of the price.
    cost: MoneyInput,
}

/// A list of prices.
#[derive(InputObject, Debug)]
pub struct PublishPriceListInput {
    /// The list that gets a new version; a new list when absent.
    price_list_id: Option<ID>,
    /// What it is called.
    name: String,
    /// One price for each difficulty offered, all in one currency.
    items: Vec<PriceItemInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The price list that was published.
#[derive(SimpleObject, Debug)]
pub struct PublishPriceListPayload {
    /// The list in its new version.
    price_list: Option<PriceList>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// One version of a rubric.
#[derive(InputObject, Debug)]
pub struct RubricPinInput {
    /// Which rubric.
    id: ID,
    /// Which version.
    version: i32,
}

/// The seats of one part in an interview.
#[derive(InputObject, Debug)]
pub struct RoleSeatsInput {
    /// The part.
    role: PanelRole,
    /// How many are needed.
    #[graphql(default = 1)]
    min: i32,
    /// How many take part at most: those beyond `min` do when they are free. As many as needed when absent.
    max: Option<i32>,
    /// Who of the product's interviewers may have it; all of them when absent.
    interviewer_ids: Option<Vec<ID>>,
}

/// How an interviewer is preferred to others.
#[derive(InputObject, Debug)]
pub struct PreferenceInput {
    /// Who.
    interviewer_id: ID,
    /// Share of the interviews relative to the others, 1 to 1,000.
    #[graphql(default = 100)]
    weight: i32,
    /// Of several who had equally many, the highest takes part; 0 to 9.
    #[graphql(default)]
    priority: i32,
}

/// A product that can be booked.
#[derive(InputObject, Debug)]
pub struct DefineInterviewTypeInput {
    /// What it is called.
    title: String,
    /// What to expect.
    description: Option<String>,
    /// What it is about.
    kind: InterviewKind,
    /// Who meets the candidate.
    #[graphql(default_with = "Mode::Human")]
    mode: Mode,
    /// What it is for.
    purpose: Purpose,
    /// How hard it is.
    difficulty: Difficulty,
    /// Minutes it takes, 5 to 480.
    duration_minutes: i32,
    /// Minutes that interviewers keep free before it, at most 240.
    #[graphql(default)]
    buffer_before_minutes: i32,
    /// Minutes that interviewers keep free after it, at most 240.
    #[graphql(default)]
    buffer_after_minutes: i32,
    /// Least minutes between booking and start.
    #[graphql(default)]
    notice_minutes: i32,
    /// How many days ahead it can be booked, 1 to 365; 60 unless it is said in another way.
    horizon_days: Option<i32>,
    /// How many days from Monday to Friday ahead it can be booked, 1 to 260, instead of `horizonDays`.
    horizon_business_days: Option<i32>,
    /// First date that can be booked, together with `bookableUntil` instead of a horizon.
    bookable_from: Option<Date>,
    /// Last date that can be booked, at most a year after `bookableFrom`.
    bookable_until: Option<Date>,
    /// Distance of possible starts in minutes, counted from the first start of the interviewer's day.
    #[graphql(default = 15)]
    slot_step_minutes: i32,
    /// The first possible start of a day, in minutes after the interviewer's midnight; less than the step.
    #[graphql(default)]
    slot_offset_minutes: i32,
    /// How long a slot is held for an unpaid booking, in minutes.
    #[graphql(default = 15)]
    hold_minutes: i32,
    /// Whether somebody of the panel, or of those who run interviews, has to agree before a booking is confirmed. The slot
    /// is held until then, and nothing is paid before.
    #[graphql(default)]
    confirmation_required: bool,
    /// How long somebody has to agree, 5 minutes to 14 days, and never beyond the start; counts only with
    /// `confirmationRequired`.
    #[graphql(default = 1440)]
    confirmation_minutes: i32,
    /// How much of it is taken on, whoever of its interviewers has it: days, weeks and months are those of the zone in which its starts
    /// are counted, that of its first interviewer. What is set up directly counts too, but is not bound by it. No limits when absent.
    limits: Option<BookingLimitsInput>,
    /// How many candidates meet one panel at one time, 1 to 50; each seat is an interview of its own. Slots tell how many are left.
    #[graphql(default = 1)]
    candidate_seats: i32,
    /// The interviewers to choose from.
    interviewer_ids: Vec<ID>,
    /// How to choose.
    #[graphql(default_with = "PanelStrategy::Collective")]
    panel_strategy: PanelStrategy,
    /// How many take part; everybody when absent. Not together with `roles`.
    seats: Option<i32>,
    /// Who takes part as what, with exactly one lead; when absent the first who is chosen leads.
    #[graphql(default)]
    roles: Vec<RoleSeatsInput>,
    /// Who is preferred when interviewers take turns.
    #[graphql(default)]
    preferences: Vec<PreferenceInput>,
    /// What it costs; nothing when absent.
    price_list_id: Option<ID>,
    /// What comes back when the candidate calls it off, at most ten tiers: less notice than any of them asks for gives
    /// nothing. As the organisation says when absent.
    refund_tiers: Option<Vec<RefundTierInput>>,
    /// What it is rated by.
    rubric: Option<RubricPinInput>,
    /// The plan that whoever interviews follows, of no more minutes than the interview. A booking keeps the version
    /// that is the newest then.
    kit_id: Option<ID>,
    /// Minutes before the start at which the room opens.
    #[graphql(default = 10)]
    opens_before_minutes: i32,
    /// Minutes after the start at which an absent party counts as a no-show.
    #[graphql(default = 10)]
    grace_minutes: i32,
    /// Minutes after the planned end at which the room is closed for good.
    #[graphql(default = 30)]
    closes_after_minutes: i32,
    /// Language of the interview, a BCP 47 tag.
    #[graphql(default_with = "String::from(\"en\")")]
    locale: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A product as it is from now on.
#[derive(InputObject, Debug)]
pub struct ReviseInterviewTypeInput {
    /// Which product.
    type_id: ID,
    /// The version you saw.
    expected_version: i32,
    /// Everything it is from now on.
    definition: DefineInterviewTypeInput,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A product to be taken off the list.
#[derive(InputObject, Debug)]
pub struct RetireInterviewTypeInput {
    /// Which product.
    type_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! type_payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// The product as it is now.
                interview_type: Option<InterviewType>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

type_payloads! {
    /// The product that was added.
    DefineInterviewTypePayload,
    /// The product that was changed.
    ReviseInterviewTypePayload,
    /// The product that was taken off the list.
    RetireInterviewTypePayload,
}

/// A window that recurs on some days of the week, in local time.
#[derive(InputObject, Debug)]
pub struct WeeklyRuleInput {
    /// On which days.
    weekdays: Vec<Weekday>,
    /// First local time inside.
    from: LocalTime,
    /// First local time after; `24:00` is the end of the day.
    to: LocalTime,
}

/// A stretch of local time within a day.
#[derive(InputObject, Debug)]
pub struct LocalWindowInput {
    /// First local time inside.
    from: LocalTime,
    /// First local time after; `24:00` is the end of the day.
    to: LocalTime,
}

/// A date with hours of its own.
#[derive(InputObject, Debug)]
pub struct DateOverrideInput {
    /// Which local date.
    date: Date,
    /// Its windows; none is a day off.
    windows: Vec<LocalWindowInput>,
}

/// When an interviewer can be met.
#[derive(InputObject, Debug)]
pub struct SetAvailabilityInput {
    /// Whose; one's own when absent, somebody else's for those who run interviews.
    account_id: Option<ID>,
    /// The zone in which the windows are meant.
    time_zone: TimeZone,
    /// The weekly rules, in place of those before; none means never.
    rules: Vec<WeeklyRuleInput>,
    /// Dates with hours of their own, beside those set before.
    #[graphql(default)]
    overrides: Vec<DateOverrideInput>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The availability that was set.
#[derive(SimpleObject, Debug)]
pub struct SetAvailabilityPayload {
    /// The availability as it is now.
    availability: Option<Availability>,
    #[graphql(flatten)]
    outcome: Outcome,
}

fn window(from: LocalTime, to: LocalTime, field: &'static str) -> Result<LocalWindow, Refusal> {
    let from = from
        .0
        .ok_or(Refusal::invalid(field, "24:00 can only be an end"))?;
    Ok(LocalWindow { from, to: to.0 })
}

impl CriterionInput {
    fn parse(self) -> Result<Criterion, Refusal> {
        let anchor = |text: String| Paragraph::new(&text).map_err(Refusal::text("criteria.anchors"));
        Ok(Criterion {
            id: self.id,
            name: Line::new(&self.name).map_err(Refusal::text("criteria.name"))?,
            weight: count(self.weight, "criteria.weight")?,
            anchors: self.anchors.into_iter().map(anchor).collect::<Result<_, _>>()?,
        })
    }
}

impl RubricPinInput {
    fn parse(&self) -> Result<RubricPin, Refusal> {
        Ok(RubricPin {
            rubric: id(&self.id, "rubric")?,
            version: count(self.version, "rubric.version")?,
        })
    }
}

impl KitSectionInput {
    fn parse(self) -> Result<KitSection, Refusal> {
        let instructions = self.instructions.as_deref().map(Paragraph::new).transpose();
        Ok(KitSection {
            title: Line::new(&self.title).map_err(Refusal::text("sections.title"))?,
            minutes: count(self.minutes, "sections.minutes")?,
            instructions: instructions.map_err(Refusal::text("sections.instructions"))?,
        })
    }
}

impl PublishKitInput {
    fn parse(self) -> Result<PublishKit, Refusal> {
        let industry = self.industry.as_deref().map(Line::new).transpose();
        Ok(PublishKit {
            kit: self.kit_id.as_ref().map(|kit| id(kit, "kit")).transpose()?,
            expected_version: self
                .expected_version
                .map(|version| count(version, "expectedVersion"))
                .transpose()?,
            spec: KitSpec {
                name: Line::new(&self.name).map_err(Refusal::text("name"))?,
                industry: industry.map_err(Refusal::text("industry"))?,
                sections: self
                    .sections
                    .into_iter()
                    .map(KitSectionInput::parse)
                    .collect::<Result<_, _>>()?,
                rubric: self.rubric.as_ref().map(RubricPinInput::parse).transpose()?,
            },
        })
    }
}

impl PriceItemInput {
    fn parse(self) -> Result<PriceItem, Refusal> {
        Ok(PriceItem {
            difficulty: self.difficulty.into(),
            minutes: count(self.minutes, "items.minutes")?,
            price: self.price.into(),
            cost: self.cost.into(),
        })
    }
}

fn accounts(ids: &[ID], field: &'static str) -> Result<Vec<AccountId>, Refusal> {
    let account = |id: &ID| id.parse().map_err(|_| Refusal::invalid(field, "not an account"));
    ids.iter().map(account).collect()
}

fn small<N: TryFrom<u32>>(number: i32, field: &'static str) -> Result<N, Refusal> {
    N::try_from(count(number, field)?).map_err(|_| Refusal::invalid(field, "too many"))
}

impl RoleSeatsInput {
    fn parse(&self, pool: &[AccountId]) -> Result<RoleSpec, Refusal> {
        let own = self.interviewer_ids.as_deref();
        Ok(RoleSpec {
            role: self.role.into(),
            min: small(self.min, "roles.min")?,
            max: small(self.max.unwrap_or(self.min), "roles.max")?,
            pool: own.map_or(Ok(pool.to_vec()), |own| accounts(own, "roles.interviewerIds"))?,
        })
    }
}

impl PreferenceInput {
    fn parse(&self) -> Result<Preference, Refusal> {
        Ok(Preference {
            account: id(&self.interviewer_id, "interviewer")?,
            weight: small(self.weight, "preferences.weight")?,
            priority: small(self.priority, "preferences.priority")?,
        })
    }
}

impl DefineInterviewTypeInput {
    /// How far ahead it can be booked, said in one way at most.
    fn horizon(&self) -> Result<Horizon, Refusal> {
        let dates = (self.bookable_from, self.bookable_until);
        match (self.horizon_days, self.horizon_business_days, dates) {
            (None, None, (None, None)) => Ok(Horizon::Days(60)),
            (Some(days), None, (None, None)) => Ok(Horizon::Days(count(days, "horizonDays")?)),
            (None, Some(days), (None, None)) => {
                Ok(Horizon::BusinessDays(count(days, "horizonBusinessDays")?))
            }
            (None, None, (Some(from), Some(until))) => Ok(Horizon::Dates {
                from: from.0,
                until: until.0,
            }),
            (None, None, _) => Err(Refusal::invalid(
                "bookableUntil",
                "bookableFrom and bookableUntil belong together",
            )),
            (Some(_), _, _) | (_, Some(_), _) => Err(Refusal::invalid(
                "horizonDays",
                "days, business days and dates exclude each other",
            )),
        }
    }

    fn parse(self) -> Result<TypeSpec, Refusal> {
        let pool = accounts(&self.interviewer_ids, "interviewerIds")?;
        let horizon = self.horizon()?;
        if self.seats.is_some() && !self.roles.is_empty() {
            return Err(Refusal::invalid("seats", "roles say how many take part"));
        }
        let roles = self
            .roles
            .iter()
            .map(|role| role.parse(&pool))
            .collect::<Result<Vec<_>, _>>()?;
        let preferences = self
            .preferences
            .iter()
            .map(PreferenceInput::parse)
            .collect::<Result<Vec<_>, _>>()?;
        let seats = self
            .seats
            .map_or(Ok(pool.len()), |seats| Ok(count(seats, "seats")? as usize))?;
        let rubric = self.rubric.as_ref().map(RubricPinInput::parse);
        let refunds = self.refund_tiers.map(|tiers| {
            let tiers = tiers.iter().map(|tier| tier.parse("refundTiers"));
            refunds::settled(&tiers.collect::<Result<Vec<_>, _>>()?, "refundTiers")
        });
        Ok(TypeSpec {
            title: Line::new(&self.title).map_err(Refusal::text("title"))?,
            description: self
                .description
                .as_deref()
                .map(Paragraph::new)
                .transpose()
                .map_err(Refusal::text("description"))?,
            kind: self.kind.into(),
            mode: self.mode.into(),
            purpose: self.purpose.into(),
            difficulty: self.difficulty.into(),
            duration_minutes: count(self.duration_minutes, "durationMinutes")?,
            buffer_before_minutes: count(self.buffer_before_minutes, "bufferBeforeMinutes")?,
            buffer_after_minutes: count(self.buffer_after_minutes, "bufferAfterMinutes")?,
            notice_minutes: count(self.notice_minutes, "noticeMinutes")?,
            horizon,
            slot_step_minutes: count(self.slot_step_minutes, "slotStepMinutes")?,
            slot_offset_minutes: count(self.slot_offset_minutes, "slotOffsetMinutes")?,
            hold_minutes: count(self.hold_minutes, "holdMinutes")?,
            confirm_within_minutes: self
                .confirmation_required
                .then(|| count(self.confirmation_minutes, "confirmationMinutes"))
                .transpose()?,
            limits: self
                .limits
                .as_ref()
                .map(BookingLimitsInput::parse)
                .transpose()?
                .unwrap_or_default(),
            candidate_seats: u8::try_from(self.candidate_seats)
                .map_err(|_| Refusal::invalid("candidateSeats", "must be between 1 and 50"))?,
            panel: PanelSpec {
                pool,
                strategy: self.panel_strategy.into(),
                seats: u8::try_from(seats).map_err(|_| Refusal::invalid("seats", "too many"))?,
                roles,
                preferences,
            },
            price_list: self
                .price_list_id
                .as_ref()
                .map(|list| id(list, "price list"))
                .transpose()?,
            refunds: refunds.transpose()?,
            rubric: rubric.transpose()?,
            kit: self.kit_id.as_ref().map(|kit| id(kit, "kit")).transpose()?,
            join_window: JoinWindow {
                opens_before_minutes: count(self.opens_before_minutes, "opensBeforeMinutes")?,
                grace_minutes: count(self.grace_minutes, "graceMinutes")?,
                closes_after_minutes: count(self.closes_after_minutes, "closesAfterMinutes")?,
            },
            locale: self.locale,
        })
    }
}

#[Object]
impl CatalogueMutation {
    /// Publishes rating criteria: a new rubric, or a new version of one. A version that was published never changes.
    async fn publish_rubric(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: PublishRubricInput,
    ) -> Result<PublishRubricPayload> {
        let call = Call::begin(ctx, Operation::PublishRubric)?;
        let use_case = (|| {
            Ok(PublishRubric {
                rubric: input
                    .rubric_id
                    .as_ref()
                    .map(|rubric| id(rubric, "rubric"))
                    .transpose()?,
                name: Line::new(&input.name).map_err(Refusal::text("name"))?,
                criteria: input
                    .criteria
                    .into_iter()
                    .map(CriterionInput::parse)
                    .collect::<Result<_, _>>()?,
            })
        })();
        let (published, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let rubric = match published {
            Some(published) => Rubric::load(ctx, call.viewer, published.rubric).await?,
            None => None,
        };
        Ok(PublishRubricPayload { rubric, outcome })
    }

    /// Publishes a plan for interviews: a new kit, or a new version of one. A version that was published never
    /// changes, and interviews keep theirs; what is booked from now on with a product of this kit follows the new
    /// one.
    async fn publish_kit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] mut input: PublishKitInput,
    ) -> Result<PublishKitPayload> {
        let call = Call::begin(ctx, Operation::PublishKit)?;
        let key = input.idempotency_key.take();
        let (published, outcome) = call.run(key, input.parse()).await?.split();
        let kit = match published {
            Some(published) => Kit::newest(ctx, call.viewer, &[published.kit], None)
                .await?
                .remove(&published.kit),
            None => None,
        };
        Ok(PublishKitPayload { kit, outcome })
    }

    /// Publishes prices: a new list, or a new version of one. Bookings keep the version they were made with.
    async fn publish_price_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: PublishPriceListInput,
    ) -> Result<PublishPriceListPayload> {
        let call = Call::begin(ctx, Operation::PublishPriceList)?;
        let use_case = (|| {
            Ok(PublishPriceList {
                price_list: input
                    .price_list_id
                    .as_ref()
                    .map(|list| id(list, "price list"))
                    .transpose()?,
                name: Line::new(&input.name).map_err(Refusal::text("name"))?,
                items: input
                    .items
                    .into_iter()
                    .map(PriceItemInput::parse)
                    .collect::<Result<_, _>>()?,
            })
        })();
        let (published, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let price_list = match published {
            Some(published) => PriceList::load(ctx, call.viewer, published.price_list).await?,
            None => None,
        };
        Ok(PublishPriceListPayload { price_list, outcome })
    }

    /// Adds a product to what can be booked.
    async fn define_interview_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] mut input: DefineInterviewTypeInput,
    ) -> Result<DefineInterviewTypePayload> {
        let call = Call::begin(ctx, Operation::DefineInterviewType)?;
        let key = input.idempotency_key.take();
        let use_case = input.parse().map(|spec| DefineInterviewType { spec });
        let (made, outcome) = call.run(key, use_case).await?.split();
        let interview_type = match made {
            Some(made) => load_product(ctx, call.viewer, made.interview_type, None).await?,
            None => None,
        };
        Ok(DefineInterviewTypePayload {
            interview_type,
            outcome,
        })
    }

    /// Changes a product for bookings from now on; those made before keep their version.
    async fn revise_interview_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ReviseInterviewTypeInput,
    ) -> Result<ReviseInterviewTypePayload> {
        let call = Call::begin(ctx, Operation::ReviseInterviewType)?;
        let product = id(&input.type_id, "interview type");
        let expected = count(input.expected_version, "expectedVersion");
        let use_case = product.clone().and_then(|interview_type| {
            Ok(ReviseInterviewType {
                interview_type,
                expected_version: expected?,
                spec: input.definition.parse()?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview_type = match done.and(product.ok()) {
            Some(product) => load_product(ctx, call.viewer, product, None).await?,
            None => None,
        };
        Ok(ReviseInterviewTypePayload {
            interview_type,
            outcome,
        })
    }

    /// Takes a product off the list; what was booked stays booked.
    async fn retire_interview_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RetireInterviewTypeInput,
    ) -> Result<RetireInterviewTypePayload> {
        let call = Call::begin(ctx, Operation::RetireInterviewType)?;
        let product = id(&input.type_id, "interview type");
        let use_case = product
            .clone()
            .map(|interview_type| RetireInterviewType { interview_type });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview_type = match done.and(product.ok()) {
            Some(product) => load_product(ctx, call.viewer, product, None).await?,
            None => None,
        };
        Ok(RetireInterviewTypePayload {
            interview_type,
            outcome,
        })
    }

    /// Sets when an interviewer can be met, in local wall-clock time.
    async fn set_availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: SetAvailabilityInput,
    ) -> Result<SetAvailabilityPayload> {
        let call = Call::begin(ctx, Operation::SetAvailability)?;
        let account = whose(call.viewer, input.account_id.as_ref());
        let use_case = account.clone().and_then(|account| {
            let rule = |rule: WeeklyRuleInput| {
                let weekdays = rule.weekdays.into_iter().map(chrono::Weekday::from).collect();
                Ok(WeeklyRule {
                    weekdays,
                    window: window(rule.from, rule.to, "rules.from")?,
                })
            };
            let day = |day: DateOverrideInput| {
                let windows = day.windows.into_iter();
                let windows = windows.map(|hours| window(hours.from, hours.to, "overrides.windows.from"));
                Ok(DateHours {
                    date: day.date.0,
                    windows: windows.collect::<Result<_, Refusal>>()?,
                })
            };
            Ok(SetAvailability {
                account,
                zone: input.time_zone.0,
                rules: input
                    .rules
                    .into_iter()
                    .map(rule)
                    .collect::<Result<_, Refusal>>()?,
                overrides: input
                    .overrides
                    .into_iter()
                    .map(day)
                    .collect::<Result<_, Refusal>>()?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let availability = match done.and(account.ok()) {
            Some(account) => Availability::load(ctx, call.viewer, account, None).await?,
            None => None,
        };
        Ok(SetAvailabilityPayload {
            availability,
            outcome,
        })
    }
}
