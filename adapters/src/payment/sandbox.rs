//! A payment provider of our own, without money: orders, a page to pay them, and signed messages about it.
//!
//! It behaves as real ones do. An order has a page that nobody can guess. What happens there is told afterwards, by
//! messages signed with HMAC-SHA256 over `TIME.BODY` (header `greenroom-sandbox-signature: t=UNIX,v1=HEX`), which are
//! sent to our own endpoint until it takes them; they may come twice and in another order. Orders and messages survive
//! a crash. Names of orders, attempts and refunds are derived from our ids with the secret, so that a repeated call
//! gives the same answer on any day.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::Path as FolderPath,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{
    ids::{OrganisationId, PaymentId, RefundId},
    money::Money,
    ports::{
        clock::Clock,
        error::ProviderError,
        payment::{
            Order, OrderRequest, PaymentProvider, ProviderMessage, RefundRequest, RefundTaken, WebhookError,
            WebhookVerifier,
        },
    },
    provider_inbox::events::ProviderFact,
    time::Instant,
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::{sync::Notify, time::Instant as Tick};
use url::Url;

use super::{
    sandbox_journal::{AttemptMade, Entry, Held, Journal, Message, OrderMade, RefundMade},
    sandbox_page,
};
use crate::http;

/// Header that carries time and signature.
pub const SIGNATURE_HEADER: &str = "greenroom-sandbox-signature";
/// How far the time of a signature may be from business time, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

const SEND_DEADLINE: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const MOST_REPETITIONS: u8 = 10;
const LONGEST_DELAY_SECONDS: u64 = 3_600;
const PAY_BODY_LIMIT: usize = 4_096;

/// The sandbox. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    name: String,
    secret: SecretSlice<u8>,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
    journal: Mutex<Journal>,
    addresses: Mutex<Option<Addresses>>,
    changed: Notify,
}

/// Where the sandbox is and whom it tells; known once the server listens.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Where [`Sandbox::router`] is mounted, as browsers reach it, such as `http://localhost:4000/sandbox/payments`.
    pub pages: Url,
    /// Where its messages go, such as `http://127.0.0.1:4000/webhooks/sandbox`.
    pub webhook: Url,
}

/// What the payer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayOutcome {
    /// Pays.
    Succeed,
    /// Tries, and is refused.
    Fail,
    /// Reserves the money; nobody takes it.
    Authorize,
    /// Pays one minor unit less than asked for.
    Short,
    /// Pays although the order may be paid already: a second capture.
    SucceedAgain,
}

/// How the messages about it come.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookTricks {
    /// How many times each is repeated, at most 10; those about refunds of it too.
    pub duplicate: u8,
    /// Sends the last one first.
    pub shuffle: bool,
}

/// The body of `POST /sandbox/payments/{order}/pay`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    /// What the payer does.
    pub outcome: PayOutcome,
    /// Seconds of real time before the messages come, at most 3,600.
    #[serde(default)]
    pub delay_seconds: u64,
    /// How the messages come.
    #[serde(default)]
    pub webhooks: WebhookTricks,
}

/// The answer to it.
#[derive(Debug, Clone, Serialize)]
struct Paid {
    attempt: String,
}

