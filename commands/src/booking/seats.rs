//! Seats of a panel that change hands, with the calendars and the room that belong to them.

use std::collections::BTreeSet;

use chrono::Duration;
use domain::{
    ids::{AccountId, ClaimId, InterviewId, RoomId},
    interview::{
        Booking, Interview,
        events::{PanelClaim, PanelMember, SeatReason},
        fill_seat::FillSeat,
        phase::Phase,
        schedule::relaxed,
    },
    interview_type::events::{PanelSpec, PanelStrategy},
    interviewer_calendar::{
        InterviewerCalendar, confirm_hold::ConfirmHold, events::ReleaseReason, release_claim::ReleaseClaim,
    },
    refusal::Refusal,
    room::{Room, RoomCommand, change_members::ChangeMembers},
    slots,
};
use store::executor::{CommandError, Unit};

use super::{
    panel_facts,
    rebooking::product,
    request_booking::{Hold, Seat},
};
use crate::effects::record_room;

/// The other interviews of the group that an interview is a seat of, as far as this person meets them; none where it is of none.
pub(crate) async fn others(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
) -> Result<Vec<InterviewId>, CommandError> {
    let Some(place) = booking.group else {
        return Ok(Vec::new());
    };
    let calendar: InterviewerCalendar = unit.load(account.uuid()).await?;
    let seats = calendar.seats_in(place.group, unit.now());
    let others: BTreeSet<_> = seats.map(|claim| claim.interview).collect();
    Ok(others
        .into_iter()
        .filter(|other| *other != booking.interview)
        .collect())
}

/// The same, as far as the panel can still change.
pub(super) async fn open_others(
    unit: &mut Unit<'_>,
    booking: &Booking,
    account: AccountId,
) -> Result<Vec<InterviewId>, CommandError> {
    let mut open = Vec::new();
    for other in others(unit, booking, account).await? {
        let interview: Interview = unit.load(other.uuid()).await?;
        // A seat that is held for somebody who waits is no interview yet.
        if matches!(&interview, Interview::Booked(booking) if booking.phase == Phase::Confirmed) {
            open.push(other);
        }
    }
    Ok(open)
}

/// Gives back the time of whoever leaves the panel.
pub(crate) async fn release(
    unit: &mut Unit<'_>,
    claim: Option<PanelClaim>,
    reason: ReleaseReason,
) -> Result<(), CommandError> {
    if let Some(PanelClaim { account, claim }) = claim {
        let release = ReleaseClaim {
            account,
            claim,
            reason,
        };
        unit.decide::<InterviewerCalendar>(account.uuid(), release.into())
            .await?;
    }
    Ok(())
}

/// Lets exactly the present panel and the candidate enter the room, if there is one yet.
pub(super) async fn admit(unit: &mut Unit<'_>, booking: &Booking) -> Result<(), CommandError> {
    let id = RoomId::of(booking.interview, booking.revision).uuid();
    let room: Room = unit.load(id).await?;
    if room.inside().is_some() {
        let members = record_room::members(booking);
        unit.decide::<Room>(id, RoomCommand::ChangeMembers(ChangeMembers { members }))
            .await?;
    }
    Ok(())
}

/// Who of these is free at the time of the interview and has the fewest recent ones: by the function that decides what
/// is bookable, relaxed as for setting an interview up directly.
pub(crate) async fn free(
    unit: &mut Unit<'_>,
    booking: &Booking,
    people: &[AccountId],
) -> Result<Result<Option<PanelMember>, Refusal>, CommandError> {
    let spec = slots::under_terms(&product(unit, booking).await?, &booking.terms);
    let preferences = spec.panel.preferences.clone();
    let mut spec = relaxed(&spec, people.to_vec());
    spec.panel = PanelSpec {
        pool: people.to_vec(),
        strategy: PanelStrategy::RoundRobin,
        seats: 1,
        roles: Vec::new(),
        preferences,
    };
    let facts = panel_facts::load(unit, people).await?;
    let wanted = slots::Product {
        group: booking.group.map(|place| place.group),
        ..slots::Product::of(&spec)
    };
    let start = booking.slot.span.start;
    let seated = slots::check(&wanted, &facts.calendars(unit.now()), start, unit.now());
    Ok(seated.map(|offer| offer.panel.into_iter().next()))
}

/// Gives the vacant seat of `former` to somebody who is free, and takes the time in that person's calendar.
pub(crate) async fn fill(
    unit: &mut Unit<'_>,
    booking: &Booking,
    former: AccountId,
    account: AccountId,
    reason: SeatReason,
    by: Option<AccountId>,
) -> Result<(), CommandError> {
    let claim: ClaimId = unit.mint();
    let fill = FillSeat {
        former,
        account,
        reason,
        claim,
        by,
    };
    let after: Interview = unit
        .decide::<Interview>(booking.interview.uuid(), fill.into())
        .await?;
    let after = after.booked()?;
    if after.claim_of(account) != Some(PanelClaim { account, claim }) {
        // The seat was that person's already.
        return Ok(());
    }
    let hold = Hold {
        interview: booking.interview,
        interview_type: booking.product.map(|product| product.interview_type),
        seat: Seat::of(booking),
        revision: booking.revision,
        span: booking.slot.span,
        // Made firm in the same append; the moment only has to lie ahead.
        expires_at: unit.now() + Duration::minutes(1),
    };
    let seated = after.panel.iter().find(|member| member.account == account);
    if let Some(member) = seated {
        hold.place_as(unit, member, &booking.terms, claim).await?;
    }
    unit.decide::<InterviewerCalendar>(account.uuid(), ConfirmHold { account, claim }.into())
        .await?;
    admit(unit, after).await
}
