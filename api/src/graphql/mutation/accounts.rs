//! Organisations, accounts and roles.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::accounts::{
    choose_role::ChooseRole, create_organisation::CreateOrganisation, grant_role::GrantRole,
    revoke_role::RevokeRole, update_profile::UpdateProfile,
};
use domain::{
    actor::{Actor, Role as DomainRole},
    ids::OrganisationId,
    refusal::Refusal,
    text::Line,
};
use projections::{accounts, list::Slice};
use store::executor::{Invocation, command_id, mint};

use super::{
    super::{
        authenticate::{Known, particulars},
        enums::Role,
        keyed_ids::account_of,
        mail_address::email,
        organisation::Organisation,
        person::Person,
        policy::Operation,
        scalars::TimeZone,
        services::{asker, services},
        viewer::Asker,
    },
    call::{Call, Outcome, id, refused, run},
};
use crate::error::{ApiError, ErrorCode};

/// Organisations, accounts and roles.
#[derive(Default, Clone, Copy, Debug)]
pub struct AccountMutation;

/// A new organisation.
#[derive(InputObject, Debug)]
pub struct CreateOrganisationInput {
    /// Its name, 1 to 200 characters.
    name: String,
    /// The zone its calendar days are counted in.
    time_zone: TimeZone,
    /// Whether interviewers may schedule, list candidates and decide; true when absent, as suits small teams.
    interviewers_decide: Option<bool>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The organisation that was made.
#[derive(SimpleObject, Debug)]
pub struct CreateOrganisationPayload {
    /// The organisation; its maker is its first admin.
    organisation: Option<Organisation>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// A role that the person chooses.
#[derive(InputObject, Debug)]
pub struct ChooseRoleInput {
    /// Candidate or interviewer; chosen once, for good.
    role: Role,
    /// The organisation; may be left out when the installation has only one.
    organisation_id: Option<ID>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A role for an account.
#[derive(InputObject, Debug)]
pub struct GrantRoleInput {
    /// To whom.
    account_id: ID,
    /// Which role.
    role: Role,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A role to be taken from an account.
#[derive(InputObject, Debug)]
pub struct RevokeRoleInput {
    /// From whom.
    account_id: ID,
    /// Which role.
    role: Role,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// One's own particulars; what is absent stays as it is.
#[derive(InputObject, Debug)]
pub struct UpdateProfileInput {
    /// What you are called.
    display_name: Option<String>,
    /// Where mail goes.
    email: Option<String>,
    /// The zone times are told in.
    time_zone: Option<TimeZone>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! person_payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// The person as they are now.
                person: Option<Person>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

person_payloads! {
    /// The person who chose.
    ChooseRolePayload,
    /// The person who got the role.
    GrantRolePayload,
    /// The person who lost the role.
    RevokeRolePayload,
    /// The person whose particulars were set.
    UpdateProfilePayload,
}

#[Object]
impl AccountMutation {
    /// Makes an organisation; whoever makes it is its first admin.
    async fn create_organisation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: CreateOrganisationInput,
    ) -> Result<CreateOrganisationPayload> {
        let identity = match asker(ctx) {
            Asker::Anonymous => return Err(ApiError::unauthenticated().into()),
            Asker::Stranger(identity) => identity,
            Asker::Member(viewer) => &viewer.identity,
        };
        let services = services(ctx);
        let now = services.clock.now();
        let nobody = OrganisationId::new(uuid::Uuid::nil());
        let maker = account_of(&services.vault, nobody, identity);
        // The organisation's id follows from the key, so that a repeat finds the one that was made.
        let command = match &input.idempotency_key {
            Some(key) => command_id(nobody, maker, "createOrganisation", key),
            None => mint(now),
        };
        let tenant = OrganisationId::new(command.uuid());
        let account = account_of(&services.vault, tenant, identity);
        let name = match Line::new(&input.name) {
            Ok(name) => name,
            Err(error) => {
                let (_, outcome) = refused::<()>(Refusal::text("name")(error)).split();
                return Ok(CreateOrganisationPayload {
                    organisation: None,
                    outcome,
                });
            }
        };
        let use_case = CreateOrganisation {
            name,
            zone: input.time_zone.0,
            interviewers_decide: input.interviewers_decide.unwrap_or(true),
            account,
            maker: particulars(&services.vault, tenant, identity),
        };
        let invocation = Invocation {
            tenant,
            actor: Actor::account(account),
            command_id: command,
            correlation_id: mint(now),
            causation_id: None,
            trace: None,
            now,
        };
        let (made, outcome) = run(services, &invocation, &use_case).await?.split();
        let organisation = match made {
            None => None,
            Some(made) => Organisation::load(ctx, made.organisation, None).await?,
        };
        Ok(CreateOrganisationPayload {
            organisation,
            outcome,
        })
    }

