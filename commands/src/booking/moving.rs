//! How an interview takes another time.

use chrono::Duration;
use domain::{
    interview::{
        Booking,
        events::{GroupPlace, PanelClaim},
    },
    interviewer_calendar::{
        InterviewerCalendar, confirm_hold::ConfirmHold, events::ReleaseReason, release_claim::ReleaseClaim,
    },
    time::Span,
};
use store::executor::{CommandError, Unit};

use super::{
    rebooking::Rebooking,
    request_booking::{Hold, Seat},
};

/// Checks the new time by the rule that offers slots, takes it firmly and gives the old one back. Where candidates share a time, with
/// the place in the group that has it.
pub(super) async fn claim(
    unit: &mut Unit<'_>,
    booking: &Booking,
    span: Span,
) -> Result<(Option<GroupPlace>, Vec<PanelClaim>), CommandError> {
    let rebooking = Rebooking::with_its_panel(unit, booking).await?;
    let offer = rebooking.at(span.start, unit.now())?;
    let group = offer.share.map(|share| share.place(|| unit.mint()));
    let claims = take(unit, booking, group, span).await?;
    Ok((group, claims))
}

/// Takes the new time firmly in the calendars of the present panel and gives the old one back.
pub(super) async fn take(
    unit: &mut Unit<'_>,
    booking: &Booking,
    group: Option<GroupPlace>,
    span: Span,
) -> Result<Vec<PanelClaim>, CommandError> {
    let expires_at = unit.now() + Duration::minutes(1);
    let hold = Hold {
        interview: booking.interview,
        interview_type: booking.product.map(|product| product.interview_type),
        seat: group.and_then(|place| Seat::at(place, booking)),
        revision: booking.revision + 1,
        span,
        expires_at,
    };
    let mut claims = Vec::with_capacity(booking.panel.len());
    for member in &booking.panel {
        let account = member.account;
        let old = booking.claim_of(account);
        let new = hold.place_one(unit, member, &booking.terms, old).await?;
        let confirm = ConfirmHold {
            account,
            claim: new.claim,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), confirm.into())
            .await?;
        if let Some(old) = old {
            let release = ReleaseClaim {
                account,
                claim: old.claim,
                reason: ReleaseReason::Rescheduled,
            };
            unit.decide::<InterviewerCalendar>(account.uuid(), release.into())
                .await?;
        }
        claims.push(new);
    }
    Ok(claims)
}
