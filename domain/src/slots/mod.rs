//! What can be booked. One predicate decides it, for listings and for every booking and move (rule C1): what is
//! offered can be booked at that moment, and what is not offered cannot be booked by other means.
//!
//! Windows are local wall-clock time. A slot lies inside them when every moment of it has a local time inside a window
//! of that local date (rule T3). So an edge in a gap clips to the transition, an hour that happens twice counts by what
//! the clock on the wall shows, and days of 23 or 25 hours need no special case. Windows that touch are one, also
//! across midnight.
//!
//! A search works out each person's free and taken time once, and then asks about each start. A single start is a search
//! of that one, so there is no second way to decide. [`explain`] tells of the same decisions why they are what they are.

#[cfg(test)]
mod dst_table;
#[cfg(test)]
mod group_tests;
mod groups;
mod local;
mod outlook;
pub(crate) mod seating;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub use self::groups::Share;
use self::{
    groups::{Group, groups},
    outlook::Outlook,
    seating::Seating,
};
use crate::{
    availability::{Availability, limits::Tally},
    ids::{AccountId, GroupId, InterviewId, InterviewTypeId},
    interview::{
        Booking,
        events::{PanelMember, PanelRole, SeatReason, Terms},
        schedule::HORIZON_DAYS,
    },
    interview_type::events::{Horizon, Mode, PanelSpec, PanelStrategy, TypeSpec},
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    time::{Instant, Span, Zone},
};

/// The rule that a start has passed.
pub const PAST: &str = "it is in the past";
/// The rule that a start is too far ahead.
pub const BEYOND_HORIZON: &str = "it is too far ahead";
/// The rule that a start is before the first date that can be booked.
pub const BEFORE_DATES: &str = "it is before the dates that can be booked";
/// The rule that a start is not one of the regular ones.
pub const OFF_STEP: &str = "it is not one of the possible starts";
/// The rule that too few interviewers stated that they can be met then.
pub const UNAVAILABLE: &str = "it is outside the availability of the interviewers";
/// The rule that too few interviewers take on that much.
pub const OVER_LIMIT: &str = "the interviewers take on no more that day, week or month";
/// The rule that no more of a product are taken on.
pub const OVER_TYPE_LIMIT: &str = "no more interviews of this kind are taken on that day, week or month";

/// An interviewer as the search for slots sees one.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// Who.
    pub account: AccountId,
    /// When they can be met.
    pub availability: &'a Availability,
    /// What time is claimed.
    pub claims: &'a InterviewerCalendar,
    /// How many interviews they have around now, so that seats are shared out evenly.
    pub recent: u32,
}

/// What is to be booked.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a> {
    /// The product whose groups can be joined; none where an interview follows none.
    pub interview_type: Option<InterviewTypeId>,
    /// What holds for it.
    pub spec: &'a TypeSpec,
    /// What [`taken_on`] counted of it.
    pub taken: Option<&'a Tally>,
    /// The interview that moves: its claims do not stand in the way of its own new time.
    pub moving: Option<InterviewId>,
    /// The group that the interview has a seat in, where somebody is looked for who meets it too.
    pub group: Option<GroupId>,
}

impl<'a> Product<'a> {
    /// With no groups and nothing counted.
    pub const fn of(spec: &'a TypeSpec) -> Self {
        Self {
            interview_type: None,
            spec,
            taken: None,
            moving: None,
            group: None,
        }
    }

    /// What candidates can ask for, with what [`taken_on`] counted of it.
    pub const fn offered(
        interview_type: InterviewTypeId,
        spec: &'a TypeSpec,
        taken: Option<&'a Tally>,
    ) -> Self {
        Self {
            interview_type: Some(interview_type),
            taken,
            ..Self::of(spec)
        }
    }

    /// Another time for an interview, or its own one again: as [`under_terms`] puts it, with what [`taken_on`] counted of
    /// its product.
    pub fn again(booking: &Booking, spec: &'a TypeSpec, taken: Option<&'a Tally>) -> Self {
        Self {
            interview_type: booking.product.map(|product| product.interview_type),
            taken,
            moving: Some(booking.interview),
            ..Self::of(spec)
        }
    }
}

/// A slot that can be booked, with who would sit on the panel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// When.
    pub span: Span,
    /// Who.
    pub panel: Vec<PanelMember>,
    /// How it is shared, where several candidates meet one panel.
    pub share: Option<Share>,
}

