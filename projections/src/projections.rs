//! All read models together: started, waited for, rebuilt, examined.

use std::{
    marker::PhantomData,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{envelope::Position, ids::OrganisationId};
use futures::future::join_all;
use store::{codec::Codec, log::Log};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    accounts::Accounts,
    agenda::Agendas,
    as_of::Past,
    attention::Attentions,
    availability::AvailabilityRules,
    build::{self, Build, Builder, Filling},
    decisions::Decisions,
    doctor::{self, Examination},
    feedback::Feedbacks,
    ground::{Ground, Pace, RunError, Share},
    identities::Identities,
    interview_kits::InterviewKits,
    interview_types::InterviewTypes,
    interviews::Interviews,
    mail_addresses::MailAddresses,
    model::ReadModel,
    notifications::Notifications,
    organisations::Organisations,
    participations::Participations,
    phases::Phases,
    poison::{self, ParkedEvent, RetryError},
    price_lists::PriceLists,
    rebuild::{self, Progress, RebuildError},
    recent::Recent,
    reports::Reports,
    rubrics::Rubrics,
    runner::{Begin, Claimed, Runner, StartError, claim_target, prepare},
    scorecards::Scorecards,
    sql::{Db, DbError},
    status::{self, Overview, Rates},
    table,
    waitlist::Waitlists,
};

/// A read model, whichever it is.
#[async_trait]
pub(crate) trait Model: Send + Sync {
    fn name(&self) -> &'static str;
    fn fingerprint(&self) -> String;
    async fn prepare(&self, ground: &Ground) -> Result<u64, StartError>;
    fn run(
        &self,
        ground: Ground,
        progress: watch::Sender<Position>,
        shutdown: CancellationToken,
        begin: oneshot::Receiver<Begin>,
    ) -> JoinHandle<()>;
    async fn fill(&self, ground: &Ground) -> Result<Option<Box<dyn Builder>>, RunError>;
    async fn go_on(&self, ground: &Ground) -> Result<Box<dyn Builder>, RebuildError>;
    async fn switch_back(
        &self,
        ground: &Ground,
        report: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), RebuildError>;
    async fn drop_others(&self, ground: &Ground) -> Result<bool, DbError>;
    async fn examine(&self, ground: &Ground, folder: &Path) -> Result<Examination, RebuildError>;
    #[cfg(test)]
    fn touched_keys(&self, recorded: &domain::envelope::Recorded) -> Vec<crate::model::Key>;
    async fn retry(
        &self,
        ground: &Ground,
        tenant: OrganisationId,
        position: Position,
    ) -> Result<(), RetryError>;
}

pub(crate) struct Of<M>(pub(crate) PhantomData<fn() -> M>);

#[async_trait]
impl<M: ReadModel> Model for Of<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn fingerprint(&self) -> String {
        table::fingerprint::<M>()
    }

    async fn prepare(&self, ground: &Ground) -> Result<u64, StartError> {
        prepare::<M>(ground).await
    }

    fn run(
        &self,
        ground: Ground,
        progress: watch::Sender<Position>,
        shutdown: CancellationToken,
        begin: oneshot::Receiver<Begin>,
    ) -> JoinHandle<()> {
        let runner = Runner::<M> {
            ground,
            progress,
            shutdown,
            model: PhantomData,
        };
        tokio::spawn(runner.run(begin))
    }

    async fn fill(&self, ground: &Ground) -> Result<Option<Box<dyn Builder>>, RunError> {
        let Some(Claimed { table, claim, .. }) = claim_target::<M>(&ground.db).await? else {
            return Ok(None);
        };
        Ok(Some(Box::new(Build::begin(ground, table, claim).await?)))
    }

    async fn go_on(&self, ground: &Ground) -> Result<Box<dyn Builder>, RebuildError> {
        rebuild::go_on::<M>(ground).await
    }

    async fn switch_back(
        &self,
        ground: &Ground,
        report: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), RebuildError> {
        rebuild::switch_back::<M>(ground, report).await
    }

    async fn drop_others(&self, ground: &Ground) -> Result<bool, DbError> {
        rebuild::drop_others::<M>(ground).await
    }

    #[cfg(test)]
    fn touched_keys(&self, recorded: &domain::envelope::Recorded) -> Vec<crate::model::Key> {
        let (codec, skips) = (Codec::current(), crate::skips::Skips::NONE);
        let hearing = crate::skips::Hearing { codec: &codec, skips };
        crate::fold::touched_keys::<M>(hearing, recorded)
    }

    async fn examine(&self, ground: &Ground, folder: &Path) -> Result<Examination, RebuildError> {
        doctor::examine::<M>(ground, folder).await
    }

    async fn retry(
        &self,
        ground: &Ground,
        tenant: OrganisationId,
        position: Position,
    ) -> Result<(), RetryError> {
        poison::retry::<M>(ground, tenant, position).await
    }
}

