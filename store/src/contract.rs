//! The contract of the log as cases that every back end passes, each on a fresh and empty log.
//!
//! [`crate::contract_cases`] names them all; a back end makes one test of each:
//!
//! ```ignore
//! macro_rules! memory {
//!     ($($case:ident)*) => { $(#[tokio::test] async fn $case() {
//!         store::contract::run(stringify!($case), Arc::new(MemoryLog::new())).await;
//!     })* };
//! }
//! store::contract_cases!(memory);
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "cases are test code: what they unwrap is what they claim"
)]

use std::{collections::HashMap, sync::Arc};

use domain::{
    actor::Actor,
    envelope::{Position, Recorded, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    time::Instant,
};
use futures::{TryStreamExt, future::join_all};
use uuid::Uuid;

use crate::{
    hash::{BEFORE_THE_FIRST, Broken, verify},
    log::{
        Append, AppendError, CommandMeta, Direction, Filter, Log, MAX_APPEND_BYTES, MAX_EVENTS,
        MAX_PAYLOAD_BYTES, NewEvent, Query, Receipt, StreamWrite, event_id,
    },
};

/// Calls a macro with the names of all cases.
#[macro_export]
macro_rules! contract_cases {
    ($then:ident) => {
        $then! {
            an_empty_log_has_no_end
            an_empty_log_reads_nothing
            the_first_event_has_position_one
            positions_have_no_gaps
            events_get_positions_in_the_order_of_the_append
            versions_count_in_each_stream
            a_refused_append_leaves_no_gap
            a_receipt_names_the_first_and_the_last_position
            event_ids_follow_from_the_command
            an_envelope_is_kept_as_it_was_given
            moments_are_kept_in_microseconds
            every_kind_of_actor_is_kept

            a_new_stream_is_expected_at_zero
            a_stream_that_exists_is_not_expected_at_zero
            an_expectation_behind_conflicts
            an_expectation_ahead_conflicts
            a_conflict_stores_nothing
            a_guard_that_holds_lets_the_append_pass
            a_guard_that_does_not_hold_refuses_the_append
            a_guard_can_say_that_a_stream_does_not_exist
            guards_alone_are_accepted_with_a_receipt
            a_stream_named_twice_is_met_at_its_new_version
            an_append_over_several_streams_is_stored_whole
            one_conflict_among_several_streams_stores_nothing
            an_append_may_write_two_hundred_streams
            streams_of_two_tenants_are_apart
            streams_of_two_categories_are_apart

            a_repeated_command_is_answered_with_its_receipt
            a_repeat_shows_the_input_that_was_accepted
            a_repeat_is_told_before_a_conflict
            a_no_op_keeps_a_receipt_at_the_head
            a_no_op_on_an_empty_log_is_at_the_start
            an_unknown_command_has_no_receipt
            a_receipt_is_kept_as_it_was_answered

            ten_thousand_events_fit_into_one_append
            more_than_ten_thousand_events_are_too_many
            a_payload_of_a_mebibyte_is_kept
            the_largest_payload_is_kept
            a_larger_payload_is_refused
            a_larger_result_is_refused
            a_larger_append_is_refused
            more_links_than_allowed_are_refused
            what_is_too_large_stores_nothing
            an_empty_payload_is_kept
            a_payload_in_many_scripts_is_kept
            a_payload_with_nul_is_kept
            a_payload_that_is_no_text_is_kept
            names_in_many_scripts_are_kept
            an_event_with_one_link_twice_is_read_once

            all_events_forward
            all_events_backward
            events_of_a_tenant_forward
            events_of_a_tenant_backward
            events_of_a_category_forward
            events_of_a_category_backward
            events_of_a_category_in_a_tenant_forward
            events_of_a_category_in_a_tenant_backward
            events_of_a_type_forward
            events_of_a_type_backward
            events_of_a_stream_forward
            events_of_a_stream_backward
            events_of_an_id_forward
            events_of_an_id_backward
            events_of_a_person_forward
            events_of_a_person_backward
            events_of_a_request_forward
            events_of_a_request_backward
            what_matches_nothing_reads_nothing
            positions_beyond_the_log_read_nothing
            the_largest_positions_are_positions
            many_events_are_read_in_order
            many_events_of_a_stream_are_read_in_order
            large_events_are_read_in_order

            versions_come_in_the_order_asked
            versions_of_no_streams_are_none
            the_tail_begins_at_the_head
            the_tail_moves_with_an_append
            the_tail_never_tells_of_what_cannot_be_read

            recorded_at_is_the_appenders_time
            recorded_at_never_goes_back
            a_no_op_does_not_move_time
            a_moment_is_at_the_last_position_before_it
            a_moment_before_everything_is_at_the_start
            a_moment_on_an_empty_log_is_at_the_start

            the_hash_chain_fits
            the_hash_chain_breaks_where_a_payload_was_changed
            the_hash_chain_breaks_where_an_envelope_was_changed
            the_hash_chain_breaks_where_an_event_was_left_out
            the_hash_chain_breaks_where_events_changed_places

            one_of_many_writers_of_a_version_wins
            conflicting_appends_do_not_fail_their_neighbours
            a_command_sent_many_times_is_accepted_once
            writers_that_try_again_lose_nothing
            writers_agree_with_a_model
            writers_of_several_streams_are_never_half_done
            readers_always_see_a_beginning_of_the_log
        }
    };
}

macro_rules! runner {
    ($($case:ident)*) => {
        /// The names of all cases.
        pub const CASES: &[&str] = &[$(stringify!($case)),*];

        /// Runs one case on a log that is empty. Panics when the log does not keep its promise.
        pub async fn run(case: &str, log: Arc<dyn Log>) {
            match case {
                $(stringify!($case) => Box::pin($case(log)).await,)*
                other => panic!("there is no case {other}"),
            }
        }
    };
}
contract_cases!(runner);

// Builders: only what matters to a case is said in it.

fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}

