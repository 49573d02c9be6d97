//! Reads messages of every version ever written. A field that breaks a rule is named, with its value as it came.

use std::borrow::Cow;
use std::fmt::Display;

use downriver_domain::version::{PackageId, PackageVersionId, Requirement, Version};
use downriver_domain::{Built, Dependency, Evidence, RepositoryId, Scope};

use super::{
    BUILT_MAX, CHANGES_MAX, CatalogRequest, DEPENDENCIES_MAX, DependenciesReport, Message, VIA_MAX,
};
use crate::index::{BuiltPackage, BuiltReport};
use crate::ports::{EdgeCursor, PageChange, ReadRequest, ResolvePage, Timer};
use crate::wire::json::{Fields, Json};
use crate::wire::rejection::{Rejection, Shown};
use crate::wire::stored::key::parse_repository_key;

/// The version that is written, and the only one there has been.
pub(super) const VERSION: &str = "1";

pub(super) const KIND_TIMER: &str = "timer";
pub(super) const KIND_PAGE: &str = "page";
pub(super) const KIND_CATALOG: &str = "catalog";
pub(super) const KIND_DEPENDENCIES: &str = "dependencies";
pub(super) const KIND_BUILT: &str = "built";
pub(super) const KIND_READ: &str = "read";
pub(super) const KIND_REPOSITORIES: &str = "repositories";

pub(super) const SCOPES: [(&str, Scope); 6] = [
    ("runtime", Scope::Runtime),
    ("dev", Scope::Dev),
    ("test", Scope::Test),
    ("build", Scope::Build),
    ("optional", Scope::Optional),
    ("peer", Scope::Peer),
];

const KINDS: &str = "one of timer, page, catalog, dependencies, built, read, repositories";
const REVISION: &str = "1 to 255 visible ASCII characters";

/// None for what does not claim to be a message of ours.
pub(super) fn parse_own(document: &Json) -> Result<Option<Message>, Rejection> {
    let fields = Fields::of_document(document)?;
    if !fields.has("kind") && !fields.has("v") {
        return Ok(None);
    }
    check_version(fields)?;
    match fields.text("kind", KINDS)? {
        KIND_TIMER => parse_timer(fields).map(Message::Timer),
        KIND_PAGE => parse_page(fields).map(Message::Page),
        KIND_CATALOG => parse_catalog(fields).map(Message::Catalog),
        KIND_DEPENDENCIES => parse_dependencies(fields).map(Message::Dependencies),
        KIND_BUILT => parse_built_report(fields).map(Message::Built),
        KIND_READ => parse_read(fields).map(Message::Read),
        KIND_REPOSITORIES => Ok(Message::Repositories),
        other => Err(Rejection::UnknownKind {
            found: Shown::new(other),
            expected: KINDS,
        }),
    }
    .map(Some)
}

/// Versions are counted, so a number that is not known is a later one.
fn check_version(fields: Fields<'_>) -> Result<(), Rejection> {
    let expected = "the string `1`";
    match fields.text("v", expected)? {
        VERSION => Ok(()),
        other if other.parse::<u32>().is_ok_and(|version| version > 1) => {
            Err(Rejection::NewerVersion {
                found: Shown::new(other),
            })
        }
        other => Err(fields.invalid("v", other, expected)),
    }
}

fn parse_timer(fields: Fields<'_>) -> Result<Timer, Rejection> {
    Ok(Timer {
        application: fields.identifier("application")?,
        slot_revision: fields.count("slot_revision")?,
        at: fields.time("at")?,
    })
}

fn parse_page(fields: Fields<'_>) -> Result<ResolvePage, Rejection> {
    let package = parse_package(fields)?;
    let changes = parse_items(fields, "changes", CHANGES_MAX, |item| {
        parse_change(item, &package)
    })?;
    let after = fields
        .object("after", "after.")?
        .map(parse_cursor)
        .transpose()?;
    Ok(ResolvePage {
        package,
        changes,
        after,
    })
}

fn parse_change(fields: Fields<'_>, package: &PackageId) -> Result<PageChange, Rejection> {
    Ok(PageChange {
        package_version: parse_package_version(fields, package)?,
        repository: parse_repository(fields)?,
        seen_at: fields.time("seen_at")?,
        is_news: fields.flag("is_news")?,
    })
}

fn parse_cursor(fields: Fields<'_>) -> Result<EdgeCursor, Rejection> {
    Ok(EdgeCursor {
        is_consumer: fields.flag("is_consumer")?,
        application: fields.identifier("application")?,
        instance: parse_u32(fields, "instance")?,
    })
}

