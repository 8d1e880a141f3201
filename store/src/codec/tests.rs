use domain::{
    account::events::{AccountEvent, TimeZoneSet},
    actor::Actor,
    availability::events::BookingLimits,
    envelope::{Envelope, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId},
    interview_type::events::{Horizon, InterviewTypeEvent},
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
    let steps: [((&'static str, u16), Upcast); 6] = [
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
        (("account.moved", 1), |payload| {
            let mut pieces = vec![lifted(&payload["first"])];
            pieces.push(Lifted {
                name: "account.zones".to_owned(),
                version: 1,
                payload: json!({ "places": payload["then"] }),
            });
            pieces.push(lifted(&payload["last"]));
            Ok(pieces)
        }),
        (("account.zone_chosen", 3), |payload| {
            Ok(vec![lifted(&payload["zone"])])
        }),
        (("account.lived", 1), |payload| {
            Ok(vec![Lifted {
                name: "account.flew".to_owned(),
                version: 4,
                payload,
            }])
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
    assert!(matches!(
        error.source,
        CodecErrorKind::Upcast {
            schema_version: 2,
            ..
        }
    ));
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

#[test]
fn a_step_may_rename_an_event_and_its_fields() {
    let event = recorded("account.zone_chosen", 3, &json!({ "zone": "Asia/Kolkata" }));

    assert_eq!(with_history().decode(&event).unwrap(), [zone_set("Asia/Kolkata")]);
}

#[test]
fn pieces_are_lifted_on_and_keep_their_order() {
    let payload = json!({
        "first": "Europe/Rome",
        "then": ["Asia/Tokyo", "Asia/Kolkata"],
        "last": "Europe/Berlin",
    });

    let facts = with_history()
        .decode(&recorded("account.moved", 1, &payload))
        .unwrap();

    let zones = ["Europe/Rome", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin"];
    assert_eq!(facts, zones.map(zone_set));
}

#[test]
fn a_piece_may_be_dropped_from_between_others() {
    let payload = json!({ "first": "Europe/Rome", "then": [], "last": "Europe/Berlin" });

    let facts = with_history()
        .decode(&recorded("account.moved", 1, &payload))
        .unwrap();

    assert_eq!(facts, ["Europe/Rome", "Europe/Berlin"].map(zone_set));
}

#[test]
fn a_step_that_fails_late_in_the_chain_is_named_beside_what_is_stored() {
    let event = recorded(
        "account.moved",
        1,
        &json!({ "first": "Europe/Rome", "then": 7, "last": "Europe/Rome" }),
    );

    let error = with_history().decode(&event).unwrap_err();

    assert_eq!(
        (error.position, error.event_type.as_str(), error.schema_version),
        (Position(42), "account.moved", 1)
    );
    assert!(!error.is_unknown());
    assert_eq!(
        error.source.to_string(),
        "the step from account.zones version 2 failed"
    );
}

#[test]
fn a_piece_that_does_not_fit_the_event_it_became_fails_the_whole_event() {
    let event = recorded("account.zone_chosen", 3, &json!({ "zone": "Middle/Earth" }));

    let error = with_history().decode(&event).unwrap_err();

    assert!(matches!(
        error.source,
        CodecErrorKind::Decode(DecodeError::Shape { .. })
    ));
}

#[test]
fn a_version_without_a_step_is_not_lifted_by_the_steps_of_others() {
    let error = with_history()
        .decode(&recorded("account.zones", 3, &json!({ "zones": [] })))
        .unwrap_err();

    assert!(error.is_unknown());
}

#[test]
fn what_a_step_makes_must_be_known_too() {
    let error = with_history()
        .decode(&recorded("account.lived", 1, &json!({})))
        .unwrap_err();

    assert!(error.is_unknown());
    assert_eq!(error.event_type, "account.lived");
}

#[test]
fn only_what_is_unknown_counts_as_unknown() {
    let of = |name, version, payload: Value| {
        Codec::current()
            .decode(&recorded(name, version, &payload))
            .unwrap_err()
            .is_unknown()
    };

    assert!(of("account.flew", 1, json!({})));
    assert!(of(
        "account.time_zone_set",
        2,
        lifted(&json!("Asia/Kolkata")).payload
    ));
    assert!(!of("account.time_zone_set", 1, json!({ "zone": 7 })));
}

#[test]
fn reading_changes_no_stored_byte() {
    let event = recorded("account.zones", 1, &json!({ "places": ["Asia/Kolkata"] }));
    let before = event.clone();

    with_history().decode(&event).unwrap();

    assert_eq!(event, before);
}

#[test]
fn a_product_of_before_is_booked_so_many_days_ahead_by_anybody_of_its_pool() {
    let old = include_str!("../../../schemas/events/interview_type.defined.v1.sample.json");
    let mut stored = recorded("interview_type.defined", 1, &serde_json::from_str(old).unwrap());
    stored.envelope.stream.category = Category::InterviewType;

    let read = Codec::current().decode(&stored).unwrap();

    let [Fact::InterviewType(InterviewTypeEvent::InterviewTypeDefined(defined))] = &read[..] else {
        panic!("{read:?}");
    };
    assert_eq!(defined.spec.horizon, Horizon::Days(60));
    assert_eq!(defined.spec.slot_offset_minutes, 0);
    assert!(defined.spec.panel.roles.is_empty() && defined.spec.panel.preferences.is_empty());
}

#[test]
fn a_product_of_before_asks_nobody_to_agree_to_its_bookings() {
    let old = include_str!("../../../schemas/events/interview_type.revised.v2.sample.json");
    let mut stored = recorded("interview_type.revised", 2, &serde_json::from_str(old).unwrap());
    stored.envelope.stream.category = Category::InterviewType;

    let read = Codec::current().decode(&stored).unwrap();

    let [Fact::InterviewType(InterviewTypeEvent::InterviewTypeRevised(revised))] = &read[..] else {
        panic!("{read:?}");
    };
    assert_eq!(revised.spec.confirm_within_minutes, None);
}

#[test]
fn a_product_of_before_has_no_limits() {
    let old = include_str!("../../../schemas/events/interview_type.defined.v3.sample.json");
    let mut stored = recorded("interview_type.defined", 3, &serde_json::from_str(old).unwrap());
    stored.envelope.stream.category = Category::InterviewType;

    let read = Codec::current().decode(&stored).unwrap();

    let [Fact::InterviewType(InterviewTypeEvent::InterviewTypeDefined(defined))] = &read[..] else {
        panic!("{read:?}");
    };
    assert_eq!(defined.spec.limits, BookingLimits::default());
}

#[test]
fn a_product_that_says_nothing_of_its_horizon_is_not_read() {
    let mut stored = recorded("interview_type.defined", 1, &json!({ "spec": { "panel": {} } }));
    stored.envelope.stream.category = Category::InterviewType;

    assert!(Codec::current().decode(&stored).is_err());
}
