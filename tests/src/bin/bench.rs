//! The benchmarks as a command: `bench [--quick] [names…]`. Says nothing about the machine; `cargo xtask bench` does.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    downriver_tests::bench::run(std::env::args().skip(1))
}
