//! The local stack: the deployment's real template and real functions, on emulators that listen on this machine only.
//!
//! Owns its life: start, deploy, find again, end. What is tried on it is not its business.

mod deployment;
mod emulators;
pub(crate) mod exports;
mod http;
mod pipelines;
pub(crate) mod ports;
mod processes;
mod simulation;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::functions::FUNCTIONS;
use crate::logged::{announced, run_logged, tail};
use crate::output::{make_folder, output_folder, remove_folder};
use crate::programs::Programs;
use crate::tools::Tools;
pub(crate) use deployment::TEMPLATE;
use exports::{DEPLOYMENT, document, parse_ports, rendered_exports, settings};
use ports::Ports;
pub(crate) use processes::Lifetime;
pub(crate) use simulation::Registry;

pub(crate) const PROGRAMS_FOLDER: &str = "bin";
const LOGS_FOLDER: &str = "logs";
const DOCUMENT: &str = "stack.json";
const EXPORTS: &str = "env";
/// Names the stack's document to the end-to-end suite.
pub(crate) const DOCUMENT_VARIABLE: &str = "DOWNRIVER_STACK";
/// Name emulators to the conformance suites.
const MOTO_VARIABLE: &str = "DOWNRIVER_MOTO_ENDPOINT";
const EMULATOR_VARIABLE: &str = "DOWNRIVER_EMULATOR_ENDPOINT";
/// Takes the pipelines' events.
const RUNS_QUEUE_OUTPUT: &str = "RunsQueueUrl";
const CATALOG: &str = "downriver.toml";

/// A stack that is up.
#[derive(Debug)]
pub(crate) struct Stack {
    root: PathBuf,
    folder: PathBuf,
    ports: Ports,
}

/// What a stack is made of.
pub(crate) struct Parts<'a> {
    pub(crate) root: &'a Path,
    pub(crate) tools: &'a Tools,
    pub(crate) programs: &'a Programs,
}

/// The state folder of the stack with this name; one checkout has one of each name.
pub(crate) fn state_folder(root: &Path, name: &str) -> Result<PathBuf> {
    output_folder(root, name)
}

/// Ends what a stack, or a run that was killed, left running; says how many processes that were.
pub(crate) fn stop(folder: &Path) -> Result<usize> {
    let ended = processes::stop_all(folder)?;
    // Whoever reads these would look for a stack that is gone.
    for name in [DOCUMENT, EXPORTS] {
        let _ = fs::remove_file(folder.join(name));
    }
    remove_folder(&folder.join("tmp"))?;
    Ok(ended)
}

impl Stack {
    /// The stack of this folder, if all of it is still there and answers.
    pub(crate) fn find(root: &Path, folder: &Path) -> Option<Self> {
        let document = fs::read_to_string(folder.join(DOCUMENT)).ok()?;
        let ports = parse_ports(&document)?;
        emulators::are_ready(ports).then(|| Self {
            root: root.to_path_buf(),
            folder: folder.to_path_buf(),
            ports,
        })
    }

    /// Starts the emulators with nothing in them, in place of whatever was left in this folder.
    pub(crate) fn start(
        parts: &Parts<'_>,
        folder: &Path,
        ports: Ports,
        lifetime: Lifetime,
    ) -> Result<Self> {
        stop(folder)?;
        make_folder(&folder.join(LOGS_FOLDER))?;
        let what = format!("starting ministack, the simulated services and moto on ports {ports}");
        announced(&what, || {
            emulators::start_all(
                parts.tools,
                &parts.programs.simulated,
                folder,
                ports,
                lifetime,
            )
        })?;
        let stack = Self {
            root: parts.root.to_path_buf(),
            folder: folder.to_path_buf(),
            ports,
        };
        stack.write_settings(parts)?;
        Ok(stack)
    }

    /// Deploys the template with the functions in `target/lambda`, or brings what is deployed up to them.
    pub(crate) fn deploy(&self, tools: &Tools, registry: Registry) -> Result<()> {
        let owners = pipelines::parse_domain_owners(&self.catalog()?)?;
        announced("deploying the template with `sam deploy`", || {
            deployment::deploy(&self.root, tools, &self.folder, self.ports, &owners)?;
            let runs_queue_url =
                deployment::output(&self.root, tools, self.ports, RUNS_QUEUE_OUTPUT)?;
            simulation::connect(self.ports, &runs_queue_url, registry)
        })
    }

