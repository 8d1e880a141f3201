//! Rows of events, held to the letter: also what decodes to the right value is refused when it was written otherwise.

use domain::{
    actor::Actor,
    envelope::{Position, Recorded},
};
use sqlx::{ColumnIndex, Decode, Row, Type};
use uuid::Uuid;

use super::Links;
use crate::{
    log::ReadError,
    rows::{self, unsigned},
};

/// Who caused an event, as it is stored.
pub(super) fn actor(actor: &Actor) -> String {
    serde_json::to_string(actor).expect("an actor has no map keys and no numbers that JSON lacks")
}

/// Reads an event. Its hash covers what an actor means and not how it was written, so that is compared too.
pub(super) fn exact<'r, R: Row>(row: &'r R) -> Result<Recorded, ReadError>
where
    usize: ColumnIndex<R>,
    i32: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    &'r str: Decode<'r, R::Database> + Type<R::Database>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
    Option<Uuid>: Decode<'r, R::Database> + Type<R::Database>,
    Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
{
    let event = rows::recorded(row)?;
    let written: &str = row.try_get(10).map_err(super::failed)?;
    if written == actor(&event.envelope.actor) {
        return Ok(event);
    }
    Err(ReadError::Corrupt {
        position: event.envelope.position,
        what: "its actor is written otherwise than by the appender".to_owned(),
    })
}

/// Reads the rows of the index of links for a position, from the columns position and text.
pub(super) fn links<'r, R: Row>(row: &'r R) -> Result<Links, ReadError>
where
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    let position = row.try_get(0).map(unsigned).map_err(super::failed)?;
    let position = Position(position);
    Ok(Links {
        position,
        text: row.try_get(1).map_err(|_| ReadError::Corrupt {
            position,
            what: "the index of what it belongs to".to_owned(),
        })?,
    })
}
