//! Plugins of Gradle, and what Spring's plugin manages.

use downriver_domain::{Evidence, Scope};

use super::arguments::{arguments, named_arguments};
use super::{Ask, Found, Kind, Place, Reader, Wanted};
use crate::maven::gradle::catalog::accessor;
use crate::maven::gradle::scan::Token;
use crate::maven::gradle::script::{Statement, path};
use crate::maven::gradle::values::shown;

impl Reader<'_> {
    /// Spring's plugin: `imports { mavenBom "…" }`, `dependencies { dependency "…" }`.
    pub(super) fn dependency_management(&mut self, statement: &Statement, place: &Place) {
        for inner in statement.inner() {
            for line in inner.inner() {
                let (name, count) = path(&line.tokens);
                let arguments = arguments(&line.tokens[count..]);
                let kind = match name.as_str() {
                    "mavenBom" => Kind::Library,
                    "dependency" => Kind::Constraint,
                    _ => continue,
                };
                let ask = Ask {
                    statement: line,
                    target: &place.target,
                    scope: Scope::Build,
                    kind,
                    depth: 0,
                };
                match arguments.first() {
                    Some(argument) if named_arguments(&arguments).is_none() => {
                        self.argument(argument, ask);
                    }
                    _ => {
                        let named = named_arguments(&arguments).unwrap_or_default();
                        self.named(&named, ask);
                    }
                }
            }
        }
    }

    /// `id("x") version "1"`, `alias(libs.plugins.x)`, `kotlin("jvm") version "1"`: Gradle looks for `x:x.gradle.plugin`.
    pub(super) fn plugin(&mut self, statement: &Statement, place: &Place) {
        let (name, count) = path(&statement.tokens);
        if name == "alias" {
            let inner = arguments(&statement.tokens[count..]);
            let alias = inner.first().map(|inner| path(inner).0).unwrap_or_default();
            let found = alias.split_once(".plugins.").and_then(|(catalog, alias)| {
                self.values
                    .catalogs
                    .get(catalog)?
                    .plugins
                    .get(&accessor(alias))
            });
            if let Some(entry) = found {
                let wanted = entry
                    .version
                    .clone()
                    .map_or(Wanted::Nothing, Wanted::Version);
                self.push_plugin(&entry.name.clone(), wanted, entry.evidence.clone(), place);
            } else {
                self.declarations
                    .unread
                    .push((shown(&statement.tokens), statement.line()));
            }
            return;
        }
        let Some(text) = statement.first_text() else {
            return;
        };
        let id = if name.starts_with("kotlin") {
            format!("org.jetbrains.kotlin.{text}")
        } else {
            text.to_owned()
        };
        let version = statement
            .tokens
            .iter()
            .position(|token| *token == Token::Word("version".to_owned()));
        let Some(version) = version.and_then(|at| statement.tokens.get(at + 1..)) else {
            return;
        };
        let end = version
            .iter()
            .position(|token| *token == Token::Word("apply".to_owned()))
            .unwrap_or(version.len());
        let version: Vec<Token> = version[..end]
            .iter()
            .filter(|token| !matches!(token, Token::Sign('(' | ')')))
            .cloned()
            .collect();
        let wanted = self
            .values
            .evaluate(&version)
            .map_or_else(Wanted::Unread, Wanted::Version);
        let evidence = self.evidence(statement.line());
        self.push_plugin(&id, wanted, evidence, place);
    }

    fn push_plugin(&mut self, id: &str, version: Wanted, evidence: Evidence, place: &Place) {
        self.add(Found {
            target: place.target.clone(),
            name: format!("{id}:{id}.gradle.plugin"),
            version,
            scope: Scope::Build,
            kind: Kind::Plugin,
            evidence,
        });
    }
}
