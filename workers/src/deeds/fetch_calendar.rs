//! Keeps what a calendar says that is kept elsewhere: fetches it again and again until it is unlinked.
//!
//! A try that brings nothing new writes nothing into the log. What fails is tried again later and later, and what was taken over
//! before stays in force meanwhile.

use chrono::Duration;
use commands::effects::import_calendar::ImportCalendar;
use domain::{
    aggregate::Aggregate,
    availability::{Availability, events::CalendarSource},
    envelope::StreamId,
    external_calendar::{FeedAddress, busy, window},
    ids::{self, AccountId, CommandId, ExternalCalendarId},
    interviewer_calendar::InterviewerCalendar,
    ports::calendar_feed::{Fetched, NotFetched, Validators},
    time::{Instant, Span, Zone},
};
use store::{cqrs_bridge::Loaded, executor::CommandError};
use uuid::Uuid;

use super::{Stop, Tools, Tried};
use crate::{
    db::{DbError, Task},
    feeds::{FeedState, Reading},
    runner::Outcome,
};

/// The pause after an answer.
const PAUSE: Duration = Duration::minutes(30);
/// The pause after the first failure; it doubles.
const FIRST_PAUSE: Duration = Duration::minutes(5);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::hours(12);

/// Which calendar is fetched, for whom.
#[derive(Clone, Copy)]
struct Feed {
    account: AccountId,
    calendar: ExternalCalendarId,
    now: Instant,
    window: Span,
}

pub(super) async fn perform(
    tools: &Tools,
    task: &Task,
    account: AccountId,
    calendar: ExternalCalendarId,
) -> Tried {
    let availability: Availability = tools.load(task, account.uuid()).await?;
    let Some(CalendarSource::Feed { address, .. }) = availability.calendar(calendar) else {
        tools.db.forget_feed(calendar).await?;
        return tools.conclude(task).await;
    };
    let now = tools.clock.now();
    let feed = Feed {
        account,
        calendar,
        now,
        window: window(now),
    };
    // Nothing is fetched for somebody who was erased.
    let Some(address) = tools.vault.open(address).await? else {
        tools.db.forget_feed(calendar).await?;
        return tools.conclude(task).await;
    };
    let known = tools.db.feeds(task.tenant, &[calendar]).await?.pop();
    let before = known.unwrap_or_else(|| feed.never_tried());
    let home = availability.zone().unwrap_or(Zone::UTC);
    let state = match fetch(tools, task, feed, &address, home, &before).await? {
        Ok((validators, digest)) => feed.answered(validators, digest),
        Err(failed) => feed.failed(&before, failed),
    };
    tools.db.note_feed(task.tenant, &state).await?;
    Ok(Outcome::Again {
        due: state.next_at,
        code: state.code,
    })
}

/// Takes over what the calendar says, if it says anything new.
async fn fetch(
    tools: &Tools,
    task: &Task,
    feed: Feed,
    address: &str,
    home: Zone,
    before: &FeedState,
) -> Result<Result<(Validators, Uuid), NotFetched>, Stop> {
    let stream = StreamId {
        tenant: task.tenant,
        category: InterviewerCalendar::CATEGORY,
        id: feed.account.uuid(),
    };
    let calendar: Loaded<InterviewerCalendar> = tools.executor.load(stream).await?;
    let present = calendar.state.busy_of(feed.calendar, feed.window.start);
    let present = digest(present);
    // Without the file nothing can be said of another stretch of time, nor of a log that was restored.
    let reading = Reading {
        from: feed.window.start,
        digest: present,
    };
    let known = match before.read {
        Some(read) if read == reading => before.validators.clone(),
        Some(_) | None => Validators::default(),
    };
    let address = match FeedAddress::parse(address) {
        Ok(address) => address,
        Err(error) => return Ok(Err(error.into())),
    };
    let (text, validators) = match tools.feeds.fetch(&address, &known).await {
        Ok(Fetched::Unchanged) => return Ok(Ok((known, present))),
        Ok(Fetched::File { text, validators }) => (text, validators),
        Err(failed) => return Ok(Err(failed)),
    };
    let window = feed.window;
    let read = tokio::task::spawn_blocking(move || busy(&text, home, window)).await;
    let busy = match read.map_err(|_| Stop(Outcome::retry("calendar_unread")))? {
        Ok(busy) => busy,
        Err(error) => return Ok(Err(error.into())),
    };
    let digest = digest(&busy);
    if digest != present {
        let import = ImportCalendar {
            account: feed.account,
            calendar: feed.calendar,
            window,
            busy,
        };
        // Said anew, it is another command, also when it says what was said once before.
        let command: CommandId = ids::derive(&[
            task.effect.uuid().as_bytes(),
            b"import",
            &calendar.version.to_be_bytes(),
            digest.as_bytes(),
        ]);
        match tools
            .executor
            .run(&tools.invocation(task, command), &import)
            .await
        {
            Ok(_) => {}
            Err(CommandError::Refused(_)) => return Err(Stop(Outcome::retry("refused"))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok((validators, digest)))
}

/// Tells busy times apart.
fn digest(busy: &[Span]) -> Uuid {
    let mut bytes = Vec::with_capacity(busy.len() * 16);
    for span in busy {
        bytes.extend(span.start.timestamp_micros().to_be_bytes());
        bytes.extend(span.end.timestamp_micros().to_be_bytes());
    }
    let digest: ExternalCalendarId = ids::derive(&[b"busy times", &bytes]);
    digest.uuid()
}

impl Feed {
    fn never_tried(self) -> FeedState {
        FeedState {
            calendar: self.calendar,
            fetched_at: None,
            next_at: self.now,
            code: None,
            failures: 0,
            validators: Validators::default(),
            read: None,
        }
    }

    fn answered(self, validators: Validators, digest: Uuid) -> FeedState {
        FeedState {
            fetched_at: Some(self.now),
            next_at: self.now + PAUSE,
            validators,
            read: Some(Reading {
                from: self.window.start,
                digest,
            }),
            ..self.never_tried()
        }
    }

    fn failed(self, before: &FeedState, failed: NotFetched) -> FeedState {
        let failures = before.failures.saturating_add(1);
        let doubled = FIRST_PAUSE * 2_i32.saturating_pow(before.failures.min(20));
        let asked = failed
            .retry_after
            .and_then(|asked| Duration::from_std(asked).ok());
        let pause = doubled.min(LONGEST_PAUSE).max(asked.unwrap_or_default());
        FeedState {
            next_at: self.now + pause,
            code: Some(failed.reason.code().to_owned()),
            failures,
            ..before.clone()
        }
    }
}

impl From<DbError> for Stop {
    fn from(_: DbError) -> Self {
        Self(Outcome::retry("database_unavailable"))
    }
}
