//! `.mvn`, beside the topmost project: arguments that every run of Maven gets, and extensions of Maven itself.

use std::collections::BTreeMap;

use downriver_domain::{Evidence, Scope};

use crate::files::Files;
use crate::maven::declared::Declared;
use crate::maven::pom;
use crate::reading::{FileSummary, Problem, Reading, Source};
use crate::text::decode;
use crate::texts::Texts;

#[derive(Debug, Default)]
pub(super) struct Config {
    /// Those of `-D`, which come before all that POMs say.
    pub(super) properties: BTreeMap<String, String>,
    pub(super) extensions: Vec<Declared>,
}

/// From the folder itself, else from the nearest above it, as Maven looks.
pub(super) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) -> Config {
    let mut config = Config::default();
    if let Some((path, bytes)) = files.nearest(folder, &[".mvn/maven.config"]) {
        match decode(path, bytes) {
            Ok(text) => {
                config.properties = properties(&text);
                reading.files.push(summary(path, 0));
            }
            Err(problem) => reading.problem(problem),
        }
    }
    if let Some((path, bytes)) = files.nearest(folder, &[".mvn/extensions.xml"]) {
        match extensions(path, bytes) {
            Ok(extensions) => {
                reading.files.push(summary(path, extensions.len()));
                config.extensions = extensions;
            }
            Err(problem) => reading.problem(problem),
        }
    }
    config
}

/// `-Drevision=1.2`, one on each line or with blanks between; without a value it is `true`.
fn properties(text: &str) -> BTreeMap<String, String> {
    text.split_whitespace()
        .filter_map(|argument| argument.strip_prefix("-D"))
        .map(|property| property.split_once('=').unwrap_or((property, "true")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn extensions(path: &str, bytes: &[u8]) -> Result<Vec<Declared>, Problem> {
    let declared = pom::parse_extensions(path, bytes)?
        .into_iter()
        .map(|entry| {
            let declared = Declared {
                name: format!("{}:{}", entry.group, entry.artifact),
                requirement: None,
                scope: Scope::Build,
                source: Source::Registry,
                evidence: Evidence {
                    file: path.into(),
                    line: Some(entry.line),
                },
                trouble: None,
            };
            match &entry.version {
                Some(version) => declared.require(version),
                None => declared,
            }
        });
    Ok(declared.collect())
}

fn summary(path: &str, declared: usize) -> FileSummary {
    FileSummary {
        path: path.to_owned(),
        format: path.rsplit('/').next().unwrap_or(path).to_owned(),
        locked: Texts::default(),
        declared,
    }
}
