//! Rooms on a Jitsi Meet server of one's own, entered with a JSON Web Token (HS256).
//!
//! Such a server has no call to make a room: a room exists while somebody is in it. Making one ready is therefore
//! choosing a name that nobody can guess, in lower case because the server lowers it anyway. Source: lib-jitsi-meet
//! `doc/tokens.md` and the handbook's page on token authentication.

use std::fmt;

use async_trait::async_trait;
use domain::{
    ports::{
        error::ProviderError,
        video::{ProvisionedRoom, RoomRequest, Ticket, TicketRequest, VideoProvider},
    },
    room::events::RoomRole,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::name;

/// Where the server is and what it expects of a token.
#[derive(Debug)]
pub struct JitsiSettings {
    /// Configured name of the provider.
    pub name: String,
    /// Address of the server, such as `https://meet.example.org/`; a path is the tenant.
    pub base_url: Url,
    /// The server's `app_id`: who the token is from.
    pub app_id: String,
    /// One of the server's accepted audiences; the `app_id` if it names none.
    pub audience: String,
    /// What the token is for: the server's domain, the tenant in lower case, or `*`.
    pub subject: String,
    /// The server's `app_secret`.
    pub app_secret: SecretString,
}

/// Rooms on a Jitsi Meet server.
pub struct JitsiVideo {
    settings: JitsiSettings,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    room: &'a str,
    nbf: i64,
    exp: i64,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    user: User<'a>,
}

/// Only strings, never null: the server hands them to code that expects strings. Mail address and picture are absent;
/// nobody in the room needs them.
#[derive(Serialize)]
struct User<'a> {
    id: String,
    name: &'a str,
    moderator: &'static str,
    affiliation: &'static str,
}

impl JitsiVideo {
    /// Rooms on the server of the settings.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when the address cannot have a path, or the secret is empty.
    pub fn new(settings: JitsiSettings) -> Result<Self, ProviderError> {
        if settings.base_url.cannot_be_a_base() {
            return Err(ProviderError::misconfigured("address of the video server"));
        }
        if settings.app_secret.expose_secret().is_empty() {
            return Err(ProviderError::misconfigured("secret of the video server"));
        }
        let key = EncodingKey::from_secret(settings.app_secret.expose_secret().as_bytes());
        Ok(Self { settings, key })
    }

    fn url(&self, room: &str, token: &str) -> Result<String, ProviderError> {
        let mut url = self.settings.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| ProviderError::misconfigured("address of the video server"))?
            .pop_if_empty()
            .push(room);
        url.query_pairs_mut().append_pair("jwt", token);
        Ok(url.into())
    }
}

impl fmt::Debug for JitsiVideo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JitsiVideo")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl VideoProvider for JitsiVideo {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn provision(&self, request: &RoomRequest) -> Result<ProvisionedRoom, ProviderError> {
        Ok(ProvisionedRoom {
            room_ref: format!("greenroom-{}", name(request)?),
        })
    }

    async fn ticket(&self, request: &TicketRequest) -> Result<Ticket, ProviderError> {
        let room = request.room_ref.to_lowercase();
        let (moderator, affiliation) = match request.role {
            RoomRole::Interviewer => ("true", "owner"),
            RoomRole::Candidate => ("false", "member"),
        };
        let claims = Claims {
            iss: &self.settings.app_id,
            aud: &self.settings.audience,
            sub: &self.settings.subject,
            room: &room,
            nbf: request.not_before.timestamp(),
            exp: request.expires_at.timestamp(),
            context: Context {
                user: User {
                    id: request.account.to_string(),
                    name: &request.display_name,
                    moderator,
                    affiliation,
                },
            },
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key)
            .map_err(|_| ProviderError::misconfigured("secret of the video server"))?;
        Ok(Ticket {
            url: self.url(&room, &token)?,
            token,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use domain::ids::{AccountId, ConnectionId, InterviewId, OrganisationId, RoomId};
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    fn server(base_url: &str) -> JitsiVideo {
        JitsiVideo::new(JitsiSettings {
            name: "jitsi".into(),
            base_url: base_url.parse().unwrap(),
            app_id: "greenroom".into(),
            audience: "jitsi".into(),
            subject: "meet.example.org".into(),
            app_secret: "hush".into(),
        })
        .unwrap()
    }

    fn request(role: RoomRole) -> TicketRequest {
        TicketRequest {
            room_ref: "greenroom-ABC".into(),
            tenant: OrganisationId::new(Uuid::from_u128(4)),
            interview: InterviewId::new(Uuid::from_u128(5)),
            room: RoomId::new(Uuid::from_u128(1)),
            account: AccountId::new(Uuid::from_u128(2)),
            connection: ConnectionId::new(Uuid::from_u128(3)),
            role,
            display_name: "Ásha \"the\" Rao".into(),
            not_before: Utc.timestamp_opt(1_700_000_000, 0).unwrap(),
            expires_at: Utc.timestamp_opt(1_700_000_600, 0).unwrap(),
        }
    }

    /// Reads a token as the server does, apart from the time.
    fn read(token: &str) -> Value {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&["jitsi"]);
        rules.set_issuer(&["greenroom"]);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        rules.validate_exp = false;
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(b"hush"), &rules)
            .unwrap()
            .claims
    }

    #[tokio::test]
    async fn an_interviewer_gets_a_token_that_the_server_understands_as_moderator() {
        let ticket = server("https://meet.example.org/")
            .ticket(&request(RoomRole::Interviewer))
            .await
            .unwrap();

        let expected = json!({
            "iss": "greenroom", "aud": "jitsi", "sub": "meet.example.org", "room": "greenroom-abc",
            "nbf": 1_700_000_000, "exp": 1_700_000_600,
            "context": { "user": {
                "id": AccountId::new(Uuid::from_u128(2)).to_string(), "name": "Ásha \"the\" Rao",
                "moderator": "true", "affiliation": "owner"
            }}
        });
        assert_eq!(read(&ticket.token), expected);
    }

    #[tokio::test]
    async fn a_candidate_is_no_moderator() {
        let ticket = server("https://meet.example.org/")
            .ticket(&request(RoomRole::Candidate))
            .await
            .unwrap();

        let user = &read(&ticket.token)["context"]["user"];
        assert_eq!(user["moderator"], "false");
        assert_eq!(user["affiliation"], "member");
    }

    #[tokio::test]
    async fn the_address_has_the_room_in_lower_case_behind_the_tenant() {
        let ticket = server("https://meet.example.org/acme")
            .ticket(&request(RoomRole::Candidate))
            .await
            .unwrap();

        assert_eq!(
            ticket.url,
            format!("https://meet.example.org/acme/greenroom-abc?jwt={}", ticket.token)
        );
    }

    #[test]
    fn settings_without_a_secret_are_refused() {
        let refused = JitsiVideo::new(JitsiSettings {
            name: "jitsi".into(),
            base_url: "https://meet.example.org/".parse().unwrap(),
            app_id: "greenroom".into(),
            audience: "jitsi".into(),
            subject: "*".into(),
            app_secret: "".into(),
        });
        assert!(matches!(refused, Err(ProviderError::Misconfigured { .. })));
    }
}
