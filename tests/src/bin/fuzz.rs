//! The fuzzer as a command; `cargo xtask fuzz` builds and runs it.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    downriver_tests::fuzz::run(std::env::args().skip(1))
}
