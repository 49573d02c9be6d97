//! The patterns of `workspace.members`: `*`, `?` and `[…]` within a name, `**` for any folders.

#[cfg(test)]
mod tests;

pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Whether a folder, from the root of the workspace, is meant.
pub(super) fn matches(pattern: &str, folder: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        text.split(['/', '\\'])
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect()
    };
    let (pattern, folder) = (split(pattern), split(folder));
    walk(
        &pattern,
        &folder,
        |part| part == "**",
        |pattern, name| {
            let (pattern, name) = (tokens(pattern), name.chars().collect::<Vec<_>>());
            walk(
                &pattern,
                &name,
                |token| *token == Token::Any,
                |token, character| token.takes(*character),
            )
        },
    )
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
    Class {
        ranges: Vec<(char, char)>,
        is_negated: bool,
    },
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == character,
            Self::Class { ranges, is_negated } => {
                let is_in = ranges
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&character));
                is_in != *is_negated
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '[' => match class(rest) {
                Some((class, after)) => {
                    rest = after;
                    class
                }
                None => Token::Char('['),
            },
            character => Token::Char(character),
        });
    }
    tokens
}

/// What stands behind a `[`, and what follows its `]`.
fn class(text: &str) -> Option<(Token, &str)> {
    let (is_negated, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A `]` right at the beginning stands for itself.
    let first = text.chars().next()?.len_utf8();
    let end = first + text[first..].find(']')?;
    let mut ranges = Vec::new();
    let characters: Vec<char> = text[..end].chars().collect();
    let mut at = 0;
    while at < characters.len() {
        let is_range = at + 2 < characters.len() && characters[at + 1] == '-';
        let to = if is_range {
            characters[at + 2]
        } else {
            characters[at]
        };
        ranges.push((characters[at], to));
        at += if is_range { 3 } else { 1 };
    }
    Some((Token::Class { ranges, is_negated }, &text[end + 1..]))
}

/// Whether the pattern takes all of the text; some parts of it take any number. At worst as many steps as the product of
/// their lengths: only the last such part is ever tried again.
fn walk<P, T>(
    pattern: &[P],
    text: &[T],
    is_any: impl Fn(&P) -> bool,
    takes: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at_pattern, mut at_text) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some(part) if is_any(part) => {
                retry = Some((at_pattern, at_text));
                at_pattern += 1;
            }
            Some(part) if takes(part, &text[at_text]) => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((any, taken)) = retry else {
                    return false;
                };
                retry = Some((any, taken + 1));
                at_pattern = any + 1;
                at_text = taken + 1;
            }
        }
    }
    pattern[at_pattern..].iter().all(is_any)
}
