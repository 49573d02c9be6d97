//! Words, texts and signs of a build script, Groovy or Kotlin; comments are left out.

use crate::lines::Lines;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a number.
    Word(String),
    /// A string without its quotes. What it holds to be replaced (`$name`, `${…}`) is marked by [`HOLE`].
    Text(String),
    Sign(char),
    LineEnd,
}

/// Stands before a `$` that the script replaces; any other `$` is a dollar.
pub(super) const HOLE: char = '\u{0}';

/// Characters of one `${…}`.
const BRACES_CHARS_MAX: usize = 200;

#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: u32,
}

/// Splits a script. Never fails: what is not closed ends with the file.
pub(super) fn scan(text: &str) -> Vec<Placed> {
    let lines = Lines::new(text);
    let mut scanner = Scanner {
        rest: text,
        tokens: Vec::new(),
    };
    loop {
        let at = text.len() - scanner.rest.len();
        let count = scanner.tokens.len();
        if !scanner.step() {
            break;
        }
        if scanner.tokens.len() > count {
            let line = lines.at(at);
            scanner.tokens[count].line = line;
        }
    }
    scanner.tokens
}

struct Scanner<'t> {
    rest: &'t str,
    tokens: Vec<Placed>,
}

impl<'t> Scanner<'t> {
    /// Takes one token, comment or blank; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        if first == '\n' {
            self.skip(1);
            self.push(Token::LineEnd);
        } else if self.rest.starts_with("//") || (first == '#' && self.rest.starts_with("#!")) {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            let end = self.rest[2..]
                .find("*/")
                .map_or(self.rest.len(), |end| end + 4);
            self.skip(end);
        } else if let Some(quotes) = ["\"\"\"", "'''", "\"", "'"]
            .iter()
            .find(|quotes| self.rest.starts_with(**quotes))
        {
            self.text(quotes);
        } else if first == '`' {
            let inner = &self.rest[1..];
            let end = inner.find(['`', '\n']).unwrap_or(inner.len());
            self.push(Token::Word(inner[..end].to_owned()));
            self.skip((end + 2).min(self.rest.len()));
        } else if first == '/' && self.is_pattern() {
            let end = self.rest[1..]
                .find(['/', '\n'])
                .map_or(self.rest.len(), |end| end + 2);
            self.push(Token::Sign('/'));
            self.skip(end);
        } else if is_word(first) {
            let end = self
                .rest
                .find(|sign| !is_word(sign))
                .unwrap_or(self.rest.len());
            self.push(Token::Word(self.rest[..end].to_owned()));
            self.skip(end);
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else {
            self.push(Token::Sign(first));
            self.skip(first.len_utf8());
        }
        true
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn push(&mut self, token: Token) {
        self.tokens.push(Placed { token, line: 0 });
    }

    /// Groovy's `/…/`: where a value is expected, and closed on the same line; else a division.
    fn is_pattern(&self) -> bool {
        let is_value_expected = match self.tokens.last().map(|placed| &placed.token) {
            Some(Token::Sign(sign)) => "(,=~[!&|?:".contains(*sign),
            _ => false,
        };
        let line = self.rest[1..].split('\n').next().unwrap_or("");
        is_value_expected && line.contains('/')
    }

    fn text(&mut self, quotes: &'t str) {
        let is_template = quotes.starts_with('"');
        let is_raw = quotes.len() == 3;
        let mut whole = String::new();
        self.skip(quotes.len());
        loop {
            if self.rest.starts_with(quotes) {
                self.skip(quotes.len());
                break;
            }
            let Some(sign) = self.rest.chars().next() else {
                break;
            };
            // A string on one line that is not closed there is none: the rest of the file is not to be lost for it.
            if sign == '\n' && !is_raw {
                break;
            }
            self.skip(sign.len_utf8());
            match sign {
                '\\' => {
                    let Some(escaped) = self.rest.chars().next() else {
                        break;
                    };
                    whole.extend(Some(escaped).filter(|sign| *sign != HOLE));
                    self.skip(escaped.len_utf8());
                }
                '$' if is_template
                    && self
                        .rest
                        .starts_with(|next: char| next == '{' || is_name_start(next)) =>
                {
                    whole.extend([HOLE, '$']);
                    self.take_braces(&mut whole);
                }
                HOLE => {}
                sign => whole.push(sign),
            }
        }
        self.push(Token::Text(whole));
    }

    /// `{…}` with the strings in it, so that a quote there does not end the text around it.
    fn take_braces(&mut self, whole: &mut String) {
        if !self.rest.starts_with('{') {
            return;
        }
        let mut depth = 0_usize;
        for (at, sign) in self.rest.char_indices().take(BRACES_CHARS_MAX) {
            match sign {
                '\n' => return,
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                whole.push_str(&self.rest[..=at]);
                self.skip(at + 1);
                return;
            }
        }
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn is_name_start(sign: char) -> bool {
    sign.is_alphabetic() || sign == '_'
}
