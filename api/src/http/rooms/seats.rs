//! Who is connected to which room on this node. Nothing here is stored, and nothing here decides who may enter.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::room::events::RoomRole;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::messages::{Outgoing, Peer, Present, Said};

/// The rooms that are in use.
#[derive(Debug)]
pub(crate) struct Seats {
    rooms: Mutex<HashMap<String, Table>>,
    most: usize,
    waiting: usize,
}

/// The seats of one room.
#[derive(Debug, Default)]
struct Table {
    last: u32,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    peer: Peer,
    role: RoomRole,
    /// False until the ticket was used; the others do not know of them before.
    appeared: bool,
    outbox: Sender<Outgoing>,
}

/// One connection's place in a room; given up when dropped, and then the others are told.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    room: String,
    /// What the connection is called in the room.
    pub(crate) peer: Peer,
}

impl Seats {
    /// Empty rooms with so many seats each, and so many messages that wait for one member.
    pub(crate) fn new(most: usize, waiting: usize) -> Self {
        Self {
            rooms: Mutex::default(),
            most,
            waiting,
        }
    }

    /// A seat, and what is sent to it; `None` when all are taken. The messages end when too many of them wait.
    ///
    /// `room` is the provider's name for it: the seats of a group have rooms of their own in the log, and all of them have one name.
    pub(crate) fn take(self: &Arc<Self>, room: &str, role: RoomRole) -> Option<(Seat, Receiver<Outgoing>)> {
        let mut rooms = self.lock();
        let table = rooms.entry(room.to_owned()).or_default();
        if table.members.len() >= self.most {
            return None;
        }
        table.last += 1;
        let peer = Peer(table.last);
        let (outbox, inbox) = mpsc::channel(self.waiting);
        table.members.push(Member {
            peer,
            role,
            appeared: false,
            outbox,
        });
        let seats = Arc::clone(self);
        let room = room.to_owned();
        Some((Seat { seats, room, peer }, inbox))
    }

    /// What is behind the lock is whole after every statement, so that a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Table>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Shows the member to the others, and gives who is there.
    pub(crate) fn appear(&self) -> Vec<Present> {
        let mut rooms = self.seats.lock();
        let Some(table) = rooms.get_mut(&self.room) else {
            return Vec::new();
        };
        let Some(me) = table.members.iter_mut().find(|member| member.peer == self.peer) else {
            return Vec::new();
        };
        me.appeared = true;
        let hello = Outgoing::Hello(Present {
            peer: me.peer,
            role: me.role,
        });
        table.tell_others(self.peer, &hello);
        let others = table
            .members
            .iter()
            .filter(|member| member.appeared && member.peer != self.peer);
        others
            .map(|member| Present {
                peer: member.peer,
                role: member.role,
            })
            .collect()
    }

    /// Says something to another member; nothing happens when they are gone.
    pub(crate) fn say(&self, to: Peer, said: Said) {
        let from = self.peer;
        if let Some(table) = self.seats.lock().get_mut(&self.room) {
            table.tell(
                |member| member.peer == to && to != from,
                &Outgoing::Said { from, said },
            );
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = self.seats.lock();
        let Some(table) = rooms.get_mut(&self.room) else {
            return;
        };
        let mut gone = table.members.extract_if(.., |member| member.peer == self.peer);
        let was_known = gone.next().is_some_and(|member| member.appeared);
        drop(gone);
        if was_known {
            table.tell_others(self.peer, &Outgoing::Bye { from: self.peer });
        }
        if table.members.is_empty() {
            rooms.remove(&self.room);
        }
    }
}

impl Table {
    fn tell_others(&mut self, peer: Peer, message: &Outgoing) {
        self.tell(|member| member.peer != peer, message);
    }

    /// A member for whom too much waits loses its outbox, by which its socket learns that it is too slow.
    fn tell(&mut self, whom: impl Fn(&Member) -> bool, message: &Outgoing) {
        for member in self.members.iter_mut().filter(|member| member.appeared) {
            if whom(member) && member.outbox.try_send(message.clone()).is_err() {
                let (closed, _) = mpsc::channel(1);
                member.outbox = closed;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats() -> Arc<Seats> {
        Arc::new(Seats::new(2, 1))
    }

    fn offer() -> Said {
        Said::Offer {
            sdp: "v=0\r\n".into(),
        }
    }

    #[test]
    fn a_room_has_so_many_seats_and_a_free_one_can_be_taken_again() {
        let seats = seats();
        let first = seats.take("room-1", RoomRole::Candidate);
        let second = seats.take("room-1", RoomRole::Interviewer);

        assert!(seats.take("room-1", RoomRole::Interviewer).is_none());
        assert!(seats.take("room-2", RoomRole::Interviewer).is_some());
        drop(second);
        assert!(seats.take("room-1", RoomRole::Interviewer).is_some());
        assert!(first.is_some());
    }

    #[test]
    fn whoever_has_not_appeared_is_not_known_to_the_others() {
        let seats = seats();
        let (one, mut heard) = seats.take("room-1", RoomRole::Candidate).unwrap();
        one.appear();
        let (two, _) = seats.take("room-1", RoomRole::Interviewer).unwrap();

        assert!(heard.try_recv().is_err());
        let present = two.appear();
        assert!(matches!(heard.try_recv(), Ok(Outgoing::Hello(found)) if found.peer == two.peer));
        assert_eq!(present.len(), 1);
    }

    #[test]
    fn nobody_talks_into_another_room_or_to_themselves() {
        let seats = seats();
        let (one, mut heard) = seats.take("room-1", RoomRole::Candidate).unwrap();
        let (stranger, mut own) = seats.take("room-2", RoomRole::Candidate).unwrap();
        one.appear();
        stranger.appear();

        stranger.say(one.peer, offer());

        assert!(heard.try_recv().is_err());
        assert!(own.try_recv().is_err());
    }

    #[test]
    fn a_member_who_does_not_read_loses_the_connection_and_the_others_go_on() {
        let seats = seats();
        let (slow, mut heard) = seats.take("room-1", RoomRole::Candidate).unwrap();
        let (one, _inbox) = seats.take("room-1", RoomRole::Interviewer).unwrap();
        slow.appear();
        one.appear();

        one.say(slow.peer, offer());

        assert!(matches!(heard.try_recv(), Ok(Outgoing::Hello(_))));
        assert!(matches!(
            heard.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        ));
    }

    #[test]
    fn a_room_that_nobody_uses_is_forgotten() {
        let seats = seats();
        let taken = seats.take("room-1", RoomRole::Candidate);
        drop(taken);

        assert!(seats.lock().is_empty());
    }
}
