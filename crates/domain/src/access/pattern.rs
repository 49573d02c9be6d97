//! Patterns with `*` and `?`, and templates: patterns with policy variables (IAM user guide: Variables and tags).

#[cfg(test)]
mod tests;

use std::fmt;

use super::context::{Facts, Told};

/// One character of a pattern, or what stands for some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`: exactly one character.
    One,
    /// `*`: any number of characters.
    Many,
}

/// A text with `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

impl Pattern {
    /// Every text is a pattern.
    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().map(wildcard).collect())
    }

    /// The text as it stands: `*` and `?` are characters like others.
    fn literal(text: &str) -> Self {
        Self(text.chars().map(Token::Literal).collect())
    }

    /// Whether the whole text matches, case-sensitively.
    pub(super) fn matches(&self, text: &str) -> bool {
        let tokens: Vec<Token> = text.chars().map(Token::Literal).collect();
        matches_tokens(&self.0, &tokens)
    }

    /// Whether everything that `other` matches is matched by this one, too. `false` may also mean that this cannot
    /// be told without trying texts.
    pub(super) fn covers(&self, other: &Self) -> bool {
        matches_tokens(&self.0, &other.0)
    }

    /// The pattern with its letters in lower case.
    fn lowered(self) -> Self {
        let lower = |token| match token {
            Token::Literal(c) => Token::Literal(c.to_ascii_lowercase()),
            other => other,
        };
        Self(self.0.into_iter().map(lower).collect())
    }

    /// The parts between the first `fields_max - 1` colons.
    fn fields(&self, fields_max: usize) -> Vec<Self> {
        let is_colon = |token: &Token| *token == Token::Literal(':');
        self.0
            .splitn(fields_max, is_colon)
            .map(|field| Self(field.to_vec()))
            .collect()
    }
}

fn wildcard(c: char) -> Token {
    match c {
        '*' => Token::Many,
        '?' => Token::One,
        other => Token::Literal(other),
    }
}

/// Glob matching that goes back to the last `*` only: quadratic at worst. A `*` on the other side is absorbed by `*`.
fn matches_tokens(pattern: &[Token], text: &[Token]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(at) {
            Some(Token::Many) => {
                last_many = Some((at, in_text));
                at += 1;
                continue;
            }
            Some(Token::One) if text[in_text] != Token::Many => {
                at += 1;
                in_text += 1;
                continue;
            }
            Some(token) if *token == text[in_text] => {
                at += 1;
                in_text += 1;
                continue;
            }
            _ => {}
        }
        let Some((many, absorbed)) = last_many else {
            return false;
        };
        at = many + 1;
        in_text = absorbed + 1;
        last_many = Some((many, in_text));
    }
    pattern[at..].iter().all(|token| *token == Token::Many)
}

/// Whether an action matches, in any case (IAM user guide: Action).
pub(super) fn matches_any_case(pattern: &str, text: &str) -> bool {
    Pattern::of(pattern)
        .lowered()
        .matches(&text.to_ascii_lowercase())
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| {
            write!(
                out,
                "{}",
                match token {
                    Token::Literal(c) => *c,
                    Token::One => '?',
                    Token::Many => '*',
                }
            )
        })
    }
}

/// How many fields an ARN has.
const ARN_FIELDS: usize = 6;

/// An ARN pattern: each of the six fields is matched by itself, and missing ones count as `*` (IAM user guide:
/// Resource, on incomplete ARNs). That is how `arn:aws:codeartifact:*` stands for everything in CodeArtifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArnPattern(Vec<Pattern>);

impl ArnPattern {
    pub(super) fn new(pattern: &Pattern) -> Self {
        let mut fields = if pattern.0 == [Token::Many] {
            Vec::new()
        } else {
            pattern.fields(ARN_FIELDS)
        };
        fields.resize(ARN_FIELDS, Pattern(vec![Token::Many]));
        Self(fields)
    }

    pub(super) fn matches(&self, arn: &str) -> bool {
        let fields: Vec<&str> = arn.splitn(ARN_FIELDS, ':').collect();
        if fields.len() < ARN_FIELDS {
            // `*` is the resource of actions that take none: only a pattern of nothing but `*` matches it.
            return self.0.iter().all(|field| field.matches(arn));
        }
        self.0
            .iter()
            .zip(fields)
            .all(|(pattern, field)| pattern.matches(field))
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(pattern, field)| pattern.covers(field))
    }
}

/// A text of a policy in which variables may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    /// `${*}`, `${?}` and `${$}`: the character itself.
    Escaped(char),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A template with its variables filled in.
pub(super) struct Filled {
    /// `None` where a variable has no value: then nothing is equal to it.
    pub(super) pattern: Option<Pattern>,
    /// The same without wildcards, for exact comparison.
    pub(super) text: Option<String>,
    /// Variables without a value about which nobody said whether they have one.
    pub(super) untold: Vec<String>,
}

impl Template {
    /// `has_variables` is false for documents of versions before 2012-10-17: there `${…}` is plain text.
    /// The error is the variable that does not end.
    pub(super) fn parse(text: &str, has_variables: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${").filter(|_| has_variables) {
            if start > 0 {
                pieces.push(Piece::Plain(rest[..start].to_owned()));
            }
            let variable = &rest[start + 2..];
            let Some(end) = variable.find('}') else {
                return Err(rest[start..].to_owned());
            };
            pieces.push(piece(&variable[..end]));
            rest = &variable[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    pub(super) fn has_variables(&self) -> bool {
        let is_variable = |piece: &Piece| matches!(piece, Piece::Variable { .. });
        self.pieces.iter().any(is_variable)
    }

    /// Values of variables are compared as they are: a `*` in a tag is a character.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> Filled {
        let mut tokens = Vec::new();
        let mut text = String::new();
        let mut untold = Vec::new();
        let mut is_known = true;
        for piece in &self.pieces {
            let (shown, pattern) = match piece {
                Piece::Plain(plain) => (plain.clone(), Pattern::of(plain)),
                Piece::Escaped(c) => (c.to_string(), Pattern(vec![Token::Literal(*c)])),
                Piece::Variable { key, default } => match (facts.told(key), default) {
                    (Told::Values([value]), _) => (value.clone(), Pattern::literal(value)),
                    (told, default) => {
                        if matches!(told, Told::Untold) {
                            untold.push(key.clone());
                        }
                        let Some(default) = default else {
                            is_known = false;
                            continue;
                        };
                        (default.clone(), Pattern::literal(default))
                    }
                },
            };
            text.push_str(&shown);
            tokens.extend(pattern.0);
        }
        Filled {
            pattern: is_known.then_some(Pattern(tokens)),
            text: is_known.then_some(text),
            untold,
        }
    }

    /// The pattern, if it does not depend on the request.
    pub(super) fn fixed(&self) -> Option<Pattern> {
        let mut tokens = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(plain) => tokens.extend(Pattern::of(plain).0),
                Piece::Escaped(c) => tokens.push(Token::Literal(*c)),
                Piece::Variable { .. } => return None,
            }
        }
        Some(Pattern(tokens))
    }
}

/// What stands between `${` and `}`: a key, perhaps with a default: `aws:username, 'nobody'`.
fn piece(inner: &str) -> Piece {
    match inner {
        "*" => return Piece::Escaped('*'),
        "?" => return Piece::Escaped('?'),
        "$" => return Piece::Escaped('$'),
        _ => {}
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
        None => (inner, None),
    };
    Piece::Variable {
        key: key.trim().to_owned(),
        default,
    }
}
