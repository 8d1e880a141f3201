//! Relay connections: pages of a list that can grow, with opaque cursors bound to the sort and filter they came from.

use async_graphql::{
    Context, Error, ErrorExtensions, InputValueError, InputValueResult, Result, Scalar, ScalarType,
    SimpleObject, Value,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use projections::list::{Listed, Place, Slice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{ApiError, ErrorCode};

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

/// Paging arguments as clients send them.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// At most so many from the beginning or behind `after`.
    pub first: Option<i32>,
    /// Behind this place.
    pub after: Option<Cursor>,
    /// At most so many from the end or before `before`.
    pub last: Option<i32>,
    /// Before this place.
    pub before: Option<Cursor>,
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

/// What a cursor carries beside its binding: a place in one of the tables' lists.
pub fn cursor(binding: u64, place: &Place) -> Cursor {
    Cursor {
        binding,
        sort: 0,
        key: serde_json::to_string(place).unwrap_or_default(),
    }
}

fn place(cursor: &Cursor) -> Result<Place> {
    let unreadable = || ApiError::new(ErrorCode::BadCursor, "not a cursor of this API");
    Ok(serde_json::from_str(&cursor.key).map_err(|_| unreadable())?)
}

/// The part of a table's list that a page asks for.
///
/// # Errors
/// `BAD_CURSOR` when the cursor carries no place of a list.
pub fn slice(page: &Page) -> Result<Slice> {
    let size = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
    Ok(match page {
        Page::Forward { after, first } => {
            let slice = Slice::first(size(*first));
            match after {
                Some(after) => slice.after(place(after)?),
                None => slice,
            }
        }
        Page::Backward { before, last } => {
            let slice = Slice::last(size(*last));
            match before {
                Some(before) => slice.before(place(before)?),
                None => slice,
            }
        }
    })
}

/// Where a part of a table's list lies.
pub fn page_info<R>(listed: &Listed<R>, binding: u64) -> PageInfo {
    PageInfo {
        has_next_page: listed.has_next,
        has_previous_page: listed.has_previous,
        start_cursor: listed.rows.first().map(|(place, _)| cursor(binding, place)),
        end_cursor: listed.rows.last().map(|(place, _)| cursor(binding, place)),
    }
}

/// Whether the connection's `totalCount` is asked for: counting looks at every row that fits.
pub fn is_counted(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}

/// A cursor belongs to one list, filter and order: these, in a number.
pub fn binding(list: &str, sorted_and_filtered_by: &impl std::fmt::Debug) -> u64 {
    let hash = Sha256::digest(format!("{list} {sorted_and_filtered_by:?}"));
    hash.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