    /// Makes the pipelines that the example catalog names; says how many.
    pub(crate) fn create_pipelines(&self) -> Result<usize> {
        let pipelines = pipelines::parse_pipelines(&self.catalog()?)?;
        for pipeline in &pipelines {
            pipelines::create(self.ports.simulated, pipeline)?;
        }
        pipelines::set_durations(self.ports.simulated, &pipelines)?;
        Ok(pipelines.len())
    }

    /// Puts into CodeArtifact what the example catalog says that it holds.
    pub(crate) fn fill_codeartifact(&self, programs: &Programs) -> Result<()> {
        let mut command = Command::new(&programs.simulated);
        processes::isolate(&mut command);
        let endpoint = exports::endpoint(self.ports.simulated);
        command
            .current_dir(&self.root)
            .args(["fill", &endpoint, CATALOG]);
        announced(
            "filling CodeArtifact with what the example catalog names",
            || run_logged(&mut command, &emulators::log_path(&self.folder, "fill")),
        )
    }

    /// Applies the example catalog through the deployment, as a person would.
    pub(crate) fn apply_catalog(&self, programs: &Programs) -> Result<()> {
        let mut command = Command::new(&programs.downriver);
        processes::isolate(&mut command);
        command
            .current_dir(&self.root)
            .envs(settings(self.ports))
            .args(["catalog", "apply", "--deployment", DEPLOYMENT]);
        announced("applying the example catalog", || {
            run_logged(&mut command, &emulators::log_path(&self.folder, "catalog"))
        })
    }

    /// The lines for a shell.
    pub(crate) fn exports(&self) -> String {
        rendered_exports(self.ports, &self.folder.join(PROGRAMS_FOLDER))
    }

    pub(crate) fn exports_path(&self) -> PathBuf {
        self.folder.join(EXPORTS)
    }

    /// Whether it listens where a person asks for it.
    pub(crate) fn is_at(&self, port: u16) -> bool {
        self.ports.aws == port
    }

    /// What tests that need an emulator are told.
    pub(crate) fn emulator_settings(&self) -> Vec<(&'static str, String)> {
        vec![
            (MOTO_VARIABLE, exports::endpoint(self.ports.moto)),
            (EMULATOR_VARIABLE, exports::endpoint(self.ports.aws)),
        ]
    }

    pub(crate) fn document_path(&self) -> PathBuf {
        self.folder.join(DOCUMENT)
    }

    /// The ends of all logs, the functions' among them, for somebody who has to find out what went wrong.
    pub(crate) fn log_tails(&self, tools: &Tools) -> String {
        for function in FUNCTIONS {
            // What cannot be had now is missing in what is shown; the emulator's own log says why.
            let _ = deployment::save_log(tools, &self.folder, self.ports, function);
        }
        let logs = fs::read_dir(self.folder.join(LOGS_FOLDER))
            .into_iter()
            .flatten()
            .flatten();
        let mut paths: Vec<PathBuf> = logs.map(|entry| entry.path()).collect();
        paths.sort();
        let shown = paths
            .iter()
            .map(|path| format!("--- the end of {}\n{}", path.display(), tail(path)));
        shown.collect::<Vec<_>>().join("\n")
    }

    fn catalog(&self) -> Result<String> {
        fs::read_to_string(self.root.join(CATALOG))
            .with_context(|| format!("failed to read {CATALOG}"))
    }

    /// What a person, a program and a shell are told of it.
    pub(crate) fn write_settings(&self, parts: &Parts<'_>) -> Result<()> {
        let write = |name: &str, text: &str| {
            let path = self.folder.join(name);
            fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
        };
        write(
            DOCUMENT,
            &format!("{:#}\n", document(self.ports, &self.folder)),
        )?;
        write(EXPORTS, &self.exports())?;
        let programs = self.folder.join(PROGRAMS_FOLDER);
        remove_folder(&programs)?;
        make_folder(&programs)?;
        let downriver = &parts.programs.downriver;
        std::os::unix::fs::symlink(downriver, programs.join("downriver"))
            .with_context(|| format!("failed to link {}", downriver.display()))?;
        let wrapper = programs.join("aws");
        fs::write(
            &wrapper,
            exports::rendered_wrapper(&parts.tools.program("aws")),
        )
        .and_then(|()| fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)))
        .with_context(|| format!("failed to write {}", wrapper.display()))?;
        Ok(())
    }
}
