use std::{env, fs, os::unix::fs::PermissionsExt, panic::AssertUnwindSafe};

use domain::sealed::with_sealer;
use futures::{FutureExt, executor::block_on, future::join_all};
use proptest::prelude::*;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

use super::{memory::MemoryKeys, postgres::PostgresKeys, sqlite::SqliteKeys, *};

fn subject(number: u128) -> SubjectId {
    SubjectId::new(Uuid::from_u128(number))
}

async fn unlock(keys: Arc<dyn KeyStore>) -> Vault {
    Vault::unlock(keys, MasterKey::new([3; 32])).await.unwrap()
}

async fn in_memory() -> Vault {
    unlock(Arc::new(MemoryKeys::default())).await
}

/// A value as it is after it was stored.
async fn sealed(vault: &Vault, subject: SubjectId, value: &str) -> Ciphertext {
    vault.ensure_key(subject).await.unwrap();
    let plain = serde_json::to_vec(value).unwrap();
    VaultSealer::new(vault).seal(subject, &plain).unwrap()
}

async fn open(vault: &Vault, sealed: Ciphertext) -> Result<Option<String>, VaultError> {
    vault.open(&Sealed::Closed(sealed)).await
}

#[tokio::test]
async fn another_master_key_is_refused_at_the_start() {
    let keys = Arc::new(MemoryKeys::default());
    unlock(keys.clone()).await;

    let refused = Vault::unlock(keys, MasterKey::new([4; 32])).await;

    assert!(matches!(refused, Err(VaultError::WrongMasterKey)));
}

#[tokio::test]
async fn a_value_that_was_stored_opens_until_its_key_is_destroyed() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;
    assert_eq!(
        open(&vault, value.clone()).await.unwrap().as_deref(),
        Some("Asha")
    );

    assert_eq!(vault.destroy(subject(1)).await.unwrap(), 1);

    assert_eq!(open(&vault, value).await.unwrap(), None);
    assert_eq!(vault.destroy(subject(1)).await.unwrap(), 0);
}

#[tokio::test]
async fn no_key_is_made_for_a_subject_that_was_destroyed_before_it_had_one() {
    let vault = in_memory().await;

    assert_eq!(vault.destroy(subject(1)).await.unwrap(), 0);

    assert!(matches!(
        vault.ensure_key(subject(1)).await,
        Err(VaultError::Erased)
    ));
    assert!(matches!(
        vault.seal_blob(subject(1), b"x").await,
        Err(VaultError::Erased)
    ));
}

#[tokio::test]
async fn a_key_that_was_lost_is_not_taken_for_an_erasure() {
    let value = sealed(&in_memory().await, subject(1), "Asha").await;

    let lost = open(&in_memory().await, value).await;

    assert!(matches!(lost, Err(VaultError::KeyMissing { subject: of }) if of == subject(1)));
}

#[tokio::test]
async fn a_value_of_one_person_does_not_open_as_another_persons() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;
    vault.ensure_key(subject(2)).await.unwrap();

    let moved = Ciphertext {
        subject: subject(2),
        ..value
    };

    assert!(matches!(open(&vault, moved).await, Err(VaultError::Damaged)));
}

#[tokio::test]
async fn a_value_does_not_open_as_a_blob() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;

    let passed_off = [value.nonce.as_slice(), &value.bytes].concat();

    let opened = vault.open_blob(subject(1), &passed_off).await;
    assert!(matches!(opened, Err(VaultError::Damaged)));
}

#[tokio::test(start_paused = true)]
async fn another_node_notices_an_erasure_within_thirty_seconds() {
    let keys = Arc::new(MemoryKeys::default());
    let (here, there) = (unlock(keys.clone()).await, unlock(keys).await);
    let value = sealed(&there, subject(1), "Asha").await;
    here.destroy(subject(1)).await.unwrap();

    tokio::time::advance(CACHED).await;

    assert_eq!(open(&there, value).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_opened_before_is_gone_with_the_key() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;
    assert_eq!(
        open(&vault, value.clone()).await.unwrap().as_deref(),
        Some("Asha")
    );
    assert_eq!(
        open(&vault, value.clone()).await.unwrap().as_deref(),
        Some("Asha")
    );

    vault.destroy(subject(1)).await.unwrap();

    assert_eq!(open(&vault, value).await.unwrap(), None);
}

#[tokio::test]
async fn a_value_is_at_hand_once_it_was_opened_and_no_longer_than_its_key() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;
    let at_hand = |value: &Ciphertext| vault.at_hand(&Sealed::<String>::Closed(value.clone()));
    assert_eq!(at_hand(&value), None);

    open(&vault, value.clone()).await.unwrap();
    assert_eq!(at_hand(&value).as_deref(), Some("Asha"));
    let mut other = value.clone();
    other.bytes[0] ^= 1;
    assert_eq!(at_hand(&other), None);

    vault.destroy(subject(1)).await.unwrap();
    assert_eq!(at_hand(&value), None);
}

