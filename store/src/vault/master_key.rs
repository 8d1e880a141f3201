//! The key that wraps all other keys.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// Name of the file in the data folder.
pub const FILE: &str = "master.key";

/// 32 bytes that wrap all other keys, and erase themselves.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Not base64 of 32 bytes.
    #[error("the master key must be base64 of exactly 32 bytes")]
    Malformed,
    /// The file could not be read or made.
    #[error("the master key's file cannot be used")]
    Io(#[from] io::Error),
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl MasterKey {
    /// The key with these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key from configuration.
    ///
    /// # Errors
    /// When the text is not base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = Zeroizing::new(
            STANDARD
                .decode(text.trim())
                .map_err(|_| MasterKeyError::Malformed)?,
        );
        bytes
            .as_slice()
            .try_into()
            .map(Self::new)
            .map_err(|_| MasterKeyError::Malformed)
    }

    /// The key in the data folder, made there with mode 0600 when missing. It is durable before it is used.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds something else.
    pub fn in_folder(folder: &Path) -> Result<Self, MasterKeyError> {
        let path = folder.join(FILE);
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match made {
            Ok(mut file) => {
                let mut bytes = Zeroizing::new([0; 32]);
                getrandom::fill(&mut *bytes).map_err(|_| io::Error::from(ErrorKind::Other))?;
                file.write_all(STANDARD.encode(*bytes).as_bytes())?;
                file.sync_all()?;
                File::open(folder)?.sync_all()?;
                Ok(Self(bytes))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let mut text = Zeroizing::new(String::new());
                File::open(&path)?.read_to_string(&mut text)?;
                Self::from_base64(&text)
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}
