//! A room: who may enter, when, and who was there.

pub mod admit_participant;
pub mod change_members;
pub mod close;
pub mod deny_participant;
pub mod enter_lobby;
pub mod events;
#[cfg(test)]
mod given;
pub mod issue_ticket;
pub mod join;
pub mod leave;
pub mod leave_lobby;
pub mod provision;
pub mod use_ticket;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    admit_participant::AdmitParticipant,
    change_members::ChangeMembers,
    close::Close,
    deny_participant::DenyParticipant,
    enter_lobby::EnterLobby,
    events::{RoomEvent, RoomMember, RoomRole},
    issue_ticket::IssueTicket,
    join::Join,
    leave::Leave,
    leave_lobby::LeaveLobby,
    provision::Provision,
    use_ticket::UseTicket,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    attendance::{self, Presence},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, ConnectionId, InterviewId, RoomId},
    interview::events::Attendance,
    refusal::Refusal,
    time::{Instant, Span},
};

/// What decisions ask of a room.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub enum Room {
    /// Not provisioned.
    #[default]
    Absent,
    /// Provisioned, and not closed by anybody; its window may be over.
    Ready(Inside),
    /// Closed for good.
    Closed {
        /// As it was, with what was reported late.
        inside: Inside,
        /// When.
        at: Instant,
    },
}

/// A provisioned room.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Inside {
    /// Which room.
    pub room: RoomId,
    /// For which interview.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
    /// The provider's name for the room.
    pub room_ref: String,
    /// When it may be entered.
    pub window: Span,
    /// Who may enter, and as what.
    pub members: Vec<RoomMember>,
    /// Who came and went, in the order of the reports.
    pub presence: Vec<Presence>,
    /// Until when the last ticket of each account is good.
    pub tickets: Vec<(AccountId, Instant)>,
    /// The connections whose tickets were used; no ticket for them opens the door again.
    pub used: Vec<ConnectionId>,
    /// Who waits to be admitted, who came first, first.
    pub lobby: Vec<AccountId>,
    /// Whom a host has denied.
    pub denied: BTreeSet<AccountId>,
}

commands! {
    /// What can be asked of a room.
    pub enum RoomCommand {
        /// It comes into being.
        Provision(Provision),
        /// Others may enter than before.
        ChangeMembers(ChangeMembers),
        /// Somebody waits to be admitted.
        EnterLobby(EnterLobby),
        /// Somebody waits no longer.
        LeaveLobby(LeaveLobby),
        /// A host lets somebody in.
        AdmitParticipant(AdmitParticipant),
        /// A host does not let somebody in.
        DenyParticipant(DenyParticipant),
        /// A member wants to enter.
        IssueTicket(IssueTicket),
        /// A member opens the door with a ticket.
        UseTicket(UseTicket),
        /// A member came in.
        Join(Join),
        /// A connection ended.
        Leave(Leave),
        /// It ends for everyone.
        Close(Close),
    }
}

impl Inside {
    /// The part that an account has in the room, if any.
    pub fn role(&self, account: AccountId) -> Option<RoomRole> {
        self.members
            .iter()
            .find(|member| member.account == account)
            .map(|member| member.role)
    }

    /// The person who is interviewed, once there is one.
    pub fn candidate(&self) -> Option<AccountId> {
        let mut members = self.members.iter();
        members
            .find(|member| member.role == RoomRole::Candidate)
            .map(|member| member.account)
    }

    /// True for whoever waits to be admitted.
    fn waits(&self, account: AccountId) -> bool {
        self.lobby.contains(&account)
    }

    /// True while this connection came and did not go.
    pub fn is_in(&self, connection: ConnectionId) -> bool {
        let last = self
            .presence
            .iter()
            .rev()
            .find(|fact| fact.connection() == connection);
        matches!(last, Some(Presence::Joined { .. }))
    }

