//! An interview is called off: its time is free again, its room closed and its money on the way back in one append.

use async_trait::async_trait;
use domain::{
    ids::{self, AccountId, InterviewId, PaymentId, RefundId, RoomId},
    interview::{
        Booking, Interview,
        cancel::Cancel,
        events::{PanelClaim, Party},
        phase::Phase,
    },
    interviewer_calendar::{InterviewerCalendar, events::ReleaseReason, release_claim::ReleaseClaim},
    money::Money,
    payment::{self, Payment, events::RefundReason, request_refund::RequestRefund},
    refusal::Refusal,
    room::{Room, RoomCommand, close::Close, events::CloseReason},
    sealed::Sealed,
    text::Paragraph,
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

/// A cancellation.
#[derive(Clone, Debug, Serialize)]
pub struct CancelInterview {
    /// Which interview.
    pub interview: InterviewId,
    /// Who calls it off.
    pub by: AccountId,
    /// Whether a role lets this person call every interview off; others call off those that they take part in.
    pub is_staff: bool,
    /// Whose wish it is, where staff says so.
    pub party: Option<Party>,
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
    /// Why, in the asker's words.
    pub reason: Option<Paragraph>,
}

#[async_trait]
impl UseCase for CancelInterview {
    const OPERATION: &'static str = "cancelInterview";
    type Output = ();

    async fn run(&self, unit: &mut Unit<'_>) -> Result<(), CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        let party = self.party(booking)?;
        if matches!(booking.phase, Phase::Cancelled { .. }) {
            return Ok(());
        }
        let subject = booking.subject(self.by);
        let cancel = Cancel {
            expected_revision: self.expected_revision,
            by: self.by,
            party,
            reason: self
                .reason
                .as_ref()
                .map(|reason| Sealed::open(subject, reason.to_string())),
            paid: paid(unit, booking).await?,
        };
        unit.decide::<Interview>(self.interview.uuid(), cancel.into())
            .await?;
        release(unit, booking).await?;
        close_room(unit, booking).await?;
        settle(unit, booking, party).await
    }
}

impl CancelInterview {
    /// Whose wish it is: the asker's own part in the interview, or what staff says. A candidate is a candidate, whatever
    /// else they may be in the organisation.
    fn party(&self, booking: &Booking) -> Result<Party, Refusal> {
        let own = if booking.is_candidate(self.by) {
            Party::Candidate
        } else if self.is_staff {
            return Ok(self.party.unwrap_or(Party::Organisation));
        } else if booking.is_panel_member(self.by) {
            Party::Interviewer
        } else {
            return Err(Refusal::NotFound { what: "interview" });
        };
        match self.party {
            Some(party) if party != own => Err(Refusal::invalid("party", "must be your own part in it")),
            Some(_) | None => Ok(own),
        }
    }
}

/// The refund of a payment whose interview was called off: there is only one.
pub(crate) fn refund_of(payment: PaymentId) -> RefundId {
    ids::derive(&[payment.uuid().as_bytes(), b"cancelled"])
}

/// What was paid and has not gone back.
async fn paid(unit: &mut Unit<'_>, booking: &Booking) -> Result<Option<Money>, CommandError> {
    let Some(payment) = booking.payment else {
        return Ok(None);
    };
    let payment: Payment = unit.load(payment.uuid()).await?;
    let paid = payment.opened()?;
    Ok(paid.captured().map(|_| paid.refundable()))
}

async fn release(unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
    for PanelClaim { account, claim } in booking.claims.iter().copied() {
        let release = ReleaseClaim {
            account,
            claim,
            reason: ReleaseReason::Cancelled,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), release.into())
            .await?;
    }
    Ok(())
}

/// A room that is not made yet is not made any more: whoever makes it looks at the interview.
async fn close_room(unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
    let id = RoomId::of(booking.interview, booking.revision).uuid();
    let room: Room = unit.load(id).await?;
    if room.inside().is_some() {
        let close = Close {
            at: unit.now(),
            reason: CloseReason::Cancelled,
        };
        unit.decide::<Room>(id, RoomCommand::Close(close)).await?;
    }
    Ok(())
}

/// Nothing is waited for any more; what was paid goes back as far as the conditions say.
async fn settle(unit: &mut Unit<'_>, booking: &Booking, party: Party) -> Result<(), CommandError> {
    let Some(id) = booking.payment else {
        return Ok(());
    };
    let payment = unit
        .decide::<Payment>(id.uuid(), payment::cancel::Cancel.into())
        .await?;
    let percent = match booking.phase.was_confirmed() {
        true => booking.refundable_percent(party, unit.now()),
        false => 100,
    };
    let amount = payment.opened()?.refundable().percent(percent);
    if amount.minor > 0 {
        let refund = RequestRefund {
            refund: refund_of(id),
            amount,
            reason: RefundReason::Cancelled,
        };
        unit.decide::<Payment>(id.uuid(), refund.into()).await?;
    }
    Ok(())
}
