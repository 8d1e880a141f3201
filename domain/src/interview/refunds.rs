//! What comes back of the price when an interview is called off (rule M5).

use chrono::Duration;

use super::{
    Booking,
    events::{Party, RefundTier},
};
use crate::time::Instant;

/// The share that the tiers give for so much notice, in percent: that of the tier with the most notice that is kept.
/// Less notice than any tier asks for gives nothing.
pub fn percent(tiers: &[RefundTier], notice: Duration) -> u8 {
    tiers
        .iter()
        .filter(|tier| Duration::minutes(i64::from(tier.notice_minutes)) <= notice)
        .max_by_key(|tier| tier.notice_minutes)
        .map_or(0, |tier| tier.percent)
}

impl Booking {
    /// Elapsed time from a moment to the start that the present revision promised; nothing once that has passed.
    pub fn notice(&self, now: Instant) -> Duration {
        (self.slot.span.start - now).max(Duration::zero())
    }

    /// The share of the price that comes back when this party calls it off now, in percent. Everything, unless it is the
    /// candidate's wish: then by the conditions of the booking, and never more than a late move has left.
    pub fn refundable_percent(&self, party: Party, now: Instant) -> u8 {
        match party {
            Party::Candidate => percent(&self.terms.refunds, self.notice(now)).min(self.refund_limit),
            Party::Interviewer | Party::Organisation => 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers() -> Vec<RefundTier> {
        let tier = |notice_minutes, percent| RefundTier {
            notice_minutes,
            percent,
        };
        vec![tier(24 * 60, 100), tier(2 * 60, 50)]
    }

    #[test]
    fn notice_is_exact_elapsed_time_and_its_edges_belong_to_the_better_tier() {
        let just_less = Duration::microseconds(1);

        assert_eq!(percent(&tiers(), Duration::hours(24)), 100);
        assert_eq!(percent(&tiers(), Duration::hours(24) - just_less), 50);
        assert_eq!(percent(&tiers(), Duration::hours(2)), 50);
        assert_eq!(percent(&tiers(), Duration::hours(2) - just_less), 0);
        assert_eq!(percent(&[], Duration::days(365)), 0);
    }
}
