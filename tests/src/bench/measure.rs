//! Taking time and memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Runs of each measurement of single calls; the median of an odd number is one of them.
const RUNS: usize = 9;
/// How long a run repeats a call that takes nanoseconds.
const RUN_AT_LEAST: Duration = Duration::from_millis(40);

/// Nanoseconds for each call of `call`, which makes `calls` calls: one figure for each run.
pub(super) fn nanos_per_call<T>(calls: usize, mut call: impl FnMut() -> T) -> Vec<f64> {
    let rounds = rounds_for(&mut call);
    let calls = as_float(calls) * as_float(rounds);
    (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..rounds {
                black_box(call());
            }
            started.elapsed().as_secs_f64() * 1e9 / calls
        })
        .collect()
}

/// How often `call` is repeated to fill a run.
fn rounds_for<T>(call: &mut impl FnMut() -> T) -> usize {
    let mut rounds = 1;
    loop {
        let started = Instant::now();
        for _ in 0..rounds {
            black_box(call());
        }
        if started.elapsed() >= RUN_AT_LEAST / 2 {
            return rounds * 2;
        }
        rounds *= 2;
    }
}

/// The most memory this process ever had in use, in bytes; `None` where the system does not say.
pub(crate) fn memory_peak_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and sizes of a benchmark are far below 2^52"
)]
pub(super) const fn as_float(count: usize) -> f64 {
    count as f64
}
