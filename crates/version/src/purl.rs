//! Package URLs by the specification (ECMA-427, package-url/purl-spec), and how ours name CodeArtifact's packages.
//!
//! [`Purl`] is the URL alone, with the rules of the types that CodeArtifact has a format for; other types are read by
//! the general rules. [`crate::PackageId`] is what a URL of those types means here. Written out rather than taken from
//! a crate, because the one that passes the specification's tests folds npm names to lower case, and CodeArtifact and
//! the npm registry tell `JSONStream` from `jsonstream`.
//!
//! Where the specification's tests contradict each other: for `?Platform=java` of a gem, parsing has to fail
//! ("required") and the round trip has to give lower case ("recommended"); the required one counts.

use std::collections::BTreeMap;
use std::fmt;

mod codec;
mod package;

#[cfg(test)]
mod tests;

pub(crate) use package::{
    format_package, format_package_version, parse_package, parse_package_version,
};

/// A package URL in its normal form. Displays canonically: the same package gives the same text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    package_type: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// A text that is no package URL, or one whose type does not allow its parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a package URL: {reason}")]
pub struct InvalidPurl {
    pub text: String,
    pub reason: String,
}

/// Reads a package URL; components come back decoded, and normalised where their type has a rule.
pub fn parse_purl(text: &str) -> Result<Purl, InvalidPurl> {
    parse(text).map_err(|reason| InvalidPurl {
        text: crate::package::shown(text),
        reason,
    })
}

impl Purl {
    /// Builds a package URL of decoded components. `namespace` may have several segments, separated by `/`.
    pub fn new(
        package_type: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Self, InvalidPurl> {
        build(package_type, namespace, name.to_owned()).map_err(|reason| InvalidPurl {
            text: crate::package::shown(&format!("{package_type}/{name}")),
            reason,
        })
    }

    /// With a version; an empty one is none.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        self.version = (!version.is_empty()).then(|| version.to_owned());
        self
    }

    /// With one more qualifier. The key is folded to lower case; an empty value takes the qualifier away.
    pub fn with_qualifier(mut self, key: &str, value: &str) -> Result<Self, InvalidPurl> {
        let key = qualifier_key(key).map_err(|reason| InvalidPurl {
            text: crate::package::shown(key),
            reason,
        })?;
        if value.is_empty() {
            self.qualifiers.remove(&key);
        } else {
            self.qualifiers.insert(key, value.to_owned());
        }
        Ok(self)
    }

    /// With a path inside the package; empty segments, `.` and `..` fall out.
    #[must_use]
    pub fn with_subpath(mut self, subpath: &str) -> Self {
        let segments: Vec<&str> = subpath
            .split('/')
            .filter(|segment| is_path_segment(segment))
            .collect();
        self.subpath = (!segments.is_empty()).then(|| segments.join("/"));
        self
    }

    /// The type in lower case, such as `npm` or `gem`.
    pub fn package_type(&self) -> &str {
        &self.package_type
    }