/// Why an order could not be paid.
#[derive(Debug, thiserror::Error)]
enum PayError {
    #[error("there is no such order")]
    NoSuchOrder,
    #[error("the order is paid already")]
    AlreadyPaid,
    #[error("the request is not one the sandbox understands")]
    BadRequest,
    #[error("the sandbox cannot write its file")]
    File(#[from] io::Error),
}

/// The body of a message.
#[derive(Serialize, Deserialize)]
struct Event {
    id: String,
    tenant: OrganisationId,
    payment: PaymentId,
    order: String,
    attempt: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum What {
    #[serde(rename = "payment.authorized")]
    Authorized,
    #[serde(rename = "payment.captured")]
    Captured { amount: Money, at: Instant },
    #[serde(rename = "order.paid")]
    OrderPaid { amount: Money, at: Instant },
    #[serde(rename = "payment.failed")]
    Failed { code: String },
    #[serde(rename = "refund.processed")]
    RefundProcessed {
        refund: RefundId,
        provider_refund: String,
    },
}

impl Sandbox {
    /// The sandbox of a data folder, under the configured name, signing with this secret. It sends nothing before
    /// [`Sandbox::listen_at`] and [`Sandbox::run`].
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something else.
    pub fn open(
        name: impl Into<String>,
        secret: SecretSlice<u8>,
        folder: &FolderPath,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            name: name.into(),
            secret,
            clock,
            client: http::client(SEND_DEADLINE).map_err(io::Error::other)?,
            journal: Mutex::new(Journal::open(folder)?),
            addresses: Mutex::new(None),
            changed: Notify::new(),
        })))
    }

    /// Says where the pages are and where messages go.
    pub fn listen_at(&self, addresses: Addresses) {
        *self.0.addresses.lock().expect("nobody panics while holding it") = Some(addresses);
        self.0.changed.notify_one();
    }

    /// The page and the call, to be nested under the path of [`Addresses::pages`].
    pub fn router(&self) -> Router {
        Router::new()
            .route("/{order}", get(show))
            .route("/{order}/pay", post(pay))
            .with_state(self.clone())
    }

    /// How many messages have not been taken yet.
    pub fn waiting(&self) -> usize {
        self.0.journal().waiting().count()
    }

    /// Sends messages until `stop`: each as soon as its delay is over, again after 1, 2, 4, up to 60 seconds until the
    /// endpoint answers with 2xx. Only one such task may run.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
        loop {
            let next = self.send_due(&mut plans).await;
            tokio::select! {
                () = &mut stop => return,
                () = self.0.changed.notified() => {}
                () = sleep_until(next) => {}
            }
        }
    }

    /// Sends what is due, and says when the next one will be.
    async fn send_due(&self, plans: &mut BTreeMap<String, Plan>) -> Option<Tick> {
        let addresses = self.0.addresses()?;
        let mut waiting: Vec<Message> = self.0.journal().waiting().cloned().collect();
        plans.retain(|id, _| waiting.iter().any(|message| message.id == *id));
        for message in &waiting {
            plans
                .entry(message.id.clone())
                .or_insert_with(|| Plan::after(message.delay_seconds));
        }
        waiting.retain(|message| plans[&message.id].due <= Tick::now());
        for message in waiting {
            let taken = self.send(&addresses.webhook, &message).await && self.forget(&message.id).await;
            match (taken, plans.get_mut(&message.id)) {
                (false, Some(plan)) => plan.put_off(),
                (true, _) | (false, None) => {
                    plans.remove(&message.id);
                }
            }
        }
        plans.values().map(|plan| plan.due).min()
    }

    async fn send(&self, webhook: &Url, message: &Message) -> bool {
        let signature = sign(
            &self.0.secret,
            self.0.clock.now().timestamp(),
            message.body.as_bytes(),
        );
        let answer = self
            .0
            .client
            .post(webhook.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, signature)
            .body(message.body.clone())
            .send()
            .await;
        let taken = answer.is_ok_and(|answer| answer.status().is_success());
        if !taken {
            tracing::debug!(
                provider = self.0.name,
                message.id,
                "sandbox message not taken, will be sent again"
            );
        }
        taken
    }

    async fn forget(&self, message: &str) -> bool {
        let entry = Entry::Taken {
            message: message.to_owned(),
        };
        self.blocking(move |inner| inner.journal().record(entry))
            .await
            .is_ok()
    }

    /// Runs work that waits for the disk on a thread that may wait.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> T {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner))
            .await
            .expect("work on the journal does not panic")
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

/// When a message is sent next.
struct Plan {
    due: Tick,
    wait: Duration,
}

impl Plan {
    fn after(delay_seconds: u64) -> Self {
        Self {
            due: Tick::now() + Duration::from_secs(delay_seconds),
            wait: FIRST_WAIT,
        }
    }

    fn put_off(&mut self) {
        self.due = Tick::now() + self.wait;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
    }
}

async fn sleep_until(tick: Option<Tick>) {
    match tick {
        Some(tick) => tokio::time::sleep_until(tick).await,
        None => std::future::pending().await,
    }
}

