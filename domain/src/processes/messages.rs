//! Who is told what.

use uuid::Uuid;

use crate::{
    feedback::events::FeedbackEvent,
    ids::{self, AccountId, InterviewId, NotificationId},
    interview::events::{ExpiryReason, InterviewEvent, Side},
    notification::events::{Message, Template},
    payment::events::{PaymentEvent, RefundReason},
    processes::{Due, deed::Deed, state::InterviewProcess},
    report::events::{ReportEvent, ReportGenerated},
    time::Instant,
    waitlist::events::WaitlistOffered,
};

/// Who is told that an interview is confirmed, that it moved or is told by another clock, or that it was called off,
/// for all or for one interviewer; and who is asked to agree to a booking, and told what came of that. Of what was
/// never confirmed the panel does not know unless it was asked. A booking that costs nothing is confirmed when somebody
/// agrees, and says so itself. Whoever opens a session knows of it, and whoever is admitted to one is there; its guests
/// are asked.
pub fn of_interview(state: &InterviewProcess, event: &InterviewEvent, now: Instant) -> Vec<Due> {
    let messages = match event {
        InterviewEvent::InterviewConfirmed(event) => {
            let about = About::interview(event.interview, event.revision);
            match state.candidate {
                Some(candidate) => {
                    let mut messages = vec![about.tell(candidate, Template::InterviewConfirmed)];
                    messages.extend(about.tell_all(&state.panel, Template::InterviewAssigned));
                    messages
                }
                None => Vec::new(),
            }
        }
        InterviewEvent::GuestsInvited(event) => {
            let about = About::interview(event.interview, state.revision);
            about
                .tell_all(&event.accounts, Template::SessionInvitation)
                .collect()
        }
        InterviewEvent::InterviewRescheduled(event) => {
            let about = About::interview(event.interview, event.revision);
            let candidate = about.tell_all(&state.candidate, Template::InterviewRescheduled);
            let panel = about.tell_all(&state.panel, Template::InterviewRescheduled);
            candidate.chain(panel).collect()
        }
        InterviewEvent::DriftedTimeKept(event) => {
            let about = About::interview(event.interview, event.revision);
            let candidate = about.tell_all(&state.candidate, Template::InterviewRescheduled);
            let panel = about.tell_all(&state.panel, Template::InterviewRescheduled);
            candidate.chain(panel).collect()
        }
        InterviewEvent::InterviewCancelled(event) => {
            let about = About::interview(event.interview, event.revision);
            let candidate = about.tell_all(&state.candidate, Template::InterviewCancelled);
            let mut messages: Vec<_> = candidate.collect();
            if event.was_confirmed || state.is_asked {
                messages.extend(about.tell_all(&state.panel, Template::InterviewCancelled));
            }
            messages
        }
        InterviewEvent::PanelSeatVacated(event) => {
            let about = About::interview(event.interview, event.revision).numbered(event.change);
            vec![about.tell(event.member.account, Template::InterviewCancelled)]
        }
        InterviewEvent::InterviewerReplaced(event) => {
            let about = About::interview(event.interview, event.revision).numbered(event.change);
            vec![about.tell(event.member.account, Template::InterviewAssigned)]
        }
        InterviewEvent::ApprovalRequired(event) => {
            let about = About::interview(event.interview, state.revision);
            about
                .tell_all(&state.panel, Template::ApprovalRequested)
                .collect()
        }
        InterviewEvent::BookingApproved(event) => {
            let about = About::interview(event.interview, event.revision);
            let candidate = state.candidate.filter(|_| event.hold_expires_at.is_some());
            about.tell_all(&candidate, Template::BookingApproved).collect()
        }
        InterviewEvent::BookingDeclined(event) => {
            let about = About::interview(event.interview, event.revision);
            about
                .tell_all(&state.candidate, Template::BookingDeclined)
                .collect()
        }
        InterviewEvent::BookingExpired(event) => match event.reason {
            ExpiryReason::NotApproved => {
                let about = About::interview(event.interview, state.revision);
                about
                    .tell_all(&state.candidate, Template::BookingDeclined)
                    .collect()
            }
            ExpiryReason::HoldExpired => Vec::new(),
        },
        InterviewEvent::RescheduleProposed(event) => {
            let about = About::interview(event.interview, event.revision).once_for(event.proposal.uuid());
            match event.side {
                Side::Candidate => about.tell_all(&state.panel, Template::TimesProposed).collect(),
                Side::Hosts => about
                    .tell_all(&state.candidate, Template::TimesProposed)
                    .collect(),
            }
        }
        InterviewEvent::RescheduleDeclined(event) => {
            let about = About::interview(event.interview, event.revision).once_for(event.proposal.uuid());
            vec![about.tell(event.proposed_by, Template::ProposalDeclined)]
        }
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::RescheduleAccepted(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SlotClaimed(_)
        | InterviewEvent::PlacedInSeries(_)
        | InterviewEvent::PlacedInGroup(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::SlotReclaimed(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewEnded(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::SessionHosted(_)
        | InterviewEvent::CandidateJoined(_)
        | InterviewEvent::DetailsChanged(_)
        | InterviewEvent::KitAttached(_)
        | InterviewEvent::TimeZoneRuleDriftDetected(_)
        | InterviewEvent::TimeZoneRuleDriftEnded(_)
        | InterviewEvent::InviteResponded(_) => Vec::new(),
    };
    messages.into_iter().map(|deed| (deed, now)).collect()
}

/// The candidate is told when the money goes back, and why.
pub fn of_payment(state: &InterviewProcess, event: &PaymentEvent, now: Instant) -> Vec<Due> {
    match event {
        PaymentEvent::RefundRequested(event) => {
            let about = About::interview(event.interview, state.revision).once_for(event.refund.uuid());
            let template = match event.reason {
                RefundReason::SlotLost => Template::SlotLost,
                RefundReason::InterviewerAbsent => Template::InterviewersAbsent,
                RefundReason::PaidTwice => Template::PaidTwice,
                RefundReason::Cancelled => return Vec::new(),
            };
            let told = about.tell_all(&state.candidate, template);
            told.map(|deed| (deed, now)).collect()
        }
        PaymentEvent::PaymentOpened(_)
        | PaymentEvent::PaymentOrderCreated(_)
        | PaymentEvent::PaymentAttemptFailed(_)
        | PaymentEvent::PaymentAuthorized(_)
        | PaymentEvent::PaymentCaptured(_)
        | PaymentEvent::DuplicateCaptureDetected(_)
        | PaymentEvent::PaymentMismatchDetected(_)
        | PaymentEvent::PaymentExpired(_)
        | PaymentEvent::PaymentCancelled(_)
        | PaymentEvent::RefundProcessed(_)
        | PaymentEvent::RefundFailed(_) => Vec::new(),
    }
}

/// The candidate is told that there is feedback to read.
pub fn of_feedback(state: &InterviewProcess, event: &FeedbackEvent, now: Instant) -> Vec<Due> {
    match event {
        FeedbackEvent::FeedbackReleased(event) => {
            let about = About::interview(event.interview, state.revision)
                .once_for(event.feedback.uuid())
                .numbered(event.version);
            vec![(about.tell(event.candidate, Template::FeedbackReleased), now)]
        }
    }
}

/// Whoever asked for a report is told that it is ready.
pub fn of_report(state: &InterviewProcess, event: &ReportEvent, now: Instant) -> Vec<Due> {
    match event {
        ReportEvent::ReportGenerated(event) => report_ready(state, event)
            .map(|deed| (deed, now))
            .into_iter()
            .collect(),
        ReportEvent::ReportRequested(_) | ReportEvent::ReportFailed(_) | ReportEvent::ReportPublished(_) => {
            Vec::new()
        }
    }
}

fn report_ready(state: &InterviewProcess, event: &ReportGenerated) -> Option<Deed> {
    let about = About::interview(event.interview, state.revision)
        .once_for(event.report.uuid())
        .numbered(event.revision);
    let requester = state
        .reports
        .iter()
        .find(|asked| asked.report == event.report && asked.revision == event.revision)?;
    Some(about.tell(requester.by, Template::ReportReady))
}

/// Whoever waits is told what is offered. There is no interview yet: the message is about the one that taking it makes.
pub(super) fn told_of_offer(event: &WaitlistOffered) -> Deed {
    let message = Message {
        recipient: event.candidate,
        template: Template::SlotOffered,
        interview: event.interview,
        revision: 1,
    };
    Deed::MailOffer {
        interview_type: event.interview_type,
        entry: event.entry,
        notification: About::interview(event.interview, 1).notification(&message),
        message,
    }
}

/// What messages are about, and what tells two messages of one kind apart.
#[derive(Clone, Copy)]
struct About {
    interview: InterviewId,
    revision: u32,
    thing: Uuid,
    number: u32,
}

impl About {
    const fn interview(interview: InterviewId, revision: u32) -> Self {
        Self {
            interview,
            revision,
            thing: interview.uuid(),
            number: 0,
        }
    }

    const fn once_for(self, thing: Uuid) -> Self {
        Self { thing, ..self }
    }

    const fn numbered(self, number: u32) -> Self {
        Self { number, ..self }
    }

    fn tell(self, recipient: AccountId, template: Template) -> Deed {
        let message = Message {
            recipient,
            template,
            interview: self.interview,
            revision: self.revision,
        };
        let notification = self.notification(&message);
        Deed::SendMail {
            notification,
            message,
        }
    }

    /// One for each; of a candidate who may not be there yet, one or none.
    fn tell_all<'r>(
        self,
        recipients: impl IntoIterator<Item = &'r AccountId>,
        template: Template,
    ) -> impl Iterator<Item = Deed> {
        recipients
            .into_iter()
            .map(move |recipient| self.tell(*recipient, template))
    }

    /// The same message about the same thing is the same notification, whatever led to it.
    fn notification(self, message: &Message) -> NotificationId {
        ids::derive(&[
            message.recipient.uuid().as_bytes(),
            name(message.template).as_bytes(),
            message.interview.uuid().as_bytes(),
            &message.revision.to_be_bytes(),
            self.thing.as_bytes(),
            &self.number.to_be_bytes(),
        ])
    }
}

/// The name of a template: part of the notification's id, and of the names of the files with its text.
pub const fn name(template: Template) -> &'static str {
    match template {
        Template::InterviewConfirmed => "interview_confirmed",
        Template::InterviewAssigned => "interview_assigned",
        Template::InterviewRescheduled => "interview_rescheduled",
        Template::InterviewCancelled => "interview_cancelled",
        Template::SlotLost => "slot_lost",
        Template::InterviewersAbsent => "interviewers_absent",
        Template::PaidTwice => "paid_twice",
        Template::FeedbackReleased => "feedback_released",
        Template::ReportReady => "report_ready",
        Template::ApprovalRequested => "approval_requested",
        Template::BookingApproved => "booking_approved",
        Template::BookingDeclined => "booking_declined",
        Template::TimesProposed => "times_proposed",
        Template::ProposalDeclined => "proposal_declined",
        Template::SlotOffered => "slot_offered",
        Template::SessionInvitation => "session_invitation",
    }
}

/// The interview that released feedback belongs to.
pub(crate) const fn feedback_interview(event: &FeedbackEvent) -> InterviewId {
    match event {
        FeedbackEvent::FeedbackReleased(event) => event.interview,
    }
}
