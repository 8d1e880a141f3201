use commands::operations::record_restore::record_restore;
use domain::{
    data_subject::events::{DataSubjectEvent, ErasureRequested},
    ids::SubjectId,
    ports::clock::Clock,
};

use super::{
    bench::id,
    stage::{CANDIDATE, Stage, Trouble},
};
use crate::{
    db::Part,
    runner::{Hands, Outcome},
};

#[tokio::test]
async fn a_paid_booking_is_confirmed_with_a_room_and_everybody_told() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.settled().await;

    stage.paid(false).await;
    let dead = stage.settled().await;

    assert_eq!(dead, 0);
    assert_eq!(stage.count("interview.confirmed").await, 1);
    assert_eq!(stage.count("interviewer_calendar.hold_confirmed").await, 2);
    assert_eq!(stage.count("room.provisioned").await, 1);
    assert_eq!(
        stage.world.subjects(),
        [
            "ada@example.org: Your interview is confirmed",
            "alan@example.org: You interview ada",
            "edsger@example.org: You interview ada",
        ]
    );
}

#[tokio::test]
async fn an_unpaid_booking_expires_when_the_clock_is_there() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.settled().await;

    stage.at("2026-03-02T09:15:00Z");
    stage.settled().await;

    assert_eq!(stage.count("interview.booking_expired").await, 1);
    assert_eq!(stage.count("interviewer_calendar.hold_expired").await, 2);
    assert_eq!(stage.count("payment.expired").await, 1);
}

#[tokio::test]
async fn a_late_payment_gets_the_slot_if_it_is_still_free() {
    let stage = Stage::new().await;
    stage.offered().await;
    stage.booked().await;
    stage.at("2026-03-02T09:20:00Z");
    stage.settled().await;

    stage.paid(true).await;
    stage.settled().await;

    assert_eq!(stage.count("interview.slot_reclaimed").await, 1);
    assert_eq!(stage.count("interview.confirmed").await, 1);
    assert_eq!(stage.count("payment.refund_requested").await, 0);
}

#[tokio::test]
async fn a_late_payment_goes_back_if_nothing_is_known_of_the_product() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.at("2026-03-02T09:20:00Z");
    stage.settled().await;

    stage.paid(true).await;
    stage.settled().await;

    assert_eq!(stage.count("interview.slot_reclaimed").await, 0);
    assert_eq!(stage.count("payment.refund_processed").await, 1);
}

#[tokio::test]
async fn a_late_payment_goes_back_if_the_slot_is_taken() {
    let stage = Stage::new().await;
    stage.offered().await;
    stage.booked().await;
    stage.at("2026-03-02T09:20:00Z");
    stage.settled().await;

    stage.taken().await;
    stage.paid(true).await;
    stage.settled().await;

    assert_eq!(stage.count("interview.confirmed").await, 0);
    assert_eq!(stage.count("payment.refund_processed").await, 1);
    assert_eq!(
        stage.world.subjects(),
        ["ada@example.org: Your slot was taken, and your money goes back"]
    );
}

#[tokio::test]
async fn an_order_whose_answer_got_lost_is_asked_for_under_the_same_key() {
    let stage = Stage::new().await;
    stage.fails([Trouble::AnswerLost]);

    stage.booked().await;
    stage.settled().await;

    assert_eq!(stage.world.calls("order"), [2]);
    assert_eq!(stage.count("payment.order_created").await, 1);
}

#[tokio::test]
async fn an_order_that_never_comes_is_a_dead_letter() {
    let stage = Stage::new().await;
    stage.fails([Trouble::Down; 3]);

    stage.booked().await;
    let dead = stage.settled().await;

    assert_eq!(dead, 1);
    assert_eq!(stage.count("effect.gave_up").await, 1);
    assert_eq!(stage.count("effect.attempted").await, 3);
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_is_shown_to_people() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.at("2026-03-02T09:20:00Z");
    stage.settled().await;
    stage.taken().await;
    stage.fails([Trouble::Refused; 2]);

    stage.paid(true).await;
    stage.settled().await;

    assert_eq!(stage.count("payment.refund_failed").await, 1);
    assert_eq!(stage.count("notification.delivery_failed").await, 1);
}

