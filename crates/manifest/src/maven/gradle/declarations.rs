//! `dependencies { … }` and `plugins { … }` of a script: what is literal in them.

mod arguments;
mod library;
mod plugin;

use downriver_domain::{Evidence, Scope};

use super::configuration::scope_of;
use super::scan::Token;
use super::script::{Statement, path};
use super::values::Values;
use arguments::{arguments, is_assignment};

/// Whom a script speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Own,
    /// The project of the script and all below it.
    All,
    Below,
    /// By its path, `:app`.
    Project(String),
}

/// A library that a script names.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) target: Target,
    /// `group:artifact`
    pub(super) name: String,
    pub(super) version: Wanted,
    pub(super) scope: Scope,
    pub(super) kind: Kind,
    pub(super) evidence: Evidence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Version(String),
    /// Somebody else tells: a constraint, a platform, a plugin.
    Nothing,
    /// An expression, as it is written.
    Unread(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Library,
    /// Says which version, if somebody asks for the library.
    Constraint,
    Plugin,
}

/// Everything that one script tells.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub(super) found: Vec<Found>,
    /// Other projects of the build, by path; whether at run time.
    pub(super) projects: Vec<(Target, String, Scope)>,
    /// What could not be read: as it is written, and where.
    pub(super) unread: Vec<(String, u32)>,
}

/// Libraries and plugins of one script.
const FOUND_MAX: usize = 50_000;

/// Where in the script a statement stands.
#[derive(Clone)]
struct Place {
    target: Target,
    /// The suite or source set of tests that it is in: `commonTest`, `integrationTest`.
    set: Option<String>,
}

/// Who asks for what an argument names, and for what.
#[derive(Clone, Copy)]
struct Ask<'s> {
    statement: &'s Statement,
    target: &'s Target,
    scope: Scope,
    kind: Kind,
    /// Calls around the argument.
    depth: usize,
}

impl Place {
    fn ask<'s>(&'s self, statement: &'s Statement, configuration: &str, kind: Kind) -> Ask<'s> {
        let scope = if self.set.is_some() {
            Scope::Test
        } else {
            scope_of(configuration, false)
        };
        Ask {
            statement,
            target: &self.target,
            scope,
            kind,
            depth: 0,
        }
    }
}

pub(super) fn read(file: &str, statements: &[Statement], values: &Values<'_>) -> Declarations {
    let mut reader = Reader {
        file,
        values,
        declarations: Declarations::default(),
    };
    let place = Place {
        target: Target::Own,
        set: None,
    };
    reader.walk(statements, &place);
    reader.declarations
}

struct Reader<'r> {
    file: &'r str,
    values: &'r Values<'r>,
    declarations: Declarations,
}

/// What stands among dependencies and is none.
const OTHERS: [&str; 24] = [
    "apply",
    "artifactTypes",
    "assert",
    "attributesSchema",
    "components",
    "configurations",
    "const",
    "def",
    "ext",
    "extra",
    "fileTree",
    "files",
    "final",
    "import",
    "modules",
    "println",
    "project",
    "repositories",
    "return",
    "set",
    "String",
    "throw",
    "val",
    "var",
];

impl Reader<'_> {
    fn walk(&mut self, statements: &[Statement], place: &Place) {
        for statement in statements {
            let name = statement.name();
            let last = name.rsplit('.').next().unwrap_or_default();
            match last {
                "dependencies" if !statement.blocks.is_empty() => {
                    let set = name
                        .strip_suffix(".dependencies")
                        .filter(|set| is_test(set));
                    let set = set.map(str::to_owned);
                    let place = Place {
                        set: set.or_else(|| place.set.clone()),
                        ..place.clone()
                    };
                    statement
                        .blocks
                        .iter()
                        .for_each(|block| self.dependencies(block, &place, Kind::Library));
                }
                "dependencyManagement" => self.dependency_management(statement, place),
                "plugins" if name == "plugins" => statement
                    .inner()
                    .for_each(|inner| self.plugin(inner, place)),
                "repositories" | "publishing" | "publications" | "pom" => {}
                _ => {
                    let place = inner_place(statement, &name, place);
                    statement
                        .blocks
                        .iter()
                        .for_each(|block| self.walk(block, &place));
                }
            }
        }
    }

    fn dependencies(&mut self, statements: &[Statement], place: &Place, kind: Kind) {
        for statement in statements {
            let (name, count) = path(&statement.tokens);
            match (name.as_str(), statement.tokens.first()) {
                ("constraints", _) => {
                    statement
                        .blocks
                        .iter()
                        .for_each(|block| self.dependencies(block, place, Kind::Constraint));
                }
                ("if" | "else" | "for" | "while" | "try" | "catch", _) => {
                    statement
                        .blocks
                        .iter()
                        .for_each(|block| self.dependencies(block, place, kind));
                }
                ("add" | "addProvider", _) => {
                    let arguments = arguments(&statement.tokens[count..]);
                    if let Some(([Token::Text(configuration)], libraries)) =
                        arguments.split_first().map(|(first, rest)| (*first, rest))
                    {
                        self.libraries(libraries, place.ask(statement, configuration, kind));
                    }
                }
                ("", Some(Token::Text(configuration))) => {
                    self.libraries(
                        &arguments(&statement.tokens[1..]),
                        place.ask(statement, configuration, kind),
                    );
                }
                (configuration, Some(Token::Word(_)))
                    if !configuration.contains('.')
                        && !OTHERS.contains(&configuration)
                        && !is_assignment(&statement.tokens[count..]) =>
                {
                    self.libraries(
                        &arguments(&statement.tokens[count..]),
                        place.ask(statement, configuration, kind),
                    );
                }
                // `['a', 'b'].each { … }`: what is literal in there is meant, and what is not is told.
                (_, Some(Token::Sign('['))) => {
                    for block in &statement.blocks {
                        self.dependencies(block, place, kind);
                    }
                }
                _ => {}
            }
        }
    }

    /// More than any script has are left out: a catalog's bundles can multiply them.
    fn add(&mut self, found: Found) {
        if self.declarations.found.len() < FOUND_MAX {
            self.declarations.found.push(found);
        }
    }

    fn push(&mut self, name: &str, version: Wanted, ask: Ask<'_>, line: u32) {
        self.add(Found {
            target: ask.target.clone(),
            name: name.to_owned(),
            version,
            scope: ask.scope,
            kind: ask.kind,
            evidence: self.evidence(line),
        });
    }

    fn evidence(&self, line: u32) -> Evidence {
        Evidence {
            file: self.file.into(),
            line: Some(line),
        }
    }
}

fn inner_place(statement: &Statement, name: &str, place: &Place) -> Place {
    let target = match name {
        "allprojects" => Target::All,
        "subprojects" | "configure" => Target::Below,
        "project" => statement
            .first_text()
            .map_or(Target::Own, |path| Target::Project(path.to_owned())),
        _ => place.target.clone(),
    };
    // `commonTest { … }`, `val commonTest by getting { … }`, `named("integrationTest") { … }`
    let of_statement = match statement.tokens.as_slice() {
        [Token::Word(val), Token::Word(set), ..] if val == "val" => set.clone(),
        _ => statement
            .first_text()
            .filter(|_| name != "project")
            .unwrap_or(name)
            .to_owned(),
    };
    let is_test = is_test(&of_statement);
    Place {
        target,
        set: if is_test {
            Some(of_statement)
        } else {
            place.set.clone()
        },
    }
}

fn is_test(set: &str) -> bool {
    set.starts_with("test") || set.contains("Test")
}
