use std::time::Duration;

use domain::processes::{outcome_command, step_command};

use super::bench::{Bench, append, attempted, id, on_both, retried, start};
use crate::{
    db::{Counts, Part},
    runner::{Outcome, Pace},
};

/// A lease that does not end within a test.
const LONG: Duration = Duration::from_secs(60);

on_both! {
    async fn what_is_due_is_done_once(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        let runner = bench.runner(Bench::pace());

        runner.once().await.unwrap();
        runner.once().await.unwrap();

        assert_eq!(bench.hands.asked(), [(effects[0], 1)]);
        assert_eq!(bench.states().await, ["done"]);
    }

    async fn a_deed_that_failed_once_is_tried_again(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        bench.hands.tell([Outcome::retry("unavailable")]);
        let runner = bench.runner(Bench::pace());

        runner.once().await.unwrap();
        runner.once().await.unwrap();

        assert_eq!(bench.hands.asked(), [(effects[0], 1), (effects[0], 2)]);
        assert_eq!(bench.states().await, ["done"]);
    }

    async fn a_deed_that_always_fails_becomes_a_dead_letter(bench: &Bench) {
        bench.want(&[1]).await;
        bench.hands.tell(vec![Outcome::retry("unavailable"); 9]);
        let effects = bench.effects();

        let counts = effects.until_idle().await.unwrap();
        effects.stop().await;

        assert_eq!(counts, Counts { dead: 1, ..Counts::default() });
        assert_eq!(bench.hands.asked().len(), 3);
        assert_eq!(bench.db.dead_letters(id(9), Part::After(None), 10).await.unwrap()[0].code, "unavailable");
    }

    async fn a_dead_letter_that_a_person_retries_gets_all_its_tries_again(bench: &Bench) {
        let wanted = bench.want(&[1]).await;
        bench.hands.tell(vec![Outcome::retry("unavailable"); 5]);
        let effects = bench.effects();
        effects.until_idle().await.unwrap();

        append(&bench.log, step_command(wanted[0], "retry", 1), [retried(wanted[0])]).await;
        let counts = effects.until_idle().await.unwrap();
        effects.stop().await;

        assert_eq!(counts, Counts { done: 1, ..Counts::default() });
        assert_eq!(bench.hands.asked().last(), Some(&(wanted[0], 6)));
    }

    async fn an_outcome_whose_answer_got_lost_is_found_before_the_next_try(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        append(&bench.log, outcome_command(effects[0]), Vec::<domain::effect::events::EffectEvent>::new()).await;

        bench.runner(Bench::pace()).once().await.unwrap();

        assert_eq!(bench.hands.asked(), []);
        assert_eq!(bench.states().await, ["done"]);
    }

    async fn of_two_runners_one_gets_the_lease(bench: &Bench) {
        bench.want(&[1]).await;

        let (one, other) = tokio::join!(
            bench.db.claim(start(), 8, Duration::from_secs(60)),
            bench.db.claim(start(), 8, Duration::from_secs(60)),
        );

        assert_eq!(one.unwrap().len() + other.unwrap().len(), 1);
    }

    async fn two_runners_do_each_deed_once(bench: &Bench) {
        let accounts: Vec<u128> = (1..=30).collect();
        bench.want(&accounts).await;

        let (one, other) = (bench.effects(), bench.effects());
        let (counts, _) = tokio::join!(one.until_idle(), other.until_idle());
        one.stop().await;
        other.stop().await;

        assert_eq!(counts.unwrap().done, 30);
        assert_eq!(bench.hands.asked().len(), 30);
    }

    async fn whoever_lost_the_lease_can_no_longer_write(bench: &Bench) {
        bench.want(&[1]).await;
        let stopped = bench.db.claim(start(), 1, Duration::ZERO).await.unwrap().remove(0);
        let taken_over = bench.db.claim(start(), 1, Duration::from_secs(60)).await.unwrap().remove(0);

        let late = bench.db.finish(&stopped).await.unwrap();
        let late_failure = bench.db.postpone(&stopped, Duration::ZERO, "late").await.unwrap();
        let late_burial = bench.db.bury(&stopped, "late").await.unwrap();

        assert_eq!((late, late_failure, late_burial), (false, false, false));
        assert!(bench.db.finish(&taken_over).await.unwrap());
    }

    async fn a_lease_of_before_a_rebuild_is_worth_nothing(bench: &Bench) {
        bench.want(&[1]).await;
        let before = bench.db.claim(start(), 1, Duration::from_secs(60)).await.unwrap().remove(0);
        crate::effects::rebuild(&bench.dispatcher(), &bench.db).await.unwrap();
        bench.db.claim(start(), 1, Duration::from_secs(60)).await.unwrap();

        assert!(!bench.db.finish(&before).await.unwrap());
    }

    async fn dead_letters_are_an_organisations_own_and_can_be_paged_both_ways(bench: &Bench) {
        let effects = bench.want(&[1, 2, 3]).await;
        let given_up = Outcome::GaveUp { code: "refused".to_owned() };
        bench.hands.tell(vec![given_up; 3]);
        bench.runner(Bench::pace()).once().await.unwrap();
        let listed = async |part, most| {
            let letters = bench.db.dead_letters(id(9), part, most).await.unwrap();
            letters.into_iter().map(|letter| (letter.position, letter.effect)).collect::<Vec<_>>()
        };

        let all = listed(Part::After(None), 10).await;
        let foreign = bench.db.dead_letters(id(8), Part::After(None), 10).await.unwrap();

        assert_eq!(all.iter().map(|(_, effect)| *effect).collect::<Vec<_>>(), effects);
        assert_eq!(foreign, []);
        assert_eq!(listed(Part::After(Some(all[0])), 1).await, all[1..2]);
        assert_eq!(listed(Part::Before(Some(all[2])), 10).await, all[..2]);
        assert_eq!(listed(Part::Before(None), 2).await, all[1..]);
        assert_eq!(bench.db.counts_of(id(9), start()).await.unwrap().dead, 3);
        assert_eq!(bench.db.counts_of(id(8), start()).await.unwrap(), Counts::default());
    }

    async fn who_gave_up_cannot_bury_what_a_person_wants_tried_again(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        let task = bench.db.claim(start(), 1, LONG).await.unwrap().remove(0);
        let given_up = domain::effect::events::EffectGaveUp {
            effect: effects[0],
            about: domain::effect::events::About(uuid::Uuid::nil()),
            deed: "erase_subject".to_owned(),
            attempts: 1,
            code: "refused".to_owned(),
        };
        append(&bench.log, step_command(effects[0], "give_up", 1), [domain::effect::events::EffectEvent::from(given_up)]).await;
        append(&bench.log, domain::ids::derive(&[b"retry"]), [retried(effects[0])]).await;
        bench.dispatcher().catch_up().await.unwrap();

        assert!(!bench.db.bury(&task, "refused").await.unwrap());
        assert_eq!(bench.states().await, ["open"]);
    }

    async fn an_attempt_without_outcome_puts_the_effect_in_doubt(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        append(&bench.log, step_command(effects[0], "attempt", 1), [attempted(effects[0], 1)]).await;
        bench.dispatcher().catch_up().await.unwrap();

        let task = bench.db.claim(start(), 1, Duration::ZERO).await.unwrap().remove(0);

        assert!(task.in_doubt);
        assert_eq!(task.attempt, 2);
    }

    async fn a_deed_that_never_answers_is_left_at_the_deadline_and_tried_again(bench: &Bench) {
        let effects = bench.want(&[1]).await;
        bench.hands.tell([Bench::silence()]);
        let runner = bench.runner(Pace { deadline: Duration::from_millis(1), ..Bench::pace() });

        runner.once().await.unwrap();
        let next = bench.db.claim(start(), 1, Duration::ZERO).await.unwrap().remove(0);

        assert_eq!((next.effect, next.attempt), (effects[0], 2));
    }
}

