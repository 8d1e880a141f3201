//! Changes what an interview is called or about, or attaches a kit, for this interview alone.

use super::{
    Interview,
    events::{DetailsChanged, InterviewEvent, KitAttached, TitleChange},
    phase::Step,
};
use crate::{
    aggregate::Decision, ids::AccountId, interview_kit::Plan, refusal::Refusal, sealed::Sealed, text::Line,
};

/// What is to be otherwise; what is absent stays.
#[derive(Clone, PartialEq, Debug)]
pub struct Update {
    /// The revision that the asker saw, if they said which.
    pub expected_revision: Option<u32>,
    /// Who changes it.
    pub by: AccountId,
    /// What it is called from now on.
    pub title: Option<Line>,
    /// What it is about from now on, in that person's words.
    pub description: Option<Sealed<String>>,
    /// The kit that it follows from now on, in its newest version.
    pub kit: Option<Plan>,
}

/// Nothing when it is so already.
///
/// # Errors
/// `NotFound`; `WrongState`, when it is over, called off, or came to nothing; `StaleRevision`, when it moved since the
/// asker looked; `Invalid`, when the kit takes longer than the interview.
pub fn decide(state: &Interview, command: &Update) -> Decision<InterviewEvent> {
    let booking = state.booked()?;
    booking.allows(Step::Update)?;
    if command
        .expected_revision
        .is_some_and(|expected| expected != booking.revision)
    {
        return Err(Refusal::StaleRevision {
            current: booking.revision,
        });
    }
    let title = command.title.as_ref().filter(|title| **title != booking.title);
    let description = command.description.as_ref();
    let description = description.filter(|said| Some(*said) != booking.description.as_ref());
    let kit = command.kit.filter(|plan| Some(plan.pin) != booking.kit);
    if kit.is_some_and(|plan| plan.minutes > booking.terms.duration_minutes) {
        return Err(Refusal::invalid("kitId", "takes longer than the interview"));
    }

    let details = (title.is_some() || description.is_some()).then(|| DetailsChanged {
        interview: booking.interview,
        title: title.map(|title| TitleChange {
            from: booking.title.clone(),
            to: title.clone(),
        }),
        description: description.cloned(),
        by: command.by,
    });
    let attached = kit.map(|plan| KitAttached {
        interview: booking.interview,
        kit: plan.pin,
        by: Some(command.by),
    });
    let details = details.map(InterviewEvent::from);
    Ok(details
        .into_iter()
        .chain(attached.map(InterviewEvent::from))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aggregate::nothing,
        given::{decide, fold, id},
        ids::SubjectId,
        interview::{
            cancel::Cancel,
            events::{Party, Side},
            given::{
                abandoned_session, asked_at, awaiting_approval, awaiting_payment, completed, confirmed,
                expired, hosted, live, open, propose, start,
            },
        },
        interview_kit::events::KitPin,
        testing::given,
    };

    fn plan(version: u32, minutes: u32) -> Plan {
        Plan {
            pin: pin(version),
            minutes,
        }
    }

    fn pin(version: u32) -> KitPin {
        KitPin { kit: id(90), version }
    }

    fn nothing_new() -> Update {
        Update {
            expected_revision: None,
            by: id(9),
            title: None,
            description: None,
            kit: None,
        }
    }

    fn titled(title: &str) -> Update {
        Update {
            title: Some(Line::new(title).unwrap()),
            ..nothing_new()
        }
    }

    fn with_kit(plan: Plan) -> Update {
        Update {
            kit: Some(plan),
            ..nothing_new()
        }
    }

    fn about(words: &str) -> Sealed<String> {
        Sealed::open(SubjectId::of(id(2)), words.to_owned())
    }

    #[test]
    fn title_description_and_kit_change_together_and_the_same_again_is_nothing() {
        let all = Update {
            description: Some(about("Bring the take-home work")),
            kit: Some(plan(1, 60)),
            ..titled("Final round")
        };
        let mut history = confirmed();
        let events = decide::<Interview>(&history, all.clone(), asked_at()).unwrap();
        history.extend(events.clone());
        let state: Interview = fold(&history);
        let booking = state.booked().unwrap();

        let changed = DetailsChanged {
            interview: id(10),
            title: Some(TitleChange {
                from: Line::new("System design").unwrap(),
                to: Line::new("Final round").unwrap(),
            }),
            description: Some(about("Bring the take-home work")),
            by: id(9),
        };
        let attached = KitAttached {
            interview: id(10),
            kit: pin(1),
            by: Some(id(9)),
        };
        assert_eq!(events, vec![InterviewEvent::from(changed), attached.into()]);
        assert_eq!(booking.title.as_str(), "Final round");
        assert_eq!(booking.description, Some(about("Bring the take-home work")));
        assert_eq!(booking.kit, Some(pin(1)));
        assert_eq!(decide::<Interview>(&history, all, asked_at()), nothing());
    }

    #[test]
    fn what_is_absent_stays() {
        given::<Interview>(confirmed())
            .when_at(asked_at(), titled("Final round"))
            .then_once(DetailsChanged {
                interview: id(10),
                title: Some(TitleChange {
                    from: Line::new("System design").unwrap(),
                    to: Line::new("Final round").unwrap(),
                }),
                description: None,
                by: id(9),
            });
        assert_eq!(
            decide::<Interview>(&confirmed(), nothing_new(), asked_at()),
            nothing()
        );
    }

    #[test]
    fn the_next_version_of_a_kit_takes_the_place_of_the_one_before() {
        let mut history = confirmed();
        history.extend(decide::<Interview>(&history, with_kit(plan(1, 45)), asked_at()).unwrap());
        history.extend(decide::<Interview>(&history, with_kit(plan(2, 60)), asked_at()).unwrap());

        let state: Interview = fold(&history);
        assert_eq!(state.booked().unwrap().kit, Some(pin(2)));
    }

    #[test]
    fn a_kit_that_takes_longer_than_the_interview_is_refused() {
        let refused = decide::<Interview>(&confirmed(), with_kit(plan(1, 61)), asked_at());
        assert_eq!(refused.unwrap_err().code(), "INVALID");
    }

    #[test]
    fn whoever_saw_another_time_is_stale_if_they_say_so() {
        let expecting = |expected_revision| Update {
            expected_revision: Some(expected_revision),
            ..titled("Final round")
        };

        let stale = decide::<Interview>(&confirmed(), expecting(2), asked_at());
        assert_eq!(stale, Err(Refusal::StaleRevision { current: 1 }));
        assert!(decide::<Interview>(&confirmed(), expecting(1), asked_at()).is_ok());
    }

    #[test]
    fn it_changes_until_it_is_over() {
        for history in [
            awaiting_approval(None),
            awaiting_payment(),
            confirmed(),
            open(),
            live(),
            hosted(),
        ] {
            let changed = decide::<Interview>(&history, titled("Final round"), start());
            assert_eq!(changed.unwrap().len(), 1, "{history:?}");
        }
    }

    #[test]
    fn what_is_over_called_off_or_came_to_nothing_stays_as_it_was() {
        let off = Cancel {
            expected_revision: None,
            by: id(2),
            party: Party::Candidate,
            reason: None,
            paid: None,
        };
        let off = [
            confirmed(),
            decide::<Interview>(&confirmed(), off, asked_at()).unwrap(),
        ]
        .concat();
        for history in [expired(), completed(), abandoned_session(), off] {
            let refused = decide::<Interview>(&history, titled("Final round"), start());
            assert_eq!(refused.unwrap_err().code(), "WRONG_STATE", "{history:?}");
        }
        given::<Interview>([])
            .when_at(asked_at(), titled("Final round"))
            .then_refused(Refusal::NotFound { what: "interview" });
    }

    #[test]
    fn what_was_proposed_stays_open() {
        let mut history = confirmed();
        history.extend(decide::<Interview>(&history, propose(Side::Candidate), asked_at()).unwrap());
        history.extend(decide::<Interview>(&history, titled("Final round"), asked_at()).unwrap());

        let state: Interview = fold(&history);
        assert!(state.booked().unwrap().open_proposal().is_some());
    }
}
