//! The lock on what folds make of the golden samples, in `schemas/folds.lock`.
//!
//! A snapshot is believed when its fingerprint is that of the code. The fingerprint sees shapes, but not what `evolve`
//! and the steps of the codec do. So the same fingerprint has to mean the same outcome: whoever changes what a fold
//! makes of events it knew before raises `Aggregate::FOLD`, which is part of the fingerprint. Where that is forgotten,
//! the outcome over the golden samples tells.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, io,
    path::Path,
};

use anyhow::{Context, Result};
use domain::{
    actor::Actor,
    aggregate::{Aggregate, Visitor, visit},
    envelope::{Envelope, Position, Recorded, StreamId},
    event::Event,
    fact::Category,
    ids::{CommandId, CorrelationId, EventId, OrganisationId},
    time::Instant,
};
use sha2::{Digest, Sha256};
use store::{codec::Codec, snapshots::fingerprint::Fingerprint};
use uuid::Uuid;

use crate::{
    event_file::event_path,
    event_lock::{Lock, Version},
};

const HEADER: &str = "\
# What every fold makes of the golden samples: category, revision, fingerprint, SHA-256 of the outcome.
# Written by `cargo run -- export-schemas`. The same fingerprint always has the same outcome; see docs/TESTING.md.
";

/// A fold as it is in some code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    /// Its `Aggregate::FOLD`.
    pub revision: u32,
    /// What its snapshots carry.
    pub fingerprint: String,
    /// Digest of the states it makes of the golden samples.
    pub outcome: String,
}

/// The fold of each category.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FoldLock(BTreeMap<String, Fold>);

/// Why a fold must not go on as it is, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FoldError {
    /// It makes other states than before, and old snapshots would still be believed.
    #[error(
        "the fold of {category} makes other states of the golden samples than before, and snapshots from before would \
         still be believed: set `const FOLD: u32 = {next}` in its `impl Aggregate`, then `cargo run -- export-schemas`"
    )]
    Changed {
        /// Which category.
        category: String,
        /// The revision that is free.
        next: u32,
    },
    /// The lock is of other code, whose snapshots are not believed any more.
    #[error("schemas/folds.lock is old for {category}: run `cargo run -- export-schemas`")]
    Old {
        /// Which category.
        category: String,
    },
    /// A line is not one of the lock.
    #[error(
        "line {line} of schemas/folds.lock is not a category, a revision and two digests, or names a category again"
    )]
    Line {
        /// Counted from 1.
        line: usize,
    },
}

impl FoldLock {
    /// Reads the file.
    ///
    /// # Errors
    /// [`FoldError::Line`] for the first line that is no comment and not one of the lock.
    pub fn parse(text: &str) -> Result<Self, FoldError> {
        let mut folds = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            let (category, fold) = parse_line(line).ok_or(FoldError::Line { line: index + 1 })?;
            if folds.insert(category, fold).is_some() {
                return Err(FoldError::Line { line: index + 1 });
            }
        }
        Ok(Self(folds))
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (category, fold) in &self.0 {
            let Fold {
                revision,
                fingerprint,
                outcome,
            } = fold;
            // Writing to a string does not fail.
            let _ = writeln!(text, "{category} {revision} {fingerprint} {outcome}");
        }
        text
    }

    /// Holds a fold against its line.
    ///
    /// # Errors
    /// [`FoldError::Changed`] or [`FoldError::Old`], which say what to do.
    pub fn check(&self, category: &str, now: &Fold) -> Result<(), FoldError> {
        let category = category.to_owned();
        match self.0.get(&category) {
            Some(before) if before == now => Ok(()),
            Some(before) if before.fingerprint == now.fingerprint => Err(FoldError::Changed {
                category,
                next: before.revision + 1,
            }),
            Some(_) | None => Err(FoldError::Old { category }),
        }
    }

    /// Writes the line of a fold.
    ///
    /// # Errors
    /// [`FoldError::Changed`], when its snapshots could be taken for those of the line before.
    pub fn set(&mut self, category: &str, now: Fold) -> Result<(), FoldError> {
        match self.check(category, &now) {
            Err(FoldError::Old { category }) => {
                self.0.insert(category, now);
                Ok(())
            }
            checked => checked,
        }
    }

    /// The categories whose snapshots an earlier lock and this one would both believe, although their folds differ,
    /// which must be none.
    pub fn contradicting(&self, earlier: &Self) -> Vec<String> {
        let both = self
            .0
            .iter()
            .filter_map(|(category, now)| Some((category, now, earlier.0.get(category)?)));
        let differ = both.filter(|(_, now, before)| {
            now.fingerprint == before.fingerprint && now.outcome != before.outcome
        });
        differ.map(|(category, ..)| category.clone()).collect()
    }
}

