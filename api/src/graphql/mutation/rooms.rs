//! Meeting: coming in, going out, ending.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::rooms::{
    end_interview::EndInterview,
    join_room::{JoinRoom, Joined},
    leave_room::LeaveRoom,
    retract_no_show::RetractNoShow,
};
use domain::{ids::InterviewId, ports::video::TicketRequest, refusal::Refusal, text::Paragraph};
use projections::accounts;

use super::{
    super::{
        entities::load_interview,
        enums::RoomRole,
        interview::Interview,
        policy::Operation,
        scalars::{DateTime, Url},
    },
    call::{Call, Outcome, id},
};
use crate::error::ApiError;

/// Meeting: coming in, going out, ending.
#[derive(Default, Clone, Copy, Debug)]
pub struct RoomMutation;

/// Somebody wants to come in.
#[derive(InputObject, Debug)]
pub struct JoinRoomInput {
    /// To which interview.
    interview_id: ID,
    /// Repeats with the same key and input join once; the ticket is made again.
    idempotency_key: Option<String>,
}

/// A ticket for a room, bound to account, room and part.
#[derive(SimpleObject, Debug)]
pub struct Ticket {
    /// Where to go with it.
    url: Url,
    /// As what.
    role: RoomRole,
    /// Until when it opens the door.
    expires_at: DateTime,
}

/// Somebody is in.
#[derive(SimpleObject, Debug)]
pub struct JoinRoomPayload {
    /// The interview as it is now.
    interview: Option<Interview>,
    /// Name of this connection, for leaving.
    connection_id: Option<ID>,
    /// The ticket.
    ticket: Option<Ticket>,
    #[graphql(flatten)]
    outcome: Outcome,
}

/// Somebody goes.
#[derive(InputObject, Debug)]
pub struct LeaveRoomInput {
    /// From which interview.
    interview_id: ID,
    /// On which connection, as named when coming in.
    connection_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// The end of an interview.
#[derive(InputObject, Debug)]
pub struct EndInterviewInput {
    /// Which interview.
    interview_id: ID,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

/// A no-show mark that was wrong.
#[derive(InputObject, Debug)]
pub struct RetractNoShowInput {
    /// On which interview.
    interview_id: ID,
    /// Why.
    reason: String,
    /// Repeats with the same key and input have one effect.
    idempotency_key: Option<String>,
}

macro_rules! interview_payloads {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(SimpleObject, Debug)]
            pub struct $name {
                /// The interview as it is now.
                interview: Option<Interview>,
                #[graphql(flatten)]
                outcome: Outcome,
            }
        )*
    };
}

interview_payloads! {
    /// Somebody went.
    LeaveRoomPayload,
    /// The interview is over.
    EndInterviewPayload,
    /// The mark was taken back.
    RetractNoShowPayload,
}

async fn ticket(call: &Call<'_>, interview: InterviewId, joined: &Joined) -> Result<Ticket> {
    let viewer = call.viewer;
    let row = accounts::by_ids(call.services.db(), viewer.tenant, &[viewer.account]).await;
    let name = row
        .map_err(ApiError::unavailable)?
        .into_iter()
        .flatten()
        .next()
        .and_then(|stored| stored.row.name.clone());
    let display_name = match name {
        Some(name) => call
            .services
            .vault
            .open(&name)
            .await
            .map_err(ApiError::unavailable)?,
        None => None,
    };
    let request = TicketRequest {
        room_ref: joined.room_ref.clone(),
        tenant: viewer.tenant,
        interview,
        room: joined.room,
        account: viewer.account,
        connection: joined.connection,
        role: joined.role,
        display_name: display_name.unwrap_or_default(),
        not_before: joined.not_before,
        expires_at: joined.expires_at,
    };
    let ticket = call
        .services
        .video
        .ticket(&request)
        .await
        .map_err(ApiError::unavailable)?;
    let url = call
        .services
        .public_url
        .join(&ticket.url)
        .map_err(ApiError::fault)?;
    Ok(Ticket {
        url: Url(url),
        role: joined.role.into(),
        expires_at: joined.expires_at.into(),
    })
}

#[Object]
impl RoomMutation {
    /// Comes into the room of an interview and gets a ticket for it. Too early, the refusal says when it opens; to
    /// somebody who does not take part the interview does not exist.
    async fn join_room(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: JoinRoomInput,
    ) -> Result<JoinRoomPayload> {
        let call = Call::begin(ctx, Operation::JoinRoom)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().map(|interview| JoinRoom {
            account: call.viewer.account,
            interview,
        });
        let (joined, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let (Some(joined), &Ok(joined_interview)) = (joined, &interview) else {
            return Ok(JoinRoomPayload {
                interview: None,
                connection_id: None,
                ticket: None,
                outcome,
            });
        };
        Ok(JoinRoomPayload {
            interview: shown(ctx, &call, interview).await?,
            connection_id: Some(joined.connection.to_string().into()),
            ticket: Some(ticket(&call, joined_interview, &joined).await?),
            outcome,
        })
    }

    /// Leaves the room, on one connection.
    async fn leave_room(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: LeaveRoomInput,
    ) -> Result<LeaveRoomPayload> {
        let call = Call::begin(ctx, Operation::LeaveRoom)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let connection = id(&input.connection_id, "connection")?;
            Ok(LeaveRoom {
                account: call.viewer.account,
                interview,
                connection,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(LeaveRoomPayload { interview, outcome })
    }

    /// Ends the interview for everyone: closes the room, counts the attendance and asks the panel for scorecards.
    async fn end_interview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: EndInterviewInput,
    ) -> Result<EndInterviewPayload> {
        let call = Call::begin(ctx, Operation::EndInterview)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().map(|interview| EndInterview {
            interview,
            by: call.viewer.account,
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(EndInterviewPayload { interview, outcome })
    }

    /// Takes a no-show mark back; the interview goes on from where it was.
    async fn retract_no_show(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RetractNoShowInput,
    ) -> Result<RetractNoShowPayload> {
        let call = Call::begin(ctx, Operation::RetractNoShow)?;
        let interview = id(&input.interview_id, "interview");
        let use_case = interview.clone().and_then(|interview| {
            let reason = Paragraph::new(&input.reason).map_err(Refusal::text("reason"))?;
            Ok(RetractNoShow {
                interview,
                by: call.viewer.account,
                reason,
            })
        });
        let (done, outcome) = call.run(input.idempotency_key, use_case).await?.split();
        let interview = if done.is_some() {
            shown(ctx, &call, interview).await?
        } else {
            None
        };
        Ok(RetractNoShowPayload { interview, outcome })
    }
}

/// The interview of a mutation that was carried out.
pub(super) async fn shown(
    ctx: &Context<'_>,
    call: &Call<'_>,
    interview: Result<InterviewId, Refusal>,
) -> Result<Option<Interview>> {
    match interview {
        Ok(interview) => load_interview(ctx, call.viewer, interview, None).await,
        Err(_) => Ok(None),
    }
}
