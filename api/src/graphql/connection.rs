//! Relay connections: pages of a list that can grow, with opaque cursors bound to the sort and filter they came from.

use async_graphql::{
    Error, ErrorExtensions, InputValueError, InputValueResult, Result, Scalar, ScalarType, SimpleObject,
    Value,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// Most items of one page.
pub const MOST: u64 = 100;
/// Items of a page when the client does not say.
pub const DEFAULT: u64 = 20;

/// A place in a list. Opaque, and good only for the sort and filter it was given for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cursor {
    /// Fingerprint of the sort and filter it belongs to.
    #[serde(rename = "b")]
    pub binding: u64,
    /// The sort key of the item.
    #[serde(rename = "s")]
    pub sort: i64,
    /// The item's key, which breaks ties.
    #[serde(rename = "k")]
    pub key: String,
}

/// A place in a list. Opaque, and good only for the sort and filter it was given for.
#[Scalar(
    name = "Cursor",
    specified_by_url = "https://relay.dev/graphql/connections.htm#sec-Cursor"
)]
impl ScalarType for Cursor {
    fn parse(value: Value) -> InputValueResult<Self> {
        let undecodable = || InputValueError::custom("BAD_CURSOR: not a cursor of this API");
        let Value::String(text) = value else {
            return Err(undecodable());
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| undecodable())?;
        serde_json::from_slice(&bytes).map_err(|_| undecodable())
    }

    fn to_value(&self) -> Value {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Value::String(URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Which way a page goes from its cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Page {
    /// The first items, or those after a cursor.
    Forward {
        /// Where to go on.
        after: Option<Cursor>,
        /// At most so many.
        first: u64,
    },
    /// The last items, or those before a cursor.
    Backward {
        /// Where to stop.
        before: Option<Cursor>,
        /// At most so many.
        last: u64,
    },
}

/// The paging arguments of a connection, checked.
pub fn page(
    first: Option<i32>,
    after: Option<Cursor>,
    last: Option<i32>,
    before: Option<Cursor>,
    binding: u64,
) -> Result<Page> {
    if (first.is_some() || after.is_some()) && (last.is_some() || before.is_some()) {
        return Err(bad_input(
            "page either forwards with first and after, or backwards with last and before",
        ));
    }
    if [&after, &before]
        .into_iter()
        .flatten()
        .any(|cursor| cursor.binding != binding)
    {
        return Err(Error::new("this cursor belongs to another sort or filter")
            .extend_with(|_, extensions| extensions.set("code", "BAD_CURSOR")));
    }
    match last {
        Some(last) => Ok(Page::Backward {
            before,
            last: size(last)?,
        }),
        None if before.is_some() => Ok(Page::Backward {
            before,
            last: DEFAULT,
        }),
        None => Ok(Page::Forward {
            after,
            first: first.map_or(Ok(DEFAULT), size)?,
        }),
    }
}

fn size(asked: i32) -> Result<u64> {
    let size = u64::try_from(asked).ok().filter(|size| (1..=MOST).contains(size));
    size.ok_or_else(|| bad_input("a page has 1 to 100 items"))
}

fn bad_input(sentence: &str) -> Error {
    Error::new(sentence).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
}

/// Where a page lies in its list.
#[derive(SimpleObject, Clone, Debug)]
pub struct PageInfo {
    /// True when items follow this page.
    pub has_next_page: bool,
    /// True when items come before this page.
    pub has_previous_page: bool,
    /// Cursor of the first item.
    pub start_cursor: Option<Cursor>,
    /// Cursor of the last item.
    pub end_cursor: Option<Cursor>,
}