impl Inner {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().expect("nobody panics while holding it")
    }

    fn addresses(&self) -> Option<Addresses> {
        self.addresses
            .lock()
            .expect("nobody panics while holding it")
            .clone()
    }

    /// A name that follows from ours and cannot be guessed without the secret: 128 bits in hex.
    fn name_for(&self, prefix: &str, parts: &[&str]) -> String {
        let mut mac = mac(&self.secret);
        for part in [prefix].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let digest = hex(&mac.finalize().into_bytes());
        format!("{prefix}_{}", &digest[..32])
    }

    fn create(&self, request: &OrderRequest) -> Result<String, ProviderError> {
        let order = self.name_for("order", &[&request.payment.to_string()]);
        let mut journal = self.journal();
        match journal.order(&order) {
            Some(held) if held.made.amount == request.amount => return Ok(order),
            Some(_) => return Err(ProviderError::rejected("amount_changed")),
            None if request.amount.minor <= 0 => return Err(ProviderError::rejected("bad_amount")),
            None => {}
        }
        let made = OrderMade {
            order: order.clone(),
            tenant: request.tenant,
            payment: request.payment,
            interview: request.interview,
            amount: request.amount,
            title: request.title.clone(),
        };
        journal
            .record(Entry::Order(made))
            .map_err(ProviderError::unavailable)?;
        Ok(order)
    }

    fn pay(&self, order: &str, pay: Pay) -> Result<Paid, PayError> {
        let mut journal = self.journal();
        let held = journal.order(order).ok_or(PayError::NoSuchOrder)?;
        if held.is_paid() && pay.outcome != PayOutcome::SucceedAgain {
            return Err(PayError::AlreadyPaid);
        }
        let attempt = self.name_for("attempt", &[order, &held.attempts.len().to_string()]);
        let captured = captured(held.made.amount, pay.outcome);
        let events = self.told(held, &attempt, captured, pay.outcome);
        let made = AttemptMade {
            order: order.to_owned(),
            attempt: attempt.clone(),
            captured,
            copies: copies(pay),
            messages: messages(&events, pay),
        };
        journal.record(Entry::Attempt(made))?;
        drop(journal);
        self.changed.notify_one();
        Ok(Paid { attempt })
    }

    /// What is told about an attempt, in the order in which it happens.
    fn told(
        &self,
        held: &Held,
        attempt: &str,
        captured: Option<Money>,
        outcome: PayOutcome,
    ) -> Vec<(String, String)> {
        let at = self.clock.now();
        let what = match (captured, outcome) {
            (Some(amount), _) => vec![
                What::Authorized,
                What::Captured { amount, at },
                What::OrderPaid { amount, at },
            ],
            (None, PayOutcome::Authorize) => vec![What::Authorized],
            (None, PayOutcome::Fail | PayOutcome::Succeed | PayOutcome::Short | PayOutcome::SucceedAgain) => {
                vec![What::Failed {
                    code: "declined".to_owned(),
                }]
            }
        };
        let event = |what| self.event(held, attempt, what);
        what.into_iter().map(event).collect()
    }

    /// Name and body of an event. What happens once has one name.
    fn event(&self, held: &Held, attempt: &str, what: What) -> (String, String) {
        let (kind, refund) = match &what {
            What::Authorized => ("authorized", String::new()),
            What::Captured { .. } => ("captured", String::new()),
            What::OrderPaid { .. } => ("order_paid", String::new()),
            What::Failed { .. } => ("failed", String::new()),
            What::RefundProcessed { refund, .. } => ("refund_processed", refund.to_string()),
        };
        let id = self.name_for("event", &[attempt, kind, &refund]);
        let event = Event {
            id: id.clone(),
            tenant: held.made.tenant,
            payment: held.made.payment,
            order: held.made.order.clone(),
            attempt: attempt.to_owned(),
            what,
        };
        let body = serde_json::to_string(&event).expect("an event has only text keys");
        (id, body)
    }

    fn refund(&self, request: &RefundRequest) -> Result<RefundTaken, ProviderError> {
        let provider_refund = self.name_for("refund", &[&request.refund.to_string()]);
        let mut journal = self.journal();
        let held = journal
            .orders()
            .find(|held| held.made.payment == request.payment)
            .ok_or_else(|| ProviderError::rejected("unknown_payment"))?;
        let known = held.refunds.iter().find(|made| made.refund == request.refund);
        if known.is_some_and(|made| made.amount != request.amount) {
            return Err(ProviderError::rejected("amount_changed"));
        }
        if known.is_none() {
            let copies = may_refund(held, request)?.copies;
            let what = What::RefundProcessed {
                refund: request.refund,
                provider_refund: provider_refund.clone(),
            };
            let (id, body) = self.event(held, &request.attempt, what);
            let made = RefundMade {
                order: held.made.order.clone(),
                attempt: request.attempt.clone(),
                refund: request.refund,
                amount: request.amount,
                provider_refund: provider_refund.clone(),
                messages: (0..=copies)
                    .map(|copy| Message {
                        id: format!("{id}/{copy:03}"),
                        delay_seconds: 0,
                        body: body.clone(),
                    })
                    .collect(),
            };
            journal
                .record(Entry::Refund(made))
                .map_err(ProviderError::unavailable)?;
            self.changed.notify_one();
        }
        Ok(RefundTaken {
            provider_refund,
            settled: false,
        })
    }
}

