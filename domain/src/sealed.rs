//! Personal data has one form: a sealed value, encrypted with a key of the person it is about.
//!
//! A command and the events decided from it carry values that are still *open*. The codec closes them before the
//! append, by serialising the event inside [`with_sealer`]; outside of it an open value refuses to be serialised, so
//! that plain text cannot reach a database, a snapshot or a log line by accident. What is read back is *closed* and
//! stays so until an answer or a mail is written. Decisions and folds never read inside. Destroying the subject's key
//! erases every value sealed for it, and no stored byte changes.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned},
    ser,
};

use crate::ids::SubjectId;

/// A value about a person.
#[derive(Clone, PartialEq, Eq)]
pub enum Sealed<T> {
    /// Not yet sealed: on its way from a command to the codec.
    Open {
        /// The person it is about.
        subject: SubjectId,
        /// The plain value.
        value: T,
    },
    /// Encrypted.
    Closed(Ciphertext),
    /// Known to be gone for good: the subject's key was destroyed.
    Erased,
}

/// An encrypted value with what is needed to open it, except the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ciphertext {
    /// The person whose key opens it.
    pub subject: SubjectId,
    /// Which of the subject's keys.
    pub key: u32,
    /// XChaCha20 nonce.
    pub nonce: [u8; 24],
    /// Encrypted bytes and tag.
    pub bytes: Vec<u8>,
}

impl<T> Sealed<T> {
    /// A value to be sealed for `subject`.
    pub const fn open(subject: SubjectId, value: T) -> Self {
        Self::Open { subject, value }
    }

    /// The person it is about, unless it was erased.
    pub const fn subject(&self) -> Option<SubjectId> {
        match self {
            Self::Open { subject, .. } => Some(*subject),
            Self::Closed(ciphertext) => Some(ciphertext.subject),
            Self::Erased => None,
        }
    }
}

/// Says only what form it has: a sealed value in a log line or a panic message gives nothing away.
impl<T> std::fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open { .. } => "[open]",
            Self::Closed(_) => "[sealed]",
            Self::Erased => "[erased]",
        })
    }
}

/// Encrypts the open values of what is being serialised, and hears of the closed ones.
pub trait Sealer {
    /// Encrypts `plain` with the subject's present key.
    fn seal(&self, subject: SubjectId, plain: &[u8]) -> Result<Ciphertext, SealError>;

    /// A value sealed before is written again as it is.
    fn keep(&self, sealed: &Ciphertext);
}

/// Why a value could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The subject's key is not at hand; fetch or make it and serialise again.
    #[error("the key of {0} is not loaded")]
    KeyNotLoaded(SubjectId),
    /// The subject's key was destroyed: nothing about that person may be written any more.
    #[error("the key of {0} was destroyed")]
    Erased(SubjectId),
    /// No random numbers could be had for the nonce.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

thread_local! {
    static SEALER: RefCell<Option<Arc<dyn Sealer>>> = const { RefCell::new(None) };
}

/// Runs `serialise` with a sealer in place for every [`Sealed`] value met on this thread; nested scopes restore the
/// outer sealer.
pub fn with_sealer<R>(sealer: Arc<dyn Sealer>, serialise: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<dyn Sealer>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SEALER.set(self.0.take());
        }
    }
    let _restore = Restore(SEALER.replace(Some(sealer)));
    serialise()
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<u32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    sealed: Option<Cow<'a, str>>,
}

impl Wire<'_> {
    fn of(ciphertext: &Ciphertext) -> Self {
        let mut bytes = Vec::with_capacity(24 + ciphertext.bytes.len());
        bytes.extend_from_slice(&ciphertext.nonce);
        bytes.extend_from_slice(&ciphertext.bytes);
        Wire {
            subject: Some(ciphertext.subject),
            key: Some(ciphertext.key),
            sealed: Some(STANDARD_NO_PAD.encode(bytes).into()),
        }
    }
}

