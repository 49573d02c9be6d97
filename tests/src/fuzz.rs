//! Fuzzes the parsers of lockfiles, manifests and SBOMs: whatever they are given, they end in time, in bounded memory, without
//! a panic.
//!
//! Inputs are the made-up files of [`crate::lockfiles`] and the corpus where there is one, changed in ways that keep most of
//! their structure (`mutate`). Every input follows from the seed and its number, so that a failure can be repeated. Each
//! parser runs in a process of its own: a hang or an exhausted memory ends that process, and the parent then finds the
//! input, writes it down and says so.
#![expect(clippy::print_stdout, reason = "printing is what this command is for")]

mod mutate;
mod random;
mod run;
mod subject;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use subject::{Subject, subjects};

/// The first argument of a child process.
const CHILD: &str = "--child";
const USAGE: &str =
    "usage: fuzz [--secs N] [--executions N] [--seed N] [--only FORMAT] [--folder DIR]";
const SECS_DEFAULT: u64 = 60;
/// A child that reports nothing for so long hangs. One execution takes milliseconds.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Debug, Clone)]
struct Options {
    secs: u64,
    executions: u64,
    seed: u64,
    only: Option<String>,
    /// Where inputs that failed are written to.
    folder: PathBuf,
}

/// Runs what the arguments say: every parser, a minute each, if they say nothing.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let arguments: Vec<String> = arguments.collect();
    if let [first, rest @ ..] = &arguments[..]
        && first == CHILD
    {
        return run::child(rest);
    }
    let options = parse(&arguments)?;
    let subjects: Vec<Subject> = subjects()
        .into_iter()
        .filter(|subject| {
            options
                .only
                .as_ref()
                .is_none_or(|only| *only == subject.format)
        })
        .collect();
    if subjects.is_empty() {
        let known: Vec<String> = self::subjects()
            .into_iter()
            .map(|subject| subject.format)
            .collect();
        bail!(
            "there is no format `{}`: {}",
            options.only.unwrap_or_default(),
            known.join(", ")
        );
    }
    println!("seed {}; {} formats", options.seed, subjects.len());
    let mut failures = 0;
    let mut executions = 0;
    for subject in &subjects {
        let ended = fuzz(subject, &options)?;
        executions += ended.executions;
        failures += usize::from(ended.failure.is_some());
        println!("{}", ended.line(subject));
    }
    println!("{executions} executions, {failures} failures");
    Ok(if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options {
        secs: SECS_DEFAULT,
        executions: u64::MAX,
        seed: 1,
        only: None,
        folder: std::env::temp_dir().join("downriver-fuzz"),
    };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest
            .next()
            .with_context(|| format!("{name} needs a value\n{USAGE}"))?;
        let number = || {
            value
                .parse()
                .with_context(|| format!("{name} needs a number, not `{value}`"))
        };
        match name.as_str() {
            "--secs" => options.secs = number()?,
            "--executions" => options.executions = number()?,
            "--seed" => options.seed = number()?,
            "--only" => options.only = Some(value.clone()),
            "--folder" => options.folder = PathBuf::from(value),
            _ => bail!("there is no option `{name}`\n{USAGE}"),
        }
    }
    Ok(options)
}

/// How the fuzzing of one parser ended.
struct Ended {
    executions: u64,
    memory_peak_bytes: u64,
    slowest: Duration,
    failure: Option<String>,
}

impl Ended {
    fn line(&self, subject: &Subject) -> String {
        let what = self.failure.as_deref().unwrap_or("no panic, no hang");
        format!(
            "  {:22} {:>9} executions  slowest {:>5} ms  peak {:>4} MiB  {what}",
            subject.format,
            self.executions,
            self.slowest.as_millis(),
            self.memory_peak_bytes >> 20
        )
    }
}

/// Runs one parser in a child until its time is over or it fails.
fn fuzz(subject: &Subject, options: &Options) -> Result<Ended> {
    let mut ended = Ended {
        executions: 0,
        memory_peak_bytes: 0,
        slowest: Duration::ZERO,
        failure: None,
    };
    let started = Instant::now();
    let first = watch(subject, options, 0, &mut ended, started)?;
    if let Some(why) = first {
        // The number of the input is known to a step only: again from there, one by one.
        let last = ended.executions;
        let mut careful = options.clone();
        careful.executions = last + run::STEP;
        let mut exact = Ended {
            executions: last,
            ..ended
        };
        let again = watch(subject, &careful, last, &mut exact, Instant::now())?;
        let path = save(subject, options, exact.executions)?;
        let why = again.unwrap_or(why);
        exact.failure = Some(format!(
            "FAILED: {why}; input {} in {}",
            exact.executions,
            path.display()
        ));
        return Ok(exact);
    }
    Ok(ended)
}

/// Reads what a child reports; why it failed, if it did.
fn watch(
    subject: &Subject,
    options: &Options,
    from: u64,
    ended: &mut Ended,
    started: Instant,
) -> Result<Option<String>> {
    let mut child = start(subject, options, from)?;
    let output = child.stdout.take().context("a child has an output")?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match receiver.recv_timeout(SILENCE_MAX) {
            Ok(line) => {
                if let Some(reason) = line.strip_prefix("failed ") {
                    child.wait()?;
                    return Ok(Some(reason.to_owned()));
                }
                note(&line, ended);
                if started.elapsed() >= Duration::from_secs(options.secs) {
                    child.kill()?;
                    child.wait()?;
                    return Ok(None);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                return Ok(Some(format!("hangs for {} s", SILENCE_MAX.as_secs())));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = child.wait()?;
                return Ok((!status.success()).then(|| format!("ended with {status}")));
            }
        }
    }
}

/// `at <executions> <peak bytes> <slowest nanoseconds>`
fn note(line: &str, ended: &mut Ended) {
    let numbers: Vec<u64> = line
        .split(' ')
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    if let [executions, peak, slowest] = numbers[..] {
        ended.executions = executions;
        ended.memory_peak_bytes = peak;
        ended.slowest = Duration::from_nanos(slowest);
    }
}

fn start(subject: &Subject, options: &Options, from: u64) -> Result<Child> {
    let program = std::env::current_exe().context("failed to find this program")?;
    let is_careful = from > 0;
    Command::new(program)
        .args([CHILD, &subject.format])
        .args([options.seed, from, options.executions].map(|number| number.to_string()))
        .args(is_careful.then_some("--careful"))
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to start a child process")
}

fn save(subject: &Subject, options: &Options, number: u64) -> Result<PathBuf> {
    std::fs::create_dir_all(&options.folder)
        .with_context(|| format!("failed to create {}", options.folder.display()))?;
    let name = Path::new(&subject.file).file_name().unwrap_or_default();
    let name = format!("{}-{number}-{}", options.seed, name.to_string_lossy());
    let path = options.folder.join(name);
    let mut file = std::fs::File::create(&path)
        .with_context(|| format!("failed to create {}", path.display()))?;
    file.write_all(&subject.input(options.seed, number))?;
    Ok(path)
}
