//! Which slots are asked for, which can be booked, and why others cannot.
//!
//! What interviewers have stated and booked is told by rule, never by what it is about: no reason of an absence, no
//! interview. Candidates are told no more than a booking of that start would be refused with.

use std::collections::BTreeSet;

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use domain::{
    slots::{Explanation, Obstacle, Offer, Removed, Rule, Share},
    time::{self, Span, Zone},
};

use super::{
    interview::Slot,
    person::{People, Person},
    scalars::{DateTime, TimeZone},
    user_error::int,
    viewer::Viewer,
};

/// So many of the people that a rule keeps are named.
const NAMED: usize = 10;

/// Which slots are asked for.
#[derive(InputObject, Debug)]
pub struct SlotsInput {
    /// The product.
    pub type_id: ID,
    /// First moment at which a slot may start.
    pub from: DateTime,
    /// First moment at which it may not; at most 62 days after `from`, or 31 with `explain`.
    pub to: DateTime,
    /// The zone that local starts are told in.
    pub time_zone: TimeZone,
    /// Whether to tell as well which rule removed each other regular start.
    #[graphql(default)]
    pub explain: bool,
}

/// Exactly the slots that can be booked now.
#[derive(SimpleObject, Debug)]
pub struct SlotsResult {
    /// In order of time.
    pub slots: Vec<Slot>,
    /// The regular starts that cannot be booked, in order of time; null unless `explain` was asked for.
    pub removed: Option<Vec<RemovedSlot>>,
}

/// A regular start that cannot be booked now.
#[derive(SimpleObject, Debug)]
pub struct RemovedSlot {
    /// When it would be.
    slot: Slot,
    /// The rule that removed it.
    rule: SlotRule,
    /// How many interviewers are needed; null for those who do not run interviews.
    needed: Option<i32>,
    /// What keeps how many of the pool, when too few of them are free: of everybody for those who run interviews, of
    /// oneself for an interviewer of the pool, null for others.
    obstacles: Option<Vec<SlotObstacle>>,
}

/// What keeps interviewers from an interview.
#[derive(SimpleObject, Debug)]
pub struct SlotObstacle {
    /// The rule.
    rule: SlotRule,
    /// How many it keeps.
    count: i32,
    /// Whom: the first ten of them.
    interviewers: Vec<Person>,
}

/// A rule that removes a start. New rules may be added; treat an unknown one as "cannot be booked".
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotRule {
    /// It has passed.
    Past,
    /// It is nearer than the notice.
    Notice,
    /// It is too far ahead.
    Horizon,
    /// It is outside the windows that were stated.
    OutsideWindows,
    /// An override took the date off.
    DayOff,
    /// An interviewer is away.
    OutOfOffice,
    /// An interview, with the time kept free around both, is in the way.
    Claimed,
    /// A booking that is not settled yet holds the time.
    Held,
    /// A calendar that the interviewer keeps elsewhere says that they are busy.
    BusyElsewhere,
    /// No more is taken on that day, week or month.
    BookingLimit,
    /// No more of the product are taken on that day, week or month.
    TypeLimit,
    /// Several rules together leave too few interviewers.
    TooFewInterviewers,
    /// The interviewers cannot be met then: what candidates are told of windows, days off and absences.
    Unavailable,
    /// Somebody else has that time: what candidates are told of interviews and holds.
    Taken,
}

impl From<Rule> for SlotRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Past => Self::Past,
            Rule::Notice => Self::Notice,
            Rule::Horizon => Self::Horizon,
            Rule::OutsideWindows => Self::OutsideWindows,
            Rule::DayOff => Self::DayOff,
            Rule::OutOfOffice => Self::OutOfOffice,
            Rule::Claimed => Self::Claimed,
            Rule::Held => Self::Held,
            Rule::BusyElsewhere => Self::BusyElsewhere,
            Rule::OverLimit => Self::BookingLimit,
            Rule::TypeLimit => Self::TypeLimit,
            Rule::TooFew => Self::TooFewInterviewers,
        }
    }
}

impl SlotRule {
    /// As it is told to whoever may not know what an interviewer does all day.
    const fn for_strangers(self) -> Self {
        match self {
            Self::OutsideWindows | Self::DayOff | Self::OutOfOffice | Self::Unavailable => Self::Unavailable,
            Self::Claimed | Self::Held | Self::BusyElsewhere | Self::Taken => Self::Taken,
            Self::Past
            | Self::Notice
            | Self::Horizon
            | Self::BookingLimit
            | Self::TypeLimit
            | Self::TooFewInterviewers => self,
        }
    }
}

impl SlotsResult {
    /// What can be booked, told in a zone.
    pub fn listed(offers: &[Offer], zone: Zone) -> Self {
        Self {
            slots: offers.iter().map(|offer| offered(offer, zone)).collect(),
            removed: None,
        }
    }

    /// What can be booked and why the rest cannot, as far as the viewer may know it, told in a zone.
    pub fn explained(told: &Explanation, zone: Zone, viewer: &Viewer) -> Self {
        let obstacles = told.removed.iter().flat_map(|removed| &removed.obstacles);
        let named: BTreeSet<_> = obstacles
            .flat_map(|obstacle| obstacle.people.iter().copied())
            .collect();
        let people = People::new(named, None);
        let removed = told.removed.iter();
        Self {
            slots: told.offers.iter().map(|offer| offered(offer, zone)).collect(),
            removed: Some(
                removed
                    .map(|removed| RemovedSlot::new(removed, zone, viewer, &people))
                    .collect(),
            ),
        }
    }
}

fn offered(offer: &Offer, zone: Zone) -> Slot {
    slot(offer.span, zone).with_seats_left(offer.share.as_ref().map(Share::seats_left))
}

fn slot(span: Span, zone: Zone) -> Slot {
    Slot::from(&time::Slot::promised(span, zone))
}

impl RemovedSlot {
    fn new(removed: &Removed, zone: Zone, viewer: &Viewer, people: &People) -> Self {
        let is_staff = viewer.is_staff();
        let rule = SlotRule::from(removed.rule);
        let tell = |obstacle: &Obstacle| SlotObstacle::new(obstacle, people);
        let obstacles = if is_staff {
            Some(removed.obstacles.iter().map(tell).collect())
        } else {
            let own = removed
                .obstacles
                .iter()
                .find(|obstacle| obstacle.people.contains(&viewer.account));
            let own = own.map(|obstacle| Obstacle {
                rule: obstacle.rule,
                people: vec![viewer.account],
            });
            own.as_ref().map(|own| vec![tell(own)])
        };
        Self {
            slot: slot(removed.span, zone),
            rule: if is_staff { rule } else { rule.for_strangers() },
            needed: is_staff.then(|| int(removed.needed)),
            obstacles,
        }
    }
}

impl SlotObstacle {
    fn new(obstacle: &Obstacle, people: &People) -> Self {
        let named = obstacle.people.iter().take(NAMED);
        Self {
            rule: obstacle.rule.into(),
            count: int(obstacle.people.len()),
            interviewers: named.map(|account| people.person(*account)).collect(),
        }
    }
}
