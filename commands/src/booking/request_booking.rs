//! A candidate asks for a slot: the interview, the claims on every calendar of the panel and the payment come into
//! being in one append, or nothing does. Where somebody has to agree, nothing is paid before that.

use async_trait::async_trait;
use chrono::Duration;
use domain::{
    ids::{AccountId, ClaimId, InterviewId, InterviewTypeId, PaymentId, SubjectId},
    interview::{
        Booking, Interview,
        events::{Brief, GroupPlace, PanelClaim, PanelMember, RefundTier, Terms},
        request_booking::{Charge, Next, RequestBooking as Request},
    },
    interview_kit::events::KitPin,
    interview_type::{InterviewType, events::TypeSpec},
    interviewer_calendar::{
        InterviewerCalendar, confirm_hold::ConfirmHold, events::GroupSeat, place_hold::PlaceHold,
    },
    organisation::Organisation,
    payment::{Payment, open::Open},
    price_list::{PriceList, events::Quote},
    refusal::Refusal,
    sealed::Sealed,
    slots,
    time::{Instant, Slot, Span, Zone},
};
use serde::{Deserialize, Serialize};
use store::executor::{CommandError, Unit, UseCase};

use super::panel_facts;
use crate::catalogue::define_interview_type::newest_kit;

/// What a candidate asks for.
#[derive(Clone, Debug, Serialize)]
pub struct RequestBooking {
    /// Who asks.
    pub candidate: AccountId,
    /// The product.
    pub interview_type: InterviewTypeId,
    /// The start asked for, as `slots` offered it.
    pub start: Instant,
    /// The zone the candidate reads times in.
    pub zone: Zone,
    /// What the candidate says about the job.
    pub brief: Option<Brief>,
}

/// What came of it: a held slot, to be agreed to or paid, or a confirmed interview if neither is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Booked {
    /// The interview.
    pub interview: InterviewId,
    /// What is to be paid, if anything.
    pub payment: Option<PaymentId>,
}

#[async_trait]
impl UseCase for RequestBooking {
    const OPERATION: &'static str = "requestBooking";
    type Output = Booked;

    async fn run(&self, unit: &mut Unit<'_>) -> Result<Booked, CommandError> {
        let product: InterviewType = unit.load(self.interview_type.uuid()).await?;
        let (spec, type_version) = product.bookable().ok_or(Refusal::NotFound {
            what: "interview type",
        })?;
        let quote = quote(unit, spec).await?;
        let terms = terms(spec, refunds(unit, spec).await?);
        let facts = panel_facts::load(unit, &spec.panel.pool).await?;
        let (now, calendars) = (unit.now(), facts.calendars(unit.now()));
        let taken = slots::taken_on(self.interview_type, spec, &calendars, now, None);
        let wanted = slots::Product {
            interview_type: Some(self.interview_type),
            taken: taken.as_ref(),
            ..slots::Product::of(spec)
        };
        let offer = slots::check(&wanted, &calendars, self.start, now)?;
        let panel = offer.panel;
        let group = offer.share.map(|share| share.place(|| unit.mint()));

        let interview: InterviewId = unit.mint();
        let next = next(unit, spec, quote);
        let span = Span::minutes(self.start, spec.duration_minutes);
        let hold_expires_at = held_until(spec, self.start, unit.now());
        let hold = Hold {
            interview,
            interview_type: Some(self.interview_type),
            seat: group.map(|place| Seat {
                place,
                candidate: self.candidate,
            }),
            revision: 1,
            span,
            expires_at: hold_expires_at,
        };
        let claims = hold.place(unit, &panel, &terms).await?;
        if next == Next::Nothing {
            // Confirmed at once, so the time is taken for good and not as long as a hold lasts.
            confirm(unit, &claims).await?;
        }

        let asked = Asked {
            interview,
            candidate: self.candidate,
            interview_type: self.interview_type,
            type_version,
            slot: Slot::promised(span, self.zone),
            panel,
            group,
            claims,
            brief: self.brief.clone(),
            next,
            terms,
            hold_expires_at,
        };
        asked.book(unit, spec).await
    }
}

