//! What the functions cost on AWS: size, start, memory of the real binaries on a Runtime API of ours, and their calls to AWS,
//! counted before an emulator and priced by list.
//!
//! Needs what `cargo xtask up` makes: the binaries below `target/lambda`, and an emulator at `DOWNRIVER_EMULATOR_ENDPOINT`.

mod calls;
mod deployment;
mod prices;
mod story;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use downriver_testkit::runtime_api::{Answer, Function, queue_event};

use deployment::Deployment;

/// The name of the benchmark.
pub(super) const NAME: &str = "aws";
const ENDPOINT: &str = "DOWNRIVER_EMULATOR_ENDPOINT";
const FOLDER: &str = "DOWNRIVER_LAMBDA_FOLDER";
const FUNCTIONS: [&str; 5] = ["resolve", "start", "track", "index", "sweep"];
const MINUTE: Duration = Duration::from_mins(1);

/// What is aimed at.
const INIT_MAX: Duration = Duration::from_millis(20);
const MEMORY_KIB_MAX: u64 = 25 * 1024;
const ZIP_BYTES_MAX: u64 = 6_000_000;

/// Runs all of it and gives the text to be printed.
pub(super) fn run(is_quick: bool) -> Result<String> {
    let endpoint = std::env::var(ENDPOINT).with_context(|| {
        format!("failed to find an emulator of AWS: set {ENDPOINT} to its http://host:port")
    })?;
    let folder =
        PathBuf::from(std::env::var(FOLDER).unwrap_or_else(|_| "target/lambda".to_owned()));
    let deployment = Deployment::make(&endpoint)?;
    // The story applies the catalog: without one, events are quarantined instead of judged.
    let story = story::tell(&folder, &deployment)?;
    let functions = functions(&folder, &deployment, if is_quick { 3 } else { 11 })?;
    Ok(format!("{functions}\n{story}"))
}

fn functions(folder: &std::path::Path, deployment: &Deployment, runs: usize) -> Result<String> {
    let mut text = "functions: the real binaries on a local Runtime API\n".to_owned();
    writeln!(
        text,
        "  {:<8} {:>9} {:>10} {:>13} {:>12} {:>11}",
        "", "zip", "init", "first invoke", "warm invoke", "peak memory"
    )?;
    for name in FUNCTIONS {
        let program = folder.join(name).join("bootstrap");
        let zip = zip_bytes(&program)?;
        let mut inits = Vec::new();
        let mut firsts = Vec::new();
        let mut warms = Vec::new();
        let mut memories = Vec::new();
        for _ in 0..runs {
            let mut function = Function::start(&program, &deployment.environment)
                .with_context(|| format!("failed to start {}", program.display()))?;
            let init = function.init_time();
            inits.push(init.with_context(|| format!("{name} never asked for an event"))?);
            let event = event_of(name);
            firsts.push(timed(&mut function, &event)?);
            for _ in 0..5 {
                warms.push(timed(&mut function, &event)?);
            }
            memories.push(function.peak_memory_kib().unwrap_or_default());
        }
        let memory = memories.into_iter().max().unwrap_or_default();
        let init = median(&mut inits);
        writeln!(
            text,
            "  {name:<8} {:>6.2} MB {:>7.1} ms {:>10.1} ms {:>9.1} ms {:>7.1} MiB{}",
            as_f64(zip) / 1e6,
            millis(init),
            millis(median(&mut firsts)),
            millis(median(&mut warms)),
            as_f64(memory) / 1024.0,
            missed(&[
                ("zip", zip > ZIP_BYTES_MAX),
                ("init", init > INIT_MAX),
                ("memory", memory > MEMORY_KIB_MAX),
            ])
        )?;
    }
    writeln!(
        text,
        "  aims: zip < 6 MB, init < 20 ms, memory < 25 MiB; medians of {runs} starts, memory the highest"
    )?;
    Ok(text)
}

/// One message that needs the table once or twice, and changes nothing.
fn event_of(function: &str) -> String {
    let event = include_str!("../../../events/codepipeline.succeeded.json");
    let timer = r#"{"v":"1","kind":"timer","application":"nobody","slot_revision":1,"at":"2026-01-01T00:00:00Z"}"#;
    let built =
        r#"{"v":"1","kind":"built","application":"nobody","execution":"0f6a1c1e","packages":[]}"#;
    match function {
        "resolve" => queue_event("ChangesQueue", &[&story::event(0, "nobody-uses-it")]),
        "start" => queue_event("DueQueue", &[timer]),
        "track" => queue_event("RunsQueue", &[event]),
        "index" => queue_event("IndexQueue", &[built]),
        _ => "{}".to_owned(),
    }
}

fn timed(function: &mut Function, event: &str) -> Result<Duration> {
    let begun = Instant::now();
    match function.invoke(event, MINUTE) {
        Answer::Response(_) => Ok(begun.elapsed()),
        other => bail!("an invocation failed: {other:?}; {:?}", function.output()),
    }
}

/// As Lambda gets it: packed by gzip, whose method is that of zip, with a zip's own few bytes left out.
fn zip_bytes(program: &std::path::Path) -> Result<u64> {
    let packed = Command::new("gzip")
        .args(["--best", "--stdout"])
        .arg(program)
        .stderr(Stdio::null())
        .output()
        .context("failed to start gzip")?;
    if !packed.status.success() {
        bail!(
            "failed to pack {}: build the functions first (`cargo xtask up`, or cargo lambda build)",
            program.display()
        );
    }
    Ok(packed.stdout.len() as u64)
}

fn missed(aims: &[(&str, bool)]) -> String {
    let names: Vec<&str> = aims
        .iter()
        .filter(|(_, is_missed)| *is_missed)
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("   MISSED: {}", names.join(", "))
    }
}

fn median(values: &mut [Duration]) -> Duration {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sizes and counts far below 2^52, for people to read"
)]
fn as_f64(number: u64) -> f64 {
    number as f64
}