pub(crate) const fn of<M: ReadModel>() -> Of<M> {
    Of(PhantomData)
}

/// Every read model there is.
pub(crate) fn models() -> Vec<Box<dyn Model>> {
    vec![
        Box::new(of::<Accounts>()),
        Box::new(of::<Agendas>()),
        Box::new(of::<Attentions>()),
        Box::new(of::<AvailabilityRules>()),
        Box::new(of::<Decisions>()),
        Box::new(of::<Feedbacks>()),
        Box::new(of::<Identities>()),
        Box::new(of::<InterviewKits>()),
        Box::new(of::<InterviewTypes>()),
        Box::new(of::<Interviews>()),
        Box::new(of::<MailAddresses>()),
        Box::new(of::<Notifications>()),
        Box::new(of::<Organisations>()),
        Box::new(of::<Participations>()),
        Box::new(of::<Phases>()),
        Box::new(of::<PriceLists>()),
        Box::new(of::<Reports>()),
        Box::new(of::<Rubrics>()),
        Box::new(of::<Scorecards>()),
        Box::new(of::<Waitlists>()),
    ]
}

/// The names of all read models, in order.
pub fn names() -> Vec<&'static str> {
    models().iter().map(|model| model.name()).collect()
}

/// The read models did not reach a position in time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the read models have not reached position {wanted} yet")]
pub struct Behind {
    /// The position that was asked for.
    pub wanted: Position,
    /// The names of those that are behind it.
    pub models: Vec<&'static str>,
}

/// Which read models.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which<'n> {
    /// All of them.
    All,
    /// The one with this name.
    Named(&'n str),
}

/// The read models, following the log.
pub struct Projections {
    ground: Ground,
    models: Vec<Follower>,
    rates: Arc<Rates>,
    watcher: JoinHandle<()>,
    /// Fills the tables that were far behind at the start.
    filling: Mutex<Option<JoinHandle<()>>>,
}

/// Tables that are far behind the log, and the runners that wait until they are filled.
#[derive(Default)]
struct Far {
    builders: Vec<Box<dyn Builder>>,
    begins: Vec<oneshot::Sender<Begin>>,
}

impl Far {
    /// Fills them in one pass over the log. What fails is told, and the runners do what is left page by page.
    async fn fill(self, ground: Ground, shutdown: CancellationToken) {
        match build::fill(&ground, self.builders, &|_| {}, &shutdown).await {
            Ok(builders) => {
                for (builder, begin) in builders.iter().zip(self.begins) {
                    let how = match builder.filling() {
                        Filling::On => Begin::Leading,
                        Filling::Fenced => Begin::StandingBy,
                    };
                    // A runner that is gone was told to shut down.
                    let _ = begin.send(how);
                }
            }
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "the read models that are far behind cannot be filled in bulk, and go on page by page"
            ),
        }
    }
}

/// A read model with the task that follows the log for it.
struct Follower {
    model: Box<dyn Model>,
    reached: watch::Receiver<Position>,
    task: JoinHandle<()>,
}