/// A booking whose time is claimed.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) interview: InterviewId,
    pub(crate) candidate: AccountId,
    pub(crate) interview_type: InterviewTypeId,
    pub(crate) type_version: u32,
    pub(crate) slot: Slot,
    pub(crate) panel: Vec<PanelMember>,
    pub(crate) group: Option<GroupPlace>,
    pub(crate) claims: Vec<PanelClaim>,
    pub(crate) brief: Option<Brief>,
    pub(crate) next: Next,
    pub(crate) terms: Terms,
    pub(crate) hold_expires_at: Instant,
}

impl Asked {
    /// Books it, and opens the payment where it is to be paid next.
    pub(crate) async fn book(self, unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<Booked, CommandError> {
        let (interview, candidate, next) = (self.interview, self.candidate, self.next);
        let kit = kit(unit, spec).await?;
        let due_at = self.hold_expires_at;
        let request = Request {
            interview,
            candidate,
            interview_type: self.interview_type,
            type_version: self.type_version,
            title: spec.title.clone(),
            kind: spec.kind,
            difficulty: spec.difficulty,
            mode: spec.mode,
            purpose: spec.purpose,
            slot: self.slot,
            panel: self.panel,
            brief: self
                .brief
                .map(|brief| Sealed::open(SubjectId::of(candidate), brief)),
            next,
            terms: self.terms,
            locale: spec.locale.clone(),
            group: self.group,
            kit,
            claims: self.claims,
            hold_expires_at: due_at,
        };
        unit.decide::<Interview>(interview.uuid(), request.into()).await?;
        let Next::Payment(Charge { payment, quote }) = next else {
            return Ok(Booked {
                interview,
                payment: None,
            });
        };
        let open = Open {
            payment,
            interview,
            payer: candidate,
            quote,
            due_at,
        };
        unit.decide::<Payment>(payment.uuid(), open.into()).await?;
        Ok(Booked {
            interview,
            payment: Some(payment),
        })
    }
}

/// What has to happen before a booking of this product is confirmed.
pub(crate) fn next(unit: &mut Unit<'_>, spec: &TypeSpec, quote: Option<Quote>) -> Next {
    match (spec.confirm_within_minutes, quote) {
        (Some(_), quote) => Next::Approval {
            then: quote.map(|quote| (quote, spec.hold_minutes)),
        },
        (None, Some(quote)) => Next::Payment(Charge {
            payment: unit.mint(),
            quote,
        }),
        (None, None) => Next::Nothing,
    }
}

/// Until when a slot is held that is asked for now. Nobody agrees to what has begun.
pub(crate) fn held_until(spec: &TypeSpec, start: Instant, now: Instant) -> Instant {
    let minutes = |minutes: u32| now + Duration::minutes(i64::from(minutes));
    match spec.confirm_within_minutes {
        Some(within) => minutes(within).min(start),
        None => minutes(spec.hold_minutes),
    }
}

/// The price of a product now; none when it is free.
pub(crate) async fn quote(unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<Option<Quote>, CommandError> {
    let Some(list) = spec.price_list else {
        return Ok(None);
    };
    let prices: PriceList = unit.load(list.uuid()).await?;
    let quote = prices
        .quote(spec.difficulty)
        .ok_or(Refusal::invalid("typeId", "has no price at present"))?;
    Ok(Some(quote))
}

/// What comes back of the price when the candidate calls it off: as the product says, or else the organisation.
pub(crate) async fn refunds(unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<Vec<RefundTier>, CommandError> {
    if let Some(tiers) = &spec.refunds {
        return Ok(tiers.clone());
    }
    let organisation: Organisation = unit.load(unit.tenant().uuid()).await?;
    Ok(organisation.cancellation_policy().tiers)
}

/// The kit of a product in the version of now, which a booking keeps.
pub(crate) async fn kit(unit: &mut Unit<'_>, spec: &TypeSpec) -> Result<Option<KitPin>, CommandError> {
    match spec.kit {
        Some(kit) => Ok(Some(newest_kit(unit, kit).await?.pin)),
        None => Ok(None),
    }
}

/// The conditions that a booking keeps, with what comes back should it be called off.
pub(crate) fn terms(spec: &TypeSpec, refunds: Vec<RefundTier>) -> Terms {
    Terms {
        duration_minutes: spec.duration_minutes,
        buffer_before_minutes: spec.buffer_before_minutes,
        buffer_after_minutes: spec.buffer_after_minutes,
        notice_minutes: spec.notice_minutes,
        join_window: spec.join_window,
        refunds,
        rubric: spec.rubric,
    }
}

/// Makes held time firm.
pub(crate) async fn confirm(unit: &mut Unit<'_>, claims: &[PanelClaim]) -> Result<(), CommandError> {
    for PanelClaim { account, claim } in claims.iter().copied() {
        unit.decide::<InterviewerCalendar>(account.uuid(), ConfirmHold { account, claim }.into())
            .await?;
    }
    Ok(())
}

/// Time to be taken in every calendar of a panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub(crate) interview: InterviewId,
    pub(crate) interview_type: Option<InterviewTypeId>,
    pub(crate) seat: Option<Seat>,
    pub(crate) revision: u32,
    pub(crate) span: Span,
    pub(crate) expires_at: Instant,
}

/// A candidate's seat in a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) place: GroupPlace,
    pub(crate) candidate: AccountId,
}

impl Seat {
    /// Another one for the candidate of an interview.
    pub(crate) fn at(place: GroupPlace, booking: &Booking) -> Option<Self> {
        let candidate = booking.candidate?;
        Some(Self { place, candidate })
    }

