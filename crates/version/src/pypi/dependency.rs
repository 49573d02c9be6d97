//! PEP 508 dependency specifiers: a name, its extras, what versions or which URL, and under which marker. Follows the
//! grammar of `packaging.requirements.Requirement` (pypa/packaging 26.3).

use std::collections::BTreeSet;
use std::fmt;

use super::marker::Marker;
use super::specifier::SpecifierSet;
use super::version::is_python_space;

/// Longest dependency specifier that is looked at, in bytes.
const LEN_MAX: usize = 64 * 1024;

/// A dependency as Python metadata, `requirements.txt` and lock files write it:
/// `name[extra] >=1,<2; python_version < "3.12"`.
#[derive(Debug, Clone)]
pub struct DependencySpecifier {
    name: Box<str>,
    extras: BTreeSet<Box<str>>,
    specifiers: SpecifierSet,
    url: Option<Box<str>>,
    marker: Option<Marker>,
}

/// A text that is no PEP 508 dependency specifier, or is longer than 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a Python dependency specifier: {reason}")]
pub struct InvalidDependencySpecifier {
    /// What is wrong, as a fragment.
    pub reason: String,
}

impl DependencySpecifier {
    /// Reads one dependency specifier, which must fill the text.
    pub fn parse(text: &str) -> Result<Self, InvalidDependencySpecifier> {
        if text.len() > LEN_MAX {
            let reason = format!(
                "it has {} bytes, more than the {LEN_MAX} that are read",
                text.len()
            );
            return Err(InvalidDependencySpecifier { reason });
        }
        parse(&mut Cursor::new(text)).map_err(|reason| InvalidDependencySpecifier { reason })
    }

    /// The project's name as written; a package name normalises it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extras asked for, as written, sorted.
    pub fn extras(&self) -> impl Iterator<Item = &str> {
        self.extras.iter().map(|extra| &**extra)
    }

    /// The version specifiers, sorted and joined by commas; empty if there are none.
    pub fn specifiers(&self) -> String {
        self.specifiers.to_string()
    }

    /// Where the package comes from in place of the registry: what stands after `@`.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The condition under which the dependency counts.
    pub const fn marker(&self) -> Option<&Marker> {
        self.marker.as_ref()
    }

    /// The text to parse as a requirement: the specifiers, or the URL.
    pub fn requirement_text(&self) -> String {
        self.url().map_or_else(|| self.specifiers(), str::to_owned)
    }
}

impl fmt::Display for DependencySpecifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras().collect();
            write!(out, "[{}]", extras.join(","))?;
        }
        write!(out, "{}", self.specifiers)?;
        if let Some(url) = &self.url {
            write!(out, " @ {url}")?;
        }
        match &self.marker {
            Some(marker) if self.url.is_some() => write!(out, " ; {marker}"),
            Some(marker) => write!(out, "; {marker}"),
            None => Ok(()),
        }
    }
}

fn parse(cursor: &mut Cursor<'_>) -> Result<DependencySpecifier, String> {
    cursor.skip_blanks();
    let name = cursor
        .identifier()
        .ok_or("it does not begin with a package name")?
        .into();
    cursor.skip_blanks();
    let extras = parse_extras(cursor)?;
    cursor.skip_blanks();
    let mut url = None;
    let mut specifiers = SpecifierSet::default();
    if cursor.eat("@") {
        cursor.skip_blanks();
        let address = cursor.take_while(|letter| !is_blank(letter));
        if address.is_empty() {
            return Err("no URL stands after `@`".to_owned());
        }
        url = Some(address.into());
    } else {
        specifiers = parse_specifiers(cursor)?;
    }
    cursor.skip_blanks();
    let mut marker = None;
    if !cursor.rest.is_empty() {
        if !cursor.eat(";") {
            return Err(format!(
                "`{}` stands where a `;` or the end was expected",
                cursor.excerpt()
            ));
        }
        marker = Some(Marker::parse_from(cursor)?);
    }
    if !cursor.rest.is_empty() {
        return Err(format!("`{}` stands after the marker", cursor.excerpt()));
    }
    Ok(DependencySpecifier {
        name,
        extras,
        specifiers,
        url,
        marker,
    })
}

fn parse_extras(cursor: &mut Cursor<'_>) -> Result<BTreeSet<Box<str>>, String> {
    let mut extras = BTreeSet::new();
    if !cursor.eat("[") {
        return Ok(extras);
    }
    cursor.skip_blanks();
    let mut next = cursor.identifier();
    while let Some(extra) = next {
        extras.insert(extra.into());
        cursor.skip_blanks();
        if !cursor.eat(",") {
            break;
        }
        cursor.skip_blanks();
        next = Some(
            cursor
                .identifier()
                .ok_or("an extra's name is missing after a comma")?,
        );
    }
    cursor.skip_blanks();
    if cursor.eat("]") {
        Ok(extras)
    } else {
        Err("the extras are not closed by `]`".to_owned())
    }
}

/// Specifiers separated by commas, in parentheses or not.
fn parse_specifiers(cursor: &mut Cursor<'_>) -> Result<SpecifierSet, String> {
    let is_enclosed = cursor.eat("(");
    cursor.skip_blanks();
    let start = cursor.rest;
    while cursor.eat_specifier() {
        cursor.skip_blanks();
        if !cursor.eat(",") {
            break;
        }
        cursor.skip_blanks();
    }
    let specifiers = SpecifierSet::parse(&start[..start.len() - cursor.rest.len()])?;
    if is_enclosed && !cursor.eat(")") {
        return Err(format!(
            "`{}` stands where a `)` was expected",
            cursor.excerpt()
        ));
    }
    Ok(specifiers)
}

/// What the grammar calls white space.
const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

/// What is left of the text.
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Whether there was anything to skip.
    pub(super) fn skip_blanks(&mut self) -> bool {
        !self.take_while(is_blank).is_empty()
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self
            .rest
            .find(|letter| !is_wanted(letter))
            .unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at(end);
        self.rest = rest;
        head
    }

    /// The start of what is left, for a message.
    pub(super) fn excerpt(&self) -> String {
        self.rest.chars().take(32).collect()
    }

    /// Letters, digits, `.`, `_` and `-`; begins with a letter or digit, does not end with `.` or `-`.
    fn identifier(&mut self) -> Option<&'a str> {
        if !self
            .rest
            .starts_with(|letter: char| letter.is_ascii_alphanumeric())
        {
            return None;
        }
        let end = self
            .rest
            .find(|letter: char| {
                !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '_' | '-')
            })
            .unwrap_or(self.rest.len());
        let identifier = self.rest[..end].trim_end_matches(['.', '-']);
        self.rest = &self.rest[identifier.len()..];
        Some(identifier)
    }

    /// Passes over one operator and the text that it compares with. Whether that is a version is for others to say.
    fn eat_specifier(&mut self) -> bool {
        if self.eat("===") {
            self.take_while(is_python_space);
            self.take_while(|letter| !is_python_space(letter) && !matches!(letter, ';' | ')'));
            return true;
        }
        if !["~=", "==", "!=", "<=", ">=", "<", ">"]
            .iter()
            .any(|operator| self.eat(operator))
        {
            return false;
        }
        self.take_while(is_python_space);
        self.take_while(|letter| !is_python_space(letter) && !matches!(letter, ';' | ')' | ','));
        true
    }
}
