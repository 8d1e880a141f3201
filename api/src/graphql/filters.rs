//! What lists can be filtered and ordered by, apart from any one list.

use async_graphql::{Enum, ID, InputObject};
use domain::{ids, time::Instant};
use projections::{attention, interview_kits, interview_types, interviews, list::Direction, waitlist};

use super::{
    enums::{AttentionKind, Difficulty, InterviewKind, InterviewStatus, Mode, Purpose, WaitlistStatus},
    scalars::DateTime,
};

/// A condition of one of the lists, as far as all of them have the same.
pub trait Combined: Sized {
    /// All of them hold.
    fn all(parts: Vec<Self>) -> Self;
    /// At least one of them holds.
    fn any(parts: Vec<Self>) -> Self;
    /// It does not hold.
    fn negated(part: Self) -> Self;
}

macro_rules! combined {
    ($($of:ty),* $(,)?) => {
        $(
            impl Combined for $of {
                fn all(parts: Vec<Self>) -> Self {
                    Self::All(parts)
                }

                fn any(parts: Vec<Self>) -> Self {
                    Self::Any(parts)
                }

                fn negated(part: Self) -> Self {
                    Self::Not(Box::new(part))
                }
            }
        )*
    };
}

combined!(
    interviews::Where,
    interview_types::Where,
    interview_kits::Where,
    attention::Where,
    waitlist::Where
);

/// What a filter by value says: one condition for each operator that is given.
fn by_value<T: Clone, W: Combined>(
    eq: Option<&T>,
    is_in: Option<&Vec<T>>,
    not: Option<&Vec<T>>,
    among: impl Fn(Vec<T>) -> W,
) -> Vec<W> {
    let eq = eq.map(|only| among(vec![only.clone()]));
    let is_in = is_in.map(|some| among(some.clone()));
    let not = not.map(|some| W::negated(among(some.clone())));
    eq.into_iter().chain(is_in).chain(not).collect()
}

/// What the filters say that stand within another one under `and`, `or` and `not`.
pub fn within<F, W: Combined>(
    and: Option<&Vec<F>>,
    or: Option<&Vec<F>>,
    not: Option<&F>,
    condition: impl Fn(&F) -> W,
) -> Vec<W> {
    let or = or.map(|any| W::any(any.iter().map(&condition).collect()));
    let not = not.map(|not| W::negated(condition(not)));
    let and = and.into_iter().flatten().map(&condition);
    and.chain(or).chain(not).collect()
}

