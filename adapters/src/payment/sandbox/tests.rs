use std::{collections::BTreeSet, fs};

use axum::extract::State as AxumState;
use chrono::{TimeDelta, TimeZone, Utc};
use domain::ids::{EffectId, InterviewId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use uuid::Uuid;

use super::{super::sandbox_journal::FILE, *};

struct Fixed(Instant);

impl Clock for Fixed {
    fn now(&self) -> Instant {
        self.0
    }
}

fn noon() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

fn secret(text: &str) -> SecretSlice<u8> {
    text.as_bytes().to_vec().into()
}

fn inr(minor: i64) -> Money {
    Money {
        minor,
        currency: "INR".parse().unwrap(),
    }
}

fn open(folder: &TempDir) -> Sandbox {
    let clock = Arc::new(Fixed(noon()));
    let sandbox = Sandbox::open("sandbox", secret("hush"), folder.path(), clock).unwrap();
    sandbox.listen_at(Addresses {
        pages: "http://localhost:4000/sandbox/payments".parse().unwrap(),
        webhook: "http://127.0.0.1:9/webhooks/sandbox".parse().unwrap(),
    });
    sandbox
}

fn request() -> OrderRequest {
    OrderRequest {
        key: EffectId::new(Uuid::from_u128(1)),
        tenant: OrganisationId::new(Uuid::from_u128(2)),
        payment: PaymentId::new(Uuid::from_u128(3)),
        interview: InterviewId::new(Uuid::from_u128(4)),
        amount: inr(14_900),
        title: "Mock <JavaScript>".into(),
    }
}

fn refund(attempt: &str, number: u128, minor: i64) -> RefundRequest {
    RefundRequest {
        key: EffectId::new(Uuid::from_u128(number)),
        payment: request().payment,
        order: None,
        attempt: attempt.to_owned(),
        refund: RefundId::new(Uuid::from_u128(number)),
        amount: inr(minor),
    }
}

fn paying(outcome: PayOutcome) -> Pay {
    Pay {
        outcome,
        delay_seconds: 0,
        webhooks: WebhookTricks::default(),
    }
}

async fn ordered(sandbox: &Sandbox) -> String {
    sandbox.create_order(&request()).await.unwrap().order
}

/// What verifying the messages that wait would give, in sending order.
fn told(sandbox: &Sandbox) -> Vec<ProviderMessage> {
    let verifier = SandboxVerifier::new(vec![secret("hush")]);
    let journal = sandbox.0.journal();
    journal
        .waiting()
        .map(|message| {
            let header = sign(&secret("hush"), noon().timestamp(), message.body.as_bytes());
            let headers = [(SIGNATURE_HEADER.to_owned(), header)];
            verifier
                .verify(&headers, message.body.as_bytes(), noon())
                .unwrap()
        })
        .collect()
}

fn kinds(messages: &[ProviderMessage]) -> Vec<&'static str> {
    messages
        .iter()
        .flat_map(|message| &message.facts)
        .map(|fact| match fact {
            ProviderFact::PaymentAuthorized { .. } => "authorized",
            ProviderFact::PaymentCaptured { .. } => "captured",
            ProviderFact::PaymentFailed { .. } => "failed",
            ProviderFact::RefundProcessed { .. } => "refunded",
            ProviderFact::RefundFailed { .. } => "refund failed",
        })
        .collect()
}

