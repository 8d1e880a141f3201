//! Why a call to a provider did not do what was asked: three kinds, because three different things follow.

use std::{error::Error, time::Duration};

/// A failed call to a provider. Never carries an address, a name, a token or a body, only codes and causes.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider understood and said no. The same request will be refused again; a person decides.
    #[error("the provider refused: {code}")]
    Rejected {
        /// Short code of the reason, in lower case with underscores, or the provider's own code.
        code: String,
    },
    /// The provider could not be reached, was too busy, or answered with something that is no answer. The worker tries
    /// again later.
    #[error("the provider is unavailable")]
    Unavailable {
        /// How long the provider wants to be left alone, if it said so.
        retry_after: Option<Duration>,
        /// True when the request may have been carried out although no answer came.
        outcome_unknown: bool,
        /// What went wrong underneath.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Our configuration is wrong (a key, an address, a missing model): nothing works until it is repaired.
    #[error("the provider is not configured rightly: {what}")]
    Misconfigured {
        /// What should be looked at; names settings, never their secret values.
        what: String,
    },
}

impl ProviderError {
    /// A refusal with this code.
    pub fn rejected(code: impl Into<String>) -> Self {
        Self::Rejected { code: code.into() }
    }

    /// The request certainly did not take effect, for this reason; it may be tried again at any time.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            retry_after: None,
            outcome_unknown: false,
            source: source.into(),
        }
    }

    /// No answer came, so nobody knows whether the request took effect.
    pub fn in_doubt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            retry_after: None,
            outcome_unknown: true,
            source: source.into(),
        }
    }

    /// This setting is wrong.
    pub fn misconfigured(what: impl Into<String>) -> Self {
        Self::Misconfigured { what: what.into() }
    }

    /// Short code for outcomes, metrics and dead letters.
    pub fn code(&self) -> &str {
        match self {
            Self::Rejected { code } => code,
            Self::Unavailable {
                outcome_unknown: true,
                ..
            } => "outcome_unknown",
            Self::Unavailable { .. } => "unavailable",
            Self::Misconfigured { .. } => "misconfigured",
        }
    }
}
