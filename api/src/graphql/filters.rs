//! What lists can be filtered and ordered by, apart from any one list.

use async_graphql::{Enum, ID, InputObject};
use domain::ids;
use projections::list::Direction;

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
            }

            impl $name {
                /// All values that pass; none when nothing was given.
                pub fn values(&self) -> Vec<$of> {
                    self.eq.iter().cloned().chain(self.is_in.iter().flatten().cloned()).collect()
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
}

/// A filter by id.
#[derive(InputObject, Debug, Clone)]
pub struct IdFilter {
    /// Exactly this.
    pub eq: Option<ID>,
    /// One of these.
    #[graphql(name = "in")]
    pub is_in: Option<Vec<ID>>,
}

impl IdFilter {
    /// All ids of the right kind that pass.
    pub fn values<K: ids::Kind>(&self) -> Vec<ids::Id<K>> {
        let all = self.eq.iter().chain(self.is_in.iter().flatten());
        all.filter_map(|id| id.parse().ok()).collect()
    }
}

/// A filter by moment.
#[derive(InputObject, Debug, Clone, Copy)]
pub struct DateTimeFilter {
    /// Then or later.
    pub gte: Option<DateTime>,
    /// Before.
    pub lt: Option<DateTime>,
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
