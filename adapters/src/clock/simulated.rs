//! A clock that stands still until somebody moves it; for tests and demonstrations.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, TimeDelta};
use domain::{
    ports::clock::Clock,
    time::{Instant, whole_micros},
};
use tokio::sync::watch;

use crate::durable;

/// Name of the file in the data folder.
pub const FILE: &str = "clock";

/// Business time kept in a file of the data folder, so that it survives a restart. Between two moves it does not pass.
#[derive(Debug)]
pub struct SimulatedClock {
    file: PathBuf,
    /// One move at a time; whoever holds it writes the file and then tells the time.
    moving: Mutex<()>,
    now: watch::Sender<Instant>,
}

/// Why the clock could not be opened or moved.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// Time never goes back.
    #[error("the clock already shows {now}")]
    Backwards {
        /// What it shows.
        now: Instant,
    },
    /// The time asked for is beyond any date.
    #[error("there is no such date")]
    OutOfRange,
    /// The file holds something else than a date.
    #[error("the clock file holds no date")]
    Unreadable,
    /// The file could not be read or written.
    #[error("the clock file cannot be read or written")]
    File(#[from] io::Error),
}

impl SimulatedClock {
    /// The clock of a data folder. A folder without one gets a clock that shows `start`. It never shows less than
    /// `floor`, the last recorded time.
    ///
    /// # Errors
    /// [`ClockError::File`] and [`ClockError::Unreadable`].
    pub fn open(folder: &Path, start: Instant, floor: Instant) -> Result<Self, ClockError> {
        let file = folder.join(FILE);
        let shown = match fs::read_to_string(&file) {
            Ok(text) => DateTime::parse_from_rfc3339(text.trim())
                .map_err(|_| ClockError::Unreadable)?
                .to_utc(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => start,
            Err(error) => return Err(error.into()),
        };
        let now = whole_micros(shown.max(floor));
        write(&file, now)?;
        Ok(Self {
            file,
            moving: Mutex::new(()),
            now: watch::Sender::new(now),
        })
    }

    /// Moves the clock to a later moment, or leaves it where it is when it shows that moment. Returns what it shows.
    /// Blocks for one durable write.
    ///
    /// # Errors
    /// [`ClockError::Backwards`] and [`ClockError::File`]; the clock has not moved then.
    pub fn advance_to(&self, moment: Instant) -> Result<Instant, ClockError> {
        let moment = whole_micros(moment);
        let _turn = self.turn();
        self.show(moment)
    }

    /// Moves the clock on by this much. Returns what it shows. Blocks for one durable write.
    ///
    /// # Errors
    /// [`ClockError::OutOfRange`] and [`ClockError::File`]; the clock has not moved then.
    pub fn advance(&self, by: Duration) -> Result<Instant, ClockError> {
        let by = TimeDelta::from_std(by).map_err(|_| ClockError::OutOfRange)?;
        let _turn = self.turn();
        let moment = self.now().checked_add_signed(by).ok_or(ClockError::OutOfRange)?;
        self.show(whole_micros(moment))
    }

    /// Hears of every move; timers wake by it.
    pub fn moves(&self) -> watch::Receiver<Instant> {
        self.now.subscribe()
    }

    fn turn(&self) -> std::sync::MutexGuard<'_, ()> {
        self.moving.lock().expect("nobody panics while moving the clock")
    }

    fn show(&self, moment: Instant) -> Result<Instant, ClockError> {
        let now = self.now();
        if moment < now {
            return Err(ClockError::Backwards { now });
        }
        write(&self.file, moment)?;
        self.now.send_replace(moment);
        Ok(moment)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        *self.now.borrow()
    }
}

fn write(file: &Path, moment: Instant) -> io::Result<()> {
    let text = moment.to_rfc3339_opts(SecondsFormat::Micros, true) + "\n";
    durable::write(file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono::Utc;
    use tempfile::TempDir;

    use super::*;

    fn noon() -> Instant {
        Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
    }

    fn open(folder: &TempDir, floor: Instant) -> SimulatedClock {
        SimulatedClock::open(folder.path(), noon(), floor).unwrap()
    }

    #[test]
    fn time_stands_still_and_moves_when_asked() {
        let folder = TempDir::new().unwrap();
        let clock = open(&folder, noon());
        let mut moves = clock.moves();

        clock.advance(Duration::from_secs(90)).unwrap();

        assert_eq!(clock.now(), noon() + TimeDelta::seconds(90));
        assert!(moves.has_changed().unwrap());
        assert_eq!(*moves.borrow_and_update(), clock.now());
    }

    #[test]
    fn time_survives_a_restart() {
        let folder = TempDir::new().unwrap();
        open(&folder, noon())
            .advance_to(noon() + TimeDelta::days(2))
            .unwrap();

        let again = open(&folder, noon());

        assert_eq!(again.now(), noon() + TimeDelta::days(2));
    }

    #[test]
    fn time_is_never_behind_the_last_recorded_time() {
        let folder = TempDir::new().unwrap();
        drop(open(&folder, noon()));

        let later = open(&folder, noon() + TimeDelta::hours(1));

        assert_eq!(later.now(), noon() + TimeDelta::hours(1));
    }

    #[test]
    fn time_does_not_go_back() {
        let folder = TempDir::new().unwrap();
        let clock = open(&folder, noon());

        let refused = clock.advance_to(noon() - TimeDelta::seconds(1));

        assert!(matches!(refused, Err(ClockError::Backwards { .. })));
        assert_eq!(clock.now(), noon());
        assert_eq!(clock.advance_to(noon()).unwrap(), noon());
    }

    #[test]
    fn a_file_that_holds_no_date_is_refused() {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(FILE), "tomorrow").unwrap();

        let refused = SimulatedClock::open(folder.path(), noon(), noon());

        assert!(matches!(refused, Err(ClockError::Unreadable)));
    }
}