fn captured(asked: Money, outcome: PayOutcome) -> Option<Money> {
    match outcome {
        PayOutcome::Succeed | PayOutcome::SucceedAgain => Some(asked),
        PayOutcome::Short => Some(Money {
            minor: asked.minor - 1,
            ..asked
        }),
        PayOutcome::Fail | PayOutcome::Authorize => None,
    }
}

/// The attempt whose money goes back, if that much of it is left.
fn may_refund<'h>(held: &'h Held, request: &RefundRequest) -> Result<&'h AttemptMade, ProviderError> {
    let mut attempts = held.attempts.iter();
    let (attempt, captured) = attempts
        .find(|attempt| attempt.attempt == request.attempt)
        .and_then(|attempt| Some((attempt, attempt.captured?)))
        .ok_or_else(|| ProviderError::rejected("unknown_attempt"))?;
    let refunded: i64 = held
        .refunds
        .iter()
        .filter(|made| made.attempt == request.attempt)
        .map(|made| made.amount.minor)
        .sum();
    let fits = request.amount.currency == captured.currency
        && request.amount.minor > 0
        && request.amount.minor <= captured.minor - refunded;
    if fits {
        Ok(attempt)
    } else {
        Err(ProviderError::rejected("amount_too_high"))
    }
}

fn copies(pay: Pay) -> u8 {
    pay.webhooks.duplicate.min(MOST_REPETITIONS)
}

/// The messages about some events, with what the caller wants done to them. Their names sort in sending order.
fn messages(events: &[(String, String)], pay: Pay) -> Vec<Message> {
    let mut ordered: Vec<&(String, String)> = events.iter().collect();
    if pay.webhooks.shuffle {
        ordered.reverse();
    }
    let copies = copies(pay);
    let copied = ordered.iter().flat_map(|event| (0..=copies).map(move |_| *event));
    // Events of one attempt share nothing in their names, so the first one's name keeps attempts apart.
    let attempt = events.first().map_or("", |(id, _)| id.as_str());
    copied
        .enumerate()
        .map(|(index, (_, body))| Message {
            id: format!("{attempt}/{index:03}"),
            delay_seconds: pay.delay_seconds.min(LONGEST_DELAY_SECONDS),
            body: body.clone(),
        })
        .collect()
}

#[async_trait]
impl PaymentProvider for Sandbox {
    fn name(&self) -> &str {
        &self.0.name
    }

    async fn create_order(&self, request: &OrderRequest) -> Result<Order, ProviderError> {
        let addresses = self
            .0
            .addresses()
            .ok_or_else(|| ProviderError::misconfigured("address of the sandbox's pages"))?;
        let request = request.clone();
        let order = self.blocking(move |inner| inner.create(&request)).await?;
        let page = format!("{}/{order}", addresses.pages.as_str().trim_end_matches('/'));
        Ok(Order {
            order,
            checkout_url: Some(page),
        })
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundTaken, ProviderError> {
        let request = request.clone();
        self.blocking(move |inner| inner.refund(&request)).await
    }
}

async fn show(State(sandbox): State<Sandbox>, Path(order): Path<String>) -> Response {
    let journal = sandbox.0.journal();
    let Some(held) = journal.order(&order) else {
        return PayError::NoSuchOrder.into_response();
    };
    let page = sandbox_page::page(held, &format!("{order}/pay"));
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
    ];
    (headers, page).into_response()
}

/// Takes the page's form and the JSON of programs; the form goes back to the page.
async fn pay(
    State(sandbox): State<Sandbox>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_form = content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let Some(wanted) = read_pay(&body, is_form) else {
        return PayError::BadRequest.into_response();
    };
    let named = order.clone();
    match sandbox.blocking(move |inner| inner.pay(&named, wanted)).await {
        // Seen from `{order}/pay`.
        Ok(_) | Err(PayError::AlreadyPaid) if is_form => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, format!("../{order}"))]).into_response()
        }
        Ok(paid) => Json(paid).into_response(),
        Err(error) => error.into_response(),
    }
}