fn parse_catalog(fields: Fields<'_>) -> Result<CatalogRequest, Rejection> {
    Ok(CatalogRequest {
        bucket: parse_bucket(fields)?,
        key: parse_shaped(
            fields,
            "key",
            "the key of an object: 1 to 1,024 bytes of visible ASCII or spaces",
            |text| (1..=1024).contains(&text.len()) && is_printable(text),
        )?,
        sha256: parse_shaped(fields, "sha256", "64 lower-case hex digits", |text| {
            text.len() == 64
                && text
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })?,
        requested_by: parse_shaped(
            fields,
            "requested_by",
            "1 to 256 characters of visible ASCII or spaces",
            |text| (1..=256).contains(&text.len()) && is_printable(text),
        )?,
    })
}

fn parse_bucket(fields: Fields<'_>) -> Result<Option<String>, Rejection> {
    if !fields.has("bucket") {
        return Ok(None);
    }
    let is_bucket = |text: &str| {
        (3..=63).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
    };
    let expected = "a bucket name: 3 to 63 lower-case letters, digits, `.` or `-`";
    parse_shaped(fields, "bucket", expected, is_bucket).map(Some)
}

fn parse_dependencies(fields: Fields<'_>) -> Result<DependenciesReport, Rejection> {
    Ok(DependenciesReport {
        application: fields.identifier("application")?,
        dependencies: parse_items(fields, "dependencies", DEPENDENCIES_MAX, parse_dependency)?,
    })
}

fn parse_dependency(fields: Fields<'_>) -> Result<Dependency, Rejection> {
    let package = parse_package(fields)?;
    let text = fields.text("requirement", "a requirement")?;
    let requirement = Requirement::parse(package.format(), text)
        .map_err(|error| refused(fields, "requirement", text, &error))?;
    let path = parse_via(fields)?;
    Ok(Dependency {
        requirement: requirement.as_str().to_owned(),
        is_requirement_assumed: fields
            .optional_flag("assumed_requirement")?
            .unwrap_or(false),
        built: parse_built(fields, &package)?,
        built_as_of: fields.optional_time("built_as_of")?,
        built_revision: parse_revision(fields, "built_revision")?,
        is_locked: fields.optional_flag("locked")?.unwrap_or(false),
        is_direct: fields.optional_flag("direct")?.unwrap_or(path.is_empty()),
        path,
        scope: parse_scope(fields)?,
        evidence: parse_evidence(fields)?,
        lock: parse_lock(fields)?,
        package,
    })
}

fn parse_built(fields: Fields<'_>, package: &PackageId) -> Result<Built, Rejection> {
    let version = |key: &str| {
        let Some(text) = fields.optional_text(key, "a version")? else {
            return Ok(None);
        };
        Version::parse(package.format(), text)
            .map(|version| Some(version.as_str().to_owned()))
            .map_err(|error| refused(fields, key, text, &error))
    };
    match (version("built")?, version("assumed")?) {
        (Some(built), None) => Ok(Built::Proven(built)),
        (None, Some(assumed)) => Ok(Built::Assumed(assumed)),
        (None, None) => Ok(Built::Unknown),
        (Some(_), Some(assumed)) => {
            Err(fields.invalid("assumed", &assumed, "either `built` or `assumed`"))
        }
    }
}

fn parse_via(fields: Fields<'_>) -> Result<Vec<PackageId>, Rejection> {
    let texts = bounded(fields, "via", VIA_MAX)?;
    texts
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let field = format!("via[{index}]");
            let Json::Text(text) = item else {
                return Err(Rejection::WrongType {
                    field: fields.name(&field),
                    found: item.kind(),
                    expected: EXPECTED_PACKAGE,
                });
            };
            text.parse()
                .map_err(|error| refused(fields, &field, text, &error))
        })
        .collect()
}

fn parse_scope(fields: Fields<'_>) -> Result<Scope, Rejection> {
    let expected = "one of runtime, dev, test, build, optional, peer";
    let Some(text) = fields.optional_text("scope", expected)? else {
        return Ok(Scope::Runtime);
    };
    SCOPES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, scope)| *scope)
        .ok_or_else(|| fields.invalid("scope", text, expected))
}

fn parse_evidence(fields: Fields<'_>) -> Result<Evidence, Rejection> {
    let file = fields.text("file", EXPECTED_FILE)?;
    parse_place(fields, "file", file, "line")
}

fn parse_lock(fields: Fields<'_>) -> Result<Option<Evidence>, Rejection> {
    fields
        .optional_text("lock_file", EXPECTED_FILE)?
        .map(|file| parse_place(fields, "lock_file", file, "lock_line"))
        .transpose()
}

