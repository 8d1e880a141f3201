//! Sets the prices for new bookings.

use super::{
    PriceList,
    events::{PriceItem, PriceListEvent, PriceListPublished},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::PriceListId,
    refusal::Refusal,
    text::Line,
};

/// The prices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publish {
    /// Which list.
    pub price_list: PriceListId,
    /// What it is called.
    pub name: Line,
    /// One price for each difficulty offered.
    pub items: Vec<PriceItem>,
}

/// # Errors
/// `Invalid` with the field that breaks a rule; `MarginTooSmall`, when less than half of a price would remain (rule M1).
pub fn decide(state: &PriceList, command: &Publish) -> Decision<PriceListEvent> {
    if let PriceList::Published { name, items, .. } = state
        && (name, items) == (&command.name, &command.items)
    {
        return nothing();
    }
    check_items(&command.items)?;
    one(PriceListPublished {
        price_list: command.price_list,
        version: state.version() + 1,
        name: command.name.clone(),
        items: command.items.clone(),
    })
}

fn check_items(items: &[PriceItem]) -> Result<(), Refusal> {
    let first = items
        .first()
        .ok_or_else(|| Refusal::invalid("items", "must not be empty"))?;
    for (index, item) in items.iter().enumerate() {
        if items[..index]
            .iter()
            .any(|other| other.difficulty == item.difficulty)
        {
            return Err(Refusal::invalid("items.difficulty", "has a price already"));
        }
        let currency = first.price.currency;
        if item.price.currency != currency || item.cost.currency != currency {
            return Err(Refusal::invalid(
                "items.price",
                "all amounts must be in one currency",
            ));
        }
        check_item(item)?;
    }
    Ok(())
}

fn check_item(item: &PriceItem) -> Result<(), Refusal> {
    if item.minutes == 0 {
        return Err(Refusal::invalid("items.minutes", "must be more than zero"));
    }
    if item.price.minor <= 0 {
        return Err(Refusal::invalid("items.price", "must be more than zero"));
    }
    if item.cost.minor < 0 {
        return Err(Refusal::invalid("items.cost", "must not be negative"));
    }
    // The margin is price - cost; at least half of the price is the same as twice the cost being at most the price.
    if i128::from(item.cost.minor) * 2 > i128::from(item.price.minor) {
        return Err(Refusal::MarginTooSmall);
    }
    Ok(())
}