fn tenant(number: u64) -> OrganisationId {
    OrganisationId::new(id(1_000_000 + number))
}

fn command(number: u64) -> CommandId {
    CommandId::new(id(2_000_000 + number))
}

fn request(number: u64) -> CorrelationId {
    CorrelationId::new(id(3_000_000 + number))
}

fn person(number: u64) -> SubjectId {
    SubjectId::new(id(4_000_000 + number))
}

fn stream(number: u64) -> StreamId {
    StreamId {
        tenant: tenant(1),
        category: Category::Interview,
        id: id(number),
    }
}

fn at(second: i64) -> Instant {
    Instant::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// An event of some type.
pub fn event(event_type: &str) -> NewEvent {
    NewEvent {
        event_type: event_type.to_owned(),
        schema_version: 1,
        payload: br#"{"some":"thing"}"#.to_vec(),
        occurred_at: at(0),
        links: Vec::new(),
        subjects: Vec::new(),
    }
}

fn with_payload(payload: impl Into<Vec<u8>>) -> NewEvent {
    NewEvent {
        payload: payload.into(),
        ..event("sized")
    }
}

fn some(count: usize) -> Vec<NewEvent> {
    vec![event("happened"); count]
}

/// An append of a command that writes nothing yet.
pub fn append(number: u64) -> Append {
    Append {
        command: CommandMeta {
            tenant: tenant(1),
            command_id: command(number),
            input_hash: [7; 32],
            correlation_id: request(number),
            causation_id: None,
            actor: Actor::system("contract"),
            trace: None,
        },
        now: at(0),
        writes: Vec::new(),
        result: b"{}".to_vec(),
    }
}

/// What an append does to stream `number` of the first tenant.
pub fn write(number: u64, expected: u64, events: Vec<NewEvent>) -> StreamWrite {
    StreamWrite {
        stream: stream(number),
        expected,
        events,
    }
}

trait Writes {
    fn to(self, number: u64, expected: u64, events: Vec<NewEvent>) -> Self;
    fn to_stream(self, stream: StreamId, expected: u64, events: Vec<NewEvent>) -> Self;
    fn at(self, second: i64) -> Self;
}

impl Writes for Append {
    fn to(mut self, number: u64, expected: u64, events: Vec<NewEvent>) -> Self {
        self.writes.push(write(number, expected, events));
        self
    }

    fn to_stream(mut self, stream: StreamId, expected: u64, events: Vec<NewEvent>) -> Self {
        self.writes.push(StreamWrite {
            stream,
            expected,
            events,
        });
        self
    }

    fn at(mut self, second: i64) -> Self {
        self.now = at(second);
        self
    }
}

async fn ok(log: &Arc<dyn Log>, append: Append) -> Receipt {
    log.append(append).await.unwrap()
}

async fn refused(log: &Arc<dyn Log>, append: Append) -> AppendError {
    log.append(append).await.unwrap_err()
}

async fn all(log: &Arc<dyn Log>) -> Vec<Recorded> {
    read(log, Query::forward(Filter::All)).await
}

async fn read(log: &Arc<dyn Log>, query: Query) -> Vec<Recorded> {
    log.read(query).try_collect().await.unwrap()
}

async fn only(log: &Arc<dyn Log>) -> Recorded {
    let events = all(log).await;
    assert_eq!(events.len(), 1);
    events.into_iter().next().unwrap()
}

fn positions(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.envelope.position.0).collect()
}

fn types(events: &[Recorded]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event.envelope.event_type.as_str())
        .collect()
}

fn assert_conflict(error: &AppendError, number: u64, expected: u64, actual: u64) {
    match error {
        AppendError::Conflict {
            stream: on,
            expected: at_first,
            actual: in_fact,
        } => assert_eq!((*on, *at_first, *in_fact), (stream(number), expected, actual)),
        other => panic!("not a conflict: {other:?}"),
    }
}

async fn assert_nothing_stored(log: &Arc<dyn Log>, number: u64, head: u64) {
    assert_eq!(log.head().await.unwrap(), Position(head));
    assert_eq!(all(log).await.len() as u64, head);
    assert_eq!(log.receipt(command(number)).await.unwrap(), None);
}

// Positions, versions and envelopes.

async fn an_empty_log_has_no_end(log: Arc<dyn Log>) {
    assert_eq!(log.head().await.unwrap(), Position::START);
    assert_eq!(log.last_recorded_at().await.unwrap(), None);
}

async fn an_empty_log_reads_nothing(log: Arc<dyn Log>) {
    assert_eq!(read(&log, Query::forward(Filter::All)).await, []);
    assert_eq!(read(&log, Query::backward(Filter::All)).await, []);
}

async fn the_first_event_has_position_one(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(1))).await;

    assert_eq!(receipt.position, Position(1));
    assert_eq!(only(&log).await.envelope.position, Position(1));
}

async fn positions_have_no_gaps(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;
    ok(&log, append(2)).await;
    ok(&log, append(3).to(1, 3, some(2)).to(2, 0, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2, 3, 4, 5, 6]);
    assert_eq!(log.head().await.unwrap(), Position(6));
}

async fn events_get_positions_in_the_order_of_the_append(log: Arc<dyn Log>) {
    let writes = append(1)
        .to(9, 0, vec![event("a"), event("b")])
        .to(1, 0, vec![event("c")])
        .to(5, 0, vec![event("d")]);

    ok(&log, writes).await;

    assert_eq!(types(&all(&log).await), ["a", "b", "c", "d"]);
}

async fn versions_count_in_each_stream(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2)).to(2, 0, some(1))).await;
    ok(&log, append(2).to(2, 1, some(1)).to(1, 2, some(1))).await;

    let versions: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| (event.envelope.stream, event.envelope.version))
        .collect();
    let (one, two) = (stream(1), stream(2));
    assert_eq!(versions, [(one, 1), (one, 2), (two, 1), (two, 2), (one, 3)]);
}