impl<T: Serialize> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sealer = SEALER.with_borrow(Clone::clone);
        match self {
            Self::Open { subject, value } => {
                let sealer =
                    sealer.ok_or_else(|| ser::Error::custom("an open value is written only by the codec"))?;
                let plain = serde_json::to_vec(value).map_err(ser::Error::custom)?;
                let closed = sealer.seal(*subject, &plain).map_err(ser::Error::custom)?;
                Wire::of(&closed).serialize(serializer)
            }
            Self::Closed(ciphertext) => {
                if let Some(sealer) = sealer {
                    sealer.keep(ciphertext);
                }
                Wire::of(ciphertext).serialize(serializer)
            }
            Self::Erased => Wire {
                subject: None,
                key: None,
                sealed: None,
            }
            .serialize(serializer),
        }
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let (Some(subject), Some(key), Some(sealed)) = (wire.subject, wire.key, wire.sealed) else {
            return Ok(Self::Erased);
        };
        let bytes = STANDARD_NO_PAD
            .decode(sealed.as_bytes())
            .map_err(de::Error::custom)?;
        let (nonce, bytes) = bytes
            .split_first_chunk()
            .ok_or_else(|| de::Error::custom("sealed value too short"))?;
        Ok(Self::Closed(Ciphertext {
            subject,
            key,
            nonce: *nonce,
            bytes: bytes.to_vec(),
        }))
    }
}

impl<T> JsonSchema for Sealed<T> {
    fn schema_name() -> Cow<'static, str> {
        "Sealed".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Encrypted for one person: nonce, ciphertext and tag in base64; empty when erased.",
            "properties": {
                "subject": generator.subschema_for::<SubjectId>(),
                "key": { "type": "integer", "minimum": 0 },
                "sealed": { "type": "string", "contentEncoding": "base64" }
            },
            "additionalProperties": false
        })
    }
}

impl<T: DeserializeOwned> Sealed<T> {
    /// Reads the decrypted bytes of a value.
    ///
    /// # Errors
    /// When the bytes are not what was sealed, which the tag of the ciphertext has already ruled out.
    pub fn from_plain(plain: &[u8]) -> Result<T, serde_json::Error> {
        serde_json::from_slice(plain)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use uuid::Uuid;

    use super::*;

    /// Turns every bit round and remembers whom it met.
    #[derive(Default)]
    struct Upside(Mutex<Vec<SubjectId>>);

    impl Sealer for Upside {
        fn seal(&self, subject: SubjectId, plain: &[u8]) -> Result<Ciphertext, SealError> {
            self.0.lock().unwrap().push(subject);
            Ok(Ciphertext {
                subject,
                key: 1,
                nonce: [7; 24],
                bytes: plain.iter().map(|b| !b).collect(),
            })
        }

        fn keep(&self, sealed: &Ciphertext) {
            self.0.lock().unwrap().push(sealed.subject);
        }
    }

    fn subject() -> SubjectId {
        SubjectId::new(Uuid::from_u128(1))
    }

    #[test]
    fn an_open_value_cannot_be_written_outside_the_codec() {
        assert!(serde_json::to_string(&Sealed::open(subject(), "Asha")).is_err());
    }

    #[test]
    fn a_sealed_value_keeps_its_bytes_through_reading_and_writing() {
        let sealer = Arc::new(Upside::default());
        let open = Sealed::open(subject(), "Asha".to_owned());
        let text = with_sealer(sealer.clone(), || serde_json::to_string(&open)).unwrap();
        assert!(!text.contains("Asha"));
        let closed: Sealed<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&closed).unwrap(), text);
        assert_eq!(
            with_sealer(sealer.clone(), || serde_json::to_string(&closed)).unwrap(),
            text
        );
        assert_eq!(*sealer.0.lock().unwrap(), [subject(), subject()]);
    }

    #[test]
    fn debug_output_gives_nothing_away() {
        assert_eq!(format!("{:?}", Sealed::open(subject(), "Asha")), "[open]");
    }
}
