//! `cargo xtask`: the checks, the rules of the tree, the benchmarks and the local stack, each as one command.
//!
//! Owns what is run and in which order. It must not hold product code, and no product crate may depend on it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool: its output is for the terminal"
)]

mod bench;
mod cargo;
mod dist;
mod functions;
mod fuzz;
mod logged;
mod output;
mod programs;
mod simulate;
mod stack;
mod steps;
mod tidy;
mod tools;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use cargo::repository_root;
use tools::Tools;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Checks, rules, benchmarks and local stack of this repository"
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
    /// Fuzz the parsers of lockfiles, manifests and SBOMs, a minute each
    Fuzz {
        /// `--secs N`, `--executions N`, `--seed N`, `--only FORMAT`, `--folder DIR` (for inputs that failed)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Simulate random days of random organisations, with everything that may go wrong in them
    Simulate {
        /// `--seeds N`, `--from S`, `--jobs J`, `--plant BUG`; or `--seed S`, `--trace`; or `--planted`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Install the pinned tools of the checks and of the local stack, if they are not there
    Tools,
    /// Bring up the local stack: the real template and functions on emulators, on this machine only
    Up {
        /// The first of three ports in a row [default: 4566, or the next place where three are free]
        #[arg(long)]
        port: Option<u16>,
    },
    /// End everything that `up` started
    Down,
    /// Build the release: function zips, packaged templates, CDK package, checksums
    Dist,
}

fn main() -> ExitCode {
    let is_success = match Arguments::parse().command {
        Command::Test => steps::run(),
        Command::Tidy => tidy::run(),
        Command::Bench { names } => bench::run(&names),
        Command::Fuzz { options } => fuzz::run(&options),
        Command::Simulate { options } => simulate::run(&options),
        Command::Tools => repository_root()
            .and_then(|root| Tools::ensure(&root).and_then(|_| Tools::ensure_checkov(&root)))
            .map(|_| true),
        Command::Up { port } => up::up(port),
        Command::Down => up::down(),
        Command::Dist => dist::run(),
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
