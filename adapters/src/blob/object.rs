//! Sealed bytes in a folder or in a bucket that speaks S3.

use std::{error::Error, path::Path as FolderPath, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    ids::{BlobId, OrganisationId},
    ports::{blob::BlobStore, error::ProviderError},
};
use object_store::{
    ClientOptions, Error as StoreError, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path,
};
use secrecy::{ExposeSecret, SecretString};

/// The longest bytes that are read back; far beyond any transcript.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Keeps bytes as objects named `ORGANISATION/BLOB`.
#[derive(Debug, Clone)]
pub struct ObjectBlobs {
    store: Arc<dyn ObjectStore>,
}

/// Where a bucket is and who we are there.
#[derive(Debug)]
pub struct Bucket {
    /// Name of the bucket; it has to exist.
    pub name: String,
    /// Region, such as `eu-central-1`; for most other makers any word.
    pub region: String,
    /// Address of another maker's service; the region's own when absent.
    pub endpoint: Option<String>,
    /// Name of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: SecretString,
    /// Allows an endpoint without TLS, for a service on the same machine.
    pub allow_http: bool,
}

impl ObjectBlobs {
    /// Objects are files in a folder, which is made when it is absent. A file is complete and durable, or absent.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when the folder cannot be made.
    pub fn folder(folder: &FolderPath) -> Result<Self, ProviderError> {
        let unusable = |_| ProviderError::misconfigured("folder for blobs");
        std::fs::create_dir_all(folder).map_err(|_| ProviderError::misconfigured("folder for blobs"))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(unusable)?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
        })
    }

    /// Objects are in a bucket.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when the settings contradict each other; nothing is called yet.
    pub fn bucket(bucket: &Bucket) -> Result<Self, ProviderError> {
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(Duration::from_secs(60))
            .with_allow_http(bucket.allow_http);
        let once = RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        };
        let builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_access_key_id(&bucket.access_key_id)
            .with_secret_access_key(bucket.secret_access_key.expose_secret())
            .with_client_options(client)
            .with_retry(once)
            // One object at a time is all that is deleted here, and not every maker has the call for many.
            .with_disable_bulk_delete(true);
        let builder = match &bucket.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        let store = builder
            .build()
            .map_err(|_| ProviderError::misconfigured("bucket for blobs"))?;
        Ok(Self {
            store: Arc::new(store),
        })
    }
}

impl ObjectBlobs {
    /// Fails when there is no bucket. A missing object and a missing bucket are told alike, and whoever takes one for
    /// the other calls bytes erased that are still kept elsewhere. A list of what is beneath the object is empty in
    /// every bucket, and is refused where there is none. The refusal's status cannot be asked of `object_store`, so
    /// it is "unavailable", whose cause names it, and not a wrong setting.
    async fn look_beneath(&self, place: &Path) -> Result<(), ProviderError> {
        match self.store.list_with_delimiter(Some(place)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(error, false)),
        }
    }
}

#[async_trait]
impl BlobStore for ObjectBlobs {
    async fn put(&self, tenant: OrganisationId, blob: BlobId, bytes: Vec<u8>) -> Result<(), ProviderError> {
        match self.store.put(&place(tenant, blob), bytes.into()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(error, true)),
        }
    }

    async fn get(&self, tenant: OrganisationId, blob: BlobId) -> Result<Option<Vec<u8>>, ProviderError> {
        let place = place(tenant, blob);
        let found = match self.store.get(&place).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => return self.look_beneath(&place).await.map(|()| None),
            Err(error) => return Err(failure(error, false)),
        };
        if found.meta.size > LIMIT {
            return Err(ProviderError::rejected("blob_too_long"));
        }
        let bytes = found.bytes().await.map_err(|error| failure(error, false))?;
        Ok(Some(bytes.into()))
    }

    async fn delete(&self, tenant: OrganisationId, blob: BlobId) -> Result<(), ProviderError> {
        let place = place(tenant, blob);
        match self.store.delete(&place).await {
            Ok(()) => Ok(()),
            Err(StoreError::NotFound { .. }) => self.look_beneath(&place).await,
            Err(error) => Err(failure(error, true)),
        }
    }
}

fn place(tenant: OrganisationId, blob: BlobId) -> Path {
    Path::from_iter([tenant.to_string(), blob.to_string()])
}

fn failure(error: StoreError, changes: bool) -> ProviderError {
    match error {
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            ProviderError::misconfigured("key for blobs")
        }
        // Callers for whom an object may be missing have seen to that; what is left is the bucket.
        StoreError::NotFound { .. } => ProviderError::misconfigured("bucket for blobs"),
        other => {
            let source: Box<dyn Error + Send + Sync> = Box::new(other);
            ProviderError::Unavailable {
                retry_after: None,
                outcome_unknown: changes,
                source,
            }
        }
    }
}

