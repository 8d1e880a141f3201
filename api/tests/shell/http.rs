use std::sync::atomic::Ordering;

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use api::auth::development_issuer::DevelopmentIssuer;

use crate::support::{Believer, SetClock, eventually, schema, shell};

const GRAPHQL: &str = "application/graphql-response+json";

async fn send(router: &Router, request: Request<Body>) -> (Response<()>, Value) {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (
        Response::from_parts(parts, ()),
        serde_json::from_slice(&body).unwrap_or(Value::Null),
    )
}

fn post() -> http::request::Builder {
    Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, GRAPHQL)
        .header(header::HOST, "greenroom.example")
}

async fn ask(router: &Router, body: Value) -> (Response<()>, Value) {
    let request = post().body(Body::from(body.to_string())).expect("a request");
    send(router, request).await
}

async fn query(router: &Router, text: &str) -> (Response<()>, Value) {
    ask(router, json!({ "query": text })).await
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

#[tokio::test]
async fn a_query_is_answered_with_what_it_may_cost() {
    let shell = shell(|_| {});

    let (response, body) = query(&shell.router, "{ hello items(first: 4) { id } }").await;

    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(body["data"]["hello"], "world");
    assert_eq!(
        body["extensions"],
        json!({ "cost": { "requested": 4, "limit": 20_000 } })
    );
}

#[tokio::test]
async fn every_answer_has_an_id_and_tells_browsers_to_be_careful() {
    let shell = shell(|_| {});

    let (response, _) = query(&shell.router, "{ hello }").await;

    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    };
    assert!(header("x-request-id").starts_with("req_"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn a_mutation_never_runs_over_get() {
    let shell = shell(|_| {});
    let request = Request::get("/graphql?query=mutation%20%7B%20increment%20%7D")
        .body(Body::empty())
        .expect("a request");

    let (response, body) = send(&shell.router, request).await;

    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(code(&body), "METHOD_NOT_ALLOWED");
    assert_eq!(shell.world.increments.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_mutation_never_runs_from_a_form() {
    let shell = shell(|_| {});
    let body = json!({ "query": "mutation { increment }" }).to_string();
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ];

    for content_type in types {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, content_type);
        let (response, answer) = send(
            &shell.router,
            request.body(Body::from(body.clone())).expect("a request"),
        )
        .await;
        assert_eq!(
            response.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
        assert_eq!(code(&answer), "UNSUPPORTED_MEDIA_TYPE");
    }

    assert_eq!(shell.world.increments.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn only_pages_of_known_origins_may_post() {
    let shell = shell(|settings| settings.origins.push("https://app.example".to_owned()));
    let body = json!({ "query": "mutation { increment }" });
    let from = |origin: &str| {
        post()
            .header(header::ORIGIN, origin)
            .body(Body::from(body.to_string()))
            .expect("a request")
    };

    let (foreign, answer) = send(&shell.router, from("https://evil.example")).await;
    let (null, _) = send(&shell.router, from("null")).await;
    let (known, _) = send(&shell.router, from("https://app.example")).await;
    let (own, _) = send(&shell.router, from("https://greenroom.example")).await;

    assert_eq!(
        (foreign.status(), code(&answer)),
        (StatusCode::FORBIDDEN, "FORBIDDEN")
    );
    assert_eq!(null.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        known.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://app.example"
    );
    assert!(
        !foreign
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    assert_eq!(own.status(), StatusCode::OK);
    assert_eq!(shell.world.increments.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn get_reads_operation_name_and_variables() {
    let shell = shell(|_| {});
    let text = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(
            "query",
            "query A { hello } query B($n: Int) { items(first: $n) { id } }",
        )
        .append_pair("operationName", "B")
        .append_pair("variables", r#"{"n":1}"#)
        .finish();
    let request = Request::get(format!("/graphql?{text}"))
        .body(Body::empty())
        .expect("a request");

    let (_, body) = send(&shell.router, request).await;

    assert_eq!(body["data"], json!({ "items": [{ "id": 0 }] }));
}

#[tokio::test]
async fn batches_are_refused() {
    let shell = shell(|_| {});

    let (response, body) = ask(&shell.router, json!([{ "query": "{ hello }" }])).await;

    assert_eq!(
        (response.status(), code(&body)),
        (StatusCode::BAD_REQUEST, "BAD_REQUEST")
    );
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let shell = shell(|settings| settings.body_bytes = 1000);

    let (response, body) = query(&shell.router, &format!("{{ hello }} # {}", "x".repeat(1000))).await;

    assert_eq!(
        (response.status(), code(&body)),
        (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE")
    );
}

#[tokio::test]
async fn a_bad_token_is_refused_before_anything_runs() {
    let shell = shell(|_| {});
    let body = json!({ "query": "mutation { increment }" });
    let with = |token: &str| {
        post()
            .header(header::AUTHORIZATION, token)
            .body(Body::from(body.to_string()))
            .expect("a request")
    };

    let (bad, answer) = send(&shell.router, with("Bearer bad")).await;
    let (basic, _) = send(&shell.router, with("Basic YTpi")).await;

    assert_eq!(
        (bad.status(), code(&answer)),
        (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
    );
    assert_eq!(bad.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(basic.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(shell.world.increments.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_our_matter_and_not_shown() {
    let shell = shell(|_| {});
    let body = json!({ "query": "{ hello }" });
    let request = post()
        .header(header::AUTHORIZATION, "Bearer lost")
        .body(Body::from(body.to_string()))
        .expect("a request");

    let (response, answer) = send(&shell.router, request).await;

    assert_eq!(
        (response.status(), code(&answer)),
        (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE")
    );
    assert!(!answer.to_string().contains("10.0.0.7"));
}

#[tokio::test]
async fn resolvers_learn_who_asks_and_from_which_position_on() {
    let shell = shell(|_| {});
    let body = json!({ "query": "{ me position }" });
    let request = post()
        .header(header::AUTHORIZATION, "bearer ada")
        .header("Greenroom-Min-Position", "42")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let (_, answer) = send(&shell.router, request).await;
    assert_eq!(answer["data"], json!({ "me": "ada", "position": 42 }));

    let request = post()
        .header("Greenroom-Min-Position", "soon")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let (response, answer) = send(&shell.router, request).await;
    assert_eq!(
        (response.status(), code(&answer)),
        (StatusCode::BAD_REQUEST, "BAD_REQUEST")
    );
}

#[tokio::test]
async fn every_error_has_a_code() {
    let shell = shell(|_| {});
    let cases = [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ a } { b }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { hello } query B { hello }",
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ("subscription { count(to: 1) }", "BAD_REQUEST"),
        ("{ secret }", "FORBIDDEN"),
        ("{ broken }", "INTERNAL_SERVER_ERROR"),
        ("{ panics }", "INTERNAL_SERVER_ERROR"),
        ("{ items(first: 1000000) { id } }", "OPERATION_TOO_LARGE"),
        (
            "{ ...a } fragment a on Query { ...a }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];

    for (text, expected) in cases {
        let (_, body) = query(&shell.router, text).await;
        assert_eq!(code(&body), expected, "{text}: {body}");
    }
}

#[tokio::test]
async fn a_fault_gives_the_id_of_its_request_and_no_internals() {
    let shell = shell(|_| {});

    let (response, body) = query(&shell.router, "{ hello broken }").await;

    let id = response.headers()["x-request-id"].to_str().expect("text");
    assert_eq!(body["errors"][0]["extensions"]["requestId"], id);
    assert_eq!(body["data"], json!({ "hello": "world", "broken": null }));
    assert!(!body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_refused_request_has_no_data_and_its_status_depends_on_what_is_accepted() {
    let shell = shell(|_| {});
    let body = json!({ "query": "{ nothing }" });
    let plain = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");

    let (modern, answer) = ask(&shell.router, body).await;
    let (classic, _) = send(&shell.router, plain).await;

    assert_eq!(
        (modern.status(), classic.status()),
        (StatusCode::BAD_REQUEST, StatusCode::OK)
    );
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn the_media_type_is_the_one_that_is_liked_best() {
    let shell = shell(|_| {});
    let cases = [
        (
            "application/json;q=0.5, application/graphql-response+json",
            StatusCode::OK,
            GRAPHQL,
        ),
        (
            "application/graphql-response+json;q=0.1, application/json",
            StatusCode::OK,
            "application/json",
        ),
        ("text/html, */*;q=0.1", StatusCode::OK, "application/json"),
        ("text/html", StatusCode::NOT_ACCEPTABLE, "application/json"),
    ];

    for (accept, status, media) in cases {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, accept)
            .body(Body::from(r#"{"query":"{ hello }"}"#))
            .expect("a request");
        let (response, _) = send(&shell.router, request).await;
        let content_type = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .expect("text")
            .to_owned();
        assert_eq!(response.status(), status, "{accept}");
        assert!(content_type.starts_with(media), "{accept}: {content_type}");
    }
}

#[tokio::test]
async fn a_mutation_ends_also_when_nobody_waits_for_it() {
    let shell = shell(|_| {});
    let body = json!({ "query": "mutation { incrementSlowly }" });
    let request = post().body(Body::from(body.to_string())).expect("a request");
    let asked = tokio::spawn(shell.router.clone().oneshot(request));
    eventually("the mutation waits", || {
        shell.world.waiting.load(Ordering::SeqCst) == 1
    })
    .await;

    asked.abort();
    let _ = asked.await;
    shell.world.go_on.notify_one();

    eventually("the mutation ended", || {
        shell.world.increments.load(Ordering::SeqCst) == 1
    })
    .await;
}

#[tokio::test]
async fn health_tells_living_from_ready() {
    let shell = shell(|_| {});
    let get = |path: &str| Request::get(path).body(Body::empty()).expect("a request");
    let (ready, _) = send(&shell.router, get("/health/ready")).await;

    shell.shutdown.begin();
    let (not_ready, body) = send(&shell.router, get("/health/ready")).await;
    let (live, _) = send(&shell.router, get("/health/live")).await;

    assert_eq!((ready.status(), live.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(not_ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body["reason"], "shutting down");
}

#[tokio::test]
async fn the_explorer_is_served_with_a_policy_of_its_own() {
    let shell = shell(|_| {});

    let (response, _) = send(
        &shell.router,
        Request::get("/").body(Body::empty()).expect("a request"),
    )
    .await;

    let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("text");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        policy.contains("script-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
}

#[tokio::test]
async fn a_document_that_breaks_every_rule_is_not_answered_at_length() {
    let shell = shell(|settings| settings.limits.root_fields = 10_000);

    let (_, wrong) = query(&shell.router, &format!("{{ {} }}", "nothing ".repeat(4000))).await;
    let (_, unreadable) = query(&shell.router, &format!("{{ hello ! {} }}", "x".repeat(100_000))).await;

    assert_eq!(wrong["errors"].as_array().map(Vec::len), Some(50));
    assert!(unreadable.to_string().len() < 2000);
}

#[tokio::test]
async fn the_keys_of_a_development_issuer_are_public_and_only_the_public_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = std::sync::Arc::new(SetClock::default());
    let issuer = DevelopmentIssuer::open(folder.path(), clock.clone()).expect("an issuer");
    let router = api::http::router(schema(&Default::default()), std::sync::Arc::new(Believer), clock)
        .jwks(issuer.jwks())
        .build();

    let request = Request::get("/.well-known/jwks.json")
        .body(Body::empty())
        .expect("a request");
    let (response, body) = send(&router, request).await;

    let key = body["keys"][0].as_object().expect("a key");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(key["crv"], "Ed25519");
    assert!(key.contains_key("kid") && !key.contains_key("d"));
}
