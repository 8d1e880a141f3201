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
//!
//! [`crate::kept_cases`] does the same for logs that can be closed and opened again, with [`run_kept`].
//!
//! Cases speak of the first, second and third event. Where a back end promises positions without gaps these are its
//! positions; elsewhere they are ranks, see [`Places`], so that the case holds there too in its weaker form.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "cases are test code: what they unwrap is what they claim, and they say what they did not try"
)]

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    env,
    hash::BuildHasher,
    sync::Arc,
};

use async_trait::async_trait;
use domain::{
    actor::Actor,
    envelope::{Position, Recorded, StreamId},
    fact::Category,
    ids::{AccountId, CommandId, CorrelationId, EventId, OrganisationId, SubjectId},
    time::Instant,
};
use futures::{StreamExt, TryStreamExt, future::join_all};
use uuid::Uuid;

use crate::{
    appender::QueueLimits,
    hash::{BEFORE_THE_FIRST, Broken, verify},
    log::{
        Append, AppendError, CommandMeta, Direction, Filter, Log, MAX_APPEND_BYTES, MAX_EVENTS,
        MAX_PAYLOAD_BYTES, NewEvent, Query, ReadError, Receipt, StreamWrite, event_id,
    },
    postgres::PostgresLog,
    sqlite::SqliteLog,
};

mod bytes;
mod chain;
mod expectations;
mod kept;
mod links;
mod model;
mod order;
mod outcome;
mod pressure;
mod reads;
mod receipts;
mod sizes;
mod streams;
mod tail;
mod tenants;
mod time;
mod writers;

