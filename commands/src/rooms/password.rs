//! The password of a session: typed as a secret, kept as an Argon2id hash.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use domain::{ids::InterviewId, refusal::Refusal};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use store::executor::CommandError;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Fewest and most characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;
/// How many hashes are worked out at the same time: each takes 19 MiB of memory and a whole core.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// A password as somebody typed it. It shows itself to nobody; only the keyed hash over the input of a command reads
/// it.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// A password that a session may have.
    ///
    /// # Errors
    /// `Invalid`, when it has fewer than 8 characters or more than 128.
    pub fn new(text: SecretString) -> Result<Self, Refusal> {
        if LENGTHS.contains(&text.expose_secret().chars().count()) {
            return Ok(Self(text));
        }
        Err(Refusal::invalid("password", "must have 8 to 128 characters"))
    }

    /// What somebody types who wants to come in. What no session can have as its password is wrong, and not looked at.
    ///
    /// # Errors
    /// `WrongPassword`.
    pub fn typed(text: SecretString) -> Result<Self, Refusal> {
        Self::new(text).map_err(|_| Refusal::WrongPassword)
    }

    /// Its hash with the parameters that OWASP recommends (19 MiB, 2 passes), as a PHC string. The salt is the
    /// session's id: unique, and known to nobody before.
    ///
    /// # Errors
    /// When it cannot be worked out.
    pub(super) async fn hash(&self, interview: InterviewId) -> Result<String, CommandError> {
        let typed = self.0.clone();
        on_its_own_thread(move || {
            let salt = interview.uuid();
            let hash = Argon2::default()
                .hash_password_with_salt(typed.expose_secret().as_bytes(), salt.as_bytes())?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether it is the one of which this is the hash.
    ///
    /// # Errors
    /// When it cannot be worked out, or the text is no hash.
    pub(super) async fn is(&self, hash: String) -> Result<bool, CommandError> {
        let typed = self.0.clone();
        on_its_own_thread(move || {
            let hash = PasswordHash::new(&hash)?;
            match Argon2::default().verify_password(typed.expose_secret().as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

/// As it is, for the keyed hash of a command's input, whose bytes are overwritten once they are hashed.
impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn on_its_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, CommandError> {
    let _turn = AT_ONCE.acquire().await.map_err(failed)?;
    spawn_blocking(work).await.map_err(failed)?.map_err(failed)
}

fn failed(error: impl Into<Failure>) -> CommandError {
    CommandError::Corrupt(error.into())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.into()).unwrap()
    }

    fn interview(number: u128) -> InterviewId {
        InterviewId::new(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_and_another_is_not() {
        let hash = password("correct horse").hash(interview(1)).await.unwrap();

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(password("correct horse").is(hash.clone()).await.unwrap());
        assert!(!password("Correct horse").is(hash).await.unwrap());
    }

    #[tokio::test]
    async fn the_same_password_has_another_hash_in_another_session() {
        let one = password("correct horse").hash(interview(1)).await.unwrap();
        let other = password("correct horse").hash(interview(2)).await.unwrap();

        assert_ne!(one, other);
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        for text in ["ääääääää", &"x".repeat(128)] {
            assert!(Password::new(text.into()).is_ok());
        }
        for text in ["", "1234567", &"x".repeat(129)] {
            assert_eq!(Password::new(text.into()).unwrap_err().code(), "INVALID");
            assert_eq!(Password::typed(text.into()).unwrap_err(), Refusal::WrongPassword);
        }
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert!(!format!("{:?}", password("correct horse")).contains("correct"));
    }
}
