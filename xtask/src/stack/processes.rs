//! The processes of a local stack: found by a mark in their environment, which what they start themselves inherits.
//!
//! The mark, not a list of process ids, is what is believed: it also finds what a killed run left behind, and never names a stranger's
//! process that was given an old id.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::logged::log_file;

/// Its value is the state folder of the stack that a process belongs to.
const MARK: &str = "DOWNRIVER_LOCAL_STACK";
const PROCESSES: &str = "/proc";
const END_WAIT_MAX: Duration = Duration::from_secs(3);
const KILL_WAIT_MAX: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const NO_PROCESSES: &str = "failed to list processes: the local stack runs the functions' Linux binaries, so it needs Linux (also in WSL or a container)";
/// What a process may know of its surroundings. Everything else could be a setting that an emulator, or a function in it, takes for its own.
const KEPT_VARIABLES: [&str; 6] = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "RUST_BACKTRACE"];

/// Whether the process outlives this program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until `down`.
    Lasting,
    /// An interrupt in the terminal ends it together with this program.
    WithThisProgram,
}

/// Starts a process of the stack with its output in the file.
pub(crate) fn start(
    command: &mut Command,
    folder: &Path,
    lifetime: Lifetime,
    log: &Path,
) -> Result<Child> {
    let (out, err) = log_file(log)?;
    command
        .env(MARK, folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    if lifetime == Lifetime::Lasting {
        command.process_group(0);
    }
    command
        .spawn()
        .with_context(|| format!("failed to start {}", command.get_program().display()))
}

/// Takes the surroundings out of a command's environment; what was set for the command itself stays.
pub(crate) fn isolate(command: &mut Command) {
    let own: Vec<(OsString, Option<OsString>)> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(OsStr::to_owned)))
        .collect();
    command.env_clear();
    for name in KEPT_VARIABLES {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for (name, value) in own {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    // Without these, the files of the person's own account would be read.
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

/// The ids of all living processes of the stack with this state folder.
pub(crate) fn ids(folder: &Path) -> Result<Vec<i32>> {
    let mark = format!("{MARK}={}", folder.display());
    let mut ids = Vec::new();
    for entry in fs::read_dir(PROCESSES).context(NO_PROCESSES)? {
        let entry = entry.context(NO_PROCESSES)?;
        let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // One that has just ended, or is not ours to read, is not one of ours.
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if has_mark(&environment, &mark) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Ends all processes of the stack, asking first; says how many there were.
pub(crate) fn stop_all(folder: &Path) -> Result<usize> {
    stop_within(folder, END_WAIT_MAX)
}

fn stop_within(folder: &Path, end_wait_max: Duration) -> Result<usize> {
    let found = ids(folder)?;
    for (signal, wait_max) in [(Signal::TERM, end_wait_max), (Signal::KILL, KILL_WAIT_MAX)] {
        let deadline = Instant::now() + wait_max;
        loop {
            // Read again each time: an emulator may start one more function while it ends.
            let living = ids(folder)?;
            if living.is_empty() {
                return Ok(found.len());
            }
            if Instant::now() > deadline {
                break;
            }
            for id in living {
                send(id, signal);
            }
            sleep(POLL_INTERVAL);
        }
    }
    bail!(
        "failed to end the processes {:?} of {}",
        ids(folder)?,
        folder.display()
    )
}

/// One that ended in between is what was wanted.
fn send(id: i32, signal: Signal) {
    if let Some(id) = Pid::from_raw(id) {
        let _ = kill_process(id, signal);
    }
}

fn has_mark(environment: &[u8], mark: &str) -> bool {
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark.as_bytes())
}
