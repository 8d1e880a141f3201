//! Personal data: one key for each person, wrapped by the master key, kept apart from the log.
//!
//! Destroying a person's keys erases everything that was sealed for them, in the log, in read tables and in blobs, and
//! leaves every stored byte as it is. A destroyed subject keeps a tombstone: no new key is ever made for it.

pub mod archive;
pub mod ledger;
pub mod master_key;
pub mod memory;
pub mod postgres;
pub mod rotation;
pub mod sqlite;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::{
    ids::SubjectId,
    sealed::{Ciphertext, SealError, Sealed, Sealer},
};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use sha2::Sha256;
// Monotonic, and tests can move it.
use tokio::{
    sync::{RwLock as AsyncRwLock, watch},
    time::Instant,
};
use zeroize::Zeroizing;

use crate::{
    log::BoxError,
    vault::{ledger::Ledger, master_key::MasterKey},
};

/// How long a key is used without asking whether it was destroyed elsewhere.
const CACHED: Duration = Duration::from_secs(30);
/// Sealed with the master key at the first start, so that another master key is noticed at the next.
const CHECK: &[u8] = b"greenroom master key check";
const CHECK_NAME: &str = "check";

/// A key of a person: 32 bytes that erase themselves.
type DataKey = Zeroizing<[u8; 32]>;

/// A secret encrypted with the master key: nonce, ciphertext and tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrapped(pub Vec<u8>);

/// What is kept of a person's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyRecord {
    /// None was ever made.
    Absent,
    /// The wrapped key.
    Live(Wrapped),
    /// Destroyed, for good.
    Destroyed,
}

impl KeyRecord {
    /// From the row of a person: none, one without a key, or one with it.
    fn of_row(row: Option<(Option<Vec<u8>>,)>) -> Self {
        match row {
            None => Self::Absent,
            Some((None,)) => Self::Destroyed,
            Some((Some(wrapped),)) => Self::Live(Wrapped(wrapped)),
        }
    }
}

/// Where wrapped keys are kept. Every call is durable when it returns.
#[async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// What is kept of a person's key.
    async fn find(&self, subject: SubjectId) -> Result<KeyRecord, BoxError>;
    /// The keys of those among many people who have one, in any order, by one statement.
    async fn find_many(&self, subjects: &[SubjectId]) -> Result<Vec<(SubjectId, Wrapped)>, BoxError>;
    /// Keeps a person's first key, unless there is one or a tombstone, and gives what is kept afterwards. It is not
    /// kept, and may be absent afterwards, when the check value is another than `check`: somebody rotated the master
    /// key, and this one is wrapped by the old one.
    async fn keep(&self, subject: SubjectId, key: &Wrapped, check: &Wrapped) -> Result<KeyRecord, BoxError>;
    /// Destroys a person's key and leaves a tombstone; true when there was a key.
    async fn destroy(&self, subject: SubjectId) -> Result<bool, BoxError>;
    /// The check value, keeping `fresh` if there is none yet.
    async fn check(&self, fresh: &Wrapped) -> Result<Wrapped, BoxError>;
    /// A named secret of the installation, keeping `fresh` if there is none yet and the check value is `check`; `None`
    /// when there is none afterwards.
    async fn secret(&self, name: &str, fresh: &Wrapped, check: &Wrapped)
    -> Result<Option<Wrapped>, BoxError>;
    /// Replaces every wrapped key and secret, all or none, when the check value is `check`; gives how many keys, or
    /// `None` when it is another. Nobody keeps a key meanwhile.
    async fn rewrap(&self, check: &Wrapped, rewrap: &Rewrap<'_>) -> Result<Option<u64>, BoxError>;
    /// Every secret of the installation, the check value too.
    async fn secrets(&self) -> Result<Vec<(String, Wrapped)>, BoxError>;
    /// Keys and tombstones of people behind one, ordered, at most so many.
    async fn page(
        &self,
        after: Option<SubjectId>,
        most: u32,
    ) -> Result<Vec<(SubjectId, Option<Wrapped>)>, BoxError>;
    /// Fills an empty store, all or nothing; false when it is not empty.
    async fn fill(
        &self,
        secrets: &[(String, Wrapped)],
        keys: &[(SubjectId, Option<Wrapped>)],
    ) -> Result<bool, BoxError>;
}

