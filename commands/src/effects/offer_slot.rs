//! A time that can be booked is offered to whoever is first in line for it, and held for them: the first such time of the
//! first in line. One offer at a time; each offer asks for the next.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{InterviewId, InterviewTypeId},
    interview::Interview,
    interview_type::{InterviewType, events::TypeSpec},
    refusal::Refusal,
    slots::{self, Offer},
    time::{Instant, Slot, Span},
    waitlist::{
        Entry, Waitlist,
        offer::{LEAST_MINUTES, MakeOffer, OFFER_MINUTES},
    },
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use crate::booking::{
    panel_facts,
    request_booking::{Hold, Seat, terms},
};

/// Whose product may have become free.
#[derive(Clone, Copy, Debug, Serialize)]
pub enum OfferSlot {
    /// That of an interview.
    Of(InterviewId),
    /// This one.
    For(InterviewTypeId),
    /// This one, and it will be asked again: when there is nothing, nothing is kept of the question.
    Again(InterviewTypeId),
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offered {
    /// Somebody was offered a time.
    Offered,
    /// Nobody waits, or nothing that they want is free.
    Nothing,
}

#[async_trait]
impl UseCase for OfferSlot {
    const OPERATION: &'static str = "offerSlot";
    type Output = Offered;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Offered, CommandError> {
        match (self, self.offer(unit).await?) {
            (Self::Again(_), Offered::Nothing) => Err(Refusal::SlotTaken.into()),
            (Self::Again(_) | Self::For(_) | Self::Of(_), offered) => Ok(offered),
        }
    }
}

impl OfferSlot {
    async fn offer(&self, unit: &mut Unit<'_>) -> Result<Offered, CommandError> {
        let Some(interview_type) = self.interview_type(unit).await? else {
            return Ok(Offered::Nothing);
        };
        let list: Waitlist = unit.load(interview_type.uuid()).await?;
        let Some(range) = wanted(&list, unit.now()) else {
            return Ok(Offered::Nothing);
        };
        let product: InterviewType = unit.load(interview_type.uuid()).await?;
        let Some((spec, _)) = product.bookable() else {
            return Ok(Offered::Nothing);
        };
        let facts = panel_facts::load(unit, &spec.panel.pool).await?;
        let now = unit.now();
        let calendars = facts.calendars(now);
        let taken = slots::taken_on(interview_type, spec, &calendars, now, None);
        let wanted = slots::Product::offered(interview_type, spec, taken.as_ref());
        let offers = slots::offers(&wanted, &calendars, range.start, range.end, now);
        let Some((entry, offer, expires_at)) = first(&list, spec, &offers, now) else {
            return Ok(Offered::Nothing);
        };
        let interview: InterviewId = unit.mint();
        let hold = Hold {
            interview,
            interview_type: Some(interview_type),
            seat: offer.share.as_ref().map(|share| Seat {
                place: share.place(|| unit.mint()),
                candidate: entry.candidate,
            }),
            revision: 1,
            span: offer.span,
            expires_at,
        };
        let claims = hold.place(unit, &offer.panel, &terms(spec, Vec::new())).await?;
        let make = MakeOffer {
            interview_type,
            entry: entry.entry,
            interview,
            slot: Slot::promised(offer.span, entry.zone),
            panel: offer.panel.clone(),
            claims,
            expires_at,
        };
        unit.decide::<Waitlist>(interview_type.uuid(), make.into())
            .await?;
        Ok(Offered::Offered)
    }

    async fn interview_type(&self, unit: &mut Unit<'_>) -> Result<Option<InterviewTypeId>, CommandError> {
        match self {
            Self::For(interview_type) | Self::Again(interview_type) => Ok(Some(*interview_type)),
            Self::Of(interview) => {
                let interview: Interview = unit.load(interview.uuid()).await?;
                Ok(interview.booked()?.product.map(|product| product.interview_type))
            }
        }
    }
}

/// All that those want who have no offer, from now on; nothing when nobody does.
fn wanted(list: &Waitlist, now: Instant) -> Option<Span> {
    let waiting = list.entries().iter().filter(|entry| entry.offer.is_none());
    let wanted = waiting
        .map(|entry| entry.wanted)
        .filter(|wanted| now < wanted.end);
    wanted.reduce(|all, next| Span {
        start: all.start.min(next.start),
        end: all.end.max(next.end),
    })
}

/// The first in line for whom there is something, with the earliest of it, and until when it is held. An offer never
/// outlives the moment at which it could no longer be booked.
fn first<'l>(
    list: &'l Waitlist,
    spec: &TypeSpec,
    offers: &'l [Offer],
    now: Instant,
) -> Option<(&'l Entry, &'l Offer, Instant)> {
    let least = now + Duration::minutes(LEAST_MINUTES);
    let notice = Duration::minutes(i64::from(spec.notice_minutes));
    let until = |offer: &Offer| (now + Duration::minutes(OFFER_MINUTES)).min(offer.span.start - notice);
    let for_entry = |entry: &'l Entry| {
        let mut offers = offers.iter();
        let found = offers.find(|offer| {
            let is_own = offer.panel.iter().any(|member| member.account == entry.candidate)
                || offer
                    .share
                    .as_ref()
                    .is_some_and(|share| share.candidates.contains(&entry.candidate));
            entry.wants(offer.span.start) && least <= until(offer) && !is_own
        });
        found.map(|offer| (entry, offer, until(offer)))
    };
    list.entries().iter().find_map(for_entry)
}
