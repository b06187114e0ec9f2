//! What a process has used, where the system says so.

/// What a process has used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time, in hundredths of a second.
    pub ticks: u64,
    /// Bytes of memory.
    pub memory: u64,
}

/// What a process has used so far, where the system says so.
#[cfg(target_os = "linux")]
pub fn usage(pid: u32) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    read_stat(&stat)
}

/// What a process has used so far, where the system says so.
#[cfg(not(target_os = "linux"))]
pub const fn usage(_: u32) -> Option<Usage> {
    None
}

/// proc(5): the name stands in parentheses and may hold anything; `utime` and `stime` are fields 14 and 15 and count
/// hundredths of a second, `rss` is field 24 and counts pages.
#[cfg(any(target_os = "linux", test))]
fn read_stat(stat: &str) -> Option<Usage> {
    /// The one size of pages on the machines that engines run on. Where they are larger the figure is too small.
    const PAGE: u64 = 4096;
    let after_name = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Usage { ticks: field(14)? + field(15)?, memory: field(24)? * PAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_read_past_whatever_the_process_is_called() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194560 99 0 0 0 30 12 0 0 20 0 4 0 100 1000 55 18446744073709551615 1";
        let usage = read_stat(stat).expect("a line of the kernel's");
        assert_eq!((usage.ticks, usage.memory), (42, 55 * 4096));
        assert!(read_stat("7 (weir) R 1").is_none());
    }
}
