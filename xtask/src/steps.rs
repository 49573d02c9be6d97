//! `cargo xtask test`: every check and test, one step after the other.
//!
//! Owns the list of steps and what a failed one means for the rest: all are run, unless one without which the rest says nothing new fails.

mod session;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cargo::{cargo, output_of, repository_root};
use crate::logged::shown_duration;
use crate::stack::TEMPLATE;
use crate::tools::Tools;
use crate::{programs, tidy};
use session::Session;

const SPOKE_TEMPLATE: &str = "infra/spoke/template.yaml";
const REQUESTS_TEMPLATE: &str = "infra/requests/template.yaml";
const NOTIFICATIONS_TEMPLATE: &str = "infra/notifications/template.yaml";
const EXAMPLE_TEMPLATE: &str = "infra/example-application/template.yaml";
const INFRASTRUCTURE_CHECK: &str = "infra/checks/check.py";
const INFRASTRUCTURE_TESTS: [&str; 5] = ["-m", "unittest", "discover", "-s", "infra/checks"];
/// Nothing is sent or fetched.
const CHECKOV_ARGUMENTS: [&str; 6] = [
    "--framework",
    "cloudformation",
    "--compact",
    "--quiet",
    "--skip-download",
    "--skip-results-upload",
];
const CDK_FOLDER: &str = "infra/cdk";
/// The construct's own tests, its example under cdk-nag, and what is held against the template.
const CDK_STEPS: [&[&str]; 4] = [
    &["ci", "--no-audit", "--no-fund"],
    &["test"],
    &["run", "synth"],
    &["run", "parity"],
];
const PARITY_CHECK: [&str; 2] = ["infra/checks/parity.py", "infra/cdk/cdk.out/parity"];
const PARITY_TESTS: [&str; 5] = ["-m", "unittest", "discover", "-s", "infra/cdk/parity"];

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
    /// Everything that the later steps run, tests and programs.
    Compile,
    Tidy,
    CliWithoutAws,
    ToolsOfOthers,
    Functions,
    LocalStack,
    /// With the emulators, as far as they are there.
    Tests(&'static str),
    /// On the local stack, which is ended afterwards.
    EndToEnd(&'static str),
    Infrastructure,
    Cdk,
}

use Action::{
    Cargo, CargoDoc, Cdk, CliWithoutAws, Compile, EndToEnd, Functions, Infrastructure, LocalStack,
    Tests, Tidy, ToolsOfOthers,
};

/// Ordered so that nothing is compiled twice and the first answer comes early; the tools are installed beside the first steps.
const STEPS: &[Step] = &[
    essential("dependencies", Cargo("fetch --locked")),
    step("format", Cargo("fmt --all --check")),
    step("tidy", Tidy),
    essential("compile", Compile),
    step("tools", ToolsOfOthers),
    step("functions", Functions),
    step("local stack", LocalStack),
    step(
        "tests",
        Tests("test --workspace --all-features --locked --no-fail-fast"),
    ),
    step(
        "end to end",
        // Its tests mostly wait, so they run all at once.
        EndToEnd("test -p downriver-tests --all-features --locked --test e2e -- --test-threads=40"),
    ),
    step(
        "clippy",
        Cargo("clippy --workspace --all-targets --all-features --locked -- -D warnings"),
    ),
    step(
        "documentation",
        CargoDoc("doc --workspace --all-features --no-deps --locked"),
    ),
    // Features of other members must not be what makes it compile, so it is checked by itself.
    step("cli alone", Cargo("check -p downriver --locked")),
    step("cli without AWS", CliWithoutAws),
    step("infrastructure", Infrastructure),
    step("CDK construct", Cdk),
];

const fn step(name: &'static str, action: Action) -> Step {
    Step {
        name,
        is_essential: false,
        action,
    }
}

const fn essential(name: &'static str, action: Action) -> Step {
    Step {
        name,
        is_essential: true,
        action,
    }
}

/// Runs all steps and prints the summary; true when none failed.
pub(crate) fn run() -> Result<bool> {
    let mut session = Session::open(repository_root()?);
    let outcomes = perform_all(STEPS, |step| {
        println!("\n=== {}: {}", step.name, step.action.shown());
        let started = Instant::now();
        let result = step.action.perform(&mut session).unwrap_or_else(|error| {
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
            Cargo(arguments) => format!("cargo {arguments}"),
            CargoDoc(arguments) => format!("RUSTDOCFLAGS=\"-D warnings\" cargo {arguments}"),
            Compile => format!("cargo {}", programs::TEST_ARGUMENTS),
            Tidy => "cargo xtask tidy".to_owned(),
            CliWithoutAws => "cargo tree -p downriver: no AWS SDK by default".to_owned(),
            ToolsOfOthers => "pip install --requirement xtask/requirements.txt".to_owned(),
            Functions => "cargo lambda build".to_owned(),
            LocalStack => "emulators, sam deploy".to_owned(),
            Tests(arguments) => format!("cargo {arguments}, beside the emulators"),
            EndToEnd(arguments) => format!("cargo {arguments}, on the local stack"),
            Infrastructure => format!("python {INFRASTRUCTURE_CHECK}, and its own tests; checkov"),
            Cdk => format!("npm ci, test, synth and parity with the template, in {CDK_FOLDER}"),
        }
    }

    fn perform(&self, session: &mut Session) -> Result<bool> {
        match self {
            Cargo(arguments) => succeeds(cargo(session.root()).args(arguments.split(' '))),
            CargoDoc(arguments) => succeeds(
                cargo(session.root())
                    .args(arguments.split(' '))
                    .env("RUSTDOCFLAGS", "-D warnings"),
            ),
            Compile => session.compile(),
            Tidy => tidy::run(),
            CliWithoutAws => check_cli_without_aws(session.root()),
            ToolsOfOthers => session.tools().map(|_| true),
            Functions => session.build_functions(),
            LocalStack => session.start_stack(),
            Tests(arguments) => succeeds(
                cargo(session.root())
                    .args(arguments.split(' '))
                    .envs(session.emulator_settings()),
            ),
            EndToEnd(arguments) => session.test_end_to_end(arguments),
            Infrastructure => check_infrastructure(session),
            Cdk => check_cdk(session),
        }
    }
}

/// What the templates must hold, and that each check of them can fail.
fn check_infrastructure(session: &mut Session) -> Result<bool> {
    let are_templates_fine = python(session, &[INFRASTRUCTURE_CHECK])?;
    let mut lint = session.tools()?.command("cfn-lint");
    let is_example_fine = succeeds(lint.arg(EXAMPLE_TEMPLATE).current_dir(session.root()))?;
    let are_policies_fine = check_policies(session.root())?;
    Ok(python(session, &INFRASTRUCTURE_TESTS)?
        && are_templates_fine
        && is_example_fine
        && are_policies_fine)
}

/// What checkov finds in the templates. What is so on purpose says so beside the resource, with its reason.
fn check_policies(root: &Path) -> Result<bool> {
    let mut checkov = Tools::ensure_checkov(root)?.command("checkov");
    checkov.args(CHECKOV_ARGUMENTS).current_dir(root);
    for template in [
        TEMPLATE,
        SPOKE_TEMPLATE,
        REQUESTS_TEMPLATE,
        NOTIFICATIONS_TEMPLATE,
        EXAMPLE_TEMPLATE,
    ] {
        checkov.args(["--file", template]);
    }
    succeeds(&mut checkov)
}

/// The construct by itself, and held against the template; and that this comparison can fail.
fn check_cdk(session: &mut Session) -> Result<bool> {
    for arguments in CDK_STEPS {
        let mut command = Command::new("npm");
        command
            .args(arguments)
            .current_dir(session.root().join(CDK_FOLDER));
        let is_done = succeeds(&mut command)
            .context("the CDK construct needs Node.js with npm; install it and try again")?;
        if !is_done {
            return Ok(false);
        }
    }
    let is_same = python(session, &PARITY_CHECK)?;
    Ok(python(session, &PARITY_TESTS)? && is_same)
}

/// Runs the Python of the tools at the root.
fn python(session: &mut Session, arguments: &[&str]) -> Result<bool> {
    let mut command = session.tools()?.command("python");
    // Nothing is written beside the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    succeeds(command.args(arguments).current_dir(session.root()))
}

/// Whether the command, with its output on the terminal, ends well.
fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .with_context(|| format!("failed to start {}", command.get_program().display()))?;
    Ok(status.success())
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
