use std::time::Duration;

use domain::{
    ids,
    processes::{outcome_command, step_command},
    system::events::{LogRestored, SystemEvent},
};

use super::bench::{Bench, append, attempted, id, on_both, retried, start, wanted};
use crate::{db::Part, effects::rebuild};

on_both! {
    async fn what_an_event_wants_is_written_down(bench: &Bench) {
        let effects = bench.want(&[1, 2]).await;

        assert_eq!(effects.len(), 2);
        assert_eq!(bench.states().await, ["open", "open"]);
    }

    async fn an_event_heard_twice_wants_one_effect(bench: &Bench) {
        bench.want(&[1]).await;
        let before = bench.db.dump().await.unwrap();

        let (first, second) = (bench.dispatcher(), bench.dispatcher());
        let (one, other) = tokio::join!(first.catch_up(), second.catch_up());

        assert!(one.is_ok() && other.is_ok());
        assert_eq!(bench.db.dump().await.unwrap(), before);
    }

    async fn two_that_follow_write_each_event_once(bench: &Bench) {
        for account in 1..=40_u128 {
            append(&bench.log, ids::derive(&[&account.to_be_bytes()]), [wanted(account)]).await;
        }

        let (first, second) = (bench.dispatcher(), bench.dispatcher());
        let (one, other) = tokio::join!(first.catch_up(), second.catch_up());

        assert!(one.is_ok() && other.is_ok());
        assert_eq!(bench.states().await.len(), 40);
    }

    async fn an_outcome_in_the_log_closes_the_effect(bench: &Bench) {
        let effects = bench.want(&[1]).await;

        append(&bench.log, outcome_command(effects[0]), [wanted(99)]).await;
        bench.dispatcher().catch_up().await.unwrap();

        assert_eq!(bench.states().await, ["done", "open"]);
    }

    async fn a_rebuild_finds_the_same_rows(bench: &Bench) {
        let effects = bench.want(&[1, 2, 3]).await;
        append(&bench.log, step_command(effects[1], "attempt", 1), [attempted(effects[1], 1)]).await;
        bench.runner(Bench::pace()).once().await.unwrap();
        bench.want(&[4]).await;
        let before = bench.db.dump().await.unwrap();

        rebuild(&bench.dispatcher(), &bench.db).await.unwrap();

        assert_eq!(bench.db.dump().await.unwrap(), before);
        assert_eq!(bench.states().await, ["done", "done", "done", "open"]);
    }

    async fn a_rebuild_knows_an_outcome_that_changed_nothing(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        append(&bench.log, outcome_command(effects[0]), Vec::<domain::effect::events::EffectEvent>::new()).await;

        rebuild(&bench.dispatcher(), &bench.db).await.unwrap();

        assert_eq!(bench.states().await, ["done"]);
    }

    async fn a_rebuild_keeps_dead_letters_and_those_tried_again(bench: &Bench) {
        let effects = bench.want(&[1, 2]).await;
        bench.hands.tell([
            crate::runner::Outcome::GaveUp { code: "refused".to_owned() },
            crate::runner::Outcome::GaveUp { code: "refused".to_owned() },
        ]);
        bench.runner(Bench::pace()).once().await.unwrap();
        append(&bench.log, ids::derive(&[b"retry"]), [retried(effects[1])]).await;

        rebuild(&bench.dispatcher(), &bench.db).await.unwrap();

        assert_eq!(bench.states().await, ["dead", "open"]);
        assert_eq!(bench.db.dead_letters(id(9), Part::After(None), 10).await.unwrap()[0].code, "refused");
    }

    async fn nothing_is_claimed_before_a_rebuild_is_complete(bench: &Bench) {
        bench.want(&[1]).await;

        bench.db.forget().await.unwrap();
        let claimed = bench.runner(Bench::pace()).once().await.unwrap();

        assert_eq!(claimed, 0);
    }

    async fn a_restore_puts_in_doubt_what_was_wanted_before_also_after_a_rebuild(bench: &Bench) {
        bench.want(&[1]).await;
        let restored = SystemEvent::from(LogRestored { at: start() });
        append(&bench.log, ids::derive(&[b"restore"]), [restored]).await;
        bench.want(&[2]).await;
        let doubts = async || {
            let tasks = bench.db.claim(start(), 2, Duration::ZERO).await.unwrap();
            tasks.iter().map(|task| task.in_doubt).collect::<Vec<_>>()
        };

        let before = doubts().await;
        rebuild(&bench.dispatcher(), &bench.db).await.unwrap();

        assert_eq!((before, doubts().await), (vec![true, false], vec![true, false]));
    }

    async fn a_rebuild_does_nothing_a_second_time(bench: &Bench) {
        bench.want(&[1, 2]).await;
        bench.runner(Bench::pace()).once().await.unwrap();
        let asked = bench.hands.asked();

        rebuild(&bench.dispatcher(), &bench.db).await.unwrap();
        bench.runner(Bench::pace()).once().await.unwrap();

        assert_eq!(bench.hands.asked(), asked);
    }
}
