//! Interviews that are answered together: the first question about what belongs to one of them is put for all of them,
//! by one statement for each kind of reader among them, however many interviews there are.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Result};
use domain::{
    ids::{InterviewId, SubjectId},
    interview_kit::events::KitPin,
};
use projections::{
    decisions, feedback,
    interviews::Interview as Row,
    model::{Key, Stored},
    notifications, reports, scorecards,
    sql::{Db, DbError},
};
use tokio::sync::OnceCell;

use super::{
    as_of::Past, catalogue::Kit, person::People, products::Products, services::services, standing::Standing,
    viewer::Viewer,
};
use crate::error::ApiError;

/// Interviews that are answered together to one viewer.
#[derive(Clone, Debug)]
pub struct Siblings(Arc<Family>);

type Loaded<R> = OnceCell<HashMap<InterviewId, Vec<Belonging<R>>>>;

/// A row that belongs to an interview.
#[derive(Debug)]
pub struct Belonging<R> {
    /// Its key.
    pub key: Key,
    /// What it says.
    pub row: Arc<R>,
}

#[derive(Debug)]
struct Family {
    viewer: Viewer,
    past: Option<Past>,
    members: Vec<Member>,
    people: People,
    keys: OnceCell<()>,
    products: Products,
    kits: OnceCell<HashMap<KitPin, Kit>>,
    decisions: Loaded<decisions::Decision>,
    scorecards: Loaded<scorecards::Scorecard>,
    feedback: Loaded<feedback::Feedback>,
    reports: Loaded<reports::Report>,
    notifications: Loaded<notifications::Notification>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    interview: InterviewId,
    kit: Option<KitPin>,
    subject: Option<SubjectId>,
    standing: Standing,
}

