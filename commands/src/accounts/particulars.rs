//! What an issuer says about an identity.

use domain::{
    account::register::Register,
    ids::{AccountId, MailAddressId, SubjectId},
    sealed::Sealed,
};
use serde::Serialize;

/// What an issuer says about an identity.
#[derive(Clone, Debug, Serialize)]
pub struct Particulars {
    /// The issuer (`iss`).
    pub issuer: String,
    /// The identity's name there (`sub`).
    pub identity: String,
    /// Where mail goes; only an address that the issuer vouches for.
    pub email: Option<String>,
    /// The keyed hash of that address. It follows from the address, and so is no input of its own.
    #[serde(skip_serializing)]
    pub address: Option<MailAddressId>,
    /// What the person is called.
    pub name: Option<String>,
}

impl Particulars {
    /// As the command that registers the account, sealed with the person's key.
    pub fn register(&self, account: AccountId) -> Register {
        let seal = |text: &String| Sealed::open(SubjectId::of(account), text.clone());
        Register {
            account,
            issuer: self.issuer.clone(),
            identity: seal(&self.identity),
            email: self.email.as_ref().map(seal),
            name: self.name.as_ref().map(seal),
        }
    }
}
