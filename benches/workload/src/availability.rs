//! Interviewers who keep changing their weekly hours: a real aggregate without personal data, whose event is about 370
//! bytes of JSON.

use chrono::{NaiveTime, Weekday};
use domain::{
    actor::Actor,
    aggregate::Context,
    availability::{
        define_weekly::DefineWeekly,
        events::{LocalWindow, WeeklyRule},
    },
    ids::AccountId,
    time::Instant,
};
use uuid::Uuid;

const DAYS: [&[Weekday]; 4] = [
    &[Weekday::Mon, Weekday::Tue],
    &[Weekday::Wed],
    &[Weekday::Thu],
    &[Weekday::Fri],
];

/// How many commands a stream is given before its caller goes on to the next one.
pub const COMMANDS_PER_STREAM: u64 = 10;

/// One command of one caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Which caller.
    pub caller: u64,
    /// Which of its commands, from 0.
    pub number: u64,
}

impl Step {
    /// The interviewer it is about. Streams of callers are distinct.
    pub fn account(self) -> AccountId {
        let stream = self.number / COMMANDS_PER_STREAM;
        AccountId::new(rising(stream, self.caller))
    }

    /// An id of the command alone.
    pub fn id(self) -> Uuid {
        rising(self.number, self.caller)
    }

    /// The hours: never the same twice in a row, so that every command changes something.
    pub fn command(self) -> DefineWeekly {
        let hour = 6 + u32::try_from(self.number % COMMANDS_PER_STREAM).expect("a remainder of ten is small");
        DefineWeekly {
            account: self.account(),
            zone: "Europe/Berlin"
                .parse()
                .expect("Berlin is in the database of zones"),
            rules: (0..4).map(|shift| rule(shift, hour)).collect(),
        }
    }
}

/// An id that rises with time, as those of UUIDv7 do.
fn rising(time: u64, caller: u64) -> Uuid {
    Uuid::from_u128((u128::from(time) << 80) | (0x7 << 76) | (0x8 << 60) | u128::from(caller))
}

fn rule(shift: u32, hour: u32) -> WeeklyRule {
    let at = |hour| NaiveTime::from_hms_opt(hour, shift * 10, 0).expect("it is a time of day");
    WeeklyRule {
        weekdays: DAYS[shift as usize].to_vec(),
        window: LocalWindow {
            from: at(hour),
            to: Some(at(hour + 4)),
        },
    }
}

/// Who asks, and when.
pub fn context() -> Context {
    Context {
        now: now(),
        actor: Actor::system("bench"),
    }
}

/// Business time of every command.
pub fn now() -> Instant {
    "2026-11-02T09:00:00Z".parse().expect("it is a moment")
}
