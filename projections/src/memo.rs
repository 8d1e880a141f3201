//! Rows that were read before. A text always gives the same row, so that it need not be parsed again.
//!
//! Queries read their rows from the database each time, and nobody is told what is no longer so; but most of what they
//! find was found before and has not changed since. Only texts are compared here: nothing is ever out of date.

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use quick_cache::{Equivalent, Weighter, sync::Cache};
use serde::de::DeserializeOwned;

/// How much text of rows is kept, in bytes; with what was made of it, memory holds about three times as much.
const MOST: u64 = 32 * 1024 * 1024;
/// About how long a row is, in bytes.
const USUAL: u64 = 2 * 1024;

type Row = Arc<dyn Any + Send + Sync>;

/// What texts of rows say, as far as it is remembered.
#[derive(Clone)]
pub struct Memo(Arc<Cache<Key, Row, ByLength>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    row: TypeId,
    text: Box<str>,
}

#[derive(Hash)]
struct KeyRef<'a> {
    row: TypeId,
    text: &'a str,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.row == key.row && self.text == &*key.text
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<Key, Row> for ByLength {
    fn weight(&self, key: &Key, _: &Row) -> u64 {
        key.text.len() as u64
    }
}

impl Default for Memo {
    fn default() -> Self {
        let usual = usize::try_from(MOST / USUAL).expect("a few thousand rows can be counted");
        Self(Arc::new(Cache::with_weighter(usual, MOST, ByLength)))
    }
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memo").field("rows", &self.0.len()).finish()
    }
}

impl Memo {
    /// The row that a text says.
    ///
    /// # Errors
    /// When it says none.
    pub(crate) fn row<R>(&self, text: &str) -> Result<Arc<R>, serde_json::Error>
    where
        R: DeserializeOwned + Send + Sync + 'static,
    {
        let row = TypeId::of::<R>();
        let known = self.0.get(&KeyRef { row, text });
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return Ok(known);
        }
        let read: Arc<R> = Arc::new(serde_json::from_str(text)?);
        let text = text.into();
        self.0.insert(Key { row, text }, read.clone());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    struct Named {
        name: String,
    }

    #[derive(Deserialize, PartialEq, Debug)]
    struct AlsoNamed {
        name: String,
    }

    #[test]
    fn a_text_that_comes_again_is_not_parsed_again() {
        let memo = Memo::default();

        let first: Arc<Named> = memo.row(r#"{"name":"a"}"#).unwrap();
        let again: Arc<Named> = memo.row(r#"{"name":"a"}"#).unwrap();
        let other: Arc<Named> = memo.row(r#"{"name":"b"}"#).unwrap();

        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(other.name, "b");
    }

    #[test]
    fn the_same_text_in_two_tables_is_two_rows() {
        let memo = Memo::default();

        let one: Arc<Named> = memo.row(r#"{"name":"a"}"#).unwrap();
        let other: Arc<AlsoNamed> = memo.row(r#"{"name":"a"}"#).unwrap();

        assert_eq!(one.name, other.name);
    }

    #[test]
    fn what_says_nothing_is_refused_each_time() {
        let memo = Memo::default();

        assert!(memo.row::<Named>("{}").is_err());
        assert!(memo.row::<Named>("{}").is_err());
    }

    #[test]
    fn only_so_much_is_kept() {
        let memo = Memo::default();
        let text = |number: u32| format!(r#"{{"name":"{number}{}"}}"#, "x".repeat(100_000));

        for number in 0..1_000 {
            memo.row::<Named>(&text(number)).unwrap();
        }

        assert!(
            memo.0.weight() <= MOST && memo.0.weight() > 0,
            "{}",
            memo.0.weight()
        );
    }
}