async fn a_refused_append_leaves_no_gap(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(2, 0, some(3)).to(1, 0, some(1))).await;
    ok(&log, append(3).to(1, 1, some(1))).await;

    assert_eq!(positions(&all(&log).await), [1, 2]);
}

async fn a_receipt_names_the_first_and_the_last_position(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, some(3)).to(2, 0, some(1))).await;

    assert_eq!(receipt.first, Some(Position(3)));
    assert_eq!(receipt.position, Position(6));
}

async fn event_ids_follow_from_the_command(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let ids: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.event_id)
        .collect();
    assert_eq!(ids, [0, 1, 2].map(|index| event_id(command(1), index)));
}

async fn an_envelope_is_kept_as_it_was_given(log: Arc<dyn Log>) {
    let mut given = append(1).at(50);
    given.command.causation_id = Some(EventId::new(id(77)));
    given.command.trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let written = NewEvent {
        event_type: "interview.held".to_owned(),
        schema_version: 65_535,
        payload: b"{\"a\": 1 }\n".to_vec(),
        occurred_at: at(-100),
        links: vec![id(30), id(10), id(20)],
        subjects: vec![person(2), person(1)],
    };

    ok(&log, given.clone().to(1, 0, vec![written.clone()])).await;

    let Recorded { envelope, payload } = only(&log).await;
    assert_eq!(envelope.stream, stream(1));
    assert_eq!(envelope.version, 1);
    assert_eq!(envelope.event_type, written.event_type);
    assert_eq!(envelope.schema_version, written.schema_version);
    assert_eq!(envelope.occurred_at, written.occurred_at);
    assert_eq!(envelope.recorded_at, given.now);
    assert_eq!(envelope.actor, given.command.actor);
    assert_eq!(envelope.command_id, given.command.command_id);
    assert_eq!(envelope.correlation_id, given.command.correlation_id);
    assert_eq!(envelope.causation_id, given.command.causation_id);
    assert_eq!(envelope.trace, given.command.trace);
    assert_eq!(envelope.links, written.links);
    assert_eq!(envelope.subjects, written.subjects);
    assert_eq!(*payload, *written.payload);
}

async fn moments_are_kept_in_microseconds(log: Arc<dyn Log>) {
    let fine = Instant::from_timestamp(1_800_000_000, 123_456_789).unwrap();
    let whole = Instant::from_timestamp(1_800_000_000, 123_456_000).unwrap();
    let mut given = append(1).to(1, 0, some(1));
    given.now = fine;
    given.writes[0].events[0].occurred_at = fine;

    let receipt = ok(&log, given).await;

    let envelope = only(&log).await.envelope;
    assert_eq!(
        [receipt.recorded_at, envelope.recorded_at, envelope.occurred_at],
        [whole; 3]
    );
}

async fn every_kind_of_actor_is_kept(log: Arc<dyn Log>) {
    let actors = [
        Actor::account(AccountId::new(id(1))),
        Actor::Account {
            account: AccountId::new(id(1)),
            on_behalf_of: Some(AccountId::new(id(2))),
        },
        Actor::system("expire_holds"),
        Actor::Provider {
            name: "sandbox".to_owned(),
        },
    ];

    for (number, actor) in (1..).zip(&actors) {
        let mut given = append(number).to(number, 0, some(1));
        given.command.actor = actor.clone();
        ok(&log, given).await;
    }

    let kept: Vec<_> = all(&log)
        .await
        .into_iter()
        .map(|event| event.envelope.actor)
        .collect();
    assert_eq!(kept, actors);
}

// Expectations and guards.

async fn a_new_stream_is_expected_at_zero(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 1, some(1))).await;

    assert_conflict(&error, 1, 1, 0);
}

async fn a_stream_that_exists_is_not_expected_at_zero(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let error = refused(&log, append(2).to(1, 0, some(1))).await;

    assert_conflict(&error, 1, 0, 1);
}

async fn an_expectation_behind_conflicts(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(5))).await;

    let error = refused(&log, append(2).to(1, 4, some(1))).await;

    assert_conflict(&error, 1, 4, 5);
}

async fn an_expectation_ahead_conflicts(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(5))).await;

    let error = refused(&log, append(2).to(1, 6, some(1))).await;

    assert_conflict(&error, 1, 6, 5);
}

async fn a_conflict_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    refused(&log, append(2).to(1, 0, some(1))).await;

    assert_nothing_stored(&log, 2, 1).await;
}

async fn a_guard_that_holds_lets_the_append_pass(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, some(1))).await;

    assert_eq!(receipt.position, Position(3));
    assert_eq!(log.versions(&[stream(1), stream(2)]).await.unwrap(), [2, 1]);
}

async fn a_guard_that_does_not_hold_refuses_the_append(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let error = refused(&log, append(2).to(2, 0, some(1)).to(1, 1, vec![])).await;

    assert_conflict(&error, 1, 1, 2);
    assert_nothing_stored(&log, 2, 2).await;
}

async fn a_guard_can_say_that_a_stream_does_not_exist(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, vec![]).to(2, 0, some(1))).await;

    let error = refused(&log, append(2).to(2, 0, vec![]).to(3, 0, some(1))).await;

    assert_conflict(&error, 2, 0, 1);
}

async fn guards_alone_are_accepted_with_a_receipt(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(2))).await;

    let receipt = ok(&log, append(2).to(1, 2, vec![]).to(2, 0, vec![])).await;

    assert_eq!((receipt.first, receipt.position), (None, Position(2)));
    assert_eq!(log.receipt(command(2)).await.unwrap(), Some(receipt));
}

