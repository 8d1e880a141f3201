//! Instant sessions: opening them, knocking, letting in.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::rooms::{
    admit_participant::AdmitParticipant, deny_participant::DenyParticipant, enter_lobby::EnterLobby,
    host_session::HostSession, invite_candidate::InviteCandidate, invite_to_session::InviteToSession,
    join_codes::code_of, leave_lobby::LeaveLobby, password::Password,
};
use domain::{
    interview::{NO_SESSION, host_session::USUAL_MINUTES},
    refusal::Refusal,
    text::{Line, Paragraph},
};
use store::executor::UseCase;

use super::{
    super::{
        enums::{Difficulty, InterviewKind},
        interview::Interview,
        policy::Operation,
        scalars::{Secret, TimeZone},
        session::RoomPreview,
        user_error::{UserError, UserErrorCode},
    },
    call::{Answer, Call, Field, Outcome, count, id, refused},
    rooms::shown,
};

/// Instant sessions: opening them, knocking, letting in.
#[derive(Default, Clone, Copy, Debug)]
pub struct SessionMutation;

/// A session that begins now.
#[derive(InputObject, Debug)]
pub struct HostSessionInput {
    /// What it is called. Whoever knows the code reads it, so names of people do not belong here.
    title: String,
    /// What it is about; `GENERAL` when absent.
    kind: Option<InterviewKind>,
    /// How hard it is; `MEDIUM` when absent.
    difficulty: Option<Difficulty>,
    /// How many minutes it takes of your time, 5 to 480; 60 when absent. Its room and its code live on until you end
    /// it, for a day at most.
    duration_minutes: Option<i32>,
    /// The zone its time is told in; your own when absent.
    time_zone: Option<TimeZone>,
    /// What guests must know beside the code, 8 to 128 characters; nothing when absent. It can be told to nobody again.
    password: Option<Secret>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The session that was opened.
#[derive(SimpleObject, Debug)]
pub struct HostSessionPayload {
    /// Its interview, confirmed at once and without a candidate. Its room follows in a moment.
    interview: Option<Interview>,
    /// The code by which guests find its lobby, as `XXX-XXX-XXX`. `Room.joinCode` tells it again.
    join_code: Option<String>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// People who are asked to a session.
#[derive(InputObject, Debug)]
pub struct InviteToSessionInput {
    /// To which session.
    interview_id: ID,
    /// Whom: 1 to 20 accounts at once, at most 100 to one session. Who was asked before gets no second mail.
    account_ids: Vec<ID>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Somebody who is asked to a session at a mail address.
#[derive(InputObject, Debug)]
pub struct InviteCandidateInput {
    /// To which session.
    interview_id: ID,
    /// Their mail address. They need never have signed in; who was asked before gets no second mail.
    email: String,
    /// What they are called, for as long as they have not said so themselves.
    name: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Somebody knocks.
#[derive(InputObject, Debug)]
pub struct EnterLobbyInput {
    /// The code, in either case, with or without hyphens and spaces.
    join_code: String,
    /// The password, if the session has one.
    password: Option<Secret>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Somebody waits no longer.
#[derive(InputObject, Debug)]
pub struct LeaveLobbyInput {
    /// The code, in either case, with or without hyphens and spaces.
    join_code: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Somebody is let in.
#[derive(InputObject, Debug)]
pub struct AdmitParticipantInput {
    /// To which session.
    interview_id: ID,
    /// Whom.
    account_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// Somebody is not let in.
#[derive(InputObject, Debug)]
pub struct DenyParticipantInput {
    /// To which session.
    interview_id: ID,
    /// Whom.
    account_id: ID,
    /// Why; kept with the session, and shown to nobody at present.
    reason: Option<String>,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$of:meta])* $field:ident: $shown:ty })*) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                $(#[$of])*
                $field: Option<$shown>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

payloads! {
    /// They were asked.
    InviteToSessionPayload {
        /// The interview as it is now.
        interview: Interview
    }
    /// They were asked.
    InviteCandidatePayload {
        /// The interview as it is now.
        interview: Interview
    }
    /// Somebody waits.
    EnterLobbyPayload {
        /// The session as it is now.
        session: RoomPreview
    }
    /// Somebody waits no longer.
    LeaveLobbyPayload {
        /// The session as it is now.
        session: RoomPreview
    }
    /// Somebody may enter.
    AdmitParticipantPayload {
        /// The interview as it is now.
        interview: Interview
    }
    /// Somebody may not.
    DenyParticipantPayload {
        /// The interview as it is now.
        interview: Interview
    }
}

impl HostSessionInput {
    fn parse(self, call: &Call<'_>) -> Result<HostSession, Refusal> {
        let minutes = self
            .duration_minutes
            .map(|minutes| count(minutes, "durationMinutes"));
        Ok(HostSession {
            by: call.viewer.account,
            title: Line::new(&self.title).map_err(Refusal::text("title"))?,
            kind: self.kind.unwrap_or(InterviewKind::General).into(),
            difficulty: self.difficulty.unwrap_or(Difficulty::Medium).into(),
            minutes: minutes.transpose()?.unwrap_or(USUAL_MINUTES),
            zone: self.time_zone.map(|zone| zone.0),
            locale: "en".to_owned(),
            password: self.password.map(|typed| Password::new(typed.0)).transpose()?,
        })
    }
}

/// Does something with the session that a code is of. Codes and passwords that are wrong count, and whoever has tried
/// too often waits; what else it comes to was no guess.
async fn knock<U: UseCase<Output = ()>>(
    call: &Call<'_>,
    key: Option<String>,
    join_code: &str,
    with: impl FnOnce(&RoomPreview) -> Result<U, Refusal>,
) -> Result<(Option<RoomPreview>, Outcome)> {
    let (services, viewer) = (call.services, call.viewer);
    let tried = match services.tries.begin(viewer.account) {
        Ok(tried) => tried,
        Err(too_many) => {
            let (_, outcome) = Answer::<()>::Refused(too_many.into()).split();
            return Ok((None, outcome));
        }
    };
    let found = match RoomPreview::of_code(services, viewer, join_code).await {
        Ok(found) => found,
        Err(error) => {
            tried.give_back();
            return Err(error);
        }
    };
    let answer = match found {
        Some(found) => call.run(key, with(&found)).await,
        None => Ok(refused(NO_SESSION)),
    };
    let was_wrong = matches!(&answer, Ok(Answer::Refused(error)) if is_wrong(error));
    if !was_wrong {
        tried.give_back();
    }
    let (done, outcome) = answer?.split();
    let shown = match done {
        Some(()) => RoomPreview::of_code(services, viewer, join_code).await?,
        None => None,
    };
    Ok((shown, outcome))
}

/// What may have been a guess. Under a key that was used for something else nobody learns whether it was right, and it
/// was looked at all the same.
fn is_wrong(error: &UserError) -> bool {
    matches!(
        error.stable_code(),
        UserErrorCode::NotFound | UserErrorCode::WrongPassword | UserErrorCode::IdempotencyConflict
    )
}

#[Object]
impl SessionMutation {
    /// Opens an instant session: an interview of mode `PEER` for practice that begins now, whose candidate joins later
    /// by its code. Your hours, notice and limits are not asked; `SLOT_TAKEN` when you have another interview, or are
    /// busy elsewhere, during its time. `endInterview` ends it.
    async fn host_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: HostSessionInput,
    ) -> Result<HostSessionPayload> {
        let call = Call::begin(ctx, Operation::HostSession)?;
        let key = input.idempotency_key.clone();
        let (hosted, outcome) = call.run(key, input.parse(&call)).await?.split();
        let Some(hosted) = hosted else {
            return Ok(HostSessionPayload {
                interview: None,
                join_code: None,
                outcome,
            });
        };
        let code = code_of(&call.services.vault, call.viewer.tenant, hosted.interview);
        Ok(HostSessionPayload {
            interview: shown(ctx, &call, Ok(hosted.interview)).await?,
            join_code: Some(code.to_string()),
            outcome,
        })
    }

    /// Has a mail sent to people with the address at which they join a session. They wait in its lobby like everybody
    /// else; a password is not in the mail. For its host and those who run interviews.
    async fn invite_to_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: InviteToSessionInput,
    ) -> Result<InviteToSessionPayload> {
        let call = Call::begin(ctx, Operation::InviteToSession)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let accounts = input.account_ids.iter().map(|account| id(account, "account"));
            Ok(InviteToSession {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                accounts: accounts.collect::<Result<_, _>>()?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(InviteToSessionPayload { interview, outcome })
    }

    /// Has a mail sent to an address, with the address at which its reader joins a session: like `inviteToSession`, for
    /// people who have never signed in too. They wait in its lobby once they have signed in with this address. For those
    /// who run interviews, and for its host where that is an interviewer whom the organisation lets schedule.
    async fn invite_candidate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: InviteCandidateInput,
    ) -> Result<InviteCandidatePayload> {
        let call = Call::begin(ctx, Operation::InviteCandidate)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let name = input.name.as_deref().map(|name| Field::new("name", name));
            Ok(InviteCandidate {
                interview,
                by: call.viewer.account,
                is_staff: call.viewer.is_staff(),
                invitee: call.invitee(Field::new("email", &input.email), name)?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(InviteCandidatePayload { interview, outcome })
    }

    /// Waits in the lobby of a session until a host admits you; `session` tells when one has. `NOT_FOUND` for a code
    /// that is wrong or over, `WRONG_PASSWORD`, `DENIED` when a host has denied you before, `SESSION_FULL` when
    /// somebody else was admitted, `LOBBY_FULL` when too many wait. Ten codes or passwords that are wrong within ten
    /// minutes, and it is `RATE_LIMITED`.
    async fn enter_lobby(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: EnterLobbyInput,
    ) -> Result<EnterLobbyPayload> {
        let call = Call::begin(ctx, Operation::EnterLobby)?;
        let password = input.password;
        let with = |found: &RoomPreview| {
            let (interview, join_code) = found.found();
            Ok(EnterLobby {
                account: call.viewer.account,
                interview,
                join_code,
                password: password.map(|typed| Password::typed(typed.0)).transpose()?,
            })
        };
        let knocked = knock(&call, input.idempotency_key, &input.join_code, with);
        let (session, outcome) = Box::pin(knocked).await?;
        Ok(EnterLobbyPayload { session, outcome })
    }

    /// Waits in the lobby of a session no longer. You may come again.
    async fn leave_lobby(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: LeaveLobbyInput,
    ) -> Result<LeaveLobbyPayload> {
        let call = Call::begin(ctx, Operation::LeaveLobby)?;
        let with = |found: &RoomPreview| {
            let (interview, join_code) = found.found();
            Ok(LeaveLobby {
                account: call.viewer.account,
                interview,
                join_code,
            })
        };
        let knocked = knock(&call, input.idempotency_key, &input.join_code, with);
        let (session, outcome) = Box::pin(knocked).await?;
        Ok(LeaveLobbyPayload { session, outcome })
    }

    /// Lets somebody in who waits in the lobby of your session: they are its candidate from now on, and join the room
    /// as every candidate does. There is one: `SESSION_FULL` when you have admitted another.
    async fn admit_participant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: AdmitParticipantInput,
    ) -> Result<AdmitParticipantPayload> {
        let call = Call::begin(ctx, Operation::AdmitParticipant)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            Ok(AdmitParticipant {
                interview,
                account: id(&input.account_id, "participant")?,
                by: call.viewer.account,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(AdmitParticipantPayload { interview, outcome })
    }

    /// Does not let somebody in who waits in the lobby of your session. They may not knock again.
    async fn deny_participant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: DenyParticipantInput,
    ) -> Result<DenyParticipantPayload> {
        let call = Call::begin(ctx, Operation::DenyParticipant)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = input.reason.as_deref().map(Paragraph::new).transpose();
            Ok(DenyParticipant {
                interview,
                account: id(&input.account_id, "participant")?,
                by: call.viewer.account,
                reason: reason.map_err(Refusal::text("reason"))?,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = match done {
            Some(()) => shown(ctx, &call, interview).await?,
            None => None,
        };
        Ok(DenyParticipantPayload { interview, outcome })
    }
}
