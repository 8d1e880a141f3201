//! Signing in: as the account that waits for whoever reads mail at an address, or as an account of one's own.

use domain::{
    account::{Account, join_identity::JoinIdentity, update_profile::UpdateProfile},
    ids::{AccountId, MailAddressId, SubjectId},
    mail_address::{MailAddress, prove::Prove},
    sealed::Sealed,
};
use store::executor::{CommandError, Unit};

use super::{
    invite::{forgotten, is_to_be_forgotten},
    particulars::Particulars,
};

/// Lets an identity in and gives the account that it acts as. One that has an account of its own keeps it; `own` is what
/// it has or would have.
pub(super) async fn enter(
    unit: &mut Unit<'_>,
    own: AccountId,
    particulars: &Particulars,
) -> Result<AccountId, CommandError> {
    let known: Account = unit.load(own.uuid()).await?;
    if !known.is_registered()
        && let Some(account) = take_up(unit, own, particulars).await?
    {
        return Ok(account);
    }
    register(unit, own, particulars).await?;
    Ok(own)
}

/// Registers an account of its own for an identity, unless it has one, and learns whose its address is.
pub(super) async fn register(
    unit: &mut Unit<'_>,
    own: AccountId,
    particulars: &Particulars,
) -> Result<(), CommandError> {
    unit.decide::<Account>(own.uuid(), particulars.register(own).into())
        .await?;
    prove(unit, own, particulars.address).await
}

/// Lets an identity act as the account that waits at its address, or that it joined before. `None` when there is no such
/// account: an account that somebody has signed in as waits for nobody else.
pub(super) async fn take_up(
    unit: &mut Unit<'_>,
    own: AccountId,
    particulars: &Particulars,
) -> Result<Option<AccountId>, CommandError> {
    let Some(address) = particulars.address else {
        return Ok(None);
    };
    let address: MailAddress = unit.load(address.uuid()).await?;
    let Some(account) = address.account() else {
        return Ok(None);
    };
    if is_to_be_forgotten(unit, account).await? {
        return Ok(None);
    }
    let person: Account = unit.load(account.uuid()).await?;
    if person.has_identity(own) {
        return Ok(Some(account));
    }
    if address.invited().is_none() {
        return Ok(None);
    }
    let seal = |text: &String| Sealed::open(SubjectId::of(account), text.clone());
    let join = JoinIdentity {
        account,
        identity_account: own,
        issuer: particulars.issuer.clone(),
        identity: seal(&particulars.identity),
    };
    unit.decide::<Account>(account.uuid(), join.into()).await?;
    if person.name().is_none() && particulars.name.is_some() {
        let update = UpdateProfile {
            account,
            name: particulars.name.as_ref().map(seal),
            email: None,
        };
        unit.decide::<Account>(account.uuid(), update.into()).await?;
    }
    prove(unit, account, particulars.address).await?;
    Ok(Some(account))
}

/// Records whose the address is that the issuer vouches for. Nothing is learned of whoever is to be forgotten.
pub(super) async fn prove(
    unit: &mut Unit<'_>,
    account: AccountId,
    address: Option<MailAddressId>,
) -> Result<(), CommandError> {
    let Some(address) = address else {
        return Ok(());
    };
    if is_to_be_forgotten(unit, account).await? {
        return Ok(());
    }
    let known: MailAddress = unit.load(address.uuid()).await?;
    let prove = Prove {
        address,
        account,
        forgotten: forgotten(unit, known).await?,
    };
    unit.decide::<MailAddress>(address.uuid(), prove.into()).await?;
    Ok(())
}
