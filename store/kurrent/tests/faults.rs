//! What goes wrong between the back end and the cluster, and in the middle of a command.

use std::time::Duration;

use domain::envelope::{Position, Recorded};
use futures::{TryStreamExt, future::join_all};
use kurrent::log::{KurrentLog, OpenError, Settings};
use kurrent_stand_in::{Fault, On, StandIn};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{
    contract::{append, event, write},
    hash::{BEFORE_THE_FIRST, verify},
    log::{Append, AppendError, Filter, Log, Query},
};

use crate::support::{Ground, NODE_LIMIT, on_stand_in};

/// An append of one event to each of some streams that hold so many.
fn to(number: u64, streams: &[u64], expected: u64) -> Append {
    let happened = || vec![event("happened")];
    Append {
        writes: streams
            .iter()
            .map(|stream| write(*stream, expected, happened()))
            .collect(),
        ..append(number)
    }
}

fn impatient(ground: &Ground) -> Settings {
    Settings {
        patience: Duration::from_millis(300),
        ..ground.settings()
    }
}

async fn all(log: &KurrentLog) -> Vec<Recorded> {
    log.read(Query::forward(Filter::All)).try_collect().await.unwrap()
}

async fn assert_stored(log: &KurrentLog, node: &StandIn, count: usize) {
    let events = all(log).await;
    assert_eq!(events.len(), count);
    assert_eq!(node.stored().len(), count);
    assert!(verify(BEFORE_THE_FIRST, &events).is_ok());
}

