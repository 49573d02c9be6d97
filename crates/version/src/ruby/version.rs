//! `Gem::Version`: dotted segments of digits or letters; any letter makes a pre-release.

use std::cmp::Ordering;

#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// All segments, as `~>` counts them.
    segments: Box<[Segment]>,
    /// The segments that order and equality go by.
    canonical: Box<[Segment]>,
    is_prerelease: bool,
}

/// Text sorts before numbers. `Long` is a number beyond 64 bits: its digits without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Text(Box<str>),
    Number(u64),
    Long(Box<str>),
}

const ZERO: Segment = Segment::Number(0);

/// Ruby's `\s`.
pub(super) const fn is_ruby_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t'..='\r')
}

impl Version {
    /// Reads a version with white space around it; an empty text is version 0.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.trim_matches(is_ruby_space) {
            "" => Self::parse_trimmed("0"),
            text => Self::parse_trimmed(text),
        }
    }

    /// Reads a version that must fill the text.
    pub(super) fn parse_trimmed(text: &str) -> Result<Self, String> {
        check(text)?;
        let text = text.replace('-', ".pre.");
        let is_prerelease = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        Ok(Self {
            segments: segments(&text),
            canonical: canonical_segments(&text, is_prerelease),
            is_prerelease,
        })
    }

    pub(super) const fn is_prerelease(&self) -> bool {
        self.is_prerelease
    }

    /// The numbers before the first letter.
    fn release(&self) -> &[Segment] {
        let end = self
            .segments
            .iter()
            .position(|segment| matches!(segment, Segment::Text(_)));
        &self.segments[..end.unwrap_or(self.segments.len())]
    }

    /// Whether `self.release < base.bump` in Ruby's words: with the last number of `base` left out (unless it is the
    /// only one), the numbers of this version do not go beyond those of `base`.
    pub(super) fn is_below_bump_of(&self, base: &Self) -> bool {
        let base = base.release();
        let kept = base.len().saturating_sub(1).max(1);
        let own = self.release();
        let own = own.iter().chain(std::iter::repeat(&ZERO)).take(kept);
        own.cmp(base.iter().take(kept)).is_le()
    }
}

/// Digits, then dotted letters and digits, then after a dash dotted letters, digits and dashes.
fn check(text: &str) -> Result<(), String> {
    let (release, suffix) = match text.split_once('-') {
        Some((release, suffix)) => (release, Some(suffix)),
        None => (text, None),
    };
    let mut parts = release.split('.');
    let first = parts.next().unwrap_or_default();
    if first.is_empty() || !first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it does not begin with a number and a dot".to_owned());
    }
    let is_wrong = |part: &str, has_dashes: bool| {
        part.is_empty()
            || !part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || (has_dashes && byte == b'-'))
    };
    if parts.any(|part| is_wrong(part, false))
        || suffix.is_some_and(|suffix| suffix.split('.').any(|part| is_wrong(part, true)))
    {
        return Err(
            "a segment is empty or has a character other than letters and digits".to_owned(),
        );
    }
    Ok(())
}

/// Runs of digits and runs of letters.
fn segments(text: &str) -> Box<[Segment]> {
    let class = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_alphabetic());
    text.as_bytes()
        .chunk_by(|left, right| class(left) == class(right))
        .filter(|run| run[0].is_ascii_alphanumeric())
        .map(|run| Segment::of(&String::from_utf8_lossy(run)))
        .collect()
}

fn canonical_segments(text: &str, is_prerelease: bool) -> Box<[Segment]> {
    let text = without_trailing_zeros(text);
    match leading_zeros(text) {
        Some((start, end)) if is_prerelease => segments(&[&text[..start], &text[end..]].concat()),
        _ => segments(text),
    }
}

/// Without the zeros at the end that follow a letter or a dot.
fn without_trailing_zeros(text: &str) -> &str {
    let head = text.trim_end_matches(['.', '0']);
    if head.ends_with(|letter: char| letter.is_ascii_alphabetic()) {
        return head;
    }
    let first_dot = text[head.len()..].find('.');
    first_dot.map_or(text, |dot| &text[..=head.len() + dot])
}

/// Where zeros and dots stand, at the start or after a dot, directly before a letter; the first such place.
fn leading_zeros(text: &str) -> Option<(usize, usize)> {
    let is_zero = |byte: u8| matches!(byte, b'0' | b'.');
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let end = start
            + bytes[start..]
                .iter()
                .take_while(|&&byte| is_zero(byte))
                .count();
        if end > start && bytes.get(end).is_some_and(u8::is_ascii_alphabetic) {
            return Some((start, end));
        }
        // A later start within these zeros would end at the same place.
        start = end
            + bytes[end..]
                .iter()
                .position(|&byte| byte == b'.')
                .unwrap_or(bytes.len() - end)
            + 1;
    }
    None
}

impl Segment {
    fn of(run: &str) -> Self {
        if !run.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Self::Text(run.into());
        }
        run.parse().map_or_else(
            |_| Self::Long(run.trim_start_matches('0').into()),
            Self::Number,
        )
    }
}

impl Ord for Segment {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Long(left), Self::Long(right)) => {
                left.len().cmp(&right.len()).then_with(|| left.cmp(right))
            }
            (Self::Text(_), _) | (Self::Number(_), Self::Long(_)) => Ordering::Less,
            (_, Self::Text(_)) | (Self::Long(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Segment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// Segment by segment, a missing one being zero.
    fn cmp(&self, other: &Self) -> Ordering {
        let len = self.canonical.len().max(other.canonical.len());
        (0..len)
            .map(|at| {
                self.canonical
                    .get(at)
                    .unwrap_or(&ZERO)
                    .cmp(other.canonical.get(at).unwrap_or(&ZERO))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}
