//! Signs the head of the log now and then, from where the last signed head left off.

use std::{collections::HashMap, sync::Arc};

use domain::{
    envelope::{Position, Recorded},
    ids::CommandId,
    time::Instant,
};
use futures::TryStreamExt;

use super::History;
use crate::{
    audit::{Fault, Verifier},
    heads::{Head, HeadKind, HeadsError, HeadsFile, SignedHead, SigningKey, in_force},
    log::{ReadError, Receipt},
};

/// Events whose receipts are looked up together.
const PAGE: usize = 500;

/// Why no head was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The log is not the one that was signed before.
    #[error("the log does not go on from the head that was signed at {size}: run `greenroom audit verify`")]
    AnotherLog {
        /// The size that was signed.
        size: u64,
    },
    /// The log is not as it was written.
    #[error("the log is not as it was written")]
    Fault(#[from] Fault),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// The heads cannot be read or written.
    #[error(transparent)]
    Heads(#[from] HeadsError),
}

/// Signs heads into a file. It verifies what it signs: each event passes by once, in one signer's life or the next.
pub struct Signer {
    history: Arc<dyn History>,
    key: SigningKey,
    file: HeadsFile,
    reached: Option<Verifier>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer that goes on from the last head in the file that this key has signed.
    pub const fn new(history: Arc<dyn History>, key: SigningKey, file: HeadsFile) -> Self {
        Self {
            history,
            key,
            file,
            reached: None,
        }
    }

    /// Signs where the log ends now; `None` when that was signed already.
    ///
    /// # Errors
    /// When the log is not what was signed before or not as it was written; then nothing is signed.
    pub async fn sign(&mut self, now: Instant) -> Result<Option<SignedHead>, SignError> {
        let end = self.history.end().await?.position;
        let (mut verifier, signed) = match self.reached.take() {
            Some(verifier) => (verifier, true),
            None => self.begin().await?,
        };
        if end < verifier.position() {
            let size = verifier.position().0;
            return Err(SignError::AnotherLog { size });
        }
        if end == verifier.position() && (signed || end == Position::START) {
            self.reached = Some(verifier);
            return Ok(None);
        }
        self.pass(&mut verifier, end).await?;
        let (head, tree) = verifier.head(HeadKind::Log, now)?;
        let signed = self.key.sign(head, tree);
        self.file.append(&signed)?;
        self.reached = Some(verifier);
        Ok(Some(signed))
    }

    /// Signs that the log was restored and goes on from where it ends now; `None` when no head says otherwise.
    ///
    /// # Errors
    /// As [`Signer::sign`].
    pub async fn sign_restored(&mut self, now: Instant) -> Result<Option<SignedHead>, SignError> {
        let heads = self.file.trusted(&[self.key.public()])?;
        let end = self.history.end().await?.position;
        if in_force(&heads).last().is_none_or(|head| head.size <= end.0) {
            return Ok(None);
        }
        let mut verifier = Verifier::new([]);
        self.pass(&mut verifier, end).await?;
        // Never before a head that it takes out of force, whatever the clock says.
        let at = heads.iter().map(|head| head.at).fold(now, Instant::max);
        let (head, tree) = verifier.head(HeadKind::Restored, at)?;
        let signed = self.key.sign(head, tree);
        self.file.append(&signed)?;
        self.reached = Some(verifier);
        Ok(Some(signed))
    }

    /// Where the last head left off, and whether there was one.
    async fn begin(&self) -> Result<(Verifier, bool), SignError> {
        let public = self.key.public();
        let ours = |head: &&SignedHead| head.verify(&[public]).is_ok();
        let heads = self.file.read()?;
        let Some(last) = heads.iter().rfind(ours) else {
            return Ok((Verifier::new([]), false));
        };
        if !self.holds(&last.head).await? {
            let size = last.head.size;
            return Err(SignError::AnotherLog { size });
        }
        Ok((Verifier::behind(&last.head, last.tree()), true))
    }

    /// True when the log has the event that a head ends with.
    async fn holds(&self, head: &Head) -> Result<bool, SignError> {
        let Some(before) = head.size.checked_sub(1) else {
            return Ok(true);
        };
        let mut events = self.history.events(Position(before), Position(head.size));
        let event = events.try_next().await?;
        Ok(event.is_some_and(|event| event.envelope.hash == head.hash))
    }

    async fn pass(&self, verifier: &mut Verifier, end: Position) -> Result<(), SignError> {
        let events = self.history.events(verifier.position(), end);
        let mut pages = events.try_chunks(PAGE);
        while let Some(page) = pages.try_next().await.map_err(|error| error.1)? {
            let receipts = self.receipts_of(&page).await?;
            for event in &page {
                verifier.event(event)?;
                let receipt = receipts.get(&event.envelope.command_id);
                let ends_here = |receipt: &&Receipt| receipt.position == event.envelope.position;
                if let Some(receipt) = receipt.filter(ends_here) {
                    verifier.receipt(receipt)?;
                }
            }
        }
        Ok(())
    }

    async fn receipts_of(&self, page: &[Recorded]) -> Result<HashMap<CommandId, Receipt>, ReadError> {
        let receipts = self.history.receipts_of(page).await?;
        Ok(receipts
            .into_iter()
            .map(|receipt| (receipt.command_id, receipt))
            .collect())
    }
}
