//! Who takes part in which interview. The visibility of interviews is enforced through it.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId},
    interview::events::InterviewEvent,
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
                let panel = event.panel.iter().map(|member| member.account);
                panel
                    .chain([event.candidate])
                    .map(|account| Key::pair(event.interview, account))
                    .collect()
            }
            InterviewEvent::SlotClaimed(_)
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
            | InterviewEvent::RefundLimited(_) => Vec::new(),
        }
    }

    fn apply(key: Key, row: Option<Participation>, event: &Heard, _: &Envelope) -> Option<Participation> {
        let Heard::Interview(event) = event;
        match event {
            InterviewEvent::BookingRequested(event) => {
                let panel = event
                    .panel
                    .iter()
                    .map(|member| (member.account, Part::Interviewer));
                panel
                    .chain([(event.candidate, Part::Candidate)])
                    .find(|(account, _)| Key::pair(event.interview, *account) == key)
                    .map(|(account, part)| Participation {
                        interview: event.interview,
                        account,
                        part,
                    })
            }
            InterviewEvent::SlotClaimed(_)
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
            | InterviewEvent::RefundLimited(_) => row,
        }
    }

    fn columns(row: &Participation) -> Vec<Value> {
        vec![id(row.interview), id(row.account), word(&row.part)]
    }
}
