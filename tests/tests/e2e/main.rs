#![cfg(test)]
//! The deployment as it is on AWS, on emulators: the real template, the real functions, real calls. What happens is read off queues, table,
//! bus and CodePipeline only.
//!
//! `cargo xtask test` brings the stack up and says where it is; without it every test here says so and passes. Most tests wait most
//! of the time, so they run best with many threads: `--test-threads 40`.

mod burst;
mod changed;
mod doctor;
mod harness;
mod lost;
mod operated;
mod ordered;
mod proven;
mod publish;
mod quarantined;
mod refused;
mod requested;
mod rolled;
mod spokes;

use harness::App;

/// The applications of all tests.
fn scenarios() -> Vec<App> {
    [
        publish::apps(),
        burst::apps(),
        ordered::apps(),
        quarantined::apps(),
        refused::apps(),
        lost::apps(),
        operated::apps(),
        changed::apps(),
        proven::apps(),
        spokes::apps(),
        requested::apps(),
        rolled::apps(),
        doctor::apps(),
    ]
    .concat()
}

/// Targets of their own, for tests that need a budget to themselves.
fn targets(account: &str, region: &str) -> String {
    [
        ordered::targets(account),
        spokes::targets(),
        requested::targets(),
        doctor::targets(region),
    ]
    .concat()
}