fn parse_line(line: &str) -> Option<(String, Fold)> {
    let mut parts = line.split(' ');
    let mut part = || parts.next().map(str::to_owned);
    let (category, revision, fingerprint, outcome) = (part()?, part()?, part()?, part()?);
    let fold = Fold {
        revision: revision.parse().ok()?,
        fingerprint,
        outcome,
    };
    let are_digests = [&fold.fingerprint, &fold.outcome]
        .iter()
        .all(|digest| digest.len() == 64);
    (are_digests && parts.next().is_none()).then_some((category, fold))
}

/// The fold of every category whose golden samples are all in a folder of schemas.
///
/// # Errors
/// When a sample cannot be read or is not what today's codec understands.
pub fn folds(folder: &Path, lock: &Lock) -> Result<BTreeMap<&'static str, Fold>> {
    let mut folds = BTreeMap::new();
    for category in Category::ALL {
        if let Some(fold) = visit(*category, Folding { folder, lock })? {
            folds.insert(category.name(), fold);
        }
    }
    Ok(folds)
}

/// Folds golden samples.
struct Folding<'f> {
    folder: &'f Path,
    lock: &'f Lock,
}

impl Visitor for Folding<'_> {
    type Output = Result<Option<Fold>>;

    fn visit<A: Aggregate>(self) -> Self::Output {
        let codec = Codec::current();
        let mut events = Vec::new();
        for version in self.versions::<A>() {
            let Some(payload) = self.sample(&version)? else {
                return Ok(None);
            };
            let stored = stored(A::CATEGORY, &version, payload);
            events.extend(codec.decode_as::<A::Event>(&stored)?);
        }
        Ok(Some(Fold {
            revision: A::FOLD,
            fingerprint: Fingerprint::of::<A>(&codec).to_string(),
            outcome: outcome::<A>(&events)?,
        }))
    }
}

impl Folding<'_> {
    /// Every version that was ever stored of the events of an aggregate: today's in the order of their enum, then those
    /// before.
    fn versions<A: Aggregate>(&self) -> Vec<Version> {
        let types = A::Event::types();
        let today: Vec<Version> = types
            .iter()
            .map(|event| (event.wire.name.to_owned(), event.wire.version))
            .collect();
        let first_words: BTreeSet<_> = types.iter().map(|event| first_word(event.wire.name)).collect();
        let before = self
            .lock
            .versions()
            .filter(|version| first_words.contains(first_word(&version.0)) && !today.contains(version));
        today.iter().chain(before).cloned().collect()
    }

    fn sample(&self, (name, version): &Version) -> Result<Option<Vec<u8>>> {
        let path = self.folder.join(event_path(name, *version, "sample"));
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read
                .map(Some)
                .with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}

/// No two categories share the first word of an event's name.
fn first_word(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}

/// A digest of the states along histories: all events in order, and after the first one every two of them.
fn outcome<A: Aggregate>(events: &[A::Event]) -> Result<String> {
    let mut digest = Sha256::new();
    let mut along = |history: &mut dyn Iterator<Item = &A::Event>| -> Result<()> {
        let mut state = A::default();
        for event in history {
            state = state.evolve(event);
            let bytes = serde_json::to_vec(&state)?;
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        Ok(())
    };
    along(&mut events.iter())?;
    for second in events {
        for third in events {
            along(&mut events.first().into_iter().chain([second, third]))?;
        }
    }
    let digest = digest.finalize();
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// A sample as the log would give it; nothing but its name, version and payload matters to a fold.
fn stored(category: Category, (name, version): &Version, payload: Vec<u8>) -> Recorded {
    Recorded {
        envelope: Envelope {
            position: Position(1),
            stream: StreamId {
                tenant: OrganisationId::new(Uuid::nil()),
                category,
                id: Uuid::nil(),
            },
            version: 1,
            event_id: EventId::new(Uuid::nil()),
            event_type: name.clone(),
            schema_version: *version,
            occurred_at: Instant::MIN_UTC,
            recorded_at: Instant::MIN_UTC,
            actor: Actor::system("schemas"),
            command_id: CommandId::new(Uuid::nil()),
            correlation_id: CorrelationId::new(Uuid::nil()),
            causation_id: None,
            subjects: Vec::new(),
            links: Vec::new(),
            trace: None,
            hash: [0; 32],
        },
        payload: payload.into(),
    }
}
