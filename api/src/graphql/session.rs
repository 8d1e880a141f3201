//! An instant session, as those see it who know its code.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::Duration;
use commands::rooms::join_codes::digest_of;
use domain::{
    ids::{InterviewId, JoinCodeDigest},
    join_code::JoinCode,
    time::Instant,
};
use projections::interviews::{self, Interview as Row, Status};

use super::{person::Person, scalars::DateTime, services::Services, viewer::Viewer};
use crate::error::ApiError;

/// How far somebody has come who wants to take part in a session.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LobbyStatus {
    /// Not in the lobby: never there, or gone again.
    NotWaiting,
    /// In the lobby.
    Waiting,
    /// May enter the room, as its candidate or its host.
    Admitted,
    /// A host has denied them.
    Denied,
}

/// What an instant session says of itself to somebody who knows its code.
#[derive(Clone, Debug)]
pub struct RoomPreview {
    row: Arc<Row>,
    join_code: JoinCodeDigest,
    status: LobbyStatus,
}

/// What an instant session says of itself to somebody who knows its code.
#[Object]
impl RoomPreview {
    /// What it is called.
    async fn title(&self) -> &str {
        self.row.title.as_str()
    }

    /// What its host is called; null when that is not known or was erased.
    async fn host_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(host) = self.row.scheduled_by else {
            return Ok(None);
        };
        let host = Person::new(host);
        let name = host.display_name(ctx).await?;
        Ok(name.map(Cow::into_owned))
    }

    /// First moment at which its room may be entered.
    async fn opens_at(&self) -> DateTime {
        self.row.slot.span.start.into()
    }

    /// When it is over at the latest, and its code with it.
    async fn closes_at(&self) -> DateTime {
        closes_at(&self.row).into()
    }

    /// Whether entering the lobby takes a password.
    async fn needs_password(&self) -> bool {
        self.row.session.is_some_and(|session| session.takes_password)
    }

    /// How far you have come.
    async fn status(&self) -> LobbyStatus {
        self.status
    }

    /// The interview, to be joined with `joinRoom`; null until you are admitted.
    async fn interview_id(&self) -> Option<ID> {
        match self.status {
            LobbyStatus::Admitted => Some(self.row.interview.to_string().into()),
            LobbyStatus::NotWaiting | LobbyStatus::Waiting | LobbyStatus::Denied => None,
        }
    }
}

/// Somebody who waits to be admitted.
#[derive(SimpleObject, Clone, Debug)]
pub struct LobbyEntry {
    /// Who.
    pub person: Person,
    /// Since when.
    pub since: DateTime,
}

impl RoomPreview {
    /// The session that a code is of, while it lasts; `None` for whatever else was written.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn of_code(services: &Services, viewer: &Viewer, written: &str) -> Result<Option<Self>> {
        let Ok(code) = written.parse::<JoinCode>() else {
            return Ok(None);
        };
        let join_code = digest_of(&services.vault, viewer.tenant, code);
        let found = interviews::by_join_code(services.db(), viewer.tenant, join_code).await;
        let found = found.map_err(ApiError::unavailable)?.map(|stored| stored.row);
        let now = services.clock.now();
        Ok(found.filter(|row| lasts(row, now)).map(|row| Self {
            status: status(&row, viewer),
            row,
            join_code,
        }))
    }

    /// Which interview it is, and what it was found by.
    pub fn found(&self) -> (InterviewId, JoinCodeDigest) {
        (self.row.interview, self.join_code)
    }
}

/// True while a session can be joined.
pub fn lasts(row: &Row, now: Instant) -> bool {
    let is_open = matches!(row.status, Status::Confirmed | Status::Open | Status::Live);
    row.session.is_some() && is_open && now < closes_at(row)
}

fn closes_at(row: &Row) -> Instant {
    row.slot.span.end + Duration::minutes(i64::from(row.terms.join_window.closes_after_minutes))
}

fn status(row: &Row, viewer: &Viewer) -> LobbyStatus {
    if interviews::visible(interviews::Scope::Participant(viewer.account), row) {
        return LobbyStatus::Admitted;
    }
    let Some(room) = &row.room else {
        return LobbyStatus::NotWaiting;
    };
    if room.denied.contains(&viewer.account) {
        LobbyStatus::Denied
    } else if room.lobby.iter().any(|waiting| waiting.account == viewer.account) {
        LobbyStatus::Waiting
    } else {
        LobbyStatus::NotWaiting
    }
}
