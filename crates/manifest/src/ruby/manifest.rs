//! `Gemfile`, `gems.rb` and gemspecs: only what is written out in them. They are programs; nothing of them is run.

use std::borrow::Cow;
use std::collections::BTreeSet;

use downriver_domain::Scope;

use super::lexer::{Kind, Token, tokenise};
use crate::reading::Source;

/// Blocks inside blocks.
const BLOCKS_MAX: usize = 128;

/// What a Gemfile or gemspec says.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(super) gems: Vec<Gem>,
    /// Folders whose gemspec the Gemfile takes in.
    pub(super) gemspecs: Vec<String>,
    /// Other Gemfiles that it takes in.
    pub(super) included: Vec<String>,
    /// Addresses of sources, with their lines.
    pub(crate) sources: Vec<(String, u32)>,
    /// Of a gemspec: `name` and `version`, with their lines.
    pub(super) name: Option<(String, u32)>,
    pub(super) version: Option<(String, u32)>,
}

/// A gem that is asked for.
#[derive(Debug)]
pub(super) struct Gem {
    pub(super) name: String,
    /// `None` where it is worked out by code.
    pub(super) requirement: Option<String>,
    pub(super) source: Source,
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) line: u32,
}

/// What holds inside a block.
#[derive(Debug, Clone, Default)]
struct Block {
    scopes: BTreeSet<Scope>,
    source: Option<Source>,
    is_braced: bool,
}

/// The arguments of a call, as far as they are written out.
#[derive(Debug, Default)]
struct Arguments<'a> {
    /// `None`: a value that is not known.
    values: Vec<Option<Cow<'a, str>>>,
    options: Vec<(&'a str, Vec<Cow<'a, str>>)>,
}

pub(crate) fn parse(text: &str) -> Manifest {
    let tokens = tokenise(text);
    let mut manifest = Manifest::default();
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let end = statement_end(&tokens, at);
        let statement = &tokens[at..end];
        let inside = blocks.last().cloned().unwrap_or_default();
        let opened = take_statement(statement, &inside, &mut manifest);
        follow_blocks(statement, &opened, &mut blocks);
        at = end.max(at + 1);
    }
    manifest
}