macro_rules! set_filters {
    ($($(#[$doc:meta])* $name:ident($of:ty)),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(InputObject, Debug, Clone)]
            pub struct $name {
                /// Exactly this.
                pub eq: Option<$of>,
                /// One of these.
                #[graphql(name = "in")]
                pub is_in: Option<Vec<$of>>,
                /// None of these.
                pub not: Option<Vec<$of>>,
            }

            impl $name {
                /// What has to hold, all that is given together, when `among` says that a value is one of some.
                pub fn condition<W: Combined>(&self, among: impl Fn(Vec<$of>) -> W) -> W {
                    W::all(by_value(self.eq.as_ref(), self.is_in.as_ref(), self.not.as_ref(), among))
                }
            }
        )*
    };
}

set_filters! {
    /// A filter by status.
    StatusFilter(InterviewStatus),
    /// A filter by how far a place on a waitlist is.
    WaitlistStatusFilter(WaitlistStatus),
    /// A filter by purpose.
    PurposeFilter(Purpose),
    /// A filter by mode.
    ModeFilter(Mode),
    /// A filter by kind of interview.
    InterviewKindFilter(InterviewKind),
    /// A filter by the kind of what a person should look at.
    AttentionKindFilter(AttentionKind),
    /// A filter by difficulty.
    DifficultyFilter(Difficulty),
    /// A filter by id.
    IdFilter(ID),
}

/// A filter by a text, whatever the case of its letters.
#[derive(InputObject, Debug, Clone)]
pub struct TextFilter {
    /// Exactly this.
    pub eq: Option<String>,
    /// One of these.
    #[graphql(name = "in")]
    pub is_in: Option<Vec<String>>,
    /// None of these.
    pub not: Option<Vec<String>>,
    /// This is somewhere in it. What fits otherwise is looked at one by one.
    pub contains: Option<String>,
}

impl TextFilter {
    /// What has to hold, all that is given together.
    pub fn condition<W: Combined>(
        &self,
        among: impl Fn(Vec<String>) -> W,
        contains: impl Fn(String) -> W,
    ) -> W {
        let mut all = by_value(self.eq.as_ref(), self.is_in.as_ref(), self.not.as_ref(), among);
        all.extend(self.contains.iter().map(|text| contains(text.clone())));
        W::all(all)
    }
}

/// A filter by an id that there need not be.
#[derive(InputObject, Debug, Clone)]
pub struct OptionalIdFilter {
    /// Exactly this.
    pub eq: Option<ID>,
    /// One of these.
    #[graphql(name = "in")]
    pub is_in: Option<Vec<ID>>,
    /// None of these; also when there is none.
    pub not: Option<Vec<ID>>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl OptionalIdFilter {
    /// What has to hold, all that is given together; `none` says that there is none.
    pub fn condition<W: Combined>(&self, among: impl Fn(Vec<ID>) -> W, none: W) -> W {
        let by_value = IdFilter {
            eq: self.eq.clone(),
            is_in: self.is_in.clone(),
            not: self.not.clone(),
        };
        let is_null = self.is_null.map(|is_null| match is_null {
            true => none,
            false => W::negated(none),
        });
        let all = [by_value.condition(among)].into_iter().chain(is_null);
        W::all(all.collect())
    }
}

/// Those of some ids that are of the right kind; others belong to nothing.
pub fn ids_of<K: ids::Kind>(some: &[ID]) -> Vec<ids::Id<K>> {
    some.iter().filter_map(|id| id.parse().ok()).collect()
}

/// A filter by moment.
#[derive(InputObject, Debug, Clone, Copy)]
pub struct DateTimeFilter {
    /// Then or later.
    pub gte: Option<DateTime>,
    /// Before.
    pub lt: Option<DateTime>,
}

impl DateTimeFilter {
    /// What has to hold, all that is given together.
    pub fn condition<W: Combined>(self, from: impl Fn(Instant) -> W, before: impl Fn(Instant) -> W) -> W {
        let gte = self.gte.map(|moment| from(moment.0));
        let lt = self.lt.map(|moment| before(moment.0));
        W::all(gte.into_iter().chain(lt).collect())
    }
}

/// The direction of an order.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderDirection {
    /// Least first.
    Asc,
    /// Greatest first.
    Desc,
}

impl From<OrderDirection> for Direction {
    fn from(direction: OrderDirection) -> Self {
        match direction {
            OrderDirection::Asc => Self::Ascending,
            OrderDirection::Desc => Self::Descending,
        }
    }
}

#[cfg(test)]
mod tests {
    use projections::interviews::Where;

    use super::*;

    fn purposes(filter: &PurposeFilter) -> Where {
        filter.condition(|some| Where::Purpose(some.into_iter().map(Into::into).collect()))
    }

    #[test]
    fn all_that_is_given_has_to_hold() {
        let filter = PurposeFilter {
            eq: Some(Purpose::Mock),
            is_in: Some(vec![Purpose::Mock, Purpose::Recruiting]),
            not: Some(vec![Purpose::Recruiting]),
        };

        let among = |some: &[Purpose]| Where::Purpose(some.iter().copied().map(Into::into).collect());
        let expected = vec![
            among(&[Purpose::Mock]),
            among(&[Purpose::Mock, Purpose::Recruiting]),
            Where::Not(Box::new(among(&[Purpose::Recruiting]))),
        ];
        assert_eq!(purposes(&filter), Where::All(expected));
    }

    #[test]
    fn a_filter_that_says_nothing_restricts_nothing() {
        let filter = PurposeFilter {
            eq: None,
            is_in: None,
            not: None,
        };

        assert_eq!(purposes(&filter), Where::All(Vec::new()));
    }

    #[test]
    fn a_text_is_one_of_some_and_contains_another() {
        let filter = TextFilter {
            eq: None,
            is_in: None,
            not: Some(vec!["Coding".to_owned()]),
            contains: Some("design".to_owned()),
        };

        let not = Where::Not(Box::new(Where::Title(vec!["Coding".to_owned()])));
        let contains = Where::TitleContains("design".to_owned());
        assert_eq!(
            filter.condition(Where::Title, Where::TitleContains),
            Where::All(vec![not, contains])
        );
    }

    #[test]
    fn an_id_of_another_kind_finds_nothing() {
        let filter = IdFilter {
            eq: Some(ID::from("pay_00000000000000000000000001")),
            is_in: None,
            not: None,
        };

        let condition = filter.condition(|some| Where::Candidate(ids_of(&some)));

        assert_eq!(condition, Where::All(vec![Where::Candidate(Vec::new())]));
    }
}
