//! How an interview begins: what its first event says, whichever it is.

use super::events::{
    BookingRequested, Brief, InterviewEvent, InterviewScheduled, PanelMember, SessionHosted, Terms, TypePin,
};
use crate::{
    ids::{AccountId, InterviewId},
    interview_type::events::{Difficulty, InterviewKind, Mode, Purpose},
    price_list::events::Quote,
    sealed::Sealed,
    text::Line,
    time::Slot,
};

/// What is known of an interview from its first event on.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// Which interview.
    pub interview: InterviewId,
    /// Who is interviewed; nobody yet in a session.
    pub candidate: Option<AccountId>,
    /// Who set it up or opened it; nobody, when its candidate asked for it.
    pub set_up_by: Option<AccountId>,
    /// The product, if it follows one.
    pub product: Option<TypePin>,
    /// Title of the interview.
    pub title: &'a Line,
    /// What whoever set it up says about it.
    pub description: Option<&'a Sealed<String>>,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// When.
    pub slot: &'a Slot,
    /// Who will meet the candidate.
    pub panel: &'a [PanelMember],
    /// What the candidate says about the job.
    pub brief: Option<&'a Sealed<Brief>>,
    /// The price, if it has one.
    pub quote: Option<Quote>,
    /// The conditions.
    pub terms: &'a Terms,
    /// Language of the interview.
    pub locale: &'a str,
    /// How it was opened, when it is a session.
    pub session: Option<&'a SessionHosted>,
}

impl<'a> Beginning<'a> {
    /// What the first event of an interview says; nothing, when it is another one.
    pub fn of(event: &'a InterviewEvent) -> Option<Self> {
        match event {
            InterviewEvent::BookingRequested(event) => Some(Self::requested(event)),
            InterviewEvent::InterviewScheduled(event) => Some(Self::scheduled(event)),
            InterviewEvent::SessionHosted(event) => Some(Self::hosted(event)),
            InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::SlotClaimed(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::InterviewConfirmed(_)
            | InterviewEvent::ApprovalRequired(_)
            | InterviewEvent::BookingApproved(_)
            | InterviewEvent::BookingDeclined(_)
            | InterviewEvent::BookingExpired(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::InterviewRescheduled(_)
            | InterviewEvent::TimeZoneRuleDriftDetected(_)
            | InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::InterviewOpened(_)
            | InterviewEvent::InterviewStarted(_)
            | InterviewEvent::InterviewEnded(_)
            | InterviewEvent::InterviewCompleted(_)
            | InterviewEvent::InterviewAbandoned(_)
            | InterviewEvent::NoShowMarked(_)
            | InterviewEvent::NoShowRetracted(_)
            | InterviewEvent::InterviewCancelled(_)
            | InterviewEvent::RefundLimited(_)
            | InterviewEvent::InviteResponded(_)
            | InterviewEvent::PanelSeatVacated(_)
            | InterviewEvent::InterviewerReplaced(_)
            | InterviewEvent::GuestsInvited(_)
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::CandidateJoined(_) => None,
        }
    }

    const fn requested(event: &'a BookingRequested) -> Self {
        Self {
            interview: event.interview,
            candidate: Some(event.candidate),
            set_up_by: None,
            product: Some(TypePin {
                interview_type: event.interview_type,
                version: event.type_version,
            }),
            title: &event.title,
            description: None,
            kind: event.kind,
            difficulty: event.difficulty,
            mode: event.mode,
            purpose: event.purpose,
            slot: &event.slot,
            panel: event.panel.as_slice(),
            brief: event.brief.as_ref(),
            quote: event.quote,
            terms: &event.terms,
            locale: event.locale.as_str(),
            session: None,
        }
    }

    const fn scheduled(event: &'a InterviewScheduled) -> Self {
        Self {
            interview: event.interview,
            candidate: Some(event.candidate),
            set_up_by: Some(event.by),
            product: event.product,
            title: &event.title,
            description: event.description.as_ref(),
            kind: event.kind,
            difficulty: event.difficulty,
            mode: event.mode,
            purpose: event.purpose,
            slot: &event.slot,
            panel: event.panel.as_slice(),
            brief: None,
            quote: None,
            terms: &event.terms,
            locale: event.locale.as_str(),
            session: None,
        }
    }

    const fn hosted(event: &'a SessionHosted) -> Self {
        Self {
            interview: event.interview,
            candidate: None,
            set_up_by: Some(event.by),
            product: None,
            title: &event.title,
            description: None,
            kind: event.kind,
            difficulty: event.difficulty,
            mode: event.mode,
            purpose: event.purpose,
            slot: &event.slot,
            panel: event.panel.as_slice(),
            brief: None,
            quote: None,
            terms: &event.terms,
            locale: event.locale.as_str(),
            session: Some(event),
        }
    }
}