/// Up to the end of the line, unless something is still open; and up to a `do`, `;` or an opening brace of a block.
fn statement_end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match &token.kind {
            Kind::Sign('(' | '[') => depth += 1,
            Kind::Sign(')' | ']') => depth = depth.saturating_sub(1),
            // The rest of the line is unknown.
            Kind::Sign('"' | '\'') => depth = 0,
            Kind::Sign('{' | '}' | ';') | Kind::Name("do" | "then") => return index + 1,
            Kind::LineEnd if depth == 0 => {
                let is_continued = index > start
                    && matches!(tokens[index - 1].kind, Kind::Sign(',') | Kind::Label(_));
                if !is_continued {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Takes what the statement says, and returns what holds in the block that it opens, if it does.
fn take_statement(statement: &[Token<'_>], inside: &Block, manifest: &mut Manifest) -> Block {
    let mut opened = inside.clone();
    let Some(Token {
        kind: Kind::Name(word),
        line,
    }) = statement.first()
    else {
        return opened;
    };
    match (*word, statement.get(1).map(|token| &token.kind)) {
        (_, Some(Kind::Sign('.'))) => take_specification(statement, manifest),
        ("gem", _) => manifest
            .gems
            .extend(gem(&arguments(&statement[1..]), inside, *line)),
        ("gemspec", _) => {
            let arguments = arguments(&statement[1..]);
            let path = arguments.option("path").first();
            manifest
                .gemspecs
                .push(path.map_or("", |path| &**path).to_owned());
        }
        ("eval_gemfile", _) => {
            let path = arguments(&statement[1..])
                .values
                .into_iter()
                .next()
                .flatten();
            manifest.included.extend(path.map(Cow::into_owned));
        }
        ("source", _) => {
            let address = arguments(&statement[1..])
                .values
                .into_iter()
                .next()
                .flatten();
            manifest
                .sources
                .extend(address.map(|address| (address.into_owned(), *line)));
        }
        ("group", _) => {
            let arguments = arguments(&statement[1..]);
            let names = arguments.values.iter().flatten().map(|name| &**name);
            let is_optional = arguments
                .option("optional")
                .iter()
                .any(|value| value == "true");
            opened.scopes.extend(scopes(names, is_optional));
        }
        ("git" | "github" | "gist" | "bitbucket", _) => opened.source = Some(Source::Git),
        ("path", _) => opened.source = Some(Source::Path),
        _ => {}
    }
    opened
}

/// `spec.add_dependency "rack", "~> 3.0"` and `spec.name = "acme"`, whatever the variable is called.
fn take_specification(statement: &[Token<'_>], manifest: &mut Manifest) {
    let Some(Token {
        kind: Kind::Name(method),
        line,
    }) = statement.get(2)
    else {
        return;
    };
    let assigned = || match (
        statement.get(3).map(|token| &token.kind),
        statement.get(4..),
    ) {
        (
            Some(Kind::Sign('=')),
            Some(
                [
                    Token {
                        kind: Kind::Text(text),
                        ..
                    },
                    rest @ ..,
                ],
            ),
        ) if rest.iter().all(|token| token.kind == Kind::LineEnd) => {
            Some((text.clone().into_owned(), *line))
        }
        _ => None,
    };
    let scope = match *method {
        "name" => return manifest.name = manifest.name.take().or_else(assigned),
        "version" => return manifest.version = manifest.version.take().or_else(assigned),
        "add_dependency" | "add_runtime_dependency" => Scope::Runtime,
        "add_development_dependency" => Scope::Dev,
        _ => return,
    };
    let inside = Block {
        scopes: BTreeSet::from([scope]),
        ..Block::default()
    };
    manifest
        .gems
        .extend(gem(&arguments(&statement[3..]), &inside, *line));
}

fn gem(arguments: &Arguments<'_>, inside: &Block, line: u32) -> Option<Gem> {
    let (name, clauses) = arguments.values.split_first()?;
    let name = name.as_deref().filter(|name| !name.is_empty())?;
    let known: Option<Vec<&str>> = clauses.iter().map(Option::as_deref).collect();
    let requirement = known.map(|clauses| match clauses.as_slice() {
        [] => ">= 0".to_owned(),
        clauses => clauses.join(", "),
    });
    let is_set = |names: &[&str]| names.iter().any(|name| arguments.has(name));
    let source = if is_set(&["git", "github", "gist", "bitbucket"]) {
        Source::Git
    } else if is_set(&["path"]) {
        Source::Path
    } else {
        inside.source.unwrap_or(Source::Registry)
    };
    let groups = ["group", "groups"]
        .iter()
        .flat_map(|option| arguments.option(option))
        .map(|name| &**name);
    let mut scopes = scopes(groups, false);
    scopes.extend(&inside.scopes);
    if scopes.is_empty() {
        scopes.insert(Scope::Runtime);
    }
    Some(Gem {
        name: name.to_owned(),
        requirement,
        source,
        scopes,
        line,
    })
}

/// Groups have any name: those that everybody uses for it say that a gem is not for running. Bundler installs an optional
/// group only when asked.
fn scopes<'a>(groups: impl Iterator<Item = &'a str>, is_optional: bool) -> BTreeSet<Scope> {
    groups
        .map(|group| match group {
            "development" | "dev" => Scope::Dev,
            "test" | "tests" | "spec" => Scope::Test,
            _ if is_optional => Scope::Optional,
            _ => Scope::Runtime,
        })
        .collect()
}

/// Keeps the blocks that are open in step with the statement.
fn follow_blocks(statement: &[Token<'_>], opened: &Block, blocks: &mut Vec<Block>) {
    let loops = |token: &Token<'_>| matches!(token.kind, Kind::Name("while" | "until" | "for"));
    for (index, token) in statement.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &statement[before].kind);
        // A modifier (`gem "x" if …`) opens nothing; nor is `.class` or `end:` a keyword.
        let is_first = matches!(
            before,
            None | Some(Kind::Sign('=' | '(' | ',') | Kind::LineEnd)
        );
        match token.kind {
            Kind::Name(
                "if" | "unless" | "case" | "begin" | "while" | "until" | "for" | "def" | "class"
                | "module",
            ) if is_first => open(blocks, opened, false),
            Kind::Name("do") if !statement.iter().take(1).any(loops) => open(blocks, opened, false),
            Kind::Sign('{') => open(blocks, opened, true),
            Kind::Sign('}') if blocks.last().is_some_and(|block| block.is_braced) => {
                blocks.pop();
            }
            Kind::Name("end") if before != Some(&Kind::Sign('.')) => {
                while blocks.last().is_some_and(|block| block.is_braced) {
                    blocks.pop();
                }
                blocks.pop();
            }
            _ => {}
        }
    }
}

fn open(blocks: &mut Vec<Block>, opened: &Block, is_braced: bool) {
    if blocks.len() < BLOCKS_MAX {
        blocks.push(Block {
            is_braced,
            ..opened.clone()
        });
    }
}

impl<'a> Arguments<'a> {
    fn option(&self, name: &str) -> &[Cow<'a, str>] {
        let found = self.options.iter().find(|(known, _)| *known == name);
        found.map_or(&[], |(_, values)| values)
    }

    fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(known, _)| *known == name)
    }
}

/// Reads the arguments of a call up to a modifier (`if …`) or the end. Values after the first option belong to options.
fn arguments<'a>(tokens: &[Token<'a>]) -> Arguments<'a> {
    let mut arguments = Arguments::default();
    for (index, token) in tokens.iter().enumerate() {
        let mut add = |value: Option<Cow<'a, str>>| match arguments.options.last_mut() {
            Some((_, values)) => values.extend(value),
            None => arguments.values.push(value),
        };
        let is_key = matches!(
            tokens.get(index + 1..index + 3),
            Some([
                Token {
                    kind: Kind::Sign('='),
                    ..
                },
                Token {
                    kind: Kind::Sign('>'),
                    ..
                }
            ])
        );
        match &token.kind {
            Kind::Symbol(name) if is_key => arguments.options.push((name, Vec::new())),
            Kind::Text(Cow::Borrowed(name)) if is_key => arguments.options.push((name, Vec::new())),
            Kind::Label(name) => arguments.options.push((name, Vec::new())),
            Kind::Text(text) => add(Some(text.clone())),
            Kind::Symbol(name) | Kind::Name(name @ ("true" | "false")) => {
                add(Some(Cow::Borrowed(name)));
            }
            Kind::Words(words) => words.iter().for_each(|word| add(Some(Cow::Borrowed(word)))),
            Kind::Name("if" | "unless" | "do" | "and" | "or" | "end") => break,
            // What is frozen is the same text.
            Kind::Name("freeze") => {}
            // `cond ? "a" : "b"`, `"a" + b`, `**options` are not written out either.
            Kind::Unknown | Kind::Name(_) | Kind::Sign('?' | '+' | '*' | '&' | '|') => add(None),
            Kind::Sign(_) | Kind::LineEnd => {}
        }
    }
    arguments
}