/// Calls a macro with the names of all cases that need nothing but an empty log.
///
/// In brackets behind a name stands what the case asks of a back end beyond the least, as fields of
/// [`crate::log::Capabilities`]. On a back end without them [`run`](crate::contract::run) says that the case does not apply.
#[macro_export]
macro_rules! contract_cases {
    ($then:ident) => {
        $crate::contract_cases! { @list names $then }
    };
    (@names $then:ident $($subject:ident { $($case:ident $([$($need:ident),*])?)* })*) => {
        $then! { $($($case)*)* }
    };
    (@table $then:ident $($table:tt)*) => {
        $then! { $($table)* }
    };
    (@list $form:ident $then:ident) => {
        $crate::contract_cases! { @$form $then
            order {
                an_empty_log_has_no_end
                an_empty_log_reads_nothing
                the_first_event_has_position_one [gapless]
                positions_have_no_gaps [gapless]
                positions_grow_with_every_acknowledgement
                events_get_positions_in_the_order_of_the_append
                versions_count_in_each_stream
                a_refused_append_leaves_no_gap [gapless]
                a_no_op_takes_no_position [gapless]
                a_repeated_command_takes_no_position [gapless]
                the_head_is_the_last_event_that_is_read
                a_receipt_names_the_first_and_the_last_position
                event_ids_follow_from_the_command
                event_ids_differ_between_commands
                events_of_an_append_share_what_belongs_to_the_command
                an_envelope_is_kept_as_it_was_given
                an_envelope_without_anything_optional_is_kept
                every_kind_of_actor_is_kept
                every_category_is_kept
                the_smallest_and_the_largest_schema_version_are_kept
            }
            expectations {
                a_new_stream_is_expected_at_zero
                a_stream_that_exists_is_not_expected_at_zero
                an_expectation_behind_conflicts
                an_expectation_ahead_conflicts
                an_expectation_of_the_largest_number_conflicts
                a_conflict_stores_nothing
                a_refused_command_may_be_sent_again_with_another_expectation
                a_guard_alone_is_accepted_with_a_receipt
                a_guard_alone_that_does_not_hold_is_refused
                a_guard_leaves_its_stream_where_it_is
                streams_of_two_tenants_are_apart
                streams_of_two_categories_are_apart
                streams_of_neighbouring_ids_are_apart
                versions_come_in_the_order_asked
                versions_of_no_streams_are_none
                versions_of_a_thousand_streams_are_told_at_once
            }
            streams {
                an_append_over_several_streams_is_stored_whole [multi_stream]
                events_of_several_streams_follow_in_the_order_of_the_append [multi_stream]
                event_ids_count_over_all_streams_of_an_append [multi_stream]
                one_conflict_among_several_streams_stores_nothing [multi_stream]
                a_conflict_on_the_last_of_two_hundred_streams_stores_nothing [multi_stream]
                the_first_conflict_in_the_order_of_the_append_is_told [multi_stream]
                a_guard_that_holds_lets_the_append_pass [multi_stream]
                a_guard_that_does_not_hold_refuses_the_append [multi_stream]
                a_guard_can_say_that_a_stream_does_not_exist [multi_stream]
                guards_alone_over_several_streams_are_accepted [multi_stream]
                an_append_may_guard_a_thousand_streams [multi_stream]
                a_stream_named_twice_is_met_at_its_new_version [multi_stream]
                an_append_may_write_two_hundred_streams [multi_stream]
                ten_thousand_streams_fit_into_one_append [multi_stream]
                more_than_ten_thousand_streams_are_too_many [multi_stream]
                events_are_counted_over_all_streams_of_an_append [multi_stream]
                streams_of_two_tenants_in_one_append_are_all_or_nothing [multi_stream]
                streams_of_every_category_may_be_in_one_append [multi_stream]
                a_repeat_over_several_streams_stores_nothing_again [multi_stream]
                writers_of_several_streams_are_never_half_done [multi_stream, isolated]
                what_was_acknowledged_over_several_streams_is_whole [multi_stream]
                an_append_over_several_streams_is_read_whole_or_not_at_all [gapless, multi_stream, isolated]
                appends_that_cross_over_two_streams_all_end [multi_stream]
                a_write_skew_over_two_guarded_streams_is_refused [multi_stream]
            }
            receipts {
                a_repeated_command_is_answered_with_its_receipt
                a_repeat_shows_the_input_that_was_accepted
                a_repeat_shows_whose_command_was_accepted
                a_repeat_is_told_before_a_conflict
                a_repeat_of_a_no_op_writes_nothing
                a_no_op_keeps_a_receipt_at_the_head
                a_no_op_on_an_empty_log_is_at_the_start
                an_unknown_command_has_no_receipt
                a_receipt_is_kept_as_it_was_answered
                a_receipt_with_an_empty_result_is_kept
                a_receipt_does_not_move_when_the_log_goes_on
                commands_whose_ids_differ_in_one_bit_are_apart
                a_receipt_is_found_among_thousands
                a_command_sent_many_times_is_accepted_once
                a_no_op_sent_many_times_is_accepted_once
                of_two_inputs_under_one_command_one_is_accepted
            }
            sizes {
                ten_thousand_events_fit_into_one_append
                more_than_ten_thousand_events_are_too_many
                appends_around_the_size_of_a_statement_are_stored_whole
                a_payload_of_a_mebibyte_is_kept
                the_largest_payload_is_kept
                a_larger_payload_is_refused
                the_largest_result_is_kept
                a_larger_result_is_refused
                the_largest_append_is_stored [large_appends]
                an_append_is_stored_whole_or_too_large
                a_larger_append_is_refused
                a_result_counts_towards_the_size_of_an_append
                four_links_are_kept
                more_links_than_allowed_are_refused
                a_long_trace_and_a_long_type_are_kept
                what_is_too_large_stores_nothing
                what_is_too_large_does_not_fail_its_neighbours
            }
            bytes {
                an_empty_payload_is_kept
                a_payload_in_many_scripts_is_kept
                a_payload_with_nul_is_kept
                a_payload_that_is_no_text_is_kept
                a_payload_is_not_rewritten_as_json
                names_in_many_scripts_are_kept
                names_that_look_like_sql_are_only_names
                types_that_differ_by_case_or_accents_are_apart
                text_with_nul_is_kept_or_refused_alone
            }
            tenants {
                tenants_share_one_order
                each_of_many_tenants_reads_its_own_events_alone
                a_link_of_one_tenant_is_not_read_by_another
                what_others_link_to_hides_nothing_of_ones_own
                a_person_and_a_request_are_found_in_every_tenant
                a_receipt_belongs_to_the_tenant_of_its_command
                the_same_id_in_two_tenants_is_two_streams
            }
            links {
                an_event_with_one_link_twice_is_read_once
                an_event_linked_to_its_own_stream_is_read_once
                a_link_and_a_person_of_one_id_are_apart
                a_link_may_come_before_the_stream_it_names
                an_event_with_many_people_is_found_by_each
                many_events_of_one_link_are_read_in_order
                links_and_people_keep_their_order
            }
            reads {
                all_events_forward
                all_events_backward
                events_of_a_tenant_forward
                events_of_a_tenant_backward
                events_of_categories_forward
                events_of_categories_backward
                events_of_all_categories_forward
                events_of_all_categories_backward
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
                limits_around_the_size_of_a_page_are_kept
                a_rare_type_is_found_in_a_long_log
                a_read_up_to_a_position_does_not_see_later_events
                a_read_under_way_goes_on_over_new_events
                readers_that_stop_early_leave_room_for_others
                more_readers_than_connections_all_read
                a_read_under_way_does_not_hold_up_appends
            }
            tail {
                the_tail_begins_at_the_head
                the_tail_moves_with_an_append
                the_tail_never_tells_of_what_cannot_be_read
                the_tail_never_goes_back
                the_tail_does_not_move_for_what_stores_nothing
                every_follower_of_the_tail_hears
                a_follower_of_many_writers_reads_every_event_once
                a_follower_of_one_stream_reads_every_version_once
            }
            time {
                moments_are_kept_in_microseconds
                moments_long_ago_and_far_ahead_are_kept
                recorded_at_is_the_appenders_time
                recorded_at_never_goes_back
                recorded_at_never_goes_back_among_many_writers
                recorded_at_says_nothing_of_when_it_occurred
                a_no_op_does_not_move_time
                a_no_op_behind_time_is_recorded_with_the_last_event
                what_is_refused_does_not_move_time
                a_moment_is_at_the_last_position_before_it
                a_moment_before_everything_is_at_the_start
                a_moment_on_an_empty_log_is_at_the_start
                a_moment_is_exact_to_the_microsecond
                the_furthest_moments_are_moments
                any_moment_of_a_long_log_is_found
            }
            chain {
                the_hash_chain_fits
                the_hash_chain_goes_on_over_what_stores_nothing
                the_hash_chain_breaks_where_a_payload_was_changed
                the_hash_chain_breaks_where_an_envelope_was_changed
                the_hash_chain_breaks_where_an_event_was_left_out
                the_hash_chain_breaks_where_an_event_was_put_in
                the_hash_chain_breaks_where_events_changed_places
                the_hash_chain_does_not_begin_in_the_middle
            }
            outcome {
                a_caller_that_went_away_may_send_its_command_again
                a_caller_that_went_away_may_ask_for_the_receipt
                callers_that_went_away_leave_whole_appends
                a_stream_stays_usable_after_its_caller_went_away
            }
            writers {
                one_of_many_writers_of_a_version_wins
                one_of_sixty_four_callers_gets_each_slot
                panels_that_overlap_never_share_a_claim [multi_stream]
                conflicting_appends_do_not_fail_their_neighbours
                each_of_a_mixed_crowd_gets_its_own_answer
                what_was_acknowledged_is_read_by_whoever_asks
                events_of_an_append_stand_together [gapless]
                versions_never_go_back
                readers_always_see_a_beginning_of_the_log
                writers_that_try_again_lose_nothing
            }
            model {
                random_operations_agree_with_a_model
                writers_agree_with_a_model
            }
        }
    };
}