impl Projections {
    /// Makes the tables that are not there and starts to follow the log of a past, one task for each read model, until
    /// `shutdown`.
    ///
    /// # Errors
    /// [`StartError`], when the log or the tables cannot be reached, or a table is ahead of the log.
    pub async fn start(past: Past, db: Db, shutdown: CancellationToken) -> Result<Arc<Self>, StartError> {
        let ground = Ground {
            log: past.log(),
            codec: past.codec(),
            db,
            pace: Pace::NORMAL,
            past: Some(past),
            recent: Recent::default(),
        };
        Self::start_these(models(), ground, &shutdown).await
    }

    pub(crate) async fn start_these(
        models: Vec<Box<dyn Model>>,
        ground: Ground,
        shutdown: &CancellationToken,
    ) -> Result<Arc<Self>, StartError> {
        table::set_up(&ground.db).await?;
        let mut far = Far::default();
        let mut running = Vec::with_capacity(models.len());
        for model in models {
            let behind = model.prepare(&ground).await?;
            let (begin, told) = oneshot::channel();
            if behind > ground.pace.far
                && let Some(builder) = model.fill(&ground).await.map_err(StartError::from)?
            {
                far.builders.push(builder);
                far.begins.push(begin);
            } else {
                // The runner cannot be gone before it runs.
                let _ = begin.send(Begin::Leading);
            }
            let (progress, reached) = watch::channel(Position::START);
            let task = model.run(ground.clone(), progress, shutdown.clone(), told);
            running.push(Follower { model, reached, task });
        }
        let filling = tokio::spawn(far.fill(ground.clone(), shutdown.clone()));
        let rates = Arc::new(Rates::default());
        let watching = watch_rates(ground.db.clone(), rates.clone());
        let shutdown = shutdown.clone();
        Ok(Arc::new(Self {
            models: running,
            filling: Mutex::new(Some(filling)),
            watcher: tokio::spawn(async move {
                let _ = shutdown.run_until_cancelled(watching).await;
            }),
            ground,
            rates,
        }))
    }

    /// The database with the tables, for the queries of the read models.
    pub const fn db(&self) -> &Db {
        &self.ground.db
    }

    /// The log that the read models follow, for time travel.
    pub fn log(&self) -> &dyn Log {
        &*self.ground.log
    }

    /// How stored events are read, for time travel.
    pub const fn codec(&self) -> &Codec {
        &self.ground.codec
    }

    /// Waits until every read model has folded in the event at a position, so that what was written can be read.
    ///
    /// # Errors
    /// [`Behind`], with the names of those that have not when the time is over.
    pub async fn wait_for(&self, position: Position, timeout: Duration) -> Result<(), Behind> {
        let waits = self.models.iter().map(|follower| {
            let (name, mut reached) = (follower.model.name(), follower.reached.clone());
            async move {
                let there = tokio::time::timeout(timeout, reached.wait_for(|at| *at >= position)).await;
                match there {
                    Ok(Ok(_)) => None,
                    Ok(Err(_)) | Err(_) => Some(name),
                }
            }
        });
        let models: Vec<_> = join_all(waits).await.into_iter().flatten().collect();
        if models.is_empty() {
            Ok(())
        } else {
            Err(Behind {
                wanted: position,
                models,
            })
        }
    }

    /// Changes whenever the read model of this name has folded in more; `None` when there is none.
    pub fn follow(&self, model: &str) -> Option<watch::Receiver<Position>> {
        let found = self.models.iter().find(|follower| follower.model.name() == model);
        found.map(|follower| follower.reached.clone())
    }

    /// How every read model is.
    ///
    /// # Errors
    /// [`RunError`], when the log or the tables cannot be read.
    pub async fn overview(&self) -> Result<Overview, RunError> {
        let models = self.models.iter().map(|follower| &*follower.model);
        overview_of(&*self.ground.log, &self.ground.db, &self.rates, models).await
    }

