//! Policy documents of IAM (IAM user guide: Grammar of the IAM JSON policy language), with each statement's place.

mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub(super) use parse::{Wrong, template, texts};

use super::condition::Clause;
use super::json::Json;
use super::pattern::Template;
use super::principal::PrincipalPattern;

/// Which policy a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// The permissions policy of a CodeArtifact domain.
    Domain,
    /// That of a repository.
    Repository,
    /// One of the policies of a principal in its own account, its groups' included.
    Identity,
}

impl PolicyKind {
    /// The longest document, in characters. For a domain's and a repository's it is CodeArtifact's own limit (service
    /// model: `PolicyDocument`); identity policies are shorter than this in IAM (quotas: 10,240 without white space).
    pub const fn characters_max(self) -> usize {
        match self {
            Self::Domain | Self::Repository => 7_168,
            Self::Identity => 65_536,
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Domain => "domain policy",
            Self::Repository => "repository policy",
            Self::Identity => "identity policy",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Allow,
    Deny,
}

/// A policy document that was read whole.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    kind: PolicyKind,
    source: Json,
    statements: Vec<Statement>,
}

/// One statement. What it matches stays inside this module's relatives: the decision is what counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Counted from 0.
    pub index: usize,
    /// The line of the document on which it begins, counted from 1.
    pub line: usize,
    pub sid: Option<String>,
    pub effect: Effect,
    pub(super) principals: Principals,
    pub(super) actions: Selection<String>,
    pub(super) resources: Selection<Template>,
    pub(super) conditions: Vec<Clause>,
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Principals {
    /// Whoever has the policy: identity policies name nobody.
    Holder,
    Only(Vec<PrincipalPattern>),
    AllBut(Vec<PrincipalPattern>),
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Selection<T> {
    Only(Vec<T>),
    AllBut(Vec<T>),
}

/// A document that IAM would not take, or that says something unknown here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}, {place}: {problem}")]
pub struct PolicyError {
    pub kind: PolicyKind,
    pub place: PolicyPlace,
    pub problem: PolicyProblem,
}

/// Where in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyPlace {
    /// Counted from 0.
    pub statement: Option<usize>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// For example `Condition.StringEquals.aws:PrincipalOrgID`.
    pub element: String,
}

impl fmt::Display for PolicyPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "line {line}")?;
        } else {
            out.write_str("the document")?;
        }
        if let Some(index) = self.statement {
            write!(out, ", statement {}", index + 1)?;
        }
        if !self.element.is_empty() {
            write!(out, ", `{}`", self.element)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    #[error("{characters} characters, at most {characters_max} are allowed")]
    TooLong {
        characters: usize,
        characters_max: usize,
    },
    #[error("no JSON: {0}")]
    NoJson(String),
    #[error("expected {0}")]
    Expected(&'static str),
    #[error("this element is missing")]
    Missing,
    #[error("an element that policies do not have")]
    UnknownElement,
    #[error("an element that this kind of policy does not have")]
    NotInThisKind,
    #[error("it may not stand beside `{0}`")]
    Besides(&'static str),
    #[error("`NotPrincipal` goes with `Deny` only")]
    NotPrincipalAllowed,
    #[error("unknown version: expected 2012-10-17 or 2008-10-17")]
    UnknownVersion,
    #[error("unknown condition operator")]
    UnknownOperator,
    #[error("{0}")]
    InvalidValue(String),
}

impl PolicyDocument {
    /// Of a text that is longer than [`PolicyKind::characters_max`] nothing is read.
    pub fn parse(kind: PolicyKind, text: &str) -> Result<Self, PolicyError> {
        let characters = text.chars().count();
        let characters_max = kind.characters_max();
        if characters > characters_max {
            return Err(PolicyError {
                kind,
                place: PolicyPlace::default(),
                problem: PolicyProblem::TooLong {
                    characters,
                    characters_max,
                },
            });
        }
        parse::document(kind, text)
    }

    /// The document that the tree says; lines are those of its canonical form. Its
    /// length is not checked: it may fit without white space.
    pub(super) fn of_source(kind: PolicyKind, source: &Json) -> Result<Self, PolicyError> {
        parse::document(kind, &source.pretty())
    }

    /// The same with the lines of its canonical form; as it is where that form is longer than documents may be.
    #[must_use]
    pub fn on_canonical_lines(self) -> Self {
        Self::parse(self.kind, &self.pretty()).unwrap_or(self)
    }

    pub const fn kind(&self) -> PolicyKind {
        self.kind
    }

    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Everyone whom its statements name, allowed or denied, each once: those of whom it is worth asking what they may do.
    pub fn named_principals(&self) -> Vec<PrincipalPattern> {
        let mut named: Vec<PrincipalPattern> = Vec::new();
        for statement in &self.statements {
            let (Principals::Only(patterns) | Principals::AllBut(patterns)) = &statement.principals
            else {
                continue;
            };
            for pattern in patterns {
                if !named.contains(pattern) {
                    named.push(pattern.clone());
                }
            }
        }
        named
    }

    /// The organizations that its statements let in by `StringEquals` on `aws:PrincipalOrgID`, each once.
    pub fn named_organizations(&self) -> Vec<String> {
        let clauses = self.statements.iter().flat_map(|own| &own.conditions);
        let mut named: Vec<String> = clauses
            .filter_map(Clause::organizations)
            .flatten()
            .collect();
        named.sort();
        named.dedup();
        named
    }

    /// What a statement is about, as it is written; of `NotResource`, each with `all but ` before it. `*` where it is
    /// implied.
    pub(super) fn resources_written(&self, index: usize) -> Vec<String> {
        let statement = match self.source.get("Statement") {
            Some(Json::List(items)) => items.get(index),
            one => one.filter(|_| index == 0),
        };
        let member = |name: &str| statement.and_then(|own| own.get(name));
        let (value, before) = match member("Resource") {
            Some(value) => (Some(value), ""),
            None => (member("NotResource"), "all but "),
        };
        let shown = |value: &Json| match value {
            Json::Text(text) => Some(format!("{before}{text}")),
            _ => None,
        };
        match value {
            Some(Json::List(items)) => items.iter().filter_map(shown).collect(),
            Some(value) => shown(value).into_iter().collect(),
            None => vec!["*".to_owned()],
        }
    }

    pub(super) const fn source(&self) -> &Json {
        &self.source
    }

    /// The canonical form: indented by two spaces, members and statements in the order of the original. Two documents
    /// that say the same in the same order have the same form.
    pub fn pretty(&self) -> String {
        let mut text = self.source.pretty();
        text.push('\n');
        text
    }

    /// What to put: the canonical form, or without white space where only that fits.
    pub fn stored_text(&self) -> String {
        let pretty = self.source.pretty();
        if pretty.chars().count() <= self.kind.characters_max() {
            return pretty;
        }
        self.source.compact()
    }
}
