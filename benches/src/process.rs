//! What the system says of this process.

/// Seconds of processor time of all threads so far, those that have ended included: the program's own and the system's for it. In steps of a
/// hundredth of a second, which is what Linux counts in here; zero where the system does not say.
pub fn processor_seconds() -> [f64; 2] {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, in brackets, is the name, which may hold spaces and brackets.
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split(' ').collect();
    [11, 12].map(|place| {
        let ticks = fields.get(place).and_then(|text| text.parse::<f64>().ok());
        ticks.unwrap_or(0.0) / 100.0
    })
}

/// Memory at its peak so far, in MiB; zero where the system does not say.
pub fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes >> 10)
}