async fn a_stream_named_twice_is_met_at_its_new_version(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(2)).to(1, 0, some(1))).await;

    assert_conflict(&error, 1, 0, 2);
    assert_nothing_stored(&log, 1, 0).await;
}

async fn an_append_over_several_streams_is_stored_whole(log: Arc<dyn Log>) {
    ok(
        &log,
        append(1).to(1, 0, some(1)).to(2, 0, some(2)).to(3, 0, some(3)),
    )
    .await;

    let versions = log.versions(&[stream(1), stream(2), stream(3)]).await.unwrap();
    assert_eq!(versions, [1, 2, 3]);
}

async fn one_conflict_among_several_streams_stores_nothing(log: Arc<dyn Log>) {
    ok(&log, append(1).to(3, 0, some(1))).await;

    let error = refused(
        &log,
        append(2).to(1, 0, some(1)).to(2, 0, some(2)).to(3, 0, some(3)),
    )
    .await;

    assert_conflict(&error, 3, 0, 1);
    assert_nothing_stored(&log, 2, 1).await;
}

async fn an_append_may_write_two_hundred_streams(log: Arc<dyn Log>) {
    let wide = (1..=200).fold(append(1), |append, number| append.to(number, 0, some(1)));

    ok(&log, wide).await;

    let streams: Vec<_> = (1..=200).map(stream).collect();
    assert_eq!(log.versions(&streams).await.unwrap(), vec![1; 200]);
}

async fn streams_of_two_tenants_are_apart(log: Arc<dyn Log>) {
    let other = StreamId {
        tenant: tenant(2),
        ..stream(1)
    };
    ok(&log, append(1).to(1, 0, some(2))).await;

    ok(&log, append(2).to_stream(other, 0, some(1))).await;

    assert_eq!(log.versions(&[stream(1), other]).await.unwrap(), [2, 1]);
}

async fn streams_of_two_categories_are_apart(log: Arc<dyn Log>) {
    let other = StreamId {
        category: Category::Payment,
        ..stream(1)
    };
    ok(&log, append(1).to(1, 0, some(2))).await;

    ok(&log, append(2).to_stream(other, 0, some(1))).await;

    assert_eq!(log.versions(&[stream(1), other]).await.unwrap(), [2, 1]);
}

// Receipts.

async fn a_repeated_command_is_answered_with_its_receipt(log: Arc<dyn Log>) {
    let first = ok(&log, append(1).to(1, 0, some(2))).await;
    ok(&log, append(2).to(1, 2, some(1))).await;

    let repeat = refused(&log, append(1).to(1, 3, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if *receipt == first));
    assert_eq!(log.head().await.unwrap(), Position(3));
}

async fn a_repeat_shows_the_input_that_was_accepted(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let mut other = append(1).to(2, 0, some(1));
    other.command.input_hash = [8; 32];
    let repeat = refused(&log, other).await;

    assert!(matches!(repeat, AppendError::Duplicate(receipt) if receipt.input_hash == [7; 32]));
}

async fn a_repeat_is_told_before_a_conflict(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let repeat = refused(&log, append(1).to(1, 0, some(1))).await;

    assert!(matches!(repeat, AppendError::Duplicate(_)));
}

async fn a_no_op_keeps_a_receipt_at_the_head(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(4))).await;

    let receipt = ok(&log, append(2)).await;
    let repeat = refused(&log, append(2)).await;

    assert_eq!((receipt.first, receipt.position), (None, Position(4)));
    assert!(matches!(repeat, AppendError::Duplicate(kept) if *kept == receipt));
}

async fn a_no_op_on_an_empty_log_is_at_the_start(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1)).await;

    assert_eq!((receipt.first, receipt.position), (None, Position::START));
    assert_eq!(log.last_recorded_at().await.unwrap(), None);
}

async fn an_unknown_command_has_no_receipt(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    assert_eq!(log.receipt(command(2)).await.unwrap(), None);
}

async fn a_receipt_is_kept_as_it_was_answered(log: Arc<dyn Log>) {
    let mut given = append(1).to(1, 0, some(2)).at(9);
    given.result = vec![0, 255, b'{', 0];
    given.command.input_hash = std::array::from_fn(|index| u8::try_from(index).unwrap());

    let receipt = ok(&log, given.clone()).await;

    let expected = Receipt {
        command_id: command(1),
        tenant: tenant(1),
        input_hash: given.command.input_hash,
        first: Some(Position(1)),
        position: Position(2),
        result: given.result,
        recorded_at: at(9),
    };
    assert_eq!(receipt, expected);
    assert_eq!(log.receipt(command(1)).await.unwrap(), Some(expected));
}

// Sizes and bytes.

async fn ten_thousand_events_fit_into_one_append(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(MAX_EVENTS))).await;

    assert_eq!(receipt.position, Position(10_000));
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=10_000));
}

fn too_large(error: &AppendError) -> (usize, usize) {
    match error {
        AppendError::TooLarge { most, actual, .. } => (*most, *actual),
        other => panic!("not too large: {other:?}"),
    }
}

async fn more_than_ten_thousand_events_are_too_many(log: Arc<dyn Log>) {
    let error = refused(&log, append(1).to(1, 0, some(9_000)).to(2, 0, some(1_001))).await;

    assert_eq!(too_large(&error), (MAX_EVENTS, 10_001));
}

async fn assert_payload_kept(log: &Arc<dyn Log>, payload: Vec<u8>) {
    ok(log, append(1).to(1, 0, vec![with_payload(payload.clone())])).await;

    assert!(*only(log).await.payload == *payload);
}

async fn a_payload_of_a_mebibyte_is_kept(log: Arc<dyn Log>) {
    let payload = (0..1 << 20).map(|index| u8::try_from(index % 251).unwrap());
    assert_payload_kept(&log, payload.collect()).await;
}

