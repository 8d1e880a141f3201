//! Puts another master key in the place of the data folder's own, so that a crash at any moment leaves one that fits.
//!
//! The new key is durable as `master.key.next` before anything is wrapped by it; all keys are wrapped anew in one
//! transaction; then the file takes the name `master.key`. Whoever starts in between tries both.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    KeyStore, Vault, VaultError,
    master_key::{self, MasterKey, MasterKeyError},
    random,
};

/// Name of the file of a master key that is about to be used.
pub const NEXT_FILE: &str = "master.key.next";

/// Why the data folder's own master key cannot be used or replaced.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] MasterKeyError),
    /// The keys cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<io::Error> for RotationError {
    fn from(error: io::Error) -> Self {
        Self::File(error.into())
    }
}

/// Opens the vault with the master key in the data folder, which is made when there is none, and ends a rotation that
/// a crash cut short.
///
/// # Errors
/// When neither the key nor the one that was about to be used fits, or they cannot be read.
pub async fn unlock_own(keys: Arc<dyn KeyStore>, folder: &Path) -> Result<Vault, RotationError> {
    let next = folder.join(NEXT_FILE);
    let own = MasterKey::in_folder(folder)?;
    let unlocked = Vault::unlock(Arc::clone(&keys), own).await;
    if !next.exists() {
        return Ok(unlocked?);
    }
    match unlocked {
        Ok(vault) => {
            // Nothing was wrapped by it.
            fs::remove_file(&next)?;
            sync(folder)?;
            Ok(vault)
        }
        Err(VaultError::WrongMasterKey) => {
            let vault = Vault::unlock(keys, read(&next)?).await?;
            adopt(folder)?;
            Ok(vault)
        }
        Err(error) => Err(error.into()),
    }
}

/// Rotates the master key in the data folder; says how many keys were wrapped anew. The old master key is gone.
///
/// # Errors
/// When the new key cannot be made durable or the keys cannot be reached; then the old one stays.
pub async fn rotate_own(vault: &Vault, folder: &Path) -> Result<u64, RotationError> {
    let new = prepare(folder)?;
    let keys = vault.rotate(new).await?;
    adopt(folder)?;
    Ok(keys)
}

/// True when somebody was erased after the master key was made: what was wrapped for them may linger somewhere.
///
/// # Errors
/// When the files cannot be looked at.
pub fn is_due(folder: &Path, ledger: &Path) -> io::Result<bool> {
    let modified = |path: &Path| match fs::metadata(path).and_then(|file| file.modified()) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        modified => modified.map(Some),
    };
    let (key, erased) = (modified(&folder.join(master_key::FILE))?, modified(ledger)?);
    Ok(erased.is_some_and(|erased| key.is_some_and(|key| key <= erased)))
}

fn prepare(folder: &Path) -> Result<MasterKey, RotationError> {
    let bytes = Zeroizing::new(random::<32>()?);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(folder.join(NEXT_FILE))?;
    file.write_all(STANDARD.encode(*bytes).as_bytes())?;
    file.sync_all()?;
    sync(folder)?;
    Ok(MasterKey::new(*bytes))
}

fn read(path: &Path) -> Result<MasterKey, RotationError> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    Ok(MasterKey::from_base64(&text)?)
}

