//! Events that no read model can fold: seen by an admin, looked at on the command line, skipped with a reason.

use domain::{
    actor::Actor,
    envelope::StreamId,
    fact::Category,
    ids::{InterviewTypeId, OrganisationId},
};
use greenroom::demo::{
    client::Client,
    journey::{Cast, prepare},
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};
use store::{
    executor::mint,
    log::{Append, CommandMeta, Log, NewEvent, StreamWrite},
    postgres::PostgresLog,
    sqlite::SqliteLog,
};

use crate::support::server::{Place, Server};

#[tokio::test]
async fn an_event_that_cannot_be_folded_is_seen_and_skipped_on_sqlite() {
    is_seen_and_skipped(Place::embedded()).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_folded_is_seen_and_skipped_on_postgres() {
    if let Some(place) = Place::postgres().await {
        is_seen_and_skipped(place).await;
    }
}

const MODEL: &str = "interview_types";

async fn is_seen_and_skipped(place: Place) {
    let (place, [first, second]) = with_two_bad_events(place).await;
    let server = place.start().await.unwrap();
    let Cast { admin, recruiter, .. } = server.cast().unwrap();
    let listed = |first: bool, second: bool| {
        move |data: &Value| {
            let edges = data["system"]["parkedEvents"]["edges"].as_array().unwrap();
            let models: Vec<_> = edges.iter().map(|edge| &edge["node"]["readModel"]).collect();
            models.len() == usize::from(first) + usize::from(second)
                && models.iter().all(|model| *model == MODEL)
        }
    };
    let data = admin
        .until(op::PARKED_EVENTS, &json!({}), listed(true, true))
        .await
        .unwrap();
    let event = &data["system"]["parkedEvents"]["edges"][0]["node"];
    assert_eq!(
        (&event["position"], &event["code"]),
        (&json!(first), &json!("unknown_type")),
        "{event}"
    );
    assert!(
        event["waiting"][0].as_str().unwrap().starts_with("typ_"),
        "{event}"
    );
    let metrics = metrics(&server).await;
    assert!(
        metrics.contains("greenroom_read_model_parked{read_model=\"interview_types\"} 2\n"),
        "{metrics}"
    );
    looked_at_beside_the_server(&server, &first).await;

    let which = json!({ "readModel": MODEL, "eventPosition": first });
    let skip = |reason: &str, key: &str| json!({ "readModel": MODEL, "eventPosition": first, "reason": reason, "idempotencyKey": key });
    assert_eq!(refusal(&recruiter, op::RETRY_PARKED, &which).await, "FORBIDDEN");
    assert_eq!(
        refusal(&recruiter, op::SKIP_PARKED, &skip("No", "theirs")).await,
        "FORBIDDEN"
    );
    assert_eq!(refusal(&admin, op::RETRY_PARKED, &which).await, "WRONG_STATE");
    assert_eq!(
        refusal(&admin, op::SKIP_PARKED, &skip("", "mute")).await,
        "INVALID"
    );
    let elsewhere = json!({ "readModel": MODEL, "eventPosition": "1", "reason": "Not parked" });
    assert_eq!(refusal(&admin, op::SKIP_PARKED, &elsewhere).await, "NOT_FOUND");
    let once = admin
        .carry_out(op::SKIP_PARKED, &skip("Withdrawn", "once"))
        .await
        .unwrap();
    let again = admin
        .carry_out(op::SKIP_PARKED, &skip("Withdrawn", "once"))
        .await
        .unwrap();

    assert_eq!(once["position"], again["position"]);
    assert_eq!(once["readModelsBehind"], false);
    admin
        .until(op::PARKED_EVENTS, &json!({}), listed(false, true))
        .await
        .unwrap();
    let (place, _) = server.stop().await;
    let said = place
        .tool(
            "projections",
            &["skip", MODEL, &second, "--reason", "Withdrawn too"],
        )
        .await
        .unwrap();
    assert!(said.contains(&format!("{MODEL} leaves out {second}")), "{said}");
    let server = place.start().await.unwrap();
    let Cast { admin, .. } = server.cast().unwrap();
    admin
        .until(op::PARKED_EVENTS, &json!({}), listed(false, false))
        .await
        .unwrap();
    let listed = server.place.tool("projections", &["parked"]).await.unwrap();
    assert_eq!(listed, "nothing waits\n");
    let told = server.place.tool("doctor", &[MODEL]).await.unwrap();
    assert!(told.contains("as the log says"), "{told}");
}

async fn refusal(client: &Client, mutation: &str, input: &Value) -> String {
    client.refusal(mutation, input).await.unwrap()
}

async fn metrics(server: &Server) -> String {
    let answer = reqwest::Client::new()
        .get(server.base.join("metrics").unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    answer.text().await.unwrap()
}

/// Whatever tools only read, they read while the server runs, on SQLite too.
async fn looked_at_beside_the_server(server: &Server, position: &str) {
    let tool = async |name, arguments: &[&str]| server.place.tool(name, arguments).await.unwrap();

    let listed = tool("projections", &["parked", MODEL]).await;
    let inspected = tool("projections", &["inspect", MODEL, position]).await;
    let status = tool("status", &[]).await;
    let examined = tool("doctor", &["interviews", MODEL]).await;
    let dry = tool("doctor", &["--dry-run"]).await;

    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(
        listed.contains("interview_type.enchanted version 1: unknown_type"),
        "{listed}"
    );
    assert!(inspected.contains("waiting       typ_"), "{inspected}");
    let row = status.lines().find(|line| line.starts_with(MODEL)).unwrap();
    assert!(
        row.split_whitespace().eq([
            MODEL,
            row.split_whitespace().nth(1).unwrap(),
            "0",
            "-",
            "-",
            "2",
            "current"
        ]),
        "{status}"
    );
    assert!(status.starts_with("log: position "), "{status}");
    assert_eq!(examined.matches("as the log says").count(), 2, "{examined}");
    assert_eq!(
        dry.matches("made by this version").count(),
        projections::projections::names().len(),
        "{dry}"
    );
}

/// An organisation with two events that this version does not know, and where they are.
async fn with_two_bad_events(place: Place) -> (Place, [String; 2]) {
    let server = place.start().await.unwrap();
    let cast = server.cast().unwrap();
    prepare(&cast, &Silent).await.unwrap();
    let viewer = cast.admin.data(op::VIEWER, &json!({})).await.unwrap();
    let organisation = viewer["viewer"]["organisation"]["id"].as_str().unwrap();
    let tenant: OrganisationId = organisation.parse().unwrap();
    let (place, _) = server.stop().await;
    let positions = match place.database_url() {
        None => {
            let log = SqliteLog::open(&place.folder().join("log.db")).await.unwrap();
            let positions = [enchant(&log, tenant).await, enchant(&log, tenant).await];
            log.close().await;
            positions
        }
        Some(url) => {
            let log = PostgresLog::connect(&url).await.unwrap();
            let positions = [enchant(&log, tenant).await, enchant(&log, tenant).await];
            log.close().await;
            positions
        }
    };
    (place, positions)
}

async fn enchant(log: &dyn Log, tenant: OrganisationId) -> String {
    let now = log.last_recorded_at().await.unwrap().unwrap();
    let interview_type: InterviewTypeId = mint(now);
    let event = NewEvent {
        event_type: "interview_type.enchanted".to_owned(),
        schema_version: 1,
        payload: b"{}".to_vec(),
        occurred_at: now,
        links: Vec::new(),
        subjects: Vec::new(),
    };
    let append = Append {
        command: CommandMeta {
            tenant,
            command_id: mint(now),
            input_hash: [0; 32],
            correlation_id: mint(now),
            causation_id: None,
            actor: Actor::system("test"),
            trace: None,
        },
        now,
        writes: vec![StreamWrite {
            stream: StreamId {
                tenant,
                category: Category::InterviewType,
                id: interview_type.uuid(),
            },
            expected: 0,
            events: vec![event],
        }],
        result: b"null".to_vec(),
    };
    log.append(append).await.unwrap().position.to_string()
}
