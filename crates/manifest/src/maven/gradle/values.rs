//! What a script's strings come to: literals, and variables that one literal was assigned to.

use std::collections::BTreeMap;

use super::catalog::{Catalog, accessor};
use super::scan::{HOLE, Token};
use super::script::{Statement, path};

/// Variables of one script; what several assignments or anything but a literal set has no value.
pub(super) type Variables = BTreeMap<String, Option<String>>;

/// Bytes of a string with holes in it.
const TEMPLATE_BYTES_MAX: usize = 4_096;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) struct Values<'v> {
    /// The script's own, then those of the root's script, then `gradle.properties`.
    pub(super) variables: &'v [&'v Variables],
    /// By the name that scripts call them: `libs`.
    pub(super) catalogs: &'v BTreeMap<String, Catalog>,
    pub(super) is_kotlin: bool,
}

/// `def a = '1'`, `val a = "1"`, `ext.a = '1'`, `ext { a = '1'; set('b', '1') }`, `val a by extra("1")`, `extra["a"] = "1"`.
pub(super) fn variables(statements: &[Statement]) -> Variables {
    let mut variables = Variables::new();
    collect(statements, &mut variables);
    variables
}

fn collect(statements: &[Statement], variables: &mut Variables) {
    for statement in statements {
        if let Some((name, value)) = assignment(&statement.tokens) {
            let known = variables.contains_key(&name);
            let value = value.filter(|_| !known && statement.blocks.is_empty());
            variables.insert(name, value);
        }
        for block in &statement.blocks {
            collect(block, variables);
        }
    }
}

fn assignment(tokens: &[Token]) -> Option<(String, Option<String>)> {
    let (name, rest) = match tokens {
        [
            Token::Word(set),
            Token::Sign('('),
            Token::Text(name),
            Token::Sign(','),
            rest @ ..,
            Token::Sign(')'),
        ] if set == "set" => (name.clone(), rest),
        [
            Token::Word(holder),
            Token::Sign('['),
            Token::Text(name),
            Token::Sign(']'),
            Token::Sign('='),
            rest @ ..,
        ] if holder == "ext" || holder == "extra" => (name.clone(), rest),
        _ => {
            let at = tokens.iter().position(|token| match token {
                Token::Sign('=') => true,
                Token::Word(word) => word == "by",
                _ => false,
            })?;
            let name = tokens[..at]
                .iter()
                .rev()
                .take_while(|token| **token != Token::Sign(':'))
                .count();
            // `val a: String = "1"` has a type between.
            let before = if name < at {
                &tokens[..at - name - 1]
            } else {
                &tokens[..at]
            };
            let Some(Token::Word(name)) = before.last() else {
                return None;
            };
            (name.clone(), &tokens[at + 1..])
        }
    };
    let value = match rest {
        [Token::Text(text)] => Some(text),
        [
            Token::Word(extra),
            Token::Sign('('),
            Token::Text(text),
            Token::Sign(')'),
        ] if extra == "extra" => Some(text),
        _ => None,
    };
    Some((name, value.filter(|text| !text.contains(HOLE)).cloned()))
}

impl Values<'_> {
    /// The value of an expression of strings, names and `+`; the expression as it was written where it has none.
    pub(super) fn evaluate(&self, tokens: &[Token]) -> Result<String, String> {
        let unknown = || shown(tokens);
        let mut value = String::new();
        let mut rest = tokens;
        loop {
            let (part, count) = match rest.first() {
                Some(Token::Text(text)) => (self.fill(text).map_err(|_| unknown())?, 1),
                Some(Token::Word(_)) => {
                    let (name, count) = path(rest);
                    let is_call = matches!(
                        rest.get(count..count + 2),
                        Some([Token::Sign('('), Token::Sign(')')])
                    );
                    let count = if is_call { count + 2 } else { count };
                    (self.look_up(&name).ok_or_else(unknown)?, count)
                }
                _ => return Err(unknown()),
            };
            value.push_str(&part);
            match rest.get(count) {
                None => return Ok(value),
                Some(Token::Sign('+')) => rest = &rest[count + 1..],
                Some(_) => return Err(unknown()),
            }
        }
    }

    /// Fills the holes of a string; as much as comes before the first that cannot be filled, otherwise.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut whole = String::new();
        let mut rest = text;
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(whole);
        }
        while let Some((before, after)) = rest.split_once(HOLE) {
            whole.push_str(before);
            let after = &after[1..];
            let (name, after) = match after.strip_prefix('{') {
                Some(inner) => inner
                    .rsplit_once('}')
                    .filter(|_| inner.matches('}').count() == 1)
                    .or_else(|| inner.split_once('}')),
                None => Some(after.split_at(self.simple_end(after))),
            }
            .ok_or_else(|| whole.clone())?;
            whole.push_str(&self.look_up(name.trim()).ok_or_else(|| whole.clone())?);
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }

    /// Where the name after a bare `$` ends; Groovy takes the dots with it, Kotlin does not.
    fn simple_end(&self, text: &str) -> usize {
        let mut end = 0;
        for (at, sign) in text.char_indices() {
            let next = text[at + sign.len_utf8()..].chars().next();
            let is_dot = sign == '.' && !self.is_kotlin && next.is_some_and(char::is_alphabetic);
            if !(sign.is_alphanumeric() || sign == '_' || is_dot) {
                break;
            }
            end = at + sign.len_utf8();
        }
        end
    }

    fn look_up(&self, name: &str) -> Option<String> {
        let name = name
            .strip_suffix(".get()")
            .or_else(|| name.strip_suffix(".get"))
            .unwrap_or(name);
        if let Some((catalog, rest)) = name.split_once('.')
            && let Some(alias) = rest.strip_prefix("versions.")
            && let Some(catalog) = self.catalogs.get(catalog)
        {
            return catalog.versions.get(&accessor(alias)).cloned();
        }
        let mut name = name;
        for prefix in ["rootProject.", "project.", "ext.", "extra."] {
            name = name.strip_prefix(prefix).unwrap_or(name);
        }
        for call in ["property", "findProperty", "ext", "extra"] {
            let inner = name
                .strip_prefix(call)
                .and_then(|rest| rest.strip_prefix(['(', '[']));
            let inner = inner.and_then(|inner| inner.strip_suffix([')', ']']));
            name = inner.map_or(name, |inner| inner.trim_matches(['"', '\'']));
        }
        self.variables
            .iter()
            .find_map(|variables| variables.get(name))
            .cloned()
            .flatten()
    }
}

/// Tokens as a reader of the script knows them.
pub(super) fn shown(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens.iter().take(24) {
        match token {
            Token::Word(word) => text.push_str(word),
            Token::Text(string) => {
                text.push('"');
                text.push_str(&string.replace(HOLE, ""));
                text.push('"');
            }
            Token::Sign(sign) => text.push(*sign),
            Token::LineEnd => {}
        }
    }
    text
}