/// What a wrapped key belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyName<'a> {
    /// A person.
    Subject(SubjectId),
    /// A secret of the installation.
    Secret(&'a str),
}

/// Wraps a key with another master key.
pub type Rewrap<'a> = dyn Fn(KeyName<'_>, &Wrapped) -> Result<Wrapped, VaultError> + Send + Sync + 'a;

/// Why the vault could not do something.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The keys cannot be reached.
    #[error("the keys are unavailable")]
    Unavailable(#[source] BoxError),
    /// The person's key was destroyed.
    #[error("this person's data was erased")]
    Erased,
    /// The bytes are not what was sealed.
    #[error("a sealed value is damaged")]
    Damaged,
    /// The keys were wrapped with another master key.
    #[error(
        "the master key is not the one these keys were wrapped with: give the right one as master_key, or put it back \
         as master.key into the data folder"
    )]
    WrongMasterKey,
    /// Somebody else rotated the master key while this process ran.
    #[error("the master key was rotated elsewhere: start again with the new one")]
    Rotated,
    /// The record of erased people cannot be read or written.
    #[error("the record of erased people cannot be read or written")]
    Ledger(#[source] BoxError),
    /// Something is sealed with a key that was never kept here: these keys belong to another log, or to an older state.
    #[error("the key of {subject} is not among the keys")]
    KeyMissing {
        /// Whose key.
        subject: SubjectId,
    },
    /// No random numbers could be had.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

/// Seals and opens personal data.
pub struct Vault {
    keys: Arc<dyn KeyStore>,
    /// Held for reading while something is wrapped or unwrapped, so that a rotation never comes between.
    master: AsyncRwLock<Master>,
    cache: Arc<RwLock<Cache>>,
    token_key: DataKey,
    ledgers: Vec<Arc<dyn Ledger>>,
    destructions: watch::Sender<u64>,
}

/// The master key, and what it made of the check value: as long as that is kept, the key is the right one.
struct Master {
    key: MasterKey,
    check: Wrapped,
}

#[derive(Default)]
struct Cache {
    keys: HashMap<SubjectId, Kept>,
    /// Counts destructions, so that a key that was read before one is not kept after it.
    destructions: u64,
}

/// A key that was loaded, and short values that were opened with it: they are as secret as the key, and go with it.
struct Kept {
    loaded: Instant,
    key: DataKey,
    opened: Mutex<Vec<Opened>>,
}

struct Opened {
    sealed: Ciphertext,
    plain: Arc<Zeroizing<Vec<u8>>>,
}

/// The longest value that is kept open, in bytes: names and addresses, which every list shows again.
const SHORT: usize = 256;
/// How many of a person's are.
const MOST_OPENED: usize = 4;

/// Beyond this many, keys that are too old are dropped, and if that is not enough, all.
const MOST_CACHED: usize = 10_000;

fn cached(cache: &RwLock<Cache>, subject: SubjectId) -> Option<DataKey> {
    let cache = cache.read().unwrap_or_else(PoisonError::into_inner);
    cache.kept(subject).map(|kept| kept.key.clone())
}

impl Cache {
    fn kept(&self, subject: SubjectId) -> Option<&Kept> {
        let kept = self.keys.get(&subject)?;
        (kept.loaded.elapsed() < CACHED).then_some(kept)
    }
}

impl Kept {
    fn opened(&self, sealed: &Ciphertext) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.iter().find(|known| known.sealed == *sealed)?;
        Some(known.plain.clone())
    }

    fn keep(&self, sealed: &Ciphertext, plain: &Arc<Zeroizing<Vec<u8>>>) {
        if plain.len() > SHORT {
            return;
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST_OPENED {
            opened.remove(0);
        }
        opened.push(Opened {
            sealed: sealed.clone(),
            plain: plain.clone(),
        });
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}

fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

fn encrypt(key: &[u8; 32], nonce: &[u8; 24], plain: &[u8], bound_to: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload {
        msg: plain,
        aad: bound_to,
    };
    cipher
        .encrypt(&XNonce::from(*nonce), payload)
        .expect("XChaCha20-Poly1305 encrypts anything below 256 GiB")
}

fn decrypt(key: &[u8; 32], nonce: &[u8; 24], sealed: &[u8], bound_to: &[u8]) -> Result<Vec<u8>, VaultError> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload {
        msg: sealed,
        aad: bound_to,
    };
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| VaultError::Damaged)
}