    /// Builds read models anew beside the live ones, which serve until then, in one pass over the log.
    ///
    /// # Errors
    /// [`RebuildError`]; what was not yet rebuilt is as it was.
    pub async fn rebuild(
        &self,
        which: Which<'_>,
        report: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<(), RebuildError> {
        let models = self.models.iter().map(|follower| &*follower.model);
        rebuild_these(&self.ground, models, which, report).await
    }

    /// What waits because it could not be folded, in all read models; of one organisation, or of every one.
    ///
    /// # Errors
    /// When the log or the tables cannot be read.
    pub async fn parked(&self, tenant: Option<OrganisationId>) -> Result<Vec<ParkedEvent>, RunError> {
        parked(&*self.ground.log, &self.ground.db, tenant).await
    }

    /// Folds the rows again that wait for an event, from their first event on; if that works, they go on with the
    /// others.
    ///
    /// # Errors
    /// [`RetryError`], when there is no such read model, nothing waits there, or the event still cannot be folded.
    pub async fn retry_parked(
        &self,
        model: &str,
        tenant: OrganisationId,
        position: Position,
    ) -> Result<(), RetryError> {
        let models = self.models.iter().map(|follower| &*follower.model);
        retry_in(&self.ground, models, model, tenant, position).await
    }

    /// Waits until every task has ended, which they do after the shutdown that was given to [`Projections::start`].
    pub async fn stopped(&self) {
        let filling = self.filling.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(filling) = filling {
            // It has told what went wrong.
            let _ = filling.await;
        }
        for follower in &self.models {
            let mut reached = follower.reached.clone();
            // Ends when the runner is dropped, which is the end of its task.
            while reached.changed().await.is_ok() {}
        }
    }
}

impl Drop for Projections {
    fn drop(&mut self) {
        self.watcher.abort();
        let filling = self.filling.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(filling) = filling {
            filling.abort();
        }
        for follower in &self.models {
            follower.task.abort();
        }
    }
}

/// How often checkpoints are looked at for rates.
const LOOK: Duration = Duration::from_secs(2);

async fn watch_rates(db: Db, rates: Arc<Rates>) {
    loop {
        // A rate that is not known for a while is no failure; the runners speak of those.
        let _ = rates.look(&db).await;
        tokio::time::sleep(LOOK).await;
    }
}

async fn overview_of(
    log: &dyn Log,
    db: &Db,
    rates: &Rates,
    models: impl Iterator<Item = &dyn Model>,
) -> Result<Overview, RunError> {
    let models: Vec<_> = models.map(|model| (model.name(), model.fingerprint())).collect();
    status::overview(log, db, rates, &models).await
}

/// How every read model is, without following the log: for the command line.
///
/// # Errors
/// [`RunError`], when the log or the tables cannot be read.
pub async fn overview(log: &dyn Log, db: &Db, rates: &Rates) -> Result<Overview, RunError> {
    let models = models();
    overview_of(log, db, rates, models.iter().map(|model| &**model)).await
}

async fn rebuild_these(
    ground: &Ground,
    models: impl Iterator<Item = &dyn Model>,
    which: Which<'_>,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let chosen: Vec<_> = models.filter(|model| which_is(which, model.name())).collect();
    if let (Which::Named(name), true) = (which, chosen.is_empty()) {
        return Err(RebuildError::Unknown(name.to_owned()));
    }
    let mut builders = Vec::with_capacity(chosen.len());
    for model in chosen {
        builders.push(model.go_on(ground).await?);
    }
    rebuild::fill_and_show(ground, builders, report).await
}

fn which_is(which: Which<'_>, name: &str) -> bool {
    match which {
        Which::All => true,
        Which::Named(wanted) => wanted == name,
    }
}

/// Builds read models anew without following the log, in one pass over it: for the command line. A server on the same
/// database goes on meanwhile, and follows the new tables. What was broken off is gone on with.
///
/// # Errors
/// [`RebuildError`]; what was not yet rebuilt is as it was.
pub async fn rebuild(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    which: Which<'_>,
    share: Share,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let ground = ground_of_tool(log, codec, db, share).await?;
    let models = models();
    rebuild_these(&ground, models.iter().map(|model| &**model), which, report).await
}

/// Shows the tables again that were live before the present ones, brought up to date; the present ones are kept as the
/// way back.
///
/// # Errors
/// [`RebuildError`], when there is no such read model or no such table, or another version made it. What was switched
/// before that stays so.
pub async fn switch_back(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    which: Which<'_>,
    report: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), RebuildError> {
    let ground = ground_of_tool(log, codec, db, Share::ALL).await?;
    for model in chosen(which)? {
        model.switch_back(&ground, report).await?;
    }
    Ok(())
}

/// Drops the tables that were live before the present ones, and those that are being built. Says of which read models
/// there were any.
///
/// # Errors
/// [`RebuildError`], when there is no such read model, or the tables cannot be reached.
pub async fn drop_others(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    which: Which<'_>,
) -> Result<Vec<&'static str>, RebuildError> {
    let ground = ground_of_tool(log, codec, db, Share::ALL).await?;
    let mut dropped = Vec::new();
    for model in chosen(which)? {
        if model.drop_others(&ground).await? {
            dropped.push(model.name());
        }
    }
    Ok(dropped)
}

