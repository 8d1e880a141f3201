//! Somebody does not wait any more.

use super::{
    Waitlist,
    events::{WaitlistEvent, WaitlistLeft},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, EntryId, InterviewTypeId},
};

/// Whose place is given up. The claims of an offer are released in the same append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leave {
    /// For which product.
    pub interview_type: InterviewTypeId,
    /// Which place on the list.
    pub entry: EntryId,
    /// Who says so; nobody when the time that was wanted is over.
    pub by: Option<AccountId>,
}

/// Nothing when the place is given up, or became an interview, already.
///
/// # Errors
/// `NotFound`.
pub fn decide(state: &Waitlist, command: &Leave) -> Decision<WaitlistEvent> {
    if state.over.contains_key(&command.entry) {
        return nothing();
    }
    let entry = state.entry(command.entry)?;
    one(WaitlistLeft {
        interview_type: command.interview_type,
        entry: command.entry,
        candidate: entry.candidate,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id},
        waitlist::given::{join, now, offered, start, then},
    };

    fn leave() -> Leave {
        Leave {
            interview_type: id(11),
            entry: id(10_001),
            by: Some(id(1)),
        }
    }

    #[test]
    fn whoever_leaves_makes_room_and_may_come_again_at_the_end() {
        let left = then(offered(), leave(), now());
        let state: Waitlist = fold(&left);
        let again = crate::waitlist::join::Join {
            entry: id(10_009),
            ..join(1)
        };

        assert_eq!(state.first_for(start(), &[]).unwrap().entry, id(10_002));
        assert_eq!(decide::<Waitlist>(&left, leave(), now()), nothing());
        assert_eq!(state.owner(id(10_001)), Some(id(1)));
        assert_eq!(state.owner(id(10_009)), None);
        assert!(decide::<Waitlist>(&left, again, now()).is_ok());
    }

    #[test]
    fn nobody_leaves_who_did_not_wait() {
        let unknown = decide::<Waitlist>(&[], leave(), now());
        assert_eq!(unknown.unwrap_err().code(), "NOT_FOUND");
    }
}
