//! The texts in a catalog that name something: identifiers, repositories, targets, package patterns, tags.

use std::collections::BTreeSet;
use std::str::FromStr;

use downriver_domain::version::PackageId;
use downriver_domain::{AccountId, DomainName, PackagePattern, RepositoryId, Target};

use super::at::At;
use super::report::{Path, Report};

/// How repositories are written: by name in the default domain, else in full.
pub(super) struct RepositoryNames {
    pub(super) domain: Option<DomainName>,
    pub(super) domain_owner: Option<AccountId>,
    /// Both are given, be they valid or not.
    pub(super) is_domain_given: bool,
    /// As the catalog's own keys have them, for proposals.
    pub(super) written: Vec<String>,
}

impl RepositoryNames {
    /// Fails without a reason where the reason was reported with the defaults.
    pub(super) fn parse(&self, text: &str) -> Result<RepositoryId, Option<String>> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [name] => {
                let (Some(domain_owner), Some(domain)) = (&self.domain_owner, &self.domain) else {
                    return Err((!self.is_domain_given).then(|| {
                        format!(
                            "`{text}` names no domain: set domain and domain_owner in [defaults], \
                             or write `owner/domain/{text}`"
                        )
                    }));
                };
                Ok(RepositoryId {
                    domain_owner: domain_owner.clone(),
                    domain: domain.clone(),
                    name: parsed(name)?,
                })
            }
            [domain_owner, domain, name] => Ok(RepositoryId {
                domain_owner: parsed(domain_owner)?,
                domain: parsed(domain)?,
                name: parsed(name)?,
            }),
            _ => Err(Some(format!(
                "`{text}` is not a repository: expected `name` or `owner/domain/name`"
            ))),
        }
    }
}

/// Reads an identifier of any kind; reports a text that is none.
pub(super) fn parse_text<T: FromStr<Err: std::fmt::Display>>(
    report: &mut Report<'_>,
    path: &Path<'_>,
    text: &At<String>,
) -> Option<T> {
    match text.get().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            report.problem(text.span(), path, error);
            None
        }
    }
}

/// The same for a key that may be absent.
pub(super) fn parse_key<T: FromStr<Err: std::fmt::Display>>(
    report: &mut Report<'_>,
    path: &Path<'_>,
    name: &str,
    text: Option<&At<String>>,
) -> Option<T> {
    text.and_then(|text| parse_text(report, &path.key(name), text))
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

pub(super) fn parse_target(text: &str) -> Result<Target, String> {
    let Some((account, region)) = text.split_once('/') else {
        return Err(format!(
            "`{text}` is not a target: expected `account/region`"
        ));
    };
    Ok(Target {
        account: parsed(account)?,
        region: parsed(region)?,
    })
}

pub(super) fn parse_patterns(
    report: &mut Report<'_>,
    name: &str,
    written: &[At<String>],
) -> Vec<PackagePattern> {
    let root = Path::Root;
    let section = root.key(name);
    let mut patterns = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        match parse_pattern(text.get()) {
            Ok(pattern) => patterns.push(pattern),
            Err(message) => report.problem(text.span(), &section.index(index), message),
        }
    }
    patterns
}

const TAG_LENGTH_MAX: usize = 64;

pub(super) fn parse_tags(
    report: &mut Report<'_>,
    path: &Path<'_>,
    written: &[At<String>],
) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for (index, text) in written.iter().enumerate() {
        let path = path.index(index);
        let tag = text.get();
        if !is_tag(tag) {
            let message = format!(
                "`{tag}` is not a tag: expected 1 to {TAG_LENGTH_MAX} letters, digits, `-`, `_`, `.`, `:` or `/`"
            );
            report.problem(text.span(), &path, message);
        } else if !tags.insert(tag.clone()) {
            report.problem(text.span(), &path, format!("`{tag}` is named twice"));
        }
    }
    tags
}

fn is_tag(text: &str) -> bool {
    (1..=TAG_LENGTH_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte))
}

/// Reads a package URL with `*` in it. The stars give way to a word that stands nowhere in the text, so that the rest is
/// decoded and normalised exactly as it is for a package.
pub(super) fn parse_pattern(text: &str) -> Result<PackagePattern, String> {
    let mut word = "x0x".to_owned();
    while text.contains(&word) {
        word.push('x');
    }
    let package: PackageId = text
        .replace('*', &word)
        .parse()
        .map_err(|error| format!("{error}").replace(&word, "*"))?;
    Ok(PackagePattern {
        format: package.format(),
        namespace: package
            .namespace()
            .map(|namespace| namespace.replace(&word, "*")),
        name: package.name().replace(&word, "*"),
    })
}
