//! Our own rooms: the browser connects to us, and we read our own tickets at the door.
//!
//! A ticket is a JSON Web Token (HS256) that names account, room, connection, part and span of time. It carries no name
//! of a person. It travels behind the `#` of an address, which browsers send to nobody: not to our own server, whose
//! logs therefore cannot hold it, and not to others as the referrer.

use std::fmt;

use async_trait::async_trait;
use domain::{
    ids::{AccountId, ConnectionId, InterviewId, OrganisationId, RoomId},
    ports::{
        error::ProviderError,
        video::{
            Admission, Doorkeeper, ProvisionedRoom, RoomRequest, Ticket, TicketError, TicketRequest,
            VideoProvider,
        },
    },
    room::events::RoomRole,
    time::Instant,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::name;

/// Whom tickets are for; a token made for anything else is no ticket, even with the same key.
const AUDIENCE: &str = "greenroom:room";

/// Rooms of our own.
pub struct BuiltinVideo {
    name: String,
    write: EncodingKey,
    read: DecodingKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    sub: AccountId,
    tenant: OrganisationId,
    interview: InterviewId,
    room: RoomId,
    connection: ConnectionId,
    room_ref: String,
    role: RoomRole,
    /// Exact, where the registered `nbf` and `exp` would be whole seconds.
    not_before: Instant,
    expires_at: Instant,
}

impl BuiltinVideo {
    /// Rooms under the configured name, with tickets signed by this key.
    pub fn new(name: impl Into<String>, key: &[u8; 32]) -> Self {
        Self {
            name: name.into(),
            write: EncodingKey::from_secret(key),
            read: DecodingKey::from_secret(key),
        }
    }
}

impl fmt::Debug for BuiltinVideo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltinVideo")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl VideoProvider for BuiltinVideo {
    fn name(&self) -> &str {
        &self.name
    }

    async fn provision(&self, request: &RoomRequest) -> Result<ProvisionedRoom, ProviderError> {
        Ok(ProvisionedRoom {
            room_ref: name(request)?,
        })
    }

    async fn ticket(&self, request: &TicketRequest) -> Result<Ticket, ProviderError> {
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: request.account,
            tenant: request.tenant,
            interview: request.interview,
            room: request.room,
            connection: request.connection,
            room_ref: request.room_ref.clone(),
            role: request.role,
            not_before: request.not_before,
            expires_at: request.expires_at,
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.write)
            .map_err(|_| ProviderError::misconfigured("key of room tickets"))?;
        Ok(Ticket {
            url: format!("rooms/{}#ticket={token}", request.room_ref),
            token,
        })
    }
}

impl Doorkeeper for BuiltinVideo {
    fn admit(&self, token: &str, room_ref: &str, now: Instant) -> Result<Admission, TicketError> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["aud", "sub"]);
        // The library asks the machine's clock; ours is asked below.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.read, &rules)
            .map_err(|_| TicketError::Forged)?
            .claims;
        if claims.room_ref != room_ref {
            return Err(TicketError::OtherRoom);
        }
        if now < claims.not_before {
            return Err(TicketError::TooEarly);
        }
        if now >= claims.expires_at {
            return Err(TicketError::Expired);
        }
        Ok(Admission {
            tenant: claims.tenant,
            interview: claims.interview,
            room: claims.room,
            account: claims.sub,
            connection: claims.connection,
            role: claims.role,
            expires_at: claims.expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};
    use domain::ids::EffectId;
    use uuid::Uuid;

    use super::*;

    fn noon() -> Instant {
        Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
    }

    fn rooms() -> BuiltinVideo {
        BuiltinVideo::new("builtin", &[7; 32])
    }

    fn request(room_ref: &str) -> TicketRequest {
        TicketRequest {
            room_ref: room_ref.to_owned(),
            tenant: OrganisationId::new(Uuid::from_u128(4)),
            interview: InterviewId::new(Uuid::from_u128(5)),
            room: RoomId::new(Uuid::from_u128(1)),
            connection: ConnectionId::new(Uuid::from_u128(3)),
            account: AccountId::new(Uuid::from_u128(2)),
            role: RoomRole::Interviewer,
            display_name: "Asha".into(),
            not_before: noon(),
            expires_at: noon() + TimeDelta::minutes(5),
        }
    }

    async fn token(room_ref: &str) -> String {
        rooms().ticket(&request(room_ref)).await.unwrap().token
    }

    #[tokio::test]
    async fn a_room_cannot_be_guessed() {
        let wanted = RoomRequest {
            key: EffectId::new(Uuid::from_u128(1)),
            room: RoomId::new(Uuid::from_u128(1)),
            interview: InterviewId::new(Uuid::from_u128(1)),
            shared: None,
            opens_at: noon(),
            closes_at: noon() + TimeDelta::hours(1),
        };

        let one = rooms().provision(&wanted).await.unwrap().room_ref;
        let two = rooms().provision(&wanted).await.unwrap().room_ref;

        assert_eq!(one.len(), 40);
        assert_ne!(one, two);

        let shared = RoomRequest {
            shared: Some("5e9f".to_owned()),
            ..wanted
        };
        assert_eq!(rooms().provision(&shared).await.unwrap().room_ref, "5e9f");
    }

    #[tokio::test]
    async fn a_ticket_lets_its_holder_in_during_its_span() {
        let admitted = rooms().admit(&token("red").await, "red", noon()).unwrap();

        assert_eq!(admitted.account, request("red").account);
        assert_eq!(admitted.connection, request("red").connection);
        assert_eq!(admitted.interview, request("red").interview);
        assert_eq!(admitted.tenant, request("red").tenant);
        assert_eq!(admitted.role, RoomRole::Interviewer);
        assert_eq!(admitted.expires_at, request("red").expires_at);
    }

    #[tokio::test]
    async fn a_ticket_opens_neither_before_nor_after_its_span() {
        let token = token("red").await;
        let just_before = noon() - TimeDelta::microseconds(1);
        let end = noon() + TimeDelta::minutes(5);

        assert_eq!(
            rooms().admit(&token, "red", just_before),
            Err(TicketError::TooEarly)
        );
        assert_eq!(rooms().admit(&token, "red", end), Err(TicketError::Expired));
        assert!(
            rooms()
                .admit(&token, "red", end - TimeDelta::microseconds(1))
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_ticket_for_one_room_does_not_open_another() {
        assert_eq!(
            rooms().admit(&token("red").await, "blue", noon()),
            Err(TicketError::OtherRoom)
        );
    }

    #[tokio::test]
    async fn a_ticket_of_another_key_or_without_signature_is_forged() {
        let stranger = BuiltinVideo::new("builtin", &[8; 32]);
        let foreign = stranger.ticket(&request("red")).await.unwrap().token;
        let own = token("red").await;
        let unsigned = format!("{}.", own.rsplit_once('.').unwrap().0);

        assert_eq!(rooms().admit(&foreign, "red", noon()), Err(TicketError::Forged));
        assert_eq!(rooms().admit(&unsigned, "red", noon()), Err(TicketError::Forged));
        assert_eq!(rooms().admit("", "red", noon()), Err(TicketError::Forged));
    }

    #[tokio::test]
    async fn a_ticket_shows_no_name_and_no_token_where_it_is_printed() {
        let ticket = rooms().ticket(&request("red")).await.unwrap();

        assert_eq!(ticket.url, format!("rooms/red#ticket={}", ticket.token));
        assert!(!format!("{ticket:?}").contains(&ticket.token));
        assert!(!format!("{:?}", request("red")).contains("Asha"));
    }
}