impl Siblings {
    /// These interviews, as they are.
    pub fn of<'r>(rows: impl IntoIterator<Item = &'r Row>, viewer: &Viewer) -> Self {
        let rows = rows.into_iter();
        Self::family(rows.map(|row| (row, Standing::of(viewer, row))), viewer, None)
    }

    /// Interviews as they were, and what the viewer is to each now.
    pub fn then<'r>(
        rows: impl IntoIterator<Item = (&'r Row, Standing)>,
        viewer: &Viewer,
        past: Past,
    ) -> Self {
        Self::family(rows, viewer, Some(past))
    }

    fn family<'r>(
        rows: impl IntoIterator<Item = (&'r Row, Standing)>,
        viewer: &Viewer,
        past: Option<Past>,
    ) -> Self {
        let (mut members, mut named, mut followed) = (Vec::new(), Vec::new(), Vec::new());
        for (row, standing) in rows {
            members.push(Member {
                interview: row.interview,
                kit: row
                    .kit
                    .map(|kit| kit.pin)
                    .filter(|_| standing.sees_the_kit(viewer)),
                subject: row.candidate.map(SubjectId::of),
                standing,
            });
            followed.extend(row.product.map(|product| product.interview_type));
            named.extend(row.candidate);
            named.extend(row.scheduled_by);
            named.extend(row.vacancies.iter().map(|vacancy| vacancy.former.account));
            named.extend(row.panel.iter().map(|member| member.account));
            named.extend(row.former_slots.iter().map(|slot| slot.moved_by));
            named.extend(
                row.room
                    .iter()
                    .flat_map(|room| room.lobby.iter().map(|waiting| waiting.account)),
            );
            named.extend(row.cancellation.iter().map(|cancellation| cancellation.by));
        }
        Self(Arc::new(Family {
            viewer: viewer.clone(),
            past,
            members,
            people: People::new(named, past),
            keys: OnceCell::new(),
            products: Products::new(followed, viewer, past),
            kits: OnceCell::new(),
            decisions: OnceCell::new(),
            scorecards: OnceCell::new(),
            feedback: OnceCell::new(),
            reports: OnceCell::new(),
            notifications: OnceCell::new(),
        }))
    }

    /// Whoever asks.
    pub fn viewer(&self) -> &Viewer {
        &self.0.viewer
    }

    /// Which moment they are told of; `None`: now. What belongs to them is found as the viewer may see it now, and told
    /// as of then by whoever asks for it.
    pub fn past(&self) -> Option<Past> {
        self.0.past
    }

    /// Everybody whom the interviews name.
    pub fn people(&self) -> &People {
        &self.0.people
    }

    /// Loads the keys of all candidates, so that opening what is sealed for one of them needs no statement of its own.
    ///
    /// # Errors
    /// When the keys cannot be reached.
    pub async fn load_keys(&self, ctx: &Context<'_>) -> Result<()> {
        let load = || async {
            let subjects: Vec<_> = self
                .0
                .members
                .iter()
                .filter_map(|member| member.subject)
                .collect();
            services(ctx).vault.load_keys(&subjects).await
        };
        let loaded = self.0.keys.get_or_try_init(|| Box::pin(load())).await;
        Ok(loaded.copied().map_err(ApiError::unavailable)?)
    }

    /// The products that they follow.
    pub fn products(&self) -> &Products {
        &self.0.products
    }

    /// The kit that one of them follows, in the version that it keeps.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub async fn kit(&self, ctx: &Context<'_>, wanted: KitPin) -> Result<Option<Kit>> {
        let load = || async {
            let mut pins: Vec<_> = self.0.members.iter().filter_map(|member| member.kit).collect();
            pins.sort_unstable();
            pins.dedup();
            Kit::kept(ctx, &self.0.viewer, &pins).await
        };
        let kits = self.0.kits.get_or_try_init(|| Box::pin(load())).await?;
        Ok(kits.get(&wanted).cloned())
    }

    /// The decision on one of them, as far as the viewer may know it.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn decision(
        &self,
        ctx: &Context<'_>,
        interview: InterviewId,
    ) -> Result<Option<&Belonging<decisions::Decision>>> {
        let reader = |standing: Standing| standing.reader(&self.0.viewer);
        let (db, tenant) = self.place(ctx);
        let load = |reader, ids: Vec<_>| async move {
            let found = decisions::of_interviews(db, tenant, reader, &ids).await?;
            Ok(found.into_iter().flatten().collect())
        };
        let found = self
            .belonging(&self.0.decisions, reader, load, |row| row.interview)
            .await?;
        Ok(found.get(&interview).and_then(|rows| rows.first()))
    }

    /// The scorecards of one of them that the viewer may see.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn scorecards(
        &self,
        ctx: &Context<'_>,
        interview: InterviewId,
    ) -> Result<&[Belonging<scorecards::Scorecard>]> {
        let reader = |standing: Standing| standing.reader(&self.0.viewer);
        let (db, tenant) = self.place(ctx);
        let load =
            |reader, ids: Vec<_>| async move { scorecards::of_interviews(db, tenant, reader, &ids).await };
        let found = self
            .belonging(&self.0.scorecards, reader, load, |row| row.interview)
            .await?;
        Ok(found.get(&interview).map_or(&[], Vec::as_slice))
    }

    /// What was released of one of them to its candidate.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn feedback(
        &self,
        ctx: &Context<'_>,
        interview: InterviewId,
    ) -> Result<&[Belonging<feedback::Feedback>]> {
        let scope = |_| Some(self.0.viewer.scope());
        let (db, tenant) = self.place(ctx);
        let load = |scope, ids: Vec<_>| async move { feedback::of_interviews(db, tenant, scope, &ids).await };
        let found = self
            .belonging(&self.0.feedback, scope, load, |row| row.interview)
            .await?;
        Ok(found.get(&interview).map_or(&[], Vec::as_slice))
    }

    /// The reports on one of them that the viewer may read.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn reports(
        &self,
        ctx: &Context<'_>,
        interview: InterviewId,
    ) -> Result<&[Belonging<reports::Report>]> {
        let reader = |standing: Standing| Some(standing.report_reader(&self.0.viewer));
        let (db, tenant) = self.place(ctx);
        let load =
            |reader, ids: Vec<_>| async move { reports::of_interviews(db, tenant, reader, &ids).await };
        let found = self
            .belonging(&self.0.reports, reader, load, |row| row.interview)
            .await?;
        Ok(found.get(&interview).map_or(&[], Vec::as_slice))
    }

    /// The mails about one of them: to anybody for those who run interviews, to oneself for everybody else.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn notifications(
        &self,
        ctx: &Context<'_>,
        interview: InterviewId,
    ) -> Result<&[Belonging<notifications::Notification>]> {
        let to = |standing| {
            Some(match standing {
                Standing::Staff => notifications::To::Anybody,
                Standing::Candidate | Standing::Panel | Standing::Analyst => {
                    notifications::To::Account(self.0.viewer.account)
                }
            })
        };
        let (db, tenant) = self.place(ctx);
        let load = |to, ids: Vec<_>| async move { notifications::of_interviews(db, tenant, to, &ids).await };
        let about = |row: &notifications::Notification| row.message.interview;
        let found = self.belonging(&self.0.notifications, to, load, about).await?;
        Ok(found.get(&interview).map_or(&[], Vec::as_slice))
    }

    fn place<'c>(&self, ctx: &Context<'c>) -> (&'c Db, domain::ids::OrganisationId) {
        (services(ctx).db(), self.0.viewer.tenant)
    }

    /// What belongs to the interviews, loaded once, for each kind of reader that the viewer is to some of them.
    async fn belonging<'s, R, W, F>(
        &'s self,
        cell: &'s Loaded<R>,
        reader: impl Fn(Standing) -> Option<W>,
        load: impl Fn(W, Vec<InterviewId>) -> F,
        of: impl Fn(&R) -> InterviewId,
    ) -> Result<&'s HashMap<InterviewId, Vec<Belonging<R>>>>
    where
        W: PartialEq,
        F: Future<Output = Result<Vec<Stored<R>>, DbError>>,
    {
        let load_all = || async {
            let mut groups: Vec<(W, Vec<InterviewId>)> = Vec::new();
            for member in &self.0.members {
                let Some(reader) = reader(member.standing) else {
                    continue;
                };
                match groups.iter_mut().find(|(known, _)| *known == reader) {
                    Some((_, ids)) => ids.push(member.interview),
                    None => groups.push((reader, vec![member.interview])),
                }
            }
            let mut found: HashMap<InterviewId, Vec<Belonging<R>>> = HashMap::new();
            for (reader, ids) in groups {
                for stored in load(reader, ids).await? {
                    found.entry(of(&stored.row)).or_default().push(Belonging {
                        key: stored.key,
                        row: stored.row,
                    });
                }
            }
            Ok(found)
        };
        // On the heap, as it happens once: otherwise every field's future has room for it.
        let found = cell.get_or_try_init(|| Box::pin(load_all())).await;
        found.map_err(|error: DbError| ApiError::unavailable(error).into())
    }
}
