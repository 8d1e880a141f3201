//! An issuer of tokens for development, demonstrations and tests, with its own key in the data folder.
//!
//! Whoever can read that key can be anybody, so the file is for its owner alone. A server in production trusts the
//! organisation's own identity provider instead.

use std::{
    fmt, fs, io,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::Duration;
use domain::{actor::Role, ids::OrganisationId, ports::clock::Clock};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{
        AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm,
        OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse, ThumbprintHash,
    },
};
use secrecy::SecretString;
use serde_json::json;

use crate::auth::tokens::Issuer;

/// Name of the development issuer, in `iss`.
pub const ISSUER: &str = "greenroom-development";
/// Audience of its tokens, in `aud`.
pub const AUDIENCE: &str = "greenroom";
/// Name of the key's file in the data folder.
pub const KEY_FILE: &str = "issuer.key";
/// How far clocks may differ between the issuer and a server on the same data folder, in seconds.
const LEEWAY_SECONDS: i64 = 30;

/// What a token shall say.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    subject: SecretString,
    email: Option<SecretString>,
    email_verified: bool,
    name: Option<SecretString>,
    organisation: Option<OrganisationId>,
    role: Option<Role>,
    lifetime: Duration,
}

impl TokenRequest {
    /// A token for a person, valid for 12 hours. The same subject is the same person for ever.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: SecretString::from(subject.into()),
            email: None,
            email_verified: true,
            name: None,
            organisation: None,
            role: None,
            lifetime: Duration::hours(12),
        }
    }

    /// With a mail address, taken as verified.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(SecretString::from(email.into()));
        self
    }

    /// With a mail address that nobody vouches for, if it has one.
    #[must_use]
    pub const fn unverified(mut self) -> Self {
        self.email_verified = false;
        self
    }

    /// With a name to show.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(SecretString::from(name.into()));
        self
    }

    /// Acting for an organisation.
    #[must_use]
    pub const fn organisation(mut self, organisation: OrganisationId) -> Self {
        self.organisation = Some(organisation);
        self
    }

    /// With a role that is granted when the token is first seen.
    #[must_use]
    pub const fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Valid for this long.
    #[must_use]
    pub const fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }
}

/// Issues tokens with the key of a data folder.
pub struct DevelopmentIssuer {
    signing: EncodingKey,
    public: Jwk,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentIssuer")
            .field("key", &self.public.common.key_id)
            .finish_non_exhaustive()
    }
}

