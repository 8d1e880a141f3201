//! Wrapped keys as lines of JSON: their own backup, never in one with the log.
//!
//! The first line is `{"keys":{"format":1}}`; then come `{"secret":{...}}` and `{"key":{...}}`, a key without `wrapped` being a
//! tombstone; the last is `{"end":{"secrets":N,"keys":N}}`. Everything in it is wrapped by the master key, which is in no
//! backup of ours.

use std::io::{self, BufRead, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::ids::SubjectId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{KeyStore, Wrapped};
use crate::{lines::LineError, log::BoxError};

const FORMAT: u32 = 1;
/// Keys that are read together.
const PAGE: u32 = 1_000;

/// Why keys were not exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The keys cannot be reached.
    #[error("the keys cannot be reached")]
    Keys(#[source] BoxError),
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Write(#[from] io::Error),
    /// A line cannot be used.
    #[error(transparent)]
    Line(#[from] LineError),
    /// There are keys already.
    #[error(
        "there are keys already: import into a new data folder or database, before a server was started there"
    )]
    NotEmpty,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Keys(Header),
    Secret(Secret),
    Key(Key),
    End(Count),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    name: String,
    wrapped: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    subject: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrapped: Option<String>,
}

/// How much there is of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Secrets of the installation.
    pub secrets: u64,
    /// Keys of people and tombstones.
    pub keys: u64,
}

fn put(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(line)?)
}

/// Writes all keys.
///
/// # Errors
/// When they cannot be reached or written.
pub async fn export(keys: &dyn KeyStore, out: &mut (dyn Write + Send)) -> Result<Count, ArchiveError> {
    put(out, &Line::Keys(Header { format: FORMAT }))?;
    let mut count = Count { secrets: 0, keys: 0 };
    for (name, wrapped) in keys.secrets().await.map_err(ArchiveError::Keys)? {
        let wrapped = STANDARD.encode(wrapped.0);
        put(out, &Line::Secret(Secret { name, wrapped }))?;
        count.secrets += 1;
    }
    let mut after = None;
    loop {
        let page = keys.page(after, PAGE).await.map_err(ArchiveError::Keys)?;
        let Some((last, _)) = page.last() else {
            break;
        };
        after = Some(*last);
        for (subject, wrapped) in page {
            let key = Key {
                subject: subject.uuid(),
                wrapped: wrapped.map(|wrapped| STANDARD.encode(wrapped.0)),
            };
            put(out, &Line::Key(key))?;
            count.keys += 1;
        }
    }
    put(out, &Line::End(count))?;
    out.flush()?;
    Ok(count)
}

/// Takes all keys in, all or nothing, where there are none. Holds them in memory meanwhile, some hundred bytes each.
///
/// # Errors
/// When a line is not one of such a file, the file is not whole, or there are keys already.
pub async fn import(keys: &dyn KeyStore, reader: impl BufRead) -> Result<Count, ArchiveError> {
    let (secrets, people) = read(reader)?;
    if !keys.fill(&secrets, &people).await.map_err(ArchiveError::Keys)? {
        return Err(ArchiveError::NotEmpty);
    }
    Ok(Count {
        secrets: secrets.len() as u64,
        keys: people.len() as u64,
    })
}

type Read = (Vec<(String, Wrapped)>, Vec<(SubjectId, Option<Wrapped>)>);

fn read(reader: impl BufRead) -> Result<Read, LineError> {
    let (mut secrets, mut people, mut end) = (Vec::new(), Vec::new(), None);
    for (text, line) in reader.lines().zip(1..) {
        let bad = |reason: &str| LineError {
            line,
            reason: reason.to_owned(),
        };
        let text = text.map_err(|_| bad("the file cannot be read"))?;
        let parsed = serde_json::from_str(&text).map_err(|_| bad("it is not of exported keys"))?;
        let unwrapped = |text: &str| {
            STANDARD
                .decode(text)
                .map(Wrapped)
                .map_err(|_| bad("it is not base64"))
        };
        match parsed {
            Line::Keys(header) if line == 1 && header.format == FORMAT => {}
            Line::Keys(_) => return Err(bad("it is of another format")),
            _ if line == 1 || end.is_some() => return Err(bad("these are not exported keys")),
            Line::Secret(secret) => secrets.push((secret.name, unwrapped(&secret.wrapped)?)),
            Line::Key(key) => {
                let wrapped = key.wrapped.as_deref().map(unwrapped).transpose()?;
                people.push((SubjectId::new(key.subject), wrapped));
            }
            Line::End(count) => end = Some(count),
        }
    }
    let found = Count {
        secrets: secrets.len() as u64,
        keys: people.len() as u64,
    };
    if end != Some(found) {
        return Err(LineError {
            line: found.secrets + found.keys + 2,
            reason: "the file is not whole".to_owned(),
        });
    }
    Ok((secrets, people))
}