async fn the_largest_payload_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, vec![b'x'; MAX_PAYLOAD_BYTES]).await;
}

async fn a_larger_payload_is_refused(log: Arc<dyn Log>) {
    let payload = with_payload(vec![b'x'; MAX_PAYLOAD_BYTES + 1]);

    let error = refused(&log, append(1).to(1, 0, vec![payload])).await;

    assert_eq!(too_large(&error), (MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1));
}

async fn a_larger_result_is_refused(log: Arc<dyn Log>) {
    let mut given = append(1).to(1, 0, some(1));
    given.result = vec![b'x'; MAX_PAYLOAD_BYTES + 1];

    let error = refused(&log, given).await;

    assert_eq!(too_large(&error), (MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1));
}

async fn a_larger_append_is_refused(log: Arc<dyn Log>) {
    let count = MAX_APPEND_BYTES / MAX_PAYLOAD_BYTES + 1;
    let payloads = vec![with_payload(vec![b'x'; MAX_PAYLOAD_BYTES]); count];

    let error = refused(&log, append(1).to(1, 0, payloads)).await;

    assert_eq!(too_large(&error).0, MAX_APPEND_BYTES);
}

async fn more_links_than_allowed_are_refused(log: Arc<dyn Log>) {
    let linked = NewEvent {
        links: (1..=5).map(id).collect(),
        ..event("linked")
    };

    let error = refused(&log, append(1).to(1, 0, vec![linked])).await;

    assert_eq!(too_large(&error), (4, 5));
}

async fn what_is_too_large_stores_nothing(log: Arc<dyn Log>) {
    let large = with_payload(vec![b'x'; MAX_PAYLOAD_BYTES + 1]);

    refused(&log, append(1).to(1, 0, vec![event("small"), large])).await;

    assert_nothing_stored(&log, 1, 0).await;
}

async fn an_empty_payload_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, Vec::new()).await;
}

async fn a_payload_in_many_scripts_is_kept(log: Arc<dyn Log>) {
    let text = r#"{"name":"Zoë O’Brien, 李小龍, मोहन, 👩🏽‍💻, עברית"}"#;
    assert_payload_kept(&log, text.as_bytes().to_vec()).await;
}

async fn a_payload_with_nul_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, b"\0before\0\0after\0".to_vec()).await;
}

async fn a_payload_that_is_no_text_is_kept(log: Arc<dyn Log>) {
    assert_payload_kept(&log, (0..=255).collect()).await;
}

async fn names_in_many_scripts_are_kept(log: Arc<dyn Log>) {
    let name = "Ünï\u{1F600}'\"\\;--";
    let mut given = append(1).to(1, 0, vec![event(name)]);
    given.command.actor = Actor::system("with\0nul and 漢字");
    given.command.trace = Some(name.to_owned());

    ok(&log, given.clone()).await;

    let envelope = only(&log).await.envelope;
    assert_eq!(envelope.event_type, name);
    assert_eq!(envelope.actor, given.command.actor);
    assert_eq!(envelope.trace, given.command.trace);
}

async fn an_event_with_one_link_twice_is_read_once(log: Arc<dyn Log>) {
    let twice = NewEvent {
        links: vec![id(8), id(8), id(1)],
        subjects: vec![person(1), person(1)],
        ..event("linked")
    };
    ok(&log, append(1).to(1, 0, vec![twice])).await;

    let by_link = |link| {
        Query::forward(Filter::Link {
            tenant: tenant(1),
            link,
        })
    };
    assert_eq!(positions(&read(&log, by_link(id(8))).await), [1]);
    assert_eq!(positions(&read(&log, by_link(id(1))).await), [1]);
    let by_person = Query::forward(Filter::Subject(person(1)));
    assert_eq!(positions(&read(&log, by_person).await), [1]);
}

// Filters.

/// Twelve events, over two tenants, two categories, three ids and three requests.
async fn seed(log: &Arc<dyn Log>) {
    let elsewhere = StreamId {
        tenant: tenant(2),
        ..stream(1)
    };
    let payment = StreamId {
        category: Category::Payment,
        ..stream(2)
    };
    let linked = |event_type| NewEvent {
        links: vec![id(1)],
        ..event(event_type)
    };
    let about = |event_type, number| NewEvent {
        subjects: vec![person(number)],
        ..event(event_type)
    };
    let first = append(1)
        .to(1, 0, vec![event("held"), about("confirmed", 1)]) // 1, 2
        .to_stream(payment, 0, vec![linked("ordered")]); // 3
    let mut second = append(2)
        .to_stream(elsewhere, 0, vec![event("held"), about("confirmed", 1)]) // 4, 5
        .to_stream(StreamId { category: Category::Payment, ..elsewhere }, 0, vec![event("ordered")]); // 6
    second.command.tenant = tenant(2);
    let third = append(3)
        .to(1, 2, vec![event("moved")]) // 7
        .to_stream(payment, 1, vec![linked("captured"), event("refunded")]) // 8, 9
        .to(3, 0, vec![linked("held"), about("confirmed", 2)]); // 10, 11
    let mut fourth = append(4).to(1, 3, vec![about("ended", 1)]); // 12
    fourth.command.correlation_id = request(3);
    for append in [first, second, third, fourth] {
        ok(log, append).await;
    }
}

/// Reads with every combination of bounds and compares with the matching positions, given in order.
async fn assert_reads(log: Arc<dyn Log>, filter: Filter, direction: Direction, matching: &[u64]) {
    seed(&log).await;
    let after = [None, Some(0), Some(3), Some(7), Some(12), Some(13)];
    let until = [None, Some(0), Some(2), Some(9), Some(12), Some(99)];
    let limit = [None, Some(0), Some(1), Some(2), Some(100)];
    for (after, until, limit) in after
        .into_iter()
        .flat_map(|after| until.map(|until| (after, until)))
        .flat_map(|(after, until)| limit.map(|limit| (after, until, limit)))
    {
        let query = Query {
            filter: filter.clone(),
            direction,
            after: after.map(Position),
            until: until.map(Position),
            limit,
        };
        let expected = bounded(direction, matching, &query);
        assert_eq!(positions(&read(&log, query.clone()).await), expected, "{query:?}");
    }
}

