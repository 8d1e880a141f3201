//! What interviews cost, by difficulty. One stream per list; the last version counts for new bookings.

pub mod events;
pub mod publish;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    events::{PriceItem, PriceListEvent, Quote},
    publish::Publish,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::PriceListId,
    interview_type::events::Difficulty,
    text::Line,
};

/// The last published version of a price list.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum PriceList {
    /// Nothing was published.
    #[default]
    Absent,
    /// These prices count for new bookings.
    Published {
        /// Which list.
        price_list: PriceListId,
        /// Version, from 1.
        version: u32,
        /// What it is called.
        name: Line,
        /// One price for each difficulty offered.
        items: Vec<PriceItem>,
    },
}

commands! {
    /// What can be asked of a price list.
    pub enum PriceListCommand {
        /// Sets the prices for new bookings.
        Publish(Publish),
    }
}

impl PriceList {
    /// The price of a difficulty, pinned to list and version; `None` when the list has none.
    pub fn quote(&self, difficulty: Difficulty) -> Option<Quote> {
        match self {
            Self::Absent => None,
            Self::Published {
                price_list,
                version,
                items,
                ..
            } => {
                let item = items.iter().find(|item| item.difficulty == difficulty)?;
                Some(Quote {
                    price_list: *price_list,
                    version: *version,
                    price: item.price,
                    cost: item.cost,
                })
            }
        }
    }

    /// The last version; 0 before the first.
    pub const fn version(&self) -> u32 {
        match self {
            Self::Absent => 0,
            Self::Published { version, .. } => *version,
        }
    }
}

impl Aggregate for PriceList {
    const CATEGORY: Category = Category::PriceList;
    type Event = PriceListEvent;
    type Command = PriceListCommand;

    fn decide(&self, command: &PriceListCommand, _: &Context) -> Decision<PriceListEvent> {
        match command {
            PriceListCommand::Publish(command) => publish::decide(self, command),
        }
    }

    fn evolve(self, event: &PriceListEvent) -> Self {
        match event {
            PriceListEvent::PriceListPublished(event) => Self::Published {
                price_list: event.price_list,
                version: event.version,
                name: event.name.clone(),
                items: event.items.clone(),
            },
        }
    }
}

forward_to_cqrs_es!(PriceList);
