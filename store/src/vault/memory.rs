//! Keys in memory, for tests.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::ids::SubjectId;

use super::{CHECK_NAME, KeyName, KeyRecord, KeyStore, Rewrap, Wrapped};
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

    async fn keep(&self, subject: SubjectId, key: &Wrapped, check: &Wrapped) -> Result<KeyRecord, BoxError> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.get(CHECK_NAME).is_some_and(|kept| kept != check) {
            return Ok(keys.get(&subject).cloned().unwrap_or(KeyRecord::Absent));
        }
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

    async fn check(&self, fresh: &Wrapped) -> Result<Wrapped, BoxError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(secrets
            .entry(CHECK_NAME.to_owned())
            .or_insert_with(|| fresh.clone())
            .clone())
    }

    async fn secret(
        &self,
        name: &str,
        fresh: &Wrapped,
        check: &Wrapped,
    ) -> Result<Option<Wrapped>, BoxError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.get(CHECK_NAME) == Some(check) {
            secrets.entry(name.to_owned()).or_insert_with(|| fresh.clone());
        }
        Ok(secrets.get(name).cloned())
    }

    async fn rewrap(&self, check: &Wrapped, rewrap: &Rewrap<'_>) -> Result<Option<u64>, BoxError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.get(CHECK_NAME) != Some(check) {
            return Ok(None);
        }
        let (mut new_secrets, mut new_keys, mut count) = (secrets.clone(), keys.clone(), 0);
        for (name, wrapped) in &mut new_secrets {
            *wrapped = rewrap(KeyName::Secret(name), wrapped)?;
        }
        for (subject, record) in &mut new_keys {
            if let KeyRecord::Live(wrapped) = record {
                *wrapped = rewrap(KeyName::Subject(*subject), wrapped)?;
                count += 1;
            }
        }
        (*secrets, *keys) = (new_secrets, new_keys);
        Ok(Some(count))
    }

    async fn secrets(&self) -> Result<Vec<(String, Wrapped)>, BoxError> {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut secrets: Vec<_> = secrets.clone().into_iter().collect();
        secrets.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(secrets)
    }

    async fn page(
        &self,
        after: Option<SubjectId>,
        most: u32,
    ) -> Result<Vec<(SubjectId, Option<Wrapped>)>, BoxError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let behind = keys
            .iter()
            .filter(|(subject, _)| after.is_none_or(|after| **subject > after));
        let mut page: Vec<_> = behind
            .filter_map(|(subject, record)| match record {
                KeyRecord::Absent => None,
                KeyRecord::Live(wrapped) => Some((*subject, Some(wrapped.clone()))),
                KeyRecord::Destroyed => Some((*subject, None)),
            })
            .collect();
        page.sort_by_key(|(subject, _)| *subject);
        page.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(page)
    }

    async fn fill(
        &self,
        new_secrets: &[(String, Wrapped)],
        new_keys: &[(SubjectId, Option<Wrapped>)],
    ) -> Result<bool, BoxError> {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if !secrets.is_empty() || !keys.is_empty() {
            return Ok(false);
        }
        secrets.extend(new_secrets.iter().cloned());
        keys.extend(new_keys.iter().map(|(subject, key)| {
            let record = key.clone().map_or(KeyRecord::Destroyed, KeyRecord::Live);
            (*subject, record)
        }));
        Ok(true)
    }
}
