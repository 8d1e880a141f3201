//! Long sealed bytes, such as transcripts.

use async_trait::async_trait;

use crate::{
    ids::{BlobId, OrganisationId},
    ports::error::ProviderError,
};

/// A place that keeps bytes under ids. The bytes are sealed before they come here and mean nothing to it.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Keeps the bytes; they are safe when this returns. An id is used for one content only, so keeping it again is
    /// the same.
    ///
    /// # Errors
    /// [`ProviderError`]; after an unknown outcome asking again is safe.
    async fn put(&self, tenant: OrganisationId, blob: BlobId, bytes: Vec<u8>) -> Result<(), ProviderError>;

    /// The bytes, or nothing if the place has none under that id.
    ///
    /// # Errors
    /// [`ProviderError`].
    async fn get(&self, tenant: OrganisationId, blob: BlobId) -> Result<Option<Vec<u8>>, ProviderError>;

    /// Forgets the bytes; nothing happens when there are none.
    ///
    /// # Errors
    /// [`ProviderError`]; asking again is safe.
    async fn delete(&self, tenant: OrganisationId, blob: BlobId) -> Result<(), ProviderError>;
}
