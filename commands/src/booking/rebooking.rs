//! Whether an interview can be had at another time, or at its own once more: everything that decides it, put together in one
//! place for moves, proposals, repairs and late payments alike, and asked of the function that offers slots.

use std::borrow::Cow;

use domain::{
    availability::limits::Tally,
    interview::{Booking, events::PanelMember, schedule::without_product},
    interview_type::{InterviewType, events::TypeSpec},
    refusal::Refusal,
    slots::{self, Offer},
    time::Instant,
};
use store::executor::{CommandError, Unit};

use super::panel_facts::{self, PanelFacts};

/// An interview with all that decides when it can be had: its own terms, its product of today, the calendars of everybody who
/// has to be there, and what else is taken on of the product.
pub(crate) struct Rebooking<'b> {
    booking: &'b Booking,
    spec: TypeSpec,
    facts: PanelFacts,
    taken: Option<Tally>,
}

/// What holds for the interview at present, beside its own terms.
pub(crate) async fn product(unit: &mut Unit<'_>, booking: &Booking) -> Result<TypeSpec, CommandError> {
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

impl<'b> Rebooking<'b> {
    /// With the panel that it has, and the size of its group.
    pub(crate) async fn with_its_panel(
        unit: &mut Unit<'_>,
        booking: &'b Booking,
    ) -> Result<Self, CommandError> {
        let mut spec = slots::under_terms(&product(unit, booking).await?, &booking.terms);
        spec.candidate_seats = booking.group.map_or(1, |place| place.seats);
        spec.panel.pool = booking.panel.iter().map(|member| member.account).collect();
        Self::of(unit, booking, spec).await
    }

    /// With everybody who is left, and somebody of the pool of its product for each of these seats. For one candidate.
    pub(super) async fn with_filled(
        unit: &mut Unit<'_>,
        booking: &'b Booking,
        product: &TypeSpec,
        seats: &[PanelMember],
    ) -> Result<Self, CommandError> {
        let mut spec = slots::under_terms(product, &booking.terms);
        spec.candidate_seats = 1;
        spec.panel = booking.repaired(seats, &product.panel);
        Self::of(unit, booking, spec).await
    }

    async fn of(unit: &mut Unit<'_>, booking: &'b Booking, spec: TypeSpec) -> Result<Self, CommandError> {
        let facts = panel_facts::load(unit, &spec.panel.pool).await?;
        let taken = panel_facts::taken_on(unit, booking).await?;
        Ok(Self {
            booking,
            spec,
            facts,
            taken,
        })
    }

    /// Whether it can move to this start, and with whom. A start that was promised, and that the zone rules have left, need not be
    /// a regular one any more.
    pub(crate) fn at(&self, start: Instant, now: Instant) -> Result<Offer, Refusal> {
        let drift = self.booking.slot.drift();
        let was_promised = drift.is_some_and(|drift| drift.promised_start == start);
        let spec = if was_promised {
            Cow::Owned(slots::as_promised(&self.spec))
        } else {
            Cow::Borrowed(&self.spec)
        };
        self.check(&spec, start, now)
    }

    /// Whether its own time can be had once more by whoever has paid for it late: neither notice nor horizon is held against it.
    pub(crate) fn as_requested(&self, now: Instant) -> Result<Offer, Refusal> {
        let start = self.booking.slot.span.start;
        self.check(&slots::as_requested(&self.spec), start, now)
    }

    /// Other regular starts of a stretch of time, in order.
    pub(super) fn starts(&self, from: Instant, to: Instant, now: Instant) -> impl Iterator<Item = Instant> {
        let wanted = slots::Product::again(self.booking, &self.spec, self.taken.as_ref());
        let offers = slots::offers(&wanted, &self.facts.calendars(now), from, to, now);
        let own = self.booking.slot.span.start;
        let starts = offers.into_iter().map(|offer| offer.span.start);
        starts.filter(move |start| *start != own)
    }

    /// True when nobody may take one of the parts, whatever the time.
    pub(super) fn has_part_of_nobody(&self) -> bool {
        let mut parts = self.spec.panel.roles.iter();
        parts.any(|part| part.pool.is_empty())
    }

    fn check(&self, spec: &TypeSpec, start: Instant, now: Instant) -> Result<Offer, Refusal> {
        let wanted = slots::Product::again(self.booking, spec, self.taken.as_ref());
        slots::check(&wanted, &self.facts.calendars(now), start, now)
    }
}
