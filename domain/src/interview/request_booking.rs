//! A candidate asks for a slot: held until somebody agrees or it is paid, or confirmed at once when neither is needed.

use super::{
    Interview, check_claims, check_panel, check_time,
    events::{
        ApprovalRequired, BookingRequested, Brief, GroupPlace, InterviewConfirmed, InterviewEvent,
        PanelClaim, PanelMember, PaymentRequired, SlotClaimed, Terms,
    },
    placed, with_kit,
};
use crate::{
    aggregate::{Context, Decision, nothing},
    ids::{AccountId, InterviewId, InterviewTypeId, PaymentId},
    interview_kit::events::KitPin,
    interview_type::events::{Difficulty, InterviewKind, Mode, Purpose},
    price_list::events::Quote,
    refusal::Refusal,
    sealed::Sealed,
    text::Line,
    time::{Instant, Slot},
};

/// What is asked for. The slot was found to be bookable, and every calendar of the panel is claimed in the same append.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestBooking {
    /// The new interview.
    pub interview: InterviewId,
    /// Who asks.
    pub candidate: AccountId,
    /// The product.
    pub interview_type: InterviewTypeId,
    /// Its version.
    pub type_version: u32,
    /// Title of the interview.
    pub title: Line,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// The slot asked for, in the candidate's zone.
    pub slot: Slot,
    /// Who will meet the candidate.
    pub panel: Vec<PanelMember>,
    /// What the candidate said about the job.
    pub brief: Option<Sealed<Brief>>,
    /// What has to happen before it is confirmed.
    pub next: Next,
    /// The conditions.
    pub terms: Terms,
    /// Language of the interview.
    pub locale: String,
    /// Its place in a group, if candidates share its time.
    pub group: Option<GroupPlace>,
    /// The kit of the product in the version of today, if it has one.
    pub kit: Option<KitPin>,
    /// The claims, one for each seat of the panel.
    pub claims: Vec<PanelClaim>,
    /// When the claims die unless that has happened before.
    pub hold_expires_at: Instant,
}

/// What has to happen before a booking is confirmed. Nobody pays before somebody has agreed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nothing: it is confirmed at once.
    Nothing,
    /// It is paid.
    Payment(Charge),
    /// Somebody agrees.
    Approval {
        /// What is to be paid then, if anything, and within how many minutes.
        then: Option<(Quote, u32)>,
    },
}

impl Next {
    const fn quote(self) -> Option<Quote> {
        match self {
            Self::Nothing | Self::Approval { then: None } => None,
            Self::Payment(charge) => Some(charge.quote),
            Self::Approval {
                then: Some((quote, _)),
            } => Some(quote),
        }
    }
}

/// What is to be paid before an interview is confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// The payment, opened in the same append.
    pub payment: PaymentId,
    /// The price and where it comes from.
    pub quote: Quote,
}

/// # Errors
/// `WrongState`, when the id stands for another booking; `Invalid`, when the candidate sits on the panel, the panel is
/// empty, the claims are not one for each seat or the slot has another length; `SlotNotOffered` and `NoticeTooShort`
/// by the clock of this decision, whatever a listing said before (rule T6).
pub fn decide(state: &Interview, command: &RequestBooking, context: &Context) -> Decision<InterviewEvent> {
    if let Interview::Booked(booking) = state {
        let pinned = booking.product.map(|product| product.interview_type);
        let same = (booking.candidate, pinned) == (Some(command.candidate), Some(command.interview_type));
        return if same {
            nothing()
        } else {
            Err(Refusal::WrongState {
                state: "the interview is booked already",
            })
        };
    }
    check_panel(command.mode, &command.panel, command.candidate)?;
    check_claims(&command.panel, &command.claims)?;
    check_time(&command.terms, &command.slot, context.now)?;
    if command.hold_expires_at <= context.now {
        return Err(Refusal::invalid("holdExpiresAt", "must be in the future"));
    }
    let placed = placed(command.interview, 1, command.group);
    let kit = with_kit(command.interview, command.kit);
    let events = [requested(command)].into_iter().chain(placed).chain(kit);
    Ok(events.chain([claimed(command), outcome(command)]).collect())
}

fn requested(command: &RequestBooking) -> InterviewEvent {
    BookingRequested {
        interview: command.interview,
        candidate: command.candidate,
        interview_type: command.interview_type,
        type_version: command.type_version,
        title: command.title.clone(),
        kind: command.kind,
        difficulty: command.difficulty,
        mode: command.mode,
        purpose: command.purpose,
        slot: command.slot.clone(),
        panel: command.panel.clone(),
        brief: command.brief.clone(),
        quote: command.next.quote(),
        terms: command.terms.clone(),
        locale: command.locale.clone(),
    }
    .into()
}

fn claimed(command: &RequestBooking) -> InterviewEvent {
    SlotClaimed {
        interview: command.interview,
        revision: 1,
        claims: command.claims.clone(),
        hold_expires_at: command.hold_expires_at,
    }
    .into()
}

