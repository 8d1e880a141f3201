//! Calendars from the web, at addresses that strangers write.
//!
//! Such an address may lead inward: to this machine, its network, or the metadata of the cloud it runs in. So every name is
//! resolved here, refused when any of its addresses is not public, and the connection goes to the addresses that were looked at
//! and to no others: a name that says something else a moment later changes nothing. Each redirect is an address like the first.

mod public;
#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    external_calendar::{CalendarError, FeedAddress, MAX_FILE_BYTES},
    ports::calendar_feed::{CalendarFeeds, Fetched, NotFetched, Validators},
};
use reqwest::{
    Client, Response, StatusCode,
    dns::{Name, Resolve, Resolving},
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE,
        IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    },
};
use tokio::time::timeout;
use url::{Host, Url};

use self::public::is_public;
use crate::http::{self, BodyError};

/// How long one server may take, body included.
const DEADLINE: Duration = Duration::from_secs(12);
/// How long a name may take.
const NAME_DEADLINE: Duration = Duration::from_secs(3);
/// Most redirects.
const MOST_REDIRECTS: usize = 3;
/// Validators that are longer are not sent back.
const LONGEST_VALIDATOR: usize = 256;

/// Calendars from the web.
#[derive(Clone, Debug, Default)]
pub struct WebCalendars {
    allowed: Vec<IpAddr>,
}

/// Knows no name: what is asked was resolved before.
struct Nobody;

impl Resolve for Nobody {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("names are resolved before they are asked".into()) })
    }
}

impl WebCalendars {
    /// Asks public addresses only, and `allowed` ones, which is for tests and development.
    pub const fn new(allowed: Vec<IpAddr>) -> Self {
        Self { allowed }
    }

    /// The addresses behind a host, all of which may be asked.
    async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, CalendarError> {
        let port = url.port_or_known_default().ok_or(CalendarError::BadAddress)?;
        let found: Vec<SocketAddr> = match url.host().ok_or(CalendarError::BadAddress)? {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => {
                let looked_up = timeout(NAME_DEADLINE, tokio::net::lookup_host((name, port))).await;
                let found = looked_up.map_err(|_| CalendarError::Unreachable)?;
                found.map_err(|_| CalendarError::Unreachable)?.collect()
            }
        };
        if found.is_empty() {
            return Err(CalendarError::Unreachable);
        }
        let may_be_asked =
            |address: &SocketAddr| is_public(address.ip()) || self.allowed.contains(&address.ip());
        if !found.iter().all(may_be_asked) {
            return Err(CalendarError::NotPublic);
        }
        Ok(found)
    }

    /// A client that reaches these addresses under the host of `url`, and nothing else.
    fn client(url: &Url, addresses: &[SocketAddr]) -> Result<Client, CalendarError> {
        let host = url.host_str().ok_or(CalendarError::BadAddress)?;
        http::builder(DEADLINE)
            .no_proxy()
            .dns_resolver(Arc::new(Nobody))
            .resolve_to_addrs(host, addresses)
            .build()
            .map_err(|_| CalendarError::Unreachable)
    }

    async fn ask(&self, url: &Url, known: &Validators) -> Result<Response, CalendarError> {
        let addresses = self.resolve(url).await?;
        let mut request = Self::client(url, &addresses)?
            .get(url.clone())
            .header(ACCEPT, "text/calendar, */*;q=0.1")
            // What is packed may be small and grow without end.
            .header(ACCEPT_ENCODING, "identity");
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(since) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, since);
        }
        request.send().await.map_err(|_| CalendarError::Unreachable)
    }
}

#[async_trait]
impl CalendarFeeds for WebCalendars {
    async fn check(&self, address: &FeedAddress) -> Result<(), CalendarError> {
        self.resolve(address.expose()).await.map(drop)
    }

    async fn fetch(&self, address: &FeedAddress, known: &Validators) -> Result<Fetched, NotFetched> {
        let mut address = address.clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self.ask(address.expose(), known).await?;
            match leads_to(&address, &response)? {
                Some(next) => address = next,
                None => return answer(response, known).await,
            }
        }
        Err(CalendarError::TooManyRedirects.into())
    }
}

/// Where an answer leads, if it leads on. Never from https to http.
fn leads_to(from: &FeedAddress, response: &Response) -> Result<Option<FeedAddress>, CalendarError> {
    let leads_on = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    if !leads_on {
        return Ok(None);
    }
    let to = header(response.headers(), LOCATION).ok_or(CalendarError::Refused)?;
    let next = from.expose().join(&to).map_err(|_| CalendarError::Refused)?;
    if from.expose().scheme() == "https" && next.scheme() != "https" {
        return Err(CalendarError::Refused);
    }
    FeedAddress::parse(next.as_str()).map(Some)
}

async fn answer(response: Response, known: &Validators) -> Result<Fetched, NotFetched> {
    let headers = response.headers();
    match response.status() {
        StatusCode::NOT_MODIFIED if *known != Validators::default() => return Ok(Fetched::Unchanged),
        StatusCode::OK => {}
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            return Err(NotFetched {
                reason: CalendarError::Unreachable,
                retry_after: http::retry_after(headers),
            });
        }
        _ => return Err(CalendarError::Refused.into()),
    }
    let is_packed =
        header(headers, CONTENT_ENCODING).is_some_and(|how| !how.eq_ignore_ascii_case("identity"));
    if is_packed {
        return Err(CalendarError::NotACalendar.into());
    }
    let short = |name| header(headers, name).filter(|value| value.len() <= LONGEST_VALIDATOR);
    let validators = Validators {
        etag: short(ETAG),
        last_modified: short(LAST_MODIFIED),
    };
    let bytes = http::body(response, MAX_FILE_BYTES)
        .await
        .map_err(|error| match error {
            BodyError::TooLong { .. } => CalendarError::TooLarge,
            BodyError::Broken(_) => CalendarError::Unreachable,
        })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Fetched::File { text, validators })
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
