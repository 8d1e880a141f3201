//! Verifies bearer tokens (JWT, RFC 7519) of trusted issuers.
//!
//! The issuer that a token names only selects whose rules apply; nothing else of a token is believed before its
//! signature was verified with a key of that issuer, by an algorithm that this issuer is known to use. Symmetric
//! algorithms are never accepted, so that a public key cannot serve as a secret. Times are compared with the business
//! clock, as everything that depends on time here is.

use std::{collections::HashMap, fmt, sync::Arc};

use chrono::{Duration, TimeZone, Utc};
use domain::{actor::Role, ids::OrganisationId, ports::clock::Clock, time::Instant};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use quick_cache::sync::Cache;
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The longest token that is looked at, in bytes.
pub const LONGEST_TOKEN: usize = 8 * 1024;

/// Tokens whose signature is not verified again when they are shown again.
const MOST_BELIEVED: usize = 10_000;

/// What a verified token says about its bearer.
#[derive(Clone)]
pub struct Identity {
    /// The issuer (`iss`). With `subject` it names a person for ever.
    pub issuer: String,
    /// The person at that issuer (`sub`).
    pub subject: String,
    /// The mail address, if the issuer says that it was verified.
    pub email: Option<SecretString>,
    /// The name to show.
    pub name: Option<SecretString>,
    /// The organisation that this request acts for (`org`).
    pub organisation: Option<OrganisationId>,
    /// A role to be granted at first sight; only ever set by the development issuer (`greenroom_role`).
    pub role: Option<Role>,
    /// From this moment on the token is not valid any more.
    pub expires_at: Instant,
}

/// Shows nothing of the person: an identity in a log line gives nobody away.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("issuer", &self.issuer)
            .field("organisation", &self.organisation)
            .field("role", &self.role)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// An issuer whose tokens are accepted.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Its name, exactly as it stands in `iss`.
    pub name: String,
    /// Audiences of which a token must name at least one (`aud`).
    pub audiences: Vec<String>,
    /// The algorithms it signs with.
    pub algorithms: Vec<Algorithm>,
    /// Its public keys. Every token must name one of them (`kid`).
    pub keys: JwkSet,
    /// How far its clock may be off.
    pub leeway: Duration,
    /// Whether its `greenroom_role` claim grants roles. Only true for the development issuer.
    pub grants_roles: bool,
}

/// Why an issuer cannot be trusted as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Without an audience every token of the issuer would be accepted, whomever it was made for.
    #[error("the issuer {0} needs an audience")]
    NoAudience(String),
    /// No algorithm, or one with a shared secret.
    #[error("the issuer {0} needs algorithms, and none with a shared secret")]
    Algorithms(String),
    /// None of the keys can be used: a key needs an id and a known type.
    #[error("the issuer {0} has no usable key")]
    NoKey(String),
}

/// Why a token is refused. Clients are told only that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, or without a claim that is needed.
    #[error("the token is malformed")]
    Malformed,
    /// Its issuer is not trusted here.
    #[error("the token's issuer is not trusted")]
    UnknownIssuer,
    /// Its issuer does not sign like this.
    #[error("the token's algorithm is not one of its issuer")]
    Algorithm,
    /// No key of the issuer has this id.
    #[error("the token's key is not one of its issuer")]
    UnknownKey,
    /// It was not signed with the key that it names, or was changed since.
    #[error("the token's signature is wrong")]
    Signature,
    /// It was made for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not begun.
    #[error("the token is not valid yet")]
    NotYetValid,
}

struct Trusted {
    issuer: Issuer,
    keys: HashMap<String, Key>,
}

struct Key {
    decoding: DecodingKey,
    algorithm: Option<Algorithm>,
}

/// Verifies tokens of the issuers it trusts.
pub struct Verifier {
    issuers: HashMap<String, Trusted>,
    /// Claims of tokens that were verified before, by the SHA-256 of the token.
    believed: Cache<[u8; 32], Arc<Claims>>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("issuers", &self.issuers.keys())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    email: Option<SecretString>,
    #[serde(default)]
    email_verified: Option<bool>,
    #[serde(default)]
    name: Option<SecretString>,
    #[serde(default)]
    org: Option<OrganisationId>,
    #[serde(default)]
    greenroom_role: Option<Role>,
}

#[derive(Deserialize)]
struct Named {
    iss: String,
}