/// Calls a macro with the names of all cases about a log that is kept: closed and opened again, or with little room for
/// what waits.
#[macro_export]
macro_rules! kept_cases {
    ($then:ident) => {
        $crate::kept_cases! { @list names $then }
    };
    (@names $then:ident $($subject:ident { $($case:ident)* })*) => {
        $then! { $($($case)*)* }
    };
    (@table $then:ident $($table:tt)*) => {
        $then! { $($table)* }
    };
    (@list $form:ident $then:ident) => {
        $crate::kept_cases! { @$form $then
            kept {
                a_log_continues_after_it_was_closed
                a_log_continues_after_it_was_only_dropped
                what_was_read_before_is_read_again_byte_for_byte
                versions_are_kept
                receipts_are_kept_with_their_results
                time_does_not_go_back_over_a_restart
                opening_again_changes_nothing
                a_closed_log_is_unavailable
                closing_stores_what_is_waiting
            }
            pressure {
                a_log_is_busy_when_too_many_appends_wait
                a_log_is_busy_when_too_many_bytes_wait
                a_busy_append_leaves_nothing_behind
                one_append_larger_than_what_may_wait_is_taken
                a_crowd_that_comes_back_when_told_is_served
            }
        }
    };
}

macro_rules! runner {
    ($($subject:ident { $($case:ident $([$($need:ident),*])?)* })*) => {
        /// The names of all cases, each with what it needs.
        pub const CASES: &[(&str, &[&str])] =
            &[$($((stringify!($case), &[$($(stringify!($need)),*)?])),*),*];

        /// Runs one case on a log that is empty, unless it needs what the log cannot do.
        ///
        /// # Panics
        /// When the log does not keep its promise.
        pub async fn run(case: &str, log: Arc<dyn Log>) {
            let has = log.capabilities();
            match case {
                $($(stringify!($case) => {
                    let met: &[bool] = &[$($(has.$need),*)?];
                    if met.iter().all(|met| *met) {
                        Box::pin($subject::$case(log)).await;
                    } else {
                        eprintln!("does not apply: {case} needs more than {has:?}");
                    }
                })*)*
                other => panic!("there is no case {other}"),
            }
        }
    };
}
contract_cases! { @list table runner }

