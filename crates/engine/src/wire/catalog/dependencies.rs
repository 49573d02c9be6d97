//! Dependencies, from the catalog itself and from files next to it.

use downriver_domain::version::{Format, PackageId, Requirement, Version};
use downriver_domain::{Built, Dependency, Evidence, Scope};

use super::FILE_BYTES_MAX;
use super::at::At;
use super::document::read_document;
use super::keys::{ApplicationKeys, DependenciesFileKeys, DependencyKeys};
use super::names::{parse_key, parse_text};
use super::policy::scope;
use super::report::{Path, Report, Source};
use super::shape::Shape;

/// Files next to the catalog.
pub(super) struct Files<'f> {
    read_file: &'f dyn Fn(&str) -> Result<String, String>,
    shape: Shape,
}

impl<'f> Files<'f> {
    pub(super) fn new(read_file: &'f dyn Fn(&str) -> Result<String, String>) -> Self {
        Self {
            read_file,
            shape: Shape::of::<DependenciesFileKeys>(),
        }
    }
}

/// The dependencies of one application, those in its table first; `None` if it declares none, not even an empty list.
pub(super) fn parse_all(
    report: &mut Report<'_>,
    files: &Files<'_>,
    path: &Path<'_>,
    keys: &ApplicationKeys,
) -> Option<Vec<Dependency>> {
    let section = path.key("dependencies");
    let in_table = keys
        .dependencies
        .as_ref()
        .map(|entries| parse_entries(report, &section, entries));
    let in_file = keys.dependencies_file.as_ref().map(|name| {
        let path = path.key("dependencies_file");
        parse_file(report, files, &path, name)
    });
    match (in_table, in_file) {
        (None, None) => None,
        (in_table, in_file) => Some(in_table.into_iter().chain(in_file).flatten().collect()),
    }
}

fn parse_file(
    report: &mut Report<'_>,
    files: &Files<'_>,
    path: &Path<'_>,
    name: &At<String>,
) -> Vec<Dependency> {
    let file = name.get();
    if !is_path_below(file) {
        let message = format!("`{file}` is not a path below the catalog's own folder");
        report.problem(name.span(), path, message);
        return Vec::new();
    }
    let text = match (files.read_file)(file) {
        Ok(text) if text.len() <= FILE_BYTES_MAX => text,
        Ok(text) => {
            let message = format!(
                "`{file}` has {} bytes: at most {FILE_BYTES_MAX}",
                text.len()
            );
            report.problem(name.span(), path, message);
            return Vec::new();
        }
        Err(reason) => {
            report.problem(name.span(), path, format!("cannot read `{file}`: {reason}"));
            return Vec::new();
        }
    };
    let source = Source::new(file, &text);
    let mut report = Report {
        source: &source,
        problems: &mut *report.problems,
    };
    read_document::<DependenciesFileKeys>(&mut report, &files.shape, &text).map_or_else(
        Vec::new,
        |keys| {
            parse_entries(
                &mut report,
                &Path::Root.key("dependencies"),
                &keys.dependencies,
            )
        },
    )
}

/// A catalog is data from many teams: it does not make us read elsewhere.
pub(super) fn is_path_below(file: &str) -> bool {
    !file.is_empty()
        && !file.contains(['\\', ':', '\0'])
        && file
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn parse_entries(
    report: &mut Report<'_>,
    section: &Path<'_>,
    entries: &[At<DependencyKeys>],
) -> Vec<Dependency> {
    entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| parse_entry(report, &section.index(index), entry))
        .collect()
}

fn parse_entry(
    report: &mut Report<'_>,
    path: &Path<'_>,
    entry: &At<DependencyKeys>,
) -> Option<Dependency> {
    let keys = entry.get();
    let package: Option<PackageId> = parse_key(report, path, "package", keys.package.as_ref());
    let via = path.key("via");
    let pulled_in_by: Vec<PackageId> = keys
        .via
        .iter()
        .enumerate()
        .filter_map(|(index, text)| parse_text(report, &via.index(index), text))
        .collect();
    let evidence = parse_evidence(report, keys.evidence.as_ref(), entry);
    let package = package?;
    let requirement = parse_requirement(report, path, package.format(), keys);
    let built = parse_built(report, path, package.format(), keys);
    Some(Dependency {
        requirement: requirement?,
        is_requirement_assumed: false,
        built,
        built_as_of: None,
        built_revision: None,
        is_locked: keys.locked,
        is_direct: pulled_in_by.is_empty(),
        path: pulled_in_by,
        scope: keys.scope.map_or(Scope::Runtime, scope),
        evidence,
        lock: None,
        package,
    })
}

fn parse_requirement(
    report: &mut Report<'_>,
    path: &Path<'_>,
    format: Format,
    keys: &DependencyKeys,
) -> Option<String> {
    let text = keys.requirement.as_ref()?;
    match Requirement::parse(format, text.get()) {
        Ok(requirement) => Some(requirement.as_str().to_owned()),
        Err(error) => {
            report.problem(text.span(), &path.key("requirement"), error);
            None
        }
    }
}

fn parse_built(
    report: &mut Report<'_>,
    path: &Path<'_>,
    format: Format,
    keys: &DependencyKeys,
) -> Built {
    let mut version = |name: &str, text: &At<String>| match Version::parse(format, text.get()) {
        Ok(version) => Some(version.as_str().to_owned()),
        Err(error) => {
            report.problem(text.span(), &path.key(name), error);
            None
        }
    };
    match (&keys.built, &keys.assumed) {
        (Some(built), None) => version("built", built).map_or(Built::Unknown, Built::Proven),
        (None, Some(assumed)) => version("assumed", assumed).map_or(Built::Unknown, Built::Assumed),
        (None, None) => Built::Unknown,
        (Some(_), Some(assumed)) => {
            let message = "give either `built` or `assumed`";
            report.problem(assumed.span(), &path.key("assumed"), message);
            Built::Unknown
        }
    }
}

/// `file:line` or `file`; without either the entry itself.
fn parse_evidence(
    report: &Report<'_>,
    text: Option<&At<String>>,
    entry: &At<DependencyKeys>,
) -> Evidence {
    let Some(text) = text.map(At::get) else {
        return Evidence {
            file: report.source.file.into(),
            line: Some(report.source.line(entry.span().start)),
        };
    };
    let split = text
        .rsplit_once(':')
        .and_then(|(file, line)| Some((file, line.parse().ok()?)));
    match split {
        Some((file, line)) => Evidence {
            file: file.into(),
            line: Some(line),
        },
        None => Evidence {
            file: text.as_str().into(),
            line: None,
        },
    }
}
