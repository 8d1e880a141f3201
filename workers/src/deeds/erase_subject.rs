//! Destroys a person's keys and blobs.

use commands::effects::complete_erasure::CompleteErasure;
use domain::{
    data_subject::DataSubject,
    fact::Category,
    ids::{AccountId, BlobId, SubjectId},
    transcript::events::TranscriptEvent,
};
use futures::TryStreamExt;
use store::{
    executor::CommandError,
    log::{Filter, Query},
};

use super::{Stop, Tools, Tried};
use crate::db::Task;

/// The key goes first: from then on nothing sealed for the person can be read, wherever a copy of it is.
pub(super) async fn perform(tools: &Tools, task: &Task, account: AccountId, subject: SubjectId) -> Tried {
    let state: DataSubject = tools.load(task, subject.uuid()).await?;
    if state == DataSubject::Erased {
        return tools.conclude(task).await;
    }
    tools.announce(task).await?;
    let keys = tools.vault.destroy(subject).await?;
    let blobs = blobs_of(tools, task, subject).await?;
    for blob in &blobs {
        tools.blobs.delete(task.tenant, *blob).await?;
    }
    let record = CompleteErasure {
        account,
        subject,
        // A try before this one may have destroyed the key and not come further.
        keys: if task.in_doubt { keys.max(1) } else { keys },
        blobs: u32::try_from(blobs.len()).unwrap_or(u32::MAX),
    };
    tools.record(task, &record).await
}

/// Every blob that was sealed for the person. Reads all transcripts of the organisation, which erasures are rare
/// enough for.
async fn blobs_of(tools: &Tools, task: &Task, subject: SubjectId) -> Result<Vec<BlobId>, Stop> {
    let query = Query::forward(Filter::Category {
        category: Category::Transcript,
        tenant: Some(task.tenant),
    });
    let mut blobs = Vec::new();
    let mut events = tools.log.read(query);
    while let Some(recorded) = events.try_next().await? {
        let finalised = tools
            .codec
            .decode_as::<TranscriptEvent>(&recorded)
            .map_err(CommandError::from)?;
        for TranscriptEvent::TranscriptFinalised(event) in finalised {
            if event.content.subject == subject {
                blobs.push(event.content.blob);
            }
        }
    }
    Ok(blobs)
}
