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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, rupees, utc},
        interview_type::events::Difficulty,
    };

    fn item(difficulty: Difficulty, price: i64, cost: i64) -> PriceItem {
        PriceItem {
            difficulty,
            minutes: 60,
            price: rupees(price),
            cost: rupees(cost),
        }
    }

    fn publish(items: Vec<PriceItem>) -> Publish {
        Publish {
            price_list: id(51),
            name: Line::new("Standard").unwrap(),
            items,
        }
    }

    fn standard() -> Vec<PriceItem> {
        vec![
            item(Difficulty::Easy, 99, 30),
            item(Difficulty::Medium, 149, 50),
            item(Difficulty::Hard, 199, 60),
            item(Difficulty::Expert, 299, 75),
        ]
    }

    fn decided(history: &[PriceListEvent], items: Vec<PriceItem>) -> Decision<PriceListEvent> {
        decide::<PriceList>(history, publish(items), utc("2026-05-04T10:00:00Z"))
    }

    #[test]
    fn the_standard_prices_are_published_and_quoted_with_their_version() {
        let history = decided(&[], standard()).unwrap();
        let state: PriceList = fold(&history);
        let quote = state.quote(Difficulty::Medium).unwrap();
        assert_eq!(
            (quote.version, quote.price, quote.cost),
            (1, rupees(149), rupees(50))
        );
        assert_eq!(decided(&history, standard()), nothing());
    }

    #[test]
    fn other_prices_make_the_next_version_and_what_is_left_out_has_no_price() {
        let mut history = decided(&[], standard()).unwrap();
        history.extend(decided(&history, vec![item(Difficulty::Easy, 100, 50)]).unwrap());
        let state: PriceList = fold(&history);
        assert_eq!(state.quote(Difficulty::Easy).unwrap().version, 2);
        assert_eq!(state.quote(Difficulty::Expert), None);
    }

    #[test]
    fn less_than_half_of_the_price_is_too_small_a_margin() {
        let mut least = item(Difficulty::Easy, 100, 50);
        assert!(decided(&[], vec![least]).is_ok());
        least.cost.minor += 1;
        assert_eq!(decided(&[], vec![least]), Err(Refusal::MarginTooSmall));
    }

    #[test]
    fn a_list_that_makes_no_sense_is_refused_by_field() {
        let field = |items| match decided(&[], items).unwrap_err() {
            Refusal::Invalid { field, .. } => field,
            other => panic!("{other}"),
        };
        let mut dollars = item(Difficulty::Hard, 99, 1);
        dollars.price.currency = "USD".parse().unwrap();
        let mut hasty = item(Difficulty::Hard, 99, 1);
        hasty.minutes = 0;
        let easy = item(Difficulty::Easy, 99, 30);

        assert_eq!(field(Vec::new()), "items");
        assert_eq!(field(vec![easy, easy]), "items.difficulty");
        assert_eq!(field(vec![easy, dollars]), "items.price");
        assert_eq!(field(vec![item(Difficulty::Easy, 0, 0)]), "items.price");
        assert_eq!(field(vec![item(Difficulty::Easy, 99, -1)]), "items.cost");
        assert_eq!(field(vec![hasty]), "items.minutes");
    }

    #[test]
    fn a_cost_is_in_the_currency_of_its_price() {
        let mut mixed = item(Difficulty::Hard, 99, 1);
        mixed.cost.currency = "USD".parse().unwrap();

        let refusal = Refusal::invalid("items.price", "all amounts must be in one currency");
        assert_eq!(decided(&[], vec![mixed]), Err(refusal));
    }
}
