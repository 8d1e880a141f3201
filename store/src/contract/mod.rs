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

mod chain;
mod expectations;
mod order;
mod reads;
mod receipts;
mod sizes;
mod tail;
mod time;
mod writers;

/// Calls a macro with the names of all cases.
#[macro_export]
macro_rules! contract_cases {
    ($then:ident) => {
        $crate::contract_cases! { @list names $then }
    };
    (@names $then:ident $($subject:ident { $($case:ident)* })*) => {
        $then! { $($($case)*)* }
    };
    (@table $then:ident $($subject:ident { $($case:ident)* })*) => {
        $then! { $($subject { $($case)* })* }
    };
    (@list $form:ident $then:ident) => {
        $crate::contract_cases! { @$form $then
            order {
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
            }
            expectations {
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
            }
            receipts {
                a_repeated_command_is_answered_with_its_receipt
                a_repeat_shows_the_input_that_was_accepted
                a_repeat_is_told_before_a_conflict
                a_no_op_keeps_a_receipt_at_the_head
                a_no_op_on_an_empty_log_is_at_the_start
                an_unknown_command_has_no_receipt
                a_receipt_is_kept_as_it_was_answered
            }
            sizes {
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
            }
            reads {
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
            }
            tail {
                versions_come_in_the_order_asked
                versions_of_no_streams_are_none
                the_tail_begins_at_the_head
                the_tail_moves_with_an_append
                the_tail_never_tells_of_what_cannot_be_read
            }
            time {
                recorded_at_is_the_appenders_time
                recorded_at_never_goes_back
                a_no_op_does_not_move_time
                a_moment_is_at_the_last_position_before_it
                a_moment_before_everything_is_at_the_start
                a_moment_on_an_empty_log_is_at_the_start
            }
            chain {
                the_hash_chain_fits
                the_hash_chain_breaks_where_a_payload_was_changed
                the_hash_chain_breaks_where_an_envelope_was_changed
                the_hash_chain_breaks_where_an_event_was_left_out
                the_hash_chain_breaks_where_events_changed_places
            }
            writers {
                one_of_many_writers_of_a_version_wins
                conflicting_appends_do_not_fail_their_neighbours
                a_command_sent_many_times_is_accepted_once
                writers_that_try_again_lose_nothing
                writers_agree_with_a_model
                writers_of_several_streams_are_never_half_done
                readers_always_see_a_beginning_of_the_log
            }
        }
    };
}

macro_rules! runner {
    ($($subject:ident { $($case:ident)* })*) => {
        /// The names of all cases.
        pub const CASES: &[&str] = &[$($(stringify!($case)),*),*];

        /// Runs one case on a log that is empty. Panics when the log does not keep its promise.
        pub async fn run(case: &str, log: Arc<dyn Log>) {
            match case {
                $($(stringify!($case) => Box::pin($subject::$case(log)).await,)*)*
                other => panic!("there is no case {other}"),
            }
        }
    };
}
contract_cases! { @list table runner }

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
