//! `cargo xtask bench`: the machine's figures, then the benchmark binary in release mode.
//!
//! Figures without the machine they were taken on mean nothing, so the header always comes first.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::{cargo, output_of, repository_root};
use crate::functions::{self, Architecture};
use crate::output::output_folder;
use crate::programs;
use crate::stack::ports::Ports;
use crate::stack::{self, Lifetime, Parts, Stack};
use crate::tidy::metadata::{self, Workspace};
use crate::tools::Tools;

const PACKAGE: &str = "downriver-tests";
const BINARY: &str = "bench";
/// The benchmark of the functions, run where it is named: it needs them built, and an emulator.
const OF_FUNCTIONS: &str = "aws";
const STATE_FOLDER: &str = "bench-stack";
/// Names the folder of the functions' binaries to the benchmark.
const FOLDER_VARIABLE: &str = "DOWNRIVER_LAMBDA_FOLDER";

/// Prints the header and runs the benchmarks; true when they ended well.
pub(crate) fn run(names: &[String]) -> Result<bool> {
    let root = repository_root()?;
    println!("{}", header(&machine()?));
    if !has_benchmarks(&metadata::load(&root)?) {
        bail!(
            "failed to find benchmarks: package `{PACKAGE}` has no binary `{BINARY}`; add it, nothing was measured"
        );
    }
    let mut command = cargo(&root);
    if names.iter().any(|name| name == OF_FUNCTIONS) {
        let lambda = output_folder(&root, "lambda")?;
        let emulators = start_emulators(&root, &lambda)?;
        command
            .env(FOLDER_VARIABLE, &lambda)
            .envs(emulators.emulator_settings());
    }
    command
        .args([
            "run",
            "--release",
            "--locked",
            "-p",
            PACKAGE,
            "--bin",
            BINARY,
            "--",
        ])
        .args(names);
    let status = command.status().context("failed to start cargo");
    stack::stop(&stack::state_folder(&root, STATE_FOLDER)?)?;
    Ok(status?.success())
}

/// The functions as they are deployed, and the emulators that they call; nothing is deployed.
fn start_emulators(root: &Path, lambda: &Path) -> Result<Stack> {
    let tools = Tools::ensure(root)?;
    let programs = programs::build(root)?;
    functions::build(root, &tools, Architecture::X86_64, lambda)?;
    let parts = Parts {
        root,
        tools: &tools,
        programs: &programs,
    };
    let folder = stack::state_folder(root, STATE_FOLDER)?;
    Stack::start(&parts, &folder, Ports::any()?, Lifetime::WithThisProgram)
}

fn has_benchmarks(workspace: &Workspace) -> bool {
    workspace
        .members()
        .filter(|package| package.name == PACKAGE)
        .flat_map(|package| &package.targets)
        .any(|target| target.kind == "bin" && target.name == BINARY)
}

struct Machine {
    cores: usize,
    cpu: String,
    memory_kib: Option<u64>,
    kernel: String,
    rustc: String,
}

fn machine() -> Result<Machine> {
    let rustc = output_of(Command::new("rustc").arg("--version"))?;
    Ok(Machine {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        cpu: parse_cpu_model(&read_or_empty("/proc/cpuinfo")).to_owned(),
        memory_kib: parse_memory_kib(&read_or_empty("/proc/meminfo")),
        kernel: read_or_empty("/proc/sys/kernel/osrelease")
            .trim()
            .to_owned(),
        rustc: rustc.trim().to_owned(),
    })
}

/// Systems without `/proc` show "unknown" rather than fail: the figures are a label, not a condition.
fn read_or_empty(path: &str) -> String {
    std::fs::read_to_string(Path::new(path)).unwrap_or_default()
}

fn header(machine: &Machine) -> String {
    let memory = machine
        .memory_kib
        .map_or_else(|| "unknown".to_owned(), |kib| format!("{} MiB", kib / 1024));
    let kernel = if machine.kernel.is_empty() {
        "unknown"
    } else {
        &machine.kernel
    };
    format!(
        "cores   {}\ncpu     {} ({})\nmemory  {memory}\nkernel  {kernel}\nrustc   {}\n",
        machine.cores,
        machine.cpu,
        std::env::consts::ARCH,
        machine.rustc
    )
}

fn parse_cpu_model(cpuinfo: &str) -> &str {
    value_of(cpuinfo, "model name").unwrap_or("unknown")
}

fn parse_memory_kib(meminfo: &str) -> Option<u64> {
    value_of(meminfo, "MemTotal")?
        .strip_suffix(" kB")?
        .trim()
        .parse()
        .ok()
}

/// The value of the first `key : value` line.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}
