//! `cargo xtask`: the checks, the rules of the tree and the benchmarks, each as one command.
//!
//! Owns what is run and in which order. It must not hold product code, and no product crate may depend on it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool: its output is for the terminal"
)]

mod bench;
mod cargo;
mod steps;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Checks, rules and benchmarks of this repository"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run every check and test; all steps are run, and the failed ones are named at the end
    Test,
    /// Check the rules no compiler checks: crate edges, licences, sizes, names, lock files, documents
    Tidy,
    /// Run the benchmarks in release mode, all or those named
    Bench {
        /// Benchmarks to run, and options for the benchmark binary
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        names: Vec<String>,
    },
}

fn main() -> ExitCode {
    let is_success = match Arguments::parse().command {
        Command::Test => steps::run(),
        Command::Tidy => tidy::run(),
        Command::Bench { names } => bench::run(&names),
    };
    match is_success {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
