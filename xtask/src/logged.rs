//! Long actions, told as they begin and end, and commands whose output goes to a file and is shown only when they fail.

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const TAIL_LINES_MAX: usize = 40;

/// Says what begins, does it, and says how long it took.
pub(crate) fn announced<T>(what: &str, action: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("{what} …");
    let started = Instant::now();
    let result = action();
    if result.is_ok() {
        println!("  done in {}", shown_duration(started.elapsed()));
    }
    result
}

/// Runs the command with its output in the file; the error of a failed one ends with the output's end.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let shown = shown_command(command);
    let (out, err) = log_file(log)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .status()
        .with_context(|| format!("failed to start {shown}"))?;
    if !status.success() {
        bail!(
            "failed to run {shown}: {status}; its output is in {} and ends with\n{}",
            log.display(),
            tail(log)
        );
    }
    Ok(())
}

/// The file, emptied, for both outputs of a process.
pub(crate) fn log_file(log: &Path) -> Result<(File, File)> {
    let file = File::create(log).with_context(|| format!("failed to create {}", log.display()))?;
    let second = file
        .try_clone()
        .with_context(|| format!("failed to write {}", log.display()))?;
    Ok((file, second))
}

/// The last lines of a file; says so if it cannot be read.
pub(crate) fn tail(log: &Path) -> String {
    match fs::read(log) {
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes), TAIL_LINES_MAX),
        Err(error) => format!("({} cannot be read: {error})", log.display()),
    }
}

pub(crate) fn shown_duration(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// The program's name and the arguments, without the folders and variables that would hide them.
fn shown_command(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

fn last_lines(text: &str, lines_max: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(lines_max)..].join("\n")
}
