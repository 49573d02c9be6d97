//! npm-package-arg's kinds of specification, with those that pnpm and Yarn add.

use super::range::Range;
use crate::RequirementKind;

/// What stands after a package's name in a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Requirement {
    target: Target,
    /// The package that `npm:name@…` names.
    alias: Option<Box<str>>,
}

#[derive(Debug, Clone)]
enum Target {
    Range(Range),
    Tag(Box<str>),
    NotFromRegistry(Box<str>),
}

impl Requirement {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches(super::is_space);
        if let Some(aliased) = strip_protocol(text, "npm") {
            return parse_alias(aliased);
        }
        let target = match not_from_registry(text) {
            Some(source) => Target::NotFromRegistry(source.into()),
            None => parse_registry(text)?,
        };
        Ok(Self {
            target,
            alias: None,
        })
    }

    pub(super) fn kind(&self) -> RequirementKind {
        match &self.target {
            Target::Range(range) if range.is_exact() => RequirementKind::Exact,
            Target::Range(_) => RequirementKind::Range,
            Target::Tag(tag) => RequirementKind::Tag(tag.to_string()),
            Target::NotFromRegistry(source) => RequirementKind::NotFromRegistry(source.to_string()),
        }
    }

    pub(super) fn range(&self) -> Option<&Range> {
        match &self.target {
            Target::Range(range) => Some(range),
            Target::Tag(_) | Target::NotFromRegistry(_) => None,
        }
    }

    pub(super) fn alias(&self) -> Option<&str> {
        self.alias.as_deref()
    }
}

fn parse_alias(aliased: &str) -> Result<Requirement, String> {
    // Yarn writes `npm:` before plain ranges too.
    let is_plain_range = aliased.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*".contains(c));
    if is_plain_range && let Ok(target) = parse_registry(aliased) {
        return Ok(Requirement {
            target,
            alias: None,
        });
    }
    let scope_len = usize::from(aliased.starts_with('@'));
    let (name, range) = match aliased[scope_len..].find('@') {
        Some(at) => (&aliased[..scope_len + at], &aliased[scope_len + at + 1..]),
        None => (aliased, ""),
    };
    if name.len() == scope_len || (scope_len == 1 && !name.contains('/')) {
        return Err(
            "`npm:` has to be followed by the name of a package, as in `npm:@acme/tokens@^2`"
                .to_owned(),
        );
    }
    if strip_protocol(range, "npm").is_some() || not_from_registry(range).is_some() {
        return Err(
            "an alias has to name a version, a range or a tag of a package in a registry"
                .to_owned(),
        );
    }
    Ok(Requirement {
        target: parse_registry(range)?,
        alias: Some(name.into()),
    })
}

/// The text as a version, a range or a tag.
fn parse_registry(text: &str) -> Result<Target, String> {
    match Range::parse(text, false).or_else(|reason| Range::parse(text, true).map_err(|_| reason)) {
        Ok(range) => Ok(Target::Range(range)),
        Err(_) if is_tag(text) => Ok(Target::Tag(text.into())),
        Err(reason) => Err(reason),
    }
}

/// Whether a tag may be called so: what a URL takes without escaping.
fn is_tag(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}

/// Names the source of what does not come from a registry.
fn not_from_registry(text: &str) -> Option<&str> {
    let is_path = text.starts_with(['.', '/', '\\'])
        || text.starts_with("~/")
        || matches!(text.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    if is_path {
        return Some("file");
    }
    if let Some((scheme, _)) = text.split_once(':') {
        return match scheme {
            "http" | "https" if is_git_address(text) => Some("git"),
            "http" | "https" => Some("url"),
            "ssh" | "git" => Some("git"),
            _ if scheme.starts_with("git+") || scheme.contains('@') => Some("git"),
            _ if is_scheme(scheme) => Some(scheme),
            _ => None,
        };
    }
    if text
        .split_once('/')
        .is_some_and(|(owner, name)| is_github_shorthand(owner, name))
    {
        return Some("github");
    }
    let lower = text.to_ascii_lowercase();
    let is_archive = [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|ending| lower.ends_with(ending));
    (text.contains('/') || is_archive).then_some("file")
}

fn is_git_address(text: &str) -> bool {
    text.split(['#', '?'])
        .next()
        .is_some_and(|address| address.strip_suffix(".git").is_some())
}

fn is_github_shorthand(owner: &str, name: &str) -> bool {
    let name = name.split('#').next().unwrap_or_default();
    let is_word = |word: &str| !word.is_empty() && !word.contains(['/', '@', ' ', '\\']);
    is_word(owner) && is_word(name)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

fn strip_protocol<'a>(text: &'a str, protocol: &str) -> Option<&'a str> {
    let (scheme, rest) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case(protocol).then_some(rest)
}
