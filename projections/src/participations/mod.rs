//! Who takes part in which interview. The visibility of interviews is enforced through it.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId},
    interview::events::{InterviewEvent, PanelMember},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    hears,
    list::Elsewhere,
    model::{Column, Index, Key, ReadModel, id, word},
    sql::{Kind, Value},
};

/// The read model.
#[derive(Debug)]
pub enum Participations {}

/// One person in one interview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Participation {
    /// The interview.
    pub interview: InterviewId,
    /// The person.
    pub account: AccountId,
    /// As what.
    pub part: Part,
}

/// As what somebody takes part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The person who is interviewed.
    Candidate,
    /// A member of the panel.
    Interviewer,
}

impl Participation {
    fn key(&self) -> Key {
        Key::pair(self.interview, self.account)
    }
}

/// The panel and the candidate.
fn everybody(
    interview: InterviewId,
    candidate: Option<AccountId>,
    panel: &[PanelMember],
) -> impl Iterator<Item = Participation> {
    let interviewers = panel.iter().map(|member| (member.account, Part::Interviewer));
    interviewers
        .chain(candidate.map(|candidate| (candidate, Part::Candidate)))
        .map(move |(account, part)| Participation {
            interview,
            account,
            part,
        })
}

hears! {
    /// What it is told by.
    pub enum Heard { Interview(InterviewEvent) }
}

pub(crate) const INTERVIEW: Column = Column::required("interview", Kind::Id);
pub(crate) const ACCOUNT: Column = Column::required("account", Kind::Id);
const PART: Column = Column::required("part", Kind::Text);

/// From an interview to the accounts that take part in it.
pub(crate) const OF_INTERVIEW: Elsewhere = Elsewhere {
    view: Participations::NAME,
    there: INTERVIEW,
    here: "key",
};

impl ReadModel for Participations {
    const NAME: &'static str = "participations";
    const COLUMNS: &'static [Column] = &[INTERVIEW, ACCOUNT, PART];
    const INDEXES: &'static [Index] = &[
        // "Is this person in that interview?", for each interview of a list.
        Index {
            name: "account",
            columns: &["account", "interview"],
        },
    ];
    const SOURCE: &'static str = include_str!("mod.rs");
    type Row = Participation;
    type Heard = Heard;

    fn keys(event: &Heard, _: &Envelope) -> Vec<Key> {
        let Heard::Interview(event) = event;
        match event {
            InterviewEvent::BookingRequested(event) => {
                everybody(event.interview, Some(event.candidate), &event.panel)
                    .map(|participation| participation.key())
                    .collect()
            }
            InterviewEvent::InterviewScheduled(event) => {
                everybody(event.interview, Some(event.candidate), &event.panel)
                    .map(|participation| participation.key())
                    .collect()
            }
            InterviewEvent::SessionHosted(event) => everybody(event.interview, None, &event.panel)
                .map(|participation| participation.key())
                .collect(),
            InterviewEvent::CandidateJoined(event) => vec![Key::pair(event.interview, event.candidate)],
            InterviewEvent::PanelSeatVacated(event) => {
                vec![Key::pair(event.interview, event.member.account)]
            }
            InterviewEvent::InterviewerReplaced(event) => {
                vec![Key::pair(event.interview, event.member.account)]
            }
            InterviewEvent::SlotClaimed(_)
            | InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::InterviewConfirmed(_)
            | InterviewEvent::BookingExpired(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::InterviewRescheduled(_)
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
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::TimeZoneRuleDriftDetected(_)
            | InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::ApprovalRequired(_)
            | InterviewEvent::BookingApproved(_)
            | InterviewEvent::BookingDeclined(_)
            | InterviewEvent::InviteResponded(_) => Vec::new(),
        }
    }

    fn apply(key: Key, row: Option<Participation>, event: &Heard, _: &Envelope) -> Option<Participation> {
        let Heard::Interview(event) = event;
        match event {
            InterviewEvent::BookingRequested(event) => {
                everybody(event.interview, Some(event.candidate), &event.panel)
                    .find(|participation| participation.key() == key)
            }
            InterviewEvent::InterviewScheduled(event) => {
                everybody(event.interview, Some(event.candidate), &event.panel)
                    .find(|participation| participation.key() == key)
            }
            InterviewEvent::SessionHosted(event) => everybody(event.interview, None, &event.panel)
                .find(|participation| participation.key() == key),
            InterviewEvent::CandidateJoined(event) => Some(Participation {
                interview: event.interview,
                account: event.candidate,
                part: Part::Candidate,
            }),
            InterviewEvent::PanelSeatVacated(_) => None,
            InterviewEvent::InterviewerReplaced(event) => Some(Participation {
                interview: event.interview,
                account: event.member.account,
                part: Part::Interviewer,
            }),
            InterviewEvent::SlotClaimed(_)
            | InterviewEvent::PlacedInSeries(_)
            | InterviewEvent::PlacedInGroup(_)
            | InterviewEvent::PaymentRequired(_)
            | InterviewEvent::InterviewConfirmed(_)
            | InterviewEvent::BookingExpired(_)
            | InterviewEvent::SlotReclaimed(_)
            | InterviewEvent::InterviewRescheduled(_)
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
            | InterviewEvent::DetailsChanged(_)
            | InterviewEvent::KitAttached(_)
            | InterviewEvent::TimeZoneRuleDriftDetected(_)
            | InterviewEvent::TimeZoneRuleDriftEnded(_)
            | InterviewEvent::DriftedTimeKept(_)
            | InterviewEvent::RescheduleProposed(_)
            | InterviewEvent::RescheduleAccepted(_)
            | InterviewEvent::RescheduleDeclined(_)
            | InterviewEvent::ApprovalRequired(_)
            | InterviewEvent::BookingApproved(_)
            | InterviewEvent::BookingDeclined(_)
            | InterviewEvent::InviteResponded(_) => row,
        }
    }

    fn columns(row: &Participation) -> Vec<Value> {
        vec![id(row.interview), id(row.account), word(&row.part)]
    }
}