/// A rule that removes a start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// It has passed.
    Past,
    /// It is nearer than the notice (rule T6).
    Notice,
    /// It is too far ahead, or before the dates that can be booked.
    Horizon,
    /// Nobody stated windows for it.
    OutsideWindows,
    /// An override took the date off.
    DayOff,
    /// An absence covers a part of it.
    OutOfOffice,
    /// A firm claim, with the time kept free around both, is in the way (rule C4).
    Claimed,
    /// The same, by a hold that may yet die.
    Held,
    /// A calendar that is kept elsewhere says that they are busy, and the time to be kept free around the interview counts too
    /// (rule C4).
    BusyElsewhere,
    /// The day, week or month has as many interviews, or minutes of them, as are taken on.
    OverLimit,
    /// The day, week or month has as many interviews of the product, or minutes of them, as are taken on of it.
    TypeLimit,
    /// Several rules together leave fewer people than are needed.
    TooFew,
}

impl Rule {
    /// True for what interviewers have stated themselves about when they can be met.
    const fn is_stated(self) -> bool {
        matches!(self, Self::OutsideWindows | Self::DayOff | Self::OutOfOffice)
    }
}

/// A start that cannot be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Removed {
    /// When it would have been.
    pub span: Span,
    /// The rule that removed it.
    pub rule: Rule,
    /// How many people are needed.
    pub needed: usize,
    /// Who of the pool is not free, by rule; nobody when the rule is about the start itself.
    pub obstacles: Vec<Obstacle>,
}

/// People who are not free for the same reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The rule that keeps them.
    pub rule: Rule,
    /// Who.
    pub people: Vec<AccountId>,
}

/// Every regular start of a stretch of time: what can be booked, and why the others cannot.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Explanation {
    /// What can be booked, in order of time.
    pub offers: Vec<Offer>,
    /// What cannot, in order of time.
    pub removed: Vec<Removed>,
}

