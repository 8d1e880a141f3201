//! The outside world, as it is configured.

use std::{sync::Arc, time::Duration};

use adapters::{
    blob::object::{Bucket, ObjectBlobs},
    calendar_feeds::WebCalendars,
    llm::{
        builtin::BuiltinAssessor,
        openai_compatible::{OpenAiCompatible, OpenAiSettings},
    },
    mail::{
        files::MailFiles,
        message::Sender,
        smtp::{Security, Smtp, SmtpSettings},
    },
    payment::sandbox::{Sandbox, SandboxVerifier},
    video::{
        builtin::BuiltinVideo,
        jitsi::{JitsiSettings, JitsiVideo},
    },
};
use anyhow::{Context, Result, anyhow, bail};
use domain::ports::{
    blob::BlobStore,
    calendar_feed::CalendarFeeds,
    clock::Clock,
    llm::Assessor,
    mail::{Mailer, SentMail},
    payment::{PaymentProvider, WebhookVerifier},
    video::{Doorkeeper, IceServer, VideoProvider},
};
use secrecy::{SecretSlice, SecretString};
use store::vault::Vault;
use url::{Host, Url};

use crate::{
    config::{Blob, Config, Llm, Mail, Payment, Video},
    ice,
};

/// How long one mail may take.
const MAIL_DEADLINE: Duration = Duration::from_secs(30);
/// How long one assessment may take; shorter than a try of the worker that waits for it.
const ASSESSMENT_DEADLINE: Duration = Duration::from_secs(45);
/// The most tokens of a report, thinking included.
const REPORT_TOKENS: u32 = 8_192;
/// The longest transcript that goes to a model, about three hours of talk.
const TRANSCRIPT_CHARACTERS: usize = 200_000;

/// Everybody outside.
pub struct Providers {
    /// Takes money.
    pub payments: Arc<dyn PaymentProvider>,
    /// The play provider, which has pages and messages of its own.
    pub sandbox: Sandbox,
    /// Reads the messages of whoever takes money.
    pub verifier: Arc<dyn WebhookVerifier>,
    /// Gives rooms.
    pub video: Arc<dyn VideoProvider>,
    /// What rooms of our own need beyond that.
    pub own_rooms: Option<OwnRooms>,
    /// Writes reports.
    pub assessor: Arc<dyn Assessor>,
    /// Carries mail.
    pub mailer: Arc<dyn Mailer>,
    /// Knows what the carrier of mail took over, if it remembers.
    pub sent_mail: Option<Arc<dyn SentMail>>,
    /// Keeps transcripts.
    pub blobs: Arc<dyn BlobStore>,
    /// Fetches calendars that people keep elsewhere.
    pub feeds: Arc<dyn CalendarFeeds>,
}

/// What rooms of our own need.
#[derive(Clone)]
pub struct OwnRooms {
    /// Reads tickets at the door.
    pub doorkeeper: Arc<dyn Doorkeeper>,
    /// What browsers find each other with.
    pub ice_servers: Vec<IceServer>,
}

impl std::fmt::Debug for OwnRooms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnRooms")
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Providers")
    }
}

impl Providers {
    /// The configured ones.
    ///
    /// # Errors
    /// When a setting is wrong, or a folder cannot be used. Nobody outside is called.
    pub async fn configured(config: &Config, vault: &Vault, clock: Arc<dyn Clock>) -> Result<Self> {
        let Payment::Sandbox = config.payment;
        let secret = SecretSlice::from(vault.secret("sandbox webhooks").await?.to_vec());
        let folder = &config.data_dir;
        let sandbox = Sandbox::open(SANDBOX, secret.clone(), folder, clock)
            .context("the file of the payment sandbox cannot be used")?;
        let (video, own_rooms) = video(&config.video, vault).await?;
        let (mailer, sent_mail) = mailer(config)?;
        Ok(Self {
            payments: Arc::new(sandbox.clone()),
            sandbox,
            verifier: Arc::new(SandboxVerifier::new(vec![secret])),
            video,
            own_rooms,
            assessor: assessor(&config.llm)?,
            mailer,
            sent_mail,
            blobs: blobs(config)?,
            feeds: Arc::new(WebCalendars::new(config.calendars.allowed_addresses.clone())),
        })
    }
}

/// Name of the play provider, in events and in the address of its messages.
pub const SANDBOX: &str = "sandbox";

/// True when nobody outside is configured: everything happens in this process and its data folder.
pub fn are_embedded(config: &Config) -> bool {
    matches!(config.payment, Payment::Sandbox)
        && matches!(config.video, Video::Builtin { .. })
        && matches!(config.llm, Llm::Builtin)
        && matches!(config.blob, Blob::Local)
        && config.mail.smtp_url.is_none()
}

async fn video(config: &Video, vault: &Vault) -> Result<(Arc<dyn VideoProvider>, Option<OwnRooms>)> {
    Ok(match config {
        Video::Builtin { ice_servers } => {
            let ice_servers = ice::servers(ice_servers)?;
            let key = vault.secret("room tickets").await?;
            let builtin = Arc::new(BuiltinVideo::new("builtin", &key));
            let own_rooms = OwnRooms {
                doorkeeper: builtin.clone(),
                ice_servers,
            };
            (builtin, Some(own_rooms))
        }
        Video::Jitsi {
            url,
            app_id,
            app_secret,
        } => {
            let jitsi = JitsiVideo::new(JitsiSettings {
                name: "jitsi".to_owned(),
                base_url: url.clone(),
                app_id: app_id.clone(),
                audience: app_id.clone(),
                subject: jitsi_subject(url),
                app_secret: app_secret.expose().into(),
            })?;
            (Arc::new(jitsi), None)
        }
    })
}