const EXPECTED_FILE: &str =
    "the path of a file, at most 1,024 characters, none of them a control character";

fn parse_place(
    fields: Fields<'_>,
    key: &str,
    file: &str,
    line_key: &str,
) -> Result<Evidence, Rejection> {
    if file.chars().count() > 1024 || file.chars().any(char::is_control) {
        return Err(fields.invalid(key, file, EXPECTED_FILE));
    }
    let line = fields
        .has(line_key)
        .then(|| parse_u32(fields, line_key))
        .transpose()?;
    Ok(Evidence {
        file: file.into(),
        line,
    })
}

fn parse_read(fields: Fields<'_>) -> Result<ReadRequest, Rejection> {
    Ok(ReadRequest {
        application: fields.identifier("application")?,
        execution: fields.identifier("execution")?,
    })
}

fn parse_built_report(fields: Fields<'_>) -> Result<BuiltReport, Rejection> {
    Ok(BuiltReport {
        application: fields.identifier("application")?,
        execution: fields.identifier("execution")?,
        packages: parse_items(fields, "packages", BUILT_MAX, |item| {
            let package_version = parse_package_version(item, &parse_package(item)?)?;
            Ok(BuiltPackage {
                package: package_version.package().clone(),
                version: package_version.version().to_owned(),
                revision: parse_revision(item, "revision")?,
            })
        })?,
    })
}

const EXPECTED_PACKAGE: &str = "a package URL such as `pkg:npm/%40acme/tokens`";

fn parse_package(fields: Fields<'_>) -> Result<PackageId, Rejection> {
    let text = fields.text("package", EXPECTED_PACKAGE)?;
    text.parse()
        .map_err(|error| refused(fields, "package", text, &error))
}

fn parse_package_version(
    fields: Fields<'_>,
    package: &PackageId,
) -> Result<PackageVersionId, Rejection> {
    let text = fields.text("version", "a version")?;
    PackageVersionId::new(package.clone(), text)
        .map_err(|error| refused(fields, "version", text, &error))
}

fn parse_repository(fields: Fields<'_>) -> Result<RepositoryId, Rejection> {
    let expected = "a repository, `<domain owner>/<domain>/<name>`";
    let text = fields.text("repository", expected)?;
    parse_repository_key(text).map_err(|_| fields.invalid("repository", text, expected))
}

fn parse_revision(fields: Fields<'_>, key: &str) -> Result<Option<String>, Rejection> {
    let Some(text) = fields.optional_text(key, REVISION)? else {
        return Ok(None);
    };
    let is_valid =
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_valid {
        return Err(fields.invalid(key, text, REVISION));
    }
    Ok(Some(text.to_owned()))
}

fn parse_u32(fields: Fields<'_>, key: &str) -> Result<u32, Rejection> {
    let count = fields.count(key)?;
    u32::try_from(count)
        .map_err(|_| fields.invalid(key, &count.to_string(), "a number below 4,294,967,296"))
}

fn parse_shaped(
    fields: Fields<'_>,
    key: &str,
    expected: &'static str,
    is_valid: impl Fn(&str) -> bool,
) -> Result<String, Rejection> {
    let text = fields.text(key, expected)?;
    if !is_valid(text) {
        return Err(fields.invalid(key, text, expected));
    }
    Ok(text.to_owned())
}

/// The objects of a list that must be there, each named by its index.
fn parse_items<T>(
    fields: Fields<'_>,
    key: &'static str,
    max: usize,
    parse: impl Fn(Fields<'_>) -> Result<T, Rejection>,
) -> Result<Vec<T>, Rejection> {
    if !fields.has(key) {
        return Err(fields.missing(key, "an array"));
    }
    bounded(fields, key, max)?
        .iter()
        .enumerate()
        .map(|(index, item)| parse(Fields::of_item(item, &format!("{key}[{index}]."))?))
        .collect()
}

fn bounded<'a>(fields: Fields<'a>, key: &str, max: usize) -> Result<&'a [Json], Rejection> {
    let list = fields.list(key)?;
    if list.len() > max {
        return Err(Rejection::TooMany {
            field: fields.name(key),
            found: list.len(),
            max,
        });
    }
    Ok(list)
}

/// The reason is the domain's own.
fn refused(fields: Fields<'_>, key: &str, text: &str, reason: &impl Display) -> Rejection {
    Rejection::Invalid {
        field: fields.name(key),
        text: Shown::new(text),
        expected: Cow::Owned(format!("what its format allows ({reason})")),
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