    /// Chooses a role where that is allowed without being granted it: candidate or interviewer, once, for good.
    async fn choose_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: ChooseRoleInput,
    ) -> Result<ChooseRolePayload> {
        let identity = match asker(ctx) {
            Asker::Anonymous => return Err(ApiError::unauthenticated().into()),
            Asker::Stranger(identity) => identity,
            Asker::Member(viewer) => &viewer.identity,
        };
        let services = services(ctx);
        let named = input.organisation_id.as_ref().and_then(|id| id.parse().ok());
        let only = projections::organisations::only_one(services.db())
            .await
            .map_err(ApiError::unavailable)?;
        let tenant = named.or(identity.organisation).or(only);
        let tenant = tenant.ok_or_else(|| ApiError::new(ErrorCode::BadUserInput, "name the organisation"))?;
        if Organisation::load(ctx, tenant, None).await?.is_none() {
            let (_, outcome) = refused::<()>(Refusal::NotFound { what: "organisation" }).split();
            return Ok(ChooseRolePayload {
                person: None,
                outcome,
            });
        }
        let known = Known::of(services, tenant, identity).await;
        let account = known.map_err(ApiError::unavailable)?.account;
        let now = services.clock.now();
        let command = input.idempotency_key.map_or_else(
            || mint(now),
            |key| command_id(tenant, account, "chooseRole", &key),
        );
        let use_case = ChooseRole {
            account,
            particulars: particulars(&services.vault, tenant, identity),
            role: input.role.into(),
        };
        let invocation = Invocation {
            tenant,
            actor: Actor::account(account),
            command_id: command,
            correlation_id: mint(now),
            causation_id: None,
            trace: None,
            now,
        };
        let (chosen, outcome) = run(services, &invocation, &use_case).await?.split();
        Ok(ChooseRolePayload {
            person: chosen.map(|entered| Person::new(entered.unwrap_or(account))),
            outcome,
        })
    }

    /// Gives a role to an account.
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: GrantRoleInput,
    ) -> Result<GrantRolePayload> {
        let call = Call::begin(ctx, Operation::GrantRole)?;
        let account = id(&input.account_id, "account");
        let use_case = account.clone().map(|account| GrantRole {
            account,
            role: input.role.into(),
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(GrantRolePayload {
            person: done.and(account.ok()).map(Person::new),
            outcome,
        })
    }

    /// Takes a role from an account; the last admin stays.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RevokeRoleInput,
    ) -> Result<RevokeRolePayload> {
        let call = Call::begin(ctx, Operation::RevokeRole)?;
        let account = id(&input.account_id, "account");
        let slice = Slice::first(100);
        let admins = accounts::list(
            call.services.db(),
            call.viewer.tenant,
            Some(DomainRole::Admin),
            &slice,
        )
        .await;
        let admins = admins.map_err(ApiError::unavailable)?.rows;
        let admins = admins.into_iter().map(|(_, stored)| stored.row.account).collect();
        let use_case = account.clone().map(|account| RevokeRole {
            account,
            role: input.role.into(),
            admins,
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(RevokeRolePayload {
            person: done.and(account.ok()).map(Person::new),
            outcome,
        })
    }

    /// Sets one's own particulars.
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let call = Call::begin(ctx, Operation::UpdateProfile)?;
        let account = call.viewer.account;
        let name = input
            .display_name
            .as_deref()
            .map(Line::new)
            .transpose()
            .map_err(Refusal::text("displayName"));
        let email = input
            .email
            .as_deref()
            .map(|text| email(text, "email"))
            .transpose();
        let use_case = name.and_then(|name| {
            let name = name.map(|name| name.to_string());
            Ok(UpdateProfile {
                account,
                name,
                email: email?,
                zone: input.time_zone.map(|zone| zone.0),
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        Ok(UpdateProfilePayload {
            person: done.map(|()| Person::new(account)),
            outcome,
        })
    }
}
