//! What every mutation does: ask for permission, run the command under its idempotency key, wait for the read models.

use async_graphql::{Context, ID, Result, SimpleObject};
use commands::accounts::invite::Invitee;
use domain::{
    envelope,
    ids::{CommandId, Id, Kind, OrganisationId},
    refusal::Refusal,
    text::Line,
};
use store::executor::{CommandError, Invocation, UseCase, command_id, mint};

use super::super::{
    keyed_ids::address_of,
    mail_address::email,
    policy::Operation,
    scalars::Position,
    services::{Services, asker, services},
    user_error::UserError,
    viewer::Viewer,
};
use crate::error::{ApiError, ErrorCode};

/// Longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;
/// A mutation under way.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// What it works with.
    pub services: &'a Services,
    /// Who asks.
    pub viewer: &'a Viewer,
    /// When, in business time.
    pub now: domain::time::Instant,
}

/// Text of the input, with the field that it stands in.
#[derive(Clone, Copy)]
pub struct Field<'i> {
    name: &'static str,
    text: &'i str,
}

impl<'i> Field<'i> {
    /// What stands in this field.
    pub const fn new(name: &'static str, text: &'i str) -> Self {
        Self { name, text }
    }
}

/// Shows nothing of the person whom the text may be about.
impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What came of a mutation.
#[derive(Debug)]
pub enum Answer<T> {
    /// It was carried out, now or before under the same key.
    Done {
        /// Its result.
        value: T,
        /// The last position it wrote.
        position: envelope::Position,
        /// True when the read models have not passed that position yet.
        behind: bool,
    },
    /// It was refused; nothing was stored.
    Refused(UserError),
}

/// What every payload has.
#[derive(SimpleObject, Clone, Debug)]
#[graphql(name = "MutationOutcome")]
pub struct Outcome {
    /// The last place in the log that this wrote; null when it was refused.
    position: Option<Position>,
    /// True when the read models have not passed that place yet, so that a query may still show the state before.
    read_models_behind: bool,
    /// Why it was refused; empty when it was carried out.
    user_errors: Vec<UserError>,
}

impl<T> Answer<T> {
    /// The result, if it was carried out, and what every payload has.
    pub fn split(self) -> (Option<T>, Outcome) {
        match self {
            Self::Done {
                value,
                position,
                behind,
            } => (
                Some(value),
                Outcome {
                    position: Some(Position(position)),
                    read_models_behind: behind,
                    user_errors: Vec::new(),
                },
            ),
            Self::Refused(error) => (
                None,
                Outcome {
                    position: None,
                    read_models_behind: false,
                    user_errors: vec![error],
                },
            ),
        }
    }

    /// The refusal, if it was one, as changed by `change`.
    #[must_use]
    pub fn map_refusal(self, change: impl FnOnce(UserError) -> UserError) -> Self {
        match self {
            Self::Refused(error) => Self::Refused(change(error)),
            done @ Self::Done { .. } => done,
        }
    }
}

/// A refusal found while reading the input.
pub fn refused<T>(refusal: Refusal) -> Answer<T> {
    Answer::Refused(refusal.into())
}

impl<'a> Call<'a> {
    /// Begins a mutation, if it is open to the asker's roles.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` or `FORBIDDEN`, before anything was loaded.
    pub fn begin(ctx: &Context<'a>, operation: Operation) -> Result<Self> {
        let viewer = asker(ctx).may(operation)?;
        let services = services(ctx);
        Ok(Self {
            services,
            viewer,
            now: services.clock.now(),
        })
    }

    /// Carries out what was read from the input, or answers with why it could not be read.
    ///
    /// # Errors
    /// When the store is unavailable or something inside fails.
    pub async fn run<U: UseCase>(
        &self,
        key: Option<String>,
        use_case: Result<U, Refusal>,
    ) -> Result<Answer<U::Output>> {
        match use_case {
            Ok(use_case) => self.carry_out(key, &use_case).await,
            Err(refusal) => Ok(refused(refusal)),
        }
    }

    async fn carry_out<U: UseCase>(&self, key: Option<String>, use_case: &U) -> Result<Answer<U::Output>> {
        let command_id = match key {
            None => mint(self.now),
            Some(key) if key.is_empty() || key.chars().count() > LONGEST_KEY => {
                return Ok(refused(Refusal::invalid(
                    "idempotencyKey",
                    "must have 1 to 255 characters",
                )));
            }
            Some(key) => command_id(self.viewer.tenant, self.viewer.account, U::OPERATION, &key),
        };
        let invocation = self.invocation(self.viewer.tenant, command_id);
        run(self.services, &invocation, use_case).await
    }

    /// Whom an input names by mail address.
    ///
    /// # Errors
    /// `Invalid` on one of the fields.
    pub fn invitee(&self, address: Field<'_>, name: Option<Field<'_>>) -> Result<Invitee, Refusal> {
        let email = email(address.text, address.name)?;
        let line = |name: Field<'_>| Line::new(name.text).map_err(Refusal::text(name.name));
        Ok(Invitee {
            address: address_of(&self.services.vault, self.viewer.tenant, &email),
            email,
            name: name.map(line).transpose()?.map(|name| name.to_string()),
        })
    }

    fn invocation(&self, tenant: OrganisationId, command_id: CommandId) -> Invocation {
        Invocation {
            tenant,
            actor: self.viewer.actor(),
            command_id,
            correlation_id: mint(self.now),
            causation_id: None,
            trace: None,
            now: self.now,
        }
    }
}

/// Runs a command and waits for the read models.
///
/// # Errors
/// When the store is unavailable or something inside fails.
pub async fn run<U: UseCase>(
    services: &Services,
    invocation: &Invocation,
    use_case: &U,
) -> Result<Answer<U::Output>> {
    match services.executor.run(invocation, use_case).await {
        Ok(outcome) => {
            let behind = !services.passed(outcome.position).await;
            Ok(Answer::Done {
                value: outcome.value,
                position: outcome.position,
                behind,
            })
        }
        Err(CommandError::Refused(refusal)) => Ok(refused(refusal)),
        Err(CommandError::Busy { .. }) => Err(ApiError::new(
            ErrorCode::TooManyRequests,
            "too much is going on at once, try again later",
        )
        .into()),
        Err(CommandError::TooLarge { what, most, .. }) => {
            Err(ApiError::bad_user_input(format!("{what}: at most {most}")).into())
        }
        Err(error @ CommandError::Unavailable { .. }) => Err(ApiError::unavailable(error).into()),
        Err(error @ (CommandError::Corrupt(_) | CommandError::OtherTenant { .. })) => {
            Err(ApiError::fault(error).into())
        }
    }
}

/// An id of the input; text that is no such id is answered like an id of nothing.
///
/// # Errors
/// `NotFound`.
pub fn id<K: Kind>(id: &ID, what: &'static str) -> Result<Id<K>, Refusal> {
    id.parse().map_err(|_| Refusal::NotFound { what })
}

/// A whole number of the input that may not be negative.
///
/// # Errors
/// `Invalid` on the field.
pub fn count(number: i32, field: &'static str) -> Result<u32, Refusal> {
    u32::try_from(number).map_err(|_| Refusal::invalid(field, "must not be negative"))
}
