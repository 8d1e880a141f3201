//! What rows and streams are about, for people.

use std::fmt;

use domain::{
    envelope::StreamId,
    fact::Category,
    ids::{self, OrganisationId},
};
use store::log::{Log, ReadError};
use uuid::Uuid;

/// Something that read models say something of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject {
    /// Its id.
    pub id: Uuid,
    /// What it is; `None` when no stream of the log has that id.
    pub category: Option<Category>,
}

impl Subject {
    /// What has this id. Where streams of several categories share one, the first of [`Category::ALL`] names it: the
    /// account before its calendar.
    pub(crate) async fn find(log: &dyn Log, tenant: OrganisationId, id: Uuid) -> Result<Self, ReadError> {
        let streams = Category::ALL.iter().map(|category| StreamId {
            tenant,
            category: *category,
            id,
        });
        let versions = log.versions(&streams.collect::<Vec<_>>()).await?;
        let mut known = Category::ALL.iter().zip(versions);
        let found = known.find(|(_, version)| *version > 0);
        Ok(Self {
            id,
            category: found.map(|(category, _)| *category),
        })
    }
}

impl fmt::Display for Subject {
    /// The id as people see it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self
            .category
            .and_then(|category| ids::of_stream(category, self.id));
        f.write_str(&text.unwrap_or_else(|| self.id.to_string()))
    }
}
