//! What is done outside: one file for each deed.
//!
//! A deed looks at the state it must reach and not at the message about what changed; it is safe to be done twice. It
//! announces itself in the log before a call that costs money or reaches a person, calls with the effect's id as
//! idempotency key, and records what happened under that same id.

mod close_room;
mod confirm_paid;
mod create_payment_order;
mod end_wait;
mod erase_subject;
mod expire_hold;
mod fetch_calendar;
mod fill_seat;
mod keep_offering;
mod lapse_offer;
mod mail_offer;
mod mark_no_show;
mod offer_slot;
mod pay_refund;
mod provision_room;
mod refund_absence;
mod release_feedback;
mod send_mail;
mod write_report;

use std::sync::Arc;

use async_trait::async_trait;
use commands::effects::{
    attempt_effect::AttemptEffect, conclude_effect::ConcludeEffect, give_up_effect::GiveUpEffect,
    offer_slot::OfferSlot,
};
use domain::{
    actor::Actor,
    aggregate::Aggregate as _,
    effect::{Effect, events::About},
    envelope::StreamId,
    ids::CommandId,
    ports::{
        blob::BlobStore,
        calendar_feed::CalendarFeeds,
        clock::Clock,
        error::ProviderError,
        llm::Assessor,
        mail::{Mailer, SentMail},
        payment::PaymentProvider,
        video::VideoProvider,
    },
    processes::{deed::Deed, outcome_command, step_command},
    refusal::Refusal,
};
use store::{
    codec::Codec,
    cqrs_bridge::Folded,
    executor::{CommandError, Executor, Invocation, UseCase},
    log::{Log, ReadError},
    vault::{Vault, VaultError},
};
use uuid::Uuid;

use crate::{
    db::{Db, Task},
    mail::Writer,
    runner::{Hands, NoAnswer, Outcome, Standing},
};

/// Everything deeds are done with.
#[derive(Clone)]
pub struct Tools {
    /// Where everything that happened stands.
    pub log: Arc<dyn Log>,
    /// Reads stored events.
    pub codec: Codec,
    /// Carries use cases out.
    pub executor: Arc<Executor>,
    /// Opens sealed values, only here and only to send them.
    pub vault: Arc<Vault>,
    /// Business time.
    pub clock: Arc<dyn Clock>,
    /// Takes money and gives it back.
    pub payments: Arc<dyn PaymentProvider>,
    /// Gives rooms.
    pub video: Arc<dyn VideoProvider>,
    /// Writes reports.
    pub assessor: Arc<dyn Assessor>,
    /// Carries mail.
    pub mailer: Arc<dyn Mailer>,
    /// Knows what the carrier took over, if it remembers.
    pub sent_mail: Option<Arc<dyn SentMail>>,
    /// Keeps transcripts.
    pub blobs: Arc<dyn BlobStore>,
    /// Fetches calendars that are kept elsewhere.
    pub feeds: Arc<dyn CalendarFeeds>,
    /// Where the effects are, and what is known of those calendars.
    pub db: Db,
    /// Writes mails.
    pub writer: Writer,
}

impl std::fmt::Debug for Tools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tools")
    }
}

/// A deed ends early: this is what came of the try.
struct Stop(Outcome);

/// What a deed comes to, or why it ended early.
type Tried = Result<Outcome, Stop>;

#[async_trait]
impl Hands for Tools {
    async fn look_up(&self, task: &Task) -> Result<Standing, NoAnswer> {
        let stream = StreamId {
            tenant: task.tenant,
            category: Effect::CATEGORY,
            id: task.effect.uuid(),
        };
        let effect = self.executor.load::<Effect>(stream).await;
        let announced = effect.map_err(|error| NoAnswer(error.into()))?.state.attempts();
        let receipt = self.log.receipt(outcome_command(task.effect)).await;
        let is_done = receipt.map_err(|error| NoAnswer(error.into()))?.is_some();
        Ok(Standing { is_done, announced })
    }

    async fn perform(&self, task: &Task) -> Outcome {
        let tried = match task.deed {
            Deed::CreatePaymentOrder { payment, interview } => {
                create_payment_order::perform(self, task, payment, interview).await
            }
            Deed::ConfirmPaid { payment, interview } => {
                confirm_paid::perform(self, task, payment, interview).await
            }
            Deed::ExpireHold { interview, payment } => {
                expire_hold::perform(self, task, interview, payment).await
            }
            Deed::PayRefund { payment, refund, .. } => pay_refund::perform(self, task, payment, refund).await,
            Deed::RefundAbsence { interview, revision } => {
                refund_absence::perform(self, task, interview, revision).await
            }
            Deed::ProvisionRoom { interview, revision } => {
                provision_room::perform(self, task, interview, revision).await
            }
            Deed::MarkNoShow { interview, revision } => {
                mark_no_show::perform(self, task, interview, revision).await
            }
            Deed::CloseRoom { interview, revision } => {
                close_room::perform(self, task, interview, revision).await
            }
            Deed::FillSeat {
                interview, former, ..
            } => fill_seat::perform(self, task, interview, former).await,
            Deed::OfferFreed { interview } => offer_slot::perform(self, task, OfferSlot::Of(interview)).await,
            Deed::OfferWaiting { interview_type } => {
                offer_slot::perform(self, task, OfferSlot::For(interview_type)).await
            }
            Deed::KeepOffering {
                interview_type,
                entry,
            } => keep_offering::perform(self, task, interview_type, entry).await,
            Deed::LapseOffer {
                interview_type,
                entry,
                interview,
            } => lapse_offer::perform(self, task, interview_type, entry, interview).await,
            Deed::EndWait {
                interview_type,
                entry,
            } => end_wait::perform(self, task, interview_type, entry).await,
            Deed::MailOffer {
                interview_type,
                entry,
                notification,
                message,
            } => mail_offer::perform(self, task, (interview_type, entry), notification, message).await,
            Deed::SendMail {
                notification,
                message,
            } => send_mail::perform(self, task, notification, message).await,
            Deed::WriteReport {
                report,
                revision,
                interview,
            } => write_report::perform(self, task, report, revision, interview).await,
            Deed::ReleaseFeedback { scorecard, .. } => release_feedback::perform(self, task, scorecard).await,
            Deed::FetchCalendar { account, calendar } => {
                fetch_calendar::perform(self, task, account, calendar).await
            }
            Deed::EraseSubject { account, subject } => {
                erase_subject::perform(self, task, account, subject).await
            }
        };
        tried.unwrap_or_else(|Stop(outcome)| outcome)
    }