/// Where the log of one case is kept.
#[async_trait]
pub trait Home: Send + Sync {
    /// Opens the log that is kept here, with so much room for what waits.
    async fn open(&self, limits: QueueLimits) -> Arc<dyn Kept>;
}

/// A log that outlives its value.
#[async_trait]
pub trait Kept: Log {
    /// Stores what is waiting, then lets go of what it stands on.
    async fn close(&self);
}

#[async_trait]
impl Kept for SqliteLog {
    async fn close(&self) {
        Self::close(self).await;
    }
}

#[async_trait]
impl Kept for PostgresLog {
    async fn close(&self) {
        Self::close(self).await;
    }
}

macro_rules! kept_runner {
    ($($subject:ident { $($case:ident)* })*) => {
        /// Runs one case on a log that is kept in an empty home.
        ///
        /// # Panics
        /// When the log does not keep its promise.
        pub async fn run_kept(case: &str, home: &dyn Home) {
            match case {
                $($(stringify!($case) => Box::pin($subject::$case(home)).await,)*)*
                other => panic!("there is no case {other}"),
            }
        }
    };
}
kept_cases! { @list table kept_runner }

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

/// The log holds so many events and no receipt of the command.
async fn assert_nothing_stored(log: &Arc<dyn Log>, number: u64, events: u64) {
    let places = Places::of(log).await;
    assert_eq!(places.count(), events);
    assert_eq!(log.head().await.unwrap(), places.position(events));
    assert_eq!(log.receipt(command(number)).await.unwrap(), None);
}

fn versions_of(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.envelope.version).collect()
}

/// The positions of a log, so that a case can speak of the first, second and third event on every back end. Where
/// positions have no gaps, a place is the position; elsewhere it is the rank.
struct Places(Vec<u64>);

impl Places {
    /// Reads the whole log, which must be in order, and without gaps where that is promised.
    async fn of(log: &Arc<dyn Log>) -> Self {
        let positions = positions(&all(log).await);
        assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
        if log.capabilities().gapless {
            assert_eq!(positions, Vec::from_iter(1..=positions.len() as u64));
        }
        Self(positions)
    }

    fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// The place of an event; 0 for the start of the log.
    fn at(&self, position: Position) -> u64 {
        if position == Position::START {
            return 0;
        }
        let index = self.0.binary_search(&position.0);
        index.map_or_else(|_| panic!("no event is at {position}"), |index| index as u64) + 1
    }

    fn of_events(&self, events: &[Recorded]) -> Vec<u64> {
        events
            .iter()
            .map(|event| self.at(event.envelope.position))
            .collect()
    }

    /// The position of a place: 0 is the start of the log, and places beyond its end are positions beyond it.
    fn position(&self, place: u64) -> Position {
        let index = usize::try_from(place).unwrap();
        let last = || self.0.last().copied().unwrap_or(0);
        Position(match index.checked_sub(1).map(|index| self.0.get(index)) {
            None => 0,
            Some(Some(position)) => *position,
            Some(None) => last() + (place - self.count()),
        })
    }
}

/// Numbers that look random and are the same for the same seed: splitmix64.
struct Numbers(u64);

impl Numbers {
    /// From `GREENROOM_TEST_SEED`, to see a failure again, or another one each time. Says which.
    fn new() -> Self {
        let given = env::var("GREENROOM_TEST_SEED").ok();
        let seed = given.map_or_else(|| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
        eprintln!("GREENROOM_TEST_SEED={seed}");
        Self(seed)
    }

    /// Others, for one of several writers.
    const fn fork(&mut self) -> Self {
        Self(self.next())
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }
}

fn accepted<E>(results: &[Result<Receipt, E>]) -> usize {
    results.iter().filter(|result| result.is_ok()).count()
}
