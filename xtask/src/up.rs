//! `cargo xtask up` and `down`: the local stack for a person to try things on.

use std::path::Path;

use anyhow::Result;

use crate::cargo::repository_root;
use crate::functions::{self, Architecture, TEMPLATE_FOLDER};
use crate::logged::announced;
use crate::output::output_folder;
use crate::programs;
use crate::stack::ports::Ports;
use crate::stack::{self, Lifetime, Parts, Registry, Stack};
use crate::tools::Tools;

const STATE_FOLDER: &str = "local-stack";
const NEXT: &str = "\
Try:
  downriver send --through bus --source emulated.codeartifact events/codeartifact.npm-scoped-published.json
  downriver status                         # what waits, and for what
  downriver expedite icons                 # do not wait for the burst to end
  aws codepipeline list-pipeline-executions --pipeline-name design-icons
  downriver history icons                  # shop-web follows, after icons and ui
  downriver doctor                         # what would fail; the example leaves some things open
  downriver access check                   # who may read the packages, and why
When done: cargo xtask down";

/// Brings the stack up, or up to date, and prints what to export.
pub(crate) fn up(port: Option<u16>) -> Result<bool> {
    let root = repository_root()?;
    let tools = Tools::ensure(&root)?;
    let programs = announced("building the command and the simulated services", || {
        programs::build(&root)
    })?;
    announced("building the functions", || {
        let folder = output_folder(&root, "lambda")?;
        debug_assert!(
            folder.ends_with(TEMPLATE_FOLDER),
            "the template names this folder"
        );
        functions::build(&root, &tools, Architecture::X86_64, &folder)
    })?;
    let parts = Parts {
        root: &root,
        tools: &tools,
        programs: &programs,
    };
    let folder = stack::state_folder(&root, STATE_FOLDER)?;
    let stack = match Stack::find(&root, &folder) {
        Some(stack) if port.is_none_or(|port| stack.is_at(port)) => {
            println!("the local stack is up already: it is brought up to date");
            stack.write_settings(&parts)?;
            set_up(&stack, &parts)?;
            stack
        }
        _ => start(&parts, &folder, port)?,
    };
    println!(
        "\nThe local stack is up. Paste this into a shell, or `. {}`:\n\n{}\n{NEXT}",
        stack.exports_path().display(),
        stack.exports()
    );
    Ok(true)
}

/// Ends everything that `up` started, also what a killed one left behind.
pub(crate) fn down() -> Result<bool> {
    let root = repository_root()?;
    let ended = stack::stop(&stack::state_folder(&root, STATE_FOLDER)?)?;
    match ended {
        0 => println!("the local stack was not up"),
        _ => println!("the local stack is down ({ended} processes ended)"),
    }
    Ok(true)
}

/// A stack that cannot be set up is ended: half of one helps nobody. Its logs stay.
fn start(parts: &Parts<'_>, folder: &Path, port: Option<u16>) -> Result<Stack> {
    // What is left of an earlier one may hold the ports.
    stack::stop(folder)?;
    let started = Stack::start(parts, folder, Ports::in_a_row(port)?, Lifetime::Lasting)
        .and_then(|stack| set_up(&stack, parts).map(|()| stack));
    if started.is_err() {
        stack::stop(folder)?;
    }
    started
}

fn set_up(stack: &Stack, parts: &Parts<'_>) -> Result<()> {
    stack.deploy(parts.tools, Registry::Told)?;
    let pipelines = stack.create_pipelines()?;
    println!("{pipelines} pipelines of the example catalog are there");
    // Before the catalog: it is to count as always there.
    stack.fill_codeartifact(parts.programs)?;
    stack.apply_catalog(parts.programs)
}
