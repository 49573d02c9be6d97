//! The catalog file `downriver.toml`: what users register.
//!
//! Reads the file strictly and reports every problem at once, each with its line, its field and, where there is one, the
//! nearest valid name. A file with a problem changes nothing. What follows from a catalog is derived when it is applied,
//! not here. Does no IO: files next to the catalog come through a function of the caller.

mod applications;
mod at;
mod dependencies;
mod document;
mod freezes;
mod keys;
mod names;
mod organisation;
mod policy;
mod report;
mod rollout;
mod shape;
#[cfg(test)]
mod tests;
mod upstreams;
mod windows;

use std::fmt;

use downriver_domain::{
    AccountId, DomainName, PackagePattern, RegionName, RepositoryId, Timestamp,
};

use crate::register::Catalog;
use dependencies::Files;
use keys::CatalogKeys;
use organisation::Organisation;
use report::{Path, Problems, Report, Source};
use shape::Shape;

/// The largest file that is read: the catalog, and each file it names.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Applications in one catalog.
pub const APPLICATIONS_MAX: usize = 100_000;
/// Repositories in one catalog (CodeArtifact allows 1,000 in a domain and 10 domains in an account).
pub const REPOSITORIES_MAX: usize = 10_000;
/// Direct upstreams of one repository, CodeArtifact's own quota.
pub const UPSTREAMS_MAX: usize = 10;
/// Repositories that one application resolves from.
pub const REPOSITORIES_SEEN_MAX: usize = 25;
/// Targets in one catalog.
pub const TARGETS_MAX: usize = 10_000;
/// Owners in one catalog.
pub const OWNERS_MAX: usize = 10_000;
/// Domain owners, and accounts whose events are accepted.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Patterns in one list.
pub const PATTERNS_MAX: usize = 1_000;
/// Products of one application.
pub const PRODUCTS_MAX: usize = 1_000;
/// Dependencies of one application in one file, instances counted.
pub const DEPENDENCIES_MAX: usize = 50_000;
/// Packages on the way to a transitive dependency.
pub const VIA_MAX: usize = 100;
/// Windows of one application.
pub const WINDOWS_MAX: usize = 50;
/// Different lists of windows in one catalog: comparing one goes through years of its openings.
pub const WINDOW_LISTS_MAX: usize = 1_000;
/// Tags of one application, and of one ring.
pub const TAGS_MAX: usize = 50;
/// Rules of rings; one more ring is for everybody else.
pub const RINGS_MAX: usize = 9;
/// Freezes in one catalog.
pub const FREEZES_MAX: usize = 100;
/// Problems that are reported; a file with more is reported again after these are mended.
pub const PROBLEMS_MAX: usize = 1_000;

/// Something in a catalog that is not as it must be. Displays as one line,
/// `downriver.toml:12:5: applications.shop-web.pipelne: unknown field; did you mean "pipeline"?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogProblem {
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// The dotted path of the key; empty where the file as a whole is meant or it is no TOML.
    pub field: String,
    pub message: String,
    /// The nearest valid name.
    pub proposal: Option<String>,
}

impl fmt::Display for CatalogProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(out, "{}: ", self.field)?;
        }
        // The parser's own messages may have several lines.
        out.write_str(&self.message.replace('\n', " "))?;
        if let Some(proposal) = &self.proposal {
            write!(out, "; did you mean \"{}\"?", proposal.escape_debug())?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogProblem {}

/// Reads a catalog. `read_file` gives the text of a file named by the catalog, relative to it, or says why it cannot.
/// Where `now` is given, a freeze that is over by then is a problem; a catalog that was good does not turn bad by itself, so
/// only whoever asks for a check gives it. Returns all problems, in order of file and line (at most [`PROBLEMS_MAX`]), if there
/// is any.
pub fn parse_catalog(
    file_name: &str,
    text: &str,
    now: Option<Timestamp>,
    read_file: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Catalog, Vec<CatalogProblem>> {
    let mut problems = Problems::default();
    let source = Source::new(file_name, text);
    let mut report = Report {
        source: &source,
        problems: &mut problems,
    };
    let catalog = read_catalog(&mut report, text, now, read_file);
    match catalog {
        Some(catalog) if problems.is_empty() => Ok(catalog),
        _ => Err(problems.into_sorted()),
    }
}

/// Where packages come from unless something else is said: `[defaults]` of a catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// Where pipelines live.
    pub region: Option<RegionName>,
    pub domain_owner: Option<AccountId>,
    pub domain: Option<DomainName>,
    pub repositories: Vec<RepositoryId>,
}

/// Reads `[defaults]` of a catalog. Problems of its applications are not looked for.
pub fn parse_defaults(file_name: &str, text: &str) -> Result<Defaults, Vec<CatalogProblem>> {
    let mut problems = Problems::default();
    let source = Source::new(file_name, text);
    let mut report = Report {
        source: &source,
        problems: &mut problems,
    };
    let keys =
        document::read_document::<CatalogKeys>(&mut report, &Shape::of::<CatalogKeys>(), text);
    let defaults = keys.map(|keys| Organisation::parse(&mut report, &keys).defaults());
    match defaults {
        Some(defaults) if problems.is_empty() => Ok(defaults),
        _ => Err(problems.into_sorted()),
    }
}

/// Reads a package URL in which `*` stands for any run of characters, as in `pkg:npm/%40acme/*`.
pub fn parse_package_pattern(text: &str) -> Result<PackagePattern, String> {
    names::parse_pattern(text)
}

/// The JSON Schema of a catalog, for editors; the parser checks against the same one.
pub fn json_schema() -> String {
    Shape::of::<CatalogKeys>().to_json()
}

/// `None` only where a problem was reported.
fn read_catalog(
    report: &mut Report<'_>,
    text: &str,
    now: Option<Timestamp>,
    read_file: &dyn Fn(&str) -> Result<String, String>,
) -> Option<Catalog> {
    if text.len() > FILE_BYTES_MAX {
        let message = format!(
            "the file has {} bytes: at most {FILE_BYTES_MAX}",
            text.len()
        );
        report.problem(0..0, &Path::Root, message);
        return None;
    }
    let keys: CatalogKeys = document::read_document(report, &Shape::of::<CatalogKeys>(), text)?;
    let organisation = Organisation::parse(report, &keys);
    freezes::check_not_over(report, &keys.freezes, now);
    let files = Files::new(read_file);
    let parsed =
        applications::parse_applications(report, &organisation, &files, &keys.applications);
    rollout::check_rings(report, &keys, &organisation.topology, &parsed.applications);
    Some(Catalog {
        topology: organisation.topology,
        ..parsed
    })
}