    async fn give_up(&self, task: &Task, code: &str) -> Result<(), NoAnswer> {
        let give_up = GiveUpEffect {
            effect: task.effect,
            about: About(task.deed.about()),
            deed: task.deed.name().to_owned(),
            attempts: task.attempt,
            code: code.to_owned(),
        };
        let invocation = self.invocation(task, step_command(task.effect, "give_up", task.attempt));
        match self.executor.run(&invocation, &give_up).await {
            Ok(_) | Err(CommandError::Refused(Refusal::IdempotencyConflict { .. })) => Ok(()),
            Err(error) => Err(NoAnswer(error.into())),
        }
    }
}

impl Tools {
    fn invocation(&self, task: &Task, command_id: CommandId) -> Invocation {
        Invocation {
            tenant: task.tenant,
            actor: Actor::system(task.deed.name()),
            command_id,
            correlation_id: task.correlation,
            causation_id: Some(task.cause),
            trace: task.trace.clone(),
            now: self.clock.now(),
        }
    }

    /// The present state of an aggregate.
    async fn load<A: Folded>(&self, task: &Task, id: Uuid) -> Result<A, Stop> {
        let stream = StreamId {
            tenant: task.tenant,
            category: A::CATEGORY,
            id,
        };
        Ok(self.executor.load::<A>(stream).await?.state)
    }

    /// Writes into the log that a call is about to be made: the next after those that stood there when the claim was
    /// looked at. Whoever finds that another has written one since leaves the call to the other.
    async fn announce(&self, task: &Task) -> Result<(), Stop> {
        let attempt = task.announced + 1;
        let announcement = AttemptEffect {
            effect: task.effect,
            about: About(task.deed.about()),
            deed: task.deed.name().to_owned(),
            attempt,
        };
        let invocation = self.invocation(task, step_command(task.effect, "attempt", attempt));
        let announced = self.executor.run(&invocation, &announcement).await;
        match announced {
            Ok(outcome) if !outcome.repeated => Ok(()),
            Ok(_) | Err(CommandError::Refused(_)) => Err(Stop(Outcome::retry("taken_over"))),
            Err(error) => Err(error.into()),
        }
    }

    /// Records an outcome under the effect's id. When another outcome was recorded under it before, that one stands.
    async fn record<U: UseCase>(&self, task: &Task, use_case: &U) -> Tried {
        let invocation = self.invocation(task, outcome_command(task.effect));
        match self.executor.run(&invocation, use_case).await {
            Ok(_) | Err(CommandError::Refused(Refusal::IdempotencyConflict { .. })) => Ok(Outcome::Done),
            Err(error) => Err(error.into()),
        }
    }

    /// Records that there is nothing left to do.
    async fn conclude(&self, task: &Task) -> Tried {
        self.record(task, &ConcludeEffect { effect: task.effect }).await
    }
}

/// A refused step will be refused again; anything else that stands in the way of the log may pass.
impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Self(match error {
            CommandError::Refused(refusal) => Outcome::GaveUp {
                code: refusal.code().to_lowercase(),
            },
            CommandError::Busy { retry_after } => Outcome::Retry {
                after: Some(retry_after),
                code: "log_busy".to_owned(),
                surely_undone: false,
            },
            CommandError::Unavailable { .. } => Outcome::retry("log_unavailable"),
            CommandError::TooLarge { .. } => gave_up("too_large"),
            CommandError::Corrupt(_) => gave_up("unreadable"),
            CommandError::OtherTenant { .. } => gave_up("other_tenant"),
        })
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        CommandError::from(refusal).into()
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        CommandError::from(error).into()
    }
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self(match error {
            // Another node may have the rotated master key, or reach the record of erased people.
            VaultError::Unavailable(_) | VaultError::Rotated | VaultError::Ledger(_) => {
                Outcome::retry("keys_unavailable")
            }
            VaultError::Erased => gave_up("erased"),
            VaultError::Damaged
            | VaultError::WrongMasterKey
            | VaultError::KeyMissing { .. }
            | VaultError::NoRandomness => gave_up("unreadable"),
        })
    }
}

/// What the provider refused it will refuse again; what is misconfigured may be mended while it is tried again.
impl From<ProviderError> for Stop {
    fn from(error: ProviderError) -> Self {
        let code = error.code().to_owned();
        Self(match error {
            ProviderError::Rejected { .. } => Outcome::GaveUp { code },
            ProviderError::Unavailable {
                retry_after,
                outcome_unknown,
                ..
            } => Outcome::Retry {
                after: retry_after,
                code,
                surely_undone: !outcome_unknown,
            },
            ProviderError::Misconfigured { .. } => Outcome::Retry {
                after: None,
                code,
                surely_undone: true,
            },
        })
    }
}

fn gave_up(code: &str) -> Outcome {
    Outcome::GaveUp {
        code: code.to_owned(),
    }
}
