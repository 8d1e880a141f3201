//! `greenroom migrate`: brings the databases up to date without serving.

use anyhow::Result;

use super::say;
use crate::{
    config::Config,
    stores::{Purpose, Stores},
};

/// Opens everything once, which brings it up to date. Read tables are made by servers, beside the old ones.
pub(super) async fn run(config: &Config) -> Result<()> {
    let stores = Stores::open(config, Purpose::Tool).await?;
    stores.close().await;
    let place = if config.log.url.is_some() {
        "KurrentDB and PostgreSQL".to_owned()
    } else if config.database_url.is_some() {
        "PostgreSQL".to_owned()
    } else {
        config.data_dir.display().to_string()
    };
    say(format!("log, keys and effects in {place} are up to date"))
}
