//! What the rules remember of one interview: enough to know whom to tell and when, folded from events alone, so that
//! a rebuild comes to the same.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ReportId},
    interview::events::{
        BookingApproved, BookingRequested, CandidateJoined, DriftedTimeKept, InterviewEvent,
        InterviewRescheduled, InterviewScheduled, SessionHosted, SlotClaimed, SlotReclaimed,
    },
    interview_type::events::{JoinWindow, Purpose},
    report::events::{ReportEvent, ReportRequested},
    time::{Instant, Span},
};

/// The state of an interview's process. Ids and times only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InterviewProcess {
    /// Who is interviewed; nobody in a session that no candidate has joined.
    pub candidate: Option<AccountId>,
    /// Who meets the candidate.
    pub panel: Vec<AccountId>,
    /// What the interview is for.
    pub purpose: Purpose,
    /// The time it has now.
    pub span: Span,
    /// Which settling of its time that is, from 1.
    pub revision: u32,
    /// When its room may be entered.
    pub join_window: JoinWindow,
    /// When the slot is lost unless it is paid.
    pub hold_expires_at: Option<Instant>,
    /// Whether the panel was asked to agree, and so knows of what is not confirmed.
    #[serde(default)]
    pub is_asked: bool,
    /// Who asked for which revision of which report.
    pub reports: Vec<ReportAsked>,
}

/// Somebody asked for a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportAsked {
    /// Which report.
    pub report: ReportId,
    /// Which revision.
    pub revision: u32,
    /// Who.
    pub by: AccountId,
}

impl InterviewProcess {
    /// When the room of the present time is closed for good.
    pub fn room_closes_at(&self) -> Instant {
        self.span.end + Duration::minutes(i64::from(self.join_window.closes_after_minutes))
    }

    fn begun(event: &BookingRequested) -> Self {
        Self {
            candidate: Some(event.candidate),
            panel: event.panel.iter().map(|member| member.account).collect(),
            purpose: event.purpose,
            span: event.slot.span,
            revision: 1,
            join_window: event.terms.join_window,
            hold_expires_at: None,
            is_asked: false,
            reports: Vec::new(),
        }
    }

    fn scheduled(event: &InterviewScheduled) -> Self {
        Self {
            candidate: Some(event.candidate),
            panel: event.panel.iter().map(|member| member.account).collect(),
            purpose: event.purpose,
            span: event.slot.span,
            revision: 1,
            join_window: event.terms.join_window,
            hold_expires_at: None,
            is_asked: false,
            reports: Vec::new(),
        }
    }

    fn hosted(event: &SessionHosted) -> Self {
        Self {
            candidate: None,
            panel: event.panel.iter().map(|member| member.account).collect(),
            purpose: event.purpose,
            span: event.slot.span,
            revision: 1,
            join_window: event.terms.join_window,
            hold_expires_at: None,
            is_asked: false,
            reports: Vec::new(),
        }
    }

    fn joined(self, event: &CandidateJoined) -> Self {
        Self {
            candidate: Some(event.candidate),
            ..self
        }
    }

    fn claimed(self, event: &SlotClaimed) -> Self {
        Self {
            revision: event.revision,
            hold_expires_at: Some(event.hold_expires_at),
            ..self
        }
    }

    fn asked_to_agree(self) -> Self {
        Self {
            is_asked: true,
            ..self
        }
    }

    fn approved(self, event: &BookingApproved) -> Self {
        Self {
            hold_expires_at: event.hold_expires_at,
            ..self
        }
    }

    fn reclaimed(self, event: &SlotReclaimed) -> Self {
        Self {
            revision: event.revision,
            hold_expires_at: None,
            ..self
        }
    }

    fn moved(self, event: &InterviewRescheduled) -> Self {
        Self {
            span: event.to.span,
            revision: event.revision,
            ..self
        }
    }

    fn kept(self, event: &DriftedTimeKept) -> Self {
        Self {
            revision: event.revision,
            ..self
        }
    }

    fn without(mut self, account: AccountId) -> Self {
        self.panel.retain(|member| *member != account);
        self
    }

    fn with(mut self, account: AccountId) -> Self {
        self.panel.push(account);
        self
    }

    fn asked(mut self, event: &ReportRequested) -> Self {
        self.reports.push(ReportAsked {
            report: event.report,
            revision: event.revision,
            by: event.by,
        });
        self
    }
}

/// The state after an event of the interview. The first one makes it; events without that one change nothing.
#[must_use]
pub fn after_interview(before: Option<InterviewProcess>, event: &InterviewEvent) -> Option<InterviewProcess> {
    match event {
        InterviewEvent::BookingRequested(event) => Some(InterviewProcess::begun(event)),
        InterviewEvent::InterviewScheduled(event) => Some(InterviewProcess::scheduled(event)),
        InterviewEvent::SessionHosted(event) => Some(InterviewProcess::hosted(event)),
        InterviewEvent::CandidateJoined(event) => before.map(|state| state.joined(event)),
        InterviewEvent::SlotClaimed(event) => before.map(|state| state.claimed(event)),
        InterviewEvent::SlotReclaimed(event) => before.map(|state| state.reclaimed(event)),
        InterviewEvent::InterviewRescheduled(event) => before.map(|state| state.moved(event)),
        InterviewEvent::DriftedTimeKept(event) => before.map(|state| state.kept(event)),
        InterviewEvent::PanelSeatVacated(event) => before.map(|state| state.without(event.member.account)),
        InterviewEvent::InterviewerReplaced(event) => before.map(|state| state.with(event.member.account)),
        InterviewEvent::ApprovalRequired(_) => before.map(InterviewProcess::asked_to_agree),
        InterviewEvent::BookingApproved(event) => before.map(|state| state.approved(event)),
        InterviewEvent::PlacedInSeries(_)
        | InterviewEvent::PlacedInGroup(_)
        | InterviewEvent::PaymentRequired(_)
        | InterviewEvent::InterviewConfirmed(_)
        | InterviewEvent::BookingDeclined(_)
        | InterviewEvent::BookingExpired(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewStarted(_)
        | InterviewEvent::InterviewEnded(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_)
        | InterviewEvent::NoShowMarked(_)
        | InterviewEvent::NoShowRetracted(_)
        | InterviewEvent::InterviewCancelled(_)
        | InterviewEvent::RefundLimited(_)
        | InterviewEvent::GuestsInvited(_)
        | InterviewEvent::TimeZoneRuleDriftDetected(_)
        | InterviewEvent::TimeZoneRuleDriftEnded(_)
        | InterviewEvent::RescheduleProposed(_)
        | InterviewEvent::RescheduleAccepted(_)
        | InterviewEvent::RescheduleDeclined(_)
        | InterviewEvent::DetailsChanged(_)
        | InterviewEvent::KitAttached(_)
        | InterviewEvent::InviteResponded(_) => before,
    }
}

/// The state after an event of a report on the interview.
#[must_use]
pub fn after_report(before: Option<InterviewProcess>, event: &ReportEvent) -> Option<InterviewProcess> {
    match event {
        ReportEvent::ReportRequested(event) => before.map(|state| state.asked(event)),
        ReportEvent::ReportGenerated(_) | ReportEvent::ReportFailed(_) | ReportEvent::ReportPublished(_) => {
            before
        }
    }
}
