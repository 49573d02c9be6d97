//! `cargo xtask test`: every check and test, one step after the other.
//!
//! Owns the list of steps and what a failed one means for the rest: all are run, unless one without which the rest says nothing new fails.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cargo::{cargo, output_of, repository_root};
use crate::tidy;

struct Step {
    name: &'static str,
    /// When it fails, the steps after it would only repeat its error and are not run.
    is_essential: bool,
    action: Action,
}

enum Action {
    Cargo(&'static str),
    /// With warnings of rustdoc as errors.
    CargoDoc(&'static str),
    Tidy,
    CliWithoutAws,
}

const STEPS: &[Step] = &[
    Step {
        name: "dependencies",
        is_essential: true,
        action: Action::Cargo("fetch --locked"),
    },
    Step {
        name: "format",
        is_essential: false,
        action: Action::Cargo("fmt --all --check"),
    },
    Step {
        name: "tidy",
        is_essential: false,
        action: Action::Tidy,
    },
    Step {
        name: "compile",
        is_essential: true,
        action: Action::Cargo("test --workspace --locked --no-run"),
    },
    Step {
        name: "clippy",
        is_essential: false,
        action: Action::Cargo("clippy --workspace --all-targets --locked -- -D warnings"),
    },
    Step {
        name: "tests",
        is_essential: false,
        action: Action::Cargo("test --workspace --locked --no-fail-fast"),
    },
    Step {
        name: "documentation",
        is_essential: false,
        action: Action::CargoDoc("doc --workspace --no-deps --locked"),
    },
    // Features of other members must not be what makes it compile, so it is checked by itself.
    Step {
        name: "cli alone",
        is_essential: false,
        action: Action::Cargo("check -p downriver --locked"),
    },
    Step {
        name: "cli without AWS",
        is_essential: false,
        action: Action::CliWithoutAws,
    },
];

/// Runs all steps and prints the summary; true when none failed.
pub(crate) fn run() -> Result<bool> {
    let root = repository_root()?;
    let outcomes = perform_all(STEPS, |step| {
        println!("\n=== {}: {}", step.name, step.action.shown());
        let started = Instant::now();
        let result = step.action.perform(&root).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        let duration = started.elapsed();
        println!(
            "=== {}: {} in {}",
            step.name,
            if result { "passed" } else { "FAILED" },
            shown_duration(duration)
        );
        (result, duration)
    });
    println!("\n{}", summary(&outcomes));
    Ok(outcomes
        .iter()
        .all(|outcome| matches!(outcome.result, StepResult::Passed(_))))
}

impl Action {
    fn shown(&self) -> String {
        match self {
            Self::Cargo(arguments) => format!("cargo {arguments}"),
            Self::CargoDoc(arguments) => format!("RUSTDOCFLAGS=\"-D warnings\" cargo {arguments}"),
            Self::Tidy => "cargo xtask tidy".to_owned(),
            Self::CliWithoutAws => "cargo tree -p downriver: no AWS SDK by default".to_owned(),
        }
    }

    fn perform(&self, root: &Path) -> Result<bool> {
        let mut command = cargo(root);
        match self {
            Self::Cargo(arguments) => command.args(arguments.split(' ')),
            Self::CargoDoc(arguments) => command
                .args(arguments.split(' '))
                .env("RUSTDOCFLAGS", "-D warnings"),
            Self::Tidy => return tidy::run(),
            Self::CliWithoutAws => return check_cli_without_aws(root),
        };
        let status = command.status().context("failed to start cargo")?;
        Ok(status.success())
    }
}

fn check_cli_without_aws(root: &Path) -> Result<bool> {
    let tree = output_of(cargo(root).args([
        "tree",
        "--locked",
        "-p",
        "downriver",
        "--edges",
        "normal,build",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    let named = aws_sdk_packages(&tree);
    for package in &named {
        println!(
            "crates/cli/Cargo.toml:1: the command depends on `{package}` by default; put it behind a feature that is off by default"
        );
    }
    Ok(named.is_empty())
}

/// The AWS SDK packages in the output of `cargo tree --prefix none --format {p}`, each once.
fn aws_sdk_packages(tree: &str) -> Vec<&str> {
    let mut packages: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.starts_with("aws-sdk-") || *name == "aws-config")
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

struct Outcome {
    name: &'static str,
    result: StepResult,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepResult {
    Passed(Duration),
    Failed(Duration),
    NotRun,
}

fn perform_all(steps: &[Step], mut perform: impl FnMut(&Step) -> (bool, Duration)) -> Vec<Outcome> {
    let mut is_stopped = false;
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let result = if is_stopped {
            StepResult::NotRun
        } else {
            match perform(step) {
                (true, duration) => StepResult::Passed(duration),
                (false, duration) => StepResult::Failed(duration),
            }
        };
        is_stopped |= step.is_essential && matches!(result, StepResult::Failed(_));
        outcomes.push(Outcome {
            name: step.name,
            result,
        });
    }
    outcomes
}

fn summary(outcomes: &[Outcome]) -> String {
    let mut text = String::from("=== summary\n");
    for Outcome { name, result } in outcomes {
        let (word, duration) = match result {
            StepResult::Passed(duration) => ("passed", shown_duration(*duration)),
            StepResult::Failed(duration) => ("FAILED", shown_duration(*duration)),
            StepResult::NotRun => ("not run", String::new()),
        };
        let line = format!("  {word:<8} {name:<16} {duration:>8}");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| matches!(outcome.result, StepResult::Failed(_)))
        .map(|outcome| outcome.name)
        .collect();
    let verdict = if failed.is_empty() {
        "all steps passed".to_owned()
    } else {
        format!("failed steps: {}", failed.join(", "))
    };
    text + &verdict
}

fn shown_duration(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