impl Verifier {
    /// A verifier that trusts nobody yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            issuers: HashMap::new(),
            believed: Cache::new(MOST_BELIEVED),
            clock,
        }
    }

    /// Trusts an issuer from now on.
    pub fn trust(mut self, issuer: Issuer) -> Result<Self, IssuerError> {
        if issuer.audiences.is_empty() {
            return Err(IssuerError::NoAudience(issuer.name));
        }
        if issuer.algorithms.is_empty() || issuer.algorithms.iter().any(|algorithm| is_symmetric(*algorithm))
        {
            return Err(IssuerError::Algorithms(issuer.name));
        }
        let keys: HashMap<_, _> = issuer
            .keys
            .keys
            .iter()
            .filter_map(|key| {
                let id = key.common.key_id.clone()?;
                let decoding = DecodingKey::from_jwk(key).ok()?;
                let algorithm = key
                    .common
                    .key_algorithm
                    .and_then(|name| name.to_string().parse().ok());
                Some((id, Key { decoding, algorithm }))
            })
            .collect();
        if keys.is_empty() {
            return Err(IssuerError::NoKey(issuer.name));
        }
        self.issuers.insert(issuer.name.clone(), Trusted { issuer, keys });
        Ok(self)
    }

    /// What the token says, if it is to be believed now.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(believed) = self.believed.get(&digest) {
            let trusted = self.issuers.get(&believed.iss).ok_or(TokenError::UnknownIssuer)?;
            return self.identity(&believed, &trusted.issuer);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        // A token that asks for extensions which must be understood: there are none that we do.
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let named: Named =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| TokenError::Malformed)?;
        let trusted = self.issuers.get(&named.iss).ok_or(TokenError::UnknownIssuer)?;
        if !trusted.issuer.algorithms.contains(&header.alg) {
            return Err(TokenError::Algorithm);
        }
        let id = header.kid.ok_or(TokenError::UnknownKey)?;
        let key = trusted.keys.get(&id).ok_or(TokenError::UnknownKey)?;
        if key.algorithm.is_some_and(|algorithm| algorithm != header.alg) {
            return Err(TokenError::Algorithm);
        }
        let claims = Arc::new(verified_claims(token, key, header.alg, &trusted.issuer)?);
        let identity = self.identity(&claims, &trusted.issuer)?;
        self.believed.insert(digest, claims);
        Ok(identity)
    }

    /// What the claims of a believed token say now: its time is looked at whenever it is shown.
    fn identity(&self, claims: &Claims, issuer: &Issuer) -> Result<Identity, TokenError> {
        let now = self.clock.now();
        let expires_at = moment(claims.exp)?;
        if now >= later(expires_at, issuer.leeway) {
            return Err(TokenError::Expired);
        }
        if let Some(from) = claims.nbf
            && later(now, issuer.leeway) < moment(from)?
        {
            return Err(TokenError::NotYetValid);
        }
        if claims.sub.is_empty() {
            return Err(TokenError::Malformed);
        }
        Ok(Identity {
            issuer: claims.iss.clone(),
            subject: claims.sub.clone(),
            email: claims
                .email
                .clone()
                .filter(|_| claims.email_verified == Some(true)),
            name: claims.name.clone(),
            organisation: claims.org,
            role: claims.greenroom_role.filter(|_| issuer.grants_roles),
            expires_at: later(expires_at, issuer.leeway),
        })
    }
}

fn verified_claims(
    token: &str,
    key: &Key,
    algorithm: Algorithm,
    issuer: &Issuer,
) -> Result<Claims, TokenError> {
    use jsonwebtoken::errors::ErrorKind;

    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    validation.set_issuer(std::slice::from_ref(&issuer.name));
    validation.set_audience(&issuer.audiences);
    // The library would read the machine's clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let decoded = jsonwebtoken::decode(token, &key.decoding, &validation);
    decoded
        .map(|token| token.claims)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => TokenError::Signature,
            ErrorKind::InvalidAudience => TokenError::Audience,
            ErrorKind::InvalidIssuer => TokenError::UnknownIssuer,
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => TokenError::Algorithm,
            _ => TokenError::Malformed,
        })
}

const fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

/// Seconds since 1970, with fractions as RFC 7519 allows them; whole seconds are all that matters.
fn moment(seconds: f64) -> Result<Instant, TokenError> {
    if !seconds.is_finite() || seconds.abs() > 1e11 {
        return Err(TokenError::Malformed);
    }
    Utc.timestamp_opt(seconds as i64, 0)
        .single()
        .ok_or(TokenError::Malformed)
}

