//! Ids that follow from what an issuer or a person says, by the installation's key.

use domain::ids::{AccountId, Id, Kind, MailAddressId, OrganisationId};
use store::vault::Vault;

use crate::auth::tokens::Identity;

/// The account that an identity has in an organisation: the same for ever, and telling nothing about the identity to
/// whoever lacks the installation's key.
pub fn account_of(vault: &Vault, tenant: OrganisationId, identity: &Identity) -> AccountId {
    let mut name = tenant.uuid().as_bytes().to_vec();
    name.extend_from_slice(&(identity.issuer.len() as u64).to_be_bytes());
    name.extend_from_slice(identity.issuer.as_bytes());
    name.extend_from_slice(identity.subject.as_bytes());
    keyed(vault, "account", &name)
}

/// The id of a mail address in an organisation, whatever the case of its letters: the same for ever, and telling nothing
/// about the address to whoever lacks the installation's key.
pub fn address_of(vault: &Vault, tenant: OrganisationId, email: &str) -> MailAddressId {
    let mut name = tenant.uuid().as_bytes().to_vec();
    name.extend_from_slice(email.trim().to_lowercase().as_bytes());
    keyed(vault, "mail address", &name)
}

fn keyed<K: Kind>(vault: &Vault, purpose: &str, name: &[u8]) -> Id<K> {
    let token = vault.token(purpose, name);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&token[..16]);
    Id::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