/// Our own endpoint, as far as the sandbox can see it: hands on what it hears and answers as it was told to.
async fn endpoint(answers: Vec<StatusCode>) -> (Url, mpsc::UnboundedReceiver<(HeaderMap, Bytes)>) {
    type Heard = mpsc::UnboundedSender<(HeaderMap, Bytes)>;
    async fn take(
        AxumState((heard, answers)): AxumState<(Heard, Arc<Mutex<Vec<StatusCode>>>)>,
        headers: HeaderMap,
        body: Bytes,
    ) -> StatusCode {
        heard.send((headers, body)).unwrap();
        answers.lock().unwrap().pop().unwrap_or(StatusCode::OK)
    }
    let (heard, hearing) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/hook", post(take))
        .with_state((heard, Arc::new(Mutex::new(answers))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url.parse().unwrap(), hearing)
}

/// Serves the pages; gives the address they are under.
async fn pages(sandbox: &Sandbox) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/sandbox/payments", listener.local_addr().unwrap());
    let router = Router::new().nest("/sandbox/payments", sandbox.router());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn browser() -> reqwest::Client {
    http::client(Duration::from_secs(20)).unwrap()
}

#[tokio::test]
async fn the_same_payment_gives_the_same_order_also_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder).create_order(&request()).await.unwrap();

    let again = open(&folder).create_order(&request()).await.unwrap();

    assert_eq!(first, again);
    assert!(again.checkout_url.unwrap().ends_with(&first.order));
}

#[tokio::test]
async fn an_order_cannot_be_guessed_from_the_payment() {
    let folder = TempDir::new().unwrap();
    let other = TempDir::new().unwrap();
    let clock = Arc::new(Fixed(noon()));
    let stranger = Sandbox::open("sandbox", secret("guess"), other.path(), clock).unwrap();
    stranger.listen_at(open(&folder).0.addresses().unwrap());

    assert_ne!(ordered(&stranger).await, ordered(&open(&folder)).await);
    assert_eq!(ordered(&open(&folder)).await.len(), "order_".len() + 32);
}

#[tokio::test]
async fn an_order_does_not_change_its_amount() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    ordered(&sandbox).await;

    let changed = OrderRequest {
        amount: inr(1),
        ..request()
    };

    let refused = sandbox.create_order(&changed).await;
    assert_eq!(refused.unwrap_err().code(), "amount_changed");
}

#[tokio::test]
async fn a_paid_order_is_told_as_reserved_taken_and_paid() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;

    let paid = sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();

    let messages = told(&sandbox);
    let ids: BTreeSet<_> = messages.iter().map(|message| &message.provider_event).collect();
    assert_eq!(kinds(&messages), ["authorized", "captured", "captured"]);
    assert_eq!(ids.len(), 3);
    assert_eq!(messages[0].tenant, request().tenant);
    assert_eq!(
        messages[1].facts,
        [ProviderFact::PaymentCaptured {
            payment: request().payment,
            attempt: paid.attempt,
            amount: inr(14_900),
            at: noon()
        }]
    );
}

#[tokio::test]
async fn an_order_is_paid_once_unless_the_payer_insists() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let first = sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();

    let second = sandbox.0.pay(&order, paying(PayOutcome::Succeed));
    let insisted = sandbox.0.pay(&order, paying(PayOutcome::SucceedAgain)).unwrap();

    assert!(matches!(second, Err(PayError::AlreadyPaid)));
    assert_ne!(insisted.attempt, first.attempt);
}

#[tokio::test]
async fn a_refused_attempt_can_be_tried_again() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;

    sandbox.0.pay(&order, paying(PayOutcome::Fail)).unwrap();
    assert_eq!(kinds(&told(&sandbox)), ["failed"]);

    assert!(sandbox.0.pay(&order, paying(PayOutcome::Succeed)).is_ok());
}

#[tokio::test]
async fn messages_come_twice_and_backwards_when_asked() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let tricks = Pay {
        webhooks: WebhookTricks {
            duplicate: 1,
            shuffle: true,
        },
        ..paying(PayOutcome::Succeed)
    };

    sandbox.0.pay(&order, tricks).unwrap();

    let messages = told(&sandbox);
    assert_eq!(
        kinds(&messages),
        [
            "captured",
            "captured",
            "captured",
            "captured",
            "authorized",
            "authorized"
        ]
    );
    assert_eq!(messages[0], messages[1]);
}