#[tokio::test]
async fn a_damaged_value_is_noticed_although_the_whole_one_was_opened_before() {
    let vault = in_memory().await;
    let value = sealed(&vault, subject(1), "Asha").await;
    open(&vault, value.clone()).await.unwrap();

    let mut damaged = value;
    damaged.bytes[0] ^= 1;

    assert!(matches!(open(&vault, damaged).await, Err(VaultError::Damaged)));
}

#[tokio::test]
async fn only_a_few_short_values_are_kept_open() {
    let vault = in_memory().await;
    for text in ["a", "b", "c", "d", "e", &"x".repeat(SHORT + 1)] {
        let value = sealed(&vault, subject(1), text).await;
        assert_eq!(open(&vault, value).await.unwrap().as_deref(), Some(text));
    }

    let cache = vault.cache.read().unwrap();
    let opened = cache.keys[&subject(1)].opened.lock().unwrap();
    assert_eq!(opened.len(), MOST_OPENED);
    assert!(opened.iter().all(|opened| opened.plain.len() <= SHORT));
}

/// Keys of which a read takes so long that a destruction comes between.
struct SlowKeys {
    keys: MemoryKeys,
    read: tokio::sync::Semaphore,
    answer: tokio::sync::Semaphore,
}

#[async_trait]
impl KeyStore for SlowKeys {
    async fn find(&self, subject: SubjectId) -> Result<KeyRecord, BoxError> {
        let record = self.keys.find(subject).await;
        self.read.add_permits(1);
        self.answer.acquire().await?.forget();
        record
    }

    async fn find_many(&self, subjects: &[SubjectId]) -> Result<Vec<(SubjectId, Wrapped)>, BoxError> {
        self.keys.find_many(subjects).await
    }

    async fn keep(&self, subject: SubjectId, key: &Wrapped, check: &Wrapped) -> Result<KeyRecord, BoxError> {
        self.keys.keep(subject, key, check).await
    }

    async fn destroy(&self, subject: SubjectId) -> Result<bool, BoxError> {
        self.keys.destroy(subject).await
    }

    async fn check(&self, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        self.keys.check(fresh).await
    }

    async fn secret(
        &self,
        name: &str,
        fresh: &Wrapped,
        check: &Wrapped,
    ) -> Result<Option<Wrapped>, BoxError> {
        self.keys.secret(name, fresh, check).await
    }

    async fn rewrap(&self, check: &Wrapped, rewrap: &Rewrap<'_>) -> Result<Option<u64>, BoxError> {
        self.keys.rewrap(check, rewrap).await
    }

    async fn secrets(&self) -> Result<Vec<(String, Wrapped)>, BoxError> {
        self.keys.secrets().await
    }

    async fn page(
        &self,
        after: Option<SubjectId>,
        most: u32,
    ) -> Result<Vec<(SubjectId, Option<Wrapped>)>, BoxError> {
        self.keys.page(after, most).await
    }

