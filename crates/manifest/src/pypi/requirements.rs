//! Requirements files, as pip reads them, and what pip-compile and uv write into the comments of those they compile.

mod line;
mod sheets;
#[cfg(test)]
mod tests;
mod via;

use std::collections::BTreeSet;

use crate::pypi::declared::{parse_specifier, pinned, source_of_url};
use crate::pypi::lock::{Lock, Locked, Need};
use crate::pypi::name::normalise;
use crate::reading::{FileSummary, Problem, Source};

use line::{Physical, physical_lines};
pub(super) use sheets::{Sheets, read};
use via::{Via, parse_via};

/// One requirements file.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) path: String,
    pub(super) entries: Vec<Entry>,
    pub(super) includes: Vec<Include>,
    /// The files that the tool says it was compiled from, as it wrote them.
    pub(super) sources: Vec<String>,
    /// The tool that compiled it, where its comments tell: `pip-compile`, `uv`.
    pub(super) tool: Option<&'static str>,
    pub(super) problems: Vec<Problem>,
}

/// What compiles requirements.
const COMMANDS: [&str; 3] = ["pip-compile", "uv pip compile", "uv export"];

/// Another requirements file (`-r`) or constraints file (`-c`).
#[derive(Debug)]
pub(super) struct Include {
    /// As it is written.
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) is_constraint: bool,
}

/// A requirement.
#[derive(Debug)]
pub(super) struct Entry {
    /// Normalised.
    pub(super) name: String,
    pub(super) extras: BTreeSet<String>,
    /// None where it has none, or one that an environment variable decides.
    pub(super) requirement: Option<String>,
    pub(super) source: Source,
    pub(super) line: u32,
    via: Vec<Via>,
}

impl Entry {
    /// The version, if it is pinned to one.
    pub(super) fn pin(&self) -> Option<&str> {
        pinned(self.requirement.as_deref()?)
    }
}