#[tokio::test]
async fn what_a_killed_owner_of_the_data_folder_had_begun_is_taken_up_at_once() {
    let bench = Bench::sqlite().await;
    let wanted = bench.want(&[1]).await;
    let lease = Duration::from_secs(60);
    let begun = bench.db.claim(start(), 1, lease).await.unwrap().remove(0);

    let db = bench.opened_again().await;
    let taken_up = db.claim(start(), 1, lease).await.unwrap().remove(0);

    assert_eq!(taken_up.effect, wanted[0]);
    assert!(!bench.db.finish(&begun).await.unwrap());
}

#[tokio::test]
async fn what_a_killed_node_had_begun_is_taken_up_at_once_by_another() {
    let Some(bench) = Bench::postgres().await else {
        return;
    };
    let wanted = bench.want(&[1]).await;
    let killed = bench.opened_again().await;
    let begun = killed.claim(start(), 1, LONG).await.unwrap().remove(0);

    killed.close().await;
    let taken_up = bench.db.claim(start(), 1, LONG).await.unwrap().remove(0);

    assert_eq!(taken_up.effect, wanted[0]);
    assert!(!bench.db.finish(&begun).await.unwrap());
    assert!(bench.db.finish(&taken_up).await.unwrap());
}

#[tokio::test]
async fn what_a_living_node_has_begun_is_left_to_it() {
    let Some(bench) = Bench::postgres().await else {
        return;
    };
    bench.want(&[1]).await;
    let living = bench.opened_again().await;
    let begun = living.claim(start(), 1, LONG).await.unwrap().remove(0);

    let taken_up = bench.db.claim(start(), 1, LONG).await.unwrap();

    assert_eq!(taken_up, []);
    assert!(living.finish(&begun).await.unwrap());
}

#[tokio::test]
async fn a_node_whose_session_was_cut_keeps_what_it_had_begun() {
    let Some(bench) = Bench::postgres().await else {
        return;
    };
    bench.want(&[1, 2]).await;
    let begun = bench.db.claim(start(), 1, LONG).await.unwrap().remove(0);

    bench.cut_sessions().await;
    // The first claim meets the dead session, the second begins another under the same number.
    let cut = bench.db.claim(start(), 1, LONG).await;
    let next = bench.db.claim(start(), 1, LONG).await.unwrap().remove(0);

    assert!(cut.is_err());
    assert_ne!(next.effect, begun.effect);
    assert!(bench.db.finish(&begun).await.unwrap());
}