#[tokio::test]
async fn a_refund_is_taken_once_and_told() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let paid = sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();

    let first = sandbox.refund(&refund(&paid.attempt, 7, 10_000)).await.unwrap();
    let again = sandbox.refund(&refund(&paid.attempt, 7, 10_000)).await.unwrap();

    assert_eq!(first, again);
    assert!(!first.settled);
    let refunds = kinds(&told(&sandbox))
        .iter()
        .filter(|kind| **kind == "refunded")
        .count();
    assert_eq!(refunds, 1);
}

#[tokio::test]
async fn no_more_goes_back_than_was_taken() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let paid = sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();
    sandbox.refund(&refund(&paid.attempt, 7, 10_000)).await.unwrap();

    let too_much = sandbox.refund(&refund(&paid.attempt, 8, 4_901)).await;
    let unknown = sandbox.refund(&refund("attempt_of_nobody", 9, 1)).await;

    assert_eq!(too_much.unwrap_err().code(), "amount_too_high");
    assert_eq!(unknown.unwrap_err().code(), "unknown_attempt");
    assert!(sandbox.refund(&refund(&paid.attempt, 8, 4_900)).await.is_ok());
}

#[tokio::test]
async fn orders_and_messages_survive_a_crash_in_the_middle_of_a_line() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();
    let before = told(&sandbox);
    drop(sandbox);
    let mut half = OpenFile::append(&folder);
    half.write("{\"entry\":\"order\",\"ord");

    let again = open(&folder);

    assert_eq!(told(&again), before);
    assert!(matches!(
        again.0.pay(&order, paying(PayOutcome::Succeed)),
        Err(PayError::AlreadyPaid)
    ));
}

/// The journal, as a crash leaves it.
struct OpenFile(fs::File);

impl OpenFile {
    fn append(folder: &TempDir) -> Self {
        let path = folder.path().join(FILE);
        Self(fs::OpenOptions::new().append(true).open(path).unwrap())
    }

    fn write(&mut self, text: &str) {
        io::Write::write_all(&mut self.0, text.as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn the_file_holds_only_what_is_still_needed_after_a_start() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    sandbox.0.pay(&order, paying(PayOutcome::Succeed)).unwrap();
    let waiting: Vec<String> = sandbox.0.journal().waiting().map(|m| m.id.clone()).collect();
    assert!(sandbox.forget(&waiting[0]).await && sandbox.forget(&waiting[1]).await);
    drop(sandbox);

    let again = open(&folder);

    assert_eq!(again.waiting(), 1);
    let lines = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert_eq!(lines.lines().count(), 2);
}

#[tokio::test]
async fn a_message_is_sent_again_until_it_is_taken() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let (webhook, mut heard) = endpoint(vec![StatusCode::SERVICE_UNAVAILABLE]).await;
    sandbox.listen_at(Addresses {
        webhook,
        ..sandbox.0.addresses().unwrap()
    });
    let order = ordered(&sandbox).await;
    sandbox.0.pay(&order, paying(PayOutcome::Fail)).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn({
        let sandbox = sandbox.clone();
        async move {
            sandbox
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        }
    });

    let (_, refused) = heard.recv().await.unwrap();
    let (headers, taken) = heard.recv().await.unwrap();
    stop.send(()).unwrap();
    running.await.unwrap();

    assert_eq!(refused, taken);
    let signature = headers[SIGNATURE_HEADER].to_str().unwrap().to_owned();
    let verified = SandboxVerifier::new(vec![secret("new"), secret("hush")]).verify(
        &[(SIGNATURE_HEADER.to_uppercase(), signature)],
        &taken,
        noon(),
    );
    assert_eq!(kinds(&[verified.unwrap()]), ["failed"]);
    assert_eq!(sandbox.waiting(), 0);
}

#[tokio::test]
async fn the_page_pays_with_a_form_and_comes_back() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let pages = pages(&sandbox).await;

