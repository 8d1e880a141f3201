//! Configuration: one struct with visible defaults, from a file and `GREENROOM_*` variables, unknown keys refused.
//!
//! Order, later wins: defaults, the file named by `--config` or `GREENROOM_CONFIG`, variables (`GREENROOM_LISTEN`,
//! nested keys with two underscores as in `GREENROOM_MAIL__SMTP_URL`), the command line. Secrets print as `[redacted]`.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Variables with our prefix that are not configuration of the server.
const FOREIGN: &[&str] = &[
    "config",
    "contracts",
    "advisories",
    "test_postgres_url",
    "test_kurrent_url",
    "test_require",
    "test_skips",
];

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value, where it is used.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[redacted]")
    }
}

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port of the API; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Address and port of `/metrics`, for a network that only machines reach which watch the server. Absent: it is on the
    /// port of the API.
    pub metrics_listen: Option<SocketAddr>,
    /// Folder of the embedded databases, keys, mails and blobs; made when missing.
    pub data_dir: PathBuf,
    /// `postgres://...`: log, read tables, effects and keys live there instead of in the data folder.
    pub database_url: Option<Secret>,
    /// Where the log is, when not beside everything else.
    pub log: Log,
    /// Base64 of 32 random bytes that wrap all other keys; made in the data folder when absent.
    pub master_key: Option<Secret>,
    /// What the server is called from outside, for its own pages; the listening address when absent.
    pub public_url: Option<url::Url>,
    /// Where the links in mails lead.
    pub links: Links,
    /// Origins of browser pages that may use the API, such as `https://app.example.com`; the server's own always may.
    pub allowed_origins: Vec<String>,
    /// How mail goes out.
    pub mail: Mail,
    /// How people meet.
    pub video: Video,
    /// How money is taken.
    pub payment: Payment,
    /// What writes reports.
    pub llm: Llm,
    /// Where sealed blobs are kept.
    pub blob: Blob,
    /// Calendars that people keep elsewhere.
    pub calendars: Calendars,
    /// What shows later that nothing was changed, and who was erased.
    pub proof: Proof,
    /// What is logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub log_filter: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Seconds that running requests and effects get to finish when the server is asked to stop.
    pub drain_seconds: u64,
}

/// Where the log is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `esdb://...`: the log is in this KurrentDB cluster, and everything else in PostgreSQL, so `database_url` is needed
    /// too. Absent: it is where everything else is.
    pub url: Option<Secret>,
    /// Most bytes of one append to KurrentDB, as its nodes are configured (`MaxAppendSize`).
    pub max_append_bytes: usize,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where the links in mails lead. A front end of your own says so here; the server's own pages stay where they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// The page about an interview, with `{interview}` where its id stands; the server's explorer when absent.
    pub interview: Option<String>,
    /// The page that leads into an interview's room, with `{interview}` where its id stands; the server's own when
    /// absent.
    pub room: Option<String>,
    /// The page at which guests join an instant session, with `{code}` where its code stands; the server's explorer
    /// when absent.
    pub session: Option<String>,
}

/// How mail goes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// Sender of all mail, `Name <address>`.
    pub from: String,
    /// `smtps://user:password@host:465`, `smtp://user:password@host:587?tls=required`, or absent: every mail becomes
    /// an `.eml` file in the folder `mails` of the data folder.
    pub smtp_url: Option<Secret>,
}

/// How people meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "provider")]
pub enum Video {
    /// Rooms of our own, no other server needed: sound and picture go from browser to browser.
    Builtin {
        /// Servers that help browsers to find each other beyond one machine or network; none is asked by default.
        #[serde(default)]
        ice_servers: Vec<IceServer>,
    },
    /// A Jitsi Meet of your own with token authentication.
    Jitsi {
        /// Address of the Jitsi server, such as `https://meet.example.com`.
        url: url::Url,
        /// `app_id` of its token authentication.
        app_id: String,
        /// `app_secret` of its token authentication.
        app_secret: Secret,
    },
}

/// A STUN or TURN server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IceServer {
    /// Its addresses, such as `stun:stun.example.com:3478` or `turns:turn.example.com?transport=tcp`.
    pub urls: Vec<String>,
    /// User of a TURN server. Every member of a room is told it.
    #[serde(default)]
    pub username: Option<String>,
    /// Its password. Every member of a room is told it.
    #[serde(default)]
    pub credential: Option<Secret>,
}