fn outcome(command: &RequestBooking) -> InterviewEvent {
    match command.next {
        Next::Payment(charge) => PaymentRequired {
            interview: command.interview,
            payment: charge.payment,
            amount: charge.quote.price,
            due_at: command.hold_expires_at,
        }
        .into(),
        Next::Approval { then } => ApprovalRequired {
            interview: command.interview,
            due_at: command.hold_expires_at,
            pay_within_minutes: then.map(|(_, minutes)| minutes),
        }
        .into(),
        Next::Nothing => InterviewConfirmed {
            interview: command.interview,
            revision: 1,
        }
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, id, rupees},
        interview::{
            events::KitAttached,
            given::{asked_at, awaiting_payment, claims, due, request, slot, start},
            phase::Phase,
        },
        interview_type::events::Mode,
        refusal::Refusal,
    };
    use chrono::Duration;

    fn refusal(command: RequestBooking) -> Refusal {
        decide::<Interview>(&[], command, asked_at()).unwrap_err()
    }

    #[test]
    fn a_booking_with_a_price_takes_the_slot_and_waits_for_the_money() {
        let events = decide::<Interview>(&[], request(), asked_at()).unwrap();

        let [
            InterviewEvent::BookingRequested(_),
            InterviewEvent::SlotClaimed(claimed),
            InterviewEvent::PaymentRequired(required),
        ] = events.as_slice()
        else {
            panic!("{events:?}");
        };
        assert_eq!((claimed.revision, claimed.hold_expires_at), (1, due()));
        assert_eq!((required.amount, required.due_at), (rupees(149), due()));
    }

    #[test]
    fn a_free_booking_is_confirmed_at_once() {
        let free = RequestBooking {
            next: Next::Nothing,
            ..request()
        };
        let events = decide::<Interview>(&[], free, asked_at()).unwrap();
        let state: Interview = crate::given::fold(&events);

        assert!(matches!(events[2], InterviewEvent::InterviewConfirmed(_)));
        assert_eq!(state.booked().unwrap().phase, Phase::Confirmed);
    }

    #[test]
    fn a_booking_keeps_the_kit_of_its_product_in_the_version_of_then() {
        let kit = KitPin {
            kit: id(90),
            version: 2,
        };
        let command = RequestBooking {
            kit: Some(kit),
            ..request()
        };
        let events = decide::<Interview>(&[], command, asked_at()).unwrap();
        let state: Interview = crate::given::fold(&events);

        let attached = KitAttached {
            interview: id(10),
            kit,
            by: None,
        };
        assert_eq!(events[1], InterviewEvent::from(attached));
        assert_eq!(state.booked().unwrap().kit, Some(kit));
    }

    #[test]
    fn the_same_request_again_is_nothing_and_another_under_its_id_is_refused() {
        let another = RequestBooking {
            candidate: id(3),
            ..request()
        };
        assert_eq!(
            decide::<Interview>(&awaiting_payment(), request(), asked_at()),
            nothing()
        );
        let refused = decide::<Interview>(&awaiting_payment(), another, asked_at());
        assert_eq!(refused.unwrap_err().code(), "WRONG_STATE");
    }

    #[test]
    fn a_candidate_cannot_be_their_own_interviewer() {
        let own = RequestBooking {
            candidate: id(1),
            ..request()
        };
        assert_eq!(refusal(own).code(), "INVALID");
    }

    #[test]
    fn an_empty_panel_is_only_for_a_language_model() {
        let empty = RequestBooking {
            panel: Vec::new(),
            claims: Vec::new(),
            ..request()
        };
        let with_model = RequestBooking {
            mode: Mode::Ai,
            ..empty.clone()
        };
        assert_eq!(refusal(empty).code(), "INVALID");
        assert!(decide::<Interview>(&[], with_model, asked_at()).is_ok());
    }

    #[test]
    fn claims_are_one_for_each_seat() {
        let twice = RequestBooking {
            claims: [claims(20), claims(21)].concat(),
            ..request()
        };
        assert_eq!(refusal(twice).code(), "INVALID");
    }

    #[test]
    fn notice_counts_at_the_decision() {
        let least = start() - Duration::minutes(120);
        let command = || RequestBooking {
            hold_expires_at: start(),
            ..request()
        };
        let late = decide::<Interview>(&[], command(), least + Duration::microseconds(1));
        assert_eq!(late, Err(Refusal::NoticeTooShort { minutes: 120 }));
        assert!(decide::<Interview>(&[], command(), least).is_ok());
    }

    #[test]
    fn a_past_start_a_wrong_length_and_a_dead_hold_are_refused() {
        let past = RequestBooking {
            slot: slot(asked_at()),
            ..request()
        };
        let mut long = request();
        long.slot.span.end += Duration::minutes(1);
        let dead = RequestBooking {
            hold_expires_at: asked_at(),
            ..request()
        };
        assert_eq!(refusal(past).code(), "SLOT_NOT_OFFERED");
        assert_eq!(refusal(long).code(), "INVALID");
        assert_eq!(refusal(dead).code(), "INVALID");
    }
}