fn later(moment: Instant, by: Duration) -> Instant {
    moment.checked_add_signed(by).unwrap_or(Instant::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;
    use crate::auth::development_issuer::{AUDIENCE, DevelopmentIssuer, ISSUER, TokenRequest};

    struct Fixed(Instant);

    impl Clock for Fixed {
        fn now(&self) -> Instant {
            self.0
        }
    }

    fn at(second: i64) -> Instant {
        Utc.timestamp_opt(1_800_000_000 + second, 0)
            .single()
            .expect("a moment")
    }

    struct World {
        folder: tempfile::TempDir,
        issuer: DevelopmentIssuer,
    }

    fn world() -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let issuer = DevelopmentIssuer::open(folder.path(), Arc::new(Fixed(at(0)))).expect("an issuer");
        World { folder, issuer }
    }

    impl World {
        fn verifier(&self, now: Instant) -> Verifier {
            Verifier::new(Arc::new(Fixed(now)))
                .trust(self.issuer.trusted())
                .expect("trusted")
        }

        fn token(&self) -> SecretString {
            let request = TokenRequest::new("ada-lovelace")
                .email("ada@example.com")
                .role(Role::Recruiter)
                .lifetime(Duration::hours(1));
            self.issuer.issue(&request).expect("a token")
        }

        /// Signs with the issuer's own key what the issuer would never sign.
        fn signed(&self, header: &Header, claims: &serde_json::Value) -> String {
            let pem = std::fs::read(self.folder.path().join("issuer.key")).expect("the key");
            encode(header, claims, &EncodingKey::from_ed_pem(&pem).expect("a key")).expect("a token")
        }

        fn header(&self) -> Header {
            let mut header = Header::new(Algorithm::EdDSA);
            header.kid = self.issuer.jwks().keys[0].common.key_id.clone();
            header
        }
    }

    fn claims() -> serde_json::Value {
        json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada-lovelace", "exp": at(60).timestamp() })
    }

    #[test]
    fn a_token_of_the_development_issuer_tells_who_its_bearer_is() {
        let world = world();

        let identity = world
            .verifier(at(1))
            .verify(world.token().expose_secret())
            .expect("accepted");

        assert_eq!(
            (identity.issuer.as_str(), identity.subject.as_str()),
            (ISSUER, "ada-lovelace")
        );
        assert_eq!(identity.role, Some(Role::Recruiter));
        assert_eq!(
            identity
                .email
                .map(|email| email.expose_secret().to_owned())
                .as_deref(),
            Some("ada@example.com")
        );
    }

    #[test]
    fn the_same_folder_gives_the_same_key() {
        let world = world();

        let again = DevelopmentIssuer::open(world.folder.path(), Arc::new(Fixed(at(0)))).expect("an issuer");

        assert_eq!(again.jwks(), world.issuer.jwks());
    }

    #[test]
    fn a_token_is_refused_from_its_end_plus_leeway_on() {
        let world = world();
        let (token, end) = (world.token(), 3600 + 30);

        assert!(world.verifier(at(end - 1)).verify(token.expose_secret()).is_ok());
        assert_eq!(
            world.verifier(at(end)).verify(token.expose_secret()).err(),
            Some(TokenError::Expired)
        );
    }

    #[test]
    fn a_token_is_refused_before_its_beginning() {
        let world = world();
        let mut claims = claims();
        claims["nbf"] = json!(at(40).timestamp());
        let token = world.signed(&world.header(), &claims);

        assert_eq!(
            world.verifier(at(0)).verify(&token).err(),
            Some(TokenError::NotYetValid)
        );
        assert!(world.verifier(at(11)).verify(&token).is_ok());
    }

    #[test]
    fn a_token_without_an_end_is_refused() {
        let world = world();
        let mut claims = claims();
        claims.as_object_mut().expect("an object").remove("exp");

        let refused = world
            .verifier(at(0))
            .verify(&world.signed(&world.header(), &claims));

        assert_eq!(refused.err(), Some(TokenError::Malformed));
    }

    #[test]
    fn a_token_that_is_not_signed_is_refused() {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let world = world();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let token = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims().to_string()));

        assert_eq!(
            world.verifier(at(0)).verify(&token).err(),
            Some(TokenError::Malformed)
        );
    }

    #[test]
    fn the_public_key_is_no_shared_secret() {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let world = world();
        let jwk = world.issuer.jwks().keys[0].clone();
        let public = serde_json::to_value(&jwk).expect("json")["x"]
            .as_str()
            .expect("x")
            .to_owned();
        let mut header = Header::new(Algorithm::HS256);
        header.kid = jwk.common.key_id;
        let secrets = [
            EncodingKey::from_secret(public.as_bytes()),
            EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(&public).expect("bytes")),
        ];

        let refusals = secrets.map(|secret| {
            let token = encode(&header, &claims(), &secret).expect("a token");
            world.verifier(at(0)).verify(&token).err()
        });

        assert_eq!(refusals, [Some(TokenError::Algorithm); 2]);
    }

    #[test]
    fn an_issuer_with_shared_secrets_cannot_be_configured() {
        let world = world();
        let mut issuer = world.issuer.trusted();
        issuer.algorithms.push(Algorithm::HS256);

        let refused = Verifier::new(Arc::new(Fixed(at(0)))).trust(issuer).err();

        assert_eq!(refused, Some(IssuerError::Algorithms(ISSUER.to_owned())));
    }

    #[test]
    fn a_token_of_another_key_is_refused_also_under_a_known_key_id() {
        let (ours, theirs) = (world(), world());
        let stolen_id = theirs.signed(&ours.header(), &claims());
        let own_id = theirs.signed(&theirs.header(), &claims());

        assert_eq!(
            ours.verifier(at(0)).verify(&stolen_id).err(),
            Some(TokenError::Signature)
        );
        assert_eq!(
            ours.verifier(at(0)).verify(&own_id).err(),
            Some(TokenError::UnknownKey)
        );
    }

    #[test]
    fn a_token_without_a_key_id_is_refused() {
        let world = world();
        let token = world.signed(&Header::new(Algorithm::EdDSA), &claims());

        assert_eq!(
            world.verifier(at(0)).verify(&token).err(),
            Some(TokenError::UnknownKey)
        );
    }

    #[test]
    fn another_issuer_and_another_audience_are_refused() {
        let world = world();
        let (mut elsewhere, mut for_others) = (claims(), claims());
        elsewhere["iss"] = json!("https://evil.example");
        for_others["aud"] = json!(["someone-else"]);
        let verifier = world.verifier(at(0));

        let refusals = [elsewhere, for_others]
            .map(|claims| verifier.verify(&world.signed(&world.header(), &claims)).err());

        assert_eq!(
            refusals,
            [Some(TokenError::UnknownIssuer), Some(TokenError::Audience)]
        );
    }

    #[test]
    fn a_changed_token_is_refused() {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let world = world();
        let token = world.token();
        let mut parts: Vec<_> = token.expose_secret().split('.').map(str::to_owned).collect();
        let mut better = claims();
        better["greenroom_role"] = json!("admin");
        parts[1] = URL_SAFE_NO_PAD.encode(better.to_string());

        let refused = world.verifier(at(0)).verify(&parts.join(".")).err();

        assert_eq!(refused, Some(TokenError::Signature));
    }

    #[test]
    fn an_issuer_that_grants_no_roles_cannot_claim_one() {
        let world = world();
        let mut issuer = world.issuer.trusted();
        issuer.grants_roles = false;
        let verifier = Verifier::new(Arc::new(Fixed(at(0))))
            .trust(issuer)
            .expect("trusted");

        let identity = verifier.verify(world.token().expose_secret()).expect("accepted");

        assert_eq!(identity.role, None);
    }

    #[test]
    fn an_address_that_was_not_verified_is_not_taken_over() {
        let world = world();
        let mut claims = claims();
        claims["email"] = json!("somebody@example.com");

        let identity = world
            .verifier(at(0))
            .verify(&world.signed(&world.header(), &claims))
            .expect("accepted");

        assert!(identity.email.is_none());
    }

    #[test]
    fn nothing_of_a_person_is_shown_when_debugging() {
        let world = world();
        let identity = world
            .verifier(at(1))
            .verify(world.token().expose_secret())
            .expect("accepted");

        let shown = format!("{identity:?} {:?} {:?}", world.token(), world.issuer);

        assert!(
            !shown.contains("lovelace") && !shown.contains("example.com"),
            "{shown}"
        );
    }
}
