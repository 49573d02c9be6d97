//! What the steps of one run hand on to each other: the tools, the programs, the local stack.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, bail};

use super::succeeds;
use crate::cargo::cargo;
use crate::functions::{self, Architecture};
use crate::output::output_folder;
use crate::programs::{self, Programs};
use crate::stack::ports::Ports;
use crate::stack::{self, Lifetime, Parts, Registry, Stack};
use crate::tools::Tools;

const STATE_FOLDER: &str = "e2e-stack";

pub(crate) struct Session {
    root: PathBuf,
    tools: PendingTools,
    programs: Option<Programs>,
    has_functions: bool,
    stack: Option<Stack>,
}

/// They are installed while cargo compiles: that is mostly waiting for the network.
enum PendingTools {
    Installing(JoinHandle<Result<Tools>>),
    Installed(Tools),
    Failed,
}

impl Session {
    /// Begins to install the tools.
    pub(crate) fn open(root: PathBuf) -> Self {
        let folder = root.clone();
        Self {
            root,
            tools: PendingTools::Installing(thread::spawn(move || Tools::ensure(&folder))),
            programs: None,
            has_functions: false,
            stack: None,
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The tools, waited for; why there are none is told once.
    pub(crate) fn tools(&mut self) -> Result<Tools> {
        match std::mem::replace(&mut self.tools, PendingTools::Failed) {
            PendingTools::Installing(installing) => {
                let tools = installing
                    .join()
                    .map_err(|_| anyhow!("installing the tools panicked"))??;
                self.tools = PendingTools::Installed(tools.clone());
                Ok(tools)
            }
            PendingTools::Installed(tools) => {
                self.tools = PendingTools::Installed(tools.clone());
                Ok(tools)
            }
            PendingTools::Failed => bail!("the tools could not be installed, see the step `tools`"),
        }
    }

    pub(crate) fn compile(&mut self) -> Result<bool> {
        self.programs = Some(programs::build_with_tests(&self.root)?);
        Ok(true)
    }

    pub(crate) fn build_functions(&mut self) -> Result<bool> {
        let tools = self.tools()?;
        let folder = output_folder(&self.root, "lambda")?;
        functions::build(&self.root, &tools, Architecture::X86_64, &folder)?;
        self.has_functions = true;
        Ok(true)
    }

    /// A stack of its own, on free ports, so that one that a person has up is left alone.
    pub(crate) fn start_stack(&mut self) -> Result<bool> {
        if !self.has_functions {
            bail!("there are no functions to deploy, see the step `functions`");
        }
        let tools = self.tools()?;
        let programs = self
            .programs
            .as_ref()
            .context("the programs are not compiled")?;
        let parts = Parts {
            root: &self.root,
            tools: &tools,
            programs,
        };
        let folder = stack::state_folder(&self.root, STATE_FOLDER)?;
        let stack = Stack::start(&parts, &folder, Ports::any()?, Lifetime::WithThisProgram)?;
        // Kept before it is deployed: what is started must be ended, and the emulators serve other tests too.
        self.stack.insert(stack).deploy(&tools, Registry::Filled)?;
        Ok(true)
    }

    /// What tests of single crates need; without `DOWNRIVER_STACK`, so that the end-to-end suite leaves its turn to its own step.
    pub(crate) fn emulator_settings(&self) -> Vec<(&'static str, String)> {
        self.stack
            .as_ref()
            .map_or_else(Vec::new, Stack::emulator_settings)
    }

    pub(crate) fn test_end_to_end(&mut self, arguments: &str) -> Result<bool> {
        let tools = self.tools()?;
        let stack = self
            .stack
            .as_ref()
            .context("there is no stack to test, see the step `local stack`")?;
        let is_success = succeeds(
            cargo(&self.root)
                .args(arguments.split(' '))
                .envs(stack.emulator_settings())
                .env(stack::DOCUMENT_VARIABLE, stack.document_path()),
        )?;
        if !is_success {
            println!("{}", stack.log_tails(&tools));
        }
        self.end_stack()?;
        Ok(is_success)
    }

    fn end_stack(&mut self) -> Result<()> {
        if self.stack.take().is_some() {
            stack::stop(&stack::state_folder(&self.root, STATE_FOLDER)?)?;
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(error) = self.end_stack() {
            eprintln!("error: {error:#}");
        }
    }
}
