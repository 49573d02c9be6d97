//! `$(Property)`, and the two property functions by which files find others above them.

use std::collections::BTreeMap;

use crate::files::{folder_of, join_path};

/// Stands for the root of the source in a path, where MSBuild has an absolute path. No XML can hold this character.
pub(super) const SOURCE_ROOT: char = '\u{1}';

/// Bytes of a property: one that names itself twice, over and over, doubles each time.
const VALUE_BYTES_MAX: usize = 4 * 1024;
/// Functions within each other.
const FUNCTIONS_MAX: usize = 8;

/// Properties by name in lower case, with their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Properties(BTreeMap<String, String>);

/// Where an expression stands, and what can be found from there.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) file: &'p str,
    pub(super) project: &'p str,
    pub(super) sources: &'p super::Sources<'p>,
}

impl Properties {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_ascii_lowercase(), value);
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    pub(super) fn is_false(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"))
    }

    /// The text with every property that is known in its place; what is not known stays as it is written.
    pub(super) fn expand(&self, text: &str, place: Place<'_>) -> String {
        self.expand_within(text, place, 0)
    }

    fn expand_within(&self, text: &str, place: Place<'_>, depth: usize) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("$(") {
            expanded.push_str(&rest[..start]);
            let inside = &rest[start + 2..];
            let Some(end) = closing(inside) else {
                rest = &rest[start..];
                break;
            };
            let name = &inside[..end];
            match self.value_of(name.trim(), place, depth) {
                Some(value) if expanded.len() + value.len() <= VALUE_BYTES_MAX => {
                    expanded.push_str(&value);
                }
                _ => expanded.push_str(&rest[start..start + end + 3]),
            }
            rest = &inside[end + 1..];
            if expanded.len() > VALUE_BYTES_MAX {
                break;
            }
        }
        expanded.push_str(rest);
        expanded
    }

    fn value_of(&self, name: &str, place: Place<'_>, depth: usize) -> Option<String> {
        if let Some(call) = name.strip_prefix("[MSBuild]::") {
            return self.call(call, place, depth + 1);
        }
        let folder = |path: &str| format!("{SOURCE_ROOT}/{}", folder_of(path));
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let stem = |path: &str| {
            let name = file_name(path);
            name.rsplit_once('.')
                .map_or(name.clone(), |(stem, _)| stem.to_owned())
        };
        Some(match name.to_ascii_lowercase().as_str() {
            "msbuildthisfiledirectory" => format!("{}/", folder(place.file)),
            "msbuildthisfile" => file_name(place.file),
            "msbuildthisfilename" => stem(place.file),
            "msbuildprojectdirectory" => folder(place.project),
            "msbuildprojectname" => stem(place.project),
            "msbuildprojectfile" => file_name(place.project),
            name => return self.0.get(name).cloned(),
        })
    }

    /// `GetPathOfFileAbove(name[, folder])`, `GetDirectoryNameOfFileAbove(folder, name)`.
    fn call(&self, call: &str, place: Place<'_>, depth: usize) -> Option<String> {
        if depth > FUNCTIONS_MAX {
            return None;
        }
        let (function, arguments) = call.trim().strip_suffix(')')?.split_once('(')?;
        let arguments: Vec<String> = arguments
            .split(',')
            .map(|argument| argument.trim().trim_matches(['\'', '"', '`']))
            .map(|argument| self.expand_within(argument, place, depth))
            .collect();
        let own = format!("{SOURCE_ROOT}/{}", folder_of(place.file));
        let (name, folder, is_file) = match (
            function.trim().to_ascii_lowercase().as_str(),
            &arguments[..],
        ) {
            ("getpathoffileabove", [name]) => (name, &own, true),
            ("getpathoffileabove", [name, folder]) => (name, folder, true),
            ("getdirectorynameoffileabove", [folder, name]) => (name, folder, false),
            _ => return None,
        };
        let folder = resolve(place.file, folder)?;
        // Nothing found: an empty text, as MSBuild has it.
        let Some(path) = place.sources.above(&folder, name) else {
            return Some(String::new());
        };
        let path = if is_file { path } else { folder_of(path) };
        Some(format!("{SOURCE_ROOT}/{path}"))
    }
}

/// The path, from the root of the source, of what a file names; None if it leaves the source.
pub(super) fn resolve(file: &str, path: &str) -> Option<String> {
    match path.trim().split_once(SOURCE_ROOT) {
        Some(("", inside)) => join_path("", inside.trim_start_matches(['/', '\\'])),
        Some(_) => None,
        None => join_path(folder_of(file), path.trim()),
    }
}

/// Where the bracket that is open at the beginning closes.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}
