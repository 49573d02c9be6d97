//! The arguments of a call, in Groovy's and Kotlin's ways to write them.

use crate::maven::gradle::scan::{HOLE, Token};
use crate::maven::gradle::script::{Statement, closing};

pub(super) fn is_assignment(rest: &[Token]) -> bool {
    matches!(rest.first(), Some(Token::Sign('=')))
}

/// Those of a call, with or without brackets around them.
pub(super) fn arguments(tokens: &[Token]) -> Vec<&[Token]> {
    let inner = match tokens.first() {
        Some(Token::Sign('(')) => {
            let end = closing(tokens, 0).min(tokens.len());
            tokens.get(1..end).unwrap_or_default()
        }
        _ => tokens,
    };
    split(inner)
}

/// At the commas that no bracket holds.
pub(super) fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(' | '[') => depth += 1,
            Token::Sign(')' | ']') => depth = depth.saturating_sub(1),
            Token::Sign(',') if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// `group: 'a', name: 'b'` of Groovy, `group = "a", name = "b"` of Kotlin; none if one of them has no name.
pub(super) fn named_arguments<'t>(
    arguments: &[&'t [Token]],
) -> Option<Vec<(&'t str, &'t [Token])>> {
    let named = arguments.iter().map(|argument| match argument {
        [Token::Word(name), Token::Sign(':' | '='), value @ ..] => Some((name.as_str(), value)),
        _ => None,
    });
    named
        .collect::<Option<Vec<_>>>()
        .filter(|named| !named.is_empty())
}

/// `{ version { strictly '1' } }`: what excludes most.
pub(super) fn block_version(statement: &Statement) -> Option<String> {
    let version = statement.inner().find(|inner| inner.name() == "version")?;
    ["strictly", "require", "prefer"].iter().find_map(|word| {
        let rule = version.inner().find(|rule| rule.name() == *word)?;
        rule.first_text()
            .filter(|text| !text.contains(HOLE))
            .map(str::to_owned)
    })
}

/// Of the statement's own token where it is one: each line of a long list is somebody's.
pub(super) fn line_of(statement: &Statement, argument: &[Token]) -> u32 {
    let start = statement.tokens.as_ptr_range().start.addr();
    let at = argument
        .as_ptr()
        .addr()
        .checked_sub(start)
        .map(|bytes| bytes / size_of::<Token>());
    at.and_then(|at| statement.lines.get(at))
        .copied()
        .unwrap_or_else(|| statement.line())
}