/// What is encrypted; it cannot be passed off as another thing.
#[derive(Clone, Copy)]
enum Kind {
    Value,
    Blob,
    Key,
}

/// What a ciphertext is bound to: it cannot be passed off as another kind of thing, another person's or another key's.
fn binding(kind: Kind, subject: SubjectId, key: u32) -> Vec<u8> {
    let mut bytes = match kind {
        Kind::Value => b"value".to_vec(),
        Kind::Blob => b"blob".to_vec(),
        Kind::Key => b"key".to_vec(),
    };
    bytes.extend_from_slice(subject.uuid().as_bytes());
    bytes.extend_from_slice(&key.to_be_bytes());
    bytes
}

/// What a secret of the installation is bound to.
fn secret_binding(name: &str) -> Vec<u8> {
    [b"secret".as_slice(), name.as_bytes()].concat()
}

fn wrap(master: &MasterKey, plain: &[u8], name: &[u8]) -> Result<Wrapped, VaultError> {
    let nonce = random::<24>()?;
    let mut bytes = nonce.to_vec();
    bytes.extend(encrypt(master.expose(), &nonce, plain, name));
    Ok(Wrapped(bytes))
}

fn unwrap(master: &MasterKey, wrapped: &Wrapped, name: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, sealed) = wrapped.0.split_first_chunk::<24>().ok_or(VaultError::Damaged)?;
    decrypt(master.expose(), nonce, sealed, name).map(Zeroizing::new)
}

fn data_key(plain: &[u8]) -> Result<DataKey, VaultError> {
    plain
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_| VaultError::Damaged)
}

/// The generation of a person's key; a person has one, until keys are rotated.
const GENERATION: u32 = 1;

impl Vault {
    /// Opens the vault.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when the keys were wrapped with another, or when they cannot be reached.
    pub async fn unlock(keys: Arc<dyn KeyStore>, master: MasterKey) -> Result<Self, VaultError> {
        let fresh = wrap(&master, CHECK, &secret_binding(CHECK_NAME))?;
        let check = keys.check(&fresh).await.map_err(VaultError::Unavailable)?;
        let known =
            unwrap(&master, &check, &secret_binding(CHECK_NAME)).map_err(|_| VaultError::WrongMasterKey)?;
        if known.as_slice() != CHECK {
            return Err(VaultError::WrongMasterKey);
        }
        let master = Master { key: master, check };
        let token_key = stored_secret(&*keys, &master, "tokens").await?;
        Ok(Self {
            keys,
            master: AsyncRwLock::new(master),
            cache: Arc::default(),
            token_key,
            ledgers: Vec::new(),
            destructions: watch::Sender::new(0),
        })
    }

    /// The same vault, which notes every erasure in these ledgers, and first destroys every key that they say was
    /// destroyed: keys that came back from a backup go away again.
    ///
    /// # Errors
    /// When a ledger cannot be read or the keys cannot be reached.
    pub async fn with_ledgers(mut self, ledgers: Vec<Arc<dyn Ledger>>) -> Result<Self, VaultError> {
        for ledger in &ledgers {
            for subject in ledger.erased().await.map_err(VaultError::Ledger)? {
                let record = self.keys.find(subject).await.map_err(VaultError::Unavailable)?;
                if record != KeyRecord::Destroyed {
                    self.keys
                        .destroy(subject)
                        .await
                        .map_err(VaultError::Unavailable)?;
                    self.destructions.send_modify(|count| *count += 1);
                }
            }
        }
        self.ledgers = ledgers;
        Ok(self)
    }

    /// Counts the keys that this process has destroyed.
    pub fn destructions(&self) -> watch::Receiver<u64> {
        self.destructions.subscribe()
    }

