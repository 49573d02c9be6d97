//! What compiled files say in comments of why a requirement is there.

use crate::pypi::name::normalise;

/// Who needs a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Via {
    /// Another package of the same file; normalised.
    Package(String),
    /// A file that asks for it, as it is written: `requirements.in`, `pyproject.toml`.
    File(String),
}

/// Reads `-r requirements.in (line 3), flask, acme (pyproject.toml)`. Constraints (`-c`) ask for nothing.
pub(super) fn parse_via(text: &str) -> impl Iterator<Item = Via> + '_ {
    text.split(',').filter_map(|part| {
        let part = part.trim();
        if part.is_empty() || part.starts_with("-c ") || part.starts_with("--constraint") {
            return None;
        }
        let file = ["-r ", "--requirement ", "--override "]
            .iter()
            .find_map(|option| part.strip_prefix(option));
        if let Some(file) = file {
            let file = file.split(" (").next().unwrap_or(file);
            return Some(Via::File(file.trim().to_owned()));
        }
        if let Some((_, file)) = part.split_once(" (") {
            // With the extra or group: `acme (pyproject.toml:dev)`.
            let file = file.trim_end_matches(')').split(':').next().unwrap_or(file);
            return Some(Via::File(file.to_owned()));
        }
        let name = part.split('[').next().unwrap_or(part);
        let is_name = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        is_name.then(|| Via::Package(normalise(name).into_owned()))
    })
}

/// The files that a command line of pip-compile or uv names, but for the one it writes.
pub(super) fn sources_of_command(command: &str) -> Vec<String> {
    const WRITTEN: [&str; 3] = ["-o", "--output-file", "--output"];
    const ENDINGS: [&str; 5] = [".in", ".txt", "pyproject.toml", "setup.py", "setup.cfg"];
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut sources = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let is_other =
            WRITTEN.contains(&before) || matches!(before, "-c" | "--constraint" | "--constraints");
        let is_file = ENDINGS.iter().any(|ending| word.ends_with(ending));
        if is_file && !is_other && !word.starts_with('-') {
            sources.push((*word).to_owned());
        }
    }
    sources
}
