//! Documents of queries that were read before, so that a client that asks the same again has it parsed once.

use std::sync::{Arc, OnceLock};

use async_graphql::{
    ServerError,
    parser::{
        Error as ParseError, parse_query,
        types::{ExecutableDocument, OperationDefinition},
    },
};
use quick_cache::{Equivalent, sync::Cache};

use crate::{
    error::{ApiError, ErrorCode},
    http::completion::Plan,
    limits::{self, CostModel, Limits},
};

/// How many are kept; others than those used least.
const MOST: usize = 256;
/// Longer ones are parsed each time: they are rare, and what was parsed is many times as large.
const LONGEST: usize = 8 * 1024;
/// What is shown of the parser's words, in characters.
const LONGEST_MESSAGE: usize = 600;

/// A document that was parsed, and the plan of the operation that is meant.
pub(crate) struct Known {
    pub(crate) document: ExecutableDocument,
    plan: OnceLock<Arc<Plan>>,
}

impl Known {
    /// Reads a document without looking at what its fragments amount to.
    pub(crate) fn read(text: &str, limits: &Limits) -> Result<Self, ServerError> {
        limits::scan(text, limits).map_err(limits::TooLarge::into_server_error)?;
        Ok(Self {
            document: parse_query(text).map_err(unparsable)?,
            plan: OnceLock::new(),
        })
    }

    /// The plan of the operation that is meant, which was measured before.
    pub(crate) fn plan(&self, operation: &OperationDefinition, costs: &CostModel) -> Arc<Plan> {
        let plan = || Arc::new(Plan::of(&self.document, operation, costs));
        self.plan.get_or_init(plan).clone()
    }
}

/// What a document that cannot be read is answered with.
fn unparsable(error: ParseError) -> ServerError {
    let code = match &error {
        ParseError::MultipleOperations { .. }
        | ParseError::OperationDuplicated { .. }
        | ParseError::FragmentDuplicated { .. } => ErrorCode::ValidationFailed,
        _ => ErrorCode::ParseFailed,
    };
    let place = ServerError::from(error);
    // The parser quotes the line it stopped at, and a document may be one line.
    let message: String = place.message.chars().take(LONGEST_MESSAGE).collect();
    let mut error = ApiError::new(code, message).into_server_error("");
    error.locations = place.locations;
    error
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    operation: Option<String>,
}

#[derive(Hash)]
struct KeyRef<'a> {
    text: &'a str,
    operation: Option<&'a str>,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.text == key.text && self.operation == key.operation.as_deref()
    }
}

/// The documents that are kept, with the operation that is meant.
pub(crate) struct Documents(Cache<Key, Arc<Known>>);

impl Default for Documents {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Documents {
    /// The document, if it is kept.
    pub(crate) fn get(&self, text: &str, operation: Option<&str>) -> Option<Arc<Known>> {
        self.0.get(&KeyRef { text, operation })
    }

    /// Keeps a document whose operation is a query: mutations may have secrets written into them.
    pub(crate) fn keep(&self, text: &str, operation: Option<&str>, known: &Arc<Known>) {
        if text.len() > LONGEST {
            return;
        }
        let key = Key {
            text: text.to_owned(),
            operation: operation.map(str::to_owned),
        };
        self.0.insert(key, known.clone());
    }
}
