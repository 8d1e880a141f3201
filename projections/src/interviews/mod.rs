//! One interview: its time, its people, its payment, its room and its transcript, as far as events of these say.
//!
//! Nothing of scorecards, reports or decisions is here, so that neither the row nor its version or position shows that
//! there is one. The kit is here, and neither version nor position shows it.

mod fold;
mod queries;
mod row;
mod shared;
mod status;

pub(crate) use queries::in_scope;
pub use queries::{
    InterviewOrder, OrderField, Scope, Where, by_id, by_ids, by_join_code, by_payment, by_room, count, list,
    visible,
};
#[cfg(test)]
pub(crate) use queries::{statement, statement_of_code};
pub use row::{
    Answered, Cancellation, Capture, FollowedKit, FormerSlot, Interview, Payment, PaymentAttempt,
    PaymentStatus, Presence, Proposal, Refund, RefundStatus, Room, RoomStatus, Session, Transcript, Vacancy,
    Waiting,
};
pub use shared::Shared;
pub(crate) use status::Course;
pub use status::{Phase, Status};

use domain::{
    envelope::Envelope, interview::events::InterviewEvent, payment::events::PaymentEvent,
    room::events::RoomEvent, transcript::events::TranscriptEvent,
};

use crate::{
    hears,
    model::{Column, Index, Key, ReadModel, caseless, instant, optional_id, word},
    sql::{Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Interviews {}

hears! {
    /// What it is told by.
    pub enum Heard {
        Interview(InterviewEvent),
        Payment(PaymentEvent),
        Room(RoomEvent),
        Transcript(TranscriptEvent),
    }
}

pub(crate) const CANDIDATE: Column = Column::optional("candidate", Kind::Id);
const TYPE: Column = Column::optional("interview_type", Kind::Id);
const STATUS: Column = Column::required("status", Kind::Text);
const PHASE: Column = Column::required("phase", Kind::Text);
pub(crate) const PURPOSE: Column = Column::required("purpose", Kind::Text);
const MODE: Column = Column::required("mode", Kind::Text);
const STARTS: Column = Column::required("starts", Kind::Instant);
const CREATED: Column = Column::required("created", Kind::Instant);
const TITLE: Column = Column::required("title", Kind::Text);
const SERIES: Column = Column::optional("series", Kind::Id);
const GROUP: Column = Column::optional("candidate_group", Kind::Id);
const PAYMENT: Column = Column::optional("payment", Kind::Id);
const ROOM: Column = Column::optional("room", Kind::Id);
const JOIN_CODE: Column = Column::optional("join_code", Kind::Id);

impl ReadModel for Interviews {
    const NAME: &'static str = "interviews";
    const COLUMNS: &'static [Column] = &[
        CANDIDATE, TYPE, STATUS, PHASE, PURPOSE, MODE, STARTS, CREATED, TITLE, SERIES, GROUP, PAYMENT, ROOM,
        JOIN_CODE,
    ];
    const INDEXES: &'static [Index] = &[
        // Lists by time, of everybody.
        Index {
            name: "starts",
            columns: &["starts", "key"],
        },
        Index {
            name: "created",
            columns: &["created", "key"],
        },
        // The candidate's own list, and a recruiter's look at one candidate.
        Index {
            name: "candidate",
            columns: &["candidate", "starts", "key"],
        },
        // The groups of the dashboard.
        Index {
            name: "phase",
            columns: &["phase", "starts", "key"],
        },
        // The interviews of a series.
        Index {
            name: "series",
            columns: &["series", "starts", "key"],
        },
        // The seats of a group.
        Index {
            name: "candidate_group",
            columns: &["candidate_group", "starts", "key"],
        },
        // Nodes of payments and rooms.
        Index {
            name: "payment",
            columns: &["payment"],
        },
        Index {
            name: "room",
            columns: &["room"],
        },
        // The session that a code is of.
        Index {
            name: "join_code",
            columns: &["join_code"],
        },
    ];
    const SOURCE: &'static str = concat!(
        include_str!("mod.rs"),
        include_str!("row.rs"),
        include_str!("shared.rs"),
        include_str!("status.rs"),
        include_str!("fold.rs")
    );
    type Row = Interview;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        vec![Key::of(fold::interview_of(event))]
    }

    fn apply(_: Key, row: Option<Interview>, event: &Heard, envelope: &Envelope) -> Option<Interview> {
        fold::apply(row, event, envelope)
    }

    fn columns(row: &Interview) -> Vec<Value> {
        vec![
            optional_id(row.candidate),
            optional_id(row.product.map(|product| product.interview_type)),
            word(&row.status),
            word(&row.status.phase()),
            word(&row.purpose),
            word(&row.mode),
            instant(row.slot.span.start),
            instant(row.created_at),
            caseless(row.title.as_str()),
            optional_id(row.series.as_ref().map(|place| place.series)),
            optional_id(row.group.map(|place| place.group)),
            optional_id(row.payment.as_ref().map(|payment| payment.payment)),
            optional_id(row.room.as_ref().map(|room| room.room)),
            optional_id(row.session.map(|session| session.join_code)),
        ]
    }
}
