//! Says what comes back of the price when a candidate calls an interview off.

use super::{
    Organisation,
    events::{CancellationPolicyPublished, OrganisationEvent},
};
use crate::{
    aggregate::{Decision, nothing, one},
    ids::{AccountId, OrganisationId},
    interview::{events::RefundTier, refunds},
    refusal::Refusal,
};

/// What comes back from now on; what was booked before keeps its own conditions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishCancellationPolicy {
    /// Whose.
    pub organisation: OrganisationId,
    /// What comes back, in any order.
    pub tiers: Vec<RefundTier>,
    /// Who publishes it.
    pub by: AccountId,
}

/// Nothing when it is the present policy. No tiers at all: nothing ever comes back, unless it is not the candidate's
/// wish.
///
/// # Errors
/// `NotFound`, when there is no such organisation; `Invalid` on `tiers`, when there are more than ten, two ask for the
/// same notice, one asks for more than 60 days or gives more than everything, or more notice would give less.
pub fn decide(state: &Organisation, command: &PublishCancellationPolicy) -> Decision<OrganisationEvent> {
    if matches!(state, Organisation::Absent) {
        return Err(Refusal::NotFound { what: "organisation" });
    }
    let tiers = refunds::settled(&command.tiers, "tiers")?;
    let present = state.cancellation_policy();
    if present.version > 0 && present.tiers == tiers {
        return nothing();
    }
    one(CancellationPolicyPublished {
        organisation: command.organisation,
        version: present.version + 1,
        tiers,
        by: command.by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        given::{decide, fold, id, utc},
        interview::refunds::MOST_NOTICE_MINUTES,
        organisation::{CancellationPolicy, events::OrganisationCreated},
        testing::given,
        text::Line,
    };

    fn created() -> Vec<OrganisationEvent> {
        let created = OrganisationCreated {
            organisation: id(1),
            name: Line::new("Rivertown Robotics").unwrap(),
            zone: "Asia/Kolkata".parse().unwrap(),
            interviewers_decide: true,
            by: id(2),
        };
        vec![created.into()]
    }

    fn tier(notice_minutes: u32, percent: u8) -> RefundTier {
        RefundTier {
            notice_minutes,
            percent,
        }
    }

    fn publish(tiers: &[RefundTier]) -> PublishCancellationPolicy {
        PublishCancellationPolicy {
            organisation: id(1),
            tiers: tiers.to_vec(),
            by: id(2),
        }
    }

    fn now() -> crate::time::Instant {
        utc("2026-05-04T10:00:00Z")
    }

    fn refusal(tiers: &[RefundTier]) -> &'static str {
        let refused = decide::<Organisation>(&created(), publish(tiers), now());
        refused.unwrap_err().code()
    }

    #[test]
    fn a_policy_is_kept_with_most_notice_first_and_counts_its_versions() {
        let first =
            decide::<Organisation>(&created(), publish(&[tier(60, 20), tier(600, 80)]), now()).unwrap();
        let history = [created(), first].concat();
        let again = decide::<Organisation>(&history, publish(&[tier(600, 80), tier(60, 20)]), now());
        let other = decide::<Organisation>(&history, publish(&[]), now()).unwrap();

        let policy = fold::<Organisation>(&history).cancellation_policy();
        assert_eq!(
            (policy.version, policy.tiers),
            (1, vec![tier(600, 80), tier(60, 20)])
        );
        assert_eq!(again, nothing());
        let policy = fold::<Organisation>(&[history, other].concat()).cancellation_policy();
        assert_eq!((policy.version, policy.tiers), (2, Vec::new()));
    }

    #[test]
    fn until_one_is_published_a_day_gives_everything_and_two_hours_half() {
        let policy = fold::<Organisation>(&created()).cancellation_policy();

        assert_eq!(policy, CancellationPolicy::until_published());
        assert_eq!(policy.tiers, vec![tier(1_440, 100), tier(120, 50)]);
    }

    #[test]
    fn tiers_that_contradict_each_other_are_refused() {
        assert_eq!(refusal(&[tier(60, 20), tier(60, 30)]), "INVALID");
        assert_eq!(refusal(&[tier(600, 20), tier(60, 30)]), "INVALID");
        assert_eq!(refusal(&[tier(60, 101)]), "INVALID");
        assert_eq!(refusal(&[tier(MOST_NOTICE_MINUTES + 1, 100)]), "INVALID");
        let many: Vec<_> = (0..11).map(|number| tier(number, 10)).collect();
        assert_eq!(refusal(&many), "INVALID");
    }

    #[test]
    fn only_an_organisation_publishes_a_policy() {
        given::<Organisation>([])
            .when(publish(&[]))
            .then_refused(Refusal::NotFound { what: "organisation" });
    }
}