fn bounded(direction: Direction, matching: &[u64], query: &Query) -> Vec<u64> {
    let until = query.until.map_or(u64::MAX, |until| until.0);
    let mut matching: Vec<_> = matching
        .iter()
        .copied()
        .filter(|position| *position <= until)
        .collect();
    match direction {
        Direction::Forward => matching.retain(|position| query.after.is_none_or(|after| *position > after.0)),
        Direction::Backward => {
            matching.retain(|position| query.after.is_none_or(|after| *position < after.0));
            matching.reverse();
        }
    }
    let limit = query
        .limit
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    matching.truncate(limit);
    matching
}

macro_rules! filters {
    ($($forward:ident $backward:ident: $filter:expr => $matching:expr;)*) => {
        $(
            async fn $forward(log: Arc<dyn Log>) {
                assert_reads(log, $filter, Direction::Forward, &$matching).await;
            }

            async fn $backward(log: Arc<dyn Log>) {
                assert_reads(log, $filter, Direction::Backward, &$matching).await;
            }
        )*
    };
}

filters! {
    all_events_forward all_events_backward:
        Filter::All => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    events_of_a_tenant_forward events_of_a_tenant_backward:
        Filter::Tenant(tenant(2)) => [4, 5, 6];
    events_of_a_category_forward events_of_a_category_backward:
        Filter::Category { category: Category::Payment, tenant: None } => [3, 6, 8, 9];
    events_of_a_category_in_a_tenant_forward events_of_a_category_in_a_tenant_backward:
        Filter::Category { category: Category::Payment, tenant: Some(tenant(1)) } => [3, 8, 9];
    events_of_a_type_forward events_of_a_type_backward:
        Filter::Type("confirmed".to_owned()) => [2, 5, 11];
    events_of_a_stream_forward events_of_a_stream_backward:
        Filter::Stream(stream(1)) => [1, 2, 7, 12];
    events_of_an_id_forward events_of_an_id_backward:
        Filter::Link { tenant: tenant(1), link: id(1) } => [1, 2, 3, 7, 8, 10, 12];
    events_of_a_person_forward events_of_a_person_backward:
        Filter::Subject(person(1)) => [2, 5, 12];
    events_of_a_request_forward events_of_a_request_backward:
        Filter::Correlation(request(3)) => [7, 8, 9, 10, 11, 12];
}

async fn what_matches_nothing_reads_nothing(log: Arc<dyn Log>) {
    seed(&log).await;
    let filters = [
        Filter::Tenant(tenant(9)),
        Filter::Category {
            category: Category::Rubric,
            tenant: None,
        },
        Filter::Type("Held".to_owned()),
        Filter::Stream(stream(9)),
        Filter::Link {
            tenant: tenant(2),
            link: id(3),
        },
        Filter::Subject(SubjectId::new(id(1))),
        Filter::Correlation(request(9)),
    ];

    for filter in filters {
        assert_eq!(read(&log, Query::forward(filter.clone())).await, [], "{filter:?}");
        assert_eq!(read(&log, Query::backward(filter)).await, []);
    }
}

async fn positions_beyond_the_log_read_nothing(log: Arc<dyn Log>) {
    seed(&log).await;

    assert_eq!(
        read(&log, Query::forward(Filter::All).after(Position(500))).await,
        []
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(Position(1))).await,
        []
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(Position::START)).await,
        []
    );
}

async fn the_largest_positions_are_positions(log: Arc<dyn Log>) {
    seed(&log).await;
    let last = Position(u64::MAX);

    assert_eq!(read(&log, Query::forward(Filter::All).after(last)).await, []);
    assert_eq!(
        read(&log, Query::forward(Filter::All).until(last)).await.len(),
        12
    );
    assert_eq!(
        read(&log, Query::backward(Filter::All).after(last)).await.len(),
        12
    );
    assert_eq!(
        read(&log, Query::forward(Filter::All).limit(u64::MAX))
            .await
            .len(),
        12
    );
}

async fn many_events_are_read_in_order(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(900)).to(2, 0, some(900))).await;

    let forward = read(&log, Query::forward(Filter::All).after(Position(3)).limit(1_234)).await;
    let backward = read(
        &log,
        Query::backward(Filter::All).until(Position(1_700)).limit(1_234),
    )
    .await;

    assert_eq!(positions(&forward), Vec::from_iter(4..=1_237));
    assert_eq!(positions(&backward), Vec::from_iter((467..=1_700).rev()));
}

async fn many_events_of_a_stream_are_read_in_order(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(900)).to(2, 0, some(1_100))).await;
    ok(&log, append(2).to(1, 900, some(900))).await;

    let forward = read(&log, Query::forward(Filter::Stream(stream(1)))).await;
    let backward = read(&log, Query::backward(Filter::Stream(stream(1)))).await;

    let versions: Vec<_> = forward.iter().map(|event| event.envelope.version).collect();
    assert_eq!(versions, Vec::from_iter(1..=1_800));
    assert!(forward.iter().eq(backward.iter().rev()));
}

async fn large_events_are_read_in_order(log: Arc<dyn Log>) {
    let events = |count| vec![with_payload(vec![b'x'; 1 << 20]); count];
    ok(&log, append(1).to(1, 0, events(12)).to(2, 0, some(3))).await;

    let forward = read(&log, Query::forward(Filter::All)).await;
    let backward = read(&log, Query::backward(Filter::All).limit(14)).await;

    assert_eq!(positions(&forward), Vec::from_iter(1..=15));
    assert_eq!(positions(&backward), Vec::from_iter((2..=15).rev()));
}

