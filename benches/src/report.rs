//! Prints tables in Markdown, as they stand in `docs/PERFORMANCE.md`.
#![allow(clippy::print_stdout)]

use std::fs;

use workload::measure::Round;

/// The machine, as far as a reader must know it.
pub(crate) fn environment() {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "Machine: {model}, {cores} cores; load average before: {}",
        load.trim()
    );
}

/// A heading above a table.
pub(crate) fn heading(text: &str) {
    println!("\n### {text}\n");
    println!("| who | commands/s | p50 | p99 | ratio to the first |");
    println!("|---|---|---|---|---|");
}

/// A heading above a table of answers.
pub(crate) fn answers(text: &str) {
    println!("\n### {text}\n");
    println!("| who | requests/s | p50 | p99 | ratio to the first |");
    println!("|---|---|---|---|---|");
}

/// One line: medians, and the median of the ratios of rounds that were played one after the other.
pub(crate) fn line(name: &str, rounds: &[Round], reference: &[Round]) {
    let median_of = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
    let ratio = median(
        rounds
            .iter()
            .zip(reference)
            .map(|(own, other)| own.per_second / other.per_second),
    );
    println!(
        "| {name} | {:.0} | {:.2} ms | {:.2} ms | {ratio:.2} |",
        median_of(|round| round.per_second),
        median_of(|round| round.p50_us) / 1e3,
        median_of(|round| round.p99_us) / 1e3,
    );
}

/// Seconds of a reference and of who is compared with it, in one round.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pair {
    /// Of the reference.
    pub(crate) first: f64,
    /// Of the other.
    pub(crate) second: f64,
}

/// A table of what is done to so many events, by a reference and by another.
pub(crate) fn pairs(name: &str, events: u64, who: [&str; 2], rounds: &[Pair]) {
    let per_second = |seconds: f64| events as f64 / seconds;
    println!("\n### {name} of {events} events\n");
    println!("| who | events/s | ratio to the first |");
    println!("|---|---|---|");
    let first = median(rounds.iter().map(|round| per_second(round.first)));
    println!("| {} | {first:.0} | 1.00 |", who[0]);
    let second = median(rounds.iter().map(|round| per_second(round.second)));
    let ratio = median(rounds.iter().map(|round| round.first / round.second));
    println!("| {} | {second:.0} | {ratio:.2} |", who[1]);
}

/// The heading of a table of rates.
pub(crate) fn rates(name: &str) {
    println!("\n### {name}\n");
    println!("| who | seconds | events/s | ratio to the first |");
    println!("|---|---|---|---|");
}

/// One line: medians of so many events in so many seconds each, and of the ratios of rounds that were played one after
/// the other.
pub(crate) fn rate(who: &str, own: &[Rate], reference: &[Rate]) {
    let ratio = median(
        own.iter()
            .zip(reference)
            .map(|(own, other)| own.per_second() / other.per_second()),
    );
    println!(
        "| {who} | {:.1} | {:.0} | {ratio:.2} |",
        median(own.iter().map(|rate| rate.seconds)),
        median(own.iter().map(Rate::per_second)),
    );
}

/// A sentence below a table of rates.
pub(crate) fn memory(who: &str, most: u64) {
    println!("\nMost memory of the process, {who}: {most} MiB.");
}

/// So many events in so many seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Rate {
    /// How many.
    pub(crate) events: u64,
    /// In what time.
    pub(crate) seconds: f64,
}

impl Rate {
    /// How many in one second.
    pub(crate) fn per_second(&self) -> f64 {
        self.events as f64 / self.seconds
    }
}

/// The heading of a table of proofs.
pub(crate) fn proofs(name: &str, events: u64) {
    println!("\n### {name}, {events} events\n");
    println!("| of | seconds | events/s |");
    println!("|---|---|---|");
}

/// One line: the median of so many seconds.
pub(crate) fn proof(of: &str, events: u64, seconds: &[f64]) {
    let seconds = median(seconds.iter().copied());
    println!("| {of} | {seconds:.1} | {:.0} |", events as f64 / seconds);
}

/// The heading of a table of looks at the past.
pub(crate) fn looks(name: &str, events: u64) {
    println!("\n### {name}, one row of {events} events\n");
    println!("| on | from all events | from snapshots, p50 | slowest |");
    println!("|---|---|---|---|");
}

/// One line: milliseconds of looks that fold everything, and of those at moments all over the history.
pub(crate) fn look(on: &str, all: &[f64], kept: &[f64]) {
    let slowest = kept.iter().copied().fold(0.0, f64::max);
    let (all, kept) = (median(all.iter().copied()), median(kept.iter().copied()));
    println!("| {on} | {all:.1} ms | {kept:.1} ms | {slowest:.1} ms |");
}

/// The heading of a table of times from write to read.
pub(crate) fn visible(name: &str, rate: f64) {
    println!("\n### {name}, {rate} events/s\n");
    println!("| on | p50 | p99 | caught up after 10 s |");
    println!("|---|---|---|---|");
}

/// One line: milliseconds of each round's appends, of which the medians of the rounds count, and seconds.
pub(crate) fn visibility(on: &str, rounds: &[Vec<f64>], catching_up: &[f64]) {
    let quantile = |part: f64| {
        median(rounds.iter().map(|times| {
            let mut times = times.clone();
            times.sort_by(f64::total_cmp);
            let index = (times.len() as f64 * part) as usize;
            times
                .get(index.min(times.len().saturating_sub(1)))
                .copied()
                .unwrap_or(f64::NAN)
        }))
    };
    let (half, most) = (quantile(0.5), quantile(0.99));
    let caught_up = median(catching_up.iter().copied());
    println!("| {on} | {half:.1} ms | {most:.1} ms | {caught_up:.2} s |");
}

/// The middle value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
