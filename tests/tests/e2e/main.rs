#![cfg(test)]
//! The deployment as it is on AWS, on emulators: the real template, the real functions, real calls. What happens is read off queues, table,
//! bus and CodePipeline only.
//!
//! `cargo xtask test` brings the stack up and says where it is; without it every test here says so and passes.

mod harness;
mod publish;

use harness::App;

/// Targets of their own, for tests that need a budget to themselves.
const TARGETS: &str = "";

/// The applications of all tests.
fn scenarios() -> Vec<App> {
    [publish::apps()].into_iter().flatten().collect()
}