    /// Wraps every key with another master key, all or none; says how many. The old master key opens nothing any more.
    /// The new one must be durable before.
    ///
    /// # Errors
    /// [`VaultError::Rotated`] when somebody else did so, or when the keys cannot be reached; then the old one stays.
    pub async fn rotate(&self, new: MasterKey) -> Result<u64, VaultError> {
        let mut master = self.master.write().await;
        let check = wrap(&new, CHECK, &secret_binding(CHECK_NAME))?;
        let rewrap = |name: KeyName<'_>, wrapped: &Wrapped| {
            let bound_to = match name {
                KeyName::Subject(subject) => binding(Kind::Key, subject, GENERATION),
                KeyName::Secret(CHECK_NAME) => return Ok(check.clone()),
                KeyName::Secret(name) => secret_binding(name),
            };
            wrap(&new, &unwrap(&master.key, wrapped, &bound_to)?, &bound_to)
        };
        let rewrapped = self.keys.rewrap(&master.check, &rewrap).await;
        let keys = rewrapped.map_err(VaultError::Unavailable)?;
        let keys = keys.ok_or(VaultError::Rotated)?;
        *master = Master { key: new, check };
        Ok(keys)
    }

    /// A random secret of the installation, made at its first use and the same ever after.
    ///
    /// # Errors
    /// When the keys cannot be reached.
    pub async fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        // Named apart from the vault's own, so that nobody is handed the key of all tokens.
        let master = self.master.read().await;
        stored_secret(&*self.keys, &master, &format!("use: {name}")).await
    }

    /// A keyed hash: the same for the same purpose and bytes, and telling nothing to whoever lacks the key.
    pub fn token(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.token_key)
            .expect("HMAC takes keys of any length");
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// Makes a person's key, unless there is one, and loads it.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when it was destroyed, or when the keys cannot be reached.
    pub async fn ensure_key(&self, subject: SubjectId) -> Result<(), VaultError> {
        if cached(&self.cache, subject).is_some() {
            return Ok(());
        }
        let before = Before::now(&self.cache);
        let master = self.master.read().await;
        let fresh = Zeroizing::new(random::<32>()?);
        let fresh = wrap(&master.key, &*fresh, &binding(Kind::Key, subject, GENERATION))?;
        match self
            .keys
            .keep(subject, &fresh, &master.check)
            .await
            .map_err(VaultError::Unavailable)?
        {
            KeyRecord::Live(wrapped) => self.remember(&master, subject, &wrapped, before).await.map(drop),
            KeyRecord::Destroyed => Err(VaultError::Erased),
            KeyRecord::Absent => Err(VaultError::Rotated),
        }
    }

    async fn remember(
        &self,
        master: &Master,
        subject: SubjectId,
        wrapped: &Wrapped,
        before: Before,
    ) -> Result<DataKey, VaultError> {
        let bound_to = binding(Kind::Key, subject, GENERATION);
        let key = match unwrap(&master.key, wrapped, &bound_to) {
            Ok(key) => data_key(&key)?,
            Err(_) if self.is_rotated(master).await? => return Err(VaultError::Rotated),
            Err(error) => return Err(error),
        };
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.destructions != before.destructions {
            return Ok(key);
        }
        if cache.keys.len() >= MOST_CACHED {
            cache.keys.retain(|_, kept| kept.loaded.elapsed() < CACHED);
        }
        if cache.keys.len() >= MOST_CACHED {
            cache.keys.clear();
        }
        let kept = Kept {
            loaded: before.moment,
            key: key.clone(),
            opened: Mutex::default(),
        };
        cache.keys.insert(subject, kept);
        Ok(key)
    }

    /// True when another process has put another master key in the place of this one.
    async fn is_rotated(&self, master: &Master) -> Result<bool, VaultError> {
        let kept = self.keys.check(&master.check).await;
        Ok(kept.map_err(VaultError::Unavailable)? != master.check)
    }

    async fn key(&self, subject: SubjectId) -> Result<Option<DataKey>, VaultError> {
        if let Some(key) = cached(&self.cache, subject) {
            return Ok(Some(key));
        }
        let before = Before::now(&self.cache);
        let master = self.master.read().await;
        match self.keys.find(subject).await.map_err(VaultError::Unavailable)? {
            KeyRecord::Live(wrapped) => self.remember(&master, subject, &wrapped, before).await.map(Some),
            KeyRecord::Destroyed => Ok(None),
            // Not erased: somebody lost the keys, and must hear of it.
            KeyRecord::Absent => Err(VaultError::KeyMissing { subject }),
        }
    }

    /// Loads the keys of many people by one statement, so that opening a value of each of them needs no other. Who has
    /// none, erased or lost, is told when something is opened.
    ///
    /// # Errors
    /// When the keys cannot be reached.
    pub async fn load_keys(&self, subjects: &[SubjectId]) -> Result<(), VaultError> {
        let wanted = self.not_cached(subjects);
        if wanted.is_empty() {
            return Ok(());
        }
        let before = Before::now(&self.cache);
        let master = self.master.read().await;
        let found = self.keys.find_many(&wanted).await;
        for (subject, wrapped) in found.map_err(VaultError::Unavailable)? {
            self.remember(&master, subject, &wrapped, before).await?;
        }
        Ok(())
    }

    fn not_cached(&self, subjects: &[SubjectId]) -> Vec<SubjectId> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = subjects.iter().filter(|subject| cache.kept(**subject).is_none());
        let mut wanted: Vec<_> = wanted.copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Opens a value; `None` when it was erased.
    ///
    /// # Errors
    /// When the keys cannot be reached or the value is damaged.
    pub async fn open<T: DeserializeOwned + Clone>(
        &self,
        sealed: &Sealed<T>,
    ) -> Result<Option<T>, VaultError> {
        match sealed {
            Sealed::Open { value, .. } => Ok(Some(value.clone())),
            Sealed::Erased => Ok(None),
            Sealed::Closed(ciphertext) => {
                let Some(plain) = self.plain(ciphertext).await? else {
                    return Ok(None);
                };
                Sealed::<T>::from_plain(&plain)
                    .map(Some)
                    .map_err(|_| VaultError::Damaged)
            }
        }
    }

    /// A short value that was opened a moment ago, as long as its key is kept; without waiting for anything. `None` says
    /// nothing but that [`Vault::open`] has to be asked.
    pub fn at_hand<T: DeserializeOwned>(&self, sealed: &Sealed<T>) -> Option<T> {
        match sealed {
            Sealed::Open { .. } | Sealed::Erased => None,
            Sealed::Closed(ciphertext) => Sealed::<T>::from_plain(&self.opened(ciphertext)?).ok(),
        }
    }

    fn opened(&self, sealed: &Ciphertext) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        cache.kept(sealed.subject)?.opened(sealed)
    }

    async fn plain(&self, sealed: &Ciphertext) -> Result<Option<Arc<Zeroizing<Vec<u8>>>>, VaultError> {
        let known = self.opened(sealed);
        if known.is_some() {
            return Ok(known);
        }
        let Some(plain) = self.decrypt(Kind::Value, sealed).await? else {
            return Ok(None);
        };
        let plain = Arc::new(Zeroizing::new(plain));
        let cache = || self.cache.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = cache().kept(sealed.subject) {
            kept.keep(sealed, &plain);
        }
        Ok(Some(plain))
    }

    async fn decrypt(&self, kind: Kind, sealed: &Ciphertext) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(key) = self.key(sealed.subject).await? else {
            return Ok(None);
        };
        decrypt(
            &key,
            &sealed.nonce,
            &sealed.bytes,
            &binding(kind, sealed.subject, sealed.key),
        )
        .map(Some)
    }

    /// Seals long bytes about a person, for blob storage.
    ///
    /// # Errors
    /// [`VaultError::Erased`], or when the keys cannot be reached.
    pub async fn seal_blob(&self, subject: SubjectId, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.ensure_key(subject).await?;
        let key = self.key(subject).await?.ok_or(VaultError::Erased)?;
        let nonce = random::<24>()?;
        let mut bytes = nonce.to_vec();
        let bound_to = binding(Kind::Blob, subject, GENERATION);
        bytes.extend(encrypt(&key, &nonce, plain, &bound_to));
        Ok(bytes)
    }

    /// Opens what [`Vault::seal_blob`] sealed; `None` when it was erased.
    ///
    /// # Errors
    /// When the keys cannot be reached or the bytes are damaged.
    pub async fn open_blob(&self, subject: SubjectId, sealed: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let (nonce, bytes) = sealed.split_first_chunk().ok_or(VaultError::Damaged)?;
        let sealed = Ciphertext {
            subject,
            key: GENERATION,
            nonce: *nonce,
            bytes: bytes.to_vec(),
        };
        self.decrypt(Kind::Blob, &sealed).await
    }

    /// Destroys a person's key, for good; says how many keys there were. That it is destroyed is noted in the ledgers
    /// first: after a crash in between, the next start destroys it.
    ///
    /// # Errors
    /// When the keys or a ledger cannot be reached; then nothing is known to be destroyed.
    pub async fn destroy(&self, subject: SubjectId) -> Result<u32, VaultError> {
        for ledger in &self.ledgers {
            ledger.record(subject).await.map_err(VaultError::Ledger)?;
        }
        let was = self
            .keys
            .destroy(subject)
            .await
            .map_err(VaultError::Unavailable)?;
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.destructions += 1;
        cache.keys.remove(&subject);
        drop(cache);
        self.destructions.send_modify(|count| *count += 1);
        Ok(u32::from(was))
    }
}