/// Why there is no issuer, or no token.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentIssuerError {
    /// The key's file could not be read or written.
    #[error("the key of the development issuer at {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read the key's file.
    #[error("{} can be read by others than its owner: set its mode to 0600, or remove it to get a new key", .0.display())]
    Permissions(PathBuf),
    /// The file holds something else than a key of ours.
    #[error("{} holds no Ed25519 key", .0.display())]
    NotAKey(PathBuf),
    /// The token could not be signed.
    #[error("the token cannot be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl DevelopmentIssuer {
    /// The issuer of a data folder; its key is made when there is none yet. Several processes may do so at once: the
    /// first key stays.
    pub fn open(data_folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, DevelopmentIssuerError> {
        let path = data_folder.join(KEY_FILE);
        let file = |source| DevelopmentIssuerError::File {
            path: path.clone(),
            source,
        };
        if !path.try_exists().map_err(file)? {
            create_key(data_folder, &path).map_err(file)?;
        }
        let mode = fs::metadata(&path).map_err(file)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(DevelopmentIssuerError::Permissions(path));
        }
        let text = fs::read_to_string(&path).map_err(file)?;
        Self::from_pem(&text, clock).ok_or(DevelopmentIssuerError::NotAKey(path))
    }

    fn from_pem(pem: &str, clock: Arc<dyn Clock>) -> Option<Self> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let document = STANDARD.decode(body).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8(&document).ok()?;
        Some(Self {
            signing: EncodingKey::from_ed_der(&document),
            public: public_key(pair.public_key().as_ref()),
            clock,
        })
    }

    /// Signs a token, valid from now on.
    pub fn issue(&self, request: &TokenRequest) -> Result<SecretString, DevelopmentIssuerError> {
        use secrecy::ExposeSecret;

        let now = self.clock.now();
        let mut claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": request.subject.expose_secret(),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + request.lifetime).timestamp(),
        });
        if let Some(email) = &request.email {
            claims["email"] = json!(email.expose_secret());
            claims["email_verified"] = json!(request.email_verified);
        }
        if let Some(name) = &request.name {
            claims["name"] = json!(name.expose_secret());
        }
        if let Some(organisation) = request.organisation {
            claims["org"] = json!(organisation);
        }
        if let Some(role) = request.role {
            claims["greenroom_role"] = json!(role.name());
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid.clone_from(&self.public.common.key_id);
        jsonwebtoken::encode(&header, &claims, &self.signing)
            .map(SecretString::from)
            .map_err(DevelopmentIssuerError::Signing)
    }

    /// The public key, as `/.well-known/jwks.json` shows it.
    pub fn jwks(&self) -> JwkSet {
        JwkSet {
            keys: vec![self.public.clone()],
        }
    }

    /// The issuer as a [`Verifier`](crate::auth::tokens::Verifier) trusts it.
    pub fn trusted(&self) -> Issuer {
        Issuer {
            name: ISSUER.to_owned(),
            audiences: vec![AUDIENCE.to_owned()],
            algorithms: vec![Algorithm::EdDSA],
            keys: self.jwks(),
            leeway: Duration::seconds(LEEWAY_SECONDS),
            grants_roles: true,
        }
    }
}

fn public_key(bytes: &[u8]) -> Jwk {
    let mut key = Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(KeyAlgorithm::EdDSA),
            ..CommonParameters::default()
        },
        algorithm: AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
            key_type: OctetKeyPairType::OctetKeyPair,
            curve: EllipticCurve::Ed25519,
            x: URL_SAFE_NO_PAD.encode(bytes),
        }),
    };
    key.common.key_id = key.thumbprint(ThumbprintHash::SHA256).ok();
    key
}

/// Writes a new key beside its place and then links it there, so that nobody ever reads half a key and of two
/// processes that make one at once the first wins.
fn create_key(folder: &Path, path: &Path) -> io::Result<()> {
    let failed = |_| io::Error::other("no key could be generated");
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let document = pair.to_pkcs8().map_err(failed)?;
    let mut suffix = [0; 8];
    getrandom::fill(&mut suffix).map_err(io::Error::other)?;
    let beside = folder.join(format!(".{KEY_FILE}.{:016x}", u64::from_ne_bytes(suffix)));
    let written =
        write_privately(&beside, &pem(document.as_ref())).and_then(|()| match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    fs::remove_file(&beside)?;
    written
}

fn write_privately(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn pem(document: &[u8]) -> String {
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(document)
    )
}

#[cfg(test)]
mod tests {
    use domain::time::Instant;

    use super::*;

    struct Epoch;

    impl Clock for Epoch {
        fn now(&self) -> Instant {
            Instant::UNIX_EPOCH
        }
    }

    #[test]
    fn the_key_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");

        DevelopmentIssuer::open(folder.path(), Arc::new(Epoch)).expect("an issuer");

        let mode = fs::metadata(folder.path().join(KEY_FILE))
            .expect("the key")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_key_that_others_may_read_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        DevelopmentIssuer::open(folder.path(), Arc::new(Epoch)).expect("an issuer");
        let path = folder.path().join(KEY_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions");

        let refused = DevelopmentIssuer::open(folder.path(), Arc::new(Epoch));

        assert!(matches!(refused, Err(DevelopmentIssuerError::Permissions(_))));
    }
}