    let page = browser().get(format!("{pages}/{order}")).send().await.unwrap();
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    let text = page.text().await.unwrap();
    let paid = browser()
        .post(format!("{pages}/{order}/pay"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("outcome=succeed")
        .send()
        .await
        .unwrap();
    let after = browser().get(format!("{pages}/{order}")).send().await.unwrap();

    assert!(text.contains("Pay for Mock &lt;JavaScript&gt;") && text.contains("149.00 INR"));
    assert!(policy.starts_with("default-src 'none'"));
    assert_eq!(paid.status(), StatusCode::SEE_OTHER);
    assert_eq!(paid.headers()[header::LOCATION], format!("../{order}"));
    assert!(after.text().await.unwrap().contains("This order is paid."));
}

#[tokio::test]
async fn programs_pay_with_json_and_are_told_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let sandbox = open(&folder);
    let order = ordered(&sandbox).await;
    let pages = pages(&sandbox).await;
    let call = async |order: &str, body: Value| {
        let url = format!("{pages}/{order}/pay");
        browser().post(url).json(&body).send().await.unwrap().status()
    };

    let unknown = call("order_x", json!({ "outcome": "succeed" })).await;
    let nonsense = call(&order, json!({ "outcome": "perhaps" })).await;
    let good = call(
        &order,
        json!({ "outcome": "succeed", "delay_seconds": 2, "webhooks": { "duplicate": 1, "shuffle": true } }),
    )
    .await;
    let again = call(&order, json!({ "outcome": "succeed" })).await;

    assert_eq!(unknown, StatusCode::NOT_FOUND);
    assert_eq!(nonsense, StatusCode::BAD_REQUEST);
    assert_eq!(good, StatusCode::OK);
    assert_eq!(again, StatusCode::CONFLICT);
    assert_eq!(sandbox.waiting(), 6);
}

fn verify(header: &str, body: &[u8], now: Instant) -> Result<ProviderMessage, WebhookError> {
    let headers = [(SIGNATURE_HEADER.to_owned(), header.to_owned())];
    SandboxVerifier::new(vec![secret("hush")]).verify(&headers, body, now)
}

#[test]
fn a_message_that_is_not_signed_by_us_is_forged() {
    let body = b"{}";
    let stranger = sign(&secret("guess"), noon().timestamp(), body);
    let ours = sign(&secret("hush"), noon().timestamp(), body);

    assert_eq!(verify(&stranger, body, noon()), Err(WebhookError::Forged));
    assert_eq!(verify(&ours, b"{ }", noon()), Err(WebhookError::Forged));
    assert_eq!(verify("t=1,v1=zz", body, noon()), Err(WebhookError::Forged));
    assert_eq!(verify("v1=00", body, noon()), Err(WebhookError::Forged));
    assert_eq!(verify("", body, noon()), Err(WebhookError::Forged));
    assert_eq!(
        SandboxVerifier::new(vec![secret("hush")]).verify(&[], body, noon()),
        Err(WebhookError::Forged)
    );
}

#[test]
fn the_time_of_a_signature_cannot_be_changed() {
    let ours = sign(&secret("hush"), noon().timestamp(), b"{}");
    let later = ours.replacen(
        &noon().timestamp().to_string(),
        &(noon().timestamp() + 1).to_string(),
        1,
    );

    assert_eq!(verify(&later, b"{}", noon()), Err(WebhookError::Forged));
}

#[test]
fn an_old_or_future_message_is_stale() {
    let ours = sign(&secret("hush"), noon().timestamp(), b"{}");

    let edge = TimeDelta::seconds(TOLERANCE_SECONDS);
    let beyond = edge + TimeDelta::seconds(1);
    assert_eq!(verify(&ours, b"{}", noon() + beyond), Err(WebhookError::Stale));
    assert_eq!(verify(&ours, b"{}", noon() - beyond), Err(WebhookError::Stale));
    assert_eq!(verify(&ours, b"{}", noon() + edge), Err(WebhookError::Malformed));
}
