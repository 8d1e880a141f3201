//! No interviewer came: the whole amount goes back (rule M5). Once, however often it is asked.

use async_trait::async_trait;
use domain::{
    ids::{self, InterviewId, PaymentId, RefundId, RoomId},
    interview::{Booking, Interview, events::Absent, phase::Phase},
    payment::{Payment, events::RefundReason, request_refund::RequestRefund},
    room::Room,
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

/// An interview to which no interviewer came.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RefundAbsence {
    /// Which.
    pub interview: InterviewId,
    /// For which settling of its time.
    pub revision: u32,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The money goes back, or did before.
    Refunded,
    /// There was no money, or none is left that could go back.
    NothingPaid,
    /// An interviewer came after all, or the interview has another time.
    NotAbsent,
}

#[async_trait]
impl UseCase for RefundAbsence {
    const OPERATION: &'static str = "refundAbsence";
    type Output = Settled;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Settled, CommandError> {
        let interview: Interview = unit.load(self.interview.uuid()).await?;
        let booking = interview.booked()?;
        if booking.revision != self.revision || !self.no_interviewer_came(unit, booking).await? {
            return Ok(Settled::NotAbsent);
        }
        let Some(id) = booking.payment else {
            return Ok(Settled::NothingPaid);
        };
        let payment: Payment = unit.load(id.uuid()).await?;
        let paid = payment.opened()?;
        let refund = refund_of(id);
        if paid.refunds.contains_key(&refund) {
            return Ok(Settled::Refunded);
        }
        let amount = paid.refundable();
        if amount.minor == 0 {
            return Ok(Settled::NothingPaid);
        }
        let request = RequestRefund {
            refund,
            amount,
            reason: RefundReason::InterviewerAbsent,
        };
        unit.decide::<Payment>(id.uuid(), request.into()).await?;
        Ok(Settled::Refunded)
    }
}

impl RefundAbsence {
    /// The mark says so, or the interview ended without an interviewer ever having been in its room. There may have
    /// been no room, which is not the candidate's fault either.
    async fn no_interviewer_came(
        &self,
        unit: &mut Unit<'_>,
        booking: &Booking,
    ) -> Result<bool, CommandError> {
        match booking.phase {
            Phase::NoShow { absent, .. } => Ok(match absent {
                Absent::Interviewers | Absent::Everybody => true,
                Absent::Candidate => false,
            }),
            Phase::Abandoned => {
                let room = RoomId::of(self.interview, self.revision);
                let room: Room = unit.load(room.uuid()).await?;
                Ok(room.attendance(unit.now()).interviewer_seconds == 0)
            }
            Phase::Requested
            | Phase::Held
            | Phase::AwaitingApproval
            | Phase::AwaitingPayment
            | Phase::Confirmed
            | Phase::Open
            | Phase::Live
            | Phase::Ended
            | Phase::Completed
            | Phase::Expired
            | Phase::Cancelled { .. } => Ok(false),
        }
    }
}

/// The refund of a payment for an interview to which no interviewer came: there is only one.
fn refund_of(payment: PaymentId) -> RefundId {
    ids::derive(&[payment.uuid().as_bytes(), b"interviewer_absent"])
}
