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
mod measure;
mod report;
mod store;
mod versions;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use report::{Measurement, table};

/// The first argument of a child process.
const CHILD: &str = "--child";
const QUICK: &str = "--quick";
const USAGE: &str = "usage: bench [--quick] [versions] [store] [aws]";

/// One case: what a child process does.
struct Case {
    name: &'static str,
    benchmark: &'static str,
    title: &'static str,
    run: fn(&Setting) -> Result<Vec<Measurement>>,
}

/// Where a case finds its files, and how large it is to be.
struct Setting {
    /// Deleted when all cases have ended; later cases of a benchmark find here what earlier ones left.
    folder: PathBuf,
    is_quick: bool,
}

const CASES: &[Case] = &[
    Case {
        name: "versions",
        benchmark: "versions",
        title: "versions: one call",
        run: versions::run,
    },
    Case {
        name: "store-small-load",
        benchmark: "store",
        title: "store: loading a tenth of the organisation",
        run: store::load_small,
    },
    Case {
        name: "store-small-events",
        benchmark: "store",
        title: "store: events in a tenth of the organisation",
        run: store::events_small,
    },
    Case {
        name: "store-load",
        benchmark: "store",
        title: "store: loading the whole organisation",
        run: store::load,
    },
    Case {
        name: "store-events",
        benchmark: "store",
        title: "store: events in the whole organisation",
        run: store::events,
    },
];

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
        .find(|name| CASES.iter().all(|case| case.benchmark != **name))
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
    let case = CASES
        .iter()
        .find(|case| case.name == name)
        .with_context(|| format!("there is no case `{name}`"))?;
    for measurement in (case.run)(setting)? {
        println!("{}", measurement.to_line());
    }
    Ok(ExitCode::SUCCESS)
}

fn run_parent(names: &[&str], folder: &Path, is_quick: bool) -> Result<()> {
    let wanted = CASES
        .iter()
        .filter(|case| names.is_empty() || names.contains(&case.benchmark));
    for case in wanted {
        eprintln!("measuring {} …", case.name);
        let measurements = measure_in_child(case, folder, is_quick)?;
        println!("{}\n{}", case.title, table(&measurements));
    }
    Ok(())
}

fn measure_in_child(case: &Case, folder: &Path, is_quick: bool) -> Result<Vec<Measurement>> {
    let program = std::env::current_exe().context("failed to find this program")?;
    let output = Command::new(program)
        .args([CHILD, case.name])
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