#[cfg(test)]
mod s3_tests;

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpListener};
    use uuid::Uuid;

    use super::*;

    fn tenant(number: u128) -> OrganisationId {
        OrganisationId::new(Uuid::from_u128(number))
    }

    fn blob() -> BlobId {
        BlobId::new(Uuid::from_u128(9))
    }

    #[tokio::test]
    async fn what_was_kept_is_given_back_to_the_same_organisation_only() {
        let folder = TempDir::new().unwrap();
        let blobs = ObjectBlobs::folder(folder.path()).unwrap();

        blobs.put(tenant(1), blob(), b"sealed".to_vec()).await.unwrap();

        assert_eq!(
            blobs.get(tenant(1), blob()).await.unwrap(),
            Some(b"sealed".to_vec())
        );
        assert_eq!(blobs.get(tenant(2), blob()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn keeping_and_forgetting_may_be_repeated() {
        let folder = TempDir::new().unwrap();
        let blobs = ObjectBlobs::folder(folder.path()).unwrap();
        blobs.put(tenant(1), blob(), b"sealed".to_vec()).await.unwrap();
        blobs.put(tenant(1), blob(), b"sealed".to_vec()).await.unwrap();

        blobs.delete(tenant(1), blob()).await.unwrap();
        blobs.delete(tenant(1), blob()).await.unwrap();

        assert_eq!(blobs.get(tenant(1), blob()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn bytes_survive_a_restart() {
        let folder = TempDir::new().unwrap();
        let first = ObjectBlobs::folder(folder.path()).unwrap();
        first.put(tenant(1), blob(), vec![0, 255, 7]).await.unwrap();
        drop(first);

        let again = ObjectBlobs::folder(folder.path()).unwrap();

        assert_eq!(again.get(tenant(1), blob()).await.unwrap(), Some(vec![0, 255, 7]));
    }

    /// What S3 answers when there is no bucket of that name.
    const NO_BUCKET: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 61\r\nconnection: close\r\n\r\n\
        <Error><Code>NoSuchBucket</Code><Message>no</Message></Error>";

    /// Answers one request with a fixed reply, which is what a bucket's refusals look like from here.
    async fn against(reply: &'static str) -> (ObjectBlobs, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(reply.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let bucket = Bucket {
            name: "greenroom".into(),
            region: "local".into(),
            endpoint: Some(endpoint),
            access_key_id: "key".into(),
            secret_access_key: "secret".into(),
            allow_http: true,
        };
        (ObjectBlobs::bucket(&bucket).unwrap(), server)
    }

    #[tokio::test]
    async fn a_bucket_is_asked_for_the_object_of_the_organisation_with_a_signature() {
        let (blobs, server) =
            against("HTTP/1.1 200 OK\r\ncontent-length: 6\r\nlast-modified: Tue, 10 Mar 2026 09:00:00 GMT\r\netag: \"1\"\r\n\r\nsealed").await;

        let found = blobs.get(tenant(1), blob()).await.unwrap();

        let request = server.await.unwrap().to_lowercase();
        assert_eq!(found, Some(b"sealed".to_vec()));
        assert!(request.starts_with(&format!("get /greenroom/{}/{} ", tenant(1), blob())));
        assert!(request.contains("authorization: aws4-hmac-sha256 credential=key/"));
    }

    #[tokio::test]
    async fn a_bucket_that_does_not_know_the_key_is_a_wrong_setting() {
        let (blobs, _server) =
            against("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;

        let refused = blobs.put(tenant(1), blob(), vec![1]).await;

        assert!(matches!(refused, Err(ProviderError::Misconfigured { .. })));
    }

    #[tokio::test]
    async fn what_cannot_be_put_because_there_is_no_bucket_is_a_wrong_setting() {
        let (blobs, _server) = against(NO_BUCKET).await;

        let refused = blobs.put(tenant(1), blob(), vec![1]).await;

        assert!(matches!(refused, Err(ProviderError::Misconfigured { .. })));
    }

    #[tokio::test]
    async fn a_bucket_in_trouble_leaves_the_outcome_unknown_and_is_called_once() {
        let (blobs, _server) =
            against("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;

        let failed = blobs.put(tenant(1), blob(), vec![1]).await;

        assert!(matches!(
            failed,
            Err(ProviderError::Unavailable {
                outcome_unknown: true,
                ..
            })
        ));
    }
}
