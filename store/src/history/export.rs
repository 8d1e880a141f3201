//! Writes a log as lines of JSON.

use std::io::{self, Write};

use futures::TryStreamExt;

use super::{End, History, items};
use crate::{
    lines::{self, Header, Item},
    log::ReadError,
};

/// Why a log was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// The lines cannot be written.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
}

/// How often `report` is told.
const REPORT_EVERY: u64 = 1_000;

/// Writes everything up to the present end, which it returns. `report` hears how many events of how many are written.
///
/// # Errors
/// When the log cannot be read or the lines cannot be written; what was written is not a whole log then.
pub async fn export(
    history: &dyn History,
    out: &mut (dyn Write + Send),
    report: &(dyn Fn(u64, u64) + Sync),
) -> Result<End, ExportError> {
    let end = history.end().await?;
    let header = Header {
        events: end.position.0,
        hash: end.hash,
    };
    writeln!(out, "{}", lines::write_header(&header))?;
    let mut items = items(history, end.position);
    while let Some(item) = items.try_next().await? {
        writeln!(out, "{}", lines::write(&item))?;
        if let Item::Event(event) = &item
            && event.envelope.position.0.is_multiple_of(REPORT_EVERY)
        {
            report(event.envelope.position.0, end.position.0);
        }
    }
    out.flush()?;
    report(end.position.0, end.position.0);
    Ok(end)
}
