//! The machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use domain::{ports::clock::Clock, time::Instant};

/// Business time is the machine's time, except that it never goes back: when the machine's clock is set back, time
/// stands still until it has caught up.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest_micros: AtomicI64,
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        #[allow(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the machine's clock"
        )]
        let machine = Utc::now().timestamp_micros();
        let micros = self
            .latest_micros
            .fetch_max(machine, Ordering::Relaxed)
            .max(machine);
        DateTime::from_timestamp_micros(micros).expect("the machine's clock is within the range of dates")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_when_the_machine_is_set_back() {
        let clock = SystemClock::default();
        let ahead = 4_102_444_800_000_000;
        clock.latest_micros.store(ahead, Ordering::Relaxed);
        assert_eq!(clock.now().timestamp_micros(), ahead);
    }

    #[test]
    fn time_is_in_whole_microseconds() {
        assert_eq!(SystemClock::default().now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