impl Sheet {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let mut sheet = Self {
            path: path.to_owned(),
            entries: Vec::new(),
            includes: Vec::new(),
            sources: Vec::new(),
            tool: None,
            problems: Vec::new(),
        };
        let mut is_via = false;
        let mut logical = String::new();
        let mut first = 0;
        for Physical {
            line,
            body,
            comment,
            is_continued,
        } in physical_lines(text)
        {
            if logical.is_empty() {
                first = line;
            }
            logical.push_str(body);
            if !is_continued {
                if !logical.trim().is_empty() {
                    sheet.logical(&logical, first);
                }
                logical.clear();
            }
            // Names of who needs the requirement above go on over whole lines of comment, until anything else stands there.
            let is_comment = body.trim().is_empty() && comment.is_some();
            is_via = comment
                .is_some_and(|comment| sheet.comment(comment, is_comment && is_via, is_comment));
        }
        if !logical.trim().is_empty() {
            sheet.logical(&logical, first);
        }
        if sheet.tool.is_none() && sheet.entries.iter().any(|entry| !entry.via.is_empty()) {
            sheet.tool = Some("compiled");
        }
        sheet
    }

    /// Every requirement names one version.
    pub(super) fn is_all_pinned(&self) -> bool {
        !self.entries.is_empty()
            && self
                .entries
                .iter()
                .all(|entry| entry.source != Source::Registry || entry.pin().is_some())
    }

    pub(super) fn summary(&self) -> FileSummary {
        let registry = self.entries.iter();
        let registry = registry.filter(|entry| entry.source == Source::Registry);
        let extension = self.path.rsplit('.').next().unwrap_or("txt");
        FileSummary {
            path: self.path.clone(),
            format: match self.tool {
                Some("compiled") => format!("requirements.{extension} (compiled)"),
                Some(tool) => format!("requirements.{extension} (compiled by {tool})"),
                None => format!("requirements.{extension}"),
            },
            locked: registry
                .filter_map(|entry| Some(format!("{}@{}", entry.name, entry.pin()?)))
                .collect(),
            declared: self.entries.len(),
        }
    }

    /// A compiled sheet as the lockfile that it is.
    pub(super) fn lock(&self) -> Lock<'_> {
        let mut lock = Lock {
            path: &self.path,
            format: String::new(),
            packages: Vec::with_capacity(self.entries.len()),
            is_flat: self.entries.iter().all(|entry| entry.via.is_empty()),
            counts_every_source: false,
        };
        for entry in &self.entries {
            // The comments tell who needs it: the edge stands with the one that needs, so both are listed here.
            lock.packages.push(Locked {
                name: entry.name.as_str().into(),
                version: entry.pin().map(Into::into),
                source: entry.source,
                line: Some(entry.line),
                scope: None,
                needs: Vec::new(),
            });
        }
        let place: std::collections::BTreeMap<&str, usize> = self
            .entries
            .iter()
            .enumerate()
            .map(|(at, entry)| (entry.name.as_str(), at))
            .collect();
        for entry in &self.entries {
            for via in &entry.via {
                let Via::Package(name) = via else { continue };
                let Some(at) = place.get(name.as_str()) else {
                    continue;
                };
                lock.packages[*at].needs.push(Need {
                    version: entry.pin().map(Into::into),
                    line: Some(entry.line),
                    ..Need::new(entry.name.as_str().into())
                });
            }
        }
        lock
    }

    /// A line of the file after continued lines were joined, without its comment.
    fn logical(&mut self, text: &str, line: u32) {
        let text = text.trim();
        if text.starts_with('-') {
            return self.option(text, line);
        }
        // Options of the one requirement: hashes, config settings.
        let end = text.find(" --").or_else(|| text.find("\t--"));
        let text = end.map_or(text, |end| &text[..end]).trim();
        if is_self(text) {
            return;
        }
        if let Some(entry) = elsewhere(text, line) {
            return self.entries.push(entry);
        }
        let has_variable = text.contains("${");
        let specifier = if has_variable {
            let end = text.find("${").unwrap_or(text.len());
            let name = text[..end].trim_end_matches(|letter| "=<>!~ ([,".contains(letter));
            let what = format!(
                "has `{text}`, which an environment variable decides: its requirement is not known"
            );
            self.problems
                .push(Problem::gap(&self.path, Some(line), what));
            parse_specifier(name).map(|mut specifier| {
                specifier.requirement = None;
                specifier
            })
        } else {
            parse_specifier(text)
        };
        match specifier {
            Ok(specifier) => self.entries.push(Entry {
                name: specifier.name,
                extras: specifier.extras,
                requirement: specifier.requirement,
                source: specifier.source,
                line,
                via: Vec::new(),
            }),
            Err(_) if has_variable => {}
            Err(what) => self
                .problems
                .push(Problem::new(&self.path, Some(line), what)),
        }
    }

    /// `-r file`, `--requirement=file`, `-e place` and their like. Options on where and how to install say nothing of
    /// dependencies.
    fn option(&mut self, text: &str, line: u32) {
        let value = |short: &str, long: &str| {
            let rest = text
                .strip_prefix(long)
                .filter(|rest| rest.starts_with([' ', '\t', '=']));
            let rest = rest.or_else(|| {
                let is_other = text.starts_with("--");
                text.strip_prefix(short).filter(|_| !is_other)
            })?;
            let rest = rest.trim_start_matches(['=', ' ', '\t']).trim_end();
            let unquoted = rest.trim_matches(['"', '\'']);
            (!unquoted.is_empty()).then(|| unquoted.to_owned())
        };
        let included = value("-r", "--requirement").map(|path| (path, false));
        let included = included.or_else(|| value("-c", "--constraint").map(|path| (path, true)));
        if let Some((path, is_constraint)) = included {
            self.includes.push(Include {
                path,
                line,
                is_constraint,
            });
        } else if let Some(place) = value("-e", "--editable")
            && !is_self(&place)
            && let Some(entry) = elsewhere(&place, line).or_else(|| folder_entry(&place, line))
        {
            self.entries.push(entry);
        }
    }

    /// Takes a comment in; whether names of who needs something may follow in the next.
    fn comment(&mut self, comment: &str, is_via: bool, is_whole_line: bool) -> bool {
        let text = comment.trim();
        if let Some(names) = text.strip_prefix("via")
            && (names.is_empty() || names.starts_with([' ', '\t']))
        {
            if let Some(entry) = self.entries.last_mut() {
                entry.via.extend(parse_via(names));
            }
            return true;
        }
        // The names are set in; a remark is not.
        if is_via && comment.starts_with("   ") {
            if let Some(entry) = self.entries.last_mut() {
                entry.via.extend(parse_via(text));
            }
            return true;
        }
        if self.entries.is_empty() && is_whole_line {
            self.header(text);
        }
        false
    }

    fn header(&mut self, text: &str) {
        let lower = text.to_ascii_lowercase();
        let is_generated = lower.contains("autogenerated by") || lower.contains("@generated by");
        if is_generated {
            let tools = [
                ("pip-compile", "pip-compile"),
                ("by uv", "uv"),
                ("by pdm", "pdm"),
                ("by pipenv", "Pipenv"),
            ];
            let tool = tools.iter().find(|(sign, _)| lower.contains(sign));
            self.tool = Some(tool.map_or("compiled", |(_, name)| name));
        }
        if COMMANDS.iter().any(|command| text.contains(command)) {
            self.sources.extend(via::sources_of_command(text));
        }
    }
}

