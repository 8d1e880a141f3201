//! How much memory this process takes at most, as Linux tells it.

use std::fs;

/// Begins anew.
pub(crate) fn forget() {
    // Where it cannot be had, the figure is of the whole life of the process, or there is none.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Most MiB since then.
pub(crate) fn most() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}
