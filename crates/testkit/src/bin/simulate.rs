//! The simulator as a command; `cargo xtask simulate` builds and runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    downriver_testkit::runner::run(std::env::args().skip(1))
}