// Versions and the tail.

async fn versions_come_in_the_order_asked(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).to(2, 0, some(2))).await;

    let asked = [stream(2), stream(3), stream(1), stream(2)];

    assert_eq!(log.versions(&asked).await.unwrap(), [2, 0, 1, 2]);
}

async fn versions_of_no_streams_are_none(log: Arc<dyn Log>) {
    assert_eq!(log.versions(&[]).await.unwrap(), Vec::<u64>::new());
}

async fn the_tail_begins_at_the_head(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3))).await;

    assert_eq!(*log.tail().borrow(), Position(3));
}

async fn the_tail_moves_with_an_append(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    assert_eq!(*tail.borrow_and_update(), Position::START);

    ok(&log, append(1).to(1, 0, some(2))).await;

    assert_eq!(
        *tail.wait_for(|position| position.0 >= 2).await.unwrap(),
        Position(2)
    );
}

async fn the_tail_never_tells_of_what_cannot_be_read(log: Arc<dyn Log>) {
    let mut tail = log.tail();
    let writer = tokio::spawn(write_one_by_one(log.clone(), 1, 40));

    let mut seen = Position::START;
    while seen < Position(40) {
        let told = *tail.wait_for(|position| *position > seen).await.unwrap();
        let events = read(&log, Query::forward(Filter::All).after(seen).until(told)).await;
        assert_eq!(positions(&events), Vec::from_iter(seen.0 + 1..=told.0));
        seen = told;
    }

    writer.await.unwrap();
}

async fn write_one_by_one(log: Arc<dyn Log>, number: u64, count: u64) {
    for version in 0..count {
        let command = number * 1_000 + version;
        ok(&log, append(command).to(number, version, some(1))).await;
    }
}

// Time.

async fn recorded_at_is_the_appenders_time(log: Arc<dyn Log>) {
    let receipt = ok(&log, append(1).to(1, 0, some(2)).at(5)).await;

    let recorded: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.recorded_at)
        .collect();
    assert_eq!(recorded, [at(5); 2]);
    assert_eq!(receipt.recorded_at, at(5));
    assert_eq!(log.last_recorded_at().await.unwrap(), Some(at(5)));
}

async fn recorded_at_never_goes_back(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(5)).await;

    let receipt = ok(&log, append(2).to(1, 1, some(1)).at(-1_000)).await;
    ok(&log, append(3).to(1, 2, some(1)).at(6)).await;

    let recorded: Vec<_> = all(&log)
        .await
        .iter()
        .map(|event| event.envelope.recorded_at)
        .collect();
    assert_eq!(recorded, [at(5), at(5), at(6)]);
    assert_eq!(receipt.recorded_at, at(5));
}

async fn a_no_op_does_not_move_time(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1)).at(5)).await;

    ok(&log, append(2).at(100)).await;

    assert_eq!(log.last_recorded_at().await.unwrap(), Some(at(5)));
}

async fn a_moment_is_at_the_last_position_before_it(log: Arc<dyn Log>) {
    for (number, second) in [(1, 10), (2, 10), (3, 20), (4, 30), (5, 30), (6, 30), (7, 40)] {
        ok(&log, append(number).to(number, 0, some(1)).at(second)).await;
    }

    let mut found = Vec::new();
    for second in [10, 11, 19, 20, 29, 30, 39, 40, 1_000] {
        found.push(log.position_at(at(second)).await.unwrap().0);
    }

    assert_eq!(found, [2, 2, 2, 3, 3, 6, 6, 7, 7]);
}

async fn a_moment_before_everything_is_at_the_start(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(3)).at(10)).await;

    assert_eq!(log.position_at(at(9)).await.unwrap(), Position::START);
}

async fn a_moment_on_an_empty_log_is_at_the_start(log: Arc<dyn Log>) {
    assert_eq!(log.position_at(at(0)).await.unwrap(), Position::START);
}

// The hash chain.

async fn seeded(log: &Arc<dyn Log>) -> Vec<Recorded> {
    seed(log).await;
    all(log).await
}

fn broken_at(position: u64) -> Result<[u8; 32], Broken> {
    Err(Broken {
        position: Position(position),
    })
}

async fn the_hash_chain_fits(log: Arc<dyn Log>) {
    let events = seeded(&log).await;

    let whole = verify(BEFORE_THE_FIRST, &events);
    let second_half = verify(events[5].envelope.hash, &events[6..]);

    assert_eq!(whole, Ok(events[11].envelope.hash));
    assert_eq!(second_half, whole);
}

async fn the_hash_chain_breaks_where_a_payload_was_changed(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    let mut payload = events[4].payload.to_vec();
    payload[0] ^= 1;
    events[4].payload = payload.into();

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(5));
}

async fn the_hash_chain_breaks_where_an_envelope_was_changed(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events[6].envelope.actor = Actor::system("somebody else");

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(7));
}

async fn the_hash_chain_breaks_where_an_event_was_left_out(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.remove(3);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(5));
}

async fn the_hash_chain_breaks_where_events_changed_places(log: Arc<dyn Log>) {
    let mut events = seeded(&log).await;

    events.swap(8, 9);

    assert_eq!(verify(BEFORE_THE_FIRST, &events), broken_at(10));
}

// Many at once.

async fn one_of_many_writers_of_a_version_wins(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let writers = (2..=33).map(|number| log.append(append(number).to(1, 1, some(1))));
    let results = join_all(writers).await;

    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let conflicts = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::Conflict { .. })))
        .count();
    assert_eq!((accepted, conflicts), (1, 31));
    assert_eq!(log.head().await.unwrap(), Position(2));
}