/// Decides whether an interview can start at a moment, and who would sit on the panel, the lead first.
///
/// `people` are the pool, or the panel when an interview moves; possible starts are counted in the zone of the first of
/// them. Where candidates share a time, a group that has a seat left comes before a new one, and its panel meets them.
///
/// # Errors
/// `SlotNotOffered` with the rule, `NoticeTooShort`, or `SlotTaken`.
pub fn check(
    product: &Product<'_>,
    people: &[Calendar<'_>],
    start: Instant,
    now: Instant,
) -> Result<Offer, Refusal> {
    let only = Span { start, end: start };
    let search = Search::new(product, people, only, now);
    search.check_start(start).map_err(|(_, refusal)| refusal)?;
    if !is_on_step(product.spec, grid_zone(people, start).local(start)) {
        return Err(Refusal::SlotNotOffered { rule: OFF_STEP });
    }
    search.offer(start).map_err(|(_, refusal)| refusal)
}

/// What live claims for a product amount to, to be held against its limits; none when it has none. `pool` is the whole pool of the
/// product, in its order; each claim is counted in the zone in which its starts are. Claims of the interview `moving` do not count
/// against its own new time.
///
/// Everything that is bookable of a product is in a calendar of its pool, so whoever guards these calendars knows that nobody else
/// takes the last place meanwhile. What was booked of it with people who are not in its pool any more does not count.
pub fn taken_on(
    interview_type: InterviewTypeId,
    spec: &TypeSpec,
    pool: &[Calendar<'_>],
    now: Instant,
    moving: Option<InterviewId>,
) -> Option<Tally> {
    let whereabouts = grid(pool)?.whereabouts()?;
    let claims = pool.iter().map(|person| person.claims);
    Tally::of_product(interview_type, spec.limits, whereabouts, claims, now, moving)
}

/// Every slot that starts in `[from, to)` and can be booked now, in order of time.
pub fn offers(
    product: &Product<'_>,
    people: &[Calendar<'_>],
    from: Instant,
    to: Instant,
    now: Instant,
) -> Vec<Offer> {
    let spec = product.spec;
    // Two days more than the horizon, because that is counted in local dates; the predicate cuts exactly.
    let (_, last) = dates(spec.horizon, now.date_naive());
    let end = (last + Duration::days(3)).and_time(NaiveTime::MIN).and_utc();
    let range = Span {
        start: from.max(now),
        end: to.min(end),
    };
    let search = Search::new(product, people, range, now);
    let judged = starts(spec, people, range).into_iter();
    judged.filter_map(|start| search.judge(start).ok()).collect()
}

/// Every regular start in `[from, to)`, with what [`offers`] offers of them, and which rule removed each of the others.
pub fn explain(
    product: &Product<'_>,
    people: &[Calendar<'_>],
    from: Instant,
    to: Instant,
    now: Instant,
) -> Explanation {
    let range = Span { start: from, end: to };
    let search = Search::new(product, people, range, now);
    let mut explanation = Explanation::default();
    for start in starts(product.spec, people, range) {
        match search.judge(start) {
            Ok(offer) => explanation.offers.push(offer),
            Err((rule, _)) => explanation.removed.push(search.removed(start, rule)),
        }
    }
    explanation
}

/// Refuses a start that is nearer than the notice: exact elapsed time (rule T6).
///
/// # Errors
/// `NoticeTooShort`.
pub fn check_notice(minutes: u32, start: Instant, now: Instant) -> Result<(), Refusal> {
    if start - now < Duration::minutes(i64::from(minutes)) {
        return Err(Refusal::NoticeTooShort { minutes });
    }
    Ok(())
}

/// The type as an interview that was booked under `terms` sees it: when it moves, its own duration, buffers and notice
/// count, and the type's present step and horizon. All of `people` are then its panel, so everybody takes part.
pub fn under_terms(spec: &TypeSpec, terms: &Terms) -> TypeSpec {
    let mut spec = spec.clone();
    spec.duration_minutes = terms.duration_minutes;
    spec.buffer_before_minutes = terms.buffer_before_minutes;
    spec.buffer_after_minutes = terms.buffer_after_minutes;
    spec.notice_minutes = terms.notice_minutes;
    spec.panel = PanelSpec {
        strategy: PanelStrategy::Collective,
        roles: Vec::new(),
        ..spec.panel
    };
    spec
}

/// The same for a start that was promised by zone rules that have changed since (rule T7): it was a regular start within the
/// horizon when it was promised, so neither is asked again. Every other rule holds, the notice among them.
pub fn as_promised(spec: &TypeSpec) -> TypeSpec {
    let mut spec = spec.clone();
    spec.horizon = Horizon::Days(HORIZON_DAYS);
    spec.slot_step_minutes = 1;
    spec.slot_offset_minutes = 0;
    spec
}

/// The same for the time that a booking had asked for and lost: whoever pays for it late is not held against the notice
/// either.
pub fn as_requested(spec: &TypeSpec) -> TypeSpec {
    let mut spec = as_promised(spec);
    spec.notice_minutes = 0;
    spec
}

/// The regular starts of a stretch of time.
fn starts(spec: &TypeSpec, people: &[Calendar<'_>], range: Span) -> Vec<Instant> {
    let zones = grid(people).map_or_else(|| vec![(Zone::UTC, range)], |first| first.zones(range));
    local::starts(&zones, spec.slot_step_minutes, spec.slot_offset_minutes)
}

/// Whose zone possible starts are counted in: that of the first who stated one.
fn grid<'a>(people: &[Calendar<'a>]) -> Option<&'a Availability> {
    let mut stated = people.iter().map(|person| person.availability);
    stated.find(|availability| availability.zone().is_some())
}

/// The zone in which possible starts are counted at a moment; UTC when nobody stated one.
fn grid_zone(people: &[Calendar<'_>], moment: Instant) -> Zone {
    let zone = grid(people).and_then(|first| first.zone_at(moment));
    zone.unwrap_or(Zone::UTC)
}

/// True for local times that lie a whole number of steps after the first start of the day, by the clock on the wall.
fn is_on_step(spec: &TypeSpec, local: NaiveDateTime) -> bool {
    let seconds = local.num_seconds_from_midnight();
    let since_first = seconds.checked_sub(spec.slot_offset_minutes * 60);
    local.nanosecond() == 0
        && since_first.is_some_and(|seconds| seconds.is_multiple_of(spec.slot_step_minutes.max(1) * 60))
}

/// The first and the last date that can be booked on a day.
fn dates(horizon: Horizon, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    match horizon {
        Horizon::Days(days) => (today, today + Duration::days(i64::from(days))),
        Horizon::BusinessDays(days) => {
            let mut ahead = today.iter_days().skip(1);
            let workdays = ahead
                .by_ref()
                .filter(|date| date.weekday().num_days_from_monday() < 5);
            let last = workdays.take(days as usize).last();
            (today, last.unwrap_or(today))
        }
        Horizon::Dates { from, until } => (from, until),
    }
}

/// What a start is judged by, worked out once for a stretch of time in which starts are looked at.
#[derive(Debug)]
struct Search<'a> {
    product: Product<'a>,
    spec: &'a TypeSpec,
    now: Instant,
    /// The zone in which the days of the horizon are counted, the first and the last of them.
    zone: Zone,
    first: NaiveDate,
    last: NaiveDate,
    /// In the order in which they are seated.
    people: Vec<Outlook>,
    seating: Seating,
    /// What of the product begins when, where candidates share their time.
    groups: BTreeMap<Instant, Vec<Group>>,
}

impl<'a> Search<'a> {
    fn new(product: &Product<'a>, people: &[Calendar<'_>], range: Span, now: Instant) -> Self {
        let spec = product.spec;
        let within = Span {
            start: range.start,
            end: range.end + Duration::minutes(i64::from(spec.duration_minutes)),
        };
        let within = within.widened(spec.buffer_before_minutes, spec.buffer_after_minutes);
        let zone = grid_zone(people, now);
        let mut outlooks: Vec<_> = people
            .iter()
            .map(|person| Outlook::of(product, person, within, now))
            .collect();
        if spec.panel.strategy == PanelStrategy::RoundRobin {
            outlooks.sort_by(Outlook::turn);
        }
        if let Some(group) = product.group {
            // Whoever meets the others of the group meets this one too, if they can.
            outlooks.sort_by_key(|person| !person.meets(group));
        }
        let pool: Vec<_> = people.iter().map(|person| person.account).collect();
        let (first, last) = dates(spec.horizon, zone.local(now).date());
        let shared = product.interview_type.filter(|_| spec.candidate_seats > 1);
        Self {
            product: *product,
            spec,
            now,
            zone,
            first,
            last,
            people: outlooks,
            seating: Seating::of(&spec.panel, &pool),
            groups: shared
                .map(|interview_type| groups(interview_type, people, now, product.moving))
                .unwrap_or_default(),
        }
    }

    /// Decides about a regular start.
    fn judge(&self, start: Instant) -> Result<Offer, (Rule, Refusal)> {
        self.check_start(start)?;
        self.offer(start)
    }

    /// A seat in a group, or else people who are free.
    fn offer(&self, start: Instant) -> Result<Offer, (Rule, Refusal)> {
        let span = self.span(start);
        let mut groups = self.groups.get(&start).into_iter().flatten();
        if let Some(group) = groups.find(|group| self.may_join(group, span)) {
            return Ok(Offer {
                span,
                panel: group.panel.clone(),
                share: Some(group.share.clone()),
            });
        }
        let panel = self.seat(start)?;
        self.check_limit(start)?;
        let seats = self.spec.candidate_seats;
        let share = (seats > 1).then(|| Share::new(seats));
        Ok(Offer { span, panel, share })
    }

    /// Whether one more candidate can meet a group: it has a seat left, and all of its panel can be met.
    fn may_join(&self, group: &Group, span: Span) -> bool {
        let panel: Vec<_> = group.panel.iter().map(|member| member.account).collect();
        let can_be_met = |account: &AccountId| {
            let mut people = self.people.iter();
            let person = people.find(|person| person.account == *account);
            person.is_some_and(|person| person.obstacle(self.spec, span, Some(group.group)).is_none())
        };
        group.span == span
            && group.share.seats_left() > 0
            && self.seating.is_possible(&panel)
            && panel.iter().all(can_be_met)
    }

    /// Whether one more of the product is taken on. Asked last, so that whoever is told so knows that nothing else is in the way.
    fn check_limit(&self, start: Instant) -> Result<(), (Rule, Refusal)> {
        match self.product.taken {
            Some(taken) if !taken.has_room(self.span(start)) => {
                let refusal = Refusal::SlotNotOffered {
                    rule: OVER_TYPE_LIMIT,
                };
                Err((Rule::TypeLimit, refusal))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The rules about the start itself.
    fn check_start(&self, start: Instant) -> Result<(), (Rule, Refusal)> {
        if start <= self.now {
            return Err((Rule::Past, Refusal::SlotNotOffered { rule: PAST }));
        }
        check_notice(self.spec.notice_minutes, start, self.now).map_err(|refusal| (Rule::Notice, refusal))?;
        let date = self.zone.local(start).date();
        if date < self.first {
            return Err((Rule::Horizon, Refusal::SlotNotOffered { rule: BEFORE_DATES }));
        }
        if date > self.last {
            return Err((Rule::Horizon, Refusal::SlotNotOffered { rule: BEYOND_HORIZON }));
        }
        Ok(())
    }

    /// Seats those who are free and whose turn it is, if enough of them are.
    fn seat(&self, start: Instant) -> Result<Vec<PanelMember>, (Rule, Refusal)> {
        if self.people.is_empty() && self.spec.mode == Mode::Ai {
            return Ok(Vec::new());
        }
        let span = self.span(start);
        let free = self
            .people
            .iter()
            .filter(|person| self.obstacle(person, span).is_none());
        let free: Vec<_> = free.take(self.seating.enough()).collect();
        let accounts: Vec<_> = free.iter().map(|person| person.account).collect();
        let seated = self.seating.seat(&accounts).ok_or_else(|| self.too_few(span))?;
        Ok(self.panel(&seated, &free))
    }

    /// The panel with the reason for each seat: why it is not the one who would have been next.
    fn panel(&self, seated: &[(AccountId, PanelRole)], free: &[&Outlook]) -> Vec<PanelMember> {
        let next = |role| {
            let mut left = free
                .iter()
                .filter(|person| seated.iter().all(|(account, _)| *account != person.account));
            left.find(|person| self.seating.may_have(person.account, role))
        };
        let reason = |account: AccountId, role| match self.spec.panel.strategy {
            PanelStrategy::Collective => SeatReason::Collective,
            PanelStrategy::RoundRobin => {
                let person = free.iter().find(|person| person.account == account);
                let instead = person.zip(next(role));
                instead.map_or(SeatReason::FewestRecent, |(person, next)| {
                    person.reason_before(next)
                })
            }
        };
        let member = |(account, role): &(AccountId, PanelRole)| PanelMember {
            account: *account,
            role: *role,
            reason: reason(*account, *role),
        };
        seated.iter().map(member).collect()
    }

    /// Why too few are free: by the one rule that keeps all who are not, or by several.
    fn too_few(&self, span: Span) -> (Rule, Refusal) {
        let rules = self.people.iter().map(|person| self.obstacle(person, span));
        let rules: Vec<Option<Rule>> = rules.collect();
        let mut kept = rules.iter().flatten();
        let first = kept.next().copied().unwrap_or(Rule::TooFew);
        let is_only = kept.all(|rule| *rule == first) && self.people.len() >= self.seating.needed();
        let rule = if is_only { first } else { Rule::TooFew };

        let would_do = |counts: fn(Rule) -> bool| {
            let people = self.people.iter().zip(&rules);
            let counted = people.filter(|(_, rule)| rule.is_none_or(counts));
            let accounts: Vec<_> = counted.map(|(person, _)| person.account).collect();
            self.seating.is_possible(&accounts)
        };
        let refusal = if !would_do(|rule| !rule.is_stated()) {
            Refusal::SlotNotOffered { rule: UNAVAILABLE }
        } else if !would_do(|rule| !rule.is_stated() && rule != Rule::OverLimit) {
            Refusal::SlotNotOffered { rule: OVER_LIMIT }
        } else {
            Refusal::SlotTaken
        };
        (rule, refusal)
    }

    /// What there is to say about a start that a rule removed.
    fn removed(&self, start: Instant, rule: Rule) -> Removed {
        let span = self.span(start);
        let obstacles = match rule {
            Rule::Past | Rule::Notice | Rule::Horizon | Rule::TypeLimit => Vec::new(),
            Rule::OutsideWindows
            | Rule::DayOff
            | Rule::OutOfOffice
            | Rule::Claimed
            | Rule::Held
            | Rule::BusyElsewhere
            | Rule::OverLimit
            | Rule::TooFew => self.obstacles(span),
        };
        Removed {
            span,
            rule,
            needed: self.seating.needed(),
            obstacles,
        }
    }

    /// The rule that keeps a person.
    fn obstacle(&self, person: &Outlook, span: Span) -> Option<Rule> {
        person.obstacle(self.spec, span, self.product.group)
    }

    fn obstacles(&self, span: Span) -> Vec<Obstacle> {
        let mut by_rule: BTreeMap<Rule, Vec<AccountId>> = BTreeMap::new();
        for person in &self.people {
            if let Some(rule) = self.obstacle(person, span) {
                by_rule.entry(rule).or_default().push(person.account);
            }
        }
        let obstacle = |(rule, people)| Obstacle { rule, people };
        by_rule.into_iter().map(obstacle).collect()
    }

    fn span(&self, start: Instant) -> Span {
        Span::minutes(start, self.spec.duration_minutes)
    }
}
