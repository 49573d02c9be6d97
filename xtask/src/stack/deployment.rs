//! The template, deployed unchanged with `sam deploy`: only its documented parameters say that this is not AWS.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::emulators::log_path;
use super::exports::{DEPLOYMENT, REGION, deployer_settings, endpoint};
use super::ports::Ports;
use super::processes::isolate;
use crate::cargo::output_of;
use crate::logged::run_logged;
use crate::tools::Tools;

pub(crate) const TEMPLATE: &str = "infra/sam/template.yaml";
/// Where `sam` uploads the functions' zips.
const ARTIFACTS_BUCKET: &str = "downriver-local-artifacts";
/// The sources as which the simulated services and `downriver send` put their events: emulators, like AWS, refuse `aws.` sources.
const EXTRA_EVENT_SOURCES: &str = "emulated.codepipeline,emulated.codeartifact";

/// Other accounts whose pipelines are started: that of the example catalog, and those of tests.
pub(crate) const SPOKE_ACCOUNTS: [&str; 3] = ["210987654321", "222222222222", "333333333333"];

/// Accounts of tests that let no role in: an event asks them.
pub(crate) const EVENT_STARTED_ACCOUNTS: [&str; 2] = ["666666666666", "777777777777"];

/// Uploads the functions and creates or updates the stack.
pub(crate) fn deploy(
    root: &Path,
    tools: &Tools,
    folder: &Path,
    ports: Ports,
    domain_owners: &[String],
) -> Result<()> {
    let log = log_path(folder, "deploy");
    let mut bucket = command(root, tools, "aws", ports);
    bucket
        .args(["s3api", "create-bucket", "--bucket", ARTIFACTS_BUCKET])
        .args([
            "--create-bucket-configuration",
            &format!("LocationConstraint={REGION}"),
        ]);
    // One that is there from before is what is wanted; if there is none, the upload says so.
    let _ = run_logged(&mut bucket, &log);
    let mut deploy = command(root, tools, "sam", ports);
    deploy
        .args(["deploy", "--template-file"])
        .arg(template(root))
        .args(["--stack-name", DEPLOYMENT, "--s3-bucket", ARTIFACTS_BUCKET])
        .args(["--capabilities", "CAPABILITY_IAM"])
        .args([
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--no-progressbar",
        ])
        .arg("--parameter-overrides")
        .args(parameters(ports, domain_owners));
    run_logged(&mut deploy, &log).context("failed to deploy the template")
}

/// The value of one of the stack's outputs.
pub(crate) fn output(root: &Path, tools: &Tools, ports: Ports, name: &str) -> Result<String> {
    let query = format!("Stacks[0].Outputs[?OutputKey=='{name}'].OutputValue");
    let mut command = command(root, tools, "aws", ports);
    command.args([
        "cloudformation",
        "describe-stacks",
        "--stack-name",
        DEPLOYMENT,
        "--output",
        "text",
        "--query",
        &query,
    ]);
    let value = output_of(&mut command)?.trim().to_owned();
    ensure!(
        !value.is_empty(),
        "failed to find the output {name} of the stack"
    );
    Ok(value)
}

/// Writes what a function logged beside the other logs.
pub(crate) fn save_log(tools: &Tools, folder: &Path, ports: Ports, function: &str) -> Result<()> {
    let group = format!("/downriver/{DEPLOYMENT}/{function}");
    let mut command = command(folder, tools, "aws", ports);
    command.args([
        "logs",
        "filter-log-events",
        "--log-group-name",
        &group,
        "--output",
        "text",
        "--query",
        "events[].[message]",
    ]);
    run_logged(&mut command, &log_path(folder, function))
}

fn command(root: &Path, tools: &Tools, program: &str, ports: Ports) -> Command {
    let mut command = tools.command(program);
    isolate(&mut command);
    command
        .current_dir(root)
        .envs(deployer_settings(ports))
        .env("SAM_CLI_POLL_DELAY", "0.5");
    command
}

fn template(root: &Path) -> PathBuf {
    root.join(TEMPLATE)
}

/// `Name=value` for each parameter that differs from its default.
fn parameters(ports: Ports, domain_owners: &[String]) -> Vec<String> {
    let simulated = endpoint(ports.simulated);
    [
        ("Architecture", "x86_64".to_owned()),
        ("ServiceEndpoint", endpoint(ports.aws)),
        ("CodePipelineEndpoint", simulated.clone()),
        ("StsEndpoint", simulated.clone()),
        ("CodeArtifactEndpoint", simulated.clone()),
        // They hand on what is not for another account.
        ("EventBridgeEndpoint", simulated),
        ("ExtraEventSources", EXTRA_EVENT_SOURCES.to_owned()),
        ("DomainOwners", domain_owners.join(",")),
        ("SpokeAccounts", SPOKE_ACCOUNTS.join(",")),
        ("EventStartedAccounts", EVENT_STARTED_ACCOUNTS.join(",")),
        // What is not wanted where everything is thrown away anyway.
        ("DeletionProtection", "false".to_owned()),
        // Not emulated.
        ("ArchiveEvents", "false".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| format!("{name}={value}"))
    .collect()
}
