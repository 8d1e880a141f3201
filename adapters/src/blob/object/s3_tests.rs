//! Against a real S3 server, `s3s-fs`, which checks signatures and keeps objects as files.

use std::{fs, path::PathBuf};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use uuid::Uuid;

use super::*;

const KEY: &str = "AKIAGREENROOM";
const SECRET: &str = "a-secret/of+the=tests";

/// The server with one bucket, `greenroom`, until it is dropped.
struct S3 {
    folder: TempDir,
    endpoint: String,
    serving: JoinHandle<()>,
}

impl S3 {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("greenroom")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    // A client that goes away is no fault of the server.
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            folder,
            endpoint,
            serving,
        }
    }

    fn bucket(&self) -> Bucket {
        Bucket {
            name: "greenroom".into(),
            region: "eu-central-1".into(),
            endpoint: Some(self.endpoint.clone()),
            access_key_id: KEY.into(),
            secret_access_key: SECRET.into(),
            allow_http: true,
        }
    }

    fn blobs(&self) -> ObjectBlobs {
        ObjectBlobs::bucket(&self.bucket()).unwrap()
    }

    /// Where the server keeps an object.
    fn file(&self, tenant: OrganisationId, blob: BlobId) -> PathBuf {
        let bucket = self.folder.path().join("greenroom");
        bucket.join(tenant.to_string()).join(blob.to_string())
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn tenant(number: u128) -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(number))
}

fn blob(number: u128) -> BlobId {
    BlobId::new(Uuid::from_u128(number))
}

fn is_misconfigured<T>(answer: Result<T, ProviderError>, about: &str) -> bool {
    matches!(answer, Err(ProviderError::Misconfigured { what }) if what == about)
}

#[tokio::test]
async fn what_was_kept_in_a_bucket_is_given_back_to_the_same_organisation_only() {
    let s3 = S3::start().await;
    let blobs = s3.blobs();

    blobs.put(tenant(1), blob(9), b"sealed".to_vec()).await.unwrap();

    assert_eq!(
        blobs.get(tenant(1), blob(9)).await.unwrap(),
        Some(b"sealed".to_vec())
    );
    assert_eq!(blobs.get(tenant(2), blob(9)).await.unwrap(), None);
    assert_eq!(blobs.get(tenant(1), blob(8)).await.unwrap(), None);
}

#[tokio::test]
async fn a_bucket_holds_the_sealed_bytes_and_nothing_beside_them() {
    let s3 = S3::start().await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(3 * 1024 * 1024 + 1).collect();

    s3.blobs()
        .put(tenant(1), blob(9), every_byte.clone())
        .await
        .unwrap();

    assert_eq!(fs::read(s3.file(tenant(1), blob(9))).unwrap(), every_byte);
    assert_eq!(
        s3.blobs().get(tenant(1), blob(9)).await.unwrap(),
        Some(every_byte)
    );
}

#[tokio::test]
async fn no_bytes_at_all_are_not_the_same_as_no_blob() {
    let s3 = S3::start().await;
    let blobs = s3.blobs();

    blobs.put(tenant(1), blob(9), Vec::new()).await.unwrap();

    assert_eq!(blobs.get(tenant(1), blob(9)).await.unwrap(), Some(Vec::new()));
}

#[tokio::test]
async fn keeping_and_forgetting_in_a_bucket_may_be_repeated() {
    let s3 = S3::start().await;
    let blobs = s3.blobs();
    blobs.put(tenant(1), blob(9), b"sealed".to_vec()).await.unwrap();
    blobs.put(tenant(1), blob(9), b"sealed".to_vec()).await.unwrap();
    blobs.put(tenant(1), blob(8), b"another".to_vec()).await.unwrap();

    blobs.delete(tenant(1), blob(9)).await.unwrap();
    blobs.delete(tenant(1), blob(9)).await.unwrap();

    assert_eq!(blobs.get(tenant(1), blob(9)).await.unwrap(), None);
    assert!(!s3.file(tenant(1), blob(9)).exists());
    assert!(s3.file(tenant(1), blob(8)).exists());
}

#[tokio::test]
async fn the_last_bytes_that_were_kept_under_an_id_are_the_ones_that_count() {
    let s3 = S3::start().await;
    let blobs = s3.blobs();
    blobs
        .put(tenant(1), blob(9), b"longer before".to_vec())
        .await
        .unwrap();

    blobs.put(tenant(1), blob(9), b"after".to_vec()).await.unwrap();

    assert_eq!(
        blobs.get(tenant(1), blob(9)).await.unwrap(),
        Some(b"after".to_vec())
    );
}