    /// The one that an interview is.
    pub(crate) fn of(booking: &Booking) -> Option<Self> {
        booking.group.and_then(|place| Self::at(place, booking))
    }
}

impl Hold {
    /// Takes the time for every member of the panel, or refuses.
    pub(crate) async fn place(
        self,
        unit: &mut Unit<'_>,
        panel: &[PanelMember],
        terms: &Terms,
    ) -> Result<Vec<PanelClaim>, CommandError> {
        let mut claims = Vec::with_capacity(panel.len());
        for member in panel {
            claims.push(self.place_one(unit, member, terms, None).await?);
        }
        Ok(claims)
    }

    /// Takes the time in one calendar; the claim `moving` on the old time does not stand in the way.
    pub(super) async fn place_one(
        self,
        unit: &mut Unit<'_>,
        member: &PanelMember,
        terms: &Terms,
        moving: Option<PanelClaim>,
    ) -> Result<PanelClaim, CommandError> {
        let claim = PanelClaim {
            account: member.account,
            claim: unit.mint(),
        };
        let hold = PlaceHold {
            moving: moving.map(|moving| moving.claim),
            ..self.of(member, terms, claim.claim)
        };
        unit.decide::<InterviewerCalendar>(member.account.uuid(), hold.into())
            .await?;
        Ok(claim)
    }

    /// Takes the time in one calendar, as a claim whose id is known already.
    pub(crate) async fn place_as(
        self,
        unit: &mut Unit<'_>,
        member: &PanelMember,
        terms: &Terms,
        claim: ClaimId,
    ) -> Result<(), CommandError> {
        let hold = self.of(member, terms, claim);
        unit.decide::<InterviewerCalendar>(member.account.uuid(), hold.into())
            .await?;
        Ok(())
    }

    fn of(self, member: &PanelMember, terms: &Terms, claim: ClaimId) -> PlaceHold {
        PlaceHold {
            account: member.account,
            claim,
            interview: self.interview,
            interview_type: self.interview_type,
            group: self.seat.map(|seat| GroupSeat {
                place: seat.place,
                candidate: seat.candidate,
                role: member.role,
                reason: member.reason,
            }),
            revision: self.revision,
            span: self.span,
            before: terms.buffer_before_minutes,
            after: terms.buffer_after_minutes,
            expires_at: self.expires_at,
            moving: None,
        }
    }
}
