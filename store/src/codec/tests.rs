use domain::{
    account::events::{AccountEvent, TimeZoneSet},
    actor::Actor,
    envelope::{Envelope, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId},
    time::Zone,
};
use serde_json::json;
use uuid::Uuid;

use super::*;

fn recorded(event_type: &str, schema_version: u16, payload: &Value) -> Recorded {
    let moment = "2026-03-01T10:00:00Z".parse().unwrap();
    Recorded {
        envelope: Envelope {
            position: Position(42),
            stream: StreamId {
                tenant: OrganisationId::new(Uuid::from_u128(1)),
                category: Category::Account,
                id: Uuid::from_u128(2),
            },
            version: 1,
            event_id: EventId::new(Uuid::from_u128(3)),
            event_type: event_type.to_owned(),
            schema_version,
            occurred_at: moment,
            recorded_at: moment,
            actor: Actor::system("test"),
            command_id: CommandId::new(Uuid::from_u128(4)),
            correlation_id: CorrelationId::new(Uuid::from_u128(5)),
            causation_id: None,
            subjects: Vec::new(),
            links: Vec::new(),
            trace: None,
            hash: [0; 32],
        },
        payload: payload.to_string().into_bytes().into(),
    }
}

fn account() -> AccountId {
    AccountId::new(Uuid::from_u128(2))
}

fn zone_set(zone: &str) -> Fact {
    AccountEvent::from(TimeZoneSet {
        account: account(),
        zone: zone.parse::<Zone>().unwrap(),
    })
    .into()
}

fn lifted(zone: &Value) -> Lifted {
    Lifted {
        name: "account.time_zone_set".to_owned(),
        version: 1,
        payload: json!({ "account": account(), "zone": zone }),
    }
}

/// `account.zones` once held several zones, and before that called them places.
fn with_history() -> Codec {
    let steps: [((&'static str, u16), Upcast); 3] = [
        (("account.zones", 1), |mut payload| {
            let zones = payload["places"].take();
            Ok(vec![Lifted {
                name: "account.zones".to_owned(),
                version: 2,
                payload: json!({ "zones": zones }),
            }])
        }),
        (("account.zones", 2), |payload| {
            let zones = payload["zones"].as_array();
            let zones = zones.ok_or_else(|| UpcastError("zones are no list".to_owned()))?;
            Ok(zones.iter().map(lifted).collect())
        }),
        (("account.circle", 1), |payload| {
            Ok(vec![Lifted {
                name: "account.circle".to_owned(),
                version: 1,
                payload,
            }])
        }),
    ];
    Codec::with_steps(steps)
}

#[test]
fn a_current_event_is_read_from_its_bytes() {
    let event = recorded(
        "account.time_zone_set",
        1,
        &lifted(&json!("Asia/Kolkata")).payload,
    );

    assert_eq!(
        Codec::current().decode(&event).unwrap(),
        [zone_set("Asia/Kolkata")]
    );
    assert_eq!(with_history().decode(&event).unwrap(), [zone_set("Asia/Kolkata")]);
}

#[test]
fn an_old_event_is_lifted_step_by_step_and_split_in_order() {
    let event = recorded(
        "account.zones",
        1,
        &json!({ "places": ["Asia/Kolkata", "Europe/Berlin"] }),
    );

    let facts = with_history().decode(&event).unwrap();

    assert_eq!(facts, [zone_set("Asia/Kolkata"), zone_set("Europe/Berlin")]);
}

#[test]
fn a_step_may_drop_an_event() {
    let event = recorded("account.zones", 2, &json!({ "zones": [] }));

    assert_eq!(with_history().decode_as::<AccountEvent>(&event).unwrap(), []);
}

#[test]
fn a_step_that_fails_names_where() {
    let event = recorded("account.zones", 2, &json!({}));

    let error = with_history().decode(&event).unwrap_err();

    assert_eq!(
        (error.position, error.event_type.as_str()),
        (Position(42), "account.zones")
    );
    assert!(matches!(error.source, CodecErrorKind::Upcast(_)));
}

#[test]
fn steps_that_lead_in_a_circle_are_stopped() {
    let error = with_history()
        .decode(&recorded("account.circle", 1, &json!({})))
        .unwrap_err();

    assert!(matches!(error.source, CodecErrorKind::Endless));
}

#[test]
fn an_unknown_type_or_version_names_where_and_what() {
    let unknown = Codec::current()
        .decode(&recorded("account.flew", 1, &json!({})))
        .unwrap_err();
    let newer = Codec::current()
        .decode(&recorded("account.time_zone_set", 9, &json!({})))
        .unwrap_err();

    assert_eq!(
        unknown.to_string(),
        "the event at 42, account.flew version 1, cannot be read"
    );
    assert!(matches!(
        newer.source,
        CodecErrorKind::Decode(DecodeError::Unknown { version: 9, .. })
    ));
}