fn adopt(folder: &Path) -> io::Result<()> {
    fs::rename(folder.join(NEXT_FILE), folder.join(master_key::FILE))?;
    sync(folder)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use domain::ids::SubjectId;
    use uuid::Uuid;

    use super::*;
    use crate::vault::{KeyRecord, ledger::*, memory::MemoryKeys, sqlite::SqliteKeys};

    fn subject(number: u128) -> SubjectId {
        SubjectId::new(Uuid::from_u128(number))
    }

    async fn sealed(vault: &Vault) -> Vec<u8> {
        vault.seal_blob(subject(1), b"Asha").await.unwrap()
    }

    async fn opened(vault: &Vault, sealed: &[u8]) -> Option<Vec<u8>> {
        vault.open_blob(subject(1), sealed).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_sealed_before_a_rotation_opens_after_it_and_the_old_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(SqliteKeys::open(&folder.path().join("keys.db")).await.unwrap());
        let vault = unlock_own(keys.clone(), folder.path()).await.unwrap();
        let (sealed, token) = (sealed(&vault).await, vault.token("a", b"b"));
        let secret = vault.secret("links").await.unwrap();
        let old = read(&folder.path().join(master_key::FILE)).unwrap();

        let count = rotate_own(&vault, folder.path()).await.unwrap();
        vault.ensure_key(subject(2)).await.unwrap();

        assert_eq!(count, 1);
        let refused = Vault::unlock(keys.clone(), old).await;
        assert!(matches!(refused, Err(VaultError::WrongMasterKey)));
        let again = unlock_own(keys, folder.path()).await.unwrap();
        assert_eq!(opened(&again, &sealed).await.as_deref(), Some(&b"Asha"[..]));
        assert_eq!(again.token("a", b"b"), token);
        assert_eq!(again.secret("links").await.unwrap(), secret);
        again.ensure_key(subject(2)).await.unwrap();
    }

    #[tokio::test]
    async fn a_rotation_that_a_crash_cut_short_leaves_a_key_that_fits() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(MemoryKeys::default());
        let vault = unlock_own(keys.clone(), folder.path()).await.unwrap();
        let sealed = sealed(&vault).await;

        prepare(folder.path()).unwrap();
        let before = unlock_own(keys.clone(), folder.path()).await.unwrap();
        assert!(!folder.path().join(NEXT_FILE).exists());
        let next = prepare(folder.path()).unwrap();
        before.rotate(next).await.unwrap();
        let after = unlock_own(keys.clone(), folder.path()).await.unwrap();

        assert!(!folder.path().join(NEXT_FILE).exists());
        assert_eq!(opened(&after, &sealed).await.as_deref(), Some(&b"Asha"[..]));
        assert!(unlock_own(keys, folder.path()).await.is_ok());
    }

    #[tokio::test]
    async fn a_node_that_has_the_old_key_keeps_nothing_with_it() {
        let keys = Arc::new(MemoryKeys::default());
        let here = Vault::unlock(keys.clone(), MasterKey::new([1; 32]))
            .await
            .unwrap();
        let there = Vault::unlock(keys.clone(), MasterKey::new([1; 32]))
            .await
            .unwrap();
        here.ensure_key(subject(1)).await.unwrap();

        here.rotate(MasterKey::new([2; 32])).await.unwrap();

        let found = there.ensure_key(subject(1)).await;
        let made = there.ensure_key(subject(2)).await;
        let rotated = there.rotate(MasterKey::new([3; 32])).await;
        let secret = there.secret("new").await;
        assert!(matches!(found, Err(VaultError::Rotated)), "{found:?}");
        assert!(matches!(made, Err(VaultError::Rotated)), "{made:?}");
        assert!(matches!(rotated, Err(VaultError::Rotated)), "{rotated:?}");
        assert!(matches!(secret, Err(VaultError::Rotated)));
        assert_eq!(keys.find(subject(2)).await.unwrap(), KeyRecord::Absent);
    }

    #[tokio::test]
    async fn an_erased_person_stays_erased_when_older_keys_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let ledger: Arc<dyn Ledger> = Arc::new(LedgerFile::at(folder.path().join(FILE)));
        let keys = Arc::new(MemoryKeys::default());
        let unlock = async |keys: Arc<MemoryKeys>| {
            let vault = Vault::unlock(keys, MasterKey::new([1; 32])).await.unwrap();
            vault.with_ledgers(vec![ledger.clone()]).await.unwrap()
        };
        let vault = unlock(keys.clone()).await;
        let sealed = sealed(&vault).await;
        let mut backup = Vec::new();
        super::super::archive::export(&*keys, &mut backup).await.unwrap();
        vault.destroy(subject(1)).await.unwrap();
        vault.destroy(subject(1)).await.unwrap();

        let restored = Arc::new(MemoryKeys::default());
        let count = super::super::archive::import(&*restored, &backup[..])
            .await
            .unwrap();
        assert!(matches!(
            restored.find(subject(1)).await.unwrap(),
            KeyRecord::Live(_)
        ));
        let vault = unlock(restored.clone()).await;

        assert_eq!(count.keys, 1);
        assert_eq!(opened(&vault, &sealed).await, None);
        assert_eq!(restored.find(subject(1)).await.unwrap(), KeyRecord::Destroyed);
        assert_eq!(ledger.erased().await.unwrap(), [subject(1)]);
        assert_eq!(*vault.destructions().borrow(), 1);
    }

    #[tokio::test]
    async fn keys_that_are_not_whole_or_not_wanted_are_not_imported() {
        let keys = Arc::new(MemoryKeys::default());
        let vault = Vault::unlock(keys.clone(), MasterKey::new([1; 32]))
            .await
            .unwrap();
        vault.ensure_key(subject(1)).await.unwrap();
        let mut backup = Vec::new();
        super::super::archive::export(&*keys, &mut backup).await.unwrap();
        let text = String::from_utf8(backup).unwrap();
        let cut: Vec<_> = text.lines().take(2).collect();

        let fresh = MemoryKeys::default();
        let cut = super::super::archive::import(&fresh, cut.join("\n").as_bytes()).await;
        let again = super::super::archive::import(&*keys, text.as_bytes()).await;

        assert_eq!(cut.unwrap_err().to_string(), "line 3: the file is not whole");
        assert!(
            again
                .unwrap_err()
                .to_string()
                .starts_with("there are keys already")
        );
        assert_eq!(fresh.secrets().await.unwrap(), []);
    }
}