#[tokio::test]
async fn an_invitation_whose_fate_is_not_known_is_sent_again_under_its_message_id() {
    let stage = Stage::new().await;
    stage.fails_with("mail", Trouble::AnswerLost);

    stage.confirmed().await;
    let dead = stage.settled().await;

    let mut calls = stage.world.calls("mail");
    calls.sort_unstable();
    assert_eq!((calls, dead), (vec![1, 1, 2], 0));
    assert_eq!(stage.count("notification.delivery_accepted").await, 3);
}

/// A booking that was not paid in time, and whose slot somebody else has.
async fn slot_taken(stage: &Stage) {
    stage.booked().await;
    stage.at("2026-03-02T09:20:00Z");
    stage.settled().await;
    stage.taken().await;
}

/// It is paid all the same: the candidate is told that the money goes back.
async fn slot_lost(stage: &Stage) {
    slot_taken(stage).await;
    stage.paid(true).await;
}

#[tokio::test]
async fn word_of_money_whose_fate_is_not_known_waits_for_a_person_and_is_then_sent() {
    let stage = Stage::new().await;
    stage.fails_with("mail", Trouble::AnswerLost);
    slot_lost(&stage).await;
    let dead = stage.settled().await;
    let sent_before = stage.world.calls("mail");
    let letters = stage.db.dead_letters(id(9), Part::After(None), 10).await.unwrap();

    stage.tried_again(letters[0].effect).await;
    let dead_after = stage.settled().await;

    assert_eq!((dead, sent_before), (1, vec![1]));
    assert_eq!(
        (letters[0].code.as_str(), letters[0].in_doubt),
        ("in_doubt", true)
    );
    assert_eq!((dead_after, stage.world.calls("mail")), (0, vec![2]));
    assert_eq!(stage.count("notification.delivery_accepted").await, 1);
}

#[tokio::test]
async fn word_of_money_that_surely_did_not_go_out_is_sent_again_by_itself() {
    let stage = Stage::new().await;
    stage.fails_with("mail", Trouble::Down);

    slot_lost(&stage).await;
    let dead = stage.settled().await;

    assert_eq!((dead, stage.world.calls("mail")), (0, vec![2]));
    assert_eq!(stage.count("notification.delivery_accepted").await, 1);
}

#[tokio::test]
async fn after_a_restore_word_of_money_waits_and_everything_else_is_done_under_its_key() {
    let stage = Stage::new().await;
    slot_taken(&stage).await;
    stage.effects.stop().await;
    stage.paid(true).await;
    stage.heard().await;
    stage.node().once().await.unwrap();
    stage.heard().await;
    assert_eq!(stage.count("payment.refund_requested").await, 1);

    record_restore(&stage.tools.executor, stage.clock.now())
        .await
        .unwrap();
    record_restore(&stage.tools.executor, stage.clock.now())
        .await
        .unwrap();
    stage.done_by_hand().await;

    let letters = stage.db.dead_letters(id(9), Part::After(None), 10).await.unwrap();
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(
        (letter.deed.name(), letter.code.as_str(), letter.in_doubt),
        ("send_mail", "in_doubt", true)
    );
    assert_eq!(stage.count("system.log_restored").await, 1);
    assert_eq!(stage.count("payment.refund_processed").await, 1);
    assert_eq!(stage.world.calls("refund"), [1]);
    assert!(stage.world.calls("mail").is_empty());
}

#[tokio::test]
async fn what_a_move_made_untrue_is_not_sent() {
    let stage = Stage::new().await;
    stage.confirmed_and_moved_at_once().await;

    stage.settled().await;

    assert_eq!(stage.count("notification.suppressed").await, 3);
    assert_eq!(stage.world.subjects().len(), 3);
    assert_eq!(stage.count("room.provisioned").await, 1);
}

