//! Other code, another table: built beside, switched at once, the old one kept as the way back.

use std::marker::PhantomData;

use domain::{account::events::AccountEvent, envelope::Envelope};

use crate::{
    accounts::{self, Account, Accounts},
    model::{Column, Index, Key, ReadModel},
    projections::{Of, models},
    sql::{Kind, Value},
    table::{self, Table, fingerprint},
    testing::{Running, TestDb, dump, ground, history::History, on_both},
};

/// The accounts as code before this one folded them: without zones.
pub(super) enum Former {}

impl ReadModel for Former {
    const NAME: &'static str = Accounts::NAME;
    const COLUMNS: &'static [Column] = &[Column::required("registered", Kind::Instant)];
    const INDEXES: &'static [Index] = &[];
    const SOURCE: &'static str = "former";
    type Row = Account;
    type Heard = accounts::Heard;

    fn keys(event: &accounts::Heard, envelope: &Envelope) -> Vec<Key> {
        Accounts::keys(event, envelope)
    }

    fn apply(
        key: Key,
        row: Option<Account>,
        event: &accounts::Heard,
        envelope: &Envelope,
    ) -> Option<Account> {
        match event {
            accounts::Heard::Account(AccountEvent::TimeZoneSet(_)) => row,
            accounts::Heard::Account(_) | accounts::Heard::DataSubject(_) => {
                Accounts::apply(key, row, event, envelope)
            }
        }
    }

    fn columns(row: &Account) -> Vec<Value> {
        Accounts::columns(row).into_iter().take(1).collect()
    }
}

on_both! {
    async fn changed_code_builds_its_own_table_and_takes_the_place_of_the_old_one(db) {
        let history = History::of(1, 2).await;
        let former = Running::start(vec![Box::new(Of::<Former>(PhantomData))], ground(db, &history.log)).await;
        former.caught_up().await;
        let before = dump(&db.db, &[Accounts::NAME]).await;
        former.stop().await;

        let present = Running::start(models(), ground(db, &history.log)).await;
        present.caught_up().await;

        let live = table::live(&db.db, Accounts::NAME).await.unwrap().unwrap();
        assert_eq!(live.fingerprint, fingerprint::<Accounts>());
        assert_ne!(dump(&db.db, &[Accounts::NAME]).await, before);
        let old = Table::<Former>::of_this_code().position(&db.db).await.unwrap();
        assert!(old.is_some(), "the old table is the way back");
        let status = present.projections.overview().await.unwrap().models.remove(0);
        assert_eq!((status.model, status.rebuilding), (Accounts::NAME, false));
        present.stop().await;
    }
}

on_both! {
    async fn the_old_table_serves_until_the_new_one_is_ready(db) {
        let mut history = History::of(2, 1).await;
        let former = Running::start(vec![Box::new(Of::<Former>(PhantomData))], ground(db, &history.log)).await;
        former.caught_up().await;
        former.stop().await;
        let before = dump(&db.db, &[Accounts::NAME]).await;

        crate::runner::prepare::<Accounts>(&ground(db, &history.log)).await.unwrap();
        history.erase(0xC000).await;

        assert_eq!(dump(&db.db, &[Accounts::NAME]).await, before);
        let live = table::live(&db.db, Accounts::NAME).await.unwrap().unwrap();
        assert_eq!(live.fingerprint, fingerprint::<Former>());
    }
}

#[test]
fn the_fingerprint_depends_on_the_code() {
    assert_ne!(fingerprint::<Former>(), fingerprint::<Accounts>());
    assert_eq!(fingerprint::<Accounts>().len(), 8);
}
