//! What the relay asks of the log, and tells it.

use std::{sync::Arc, time::Duration};

use commands::rooms::{
    enter_room::{EnterRoom, Entered},
    record_departure::RecordDeparture,
};
use domain::{
    actor::Actor,
    envelope::{Position, StreamId},
    fact::Category,
    ids::{OrganisationId, RoomId},
    interview::Interview,
    ports::{
        clock::Clock,
        video::{Admission, Doorkeeper, TicketError, TicketRequest, VideoProvider},
    },
    refusal::Refusal,
    room::{Room, events::LeaveReason, use_ticket::USED},
    time::Instant,
};
use store::{
    executor::{CommandError, Executor, Invocation, mint},
    log::Log,
};

/// Pauses between the tries to record that somebody is gone; the last one decides.
const TRIES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// The doors of rooms.
pub(super) struct Doors {
    pub(super) executor: Arc<Executor>,
    pub(super) log: Arc<dyn Log>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) doorkeeper: Arc<dyn Doorkeeper>,
    pub(super) video: Arc<dyn VideoProvider>,
}

/// Why somebody does not come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// The ticket is none of ours, for another room, or for somebody who is no member.
    Ticket,
    /// It was used before.
    Used,
    /// It is not good yet.
    TooEarly,
    /// It is no longer good.
    Expired,
    /// The room is closed.
    Closed,
    /// It cannot be found out at present.
    Later,
}

/// Somebody inside, and until when the room stays open as far as is known.
pub(super) struct Guest {
    /// Who, where, as what.
    pub(super) admission: Admission,
    entered: Entered,
    /// The log was looked at up to here.
    looked: Position,
}

impl Doors {
    /// Reads a ticket; nothing is changed.
    pub(super) fn read(&self, ticket: &str, room_ref: &str) -> Result<Admission, Refused> {
        self.doorkeeper
            .admit(ticket, room_ref, self.clock.now())
            .map_err(|error| match error {
                TicketError::Forged | TicketError::OtherRoom => Refused::Ticket,
                TicketError::TooEarly => Refused::TooEarly,
                TicketError::Expired => Refused::Expired,
            })
    }

    /// Uses the ticket up and records that its holder is in.
    pub(super) async fn enter(&self, admission: Admission) -> Result<Guest, Refused> {
        let looked = *self.log.tail().borrow();
        let enter = EnterRoom {
            account: admission.account,
            interview: admission.interview,
            room: admission.room,
            connection: admission.connection,
        };
        let done = self
            .executor
            .run(&self.invocation(&admission, self.clock.now()), &enter)
            .await;
        match done {
            Ok(outcome) => Ok(Guest {
                admission,
                entered: outcome.value,
                looked,
            }),
            Err(CommandError::Refused(refusal)) => Err(refused(&refusal)),
            Err(error) => {
                tracing::warn!(
                    room.id = %admission.room,
                    error = &error as &dyn std::error::Error,
                    "somebody could not be let into a room, their ticket may be used up"
                );
                Err(Refused::Later)
            }
        }
    }

    /// The ticket with which the guest may come back once, as long as the room is open. `None` when it cannot be
    /// written: they stay, and come back as they came.
    pub(super) async fn way_back(&self, guest: &Guest, room_ref: &str) -> Option<String> {
        let admission = &guest.admission;
        let request = TicketRequest {
            room_ref: room_ref.to_owned(),
            tenant: admission.tenant,
            interview: admission.interview,
            room: admission.room,
            account: admission.account,
            connection: guest.entered.again,
            role: admission.role,
            display_name: String::new(),
            not_before: guest.entered.opens_at,
            expires_at: guest.entered.closes_at,
        };
        let ticket = self.video.ticket(&request).await;
        ticket.ok().map(|ticket| ticket.token)
    }

    /// False once the room is closed, its time is over, or the interview is over or has another room. The log is asked
    /// only when something was added to it; while it cannot be asked, people go on talking.
    pub(super) async fn is_open(&self, guest: &mut Guest) -> bool {
        if self.clock.now() >= guest.entered.closes_at {
            return false;
        }
        let head = *self.log.tail().borrow();
        if head <= guest.looked {
            return true;
        }
        match self.look(&guest.admission).await {
            Ok(open) => {
                guest.looked = head;
                open
            }
            Err(error) => {
                tracing::debug!(
                    room.id = %guest.admission.room,
                    error = &error as &dyn std::error::Error,
                    "it cannot be told at present whether a room is open"
                );
                true
            }
        }
    }

    async fn look(&self, admission: &Admission) -> Result<bool, CommandError> {
        let stream = |category, id| StreamId {
            tenant: admission.tenant,
            category,
            id,
        };
        let room = stream(Category::Room, admission.room.uuid());
        let room: Room = self.executor.load(room).await?.state;
        let interview = stream(Category::Interview, admission.interview.uuid());
        let interview: Interview = self.executor.load(interview).await?.state;
        let is_current = interview.booked().is_ok_and(|booking| {
            let current = RoomId::of(admission.interview, booking.revision);
            current == admission.room && !booking.phase.is_over()
        });
        Ok(is_current && room.is_open(self.clock.now()))
    }

    /// Records that the guest is gone. Tried again a few times: what is not recorded counts as presence until the room
    /// closes.
    pub(super) async fn depart(&self, guest: &Guest, reason: LeaveReason) {
        let admission = &guest.admission;
        let departure = RecordDeparture {
            room: admission.room,
            connection: admission.connection,
            reason,
        };
        // The same command each time: whatever came of one try, the next one does not record it twice.
        let invocation = self.invocation(admission, self.clock.now());
        let mut pauses = TRIES.into_iter();
        loop {
            let Err(error) = self.executor.run(&invocation, &departure).await else {
                return;
            };
            match pauses.next() {
                Some(pause) if can_pass(&error) => tokio::time::sleep(pause).await,
                Some(_) | None => {
                    tracing::warn!(
                        room.id = %admission.room,
                        error = &error as &dyn std::error::Error,
                        "that somebody left a room was not recorded, they count as present until it closes"
                    );
                    return;
                }
            }
        }
    }

    fn invocation(&self, admission: &Admission, now: Instant) -> Invocation {
        let tenant: OrganisationId = admission.tenant;
        Invocation {
            tenant,
            actor: Actor::account(admission.account),
            command_id: mint(now),
            correlation_id: mint(now),
            causation_id: None,
            trace: None,
            now,
        }
    }
}

/// True for failures that may be over soon.
const fn can_pass(error: &CommandError) -> bool {
    match error {
        CommandError::Busy { .. } | CommandError::Unavailable { .. } => true,
        CommandError::Refused(_)
        | CommandError::TooLarge { .. }
        | CommandError::Corrupt(_)
        | CommandError::OtherTenant { .. } => false,
    }
}

/// What a refusal means at the door. Whatever has no meaning there is answered like a ticket that is none of ours.
fn refused(refusal: &Refusal) -> Refused {
    match refusal {
        refusal if *refusal == USED => Refused::Used,
        Refusal::RoomClosed => Refused::Closed,
        Refusal::TooEarly { .. } => Refused::TooEarly,
        other => {
            tracing::debug!(code = other.code(), "a good ticket led nowhere");
            Refused::Ticket
        }
    }
}
