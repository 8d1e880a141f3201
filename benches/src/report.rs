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

/// A table of a scan: seconds of the driver alone and of decoded events, round by round.
pub(crate) fn scan(name: &str, events: u64, rounds: &[(f64, f64)]) {
    let per_second = |seconds: f64| events as f64 / seconds;
    println!("\n### {name} of {events} events\n");
    println!("| who | events/s | ratio to the first |");
    println!("|---|---|---|");
    let raw = median(rounds.iter().map(|(raw, _)| per_second(*raw)));
    println!("| the driver steps through the rows | {raw:.0} | 1.00 |");
    let decoded = median(rounds.iter().map(|(_, decoded)| per_second(*decoded)));
    let ratio = median(rounds.iter().map(|(raw, decoded)| raw / decoded));
    println!("| Greenroom, decoded into events | {decoded:.0} | {ratio:.2} |");
}

/// The middle value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
