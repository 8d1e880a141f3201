//! What comes back of the price when an interview is called off (rule M5).

use std::cmp::Reverse;

use chrono::Duration;

use super::{
    Booking,
    events::{Party, RefundTier},
};
use crate::{refusal::Refusal, time::Instant};

/// Most tiers.
const MOST_TIERS: usize = 10;
/// Longest notice that a tier may ask for: 60 days, as for booking.
pub(crate) const MOST_NOTICE_MINUTES: u32 = 60 * 24 * 60;

/// Tiers as they are kept, whichever order they are given in: most notice first.
///
/// # Errors
/// `Invalid` on the field, when there are more than ten, two ask for the same notice, one asks for more than 60 days or
/// gives more than everything, or more notice would give less.
pub fn settled(tiers: &[RefundTier], field: &'static str) -> Result<Vec<RefundTier>, Refusal> {
    let refuse = |reason: &str| Err(Refusal::invalid(field, reason));
    if tiers.len() > MOST_TIERS {
        return refuse("must be at most 10");
    }
    if tiers.iter().any(|tier| tier.notice_minutes > MOST_NOTICE_MINUTES) {
        return refuse("must not ask for more than 60 days of notice");
    }
    if tiers.iter().any(|tier| tier.percent > 100) {
        return refuse("must not give more than 100 percent");
    }
    let mut tiers = tiers.to_vec();
    tiers.sort_by_key(|tier| Reverse(tier.notice_minutes));
    for pair in tiers.windows(2) {
        if pair[0].notice_minutes == pair[1].notice_minutes {
            return refuse("must ask for different notices");
        }
        if pair[0].percent < pair[1].percent {
            return refuse("must not give less for more notice");
        }
    }
    Ok(tiers)
}

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