/// How things were before a key was read: when, so that its age is never underestimated, and how many destructions
/// there had been.
#[derive(Clone, Copy)]
struct Before {
    moment: Instant,
    destructions: u64,
}

impl Before {
    fn now(cache: &RwLock<Cache>) -> Self {
        Self {
            moment: Instant::now(),
            destructions: cache.read().unwrap_or_else(PoisonError::into_inner).destructions,
        }
    }
}

async fn stored_secret(keys: &dyn KeyStore, master: &Master, name: &str) -> Result<DataKey, VaultError> {
    let fresh = Zeroizing::new(random::<32>()?);
    let fresh = wrap(&master.key, &*fresh, &secret_binding(name))?;
    let kept = keys.secret(name, &fresh, &master.check).await;
    let kept = kept
        .map_err(VaultError::Unavailable)?
        .ok_or(VaultError::Rotated)?;
    data_key(&unwrap(&master.key, &kept, &secret_binding(name))?)
}

/// Seals the open values of one event with keys that are loaded, and remembers whom it met.
pub(crate) struct VaultSealer {
    keys: Arc<RwLock<Cache>>,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    subjects: Vec<SubjectId>,
    missing: Option<SubjectId>,
}

impl Met {
    fn subject(&mut self, subject: SubjectId) {
        if !self.subjects.contains(&subject) {
            self.subjects.push(subject);
        }
    }
}

