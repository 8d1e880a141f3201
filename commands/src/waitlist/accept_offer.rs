//! A candidate takes what is offered: the interview is booked with the claims of the offer, by the rules of any other
//! booking, in one append.

use async_trait::async_trait;
use domain::{
    ids::{AccountId, EntryId, InterviewTypeId},
    interview::{
        events::{Brief, GroupPlace, PanelClaim},
        request_booking::Next,
    },
    interview_type::InterviewType,
    interviewer_calendar::InterviewerCalendar,
    refusal::Refusal,
    waitlist::{Waitlist, accept::Accept},
};
use serde::Serialize;
use store::executor::{CommandError, Unit, UseCase};

use super::own;
use crate::booking::{
    confirm_booking::extend,
    request_booking::{Asked, Booked, confirm, held_until, next, quote, refunds, terms},
};

/// Whose offer is taken.
#[derive(Clone, Debug, Serialize)]
pub struct AcceptWaitlistOffer {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on its list.
    pub entry: EntryId,
    /// Who takes it.
    pub by: AccountId,
    /// What the candidate says about the job.
    pub brief: Option<Brief>,
}

#[async_trait]
impl UseCase for AcceptWaitlistOffer {
    const OPERATION: &'static str = "acceptWaitlistOffer";
    type Output = Booked;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Booked, CommandError> {
        let list: Waitlist = unit.load(self.interview_type.uuid()).await?;
        let entry = own(&list, self.entry, self.by)?;
        let accept = Accept {
            interview_type: self.interview_type,
            entry: self.entry,
        };
        unit.decide::<Waitlist>(self.interview_type.uuid(), accept.into())
            .await?;
        let offer = entry.offer.clone().ok_or(Refusal::WrongState {
            state: "nothing is offered",
        })?;
        let product: InterviewType = unit.load(self.interview_type.uuid()).await?;
        let (spec, type_version) = product.bookable().ok_or(Refusal::NotFound {
            what: "interview type",
        })?;
        let span = offer.slot.span;
        if span.seconds() != u64::from(spec.duration_minutes) * 60 {
            return Err(Refusal::WrongState {
                state: "the product takes another time than what was offered",
            }
            .into());
        }
        let quote = quote(unit, spec).await?;
        let terms = terms(spec, refunds(unit, spec).await?);
        let next = next(unit, spec, quote);
        let hold_expires_at = held_until(spec, span.start, unit.now());
        match next {
            Next::Nothing => confirm(unit, &offer.claims).await?,
            Next::Payment(_) | Next::Approval { .. } => extend(unit, &offer.claims, hold_expires_at).await?,
        }
        let group = place_of(unit, &offer.claims).await?;
        let asked = Asked {
            interview: offer.interview,
            candidate: self.by,
            interview_type: self.interview_type,
            type_version,
            slot: offer.slot,
            panel: offer.panel,
            group,
            claims: offer.claims,
            brief: self.brief.clone(),
            next,
            terms,
            hold_expires_at,
        };
        asked.book(unit, spec).await
    }
}

/// The place in a group that the calendars hold for an offer.
async fn place_of(unit: &mut Unit<'_>, claims: &[PanelClaim]) -> Result<Option<GroupPlace>, CommandError> {
    let Some(PanelClaim { account, claim }) = claims.first().copied() else {
        return Ok(None);
    };
    let calendar: InterviewerCalendar = unit.load(account.uuid()).await?;
    let held = calendar.claim(claim).and_then(|claim| claim.group);
    Ok(held.map(|seat| seat.place))
}
