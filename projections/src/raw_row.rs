//! Rows of read models as the databases hold them.

use std::sync::Arc;

use domain::{
    envelope::Position,
    ids::{Id, OrganisationId},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    model::{Key, ReadModel, Stored},
    sql::{Cells, DbError, Kind, Value},
};

/// A row as it is stored, not yet read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RawRow {
    pub(crate) tenant: OrganisationId,
    pub(crate) key: Key,
    pub(crate) position: Position,
    pub(crate) json: String,
}

impl RawRow {
    /// The row as it is used.
    pub(crate) fn read<M: ReadModel>(&self) -> Result<Stored<M::Row>, DbError> {
        let row = serde_json::from_str(&self.json).map_err(|_| DbError::Unreadable {
            table: M::NAME.to_owned(),
        })?;
        Ok(Stored {
            tenant: self.tenant,
            key: self.key,
            position: self.position,
            row: Arc::new(row),
        })
    }
}

/// A row with the values of its columns.
pub(crate) type FullRow = (RawRow, Vec<Value>);

/// What [`raw_row`] reads: tenant, key, position, row.
pub(crate) const ROW_KINDS: &[Kind] = &[Kind::Id, Kind::Id, Kind::Integer, Kind::Text];

/// The row of these cells, unless something else than this code wrote them.
pub(crate) fn raw_row(cells: Cells) -> Option<RawRow> {
    let [
        Value::Bytes(tenant),
        Value::Bytes(key),
        position,
        Value::Text(json),
    ] = <[Value; 4]>::try_from(cells).ok()?
    else {
        return None;
    };
    Some(RawRow {
        tenant: Id::new(Uuid::from_slice(&tenant).ok()?),
        key: Key::from_bytes(&key)?,
        position: as_position(&position)?,
        json,
    })
}

/// A whole number that is a position.
pub(crate) fn as_position(value: &Value) -> Option<Position> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok().map(Position),
        Value::Null(_) | Value::Bytes(_) | Value::Text(_) | Value::Bool(_) => None,
    }
}

/// SHA-256 over rows in their order, with columns.
pub(crate) fn digest_of(rows: &[(RawRow, Vec<Value>)]) -> Vec<u8> {
    let mut all = Sha256::new();
    for (row, columns) in rows {
        let mut one = Sha256::new();
        one.update(row.tenant.uuid().as_bytes());
        one.update(Sha256::digest(row.key.bytes()));
        one.update(row.position.0.to_be_bytes());
        one.update(Sha256::digest(&row.json));
        for column in columns {
            let digest = match column {
                Value::Null(_) => {
                    one.update([0]);
                    continue;
                }
                Value::Bytes(bytes) => Sha256::digest(bytes),
                Value::Text(text) => Sha256::digest(text),
                Value::Integer(number) => Sha256::digest(number.to_be_bytes()),
                Value::Bool(truth) => Sha256::digest(i64::from(*truth).to_be_bytes()),
            };
            one.update([1]);
            one.update(digest);
        }
        all.update(one.finalize());
    }
    all.finalize().to_vec()
}