    /// True while the account is inside on some connection.
    fn has_connection_of(&self, account: AccountId) -> bool {
        let connections = self.presence.iter().filter(|fact| fact.account() == account);
        connections.into_iter().any(|fact| self.is_in(fact.connection()))
    }

    /// The account that came in on this connection, if any did.
    pub fn account_on(&self, connection: ConnectionId) -> Option<AccountId> {
        let fact = self.presence.iter().find(|fact| fact.connection() == connection);
        fact.map(Presence::account)
    }

    /// The part of a member, at a moment at which the room may be entered.
    fn admit(&self, account: AccountId, at: Instant) -> Result<RoomRole, Refusal> {
        let role = self.role(account).ok_or(NO_ROOM)?;
        if at < self.window.start {
            return Err(Refusal::TooEarly {
                opens_at: self.window.start,
            });
        }
        if at >= self.window.end {
            return Err(Refusal::RoomClosed);
        }
        Ok(role)
    }
}

/// What a stranger hears, and what anybody hears of a room that is not there: the same.
const NO_ROOM: Refusal = Refusal::NotFound { what: "room" };

impl Room {
    /// The provisioned room, closed or not.
    pub const fn inside(&self) -> Option<&Inside> {
        match self {
            Self::Absent => None,
            Self::Ready(inside) | Self::Closed { inside, .. } => Some(inside),
        }
    }

    /// True once it was closed by somebody or something; false when merely its window is over.
    pub const fn is_closed(&self) -> bool {
        match self {
            Self::Absent | Self::Ready(_) => false,
            Self::Closed { .. } => true,
        }
    }

    /// True while the candidate and at least one interviewer are inside.
    pub fn parties_are_together(&self) -> bool {
        let Self::Ready(inside) = self else { return false };
        let is_there = |role: RoomRole| {
            let members = inside.members.iter().filter(|member| member.role == role);
            members
                .into_iter()
                .any(|member| inside.has_connection_of(member.account))
        };
        is_there(RoomRole::Candidate) && is_there(RoomRole::Interviewer)
    }

    /// How long people were there up to a moment, in whole seconds; nothing of it lies outside the room's window or
    /// after its closing. Whoever was not reported gone counts as there until then.
    pub fn attendance(&self, now: Instant) -> Attendance {
        let (inside, end) = match self {
            Self::Absent => return Attendance::default(),
            Self::Ready(inside) => (inside, now),
            Self::Closed { inside, at } => (inside, now.min(*at)),
        };
        let window = Span {
            start: inside.window.start,
            end: inside.window.end.min(end),
        };
        attendance::attendance(&inside.presence, window)
    }

    /// True while a member may be inside: provisioned, not closed, and within its window.
    pub fn is_open(&self, now: Instant) -> bool {
        match self {
            Self::Absent | Self::Closed { .. } => false,
            Self::Ready(inside) => inside.window.start <= now && now < inside.window.end,
        }
    }

    /// The part of a member in a room that may be entered at this moment.
    fn admit(&self, account: AccountId, at: Instant) -> Result<(&Inside, RoomRole), Refusal> {
        match self {
            Self::Absent => Err(NO_ROOM),
            Self::Ready(inside) => Ok((inside, inside.admit(account, at)?)),
            Self::Closed { inside, .. } if inside.role(account).is_none() => Err(NO_ROOM),
            Self::Closed { .. } => Err(Refusal::RoomClosed),
        }
    }

    const fn inside_mut(&mut self) -> Option<&mut Inside> {
        match self {
            Self::Absent => None,
            Self::Ready(inside) | Self::Closed { inside, .. } => Some(inside),
        }
    }

    fn waits_no_longer(&mut self, account: AccountId) {
        if let Some(inside) = self.inside_mut() {
            inside.lobby.retain(|waiting| *waiting != account);
        }
    }

