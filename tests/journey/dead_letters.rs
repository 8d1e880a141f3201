//! What was given up is seen by admins, and tried again when they want it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use greenroom::demo::{
    client::Client,
    journey::{
        ADMIN, Cast, Clockwork, Journey, Person, RECRUITER, TRANSCRIPT, moment, prepare, timeline,
        transcript_input,
    },
    operations as op,
    story::Silent,
};
use serde_json::{Value, json};

use crate::support::{
    ending::count,
    server::{Place, Server},
};

#[tokio::test]
async fn a_dead_letter_is_seen_by_an_admin_tried_again_and_succeeds_on_sqlite() {
    let server = Place::embedded().start().await.unwrap();

    is_seen_and_tried_again(server).await;
}

#[tokio::test]
async fn a_dead_letter_is_seen_by_an_admin_tried_again_and_succeeds_on_postgres() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let server = place.start().await.unwrap();

    is_seen_and_tried_again(server).await;
}

async fn is_seen_and_tried_again(server: Server) {
    let cast = server.cast().unwrap();
    let (interview, report) = damaged_transcript(&server, &cast).await;
    let dead = dead_letters(&cast.admin).await;
    let letter = &dead["edges"][0]["node"];
    assert_eq!(dead["totalCount"], 1, "{dead}\n{}", server.log());
    assert_eq!(
        (&letter["deed"], &letter["code"], &letter["interviewId"]),
        (&json!("write_report"), &json!("unreadable"), &json!(interview)),
        "{letter}"
    );
    let retry = |key: &str| json!({ "effectId": letter["id"], "reason": "The blob is back from the backup", "idempotencyKey": key });

    for person in [&cast.recruiter, &cast.lena, &cast.candidate, &cast.stranger] {
        assert_eq!(
            person.refusal(op::RETRY_EFFECT, &retry("mine")).await.unwrap(),
            "FORBIDDEN"
        );
    }
    let (admin, recruiter, elsewhere) = with_another_organisation(&server, &cast).await;
    assert_eq!(dead_letters(&elsewhere).await["totalCount"], 0);
    assert_eq!(
        elsewhere
            .refusal(op::RETRY_EFFECT, &retry("theirs"))
            .await
            .unwrap(),
        "NOT_FOUND"
    );
    let nothing = json!({ "effectId": interview, "reason": "No effect at all" });
    assert_eq!(
        admin.refusal(op::RETRY_EFFECT, &nothing).await.unwrap(),
        "NOT_FOUND"
    );
    let mute = json!({ "effectId": letter["id"], "reason": "" });
    assert_eq!(admin.refusal(op::RETRY_EFFECT, &mute).await.unwrap(), "INVALID");

    mend(&blob(server.place.folder()));
    let first = admin.carry_out(op::RETRY_EFFECT, &retry("mend")).await.unwrap();
    let again = admin.carry_out(op::RETRY_EFFECT, &retry("mend")).await.unwrap();
    server.clock.settle().await.unwrap();

    assert_eq!(first["position"], again["position"]);
    let read = recruiter
        .data(op::REPORT, &json!({ "id": report }))
        .await
        .unwrap();
    assert_eq!(read["report"]["status"], "GENERATED", "{read}");
    assert_eq!(dead_letters(&admin).await["totalCount"], 0);
    let told = timeline(&recruiter, &interview).await.unwrap();
    let times = ["effect.gave_up", "effect.retried", "report.generated"].map(|kind| count(&told, kind));
    assert_eq!(times, [1, 1, 1]);
    assert_eq!(
        admin
            .refusal(op::RETRY_EFFECT, &retry("once more"))
            .await
            .unwrap(),
        "WRONG_STATE"
    );
}

/// An interview whose transcript was damaged on the disk before a report was written from it.
async fn damaged_transcript(server: &Server, cast: &Cast) -> (String, String) {
    let stage = prepare(cast, &Silent).await.unwrap();
    let (interview, _, start) = Journey::book_and_pay(cast, &stage, &Silent).await.unwrap();
    server.clock.settle().await.unwrap();
    Journey::meet(cast, &interview, moment(&start).unwrap(), &server.clock, &Silent)
        .await
        .unwrap();
    let transcript: Value = serde_json::from_str(TRANSCRIPT).unwrap();
    let attach = json!({ "interviewId": interview, "transcript": transcript_input(&transcript) });
    cast.recruiter
        .carry_out(op::ATTACH_TRANSCRIPT, &attach)
        .await
        .unwrap();
    damage(&blob(server.place.folder()));
    let asked = cast
        .recruiter
        .carry_out(op::REQUEST_REPORT, &json!({ "interviewId": interview }))
        .await
        .unwrap();
    server.clock.settle().await.unwrap();
    let report = asked["report"]["id"].as_str().unwrap().to_owned();
    (interview, report)
}

async fn dead_letters(client: &Client) -> Value {
    let mut data = client.data(op::DEAD_LETTERS, &json!({})).await.unwrap();
    data["system"]["effects"]["deadLetters"].take()
}

/// Admin and recruiter of the organisation, and the admin of another one on the same server: from the second on, a
/// token says for which it is.
async fn with_another_organisation(server: &Server, cast: &Cast) -> (Client, Client, Client) {
    let boss = Person {
        name: "Ines Duarte",
        email: "ines@elsewhere.example",
        ..ADMIN
    };
    let first = cast.admin.data(op::VIEWER, &json!({})).await.unwrap();
    let maker = server.place.token(boss.role, boss.email, 24).await.unwrap();
    let maker = Client::new(&server.base, Some(maker)).unwrap();
    let organisation = json!({ "name": "Elsewhere", "timeZone": boss.zone });
    let second = maker
        .carry_out(op::CREATE_ORGANISATION, &organisation)
        .await
        .unwrap();
    (
        member(server, ADMIN, &first["viewer"]["organisation"]["id"]).await,
        member(server, RECRUITER, &first["viewer"]["organisation"]["id"]).await,
        member(server, boss, &second["organisation"]["id"]).await,
    )
}

async fn member(server: &Server, person: Person, organisation: &Value) -> Client {
    let organisation = organisation.as_str().unwrap();
    let arguments = [
        "--role",
        person.role.name(),
        "--email",
        person.email,
        "--organisation",
        organisation,
        "--lifetime-hours",
        "480",
    ];
    let token = server.place.tool("token", &arguments).await.unwrap();
    Client::new(&server.base, Some(token.trim().to_owned())).unwrap()
}

/// The only blob of a data folder.
fn blob(data_folder: &Path) -> PathBuf {
    let files = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let blobs: Vec<_> = files(data_folder.join("blobs")).flat_map(files).collect();
    let [blob] = &blobs[..] else {
        panic!("{blobs:?}");
    };
    blob.clone()
}

/// Turns the last byte round; twice is as before.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    *bytes.last_mut().unwrap() ^= 0xff;
    fs::write(file, bytes).unwrap();
}

fn mend(file: &Path) {
    damage(file);
}
