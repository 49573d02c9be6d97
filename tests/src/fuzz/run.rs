//! The child process: executes input after input, and reports how far it is.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use downriver_manifest::{Files, Reading, read_application};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::subject::subjects;

/// Executions between two reports.
pub(super) const STEP: u64 = 256;
/// The address space of a child: an input of some kilobytes must never need it.
const MEMORY_MAX: u64 = 2 << 30;
/// One input of some kilobytes that takes longer is a failure.
const SLOW: Duration = Duration::from_secs(5);

/// `<format> <seed> <from> <until> [--careful]`
pub(super) fn child(arguments: &[String]) -> Result<ExitCode> {
    let [format, seed, from, until, rest @ ..] = arguments else {
        bail!("a child needs a format, a seed, and where to begin and to end");
    };
    let (seed, from, until): (u64, u64, u64) = (seed.parse()?, from.parse()?, until.parse()?);
    let step = if rest.is_empty() { STEP } else { 1 };
    let limit = Rlimit {
        current: Some(MEMORY_MAX),
        maximum: Some(MEMORY_MAX),
    };
    setrlimit(Resource::As, limit).context("failed to bound the memory")?;
    let subject = subjects()
        .into_iter()
        .find(|subject| subject.format == *format)
        .with_context(|| format!("there is no format `{format}`"))?;
    if let Some(sample) = subject.unread() {
        say(&format!(
            "failed nothing is read of the unchanged sample {sample}"
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    let mut slowest = Duration::ZERO;
    for number in from..until {
        if number.is_multiple_of(step) {
            report(number, slowest)?;
        }
        let input = subject.input(seed, number);
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| execute(&subject.file, &input)));
        slowest = slowest.max(started.elapsed());
        let failure = match ended {
            Err(_) => Some("panics (its message stands above)".to_owned()),
            Ok(Err(error)) => Some(format!("{error:#}")),
            Ok(Ok(())) if started.elapsed() > SLOW => Some(format!(
                "takes {} ms for {} bytes",
                started.elapsed().as_millis(),
                input.len()
            )),
            Ok(Ok(())) => None,
        };
        if let Some(failure) = failure {
            report(number, slowest)?;
            say(&format!("failed {failure}"))?;
            return Ok(ExitCode::FAILURE);
        }
    }
    report(until, slowest)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the input as an application's file, alone; and holds what came out against what must always hold.
fn execute(file: &str, input: &[u8]) -> Result<()> {
    let reading = read(file, input)?;
    let lines = u32::try_from(input.split(|byte| *byte == b'\n').count())?;
    for found in &reading.dependencies {
        ensure!(!found.scopes.is_empty(), "{} has no scope", found.package);
        ensure!(
            !found.is_direct || found.via.is_empty(),
            "{} is direct and pulled in",
            found.package
        );
        for place in std::iter::once(&found.evidence).chain(&found.lock) {
            ensure!(
                &*place.file == file,
                "{} was read from {}",
                found.package,
                place.file
            );
            let is_inside = place.line.is_none_or(|line| (1..=lines).contains(&line));
            ensure!(
                is_inside,
                "{} stands in line {:?} of {lines}",
                found.package,
                place.line
            );
        }
    }
    for problem in &reading.problems {
        ensure!(!problem.text.is_empty(), "a problem says nothing");
    }
    Ok(())
}

/// Reads a file alone, as an application's.
pub(super) fn read(file: &str, input: &[u8]) -> Result<Reading> {
    let mut files = Files::default();
    files.insert(file, input)?;
    let folder = downriver_manifest::folder_of(file);
    let folder = if folder == "gradle" { "" } else { folder };
    Ok(read_application(folder, &files))
}

fn report(number: u64, slowest: Duration) -> Result<()> {
    let peak = crate::bench::measure::memory_peak_bytes().unwrap_or_default();
    say(&format!("at {number} {peak} {}", slowest.as_nanos()))
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
