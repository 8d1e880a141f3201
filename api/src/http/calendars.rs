//! `GET /calendars/{token}.ics`: one's own interviews, for a calendar that reads them again and again.
//!
//! The address is the only proof a calendar can give, so it is a secret of 256 bits: a keyed hash over whose feed it is. It
//! stands in no database, and whoever has all of them cannot make one. Whatever does not answer, answers alike: an address
//! that never was, one that was revoked, one of somebody whose data was erased.
//!
//! A feed tells when the interviews of its owner are and what they are called. It names nobody.

use std::{fmt, sync::Arc};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use domain::{
    account::Account,
    calendar_file::{self, Entry},
    envelope::StreamId,
    fact::Category,
    ids::{AccountId, CalendarFeedId, OrganisationId},
    ports::clock::Clock,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use projections::{
    accounts,
    interviews::{self, Interview, InterviewOrder, OrderField, Phase, Scope, Status, Where},
    list::{Direction, Slice},
    projections::Projections,
};
use sha2::{Digest, Sha256};
use store::{executor::Executor, vault::Vault};
use tracing::warn;
use url::Url;
use uuid::Uuid;

/// What the keyed hash is for; a hash made for anything else opens nothing here.
const PURPOSE: &str = "calendar feed";
/// How long interviews that are over stay in a feed, in days.
const PAST_DAYS: i64 = 90;
/// Interviews of a feed at most: the latest.
const MOST: u16 = 500;

/// Whose feed an address is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedOf {
    /// In which organisation.
    pub tenant: OrganisationId,
    /// Whose interviews.
    pub account: AccountId,
    /// Which feed.
    pub feed: CalendarFeedId,
}

impl FeedOf {
    /// The secret by which a calendar may read the feed, as it stands in the address.
    pub fn token(&self, vault: &Vault) -> String {
        let mut bytes = self.bytes();
        bytes.extend(vault.token(PURPOSE, &self.bytes()));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Where the feed is, below the address of the server.
    pub fn path(&self, vault: &Vault) -> String {
        format!("calendars/{}.ics", self.token(vault))
    }

    /// Whose feed a secret opens; `None` unless it is one of ours.
    pub fn read(token: &str, vault: &Vault) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (whose, secret) = bytes.split_at_checked(48)?;
        verify_slices_are_equal(secret, &vault.token(PURPOSE, whose)).ok()?;
        let id = |at: usize| Uuid::from_slice(&whose[at..at + 16]).ok();
        Some(Self {
            tenant: OrganisationId::new(id(0)?),
            account: AccountId::new(id(16)?),
            feed: CalendarFeedId::new(id(32)?),
        })
    }

    fn bytes(&self) -> Vec<u8> {
        let ids = [self.tenant.uuid(), self.account.uuid(), self.feed.uuid()];
        ids.iter().flat_map(|id| *id.as_bytes()).collect()
    }
}

/// What feeds are answered from.
#[derive(Clone)]
pub struct Calendars {
    /// Knows which feeds were revoked.
    pub executor: Arc<Executor>,
    /// Makes and checks secrets.
    pub vault: Arc<Vault>,
    /// The read models.
    pub projections: Arc<Projections>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// What the server is called from outside.
    pub public_url: Url,
}

impl fmt::Debug for Calendars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calendars")
    }
}

/// Why a feed is not given.
enum Unanswered {
    /// There is none at this address, or no longer.
    Nothing,
    /// Something that is needed is not reachable.
    Unavailable,
}

impl Calendars {
    /// The routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/calendars/{file}", get(answer))
            .with_state(Arc::new(self))
    }

    async fn file(&self, file: &str) -> Result<String, Unanswered> {
        let token = file.strip_suffix(".ics").ok_or(Unanswered::Nothing)?;
        let of = FeedOf::read(token, &self.vault).ok_or(Unanswered::Nothing)?;
        self.must_answer(of).await?;
        let host = self.public_url.host_str().unwrap_or("localhost");
        let entries: Vec<_> = self
            .interviews(of)
            .await?
            .iter()
            .map(|interview| entry(interview, host, &self.public_url))
            .collect();
        Ok(calendar_file::feed("Interviews", &entries))
    }

    /// The log tells at once what was revoked, however far the read models are.
    async fn must_answer(&self, of: FeedOf) -> Result<(), Unanswered> {
        let stream = StreamId {
            tenant: of.tenant,
            category: Category::Account,
            id: of.account.uuid(),
        };
        let account = self.executor.load::<Account>(stream).await.map_err(unavailable)?;
        let db = self.projections.db();
        let rows = accounts::by_ids(db, of.tenant, &[of.account])
            .await
            .map_err(unavailable)?;
        let is_erased = rows
            .into_iter()
            .flatten()
            .any(|stored| stored.row.erased_at.is_some());
        if !account.state.has_feed(of.feed) || is_erased {
            return Err(Unanswered::Nothing);
        }
        Ok(())
    }

    async fn interviews(&self, of: FeedOf) -> Result<Vec<Interview>, Unanswered> {
        let wanted = Where::All(vec![
            Where::StartsFrom(self.clock.now() - Duration::days(PAST_DAYS)),
            Where::Not(Box::new(Where::Phase(vec![Phase::Closed]))),
        ]);
        let order = [InterviewOrder {
            field: OrderField::Start,
            direction: Direction::Descending,
        }];
        let scope = Scope::Participant(of.account);
        let db = self.projections.db();
        let listed = interviews::list(db, of.tenant, scope, &wanted, &order, &Slice::first(MOST)).await;
        let rows = listed.map_err(unavailable)?.rows.into_iter().rev();
        Ok(rows.map(|(_, stored)| Arc::unwrap_or_clone(stored.row)).collect())
    }
}

fn unavailable(error: impl std::error::Error) -> Unanswered {
    warn!(error = %error, "a calendar feed could not be made");
    Unanswered::Unavailable
}

fn entry(interview: &Interview, host: &str, public_url: &Url) -> Entry {
    let page = public_url.join(&format!("interviews/{}", interview.interview));
    Entry {
        uid: format!("{}@{host}", interview.interview),
        sequence: interview.revision.saturating_sub(1),
        stamp: interview.created_at,
        start: interview.slot.span.start,
        end: interview.slot.span.end,
        is_tentative: matches!(
            interview.status,
            Status::Requested | Status::Held | Status::AwaitingApproval
        ),
        summary: interview.title.to_string(),
        url: page.map_or_else(|_| public_url.to_string(), |page| page.to_string()),
    }
}

async fn answer(
    State(calendars): State<Arc<Calendars>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match calendars.file(&file).await {
        Ok(body) => feed(body, &headers),
        Err(Unanswered::Nothing) => (StatusCode::NOT_FOUND, [no_store], "no such calendar\n").into_response(),
        Err(Unanswered::Unavailable) => {
            (StatusCode::SERVICE_UNAVAILABLE, [no_store], "try again later\n").into_response()
        }
    }
}

/// The file, or that it is the one that the calendar has already.
fn feed(body: String, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..16]));
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == tag);
    let tag = HeaderValue::try_from(tag).expect("base64 in quotes is a header value");
    let kept = [
        (header::ETAG, tag),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let kind = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/calendar; charset=utf-8"),
    );
    (kept, [kind], body).into_response()
}
