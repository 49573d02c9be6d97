//! `Gemfile.lock` and `gems.locked`, by the rules of Bundler's `LockfileParser`: sections at the margin, what is in them by
//! how far it stands in.

use downriver_version::{Format, Version};

use crate::limits::{EDGES_MAX, NODES_MAX};
use crate::reading::Problem;

/// A lockfile as it is written.
#[derive(Debug, Default)]
pub(super) struct Lock<'a> {
    pub(super) specs: Vec<Spec<'a>>,
    /// What the Gemfile asks for.
    pub(super) dependencies: Vec<Asked<'a>>,
}

/// A gem that was chosen; one for each platform.
#[derive(Debug)]
pub(super) struct Spec<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) platform: Option<&'a str>,
    pub(super) origin: Origin,
    pub(super) line: u32,
    pub(super) dependencies: Vec<Asked<'a>>,
}

/// Somebody asks for a gem.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    /// As written: `>= 1.0, < 2`; `None` for any version.
    pub(super) requirement: Option<&'a str>,
    pub(super) line: u32,
}

/// Where the gems of a section come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Registry,
    Git,
    Path,
    /// A gem of the lockfile's own folder.
    Own,
    /// A source that a plugin of Bundler serves.
    Plugin,
}

#[derive(Clone, Copy)]
enum Section {
    Source(Origin),
    Dependencies,
    /// `PLATFORMS`, `CHECKSUMS`, `RUBY VERSION`, `BUNDLED WITH`, and what later versions of Bundler bring.
    Other,
}

const CONFLICT_MARKERS: [&str; 4] = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

pub(super) fn parse<'a>(path: &str, text: &'a str) -> Result<Lock<'a>, Problem> {
    let mut lock = Lock::default();
    let mut section = Section::Other;
    let mut has_sections = false;
    let mut edges = 0;
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let complain = |text: &str| Err(Problem::new(path, Some(number), text));
        if CONFLICT_MARKERS
            .iter()
            .any(|marker| line.starts_with(marker))
        {
            return complain(
                "has a merge conflict: resolve it in the Gemfile, then let `bundle lock` write this file again",
            );
        }
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let content = content.trim_end();
        if indent == 0 && !content.is_empty() {
            section = section_of(content);
            has_sections |= !matches!(section, Section::Other);
            continue;
        }
        match (section, indent) {
            (Section::Source(Origin::Path), 2) if content == "remote: ." => {
                section = Section::Source(Origin::Own);
            }
            (Section::Source(origin), 4) => {
                if lock.specs.len() >= NODES_MAX {
                    return complain(&format!("has more than {NODES_MAX} gems"));
                }
                lock.specs.extend(spec(content, origin, number));
            }
            (Section::Source(_), 6) => {
                edges += 1;
                if edges > EDGES_MAX {
                    return complain(&format!("has more than {EDGES_MAX} dependencies"));
                }
                if let Some(spec) = lock.specs.last_mut() {
                    spec.dependencies.extend(asked(content, number));
                }
            }
            (Section::Dependencies, 2) => lock.dependencies.extend(asked(content, number)),
            _ => {}
        }
    }
    if !has_sections {
        let text = "is no lockfile of Bundler: it has no section GEM, GIT, PATH or DEPENDENCIES";
        return Err(Problem::new(path, None, text));
    }
    Ok(lock)
}

fn section_of(heading: &str) -> Section {
    match heading {
        "GEM" => Section::Source(Origin::Registry),
        "GIT" => Section::Source(Origin::Git),
        "PATH" => Section::Source(Origin::Path),
        "PLUGIN SOURCE" => Section::Source(Origin::Plugin),
        "DEPENDENCIES" => Section::Dependencies,
        _ => Section::Other,
    }
}

/// `nokogiri (1.15.0-x86_64-linux)`: the version ends at the first hyphen.
fn spec(text: &str, origin: Origin, line: u32) -> Option<Spec<'_>> {
    let (name, inside) = split(text);
    let inside = inside?;
    let (version, platform) = match inside.split_once('-') {
        Some((version, platform)) => (version, Some(platform)),
        None => (inside, None),
    };
    Version::parse(Format::Ruby, version).ok()?;
    (!name.is_empty()).then_some(Spec {
        name,
        version,
        platform,
        origin,
        line,
        dependencies: Vec::new(),
    })
}

/// `rack (~> 2.0, >= 2.0.8)!`: the mark says that it comes from the source named for it.
fn asked(text: &str, line: u32) -> Option<Asked<'_>> {
    let (name, requirement) = split(text);
    (!name.is_empty()).then_some(Asked {
        name,
        requirement,
        line,
    })
}

/// The name, and what stands in parentheses behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    let Some((name, rest)) = text.split_once(" (") else {
        let name = text.strip_suffix('!').unwrap_or(text);
        return (name.split(' ').next().unwrap_or(name), None);
    };
    let inside = rest.split_once(')').map(|(inside, _)| inside);
    (name, inside)
}