impl VaultSealer {
    pub(crate) fn new(vault: &Vault) -> Self {
        Self {
            keys: vault.cache.clone(),
            met: Mutex::default(),
        }
    }

    fn met(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everybody whose sealed data was written.
    pub(crate) fn subjects(&self) -> Vec<SubjectId> {
        self.met().subjects.clone()
    }

    /// The person whose key was not loaded, which is why writing failed.
    pub(crate) fn missing(&self) -> Option<SubjectId> {
        self.met().missing
    }
}

impl Sealer for VaultSealer {
    fn seal(&self, subject: SubjectId, plain: &[u8]) -> Result<Ciphertext, SealError> {
        let Some(key) = cached(&self.keys, subject) else {
            self.met().missing = Some(subject);
            return Err(SealError::KeyNotLoaded(subject));
        };
        let nonce = random().map_err(|_| SealError::NoRandomness)?;
        self.met().subject(subject);
        let bytes = encrypt(&key, &nonce, plain, &binding(Kind::Value, subject, GENERATION));
        Ok(Ciphertext {
            subject,
            key: GENERATION,
            nonce,
            bytes,
        })
    }

    fn keep(&self, sealed: &Ciphertext) {
        self.met().subject(sealed.subject);
    }
}

#[cfg(test)]
mod tests;