#[tokio::test]
async fn why_other_times_were_declined_is_told_whatever_happened_since_under_the_title_of_now() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;

    stage.declined_and_renamed().await;
    stage.settled().await;

    let mails = stage.world.mails.lock().unwrap();
    let told = mails.iter().find(|mail| mail.subject.starts_with("It stays"));
    let told = told.unwrap();
    assert_eq!(told.to, "ada@example.org");
    assert!(told.subject.contains("Final round"), "{}", told.subject);
    assert!(told.text.contains("Reason: We are away"), "{}", told.text);
}

#[tokio::test]
async fn the_room_of_a_former_time_is_closed_with_the_provision_of_the_new_one() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;

    stage.moved().await;
    stage.settled().await;

    assert_eq!(stage.count("room.provisioned").await, 2);
    assert_eq!(stage.count("room.closed").await, 1);
}

#[tokio::test]
async fn nobody_came_and_the_room_is_closed_for_good() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;

    stage.at("2026-03-03T10:15:00Z");
    stage.settled().await;
    stage.at("2026-03-03T11:30:00Z");
    let dead = stage.settled().await;

    assert_eq!(dead, 0);
    assert_eq!(stage.count("interview.no_show_marked").await, 1);
    assert_eq!(stage.count("room.closed").await, 1);
}

#[tokio::test]
async fn who_was_erased_gets_no_mail() {
    let stage = Stage::new().await;
    let requested = ErasureRequested {
        account: id(CANDIDATE),
        subject: SubjectId::of(id(CANDIDATE)),
        by: id(CANDIDATE),
    };
    stage.given::<DataSubjectEvent>(CANDIDATE, requested).await;
    stage.settled().await;

    stage.confirmed().await;
    stage.settled().await;

    assert_eq!(stage.count("data_subject.erasure_completed").await, 1);
    assert_eq!(stage.count("notification.suppressed").await, 1);
    assert_eq!(stage.world.subjects().len(), 2);
}

#[tokio::test]
async fn a_rebuild_sends_nothing_and_charges_nobody() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.settled().await;
    stage.paid(false).await;
    stage.settled().await;
    let (mails, orders) = (stage.world.calls("mail"), stage.world.calls("order"));
    let before = stage.effects.counts().await.unwrap();

    stage.effects.rebuild().await.unwrap();
    stage.settled().await;

    assert_eq!(
        (stage.world.calls("mail"), stage.world.calls("order")),
        (mails, orders)
    );
    assert_eq!(stage.effects.counts().await.unwrap(), before);
    assert_eq!(stage.world.calls("room"), [1]);
}

#[tokio::test]
async fn a_report_whose_quotes_stand_in_the_transcript_is_kept_and_told() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;
    *stage.world.quote.lock().unwrap() = "I would shard".to_owned();

    stage.fails([Trouble::AnswerLost]);
    stage.report_asked("I would shard the queue.").await;
    stage.settled().await;

    assert_eq!(stage.world.calls("assess"), [2]);
    assert_eq!(stage.count("report.generated").await, 1);
    assert!(
        stage
            .world
            .subjects()
            .contains(&"alan@example.org: The report is ready".to_owned())
    );
}

#[tokio::test]
async fn a_report_that_quotes_what_was_never_said_fails() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;
    *stage.world.quote.lock().unwrap() = "hire me".to_owned();

    stage.report_asked("I would shard the queue.").await;
    let dead = stage.settled().await;

    assert_eq!(dead, 0);
    assert_eq!(stage.count("report.generated").await, 0);
    assert_eq!(stage.count("report.failed").await, 1);
}

#[tokio::test]
async fn feedback_of_a_mock_is_released_and_told_to_the_candidate() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;

    stage.rated().await;
    stage.settled().await;

    assert_eq!(stage.count("feedback.released").await, 1);
    assert!(
        stage
            .world
            .subjects()
            .contains(&"ada@example.org: There is feedback on your interview".to_owned())
    );
}

