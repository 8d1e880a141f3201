//! The codes of instant sessions. A code is made of the interview's id by a keyed hash, so that it can be told again
//! and stands nowhere; it is found by another keyed hash, of itself. Whoever has all of the databases and not the
//! installation's key has neither.

use domain::{
    ids::{InterviewId, JoinCodeDigest, OrganisationId},
    join_code::JoinCode,
};
use store::vault::Vault;
use uuid::{Builder, Uuid};

/// What the keyed hash is for of which a code is made.
const CODE: &str = "join code";
/// What the keyed hash is for by which a code is found.
const DIGEST: &str = "join code digest";

/// The code of a session, the same for ever.
pub fn code_of(vault: &Vault, tenant: OrganisationId, interview: InterviewId) -> JoinCode {
    let ids = [tenant.uuid(), interview.uuid()];
    let bytes: Vec<u8> = ids.iter().flat_map(Uuid::as_bytes).copied().collect();
    JoinCode::of_hash(vault.token(CODE, &bytes))
}

/// What a code is found by, within one organisation.
pub fn digest_of(vault: &Vault, tenant: OrganisationId, code: JoinCode) -> JoinCodeDigest {
    let bytes = [tenant.uuid().as_bytes().as_slice(), code.as_bytes()].concat();
    let token = vault.token(DIGEST, &bytes);
    let mut digest = [0; 16];
    digest.copy_from_slice(&token[..16]);
    JoinCodeDigest::new(Builder::from_custom_bytes(digest).into_uuid())
}
