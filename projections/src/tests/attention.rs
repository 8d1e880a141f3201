//! What people should look at is listed until it is settled, and only in its organisation.

use domain::{
    ids::{InboxId, PaymentId},
    payment::events::{PaymentEvent, RefundFailed, RefundProcessed},
    provider_inbox::events::{ProviderEventParked, ProviderFact, ProviderInboxEvent},
};

use crate::{
    attention::{self, Matter},
    list::Slice,
    projections::models,
    testing::{
        Running, TestDb, ground,
        history::{History, id, moment, rupees, tenant},
        on_both,
    },
};

async fn matters(db: &TestDb, organisation: u128) -> Vec<Matter> {
    let listed = attention::list(&db.db, tenant(organisation), &Slice::first(100)).await;
    let rows = listed.unwrap().rows.into_iter();
    rows.map(|(_, stored)| stored.row.matter.clone()).collect()
}

on_both! {
    async fn a_message_without_a_place_waits_for_people_of_its_organisation(db) {
        let mut history = History::empty();
        let (inbox, payment): (InboxId, PaymentId) = (id(1), id(2));
        let fact = ProviderFact::PaymentCaptured { payment, attempt: "a".to_owned(), amount: rupees(100), at: moment(0) };
        let parked = ProviderEventParked {
            inbox,
            provider: "bank".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: "evt_1".to_owned(),
            fact: fact.clone(),
            code: "NOT_FOUND".to_owned(),
        };
        history.add::<ProviderInboxEvent, _>(tenant(0), inbox, parked).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let waiting = Matter::Unplaced {
            provider: "bank".to_owned(),
            provider_event: "evt_1".to_owned(),
            fact,
            code: "NOT_FOUND".to_owned(),
        };
        assert_eq!(matters(db, 0).await, [waiting]);
        assert_eq!(matters(db, 1).await, []);
        assert_eq!(attention::count(&db.db, tenant(0)).await.unwrap(), 1);
        running.stop().await;
    }
}

on_both! {
    async fn a_refund_that_failed_and_went_through_after_all_is_no_longer_listed(db) {
        let mut history = History::empty();
        let payment: PaymentId = id(2);
        let failed = RefundFailed { payment, interview: id(3), refund: id(4), code: "closed".to_owned() };
        let processed = RefundProcessed { payment, interview: id(3), refund: id(4), provider_refund: "r".to_owned() };
        history.add::<PaymentEvent, _>(tenant(0), payment, failed).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let before = matters(db, 0).await;

        history.add::<PaymentEvent, _>(tenant(0), payment, processed).await;
        running.caught_up().await;

        assert!(matches!(&before[..], [Matter::RefundFailed { .. }]), "{before:?}");
        assert_eq!(matters(db, 0).await, []);
        running.stop().await;
    }
}
