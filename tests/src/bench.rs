//! What the product costs: time, memory, disk.
//!
//! Each case runs in a child process of its own, so that its peak memory is its own, and reports measurements as lines
//! on its standard output; the parent prints them as tables.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this command is for"
)]

mod aws;
mod manifests;
pub(crate) mod measure;
mod report;
mod store;
mod versions;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use report::{Measurement, table};

use crate::lockfiles::GENERATORS;

/// The first argument of a child process.
const CHILD: &str = "--child";
const QUICK: &str = "--quick";
const USAGE: &str = "usage: bench [--quick] [versions] [store] [manifests] [aws]";

type Run = dyn Fn(&Setting) -> Result<Vec<Measurement>>;

/// One case: what a child process does.
struct Case {
    name: String,
    benchmark: &'static str,
    /// Cases of the same title, one after the other, make one table.
    title: &'static str,
    run: Box<Run>,
}

impl Case {
    fn new(
        name: impl Into<String>,
        benchmark: &'static str,
        title: &'static str,
        run: impl Fn(&Setting) -> Result<Vec<Measurement>> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            benchmark,
            title,
            run: Box::new(run),
        }
    }
}

/// Where a case finds its files, and how large it is to be.
struct Setting {
    /// Deleted when all cases have ended; later cases of a benchmark find here what earlier ones left.
    folder: PathBuf,
    is_quick: bool,
}

fn cases() -> Vec<Case> {
    let small = "store: loading a tenth of the organisation";
    let small_events = "store: events in a tenth of the organisation";
    let large = "store: loading the whole organisation";
    let large_events = "store: events in the whole organisation";
    let read = "manifests: reading a file made up of one format";
    let mut cases = vec![
        Case::new("versions", "versions", "versions: one call", versions::run),
        Case::new("store-small-load", "store", small, store::load_small),
        Case::new(
            "store-small-events",
            "store",
            small_events,
            store::events_small,
        ),
        Case::new("store-load", "store", large, store::load),
        Case::new("store-events", "store", large_events, store::events),
        Case::new("manifests-write", manifests::NAME, read, manifests::write),
    ];
    cases.extend(GENERATORS.iter().enumerate().map(|(number, generator)| {
        let name = format!("manifests-{}", generator.format);
        Case::new(name, manifests::NAME, read, move |setting| {
            manifests::read(setting, number)
        })
    }));
    cases.push(Case::new(
        "manifests-corpus",
        manifests::NAME,
        "manifests: real files",
        manifests::read_corpus,
    ));
    cases
}

/// Runs the benchmarks named in `arguments`, all of them if none is.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments: Vec<String> = arguments.collect();
    if let [first, name, folder, rest @ ..] = &arguments[..]
        && first == CHILD
    {
        let setting = Setting {
            folder: PathBuf::from(folder),
            is_quick: rest.iter().any(|argument| argument == QUICK),
        };
        return run_child(name, &setting);
    }
    let is_quick = arguments.iter().any(|argument| argument == QUICK);
    let names: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| *argument != QUICK)
        .collect();
    if names.contains(&aws::NAME) {
        println!("{}", aws::run(is_quick)?);
        if names.len() == 1 {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| *name != aws::NAME)
        .collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| cases().iter().all(|case| case.benchmark != **name))
    {
        bail!("there is no benchmark `{unknown}`\n{USAGE}");
    }
    let folder = std::env::temp_dir().join(format!("downriver-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("failed to create {}", folder.display()))?;
    let result = run_parent(&names, &folder, is_quick);
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("failed to delete {}", folder.display()))?;
    result.map(|()| ExitCode::SUCCESS)
}

fn run_child(name: &str, setting: &Setting) -> Result<ExitCode> {
    let case = cases()
        .into_iter()
        .find(|case| case.name == name)
        .with_context(|| format!("there is no case `{name}`"))?;
    for measurement in (case.run)(setting)? {
        println!("{}", measurement.to_line());
    }
    Ok(ExitCode::SUCCESS)
}

fn run_parent(names: &[&str], folder: &Path, is_quick: bool) -> Result<()> {
    let wanted: Vec<Case> = cases()
        .into_iter()
        .filter(|case| names.is_empty() || names.contains(&case.benchmark))
        .collect();
    for cases in wanted.chunk_by(|one, next| one.title == next.title) {
        let mut measurements = Vec::new();
        for case in cases {
            eprintln!("measuring {} …", case.name);
            measurements.extend(measure_in_child(case, folder, is_quick)?);
        }
        println!("{}\n{}", cases[0].title, table(&measurements));
    }
    Ok(())
}

fn measure_in_child(case: &Case, folder: &Path, is_quick: bool) -> Result<Vec<Measurement>> {
    let program = std::env::current_exe().context("failed to find this program")?;
    let output = Command::new(program)
        .args([CHILD, &case.name])
        .arg(folder)
        .args(is_quick.then_some(QUICK))
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start the case `{}`", case.name))?;
    if !output.status.success() {
        bail!("the case `{}` failed: {}", case.name, output.status);
    }
    let text = String::from_utf8(output.stdout).context("failed to read the measurements")?;
    text.lines().map(Measurement::parse).collect()
}