fn read_pay(body: &[u8], is_form: bool) -> Option<Pay> {
    if body.len() > PAY_BODY_LIMIT {
        return None;
    }
    if !is_form {
        return serde_json::from_slice(body).ok();
    }
    let (_, outcome) = url::form_urlencoded::parse(body).find(|(name, _)| name == "outcome")?;
    Some(Pay {
        outcome: serde_json::from_value(outcome.into()).ok()?,
        delay_seconds: 0,
        webhooks: WebhookTricks::default(),
    })
}

impl IntoResponse for PayError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoSuchOrder => StatusCode::NOT_FOUND,
            Self::AlreadyPaid => StatusCode::CONFLICT,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::File(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, self.to_string()).into_response()
    }
}

/// Reads the sandbox's messages.
pub struct SandboxVerifier {
    secrets: Vec<SecretSlice<u8>>,
}

impl SandboxVerifier {
    /// Accepts messages signed with any of these secrets, so that a secret can be replaced without a gap.
    pub fn new(secrets: Vec<SecretSlice<u8>>) -> Self {
        Self { secrets }
    }

    fn is_ours(&self, signed: &Signed, body: &[u8]) -> bool {
        self.secrets.iter().any(|secret| {
            let mac = signature(secret, &signed.time_text, body);
            signed
                .signatures
                .iter()
                .any(|wanted| mac.clone().verify_slice(wanted).is_ok())
        })
    }
}

impl fmt::Debug for SandboxVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SandboxVerifier({} secrets)", self.secrets.len())
    }
}

impl WebhookVerifier for SandboxVerifier {
    fn verify(
        &self,
        headers: &[(String, String)],
        raw_body: &[u8],
        now: Instant,
    ) -> Result<ProviderMessage, WebhookError> {
        let signed = signed(headers).ok_or(WebhookError::Forged)?;
        if !self.is_ours(&signed, raw_body) {
            return Err(WebhookError::Forged);
        }
        if now.timestamp().abs_diff(signed.time) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(WebhookError::Stale);
        }
        let event: Event = serde_json::from_slice(raw_body).map_err(|_| WebhookError::Malformed)?;
        Ok(ProviderMessage {
            provider_event: event.id.clone(),
            tenant: event.tenant,
            facts: vec![fact(event)],
        })
    }
}

fn fact(event: Event) -> ProviderFact {
    let Event { payment, attempt, .. } = event;
    match event.what {
        What::Authorized => ProviderFact::PaymentAuthorized { payment, attempt },
        What::Captured { amount, at } | What::OrderPaid { amount, at } => ProviderFact::PaymentCaptured {
            payment,
            attempt,
            amount,
            at,
        },
        What::Failed { code } => ProviderFact::PaymentFailed {
            payment,
            attempt,
            code,
        },
        What::RefundProcessed {
            refund,
            provider_refund,
        } => ProviderFact::RefundProcessed {
            payment,
            refund,
            provider_refund,
        },
    }
}

/// What the header says.
struct Signed {
    time: i64,
    /// The time as it was signed, byte for byte.
    time_text: String,
    signatures: Vec<Vec<u8>>,
}

fn signed(headers: &[(String, String)]) -> Option<Signed> {
    let mut found = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(SIGNATURE_HEADER));
    let (Some((_, value)), None) = (found.next(), found.next()) else {
        return None;
    };
    let parts: Vec<(&str, &str)> = value
        .split(',')
        .map(|part| part.trim().split_once('='))
        .collect::<Option<_>>()?;
    let (_, time_text) = parts.iter().find(|(name, _)| *name == "t")?;
    Some(Signed {
        time: time_text.parse().ok()?,
        time_text: (*time_text).to_owned(),
        signatures: parts
            .iter()
            .filter(|(name, _)| *name == "v1")
            .filter_map(|(_, digits)| unhex(digits))
            .collect(),
    })
}

fn sign(secret: &SecretSlice<u8>, time: i64, body: &[u8]) -> String {
    let time = time.to_string();
    let digest = signature(secret, &time, body).finalize().into_bytes();
    format!("t={time},v1={}", hex(&digest))
}

fn signature(secret: &SecretSlice<u8>, time: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = mac(secret);
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn mac(secret: &SecretSlice<u8>) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.expose_secret()).expect("HMAC takes a key of any length")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests;
