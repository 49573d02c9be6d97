//! Statements and blocks of a build script.

use super::scan::{Placed, Token, scan};
use crate::limits::DEPTH_MAX;
use crate::reading::Problem;

/// What stands between two line ends, with the blocks that belong to it.
#[derive(Debug)]
pub(super) struct Statement {
    /// Without those of the blocks.
    pub(super) tokens: Vec<Token>,
    /// The line of each token.
    pub(super) lines: Vec<u32>,
    pub(super) blocks: Vec<Vec<Statement>>,
}

impl Statement {
    /// The names that it begins with, joined by dots: `commonMain.dependencies`.
    pub(super) fn name(&self) -> String {
        path(&self.tokens).0
    }

    pub(super) fn line(&self) -> u32 {
        self.lines.first().copied().unwrap_or(1)
    }

    /// The first string of the statement.
    pub(super) fn first_text(&self) -> Option<&str> {
        self.tokens.iter().find_map(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    pub(super) fn inner(&self) -> impl Iterator<Item = &Self> {
        self.blocks.iter().flatten()
    }
}

/// Names joined by dots at the beginning, and how many tokens they are.
pub(super) fn path(tokens: &[Token]) -> (String, usize) {
    let mut name = String::new();
    let mut count = 0;
    while let Some(Token::Word(word)) = tokens.get(count) {
        name.push_str(word);
        count += 1;
        if tokens.get(count) != Some(&Token::Sign('.'))
            || !matches!(tokens.get(count + 1), Some(Token::Word(_)))
        {
            break;
        }
        name.push('.');
        count += 1;
    }
    (name, count)
}

/// Where the bracket that opens at `open` closes; the end where it does not.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign('(' | '[') => depth += 1,
            Token::Sign(')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

pub(super) fn parse(path: &str, text: &str) -> Result<Vec<Statement>, Problem> {
    let mut parser = Parser {
        path,
        tokens: scan(text).into_iter().peekable(),
    };
    let mut statements = Vec::new();
    // A `}` too many ends a block that was never opened: what follows still counts.
    while parser.tokens.peek().is_some() {
        statements.extend(parser.block(0)?);
    }
    Ok(statements)
}

struct Parser<'p> {
    path: &'p str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Placed>>,
}

impl Parser<'_> {
    /// Statements up to the `}` that closes the block, or the end.
    fn block(&mut self, depth: usize) -> Result<Vec<Statement>, Problem> {
        let mut statements = Vec::new();
        let mut open = Statement::empty();
        let mut brackets = 0_usize;
        while let Some(Placed { token, line }) = self.tokens.next() {
            match token {
                Token::Sign('{') => {
                    if depth >= DEPTH_MAX {
                        let text = format!("nests blocks deeper than {DEPTH_MAX} levels here");
                        return Err(Problem::new(self.path, Some(line), text));
                    }
                    open.blocks.push(self.block(depth + 1)?);
                    continue;
                }
                Token::Sign('}') => break,
                Token::Sign('(' | '[') => brackets += 1,
                Token::Sign(')' | ']') => brackets = brackets.saturating_sub(1),
                Token::LineEnd if brackets > 0 || open.is_unfinished() || self.is_continued() => {
                    continue;
                }
                Token::LineEnd | Token::Sign(';') => {
                    statements.extend(open.take());
                    continue;
                }
                _ => {}
            }
            open.tokens.push(token);
            open.lines.push(line);
        }
        statements.extend(open.take());
        Ok(statements)
    }

    /// The next line goes on with `.`, as a chain of calls does.
    fn is_continued(&mut self) -> bool {
        self.tokens
            .peek()
            .is_some_and(|next| next.token == Token::Sign('.'))
    }
}

impl Statement {
    fn empty() -> Self {
        Self {
            tokens: Vec::new(),
            lines: Vec::new(),
            blocks: Vec::new(),
        }
    }

    fn is_unfinished(&self) -> bool {
        let is_open = matches!(
            self.tokens.last(),
            Some(Token::Sign(',' | '=' | '+' | ':' | '.'))
        );
        is_open && self.blocks.is_empty()
    }

    fn take(&mut self) -> Option<Self> {
        let is_empty = self.tokens.is_empty() && self.blocks.is_empty();
        (!is_empty).then(|| std::mem::replace(self, Self::empty()))
    }
}
