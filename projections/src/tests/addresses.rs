//! Whose mail addresses are, and as whom identities act that took up an invitation.

use domain::{
    account::events::{AccountEvent, IdentityJoined},
    ids::{AccountId, MailAddressId, SubjectId},
    mail_address::events::{AddressInvited, AddressProven, MailAddressEvent},
};

use crate::{
    identities,
    mail_addresses::{self, MailAddress},
    projections::models,
    testing::{
        Running, TestDb, ground,
        history::{History, id, sealed, tenant},
        on_both,
    },
};

const ADDRESS: MailAddressId = id(1);
const IDENTITY: AccountId = id(8);

async fn happened(history: &mut History, event: impl Into<MailAddressEvent>) {
    history
        .add::<MailAddressEvent, _>(tenant(0), ADDRESS, event)
        .await;
}

fn invited(account: u128) -> AddressInvited {
    AddressInvited {
        address: ADDRESS,
        account: id(account),
        by: id(3),
    }
}

async fn joined(history: &mut History, account: AccountId) {
    let joined = IdentityJoined {
        account,
        identity_account: IDENTITY,
        issuer: "https://id.example".to_owned(),
        identity: sealed(SubjectId::of(account), 1),
    };
    history.add::<AccountEvent, _>(tenant(0), account, joined).await;
}

async fn whose(db: &TestDb, organisation: u128) -> Option<MailAddress> {
    let found = mail_addresses::by_id(&db.db, tenant(organisation), ADDRESS).await;
    found.unwrap().map(|stored| *stored.row)
}

async fn acts_as(db: &TestDb, organisation: u128) -> Option<AccountId> {
    let found = identities::by_id(&db.db, tenant(organisation), IDENTITY).await;
    found.unwrap().map(|stored| stored.row.account)
}

on_both! {
    async fn an_address_waits_for_somebody_until_they_sign_in(db) {
        let mut history = History::empty();
        happened(&mut history, invited(7)).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let waiting = whose(db, 0).await.unwrap();

        happened(&mut history, AddressProven { address: ADDRESS, account: id(7) }).await;
        running.caught_up().await;

        let proven = whose(db, 0).await.unwrap();
        assert_eq!((waiting.account, waiting.invited()), (id(7), Some(id(7))));
        assert_eq!((proven.account, proven.invited()), (id(7), None));
        assert_eq!(whose(db, 1).await, None);
        running.stop().await;
    }
}

on_both! {
    async fn an_address_that_is_invited_anew_waits_again(db) {
        let mut history = History::empty();
        happened(&mut history, invited(7)).await;
        happened(&mut history, AddressProven { address: ADDRESS, account: id(7) }).await;
        happened(&mut history, invited(9)).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        assert_eq!(whose(db, 0).await.unwrap().invited(), Some(id(9)));
        running.stop().await;
    }
}

on_both! {
    async fn an_identity_acts_as_the_account_that_it_joined_last(db) {
        let mut history = History::empty();
        joined(&mut history, id(7)).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let first = acts_as(db, 0).await;

        joined(&mut history, id(9)).await;
        running.caught_up().await;

        assert_eq!((first, acts_as(db, 0).await), (Some(id(7)), Some(id(9))));
        assert_eq!(acts_as(db, 1).await, None);
        running.stop().await;
    }
}