/// How money is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "provider")]
pub enum Payment {
    /// A play provider inside the server, with a payment page and signed webhooks; no money moves.
    Sandbox,
}

/// What writes reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "provider")]
pub enum Llm {
    /// A deterministic assessor inside the server; not a language model, and says so.
    Builtin,
    /// Any server with the OpenAI chat-completions interface.
    OpenaiCompatible {
        /// Base address, such as `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`.
        base_url: url::Url,
        /// Bearer key; none for most local servers.
        #[serde(default)]
        api_key: Option<Secret>,
        /// Name of the model.
        model: String,
    },
}

/// Where sealed blobs are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "store")]
pub enum Blob {
    /// The folder `blobs` of the data folder.
    Local,
    /// An S3 bucket.
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// Region, such as `eu-central-1`.
        region: String,
        /// Address, when it is not Amazon's.
        #[serde(default)]
        endpoint: Option<url::Url>,
        /// Access key id.
        access_key_id: String,
        /// Secret access key.
        secret_access_key: Secret,
    },
}

/// Calendars that people keep elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Calendars {
    /// Addresses inward that may be asked for calendars all the same; for tests and development.
    pub allowed_addresses: Vec<IpAddr>,
}

/// What shows later that nothing was changed, and who was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// Folder of the signed heads of the log and of the record of erased people, best on another disk or machine than
    /// the databases; the data folder when absent.
    pub folder: Option<PathBuf>,
    /// Seconds between two signed heads; 0 signs none.
    pub interval_seconds: u64,
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            folder: None,
            interval_seconds: 60,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            data_dir: PathBuf::from("greenroom-data"),
            database_url: None,
            log: Log::default(),
            master_key: None,
            public_url: None,
            links: Links::default(),
            allowed_origins: Vec::new(),
            mail: Mail::default(),
            video: Video::Builtin {
                ice_servers: Vec::new(),
            },
            payment: Payment::Sandbox,
            llm: Llm::Builtin,
            blob: Blob::Local,
            calendars: Calendars::default(),
            proof: Proof::default(),
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            drain_seconds: 8,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            url: None,
            // KurrentDB's own default.
            max_append_bytes: 1024 * 1024,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: "Greenroom <greenroom@localhost>".to_owned(),
            smtp_url: None,
        }
    }
}

/// What the command line says about configuration; it wins over everything else.
#[derive(Clone, Debug, Default, Serialize, clap::Args)]
pub struct Overrides {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "GREENROOM_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Folder of the embedded databases, keys, mails and blobs.
    #[arg(long, global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file cannot be read, a key is unknown, or a value is not what the key wants; the sentence names it.
    pub fn load(overrides: &Overrides) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(path) = &overrides.config {
            ensure!(
                path.is_file(),
                "there is no configuration file {}",
                path.display()
            );
            figment = figment.merge(Toml::file_exact(path));
        }
        let variables = Env::prefixed("GREENROOM_").split("__").ignore(FOREIGN);
        figment
            .merge(variables)
            .merge(Serialized::defaults(overrides))
            .extract()
            .context("the configuration is not valid")
    }

    /// The commented file with every default.
    pub const fn default_file() -> &'static str {
        include_str!("../greenroom.default.toml")
    }

    /// A path in the data folder.
    pub fn in_data_dir(&self, name: impl AsRef<Path>) -> PathBuf {
        self.data_dir.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Ok(Figment::from(Toml::string(text)).extract()?)
    }

    #[test]
    fn the_commented_default_file_says_what_the_defaults_are() {
        assert_eq!(parse(Config::default_file()).unwrap(), Config::default());
    }

    #[test]
    fn every_commented_key_of_the_default_file_is_one() {
        let uncommented: String = Config::default_file()
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = parse(&uncommented).unwrap();
        assert!(config.database_url.is_some() && config.mail.smtp_url.is_some() && config.log.url.is_some());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(parse("lisen = '127.0.0.1:1'").is_err());
        assert!(parse("[mail]\nserver = 'x'").is_err());
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        let config = parse("database_url = 'postgres://u:hunter2@db/x'").unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    }
}