#[tokio::test]
async fn a_room_whose_answer_got_lost_is_recorded_once() {
    let stage = Stage::new().await;
    stage.fails([Trouble::AnswerLost; 4]);

    stage.confirmed().await;
    let dead = stage.settled().await;

    assert_eq!(dead, 0);
    assert_eq!(stage.count("room.provisioned").await, 1);
    assert_eq!(stage.count("notification.delivery_accepted").await, 3);
}

#[tokio::test]
async fn who_stood_still_before_the_call_for_longer_than_the_lease_calls_nobody() {
    let stage = Stage::new().await;
    stage.effects.stop().await;
    stage.booked().await;
    let stopped = stage.claimed_and_stopped().await;
    let before = stage.tools.look_up(&stopped).await.unwrap();

    stage.node().once().await.unwrap();
    let continued = stage.tools.perform(&stopped).await;

    assert!(!before.is_done && stopped.announced == 0);
    assert_eq!(continued, Outcome::Done);
    assert_eq!(stage.world.calls("order"), [1]);
}

#[tokio::test]
async fn who_finds_that_another_is_calling_calls_nobody_and_gives_nothing_up() {
    let stage = Stage::new().await;
    stage.effects.stop().await;
    stage.booked().await;
    let stopped = stage.claimed_and_stopped().await;
    stage.fails([Trouble::Down]);

    stage.node().once().await.unwrap();
    let announced_before = stage.tools.perform(&stopped).await;
    stage.node().work(&stopped).await;

    assert_eq!(announced_before, Outcome::retry("taken_over"));
    assert_eq!(stage.world.calls("order"), [1]);
    assert_eq!(stage.count("effect.gave_up").await, 0);
    assert_eq!(stage.count("effect.attempted").await, 1);
}

#[tokio::test]
async fn the_money_goes_back_once_when_no_interviewer_came() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.paid(false).await;
    stage.settled().await;
    stage.missed().await;
    stage.settled().await;
    let before_closing = stage.count("payment.refund_requested").await;

    stage.fails_with("refund", Trouble::AnswerLost);
    stage.at("2026-03-03T11:30:00Z");
    let dead = stage.settled().await;

    assert_eq!((before_closing, dead), (0, 0));
    assert_eq!(stage.count("payment.refund_requested").await, 1);
    assert_eq!(stage.world.calls("refund"), [2]);
    assert_eq!(stage.count("payment.refund_processed").await, 1);
    assert_eq!(
        stage
            .world
            .recipients("No interviewer came, and your money goes back"),
        ["ada@example.org"]
    );
}

#[tokio::test]
async fn nothing_goes_back_when_the_mark_was_wrong() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.paid(false).await;
    stage.settled().await;
    stage.missed().await;
    stage.settled().await;

    stage.not_missed().await;
    stage.at("2026-03-03T11:29:00Z");
    stage.settled().await;

    assert_eq!(stage.count("payment.refund_requested").await, 0);
}

#[tokio::test]
async fn nothing_goes_back_of_what_cost_nothing() {
    let stage = Stage::new().await;
    stage.confirmed().await;
    stage.settled().await;

    stage.missed().await;
    stage.at("2026-03-03T11:30:00Z");
    let dead = stage.settled().await;

    assert_eq!(dead, 0);
    assert_eq!(stage.count("payment.refund_requested").await, 0);
    assert!(stage.world.calls("refund").is_empty());
}

#[tokio::test]
async fn the_money_goes_back_when_nobody_could_come_because_there_was_no_room() {
    let stage = Stage::new().await;
    stage.booked().await;
    stage.settled().await;
    stage.fails_with("room", Trouble::Refused);
    stage.paid(false).await;
    stage.settled().await;
    assert_eq!(stage.count("room.provisioned").await, 0);

    stage.at("2026-03-03T11:30:00Z");
    stage.settled().await;

    assert_eq!(stage.count("interview.abandoned").await, 1);
    assert_eq!(stage.count("payment.refund_requested").await, 1);
}