/// The tenant, which is the path, or else the server's domain.
fn jitsi_subject(url: &Url) -> String {
    let tenant = url.path().trim_matches('/');
    let host = url.host_str().unwrap_or("*");
    if tenant.is_empty() { host } else { tenant }.to_lowercase()
}

fn assessor(config: &Llm) -> Result<Arc<dyn Assessor>> {
    Ok(match config {
        Llm::Builtin => Arc::new(BuiltinAssessor::new("builtin")),
        Llm::OpenaiCompatible {
            base_url,
            api_key,
            model,
        } => Arc::new(OpenAiCompatible::new(OpenAiSettings {
            name: "openai_compatible".to_owned(),
            base_url: base_url.clone(),
            api_key: api_key.as_ref().map(|key| key.expose().into()),
            model: model.clone(),
            max_output_tokens: REPORT_TOKENS,
            max_transcript_characters: TRANSCRIPT_CHARACTERS,
            deadline: ASSESSMENT_DEADLINE,
            allow_http: false,
        })?),
    })
}

/// A carrier of mail, and its memory if it has one: a mail server forgets.
type Carrier = (Arc<dyn Mailer>, Option<Arc<dyn SentMail>>);

fn mailer(config: &Config) -> Result<Carrier> {
    let Mail { from, smtp_url } = &config.mail;
    let sender = Sender::new(from).context("mail.from must be: Name <address>")?;
    Ok(match smtp_url {
        None => {
            let files = Arc::new(MailFiles::new("files", &config.in_data_dir("mails"), sender)?);
            (files.clone(), Some(files))
        }
        Some(url) => (Arc::new(Smtp::new(smtp_settings(url.expose())?, sender)?), None),
    })
}

/// Reads `smtps://user:password@host:465` (TLS from the first byte) or `smtp://user:password@host:587?tls=required`
/// (TLS begun inside the conversation). `smtp://host:25` without TLS is only for a server on the same machine.
///
/// # Errors
/// When it is none of these; the sentence does not repeat the address, which holds a password.
fn smtp_settings(text: &str) -> Result<SmtpSettings> {
    let wrong = || {
        anyhow!(
            "mail.smtp_url must be smtps://user:password@host:465 or smtp://user:password@host:587?tls=required"
        )
    };
    let url: Url = text.parse().map_err(|_| wrong())?;
    let (security, port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Security::Tls, 465),
        ("smtp", Some("tls=required")) => (Security::StartTls, 587),
        ("smtp", None) => (Security::None, 25),
        _ => return Err(wrong()),
    };
    let user = decoded(url.username());
    let credentials = match (user.is_empty(), url.password()) {
        (true, None) => None,
        (false, Some(password)) => Some((user, SecretString::from(decoded(password)))),
        _ => bail!("mail.smtp_url needs a user and a password, or neither"),
    };
    Ok(SmtpSettings {
        name: "smtp".to_owned(),
        host: url.host_str().ok_or_else(wrong)?.to_owned(),
        port: url.port().unwrap_or(port),
        security,
        credentials,
        deadline: MAIL_DEADLINE,
    })
}

/// A part of an address without its percent signs. Form decoding would also read `+` and `&`, so they are hidden.
fn decoded(part: &str) -> String {
    let hidden = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let mut pairs = url::form_urlencoded::parse(hidden.as_bytes());
    pairs
        .next()
        .map(|(text, _)| text.into_owned())
        .unwrap_or_default()
}

fn blobs(config: &Config) -> Result<Arc<dyn BlobStore>> {
    Ok(match &config.blob {
        Blob::Local => Arc::new(ObjectBlobs::folder(&config.in_data_dir("blobs"))?),
        Blob::S3 {
            bucket,
            region,
            endpoint,
            access_key_id,
            secret_access_key,
        } => Arc::new(ObjectBlobs::bucket(&Bucket {
            name: bucket.clone(),
            region: region.clone(),
            endpoint: endpoint
                .as_ref()
                .map(|url| url.as_str().trim_end_matches('/').to_owned()),
            access_key_id: access_key_id.clone(),
            secret_access_key: secret_access_key.expose().into(),
            allow_http: endpoint.as_ref().is_some_and(is_this_machine),
        })?),
    })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_password_may_hold_any_character() {
        let settings = smtp_settings("smtps://mara%40example.org:a%2Fb+c&d=e%25@mail.example.org").unwrap();
        let (user, password) = settings.credentials.unwrap();

        assert_eq!(user, "mara@example.org");
        assert_eq!(password.expose_secret(), "a/b+c&d=e%");
        assert_eq!((settings.port, settings.security), (465, Security::Tls));
    }

    #[test]
    fn tls_inside_the_conversation_is_asked_for_by_name() {
        let settings = smtp_settings("smtp://mail.example.org?tls=required").unwrap();

        assert_eq!((settings.port, settings.security), (587, Security::StartTls));
        assert!(settings.credentials.is_none());
    }

    #[test]
    fn an_address_of_another_kind_is_refused_without_its_password() {
        let refused = smtp_settings("https://mara:hunter2@mail.example.org").unwrap_err();

        assert!(!format!("{refused:#}").contains("hunter2"));
    }

    #[test]
    fn a_jitsi_tenant_is_the_path_and_otherwise_the_domain() {
        let subject = |url: &str| jitsi_subject(&url.parse().unwrap());

        assert_eq!(subject("https://meet.example.com/"), "meet.example.com");
        assert_eq!(subject("https://meet.example.com/Northwind"), "northwind");
    }
}
