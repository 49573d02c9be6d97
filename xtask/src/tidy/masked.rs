//! Rust text split into code and comments, so that a word in a string is not taken for code.
//!
//! A lexer in miniature, not a parser: it knows comments, strings, raw strings, characters and lifetimes, nothing more.

#[cfg(test)]
mod tests;

/// Both texts have as many lines as the original, with blanks in place of what is left out. Literals are in neither.
pub(crate) struct Masked {
    pub(crate) code: String,
    pub(crate) comments: String,
}

pub(crate) fn mask(text: &str) -> Masked {
    let mut masked = Masked {
        code: String::with_capacity(text.len()),
        comments: String::with_capacity(text.len()),
    };
    let mut rest = text;
    let mut previous = ' ';
    while !rest.is_empty() {
        let (kind, length) = next_piece(rest, previous);
        let (piece, after) = rest.split_at(length);
        push(&mut masked.code, piece, kind == Kind::Code);
        push(&mut masked.comments, piece, kind == Kind::Comment);
        previous = piece.chars().next_back().unwrap_or(previous);
        rest = after;
    }
    masked
}

/// Whether `word` stands in `line` with no identifier character on either side.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back().is_some_and(is_identifier);
        // A word that ends in a sign, such as a macro's, may be followed by anything.
        let after = word.ends_with(is_identifier)
            && line[start + word.len()..]
                .chars()
                .next()
                .is_some_and(is_identifier);
        !(before || after)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

fn push(text: &mut String, piece: &str, is_kept: bool) {
    if is_kept {
        text.push_str(piece);
    } else {
        text.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    }
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The kind and the length in bytes of the piece that `rest` starts with. `rest` is not empty.
fn next_piece(rest: &str, previous: char) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment_length(rest));
    }
    if !is_identifier(previous)
        && let Some(length) = raw_string_length(rest)
    {
        return (Kind::Literal, length);
    }
    if rest.starts_with('"') {
        return (Kind::Literal, quoted_length(rest, '"'));
    }
    if is_character(rest) {
        return (Kind::Literal, quoted_length(rest, '\''));
    }
    (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn raw_string_length(rest: &str) -> Option<usize> {
    let after_prefix = ["r", "br", "cr"]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))?;
    let after_hashes = after_prefix.trim_start_matches('#');
    let body = after_hashes.strip_prefix('"')?;
    let hashes = after_prefix.len() - after_hashes.len();
    let closing = format!("\"{}", "#".repeat(hashes));
    let opening_length = rest.len() - body.len();
    Some(
        body.find(&closing)
            .map_or(rest.len(), |end| opening_length + end + closing.len()),
    )
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('\'')
        && match chars.next() {
            Some('\\') => true,
            Some(_) => chars.next() == Some('\''),
            None => false,
        }
}

/// The length of a literal from its opening quote to its closing one; a backslash protects the next character.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    rest.len()
}
