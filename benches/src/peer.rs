//! A peer's event store, which runs in a program of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio::process::Command;
use workload::measure::Round;

use crate::{
    contender::{Contender, Load},
    greenroom::Database,
};

/// One of the programs behind `benches/peers`.
#[derive(Debug)]
pub(crate) struct Peer {
    program: PathBuf,
    server: Option<String>,
}

impl Peer {
    /// cqrs-es on sqlite-es.
    pub(crate) const fn sqlite(program: PathBuf) -> Self {
        Self {
            program,
            server: None,
        }
    }

    /// cqrs-es on postgres-es.
    pub(crate) const fn postgres(program: PathBuf, server: String) -> Self {
        Self {
            program,
            server: Some(server),
        }
    }

    async fn play(&self, kind: &str, place: &str, load: Load) -> Result<Round> {
        let output = Command::new(&self.program)
            .args([kind, place, &load.callers.to_string(), &load.commands.to_string()])
            .output()
            .await
            .context("the peers' program does not start")?;
        ensure!(
            output.status.success(),
            "the peer failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

#[async_trait]
impl Contender for Peer {
    fn name(&self) -> &'static str {
        match self.server {
            None => "sqlite-es 0.5, cqrs-es 0.5",
            Some(_) => "postgres-es 0.5, cqrs-es 0.5",
        }
    }

    fn expected(&self, callers: u64) -> f64 {
        match (&self.server, callers) {
            (None, _) => 1_000.0,
            (Some(_), 1) => 500.0,
            (Some(_), _) => 3_500.0,
        }
    }

    async fn round(&self, folder: &Path, load: Load) -> Result<Round> {
        match &self.server {
            None => {
                let file = folder.join("peer.db").display().to_string();
                self.play("sqlite", &file, load).await
            }
            Some(server) => {
                let database = Database::create(server).await?;
                let round = self.play("postgres", &database.url, load).await?;
                database.remove().await?;
                Ok(round)
            }
        }
    }
}