async fn conflicting_appends_do_not_fail_their_neighbours(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let good = (10..30).map(|number| append(number).to(number, 0, some(2)));
    let bad = (110..130).map(|number| append(number).to(number, 0, some(2)).to(1, 0, vec![]));
    let mixed: Vec<_> = good.zip(bad).flat_map(|(good, bad)| [good, bad]).collect();
    let results = join_all(mixed.into_iter().map(|append| log.append(append))).await;

    let accepted: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [true, false].repeat(20));
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=41));
}

async fn a_command_sent_many_times_is_accepted_once(log: Arc<dyn Log>) {
    let results = join_all((0..16).map(|_| log.append(append(1).to(1, 0, some(2))))).await;

    let stored = log.receipt(command(1)).await.unwrap().unwrap();
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let answered = results.into_iter().all(|result| match result {
        Ok(receipt) => receipt == stored,
        Err(AppendError::Duplicate(receipt)) => *receipt == stored,
        Err(_) => false,
    });
    assert_eq!((accepted, answered), (1, true));
    assert_eq!(log.head().await.unwrap(), Position(2));
}

/// Appends one event, from fresh versions as often as it takes.
async fn try_until_accepted(log: Arc<dyn Log>, command: u64, number: u64) {
    loop {
        let version = log.versions(&[stream(number)]).await.unwrap()[0];
        match log.append(append(command).to(number, version, some(1))).await {
            Ok(_) => return,
            Err(AppendError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn writers_that_try_again_lose_nothing(log: Arc<dyn Log>) {
    let writers = (1..=24).map(|number| tokio::spawn(try_until_accepted(log.clone(), number, number % 3)));
    for writer in join_all(writers).await {
        writer.unwrap();
    }

    let versions = log.versions(&[stream(0), stream(1), stream(2)]).await.unwrap();
    assert_eq!(versions, [8, 8, 8]);
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=24));
}

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn any_append(numbers: &mut Numbers, command: u64) -> Append {
    let first = numbers.below(4);
    let second = (first + 1 + numbers.below(3)) % 4;
    let mut events = || some(usize::try_from(numbers.below(3)).unwrap());
    let (one, two) = (events(), events());
    append(command)
        .to(first, numbers.below(6), one)
        .to(second, numbers.below(6), two)
}

/// Four writers append at random; afterwards the log is read and every answer is held against it.
async fn writers_agree_with_a_model(log: Arc<dyn Log>) {
    let writers = (0..4).map(|writer| tokio::spawn(append_at_random(log.clone(), writer)));
    let mut answers = Vec::new();
    for accepted in join_all(writers).await {
        answers.extend(accepted.unwrap());
    }

    let events = all(&log).await;
    assert_eq!(positions(&events), Vec::from_iter(1..=events.len() as u64));
    let mut versions = HashMap::new();
    for event in &events {
        let version = versions.entry(event.envelope.stream).or_insert(0);
        *version += 1;
        assert_eq!(event.envelope.version, *version);
    }
    answers.sort_by_key(|(_, receipt)| receipt.position);
    for (append, receipt) in &answers {
        assert_was_as_expected(&events, append, receipt);
    }
    let stored: usize = answers.iter().map(|(append, _)| event_count(append)).sum();
    assert_eq!(stored, events.len());
    assert!(verify(BEFORE_THE_FIRST, &events).is_ok());
}

async fn append_at_random(log: Arc<dyn Log>, writer: u64) -> Vec<(Append, Receipt)> {
    let mut numbers = Numbers(writer);
    let mut accepted = Vec::new();
    for number in 0..60 {
        let append = any_append(&mut numbers, writer * 1_000 + number);
        match log.append(append.clone()).await {
            Ok(receipt) => accepted.push((append, receipt)),
            Err(AppendError::Conflict { expected, actual, .. }) => assert_ne!(expected, actual),
            Err(other) => panic!("{other:?}"),
        }
    }
    accepted
}

fn event_count(append: &Append) -> usize {
    append.writes.iter().map(|write| write.events.len()).sum()
}

/// Before the append each stream held as many events as it expected, and its events are where its receipt says.
fn assert_was_as_expected(events: &[Recorded], append: &Append, receipt: &Receipt) {
    let count = event_count(append) as u64;
    let before = receipt.position.0 - count;
    assert_eq!(receipt.first, (count > 0).then_some(Position(before + 1)));
    for write in &append.writes {
        let held = events
            .iter()
            .filter(|event| event.envelope.stream == write.stream && event.envelope.position.0 <= before)
            .count();
        assert_eq!(held as u64, write.expected);
    }
    let own = events
        .iter()
        .filter(|event| event.envelope.command_id == append.command.command_id);
    assert!(
        own.map(|event| event.envelope.position.0)
            .eq(before + 1..=receipt.position.0)
    );
}

async fn writers_of_several_streams_are_never_half_done(log: Arc<dyn Log>) {
    let pair = |number: u64| {
        append(number)
            .to(1, number - 1, some(1))
            .to(2, number - 1, some(1))
    };
    let writer = {
        let log = log.clone();
        tokio::spawn(async move {
            for number in 1..=40 {
                ok(&log, pair(number)).await;
            }
        })
    };

    let mut versions = vec![0, 0];
    while versions != [40, 40] {
        versions = log.versions(&[stream(1), stream(2)]).await.unwrap();
        assert_eq!(versions[0], versions[1]);
    }

    writer.await.unwrap();
}

async fn readers_always_see_a_beginning_of_the_log(log: Arc<dyn Log>) {
    let writers = (1..=4).map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 25)));
    let writers: Vec<_> = writers.collect();

    let mut seen = 0;
    while seen < 100 {
        let events = all(&log).await;
        assert_eq!(positions(&events), Vec::from_iter(1..=events.len() as u64));
        assert!(events.len() >= seen);
        seen = events.len();
    }

    for writer in writers {
        writer.await.unwrap();
    }
}