#[tokio::test]
async fn another_client_reads_what_the_first_one_kept() {
    let s3 = S3::start().await;
    s3.blobs().put(tenant(1), blob(9), vec![0, 255, 7]).await.unwrap();

    let again = s3.blobs().get(tenant(1), blob(9)).await.unwrap();

    assert_eq!(again, Some(vec![0, 255, 7]));
}

#[tokio::test]
async fn a_wrong_secret_is_a_wrong_setting_and_changes_nothing() {
    let s3 = S3::start().await;
    s3.blobs()
        .put(tenant(1), blob(9), b"sealed".to_vec())
        .await
        .unwrap();
    let forged = ObjectBlobs::bucket(&Bucket {
        secret_access_key: "another secret".into(),
        ..s3.bucket()
    })
    .unwrap();

    let put = forged.put(tenant(1), blob(9), b"forged".to_vec()).await;
    let get = forged.get(tenant(1), blob(9)).await;
    let deleted = forged.delete(tenant(1), blob(9)).await;

    assert!(is_misconfigured(put, "key for blobs"));
    assert!(is_misconfigured(get, "key for blobs"));
    assert!(is_misconfigured(deleted, "key for blobs"));
    assert_eq!(fs::read(s3.file(tenant(1), blob(9))).unwrap(), b"sealed");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_a_wrong_setting() {
    let s3 = S3::start().await;
    let stranger = ObjectBlobs::bucket(&Bucket {
        access_key_id: "AKIASTRANGER".into(),
        ..s3.bucket()
    })
    .unwrap();

    let put = stranger.put(tenant(1), blob(9), b"sealed".to_vec()).await;

    assert!(is_misconfigured(put, "key for blobs"));
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_not_taken_for_an_empty_one() {
    let s3 = S3::start().await;
    let elsewhere = ObjectBlobs::bucket(&Bucket {
        name: "mistyped".into(),
        ..s3.bucket()
    })
    .unwrap();

    // This server makes a folder for whatever is put; the refusal of a put is tested with a written reply.
    let get = elsewhere.get(tenant(1), blob(9)).await;
    let deleted = elsewhere.delete(tenant(1), blob(9)).await;

    assert_eq!(get.unwrap_err().code(), "unavailable");
    assert_eq!(deleted.unwrap_err().code(), "unavailable");
}

#[tokio::test]
async fn an_object_beyond_the_limit_is_refused_before_it_is_read() {
    let s3 = S3::start().await;
    let blobs = s3.blobs();
    blobs.put(tenant(1), blob(9), vec![1]).await.unwrap();
    let object = fs::File::options()
        .write(true)
        .open(s3.file(tenant(1), blob(9)))
        .unwrap();
    object.set_len(LIMIT + 1).unwrap();

    let refused = blobs.get(tenant(1), blob(9)).await;

    assert_eq!(refused.unwrap_err().code(), "blob_too_long");
}

#[tokio::test]
async fn a_server_that_is_down_leaves_only_changes_in_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let s3 = S3::start().await;
    let blobs = ObjectBlobs::bucket(&Bucket {
        endpoint: Some(endpoint),
        ..s3.bucket()
    })
    .unwrap();

    let put = blobs.put(tenant(1), blob(9), vec![1]).await;
    let get = blobs.get(tenant(1), blob(9)).await;
    let deleted = blobs.delete(tenant(1), blob(9)).await;

    assert_eq!(put.unwrap_err().code(), "outcome_unknown");
    assert_eq!(get.unwrap_err().code(), "unavailable");
    assert_eq!(deleted.unwrap_err().code(), "outcome_unknown");
}

#[tokio::test]
async fn failures_of_a_bucket_repeat_neither_the_secret_nor_the_bytes() {
    let s3 = S3::start().await;
    let forged = ObjectBlobs::bucket(&Bucket {
        secret_access_key: "another secret".into(),
        ..s3.bucket()
    })
    .unwrap();

    let refused = forged.put(tenant(1), blob(9), b"sealed".to_vec()).await;

    let said = format!("{refused:?} {forged:?} {:?}", s3.bucket());
    assert!(!said.contains("another secret"));
    assert!(!said.contains(SECRET));
    assert!(!said.contains("sealed"));
}
