//! The tools of others that the checks, the local stack and the release call: in a Python environment of this repository.
//!
//! Owns where they are and that they are the pinned ones. Nothing of them is shipped.

mod pins;

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::logged::{announced, run_logged};
use crate::output::{output_folder, remove_folder};

const REQUIREMENTS: &str = "xtask/requirements.txt";
/// Apart from the others: it does not go with their versions.
const CHECKOV_REQUIREMENTS: &str = "xtask/requirements-checkov.txt";
/// Written last: an environment without it was left half made.
const COMPLETE_MARK: &str = "complete";
const NO_PYTHON: &str = "failed to find `python3` (3.10 or newer) with its `venv` module, which the tools of the checks and of the local stack \
     need; install it (Debian: `apt install python3 python3-venv`) and try again";

/// A complete environment.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The environment for the pins of the repository; made, or made again, if it is not complete.
    pub(crate) fn ensure(root: &Path) -> Result<Self> {
        Self::of(root, REQUIREMENTS)
    }

    /// That of checkov.
    pub(crate) fn ensure_checkov(root: &Path) -> Result<Self> {
        Self::of(root, CHECKOV_REQUIREMENTS)
    }

    fn of(root: &Path, file: &str) -> Result<Self> {
        let requirements = root.join(file);
        let text =
            fs::read_to_string(&requirements).with_context(|| format!("failed to read {file}"))?;
        let pins = pins::parse_pins(&text).with_context(|| format!("failed to read {file}"))?;
        let tools = output_folder(root, "tools")?;
        // Two runs at once must not write into one environment: the second waits and finds it made.
        let lock = File::create(tools.join("lock")).context("failed to create the tools' lock")?;
        lock.lock()
            .context("failed to wait for another run that makes the tools")?;
        let folder = tools.join(format!("venv-{}", pins::hash(&pins, &python_version()?)));
        let made = Self { folder };
        if !made.is_complete() {
            let what = format!("installing {} pinned Python packages, once", pins.len());
            announced(&what, || made.make(&requirements, &tools.join("pip.log")))
                .with_context(|| format!("failed to make the environment of {file}"))?;
        }
        Ok(made)
    }

    /// The program of that name in the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// A command that calls the program, with the environment's programs found first by what it calls itself.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.env("PATH", self.search_path());
        command.env("SAM_CLI_TELEMETRY", "0");
        command
    }

    fn search_path(&self) -> std::ffi::OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.join("bin")).chain(env::split_paths(&inherited));
        // A folder with a separator in its name was not in the variable before and is not here.
        env::join_paths(folders).unwrap_or(inherited)
    }

    /// The mark alone does not tell that the interpreter it was made with is still there.
    fn is_complete(&self) -> bool {
        self.folder.join(COMPLETE_MARK).exists()
            && Command::new(self.program("python"))
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    fn make(&self, requirements: &Path, log: &Path) -> Result<()> {
        remove_folder(&self.folder)?;
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&self.folder);
        run_logged(&mut venv, log).context(NO_PYTHON)?;
        let mut install = self.command("python");
        install
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .arg("--requirement")
            .arg(requirements);
        run_logged(&mut install, log).context(
            "failed to install the tools: without a network, or behind a mirror, set up pip for it (`pip config`, `PIP_INDEX_URL`); if pip names \
             versions that do not fit together, correct the file of requirements",
        )?;
        let mark = self.folder.join(COMPLETE_MARK);
        fs::write(&mark, "").with_context(|| format!("failed to write {}", mark.display()))
    }
}

/// The version of the interpreter is a part of the environment's name: one made with another does not run with this.
fn python_version() -> Result<String> {
    let output = Command::new("python3")
        .arg("--version")
        .output()
        .context(NO_PYTHON)?;
    let shown = String::from_utf8_lossy(&output.stdout);
    match pins::parse_python_version(&shown) {
        Some(version) if version >= pins::PYTHON_MIN => Ok(format!("{}.{}", version.0, version.1)),
        _ => bail!("{NO_PYTHON} (found: `{}`)", shown.trim()),
    }
}
