//! What lists can be filtered and ordered by, apart from any one list.

use async_graphql::{Enum, ID, InputObject};
use domain::{ids, time::Instant};
use projections::{interviews::Where, list::Direction};

use super::{
    enums::{InterviewStatus, Mode, Purpose},
    scalars::DateTime,
};

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
                pub fn condition(&self, among: impl Fn(Vec<$of>) -> Where) -> Where {
                    let eq = self.eq.iter().map(|only| among(vec![only.clone()]));
                    let is_in = self.is_in.iter().map(|some| among(some.clone()));
                    let not = self.not.iter().map(|some| Where::Not(Box::new(among(some.clone()))));
                    Where::All(eq.chain(is_in).chain(not).collect())
                }
            }
        )*
    };
}

set_filters! {
    /// A filter by status.
    StatusFilter(InterviewStatus),
    /// A filter by purpose.
    PurposeFilter(Purpose),
    /// A filter by mode.
    ModeFilter(Mode),
    /// A filter by id.
    IdFilter(ID),
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
    pub fn condition(&self, among: impl Fn(Vec<ID>) -> Where, none: Where) -> Where {
        let by_value = IdFilter {
            eq: self.eq.clone(),
            is_in: self.is_in.clone(),
            not: self.not.clone(),
        };
        let is_null = self.is_null.map(|is_null| match is_null {
            true => none,
            false => Where::Not(Box::new(none)),
        });
        let all = [by_value.condition(among)].into_iter().chain(is_null);
        Where::All(all.collect())
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
    pub fn condition(self, from: impl Fn(Instant) -> Where, before: impl Fn(Instant) -> Where) -> Where {
        let gte = self.gte.map(|moment| from(moment.0));
        let lt = self.lt.map(|moment| before(moment.0));
        Where::All(gte.into_iter().chain(lt).collect())
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
