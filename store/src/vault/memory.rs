//! Keys in memory, for tests.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::ids::SubjectId;

use super::{KeyRecord, KeyStore, Wrapped};
use crate::log::BoxError;

/// Keeps keys until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryKeys {
    keys: Mutex<HashMap<SubjectId, KeyRecord>>,
    secrets: Mutex<HashMap<String, Wrapped>>,
}

#[async_trait]
impl KeyStore for MemoryKeys {
    async fn find(&self, subject: SubjectId) -> Result<KeyRecord, BoxError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.get(&subject).cloned().unwrap_or(KeyRecord::Absent))
    }

    async fn find_many(&self, subjects: &[SubjectId]) -> Result<Vec<(SubjectId, Wrapped)>, BoxError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let live = |subject: &SubjectId| match keys.get(subject)? {
            KeyRecord::Live(wrapped) => Some((*subject, wrapped.clone())),
            KeyRecord::Destroyed | KeyRecord::Absent => None,
        };
        Ok(subjects.iter().filter_map(live).collect())
    }

    async fn keep(&self, subject: SubjectId, key: &Wrapped) -> Result<KeyRecord, BoxError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys
            .entry(subject)
            .or_insert_with(|| KeyRecord::Live(key.clone()))
            .clone())
    }

    async fn destroy(&self, subject: SubjectId) -> Result<bool, BoxError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(matches!(
            keys.insert(subject, KeyRecord::Destroyed),
            Some(KeyRecord::Live(_))
        ))
    }

    async fn secret(&self, name: &str, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets
            .entry(name.to_owned())
            .or_insert_with(|| fresh.clone())
            .clone())
    }
}