    /// The room, while somebody can be admitted to it at this moment.
    fn lobby(&self, at: Instant) -> Result<&Inside, Refusal> {
        match self {
            Self::Absent => Err(NO_ROOM),
            Self::Ready(inside) if at < inside.window.start => Err(Refusal::TooEarly {
                opens_at: inside.window.start,
            }),
            Self::Ready(inside) if at < inside.window.end => Ok(inside),
            Self::Ready(_) | Self::Closed { .. } => Err(Refusal::RoomClosed),
        }
    }

    fn remember(&mut self, fact: Presence) {
        if let Some(inside) = self.inside_mut() {
            inside.presence.push(fact);
        }
    }
}

impl Aggregate for Room {
    const CATEGORY: Category = Category::Room;
    type Event = RoomEvent;
    type Command = RoomCommand;

    fn decide(&self, command: &RoomCommand, context: &Context) -> Decision<RoomEvent> {
        match command {
            RoomCommand::Provision(command) => provision::decide(self, command),
            RoomCommand::ChangeMembers(command) => change_members::decide(self, command),
            RoomCommand::EnterLobby(command) => enter_lobby::decide(self, command),
            RoomCommand::LeaveLobby(command) => leave_lobby::decide(self, command),
            RoomCommand::AdmitParticipant(command) => admit_participant::decide(self, command, context),
            RoomCommand::DenyParticipant(command) => deny_participant::decide(self, command, context),
            RoomCommand::IssueTicket(command) => issue_ticket::decide(self, command, context),
            RoomCommand::UseTicket(command) => use_ticket::decide(self, command),
            RoomCommand::Join(command) => join::decide(self, command),
            RoomCommand::Leave(command) => leave::decide(self, command),
            RoomCommand::Close(command) => close::decide(self, command),
        }
    }

    fn evolve(mut self, event: &RoomEvent) -> Self {
        match event {
            RoomEvent::RoomProvisioned(event) => {
                self = Self::Ready(Inside {
                    room: event.room,
                    interview: event.interview,
                    revision: event.revision,
                    room_ref: event.room_ref.clone(),
                    window: Span {
                        start: event.opens_at,
                        end: event.closes_at,
                    },
                    members: event.members.clone(),
                    presence: Vec::new(),
                    tickets: Vec::new(),
                    used: Vec::new(),
                    lobby: Vec::new(),
                    denied: BTreeSet::new(),
                });
            }
            RoomEvent::RoomMembersChanged(event) => {
                if let Some(inside) = self.inside_mut() {
                    inside.members.clone_from(&event.members);
                }
            }
            RoomEvent::LobbyEntered(event) => {
                if let Some(inside) = self.inside_mut() {
                    inside.lobby.push(event.account);
                }
            }
            RoomEvent::LobbyLeft(event) => self.waits_no_longer(event.account),
            RoomEvent::ParticipantAdmitted(event) => self.waits_no_longer(event.account),
            RoomEvent::ParticipantDenied(event) => {
                self.waits_no_longer(event.account);
                if let Some(inside) = self.inside_mut() {
                    inside.denied.insert(event.account);
                }
            }
            RoomEvent::JoinTokenIssued(event) => {
                if let Some(inside) = self.inside_mut() {
                    inside.tickets.retain(|(account, _)| *account != event.account);
                    inside.tickets.push((event.account, event.expires_at));
                }
            }
            RoomEvent::JoinTokenUsed(event) => {
                if let Some(inside) = self.inside_mut() {
                    inside.used.push(event.connection);
                }
            }
            RoomEvent::ParticipantJoined(event) => self.remember(Presence::Joined {
                account: event.account,
                role: event.role,
                connection: event.connection,
                at: event.at,
            }),
            RoomEvent::ParticipantLeft(event) => self.remember(Presence::Left {
                account: event.account,
                connection: event.connection,
                at: event.at,
            }),
            RoomEvent::RoomClosed(event) => {
                self = match self {
                    Self::Absent => Self::Absent,
                    Self::Ready(inside) => Self::Closed { inside, at: event.at },
                    Self::Closed { inside, at } => Self::Closed { inside, at },
                };
            }
        }
        self
    }
}

forward_to_cqrs_es!(Room);
