//! `settings.gradle`: which projects a build has, and where its version catalogs are.

use std::collections::BTreeMap;

use super::scan::{HOLE, Token};
use super::script::Statement;
use crate::files::join_path;

#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Folders by the projects' paths, `:app`; without the root.
    pub(super) projects: BTreeMap<String, String>,
    pub(super) root_name: Option<String>,
    /// Folders of builds that make this one's plugins.
    pub(super) logic: Vec<String>,
    /// Files by the names that scripts call the catalogs.
    pub(super) catalogs: BTreeMap<String, String>,
}

/// `folder` is that of the settings file.
pub(super) fn read(folder: &str, statements: &[Statement]) -> Settings {
    let mut settings = Settings::default();
    let mut moved = BTreeMap::new();
    walk(folder, statements, "", &mut settings, &mut moved);
    // Whoever moves a project moves those below it.
    for (path, to) in moved {
        let below = format!("{path}:");
        let old = settings.projects.get(&path).cloned().unwrap_or_default();
        for (other, place) in &mut settings.projects {
            if *other == path {
                place.clone_from(&to);
            } else if other.starts_with(&below)
                && let Some(rest) = place.strip_prefix(&old)
            {
                *place = format!("{to}{rest}");
            }
        }
    }
    settings
}

fn walk(
    folder: &str,
    statements: &[Statement],
    outer: &str,
    settings: &mut Settings,
    moved: &mut BTreeMap<String, String>,
) {
    for statement in statements {
        let name = statement.name();
        match name.as_str() {
            "include" | "includeFlat" => {
                for path in literals(&statement.tokens) {
                    let path = format!(":{}", path.trim_start_matches(':'));
                    let below = path.trim_start_matches(':').replace(':', "/");
                    let below = if name == "includeFlat" {
                        format!("../{below}")
                    } else {
                        below
                    };
                    if let Some(place) = join_path(folder, &below) {
                        settings.projects.insert(path, place);
                    }
                }
            }
            "rootProject.name" => {
                settings.root_name = literals(&statement.tokens).next().map(str::to_owned);
            }
            "project" => moved.extend(moved_project(folder, &statement.tokens)),
            // Elsewhere it stands in for a library, and which one only Gradle can tell.
            "includeBuild" if outer == "pluginManagement" => {
                let places = literals(&statement.tokens).filter_map(|path| join_path(folder, path));
                settings.logic.extend(places);
            }
            "from" if !outer.is_empty() => {
                let file = literals(&statement.tokens)
                    .next()
                    .and_then(|path| join_path(folder, path));
                settings
                    .catalogs
                    .extend(file.map(|file| (outer.to_owned(), file)));
            }
            _ => {}
        }
        let inner = match (name.as_str(), statement.first_text()) {
            ("create" | "register", Some(text)) => text,
            (_, _) => name.as_str(),
        };
        for block in &statement.blocks {
            walk(folder, block, inner, settings, moved);
        }
    }
}

/// `project(':x').projectDir = file('somewhere')`
fn moved_project(folder: &str, tokens: &[Token]) -> Option<(String, String)> {
    let [
        _,
        Token::Sign('('),
        Token::Text(path),
        Token::Sign(')'),
        Token::Sign('.'),
        Token::Word(what),
        Token::Sign('='),
        rest @ ..,
    ] = tokens
    else {
        return None;
    };
    let place = literals(rest).last().filter(|_| what == "projectDir")?;
    Some((path.clone(), join_path(folder, place)?))
}

fn literals(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| match token {
        Token::Text(text) if !text.contains(HOLE) => Some(text.as_str()),
        _ => None,
    })
}