async fn assert_stands_once(fault: Fault) {
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        log.append(to(1, &[1], 0)).await.unwrap();

        node.meet(On::Append, 0, fault);
        let receipt = log.append(to(2, &[1], 1)).await.unwrap();

        assert!(node.met_all());
        assert_eq!(log.head().await.unwrap(), receipt.position);
        assert_stored(&log, &node, 2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_to_a_node_that_leads_no_more_stands_once() {
    assert_stands_once(Fault::NotLeader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_was_too_late_stands_once() {
    assert_stands_once(Fault::DeadlineBefore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_was_too_late_stands_once() {
    assert_stands_once(Fault::DeadlineAfter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_to_a_node_that_is_not_ready_stands_once() {
    assert_stands_once(Fault::Unavailable).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_said_nothing_stands_once() {
    assert_stands_once(Fault::CloseCleanly).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_connection_was_cut_stands_once() {
    assert_stands_once(Fault::CutAfter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_that_fail_are_made_again() {
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        log.append(to(1, &[1, 2], 0)).await.unwrap();

        for fault in [
            Fault::NotLeader,
            Fault::Unavailable,
            Fault::CloseCleanly,
            Fault::CutAfter,
        ] {
            node.meet(On::Read, 0, fault);
            assert_eq!(all(&log).await.len(), 2, "{fault:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_on_after_its_node_was_restarted() {
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        log.append(to(1, &[1], 0)).await.unwrap();

        node.refuse().await;
        let (during, ()) = tokio::join!(log.append(to(2, &[1], 1)), async {
            while node.stored().len() > 1 {}
            node.accept().await;
        });
        during.unwrap();
        log.append(to(3, &[1], 2)).await.unwrap();

        assert_stored(&log, &node, 3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_gone_is_told_as_such_and_what_was_begun_is_settled_when_it_is_back() {
    on_stand_in(async |node, ground| {
        let log = ground.open_with(impatient(&ground)).await;
        log.append(to(1, &[1], 0)).await.unwrap();

        node.refuse().await;
        let refused = log.append(to(2, &[2], 0)).await.unwrap_err();
        let unread = log.head().await;
        node.accept().await;

        assert!(matches!(refused, AppendError::Unavailable { .. }), "{refused:?}");
        assert!(unread.is_err());
        let again = loop {
            match log.append(to(2, &[2], 0)).await {
                Ok(receipt) => break receipt,
                Err(AppendError::Duplicate(receipt)) => break *receipt,
                Err(AppendError::Unavailable { .. } | AppendError::Busy { .. }) => {}
                Err(other) => panic!("{other:?}"),
            }
        };
        assert_eq!(log.receipt(again.command_id).await.unwrap(), Some(again));
        assert_stored(&log, &node, 2).await;
    })
    .await;
}

/// The node dies after the first of three streams; another one finds what it left, and finishes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_stands_by_half_is_finished_by_whoever_meets_it() {
    on_stand_in(async |node, ground| {
        let dying = ground.open_with(impatient(&ground)).await;
        let other = ground.open().await;

        node.meet(On::Append, 1, Fault::Unavailable);
        for _ in 0..20 {
            node.meet(On::Append, 0, Fault::Unavailable);
        }
        let unknown = dying.append(to(1, &[1, 2, 3], 0)).await.unwrap_err();
        assert!(
            matches!(
                unknown,
                AppendError::Unavailable {
                    outcome_unknown: true,
                    ..
                }
            ),
            "{unknown:?}"
        );
        assert_eq!(node.stored().len(), 1);
        node.mend();
        let repeat = other.append(to(1, &[1, 2, 3], 0)).await.unwrap_err();

        assert!(matches!(&repeat, AppendError::Duplicate(_)), "{repeat:?}");
        assert_stored(&other, &node, 3).await;
        let free = other.append(to(2, &[1, 2, 3], 1)).await.unwrap();
        assert_eq!(other.head().await.unwrap(), free.position);
    })
    .await;
}

/// A hold whose owner is gone keeps nobody out once it has expired, and nothing of its command stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_only_held_is_let_go_when_the_hold_expires() {
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        let mut database = PgConnection::connect(&ground.database).await.unwrap();
        let stream = write(1, 0, vec![]).stream;
        let left = format!(
            "with receipt as (
                insert into kurrent.receipts (command_id, tenant, input_hash, state, owner, expires_at, append, result)
                values ('{0}', '{0}', decode(repeat('00', 32), 'hex'), 'held', 1, now(), '{{\"writes\":[]}}', '')
            )
            insert into kurrent.holds (tenant, category, stream_id, command_id)
            values ('{1}', '{2}', '{3}', '{0}')",
            write(77, 0, vec![]).stream.id,
            stream.tenant.uuid(),
            stream.category.name(),
            stream.id,
        );
        sqlx::raw_sql(AssertSqlSafe(left)).execute(&mut database).await.unwrap();

        log.append(to(1, &[1], 0)).await.unwrap();

        assert_stored(&log, &node, 1).await;
        let holds: i64 = sqlx::query_scalar("select count(*) from kurrent.holds")
            .fetch_one(&mut database)
            .await
            .unwrap();
        assert_eq!(holds, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_share_one_log() {
    on_stand_in(async |node, ground| {
        let (one, two) = tokio::join!(ground.open(), ground.open());
        let mut tail = two.tail();

        let both = (0..20_u64).map(|number| {
            let log = if number % 2 == 0 { &one } else { &two };
            log.append(to(number + 1, &[number, number + 100], 0))
        });
        let results = join_all(both).await;

        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let last = one.head().await.unwrap();
        tail.wait_for(|told| *told >= last).await.unwrap();
        assert_eq!(all(&one).await, all(&two).await);
        assert_stored(&one, &node, 40).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_beyond_what_the_node_takes_is_too_large() {
    on_stand_in(async |node, ground| {
        let settings = Settings {
            max_append_bytes: 1_000,
            ..ground.settings()
        };
        let log = ground.open_with(settings).await;
        let mut large = to(1, &[1], 0);
        large.writes[0].events[0].payload = vec![b'x'; 2_000];

        let refused = log.append(large).await.unwrap_err();

        assert!(
            matches!(refused, AppendError::TooLarge { most: 1_000, .. }),
            "{refused:?}"
        );
        assert_stored(&log, &node, 0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_another_cluster_is_refused() {
    on_stand_in(async |_node, ground| {
        ground.open().await.append(to(1, &[1], 0)).await.unwrap();
        let other = StandIn::start(NODE_LIMIT).await;

        let refused = KurrentLog::connect(&other.url(), &ground.database, ground.settings()).await;

        assert!(matches!(refused, Err(OpenError::OtherCluster)), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_lost_is_made_again() {
    on_stand_in(async |_node, ground| {
        let log = ground.open().await;
        log.append(to(1, &[1, 2], 0)).await.unwrap();
        log.append(to(2, &[1], 1)).await.unwrap();
        let before = all(&log).await;
        log.close().await;
        let mut database = PgConnection::connect(&ground.database).await.unwrap();
        sqlx::raw_sql("drop schema kurrent cascade")
            .execute(&mut database)
            .await
            .unwrap();

        let after = ground.open().await;

        assert_eq!(all(&after).await, before);
        assert_eq!(before.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_reached_or_read_is_named_as_such() {
    on_stand_in(async |node, ground| {
        let unreadable = KurrentLog::connect("esdb//", &ground.database, impatient(&ground)).await;
        node.refuse().await;
        let gone = KurrentLog::connect(&ground.cluster, &ground.database, impatient(&ground)).await;

        assert!(
            matches!(unreadable, Err(OpenError::ClusterAddress)),
            "{unreadable:?}"
        );
        assert!(matches!(gone, Err(OpenError::Cluster(_))), "{gone:?}");
        assert_eq!(node.stored().len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_others_in_the_cluster_are_none_of_ours() {
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        for number in 1..=5 {
            log.append(to(number, &[number], 0)).await.unwrap();
        }

        // The node notes things of its own between ours.
        let positions: Vec<_> = all(&log)
            .await
            .iter()
            .map(|event| event.envelope.position)
            .collect();
        let stored: Vec<_> = node
            .stored()
            .iter()
            .map(|event| Position(event.position))
            .collect();
        assert_eq!(positions, stored);
        assert_eq!(positions.len(), 5);
    })
    .await;
}
