//! `downriver versions`: what a requirement admits and selects, how versions compare, what a package URL says. Each
//! question can also be asked in bulk, as JSON lines on standard input.

mod lines;
mod purl;
mod questions;
#[cfg(test)]
mod tests;

use std::io::{BufReader, stdin};

use clap::{Args, Subcommand};
use downriver_domain::version::{Format, Requirement};
use serde_json::{Value, json};

use crate::exit::{Exit, refuse};
use crate::render::style::columns;
use crate::terminal::Terminal;
use lines::Question;

/// Bytes of standard input that are read at once.
const READ_AT_ONCE: usize = 64 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum VersionsCommand {
    /// Which versions a requirement admits
    Admits(AdmitsOptions),
    /// How a version compares with others, by the order of its ecosystem
    Compare(CompareOptions),
    /// Which of some versions a plain build would choose
    Select(SelectOptions),
    /// The parts of package URLs
    Purl(PurlOptions),
}

#[derive(Debug, Args)]
pub(crate) struct AdmitsOptions {
    /// cargo, generic, maven, npm, nuget, pypi, ruby or swift
    #[arg(value_name = "FORMAT", required_unless_present = "stdin")]
    ecosystem: Option<Format>,
    /// In the syntax of the ecosystem's own manifests
    #[arg(required_unless_present = "stdin")]
    requirement: Option<String>,
    #[arg(value_name = "VERSION", required_unless_present = "stdin")]
    versions: Vec<String>,
    /// Let pre-releases in, by the ecosystem's own switch
    #[arg(long, conflicts_with = "stdin")]
    prereleases: bool,
    /// Answer JSON lines: {"format", "requirement", "version", "prereleases"}
    #[arg(long, conflicts_with = "ecosystem")]
    stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareOptions {
    /// cargo, generic, maven, npm, nuget, pypi, ruby or swift
    #[arg(value_name = "FORMAT", required_unless_present = "stdin")]
    ecosystem: Option<Format>,
    #[arg(value_name = "A", required_unless_present = "stdin")]
    version: Option<String>,
    #[arg(value_name = "B", required_unless_present = "stdin")]
    others: Vec<String>,
    /// Answer JSON lines: {"format", "a", "b"}
    #[arg(long, conflicts_with = "ecosystem")]
    stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SelectOptions {
    /// cargo, generic, maven, npm, nuget, pypi, ruby or swift
    #[arg(value_name = "FORMAT", required_unless_present = "stdin")]
    ecosystem: Option<Format>,
    /// In the syntax of the ecosystem's own manifests
    #[arg(required_unless_present = "stdin")]
    requirement: Option<String>,
    #[arg(value_name = "VERSION", required_unless_present = "stdin")]
    versions: Vec<String>,
    /// Answer JSON lines: {"format", "requirement", "versions"}
    #[arg(long, conflicts_with = "ecosystem")]
    stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PurlOptions {
    #[arg(value_name = "PURL", required_unless_present = "stdin")]
    texts: Vec<String>,
    /// Answer JSON lines: {"input"} with a package URL is taken apart; its parts are put together
    #[arg(long, conflicts_with = "texts")]
    stdin: bool,
}

pub(crate) fn versions(command: &VersionsCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        VersionsCommand::Admits(options) if options.stdin => answer(Question::Admits, terminal),
        VersionsCommand::Compare(options) if options.stdin => answer(Question::Compare, terminal),
        VersionsCommand::Select(options) if options.stdin => answer(Question::Select, terminal),
        VersionsCommand::Purl(options) if options.stdin => answer(Question::Purl, terminal),
        VersionsCommand::Admits(options) => admits(options, terminal),
        VersionsCommand::Compare(options) => compare(options, terminal),
        VersionsCommand::Select(options) => select(options, terminal),
        VersionsCommand::Purl(options) => take_apart(&options.texts, terminal),
    }
}

fn answer(question: Question, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let mut input = BufReader::with_capacity(READ_AT_ONCE, stdin().lock());
    lines::answer_all(question, &mut input, terminal)?;
    Ok(Exit::Fine)
}

fn admits(options: &AdmitsOptions, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let format = given(options.ecosystem);
    let text = options.requirement.as_deref().unwrap_or_default();
    let mut rows = Vec::new();
    for version in &options.versions {
        let answer = questions::admits(format, text, version, options.prereleases);
        if terminal.is_json() {
            let mut line =
                json!({"format": format.as_str(), "requirement": text, "version": version});
            if options.prereleases {
                line["prereleases"] = true.into();
            }
            line["admits"] = (*answer.as_ref().unwrap_or(&false)).into();
            print_line(terminal, line, answer.as_ref().err())?;
        }
        let is_admitted = match answer {
            Ok(is_admitted) => is_admitted,
            Err(_) if terminal.is_json() => return Ok(Exit::Usage),
            Err(error) => return Err(refuse(error)),
        };
        let word = match questions::refusal(format, version) {
            Some(reason) => format!("no   {reason}"),
            None if is_admitted => "yes".to_owned(),
            None => "no".to_owned(),
        };
        rows.push((version.as_str(), word));
    }
    if !terminal.is_json() {
        terminal.print(&head(format, text))?;
        terminal.print(&table(&rows))?;
    }
    Ok(Exit::Fine)
}

fn compare(options: &CompareOptions, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let format = given(options.ecosystem);
    let a = options.version.as_deref().unwrap_or_default();
    let mut exit = Exit::Fine;
    for b in &options.others {
        let answer = questions::compare(format, a, b);
        if terminal.is_json() {
            let cmp = answer.as_ref().ok().map(|order| *order as i8);
            let line = json!({"format": format.as_str(), "a": a, "b": b, "cmp": cmp});
            print_line(terminal, line, answer.as_ref().err())?;
            if answer.is_err() {
                exit = Exit::Usage;
            }
            continue;
        }
        let sign = match answer.map_err(refuse)? {
            std::cmp::Ordering::Less => '<',
            std::cmp::Ordering::Equal => '=',
            std::cmp::Ordering::Greater => '>',
        };
        terminal.print(&format!("{a} {sign} {b}\n"))?;
    }
    Ok(exit)
}

fn select(options: &SelectOptions, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let format = given(options.ecosystem);
    let text = options.requirement.as_deref().unwrap_or_default();
    let versions = &options.versions;
    let answer = questions::select(format, text, versions);
    if terminal.is_json() {
        let selected = answer
            .as_ref()
            .ok()
            .copied()
            .flatten()
            .map(|position| &versions[position]);
        let line = json!({
            "format": format.as_str(), "requirement": text, "versions": versions, "selected": selected
        });
        print_line(terminal, line, answer.as_ref().err())?;
        return Ok(if answer.is_ok() {
            Exit::Fine
        } else {
            Exit::Usage
        });
    }
    let selected = answer.map_err(refuse)?;
    let mut rows = Vec::new();
    for (position, version) in versions.iter().enumerate() {
        let word = match questions::refusal(format, version) {
            _ if selected == Some(position) => "selected".to_owned(),
            Some(reason) => format!("no        {reason}"),
            None if questions::admits(format, text, version, false) == Ok(true) => {
                "admitted".to_owned()
            }
            None => "no".to_owned(),
        };
        rows.push((version.as_str(), word));
    }
    terminal.print(&head(format, text))?;
    terminal.print(&table(&rows))?;
    if selected.is_none() {
        terminal.print("A plain build would find none of them.\n")?;
    }
    Ok(Exit::Fine)
}

fn take_apart(texts: &[String], terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let mut broken = Vec::new();
    for text in texts {
        match purl::parts(text) {
            Ok(parts) if terminal.is_json() => {
                let mut line = json!({"input": text});
                for (key, value) in parts {
                    line[key] = value;
                }
                print_line(terminal, line, None)?;
            }
            Ok(_) => terminal.print(&purl::shown(text))?,
            Err(error) => {
                if terminal.is_json() {
                    print_line(terminal, json!({"input": text}), Some(&error))?;
                }
                broken.push(error);
            }
        }
    }
    match broken.is_empty() {
        true => Ok(Exit::Fine),
        false if terminal.is_json() => Ok(Exit::Usage),
        false => Err(refuse(broken.join("\n"))),
    }
}

/// `--stdin` is carried out before anything that needs a format, and clap asks for one without it.
fn given(ecosystem: Option<Format>) -> Format {
    ecosystem.expect("a format is required where there is no --stdin")
}

fn print_line(
    terminal: &mut Terminal,
    mut line: Value,
    error: Option<&String>,
) -> anyhow::Result<()> {
    if let Some(error) = error {
        line["error"] = error.as_str().into();
    }
    terminal.print(&format!("{line}\n"))
}

/// What kind of requirement it is, in one line.
fn head(format: Format, text: &str) -> String {
    match Requirement::parse(format, text) {
        Ok(requirement) => format!(
            "{format} `{text}`: {}\n",
            questions::kind_in_words(&requirement.kind())
        ),
        Err(_) => String::new(),
    }
}

fn table(rows: &[(&str, String)]) -> String {
    let width = rows
        .iter()
        .map(|(version, _)| columns(version))
        .max()
        .unwrap_or_default();
    let lines = rows
        .iter()
        .map(|(version, word)| format!("{version:width$}  {word}\n"));
    lines.collect::<Vec<_>>().concat()
}
