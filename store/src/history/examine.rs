//! Holds a log against its hashes, receipts, links and signed heads.

use std::io::BufRead;

use domain::envelope::{Position, Recorded};

use super::{Ahead, History, Links, PeekableBoxed, items};
use crate::{
    audit::{Fault, FaultKind, Verified, Verifier},
    heads::Head,
    lines::{Item, LineError, Lines},
    log::ReadError,
};

/// Why a log was not found to be whole.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// It is not as it was written.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It cannot be read now.
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    /// A line of the export cannot be used.
    #[error(transparent)]
    Line(#[from] LineError),
}

/// How often `report` is told.
const REPORT_EVERY: u64 = 1_000;

/// Examines a log in a database up to its present end. `report` hears how many events of how many have passed by.
///
/// # Errors
/// [`ExamineError::Fault`] with the first position that does not fit.
pub async fn database(
    history: &dyn History,
    heads: &[Head],
    report: &(dyn Fn(u64, u64) + Sync),
) -> Result<Verified, ExamineError> {
    let end = history.end().await.map_err(ExamineError::Read)?.position;
    let mut verifier = Verifier::new(heads.iter().copied());
    let linked = history.linked(end).await.map_err(ExamineError::Read)?;
    let mut links = history.links(linked).peekable_boxed();
    let mut items = items(history, end);
    loop {
        let item = match futures::TryStreamExt::try_next(&mut items).await {
            Ok(Some(item)) => item,
            Ok(None) => break,
            Err(error) => return Err(unreadable(&verifier, error)),
        };
        match item {
            Item::Event(event) => {
                verifier.event(&event)?;
                if event.envelope.position <= linked {
                    compare_links(&verifier, &mut links, &event).await?;
                }
                if event.envelope.position.0 % REPORT_EVERY == 0 {
                    report(event.envelope.position.0, end.0);
                }
            }
            Item::Receipt(receipt) => verifier.receipt(&receipt)?,
        }
    }
    report(end.0, end.0);
    if verifier.position() < end {
        let position = verifier.position().next();
        return Err(verifier.fault(position, FaultKind::Missing).into());
    }
    let strays = history.strays().await.map_err(ExamineError::Read)?;
    let noted = strays.end.map(|position| (position, FaultKind::End));
    let behind = strays
        .behind_the_end
        .map(|position| (position, FaultKind::BehindTheEnd));
    if let Some((position, kind)) = noted.or(behind) {
        return Err(verifier.fault(position, kind).into());
    }
    Ok(verifier.end()?)
}

/// What is stored is bad where it says so; anything else is not the log's fault.
fn unreadable(verifier: &Verifier, error: ReadError) -> ExamineError {
    match error {
        ReadError::Corrupt { position, what } => {
            // What cannot be read may not tell its position, but it is not before the next.
            let position = position.max(verifier.position().next());
            verifier.fault(position, FaultKind::Unreadable(what)).into()
        }
        error @ ReadError::Unavailable(_) => ExamineError::Read(error),
    }
}

async fn compare_links(
    verifier: &Verifier,
    links: &mut Ahead<'_, Links>,
    event: &Recorded,
) -> Result<(), ExamineError> {
    let position = event.envelope.position;
    let found = links.next_if(|links| links.position <= position).await;
    if found.map_err(|error| unreadable(verifier, error))? == Links::of(event) {
        return Ok(());
    }
    Err(verifier.fault(position, FaultKind::Links).into())
}

/// Examines an export without any database.
///
/// # Errors
/// [`ExamineError::Fault`] with the first position that does not fit, or the line that cannot be read.
pub fn export(
    reader: impl BufRead,
    heads: &[Head],
    report: &dyn Fn(u64, u64),
) -> Result<Verified, ExamineError> {
    let (header, mut lines) = Lines::open(reader)?;
    let mut verifier = Verifier::new(heads.iter().copied());
    while let Some(item) = lines.next()? {
        match item {
            Item::Event(event) => {
                verifier.event(&event)?;
                if event.envelope.position.0 % REPORT_EVERY == 0 {
                    report(event.envelope.position.0, header.events);
                }
            }
            Item::Receipt(receipt) => verifier.receipt(&receipt)?,
        }
    }
    report(header.events, header.events);
    let missing = verifier.fault(verifier.position().next(), FaultKind::Missing);
    if verifier.position() < Position(header.events) {
        return Err(missing.into());
    }
    Ok(verifier.end()?)
}
