//! How much memory the process may use, and so how much a pipeline holds where nothing is said.
//!
//! Read once at the start of each pipeline from `/proc` and the control groups (versions 1 and 2); the
//! process's own group and all above it count, and the machine's memory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::metrics::LimitOrigin;

/// Returns a quarter of the memory the process may use, and what limits it.
pub fn default_limit() -> (usize, LimitOrigin) {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| machine_bytes(&text));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = group_files(&groups)
        .into_iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .filter_map(|text| text.trim().parse::<u64>().ok())
        .min();
    let (bytes, origin) = match (machine, group) {
        (Some(machine), Some(group)) if group < machine => (group, LimitOrigin::ControlGroup),
        (None, Some(group)) if group < u64::MAX / 4 => (group, LimitOrigin::ControlGroup),
        (Some(machine), _) => (machine, LimitOrigin::Machine),
        (None, _) => (UNKNOWN_BYTES, LimitOrigin::Unknown),
    };
    (usize::try_from(bytes / 4).unwrap_or(usize::MAX), origin)
}

/// Reads the machine's memory from the text of `/proc/meminfo`.
fn machine_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Lists the files that may hold a limit, from the text of `/proc/self/cgroup`.
fn group_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, name) = if controllers.is_empty() {
            ("/sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let path = Path::new(path.trim_start_matches('/'));
        // In a container the path may be the host's; the mount's own root is always ours.
        files.extend(path.ancestors().map(|group| Path::new(root).join(group).join(name)));
    }
    files
}

/// A machine taken for granted where there is no `/proc`: 4 GiB, of which a quarter is held.
const UNKNOWN_BYTES: u64 = 4 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_read_in_kibibytes() {
        assert_eq!(machine_bytes("MemFree: 1 kB\nMemTotal:       2048 kB\n"), Some(2048 * 1024));
        assert_eq!(machine_bytes("MemTotal: lots\n"), None);
    }

    #[test]
    fn both_versions_of_groups_and_all_groups_above_are_looked_at() {
        let files = group_files("4:cpu,memory:/a/b\n3:cpuset:/\n0::/c\n");
        let names: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/c/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
    }

    #[test]
    fn there_is_always_a_limit() {
        assert!(default_limit().0 > 0);
    }
}
