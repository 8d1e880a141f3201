//! The money has come: the candidate gets the interview that was paid for, or the money back.
//!
//! While the hold lives, it becomes firm. When it has died, the same slot is claimed anew if every calendar of the
//! panel is still free, nobody of it is away or booked up by then, and the product is within its limits; otherwise, and when the interview was called off
//! meanwhile, the whole amount goes back. There is never a paid booking without a slot that nobody pays back, nor a slot
//! for money that is not there (rule M3).

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    availability::Availability,
    ids::{self, InterviewId, PaymentId, RefundId},
    interview::{
        Booking, Interview,
        confirm::Confirm,
        events::{GroupPlace, PanelClaim, PanelMember},
        expire::Expire,
        phase::Phase,
        reclaim::Reclaim,
    },
    interviewer_calendar::{Claim, InterviewerCalendar, events::GroupSeat, expire_hold::ExpireHold},
    payment::{Ledger, Payment, events::RefundReason, request_refund::RequestRefund},
    refusal::Refusal,
    time::Instant,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::{
    cancel_interview, panel_facts,
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
        let place = place(unit, booking).await?;
        if booking.slot.span.start > unit.now() && is_free(unit, booking, place).await? {
            reclaim(unit, booking, place).await
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

/// Asked of everybody before anything is claimed, because what was decided in an append cannot be taken out again.
/// Whoever has declared an absence since, or takes on no more by now, gets nothing new into their calendar either, nor does
/// a product go beyond its limits.
async fn is_free(
    unit: &mut Unit<'_>,
    booking: &Booking,
    place: Option<GroupPlace>,
) -> Result<bool, CommandError> {
    let span = booking.slot.span;
    let taken = panel_facts::taken_on(unit, booking).await?;
    let is_full = taken.is_some_and(|taken| !taken.has_room(span));
    let terms = &booking.terms;
    let protected = booking
        .slot
        .span
        .widened(terms.buffer_before_minutes, terms.buffer_after_minutes);
    for member in &booking.panel {
        let calendar: InterviewerCalendar = unit.load(member.account.uuid()).await?;
        let availability: Availability = unit.load(member.account.uuid()).await?;
        let is_shared = |claim: &Claim| place.is_some_and(|place| claim.is_of(place.group));
        let is_free = calendar.is_free(protected, unit.now(), |_, claim| is_shared(claim))
            && has_seat(&calendar, member, booking, place, unit.now());
        // One more seat in a group that is met anyhow is no more of what is taken on.
        let meets = place.is_some_and(|place| calendar.seats_in(place.group, unit.now()).next().is_some());
        let own = availability.has_room(&calendar, span, unit.now(), Some(booking.interview));
        let has_room = meets || (own && !is_full);
        if !is_free || !has_room || availability.is_away(span) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The place in a group that the booking can have now: in the one that has its time with its product, or else its own.
async fn place(unit: &mut Unit<'_>, booking: &Booking) -> Result<Option<GroupPlace>, CommandError> {
    let (Some(own), Some(member), Some(pin)) = (booking.group, booking.panel.first(), booking.product) else {
        return Ok(booking.group);
    };
    let calendar: InterviewerCalendar = unit.load(member.account.uuid()).await?;
    let mut there = calendar
        .live_claims(unit.now())
        .filter(|claim| claim.span == booking.slot.span && claim.interview_type == Some(pin.interview_type));
    let found = there.find_map(|claim| claim.group);
    Ok(Some(found.map_or(own, |seat| seat.place)))
}

/// Whether the group has a seat left in the calendar of a member of the panel.
fn has_seat(
    calendar: &InterviewerCalendar,
    member: &PanelMember,
    booking: &Booking,
    place: Option<GroupPlace>,
    now: Instant,
) -> bool {
    let seat = place
        .and_then(|place| Seat::at(place, booking))
        .map(|seat| GroupSeat {
            place: seat.place,
            candidate: seat.candidate,
            role: member.role,
            reason: member.reason,
        });
    seat.is_none_or(|seat| calendar.check_seat(&seat, booking.interview, now).is_ok())
}

async fn reclaim(
    unit: &mut Unit<'_>,
    booking: &Booking,
    place: Option<GroupPlace>,
) -> Result<Settled, CommandError> {
    let hold = Hold {
        interview: booking.interview,
        interview_type: booking.product.map(|product| product.interview_type),
        seat: place.and_then(|place| Seat::at(place, booking)),
        revision: booking.revision,
        span: booking.slot.span,
        // Made firm in the same append; the moment only has to lie ahead.
        expires_at: unit.now() + Duration::minutes(1),
    };
    let claims = hold.place(unit, &booking.panel, &booking.terms).await?;
    request_booking::confirm(unit, &claims).await?;
    let reclaim = Reclaim { group: place, claims };
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
