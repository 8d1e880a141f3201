//! What every move of an interview to another time has in common: by what the new time is judged, and how it is taken.

use chrono::Duration;
use domain::{
    interview::{
        Booking,
        events::{GroupPlace, PanelClaim},
        schedule::without_product,
    },
    interview_type::{InterviewType, events::TypeSpec},
    interviewer_calendar::{
        InterviewerCalendar, confirm_hold::ConfirmHold, events::ReleaseReason, release_claim::ReleaseClaim,
    },
    refusal::Refusal,
    slots,
    time::{Instant, Span},
};
use store::executor::{CommandError, Unit};

use super::{
    panel_facts,
    request_booking::{Hold, Seat},
};

/// Checks the new time by the rule that offers slots, takes it firmly and gives the old one back. Where candidates share a time, with
/// the place in the group that has it.
pub(super) async fn claim(
    unit: &mut Unit<'_>,
    booking: &Booking,
    span: Span,
) -> Result<(Option<GroupPlace>, Vec<PanelClaim>), CommandError> {
    let spec = spec_at(unit, booking, span.start).await?;
    let panel: Vec<_> = booking.panel.iter().map(|member| member.account).collect();
    let facts = panel_facts::load(unit, &panel).await?;
    let taken = panel_facts::taken_on(unit, booking).await?;
    let wanted = slots::Product::again(booking, &spec, taken.as_ref());
    let offer = slots::check(&wanted, &facts.calendars(unit.now()), span.start, unit.now())?;
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

/// By what a new start of the interview is judged: its own terms, and for the rest its product of today. The time that was
/// promised, which the zone rules have left, need not be a regular start any more.
pub(crate) async fn spec_at(
    unit: &mut Unit<'_>,
    booking: &Booking,
    start: Instant,
) -> Result<TypeSpec, CommandError> {
    let mut spec = slots::under_terms(&spec(unit, booking).await?, &booking.terms);
    spec.candidate_seats = booking.group.map_or(1, |place| place.seats);
    let was_promised = booking
        .slot
        .drift()
        .is_some_and(|drift| drift.promised_start == start);
    Ok(if was_promised {
        slots::as_promised(&spec)
    } else {
        spec
    })
}

/// What holds for the interview at present, beside its own terms.
pub(crate) async fn spec(unit: &mut Unit<'_>, booking: &Booking) -> Result<TypeSpec, CommandError> {
    let Some(pin) = booking.product else {
        return Ok(without_product(
            booking.title.clone(),
            booking.terms.duration_minutes,
        ));
    };
    let product: InterviewType = unit.load(pin.interview_type.uuid()).await?;
    let spec = product.spec().ok_or(Refusal::NotFound {
        what: "interview type",
    })?;
    Ok(spec.clone())
}