async fn ground_of_tool(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    share: Share,
) -> Result<Ground, RebuildError> {
    table::set_up(&db).await?;
    Ok(Ground {
        log,
        codec,
        db,
        pace: Pace::of_tool(share),
        past: None,
        recent: Recent::default(),
    })
}

fn chosen(which: Which<'_>) -> Result<Vec<Box<dyn Model>>, RebuildError> {
    let mut chosen = models();
    chosen.retain(|model| which_is(which, model.name()));
    match which {
        Which::Named(name) if chosen.is_empty() => Err(RebuildError::Unknown(name.to_owned())),
        Which::All | Which::Named(_) => Ok(chosen),
    }
}

/// What waits because it could not be folded, in all read models; of one organisation, or of every one.
///
/// # Errors
/// When the log or the tables cannot be read.
pub async fn parked(
    log: &dyn Log,
    db: &Db,
    tenant: Option<OrganisationId>,
) -> Result<Vec<ParkedEvent>, RunError> {
    let mut all = Vec::new();
    for model in names() {
        all.extend(poison::parked_events(log, db, model, tenant).await?);
    }
    Ok(all)
}

/// Has rows folded again that wait for an event, without following the log: for the command line.
///
/// # Errors
/// [`RetryError`], when there is no such read model, nothing waits there, or the event still cannot be folded.
pub async fn retry_parked(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    model: &str,
    tenant: OrganisationId,
    position: Position,
) -> Result<(), RetryError> {
    let ground = Ground {
        log,
        codec,
        db,
        pace: Pace::NORMAL,
        past: None,
        recent: Recent::default(),
    };
    let models = models();
    let models = models.iter().map(|model| &**model);
    retry_in(&ground, models, model, tenant, position).await
}

async fn retry_in(
    ground: &Ground,
    mut models: impl Iterator<Item = &dyn Model>,
    model: &str,
    tenant: OrganisationId,
    position: Position,
) -> Result<(), RetryError> {
    let found = models.find(|known| known.name() == model);
    let found = found.ok_or_else(|| RetryError::Unknown(model.to_owned()))?;
    found.retry(ground, tenant, position).await
}

/// Compares read models with a fresh fold of the log by this code, one after the other, without holding up anybody.
/// `folder` is empty, and has room for the largest of them.
///
/// # Errors
/// [`RebuildError`], when there is no such read model, or log or tables failed.
pub async fn examine(
    log: Arc<dyn Log>,
    codec: Codec,
    db: Db,
    folder: &Path,
    which: Which<'_>,
) -> Result<Vec<Examination>, RebuildError> {
    let ground = Ground {
        log,
        codec,
        db,
        pace: Pace::NORMAL,
        past: None,
        recent: Recent::default(),
    };
    let models: Vec<_> = models()
        .into_iter()
        .filter(|model| which_is(which, model.name()))
        .collect();
    if let (Which::Named(name), true) = (which, models.is_empty()) {
        return Err(RebuildError::Unknown(name.to_owned()));
    }
    let mut examined = Vec::with_capacity(models.len());
    for model in models {
        examined.push(model.examine(&ground, folder).await?);
    }
    Ok(examined)
}
