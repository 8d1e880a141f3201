//! The money has come: the candidate gets the interview that was paid for, or the money back.
//!
//! While the hold lives, it becomes firm. When it has died, the same slot is claimed anew if it can be booked with the same panel
//! by then; otherwise, and when the interview was called off meanwhile, the whole amount goes back. There is never a paid
//! booking without a slot that nobody pays back, nor a slot for money that is not there (rule M3).

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{self, InterviewId, PaymentId, RefundId},
    interview::{
        Booking, Interview,
        confirm::Confirm,
        events::{GroupPlace, PanelClaim},
        expire::Expire,
        phase::Phase,
        reclaim::Reclaim,
    },
    interviewer_calendar::{InterviewerCalendar, expire_hold::ExpireHold},
    payment::{Ledger, Payment, events::RefundReason, request_refund::RequestRefund},
    refusal::Refusal,
    slots::Share,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::{
    cancel_interview,
    rebooking::Rebooking,
    request_booking::{self, Hold, Seat},
};

/// What was paid.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ConfirmPaid {
    /// Which interview.
    pub interview: InterviewId,
    /// By which payment.
    pub payment: PaymentId,
}

/// What the candidate gets for the money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The interview.
    Confirmed,
    /// The interview, although the money came late.
    Reclaimed,
    /// The money.
    Refunded,
}

/// A slot that was lost and can be had again.
#[derive(Clone, Copy, Debug)]
struct Again {
    /// The place in the group that has it, where candidates share it.
    group: Option<GroupPlace>,
}

#[async_trait]
impl UseCase for ConfirmPaid {
    const OPERATION: &'static str = "confirmPaid";
    type Output = Settled;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Settled, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let payment: Payment = unit.load(self.payment.uuid()).await?;
        let (booking, paid) = (interview.booked()?, payment.opened()?);
        if booking.payment != Some(self.payment) {
            return Err(Refusal::NotFound {
                what: "payment of the interview",
            }
            .into());
        }
        if paid.captured().is_none() {
            return Err(Refusal::WrongState {
                state: "nothing was paid",
            }
            .into());
        }
        if booking.phase.was_confirmed() {
            return Ok(Settled::Confirmed);
        }
        if let Phase::Cancelled { was_confirmed } = booking.phase {
            return refund_cancelled(unit, paid, was_confirmed).await;
        }
        if paid.refunds.contains_key(&refund_of(self.payment)) {
            return Ok(Settled::Refunded);
        }
        if booking.phase == Phase::AwaitingPayment && !booking.hold_is_over(unit.now()) {
            return confirm(unit, booking).await;
        }
        record_expiry(unit, booking).await?;
        if let Some(again) = again(unit, booking).await? {
            reclaim(unit, booking, again).await
        } else {
            refund(unit, paid).await
        }
    }
}

/// The candidate paid while, or after, it was called off. What was called off before it was confirmed goes back whole;
/// what had been confirmed was settled by the cancellation.
async fn refund_cancelled(
    unit: &mut Unit<'_>,
    paid: &Ledger,
    was_confirmed: bool,
) -> Result<Settled, CommandError> {
    let amount = paid.refundable();
    if !was_confirmed && amount.minor > 0 {
        let refund = RequestRefund {
            refund: cancel_interview::refund_of(paid.payment),
            amount,
            reason: RefundReason::Cancelled,
        };
        unit.decide::<Payment>(paid.payment.uuid(), refund.into()).await?;
    }
    Ok(Settled::Refunded)
}

/// The refund of a payment whose slot was lost: there is only one.
fn refund_of(payment: PaymentId) -> RefundId {
    ids::derive(&[payment.uuid().as_bytes(), b"slot_lost"])
}

async fn confirm(unit: &mut Unit<'_>, booking: &Booking) -> Result<Settled, CommandError> {
    request_booking::confirm(unit, &booking.claims).await?;
    unit.decide::<Interview>(booking.interview.uuid(), Confirm.into())
        .await?;
    Ok(Settled::Confirmed)
}

/// The timer that records the end of the hold may be late; the slot is claimed anew only after that is recorded.
async fn record_expiry(unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
    for PanelClaim { account, claim } in booking.claims.iter().copied() {
        unit.decide::<InterviewerCalendar>(account.uuid(), ExpireHold { account, claim }.into())
            .await?;
    }
    unit.decide::<Interview>(booking.interview.uuid(), Expire.into())
        .await?;
    Ok(())
}

/// Its own slot again, if the function that offers slots finds it free by now: asked before anything is claimed, because
/// what was decided in an append cannot be taken out again. Neither notice nor horizon are held against it, and where
/// candidates share the time, it is a seat in the group that has it by then.
async fn again(unit: &mut Unit<'_>, booking: &Booking) -> Result<Option<Again>, CommandError> {
    let rebooking = match Rebooking::with_its_panel(unit, booking).await {
        Ok(rebooking) => rebooking,
        // Where nothing is known of the product any more, nothing of it can be had.
        Err(CommandError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Ok(offer) = rebooking.as_requested(unit.now()) else {
        return Ok(None);
    };
    let sits_there = |share: &Share| {
        let mut candidates = share.candidates.iter();
        candidates.any(|candidate| booking.is_candidate(*candidate))
    };
    if offer.share.as_ref().is_some_and(sits_there) {
        return Ok(None);
    }
    let own = booking.group.map(|place| place.group);
    let place = |share: Share| share.place(|| own.unwrap_or_else(|| unit.mint()));
    Ok(Some(Again {
        group: offer.share.map(place),
    }))
}

async fn reclaim(
    unit: &mut Unit<'_>,
    booking: &Booking,
    Again { group }: Again,
) -> Result<Settled, CommandError> {
    let hold = Hold {
        interview: booking.interview,
        interview_type: booking.product.map(|product| product.interview_type),
        seat: group.and_then(|place| Seat::at(place, booking)),
        revision: booking.revision,
        span: booking.slot.span,
        // Made firm in the same append; the moment only has to lie ahead.
        expires_at: unit.now() + Duration::minutes(1),
    };
    let claims = hold.place(unit, &booking.panel, &booking.terms).await?;
    request_booking::confirm(unit, &claims).await?;
    let reclaim = Reclaim { group, claims };
    unit.decide::<Interview>(booking.interview.uuid(), reclaim.into())
        .await?;
    Ok(Settled::Reclaimed)
}

async fn refund(unit: &mut Unit<'_>, paid: &Ledger) -> Result<Settled, CommandError> {
    let refund = RequestRefund {
        refund: refund_of(paid.payment),
        amount: paid.refundable(),
        reason: RefundReason::SlotLost,
    };
    unit.decide::<Payment>(paid.payment.uuid(), refund.into()).await?;
    Ok(Settled::Refunded)
}