    async fn fill(
        &self,
        secrets: &[(String, Wrapped)],
        keys: &[(SubjectId, Option<Wrapped>)],
    ) -> Result<bool, BoxError> {
        self.keys.fill(secrets, keys).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_read_before_a_destruction_is_not_kept_after_it() {
    let keys = Arc::new(SlowKeys {
        keys: MemoryKeys::default(),
        read: tokio::sync::Semaphore::new(0),
        answer: tokio::sync::Semaphore::new(0),
    });
    let vault = Arc::new(unlock(keys.clone()).await);
    let value = sealed(&vault, subject(1), "Asha").await;
    tokio::time::advance(CACHED).await;

    let (reader, read) = (vault.clone(), value.clone());
    let reading = tokio::spawn(async move { open(&reader, read).await });
    keys.read.acquire().await.unwrap().forget();
    vault.destroy(subject(1)).await.unwrap();
    keys.answer.add_permits(2);
    reading.await.unwrap().unwrap();

    assert_eq!(open(&vault, value).await.unwrap(), None);
}

#[tokio::test]
async fn tokens_stay_the_same_on_every_node_and_differ_by_purpose() {
    let keys = Arc::new(MemoryKeys::default());
    let (here, there) = (unlock(keys.clone()).await, unlock(keys).await);

    assert_eq!(here.token("search", b"asha"), there.token("search", b"asha"));
    assert_ne!(here.token("search", b"asha"), here.token("input", b"asha"));
    assert_ne!(
        here.token("search", b"asha"),
        in_memory().await.token("search", b"asha")
    );
}

#[tokio::test]
async fn a_secret_stays_the_same_and_is_never_one_of_the_vaults_own() {
    let keys = Arc::new(MemoryKeys::default());
    let (here, there) = (unlock(keys.clone()).await, unlock(keys).await);

    assert_eq!(
        here.secret("links").await.unwrap(),
        there.secret("links").await.unwrap()
    );
    assert_ne!(
        here.secret("links").await.unwrap(),
        here.secret("other").await.unwrap()
    );
    assert_ne!(*here.secret("tokens").await.unwrap(), *here.token_key);
}

#[tokio::test]
async fn a_master_key_is_made_for_its_owner_alone_and_found_again() {
    let folder = tempfile::tempdir().unwrap();

    let made = MasterKey::in_folder(folder.path()).unwrap();
    let found = MasterKey::in_folder(folder.path()).unwrap();

    assert_eq!(made.expose(), found.expose());
    let mode = fs::metadata(folder.path().join(master_key::FILE))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_master_key_prints_as_redacted_and_must_have_32_bytes() {
    assert_eq!(format!("{:?}", MasterKey::new([3; 32])), "[redacted]");
    assert!(MasterKey::from_base64("AAAA").is_err());
    assert!(MasterKey::from_base64(STANDARD_32).is_ok());
}

const STANDARD_32: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// What every key store does.
async fn a_key_store(keys: Arc<dyn KeyStore>, there: Arc<dyn KeyStore>) {
    let (here, there) = (unlock(keys.clone()).await, unlock(there).await);

    let both = [&here, &there, &here, &there].map(|vault| vault.ensure_key(subject(1)));
    for ensured in join_all(both).await {
        ensured.unwrap();
    }
    let value = sealed(&here, subject(1), "Asha").await;
    assert_eq!(open(&there, value).await.unwrap().as_deref(), Some("Asha"));
    assert_eq!(here.token("a", b"b"), there.token("a", b"b"));

    assert_eq!(here.destroy(subject(1)).await.unwrap(), 1);
    assert_eq!(here.destroy(subject(1)).await.unwrap(), 0);
    assert_eq!(here.destroy(subject(2)).await.unwrap(), 0);
    assert!(matches!(
        here.ensure_key(subject(1)).await,
        Err(VaultError::Erased)
    ));
    assert!(matches!(
        there.ensure_key(subject(2)).await,
        Err(VaultError::Erased)
    ));

    // More than one page of them.
    for number in 10..1_200 {
        here.ensure_key(subject(number)).await.unwrap();
    }
    let value = sealed(&here, subject(10), "Ravi").await;
    let new = MasterKey::new([9; 32]);
    assert_eq!(here.rotate(new.clone()).await.unwrap(), 1_190);
    assert!(matches!(
        there.ensure_key(subject(2_000)).await,
        Err(VaultError::Rotated)
    ));
    let after = Vault::unlock(keys.clone(), new).await.unwrap();
    assert_eq!(open(&after, value).await.unwrap().as_deref(), Some("Ravi"));
    assert!(matches!(
        after.ensure_key(subject(1)).await,
        Err(VaultError::Erased)
    ));
    let mut exported = Vec::new();
    let count = archive::export(&*keys, &mut exported).await.unwrap();
    assert_eq!(count.keys, 1_192);
    let fresh = MemoryKeys::default();
    archive::import(&fresh, &exported[..]).await.unwrap();
    let mut again = Vec::new();
    archive::export(&fresh, &mut again).await.unwrap();
    assert!(exported == again);
}

#[tokio::test]
async fn a_store_in_memory_keeps_one_key_for_each_subject_and_tombstones() {
    let keys = Arc::new(MemoryKeys::default());

    a_key_store(keys.clone(), keys).await;
}

#[tokio::test]
async fn a_sqlite_store_keeps_one_key_for_each_subject_and_tombstones() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.db");
    let here = SqliteKeys::open(&file).await.unwrap();
    let there = SqliteKeys::open(&file).await.unwrap();

    a_key_store(Arc::new(here), Arc::new(there)).await;
}

#[tokio::test]
async fn a_sqlite_store_belongs_to_its_owner_and_holds_no_destroyed_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.db");
    let keys = SqliteKeys::open(&file).await.unwrap();
    let wrapped = Wrapped(b"a wrapped key that must go away".to_vec());
    let check = Wrapped(b"any".to_vec());
    keys.keep(subject(1), &wrapped, &check).await.unwrap();

    keys.destroy(subject(1)).await.unwrap();

    let holds = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap_or_default();
        bytes.windows(wrapped.0.len()).any(|window| window == wrapped.0)
    };
    assert!(!holds("keys.db") && !holds("keys.db-wal"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_postgres_store_keeps_one_key_for_each_subject_and_tombstones() {
    let Ok(url) = env::var("GREENROOM_TEST_POSTGRES_URL") else {
        let all = env::var("GREENROOM_TEST_REQUIRE").is_ok_and(|required| required == "all");
        assert!(
            !all,
            "GREENROOM_TEST_POSTGRES_URL is not set, and all tests are required"
        );
        eprintln!("skipped: GREENROOM_TEST_POSTGRES_URL is not set");
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let name = format!("greenroom_keys_{:016x}", u64::from_be_bytes(random().unwrap()));
    let mut server = PgConnection::connect_with(&options).await.unwrap();
    let create = AssertSqlSafe(format!("create database {name}"));
    sqlx::raw_sql(create).execute(&mut server).await.unwrap();

    let own = options.database(&name);
    let test = async {
        let here = PostgresKeys::open(PgPool::connect_with(own.clone()).await.unwrap())
            .await
            .unwrap();
        let there = PostgresKeys::open(PgPool::connect_with(own).await.unwrap())
            .await
            .unwrap();
        a_key_store(Arc::new(here), Arc::new(there)).await;
    };
    let result = AssertUnwindSafe(test).catch_unwind().await;

    let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
    sqlx::raw_sql(drop).execute(&mut server).await.unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn the_same_value_is_never_sealed_to_the_same_bytes() {
    let vault = Arc::new(block_on(in_memory()));
    block_on(vault.ensure_key(subject(1))).unwrap();
    let value = Sealed::open(subject(1), "Asha".to_owned());

    let write = || {
        with_sealer(Arc::new(VaultSealer::new(&vault)), || {
            serde_json::to_string(&value).unwrap()
        })
    };

    assert_ne!(write(), write());
}

proptest! {
    #[test]
    fn a_value_opens_as_it_was_and_not_at_all_when_any_byte_is_flipped(
        text in ".{0,40}", at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let vault = block_on(in_memory());
        let value = block_on(sealed(&vault, subject(1), &text));
        prop_assert_eq!(block_on(open(&vault, value.clone())).unwrap(), Some(text));

        let mut flipped = value;
        let index = at.index(24 + flipped.bytes.len());
        match index.checked_sub(24) {
            None => flipped.nonce[index] ^= 1 << bit,
            Some(index) => flipped.bytes[index] ^= 1 << bit,
        }
        prop_assert!(matches!(block_on(open(&vault, flipped)), Err(VaultError::Damaged)));
    }

    #[test]
    fn a_blob_opens_as_it_was_and_not_at_all_when_any_byte_is_flipped(
        bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let vault = block_on(in_memory());
        let mut blob = block_on(vault.seal_blob(subject(1), &bytes)).unwrap();
        prop_assert_eq!(block_on(vault.open_blob(subject(1), &blob)).unwrap(), Some(bytes));

        let index = at.index(blob.len());
        blob[index] ^= 1 << bit;
        prop_assert!(matches!(block_on(vault.open_blob(subject(1), &blob)), Err(VaultError::Damaged)));
    }
}

#[tokio::test]
async fn keys_that_were_loaded_together_open_values_until_one_is_destroyed() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(SqliteKeys::open(&folder.path().join("keys.db")).await.unwrap());
    let before = unlock(keys.clone()).await;
    let asha = sealed(&before, subject(1), "Asha").await;
    let ben = sealed(&before, subject(2), "Ben").await;
    before.destroy(subject(2)).await.unwrap();
    let vault = unlock(keys).await;

    vault
        .load_keys(&[subject(1), subject(2), subject(3)])
        .await
        .unwrap();

    assert!(cached(&vault.cache, subject(1)).is_some());
    assert!(cached(&vault.cache, subject(2)).is_none());
    assert_eq!(open(&vault, asha).await.unwrap().as_deref(), Some("Asha"));
    assert_eq!(open(&vault, ben).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_people_in_one_event_one_stays_readable_when_the_other_is_erased() {
    let vault = in_memory().await;
    vault.ensure_key(subject(1)).await.unwrap();
    vault.ensure_key(subject(2)).await.unwrap();
    let both = (
        Sealed::open(subject(1), "Asha".to_owned()),
        Sealed::open(subject(2), "Ben".to_owned()),
    );
    let sealer = Arc::new(VaultSealer::new(&vault));
    let payload = with_sealer(sealer.clone(), || serde_json::to_vec(&both)).unwrap();

    vault.destroy(subject(1)).await.unwrap();

    let (asha, ben): (Sealed<String>, Sealed<String>) = serde_json::from_slice(&payload).unwrap();
    assert_eq!(sealer.subjects(), [subject(1), subject(2)]);
    assert_eq!(vault.open(&asha).await.unwrap(), None);
    assert_eq!(vault.open(&ben).await.unwrap().as_deref(), Some("Ben"));
}
