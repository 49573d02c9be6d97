//! The simulator as a command; `cargo xtask simulate` builds and runs it.

use std::process::ExitCode;

/// Half of a simulated day is spent on small objects.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    downriver_testkit::runner::run(std::env::args().skip(1))
}
