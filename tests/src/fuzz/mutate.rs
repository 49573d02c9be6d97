//! Changes a sample so that most of its structure stays: whole lines, values, brackets and words, besides single bytes.

use super::random::Random;

/// The largest input: repetition may grow a sample this far.
const BYTES_MAX: usize = 400_000;

/// Texts that parsers of versions, numbers, paths and markup stumble over.
const WORDS: [&str; 48] = [
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "1.10",
    "null",
    "true",
    "no",
    "~",
    "*",
    "^1",
    ">=1,<2",
    "[1,2)",
    "../../etc",
    "/etc/passwd",
    "C:\\x",
    "file:../a",
    "link:..",
    "workspace:*",
    "npm:a@1",
    "git+ssh://h.example/a.git",
    "a@b@c",
    "@",
    "@/",
    "//",
    "\u{0}",
    "\u{202e}",
    "\u{1f600}",
    "é",
    "\\u0000",
    "\\",
    "\"",
    "'",
    "${a}",
    "${${a}}",
    "$(a)",
    "&a",
    "*a",
    "<!DOCTYPE a>",
    "&amp;",
    "]]>",
    "<![CDATA[",
    "{{",
    "# ",
    "<<<<<<< HEAD",
    "-r requirements.txt",
];
/// What opens and closes, in all the syntaxes there are.
const BRACKETS: [&str; 12] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<a>",
    "</a>",
    "<a/>",
    "[[package]]",
    "- ",
    ": ",
];

/// A changed sample; `other` is one of the same format, from which parts are taken.
pub(super) fn mutate(random: &mut Random, sample: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    let rounds = 1 + random.below(6);
    for _ in 0..rounds {
        bytes = match random.below(16) {
            0..=2 => lines(random, &bytes),
            3..=4 => cross(random, &bytes, other),
            5..=8 => token(random, &bytes),
            9 => insert(random, &bytes, random_bracket),
            10 => nested(random, &bytes),
            11 => shift(random, &bytes),
            12 => truncated(random, &bytes),
            13 => repeated(random, &bytes),
            14 => reended(random, &bytes),
            _ => flipped(random, &bytes),
        };
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn split(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Deletes, doubles, moves or swaps whole lines.
fn lines(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut lines = split(bytes);
    if lines.is_empty() {
        return b"\n".to_vec();
    }
    let at = random.below(lines.len());
    let count = 1 + random.below(4).min(lines.len() - at - 1);
    match random.below(4) {
        0 => {
            lines.drain(at..(at + count).min(lines.len()));
        }
        1 => {
            let part = lines[at..(at + count).min(lines.len())].to_vec();
            let to = random.below(lines.len() + 1);
            lines.splice(to..to, part);
        }
        2 => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        _ => {
            let line = lines.remove(at);
            let to = random.below(lines.len() + 1);
            lines.insert(to, line);
        }
    }
    lines.concat()
}

/// Puts lines of another sample into this one.
fn cross(random: &mut Random, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let theirs = split(other);
    let mut lines = split(bytes);
    if theirs.is_empty() {
        return bytes.to_vec();
    }
    let from = random.below(theirs.len());
    let until = (from + 1 + random.below(8)).min(theirs.len());
    let to = random.below(lines.len() + 1);
    lines.splice(to..to, theirs[from..until].iter().copied());
    lines.concat()
}

/// Replaces one word, number or quoted text.
fn token(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-@^~+/".contains(byte);
    let start = random.below(bytes.len());
    let Some(begin) = bytes[start.min(bytes.len())..].iter().position(is_part) else {
        return bytes.to_vec();
    };
    let begin = start + begin;
    let length = bytes[begin..]
        .iter()
        .take_while(|byte| is_part(byte))
        .count();
    let word = match random.below(6) {
        0 => format!(
            "{}.{}.{}",
            random.below(100),
            random.below(100),
            random.next()
        ),
        1 => "a".repeat(1 + random.below(5_000)),
        2 => random.next().to_string(),
        _ => random.pick(&WORDS).to_owned(),
    };
    [&bytes[..begin], word.as_bytes(), &bytes[begin + length..]].concat()
}

fn random_bracket(random: &mut Random) -> Vec<u8> {
    random.pick(&BRACKETS).as_bytes().to_vec()
}

fn insert(random: &mut Random, bytes: &[u8], what: fn(&mut Random) -> Vec<u8>) -> Vec<u8> {
    let at = random.below(bytes.len() + 1);
    let what = what(random);
    [&bytes[..at], &what, &bytes[at..]].concat()
}

/// Opens the same bracket many times over.
fn nested(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let at = random.below(bytes.len() + 1);
    let depth = 1 << random.below(15);
    let pairs = [
        ("[", "]"),
        ("{\"a\":", "}"),
        ("<a>", "</a>"),
        ("(", ")"),
        ("- ", ""),
        ("{a = ", "}"),
        ("a.", ""),
    ];
    let (open, close) = pairs[random.below(pairs.len())];
    let close = if random.below(2) == 0 {
        close.repeat(depth)
    } else {
        String::new()
    };
    [
        &bytes[..at],
        open.repeat(depth).as_bytes(),
        close.as_bytes(),
        &bytes[at..],
    ]
    .concat()
}

/// Indents some lines otherwise.
fn shift(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let from = random.below(bytes.len());
    let indent = random.pick(&[" ", "  ", "\t", "      "]).as_bytes();
    let mut out = bytes[..from].to_vec();
    for line in split(&bytes[from..]).into_iter().take(1 + random.below(5)) {
        out.extend_from_slice(line);
        out.extend_from_slice(indent);
    }
    let rest: usize = split(&bytes[from..])
        .iter()
        .take(5)
        .map(|line| line.len())
        .sum();
    out.extend_from_slice(&bytes[(from + rest).min(bytes.len())..]);
    out
}

fn truncated(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    bytes[..random.below(bytes.len() + 1)].to_vec()
}

/// Repeats a part many times.
fn repeated(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let from = random.below(bytes.len());
    let until = (from + 1 + random.below(200)).min(bytes.len());
    let times = 1 << random.below(9);
    [
        &bytes[..until],
        &bytes[from..until].repeat(times),
        &bytes[until..],
    ]
    .concat()
}

/// Other line ends, a byte order mark, another encoding.
fn reended(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    match random.below(4) {
        0 => split(bytes)
            .into_iter()
            .flat_map(|line| [line.strip_suffix(b"\n").unwrap_or(line), b"\r\n"])
            .collect::<Vec<_>>()
            .concat(),
        1 => [b"\xEF\xBB\xBF".as_slice(), bytes].concat(),
        2 => {
            let text = String::from_utf8_lossy(bytes);
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xFF, 0xFE].into_iter().chain(units).collect()
        }
        _ => bytes
            .iter()
            .map(|byte| if *byte == b'\n' { b'\r' } else { *byte })
            .collect(),
    }
}

fn flipped(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = random.next().to_le_bytes()[0];
        }
    }
    bytes
}