/// The files that a tool named in the comments at the head of what it compiled.
pub(super) fn sources_in_header(text: &str) -> Vec<String> {
    let comments = text.lines().map_while(|line| line.strip_prefix('#'));
    comments
        .filter(|comment| COMMANDS.iter().any(|command| comment.contains(command)))
        .flat_map(via::sources_of_command)
        .collect()
}

/// The project itself, whose own manifest says what it asks for: `.`, `-e .[dev]`.
fn is_self(place: &str) -> bool {
    let place = place.split_once('[').map_or(place, |(place, _)| place);
    matches!(place.trim_end_matches('/'), "." | "file:.")
}

/// The files that pip installs.
const ARCHIVES: [&str; 6] = [".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz"];

/// An address, an archive or a folder in place of a name.
fn elsewhere(text: &str, line: u32) -> Option<Entry> {
    let place = text.split_once(';').map_or(text, |(place, _)| place).trim();
    let first = place.split_whitespace().next()?;
    let is_named = text.split_once('@').is_some_and(|(name, _)| {
        let name = name.trim_end();
        !name.is_empty() && !name.contains([':', '/'])
    });
    let without_fragment = first.split('#').next().unwrap_or(first);
    let is_archive = ARCHIVES.iter().any(|end| without_fragment.ends_with(end));
    let is_path = first.starts_with(['.', '/', '~', '\\']) || first.starts_with("file:");
    let is_address = first.contains("://") || first.starts_with("git+");
    if is_named || !(is_archive || is_path || is_address) {
        return None;
    }
    folder_entry(first, line)
}

/// Where something comes from that has no name of its own: the name is what the address says behind `#egg=`, else that of
/// the archive or folder.
fn folder_entry(place: &str, line: u32) -> Option<Entry> {
    let source = source_of_url(place);
    let (place, fragment) = place.split_once('#').unwrap_or((place, ""));
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="));
    let last = place
        .trim_end_matches(['/', '\\', '.'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(place);
    let name = match egg {
        Some(egg) => egg.split('[').next().unwrap_or(egg),
        None if ARCHIVES.iter().any(|end| last.ends_with(end)) => name_of_archive(last),
        None if last.is_empty() => place,
        None => last
            .split(['@', '['])
            .next()
            .unwrap_or(last)
            .trim_end_matches(".git"),
    };
    (!name.is_empty()).then(|| Entry {
        name: normalise(name).into_owned(),
        extras: BTreeSet::new(),
        requirement: None,
        source,
        line,
        via: Vec::new(),
    })
}

/// `acme-core-1.0.tar.gz` and `acme_core-1.0-py3-none-any.whl` are of `acme-core`.
fn name_of_archive(file: &str) -> &str {
    let version = file.match_indices('-').find(|(at, _)| {
        let rest = &file[at + 1..];
        rest.starts_with(|letter: char| letter.is_ascii_digit())
    });
    version.map_or(file, |(at, _)| &file[..at])
}
