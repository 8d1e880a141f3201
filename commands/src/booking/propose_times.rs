//! Other times are proposed for an interview. Each of them can be booked at present, and none is held.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, InterviewId, ProposalId},
    interview::{
        Booking, Interview, events::Side, proposals::MOST_OPTIONS, propose_times::ProposeTimes as Propose,
    },
    refusal::Refusal,
    sealed::Sealed,
    text::Paragraph,
    time::{Instant, Slot, Span, Zone},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::{rebooking::Rebooking, repair};

/// What is proposed.
#[derive(Clone, Debug, Serialize)]
pub struct ProposeTimes {
    /// For which interview.
    pub interview: InterviewId,
    /// Who proposes.
    pub by: AccountId,
    /// Whether a role lets this person speak for the hosts of every interview.
    pub is_staff: bool,
    /// The revision that the asker saw.
    pub expected_revision: u32,
    /// The starts.
    pub starts: Vec<Instant>,
    /// The zone the times are promised in; that of the present time when absent.
    pub zone: Option<Zone>,
    /// What the asker says to it.
    pub message: Option<Paragraph>,
}

/// What was proposed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposed {
    /// The proposal.
    pub proposal: ProposalId,
}

#[async_trait]
impl UseCase for ProposeTimes {
    const OPERATION: &'static str = "proposeTimes";
    type Output = Proposed;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Proposed, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let side = side_of(booking, self.by, self.is_staff)?;
        // Whether a time is free matters only to a proposal that is possible at all.
        let is_possible = booking.phase.was_confirmed()
            && booking.revision == self.expected_revision
            && self.starts.len() <= MOST_OPTIONS
            && !self.starts.contains(&booking.slot.span.start);
        if is_possible {
            self.check(unit, booking).await?;
        }
        let zone = self.zone.unwrap_or(booking.slot.zone);
        let span = |start| Span::minutes(start, booking.terms.duration_minutes);
        let subject = booking.subject(self.by);
        let proposal: ProposalId = unit.mint();
        let propose = Propose {
            expected_revision: self.expected_revision,
            proposal,
            by: Some(self.by),
            vacated_by: Vec::new(),
            side,
            options: self
                .starts
                .iter()
                .map(|start| Slot::promised(span(*start), zone))
                .collect(),
            message: self
                .message
                .as_ref()
                .map(|message| Sealed::open(subject, message.to_string())),
        };
        unit.decide::<Interview>(self.interview.uuid(), propose.into())
            .await?;
        Ok(Proposed { proposal })
    }
}

impl ProposeTimes {
    /// By the rule that offers slots, as for a move.
    async fn check(&self, unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
        if booking.lost_its_panel() {
            for start in &self.starts {
                repair::seated(unit, booking, None, *start).await?;
            }
            return Ok(());
        }
        let rebooking = Rebooking::with_its_panel(unit, booking).await?;
        for start in &self.starts {
            rebooking.at(*start, unit.now())?;
        }
        Ok(())
    }
}

/// On which side somebody is. A candidate is the candidate, whatever else they may be in the organisation.
pub(super) fn side_of(booking: &Booking, account: AccountId, is_staff: bool) -> Result<Side, Refusal> {
    if booking.is_candidate(account) {
        Ok(Side::Candidate)
    } else if is_staff || booking.is_panel_member(account) {
        Ok(Side::Hosts)
    } else {
        Err(Refusal::NotFound { what: "interview" })
    }
}
