//! Prices are published: a new list, or a new version of one.

use async_trait::async_trait;
use domain::{
    ids::PriceListId,
    price_list::{PriceList, events::PriceItem, publish::Publish},
    refusal::Refusal,
    text::Line,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// A list of prices.
#[derive(Clone, Debug, Serialize)]
pub struct PublishPriceList {
    /// Which list; a new one when absent.
    pub price_list: Option<PriceListId>,
    /// What it is called.
    pub name: Line,
    /// One price for each difficulty offered.
    pub items: Vec<PriceItem>,
}

/// Which list it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Published {
    /// Its id.
    pub price_list: PriceListId,
}

#[async_trait]
impl UseCase for PublishPriceList {
    const OPERATION: &'static str = "publishPriceList";
    type Output = Published;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Published, CommandError> {
        let price_list = self.price_list.unwrap_or_else(|| unit.mint());
        if self.price_list.is_some() {
            let known: PriceList = unit.load(price_list.uuid()).await?;
            if known.version() == 0 {
                return Err(Refusal::NotFound { what: "price list" }.into());
            }
        }
        let publish = Publish {
            price_list,
            name: self.name.clone(),
            items: self.items.clone(),
        };
        unit.decide::<PriceList>(price_list.uuid(), publish.into())
            .await?;
        Ok(Published { price_list })
    }
}
