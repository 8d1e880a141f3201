//! What every outgoing HTTP call has in common: deadlines, no redirects, no silent retries, bounded answers.

use std::time::Duration;

use chrono::DateTime;
use futures::StreamExt;
use reqwest::{
    Client, ClientBuilder, Response,
    header::{DATE, HeaderMap, HeaderName, RETRY_AFTER},
    redirect,
};

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// A client whose calls end after `deadline`, body included. Redirects are answers like any other: a key meant for one
/// host never travels to another.
///
/// # Errors
/// When the TLS set-up of this machine cannot be built.
pub(crate) fn client(deadline: Duration) -> Result<Client, reqwest::Error> {
    builder(deadline).build()
}

/// The beginning of such a client, for whoever says more about where it connects to.
pub(crate) fn builder(deadline: Duration) -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(deadline)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(concat!("greenroom/", env!("CARGO_PKG_VERSION")))
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// It has more bytes than any honest answer.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The most that is read.
        limit: usize,
    },
    /// The connection broke or the deadline passed.
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
}

/// The body of an answer, if it is no longer than `limit` bytes; reading stops there, whatever its header promised.
pub(crate) async fn body(response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| BodyError::Broken(error.without_url()))?;
        if bytes.len() + chunk.len() > limit {
            return Err(BodyError::TooLong { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// How long the other side wants to be left alone: seconds, or a date, which is read against the date of the answer
/// itself, so that neither clock has to be right.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wanted = text(headers, RETRY_AFTER)?;
    let wait = match wanted.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = DateTime::parse_from_rfc2822(wanted).ok()?;
            let answered = DateTime::parse_from_rfc2822(text(headers, DATE)?).ok()?;
            (until - answered).to_std().unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_wait_in_seconds_is_taken_as_it_is_and_bounded() {
        assert_eq!(
            retry_after(&headers(&[(RETRY_AFTER, "20")])),
            Some(Duration::from_secs(20))
        );
        assert_eq!(
            retry_after(&headers(&[(RETRY_AFTER, "99999999")])),
            Some(LONGEST_WAIT)
        );
    }

    #[test]
    fn a_wait_until_a_date_is_measured_from_the_date_of_the_answer() {
        let asked = headers(&[
            (DATE, "Wed, 21 Oct 2015 07:28:00 GMT"),
            (RETRY_AFTER, "Wed, 21 Oct 2015 07:30:00 GMT"),
        ]);
        assert_eq!(retry_after(&asked), Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_wait_that_cannot_be_read_is_none() {
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "soon")])), None);
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "-1")])), None);
        assert_eq!(retry_after(&headers(&[])), None);
    }
}
