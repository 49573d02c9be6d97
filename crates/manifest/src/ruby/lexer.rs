//! As much of Ruby as it takes to tell text from code: strings, symbols, names, comments, heredocs.

use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A string without interpolation.
    Text(Cow<'a, str>),
    /// `%w[a b]`, `%i[a b]`.
    Words(Vec<&'a str>),
    /// A string with interpolation, a heredoc, a number: a value that is not known.
    Unknown,
    /// `:name`
    Symbol(&'a str),
    /// `name:` in front of a value.
    Label(&'a str),
    /// A name or keyword.
    Name(&'a str),
    Sign(char),
    LineEnd,
}

/// What `%w[…]` may hold.
const LIST_BYTES_MAX: usize = 16 * 1024;
/// Heredocs that may begin on one line.
const HEREDOCS_MAX: usize = 8;

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    tokens: Vec<Token<'a>>,
    /// The words that end the heredocs begun on this line.
    heredocs: Vec<&'a str>,
    /// A list that began before was not closed up to here: none is looked for, lest each look goes as far.
    lists_from: usize,
}

pub(super) fn tokenise(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        tokens: Vec::new(),
        heredocs: Vec::new(),
        lists_from: 0,
    };
    while lexer.at < text.len() && lexer.step() {}
    lexer.push(Kind::LineEnd);
    lexer.tokens
}

impl<'a> Lexer<'a> {
    fn push(&mut self, kind: Kind<'a>) {
        self.tokens.push(Token {
            kind,
            line: self.line,
        });
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Takes one token, or what lies between; false at `__END__`.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        let is_line_start = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
        match first {
            '_' if is_line_start && rest.lines().next() == Some("__END__") => return false,
            '=' if is_line_start && rest.starts_with("=begin") => self.skip_remark(),
            '\n' => self.end_line(),
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            '\\' => self.take_backslash(),
            '\'' | '"' => self.take_string(first),
            '%' => self.take_percent(),
            '<' if rest.starts_with("<<") => self.take_heredoc(),
            ':' => self.take_symbol(),
            '0'..='9' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c));
                self.push(Kind::Unknown);
                self.at += end.unwrap_or(rest.len());
            }
            _ if first.is_alphabetic() || "_@$".contains(first) => self.take_name(),
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            _ => {
                self.push(Kind::Sign(first));
                self.at += first.len_utf8();
            }
        }
        true
    }

    fn end_line(&mut self) {
        self.push(Kind::LineEnd);
        self.at += 1;
        self.line += 1;
        for end in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let rest = self.rest();
                let (line, length) = match rest.find('\n') {
                    Some(end) => (&rest[..end], end + 1),
                    None => (rest, rest.len()),
                };
                self.at += length;
                self.line += 1;
                if line.trim() == end {
                    break;
                }
            }
        }
    }

    /// `=begin` to `=end`.
    fn skip_remark(&mut self) {
        let rest = self.rest();
        let length = rest.find("\n=end").map_or(rest.len(), |end| end + 5);
        let skipped = &rest[..length];
        let breaks = memchr::memchr_iter(b'\n', skipped.as_bytes()).count();
        self.line += u32::try_from(breaks).unwrap_or(0);
        self.at += length;
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// A backslash at the end of a line joins it with the next.
    fn take_backslash(&mut self) {
        let rest = &self.rest()[1..];
        let length = match rest.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => 0,
        };
        self.at += 1 + length;
        self.line += u32::from(length > 0);
    }

    /// A string ends on its line. After a stray quotation mark (of a regular expression, say) the rest of the line is unknown.
    fn take_string(&mut self, quote: char) {
        let rest = &self.rest()[1..];
        let mut is_escaped = false;
        let mut end = None;
        for (at, letter) in rest.char_indices() {
            match letter {
                '\n' => break,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                _ if letter == quote => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = end else {
            self.push(Kind::Sign(quote));
            self.at += 1 + rest.find('\n').unwrap_or(rest.len());
            return;
        };
        let inside = &rest[..end];
        self.at += end + 2;
        // `"name": value` is a label too.
        if quote == '"' && inside.contains("#{") {
            self.push(Kind::Unknown);
        } else if self.rest().starts_with(": ") && !inside.contains('\\') {
            self.at += 1;
            self.push(Kind::Label(inside));
        } else {
            self.push(Kind::Text(unescape(inside)));
        }
    }

    /// `%w[a b]`, `%i(a b)`, `%q{…}`; anything else behind `%` is an operator.
    fn take_percent(&mut self) {
        let rest = self.rest();
        let mut letters = rest.chars().skip(1);
        let (kind, open) = (letters.next(), letters.next());
        let close = match open {
            Some('[') => ']',
            Some('(') => ')',
            Some('{') => '}',
            Some('<') => '>',
            Some(same @ ('|' | '!' | '/')) => same,
            _ => '\0',
        };
        let window = rest.as_bytes().get(3..).unwrap_or_default();
        let window = &window[..window.len().min(LIST_BYTES_MAX)];
        let kind = kind.filter(|kind| "wWiIqQ".contains(*kind) && self.at >= self.lists_from);
        let end = match (kind, u8::try_from(close)) {
            (Some(_), Ok(close)) if close != 0 => memchr::memchr(close, window),
            _ => None,
        };
        let (Some(kind), Some(end)) = (kind, end) else {
            if kind.is_some() {
                self.lists_from = self.at + window.len();
            }
            self.push(Kind::Sign('%'));
            self.at += 1;
            return;
        };
        let inside = &rest[3..3 + end];
        if inside.contains("#{") {
            self.push(Kind::Unknown);
        } else if matches!(kind, 'q' | 'Q') {
            self.push(Kind::Text(Cow::Borrowed(inside)));
        } else {
            self.push(Kind::Words(inside.split_whitespace().collect()));
        }
        let breaks = memchr::memchr_iter(b'\n', inside.as_bytes()).count();
        self.line += u32::try_from(breaks).unwrap_or(0);
        self.at += 3 + end + close.len_utf8();
    }

    /// `<<~END`, `<<-"END"`: a value; its lines follow. `<<` alone is an operator.
    fn take_heredoc(&mut self) {
        let rest = &self.rest()[2..];
        let word = rest.trim_start_matches(['~', '-']);
        let has_sign = word.len() < rest.len();
        let word = word.trim_start_matches(['"', '\'']);
        let length = word
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(word.len());
        let word = &word[..length];
        let is_heredoc = word
            .starts_with(|c: char| c.is_ascii_uppercase() || (has_sign && c == '_'))
            || (has_sign && !word.is_empty());
        if is_heredoc && self.heredocs.len() < HEREDOCS_MAX {
            self.heredocs.push(word);
            self.push(Kind::Unknown);
            let before = word.as_ptr().addr() - rest.as_ptr().addr();
            self.at += 2 + before + length;
            if self.rest().starts_with(['"', '\'']) {
                self.at += 1;
            }
        } else {
            self.push(Kind::Sign('<'));
            self.at += 2;
        }
    }

    fn take_symbol(&mut self) {
        let rest = &self.rest()[1..];
        if rest.starts_with(':') {
            self.push(Kind::Sign(':'));
            self.at += 2;
            return;
        }
        let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        let length = name_length(rest);
        if length == 0 {
            self.push(Kind::Sign(':'));
            self.at += 1;
            return;
        }
        let is_quoted = rest.len() + 1 < self.rest().len();
        self.push(Kind::Symbol(&rest[..length]));
        self.at += 1 + length + if is_quoted { 2 } else { 0 };
        self.at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn take_name(&mut self) {
        let rest = self.rest();
        let sigils = rest.len() - rest.trim_start_matches(['@', '$']).len();
        let length = (sigils + name_length(&rest[sigils..])).max(1);
        let name = &rest[..length];
        self.at += length;
        let after = self.rest();
        if after.starts_with(':') && !after.starts_with("::") {
            self.at += 1;
            self.push(Kind::Label(name));
        } else {
            self.push(Kind::Name(name));
        }
    }
}

fn name_length(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let length = end.unwrap_or(text.len());
    match text[length..].chars().next() {
        Some('?' | '!') if length > 0 && !text[length + 1..].starts_with('=') => length + 1,
        _ => length,
    }
}

/// Escapes stand in no name or requirement but those of quotation marks and backslashes.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' {
            letters.next()
        } else {
            Some(letter)
        });
    }
    Cow::Owned(plain)
}
