//! What events are made of.

use chrono::Duration;
use domain::{
    envelope::StreamId,
    event::Event,
    ids::{Id, Kind, OrganisationId, SubjectId},
    money::Money,
    sealed::{Ciphertext, Sealed},
    text::{Line, Paragraph},
    time::{Drift, Instant, Slot, Span},
};
use store::log::NewEvent;
use uuid::Uuid;

/// An event on its way to a stream.
pub type Write = (StreamId, NewEvent);

/// An id from a number, the same for every kind of thing.
pub const fn id<K: Kind>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

/// The organisation with a number, counted from 0.
pub const fn tenant(number: u128) -> OrganisationId {
    id(0xA000 + number)
}

/// So many minutes after everything began.
pub fn moment(minutes: i64) -> Instant {
    const BEGIN: i64 = 1_780_272_000; // 2026-06-01T00:00:00Z
    let begin = Instant::from_timestamp(BEGIN, 0).expect("a moment in 2026 is in the calendar");
    begin + Duration::minutes(minutes)
}

/// Twenty minutes that begin so many minutes after everything.
pub fn slot(minutes: i64) -> Slot {
    let span = Span {
        start: moment(minutes),
        end: moment(minutes + 20),
    };
    Slot::promised(span, "Asia/Kolkata".parse().expect("this zone exists"))
}

/// What becomes of the promise of such a time by rules by which the clock on the wall shows an hour more.
pub fn drift(minutes: i64) -> Drift {
    let Slot {
        span,
        zone,
        local_start,
        tzdb,
    } = slot(minutes);
    Drift {
        zone,
        promised_local_start: local_start,
        promised_tzdb: "2024a".to_owned(),
        local_start: local_start + Duration::hours(1),
        tzdb,
        promised_start: span.start - Duration::hours(1),
    }
}

/// Something that only the person's key opens, as long as a short text.
pub fn sealed<T>(subject: SubjectId, number: u64) -> Sealed<T> {
    sealed_bytes(subject, number, 24)
}

/// Something that only the person's key opens, of about so many bytes.
pub fn sealed_bytes<T>(subject: SubjectId, number: u64, bytes: usize) -> Sealed<T> {
    Sealed::Closed(Ciphertext {
        subject,
        key: 1,
        nonce: [7; 24],
        bytes: number.to_be_bytes().repeat(bytes.div_ceil(8)),
    })
}

/// A line of text that is known to be one.
pub fn line(text: &str) -> Line {
    Line::new(text).expect("histories hold short lines")
}

/// A paragraph that is known to be one.
pub fn paragraph(text: &str) -> Paragraph {
    Paragraph::new(text).expect("histories hold short paragraphs")
}

/// So many hundredths of a rupee.
pub fn rupees(minor: i64) -> Money {
    Money {
        minor,
        currency: "INR".parse().expect("this currency exists"),
    }
}

/// An event as it is stored in a stream.
pub fn write<E: Event, K: Kind>(tenant: OrganisationId, stream: Id<K>, event: impl Into<E>) -> Write {
    let event = event.into();
    let stream = StreamId {
        tenant,
        category: E::CATEGORY,
        id: stream.uuid(),
    };
    let new = NewEvent {
        event_type: event.wire().name.to_owned(),
        schema_version: event.wire().version,
        payload: event.payload().expect("nothing in a history is open"),
        occurred_at: moment(0),
        links: event.links(),
        subjects: Vec::new(),
    };
    (stream, new)
}
