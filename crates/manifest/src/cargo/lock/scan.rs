//! The regular shape in which Cargo writes a lock, line by line. Whatever else it meets, it gives up: then the file is read
//! as any TOML.

use std::borrow::Cow;

use super::{Lock, LockPackage, References};

/// The lines of a text, each without its end.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Of the line given last, from 1.
    pub(super) line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Top,
    Package,
    /// Checksums, in version 1.
    Metadata,
    /// `[[patch.unused]]`: what no package of the graph uses.
    Unused,
}

struct Scanner<'a> {
    cursor: Cursor<'a>,
    section: Section,
    version: Option<u32>,
    packages: Vec<LockPackage<'a>>,
    references: usize,
    has_metadata: bool,
    has_root: bool,
    /// Keys that the package has had: none may come twice.
    keys: u8,
}

/// The lock, if every line has the shape that Cargo gives it.
pub(super) fn scan(text: &str) -> Option<Lock<'_>> {
    let mut scanner = Scanner {
        cursor: Cursor::new(text, 0),
        section: Section::Top,
        version: None,
        packages: Vec::new(),
        references: 0,
        has_metadata: false,
        has_root: false,
        keys: 0,
    };
    while let Some(line) = scanner.cursor.next_line() {
        match line.as_bytes().first() {
            None => {}
            Some(b'#') if is_plain_comment(line) => {}
            Some(b'[') => scanner.header(line)?,
            Some(b'"') if scanner.section == Section::Metadata => checksum(line)?,
            Some(_) => scanner.entry(line)?,
        }
    }
    scanner.end_package()?;
    let version = scanner
        .version
        .unwrap_or(if scanner.has_metadata { 1 } else { 2 });
    Some(Lock {
        version,
        packages: scanner.packages,
        references: scanner.references,
    })
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, lines_before: u32) -> Self {
        Self {
            text,
            at: 0,
            line: lines_before,
        }
    }

    pub(super) fn next_line(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = (self.at + end + 1).min(self.text.len());
        self.line = self.line.saturating_add(1);
        let line = &rest[..end];
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

impl<'a> Scanner<'a> {
    fn header(&mut self, line: &str) -> Option<()> {
        self.end_package()?;
        self.section = match line {
            "[[package]]" => Section::Package,
            "[root]" if !self.has_root => {
                self.has_root = true;
                Section::Package
            }
            "[metadata]" if !self.has_metadata => {
                self.has_metadata = true;
                Section::Metadata
            }
            "[[patch.unused]]" => Section::Unused,
            _ => return None,
        };
        self.keys = 0;
        if self.section == Section::Package {
            self.packages.push(LockPackage::default());
        }
        Some(())
    }

    /// Without a name or a version it is no package.
    fn end_package(&self) -> Option<()> {
        let Some(package) = self.packages.last() else {
            return Some(());
        };
        (!package.name.is_empty() && !package.version.is_empty()).then_some(())
    }

    fn entry(&mut self, line: &'a str) -> Option<()> {
        let (key, value) = super::split_at_space(line);
        let value = value?.strip_prefix("= ")?;
        match self.section {
            Section::Top if key == "version" && self.version.is_none() => {
                self.version = Some(number(value)?);
            }
            Section::Package | Section::Unused => self.package_entry(key, value)?,
            Section::Top | Section::Metadata => return None,
        }
        Some(())
    }

    fn package_entry(&mut self, key: &str, value: &'a str) -> Option<()> {
        let known = [
            "name",
            "version",
            "source",
            "checksum",
            "dependencies",
            "replace",
        ];
        let bit = 1 << known.iter().position(|other| *other == key)?;
        if self.keys & bit != 0 {
            return None;
        }
        self.keys |= bit;
        if key == "dependencies" {
            return self.dependencies(value);
        }
        let value = Cow::Borrowed(literal(value)?);
        let package = self
            .packages
            .last_mut()
            .filter(|_| self.section == Section::Package);
        let Some(package) = package else {
            return Some(());
        };
        match key {
            "name" => {
                package.name = value;
                package.line = self.cursor.line;
            }
            "version" => package.version = value,
            "source" => package.source = Some(value),
            "replace" => package.replace = Some(value),
            _ => {}
        }
        Some(())
    }

    fn dependencies(&mut self, value: &str) -> Option<()> {
        match value {
            "[]" => return Some(()),
            "[" => {}
            _ => return None,
        }
        let start = self.cursor.at;
        let first_line = self.cursor.line + 1;
        loop {
            let end = self.cursor.at;
            let line = self.cursor.next_line()?;
            if line == "]" {
                let text = &self.cursor.text[start..end];
                let package = self
                    .packages
                    .last_mut()
                    .filter(|_| self.section == Section::Package);
                if let Some(package) = package {
                    package.references = References::Block { text, first_line };
                }
                return Some(());
            }
            reference(line)?;
            self.references += 1;
        }
    }
}

/// ` "name version (source)",`
pub(super) fn reference(line: &str) -> Option<&str> {
    let text = line.strip_prefix(" \"")?.strip_suffix("\",")?;
    is_plain(text).then_some(text)
}

fn literal(value: &str) -> Option<&str> {
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    is_plain(text).then_some(text)
}

/// `"checksum name version (source)" = "…"`
fn checksum(line: &str) -> Option<()> {
    let (key, value) = line.split_once("\" = \"")?;
    (is_plain(key.strip_prefix('"')?) && is_plain(value.strip_suffix('"')?)).then_some(())
}

fn number(value: &str) -> Option<u32> {
    let is_number = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_number)
}

/// No escape, no quote, no control character: it stands for itself.
fn is_plain(text: &str) -> bool {
    let is_special = |byte| matches!(byte, 0..0x20 | b'"' | b'\\' | 0x7F);
    // Counted rather than stopped at the first, so that it compiles to vector instructions.
    text.bytes()
        .map(|byte| u32::from(is_special(byte)))
        .sum::<u32>()
        == 0
}

fn is_plain_comment(line: &str) -> bool {
    line.bytes()
        .all(|byte| (byte >= 0x20 && byte != 0x7F) || byte == b'\t')
}