    /// The decoded segments, separated by `/`; npm scopes with their `@`.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// By key in lower case; values are decoded and not empty.
    pub const fn qualifiers(&self) -> &BTreeMap<String, String> {
        &self.qualifiers
    }

    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pkg:{}/", self.package_type)?;
        for segment in self
            .namespace
            .iter()
            .flat_map(|namespace| namespace.split('/'))
        {
            write!(out, "{}/", codec::encode(segment))?;
        }
        out.write_str(&codec::encode(&self.name))?;
        if let Some(version) = &self.version {
            write!(out, "@{}", codec::encode(version))?;
        }
        for (position, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(
                out,
                "{}{key}={}",
                if position == 0 { '?' } else { '&' },
                codec::encode(value)
            )?;
        }
        for (position, segment) in self
            .subpath
            .iter()
            .flat_map(|subpath| subpath.split('/'))
            .enumerate()
        {
            write!(
                out,
                "{}{}",
                if position == 0 { '#' } else { '/' },
                codec::encode(segment)
            )?;
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Purl, String> {
    let (rest, subpath) = split_last(text, '#');
    let (rest, qualifiers) = split_last(rest, '?');
    let (scheme, rest) = rest
        .split_once(':')
        .ok_or("it does not start with `pkg:`")?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err(format!(
            "it starts with `{}:`, not with `pkg:`",
            crate::package::shown(scheme)
        ));
    }
    let rest = rest.trim_matches('/');
    let (package_type, rest) = rest
        .split_once('/')
        .ok_or("a type and a name are needed, as in `pkg:npm/lodash`")?;
    // The `@` of an unencoded npm scope has a `/` after it.
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) if !version.contains('/') => (path, version),
        _ => (rest, ""),
    };
    let (namespace, name) = match path.rsplit_once('/') {
        Some((namespace, name)) => (namespace, name),
        None => ("", path),
    };
    let namespace = decode_segments(namespace, |segment| !segment.is_empty())?;
    let mut purl = build(package_type, namespace.as_deref(), codec::decode(name)?)?;
    let version = codec::decode(version)?;
    purl.version = (!version.is_empty()).then_some(version);
    purl.qualifiers = parse_qualifiers(&purl.package_type, qualifiers)?;
    purl.subpath = decode_segments(subpath, is_path_segment)?;
    Ok(purl)
}

fn build(package_type: &str, namespace: Option<&str>, name: String) -> Result<Purl, String> {
    let package_type = package_type.to_ascii_lowercase();
    let is_type = package_type.starts_with(|c: char| c.is_ascii_lowercase())
        && package_type
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if !is_type {
        return Err(
            "its type has to start with a letter, then letters, digits, `.` and `-`".to_owned(),
        );
    }
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    let segments: Vec<&str> = namespace
        .unwrap_or_default()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    match package_type.as_str() {
        "cargo" | "gem" | "nuget" | "pypi" if !segments.is_empty() => {
            return Err(format!(
                "packages of the type `{package_type}` have no namespace"
            ));
        }
        "maven" | "swift" if segments.is_empty() => {
            return Err(format!(
                "packages of the type `{package_type}` need a namespace before the name"
            ));
        }
        _ => {}
    }
    Ok(Purl {
        name: if package_type == "pypi" {
            name.to_lowercase().replace('_', "-")
        } else {
            name
        },
        package_type,
        namespace: (!segments.is_empty()).then(|| segments.join("/")),
        version: None,
        qualifiers: BTreeMap::new(),
        subpath: None,
    })
}

fn parse_qualifiers(package_type: &str, text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut qualifiers = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (written, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = qualifier_key(written)?;
        if package_type == "gem" && key != written {
            return Err(format!("the qualifier `{written}` has to be in lower case"));
        }
        if value.is_empty() {
            continue;
        }
        if qualifiers.insert(key, codec::decode(value)?).is_some() {
            return Err(format!("the qualifier `{written}` is there twice"));
        }
    }
    Ok(qualifiers)
}

fn qualifier_key(key: &str) -> Result<String, String> {
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if is_key {
        Ok(key.to_ascii_lowercase())
    } else {
        Err(format!(
            "the qualifier key `{}` is not a letter, then letters, digits, `.`, `-` and `_`",
            crate::package::shown(key)
        ))
    }
}

fn decode_segments(text: &str, is_kept: impl Fn(&str) -> bool) -> Result<Option<String>, String> {
    let mut segments = Vec::new();
    for written in text.split('/') {
        let segment = codec::decode(written)?;
        if segment.contains('/') {
            return Err(format!(
                "the segment `{}` contains an encoded `/`",
                crate::package::shown(written)
            ));
        }
        if is_kept(&segment) {
            segments.push(segment);
        }
    }
    Ok((!segments.is_empty()).then(|| segments.join("/")))
}

fn is_path_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..")
}

fn split_last(text: &str, separator: char) -> (&str, &str) {
    text.rsplit_once(separator).unwrap_or((text, ""))
}
