//! The right to be forgotten.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::privacy::erase_subject::EraseSubject;
use domain::{actor::Role, ids::AccountId, refusal::Refusal};

use super::{
    super::policy::Operation,
    call::{Call, Outcome, id},
};

/// The right to be forgotten.
#[derive(Default, Clone, Copy, Debug)]
pub struct PrivacyMutation;

/// A person whose data is to be erased.
#[derive(InputObject, Debug)]
pub struct EraseSubjectInput {
    /// Whose account; one's own, or anybody's for an admin.
    account_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The erasure that was asked for; it is done in the background.
#[derive(SimpleObject, Debug)]
pub struct EraseSubjectPayload {
    #[graphql(flatten)]
    outcome: Outcome,
}

#[Object]
impl PrivacyMutation {
    /// Erases a person's data for good: their keys are destroyed, and what was sealed with them can never be read
    /// again. The story of their interviews stays, without a name in it.
    async fn erase_subject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: EraseSubjectInput,
    ) -> Result<EraseSubjectPayload> {
        let call = Call::begin(ctx, Operation::EraseSubject)?;
        let by = call.viewer.account;
        let may = |account: &AccountId| call.viewer.is(Role::Admin) || *account == by;
        let account = id(&input.account_id, "account").and_then(|account: AccountId| {
            if may(&account) {
                Ok(account)
            } else {
                Err(Refusal::NotFound { what: "account" })
            }
        });
        let use_case = account.map(|account| EraseSubject { account, by });
        let (_, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(EraseSubjectPayload { outcome })
    }
}
