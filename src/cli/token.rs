//! `greenroom token`: a token of the development issuer. Works beside a running server, because it only reads the key.

use std::{fs, io::ErrorKind, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

use adapters::clock::{simulated, system::SystemClock};
use anyhow::{Context, Result};
use api::auth::development_issuer::{DevelopmentIssuer, TokenRequest};
use chrono::Duration;
use domain::{actor::Role, ids::OrganisationId, ports::clock::Clock, time::Instant};
use secrecy::ExposeSecret;

use super::{say, serve::moment};
use crate::config::Config;

/// Whose token.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Role that is granted when the token is first seen: candidate, interviewer, recruiter, analyst or admin.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Mail address, taken as verified unless --unverified is said.
    #[arg(long)]
    email: Option<String>,
    /// Nobody vouches for the mail address.
    #[arg(long)]
    unverified: bool,
    /// Name to show.
    #[arg(long)]
    name: Option<String>,
    /// The same subject is the same person for ever; the mail address, or ROLE@example.org, when absent.
    #[arg(long)]
    subject: Option<String>,
    /// Organisation to act for; may be left out while there is only one.
    #[arg(long)]
    organisation: Option<OrganisationId>,
    /// How long it is valid.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=87_600))]
    lifetime_hours: u32,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("not one of {}", names.join(", "))
    })
}

/// Prints the token.
pub(super) fn run(config: &Config, args: &Args) -> Result<()> {
    let folder = &config.data_dir;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    let issuer = DevelopmentIssuer::open(folder, time_of(folder)?)?;
    say(issuer.issue(&request(args))?.expose_secret())
}

fn request(args: &Args) -> TokenRequest {
    let email = match (&args.email, &args.subject) {
        (Some(email), _) => Some(email.clone()),
        (None, Some(_)) => None,
        (None, None) => Some(format!("{}@example.org", args.role.name())),
    };
    let subject = args.subject.clone().or_else(|| email.clone()).unwrap_or_default();
    let lifetime = Duration::hours(i64::from(args.lifetime_hours));
    let mut request = TokenRequest::new(subject).role(args.role).lifetime(lifetime);
    if let Some(email) = email {
        request = request.email(email);
    }
    if args.unverified {
        request = request.unverified();
    }
    if let Some(name) = &args.name {
        request = request.name(name.clone());
    }
    if let Some(organisation) = args.organisation {
        request = request.organisation(organisation);
    }
    request
}

/// The time that a server on this folder has: what its simulated clock shows, or the machine's.
fn time_of(folder: &Path) -> Result<Arc<dyn Clock>> {
    match fs::read_to_string(folder.join(simulated::FILE)) {
        Ok(text) => {
            let shown = moment(text.trim()).map_err(anyhow::Error::msg);
            Ok(Arc::new(Standing(
                shown.context("the clock file of the data folder")?,
            )))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Arc::new(SystemClock::default())),
        Err(error) => Err(error).context("the clock file of the data folder cannot be read"),
    }
}

/// What a clock showed when it was looked at. The clock itself belongs to the server.
struct Standing(Instant);

impl Clock for Standing {
    fn now(&self) -> Instant {
        self.0
    }
}
