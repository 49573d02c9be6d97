//! The libraries that one statement asks for, however it names them.

use downriver_domain::Scope;

use super::arguments::{block_version, line_of, named_arguments, split};
use super::{Ask, FOUND_MAX, Found, Reader, Wanted};
use crate::maven::gradle::catalog::{accessor, without_strictness};
use crate::maven::gradle::scan::{HOLE, Token};
use crate::maven::gradle::script::{closing, path};
use crate::maven::gradle::values::shown;

/// Calls whose argument is what counts.
const WRAPPERS: [&str; 6] = [
    "platform",
    "enforcedPlatform",
    "testFixtures",
    "variantOf",
    "create",
    "dependencies",
];

/// Such calls inside each other: `platform(dependencies.create(libs.bom))`.
const WRAPPERS_MAX: usize = 4;

impl Reader<'_> {
    pub(super) fn libraries(&mut self, arguments: &[&[Token]], ask: Ask<'_>) {
        if let Some(named) = named_arguments(arguments) {
            self.named(&named, ask);
            return;
        }
        for argument in arguments {
            match argument {
                // `[group: 'a', name: 'b'], [group: …]`
                [Token::Sign('['), inner @ .., Token::Sign(']')] => {
                    if let Some(named) = named_arguments(&split(inner)) {
                        self.named(&named, ask);
                    }
                }
                argument => self.argument(argument, ask),
            }
        }
    }

    pub(super) fn argument(&mut self, argument: &[Token], ask: Ask<'_>) {
        if self.declarations.found.len() >= FOUND_MAX {
            return;
        }
        let line = line_of(ask.statement, argument);
        let (name, count) = path(argument);
        let Some(first) = argument.first() else {
            return;
        };
        if let (Token::Text(_), _) | (_, Some(Token::Sign('+'))) = (first, argument.get(count)) {
            self.coordinates(argument, ask, line);
            return;
        }
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_call = argument.get(count) == Some(&Token::Sign('('));
        if is_call && WRAPPERS.contains(&last) && ask.depth < WRAPPERS_MAX {
            let end = closing(argument, count).min(argument.len());
            let mut ask = ask;
            ask.depth += 1;
            if last.ends_with("latform") && ask.scope == Scope::Runtime {
                ask.scope = Scope::Build;
            }
            let inner = split(argument.get(count + 1..end).unwrap_or_default());
            match named_arguments(&inner) {
                Some(named) if last != "dependencies" => {
                    self.named(&named, ask);
                }
                _ => inner
                    .first()
                    .into_iter()
                    .for_each(|inner| self.argument(inner, ask)),
            }
        } else if is_call && name == "project" {
            let path = argument.iter().find_map(|token| match token {
                Token::Text(text) if text.starts_with(':') => Some(text.clone()),
                _ => None,
            });
            self.declarations
                .projects
                .extend(path.map(|path| (ask.target.clone(), path, ask.scope)));
        } else if is_call && name == "kotlin" {
            self.kotlin(argument, ask, line);
        } else if !is_call || last == "get" || last == "asProvider" {
            self.accessor(argument, &name, ask, line);
        }
    }

    /// `libs.foo.bar`, `libs.bundles.x`; accessors of projects, and what a plugin provides, are no libraries.
    fn accessor(&mut self, argument: &[Token], name: &str, ask: Ask<'_>, line: u32) {
        let name = name.strip_prefix("rootProject.").unwrap_or(name);
        let name = name.strip_suffix(".get").unwrap_or(name);
        let name = name.strip_suffix(".asProvider").unwrap_or(name);
        let Some((catalog, alias)) = name.split_once('.') else {
            // A variable that one literal was assigned to.
            if let Ok(text) = self.values.evaluate(argument) {
                self.coordinate_text(&text, None, ask, line);
            } else if matches!(argument, [Token::Word(_)]) {
                self.declarations.unread.push((shown(argument), line));
            }
            return;
        };
        if catalog == "projects" {
            let path = alias
                .split('.')
                .fold(String::new(), |path, part| path + ":" + &kebab(part));
            self.declarations
                .projects
                .push((ask.target.clone(), path, ask.scope));
            return;
        }
        let known = self.values.catalogs.get(catalog);
        let bundle = known.zip(alias.strip_prefix("bundles."));
        let aliases = match bundle.and_then(|(known, bundle)| known.bundles.get(bundle)) {
            Some(members) => members.clone(),
            None => vec![alias.to_owned()],
        };
        for alias in aliases {
            let Some(entry) = known.and_then(|known| known.libraries.get(&accessor(&alias))) else {
                self.declarations.unread.push((shown(argument), line));
                continue;
            };
            self.add(Found {
                target: ask.target.clone(),
                name: entry.name.clone(),
                version: entry
                    .version
                    .clone()
                    .map_or(Wanted::Nothing, Wanted::Version),
                scope: ask.scope,
                kind: ask.kind,
                evidence: entry.evidence.clone(),
            });
        }
    }

    fn coordinates(&mut self, argument: &[Token], ask: Ask<'_>, line: u32) {
        let version = block_version(ask.statement);
        match (self.values.evaluate(argument), argument) {
            (Ok(text), _) => self.coordinate_text(&text, version, ask, line),
            // The name may be literal where the version is not.
            (Err(shown), [Token::Text(text), ..]) => {
                let literal = text.split(HOLE).next().unwrap_or_default();
                let parts: Vec<&str> = literal.split(':').collect();
                if let [group, artifact, _, ..] = parts.as_slice() {
                    let wanted = version.map_or(Wanted::Unread(shown), Wanted::Version);
                    self.push(&format!("{group}:{artifact}"), wanted, ask, line);
                } else {
                    self.declarations.unread.push((shown, line));
                }
            }
            (Err(shown), _) => self.declarations.unread.push((shown, line)),
        }
    }

    /// `group:artifact[:version[:classifier]][@type]`
    fn coordinate_text(&mut self, text: &str, version: Option<String>, ask: Ask<'_>, line: u32) {
        let text = text.split_once('@').map_or(text, |(text, _)| text);
        let parts: Vec<&str> = text.split(':').collect();
        let ([group, artifact] | [group, artifact, _] | [group, artifact, _, _]) = parts.as_slice()
        else {
            return;
        };
        if group.is_empty() || artifact.is_empty() {
            return;
        }
        let own = parts.get(2).filter(|version| !version.is_empty());
        let own = own.map(|version| without_strictness(version).to_owned());
        let wanted = version.or(own).map_or(Wanted::Nothing, Wanted::Version);
        self.push(&format!("{group}:{artifact}"), wanted, ask, line);
    }

    pub(super) fn named(&mut self, named: &[(&str, &[Token])], ask: Ask<'_>) {
        let get = |key: &str| {
            named
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| *value)
        };
        let line = ask.statement.line();
        if let Some(project) = get("path") {
            let path = self.values.evaluate(project).ok();
            self.declarations
                .projects
                .extend(path.map(|path| (ask.target.clone(), path, ask.scope)));
            return;
        }
        let (Some(group), Some(artifact)) = (get("group"), get("name")) else {
            return;
        };
        let (Ok(group), Ok(artifact)) =
            (self.values.evaluate(group), self.values.evaluate(artifact))
        else {
            self.declarations
                .unread
                .push((shown(&ask.statement.tokens), line));
            return;
        };
        let wanted = match (block_version(ask.statement), get("version")) {
            (Some(version), _) => Wanted::Version(version),
            (None, None) => Wanted::Nothing,
            (None, Some(version)) => match self.values.evaluate(version) {
                Ok(version) => Wanted::Version(without_strictness(&version).to_owned()),
                Err(shown) => Wanted::Unread(shown),
            },
        };
        self.push(&format!("{group}:{artifact}"), wanted, ask, line);
    }

    /// `kotlin("stdlib", "1.9")`; without a version it is the plugin's.
    fn kotlin(&mut self, argument: &[Token], ask: Ask<'_>, line: u32) {
        let texts: Vec<&String> = argument
            .iter()
            .filter_map(|token| match token {
                Token::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        let Some(module) = texts.first() else { return };
        let version = texts.get(1).map(|version| (*version).clone());
        let name = format!("org.jetbrains.kotlin:kotlin-{module}");
        self.push(
            &name,
            version.map_or(Wanted::Nothing, Wanted::Version),
            ask,
            line,
        );
    }
}

/// `projects.moneyCore` stands for `:money-core`.
fn kebab(name: &str) -> String {
    let mut whole = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() {
            whole.push('-');
        }
        whole.extend(sign.to_lowercase());
    }
    whole
}
