//! People beside those of the journey.

use domain::actor::Role;
use greenroom::demo::{client::Client, operations as op};
use serde_json::{Value, json};

use super::server::Server;

/// Hours of a token: longer than any test's clock goes on.
const TOKEN_HOURS: u32 = 24 * 60;

const EVERY_DAY: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

/// Somebody new of the organisation, signed in.
pub(crate) async fn somebody(server: &Server, role: Role, name: &str) -> Client {
    let email = format!("{name}@people.example");
    let token = server.place.token(role, &email, TOKEN_HOURS).await.unwrap();
    Client::new(&server.base, Some(token)).unwrap()
}

/// Lets an interviewer be met within these windows of each day, but for some dates; gives their account.
pub(crate) async fn can_be_met(host: &Client, zone: &str, windows: &[(&str, &str)], but: Value) -> String {
    let viewer = host.data(op::VIEWER, &json!({})).await.unwrap();
    let rule = |(from, to): &(&str, &str)| json!({ "weekdays": EVERY_DAY, "from": from, "to": to });
    let rules: Vec<_> = windows.iter().map(rule).collect();
    let availability = json!({
        "timeZone": zone, "rules": rules, "overrides": but, "idempotencyKey": "rules"
    });
    host.carry_out(op::SET_AVAILABILITY, &availability).await.unwrap();
    viewer["viewer"]["account"]["id"].as_str().unwrap().to_owned()
}
