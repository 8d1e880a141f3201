//! How long to wait before a deed is tried again.

use std::time::Duration;

use domain::ids::EffectId;

/// Pauses that double, with half of each drawn at random, so that what failed together does not come back together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Backoff {
    /// The pause after the first failure.
    pub first: Duration,
    /// No pause is longer, unless a provider asks for a longer one.
    pub most: Duration,
    /// So many tries, then a person is asked.
    pub tries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            most: Duration::from_secs(15 * 60),
            tries: 10,
        }
    }
}

impl Backoff {
    /// The pause after a failed try, from 1: at least half of the doubled pause, and never less than the provider
    /// asked for. The random half comes from the effect's id and the try, so that it is the same wherever it is asked.
    pub fn pause(&self, effect: EffectId, tries: u32, asked: Option<Duration>) -> Duration {
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        let whole = doubled.min(self.most);
        let pause = whole / 2 + (whole / 2).mul_f64(fraction(effect, tries));
        asked.map_or(pause, |asked| asked.max(pause.min(asked.mul_f64(1.1))))
    }
}

/// A number in `[0, 1)`: ids are spread evenly, and the multiplier (of splitmix64) spreads the tries of one effect.
fn fraction(effect: EffectId, tries: u32) -> f64 {
    let bits = effect.uuid().as_u128() as u64;
    let mixed = (bits ^ u64::from(tries)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use domain::ids::derive;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(2),
        most: Duration::from_secs(60),
        tries: 10,
    };

    #[test]
    fn pauses_double_up_to_the_most() {
        let effect = derive(&[b"a"]);
        let within = |tries, whole| {
            let pause = BACKOFF.pause(effect, tries, None);
            Duration::from_secs(whole) / 2 <= pause && pause < Duration::from_secs(whole)
        };

        assert!(within(1, 2) && within(2, 4) && within(3, 8) && within(6, 60) && within(60, 60));
    }

    #[test]
    fn effects_that_failed_together_come_back_apart() {
        let pauses = [b"a", b"b", b"c"].map(|name| BACKOFF.pause(derive(&[name]), 1, None));

        assert!(pauses[0] != pauses[1] && pauses[1] != pauses[2]);
    }

    #[test]
    fn what_a_provider_asks_for_is_honoured_within_a_tenth() {
        let asked = Duration::from_secs(30);

        let pauses = [1, 2, 3, 9].map(|tries| BACKOFF.pause(derive(&[b"a"]), tries, Some(asked)));

        assert!(
            pauses
                .into_iter()
                .all(|pause| pause >= asked && pause <= asked.mul_f64(1.1))
        );
    }
}
