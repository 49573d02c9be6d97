//! PEP 440 versions: what is one, and how two compare. Follows `packaging.version.Version` of pypa/packaging 26.3.
//!
//! One difference: a release, pre, post, dev or epoch number above 2^64 - 1 makes the text no PEP 440 version.

use std::cmp::Ordering;

/// A version in the sense of PEP 440. Equality and order follow the specification: `1.0` and `1.0.0` are equal.
#[derive(Debug, Clone)]
pub(super) struct Pep440 {
    epoch: u64,
    /// Never empty; trailing zeros are kept because `==1.0.*` and `~=1.0` count components.
    release: Box<[u64]>,
    pre: Option<(Phase, u64)>,
    post: Option<u64>,
    dev: Option<u64>,
    local: Box<[LocalSegment]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Alpha,
    Beta,
    Candidate,
}

/// Text sorts before numbers. A number is its digits without leading zeros, so that a long one (a digest) still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LocalSegment {
    Text(Box<str>),
    Number(Box<str>),
}

/// Every spelling of a pre-release phase, in the order in which they are tried.
const PHASES: [(&str, Phase); 8] = [
    ("alpha", Phase::Alpha),
    ("a", Phase::Alpha),
    ("beta", Phase::Beta),
    ("b", Phase::Beta),
    ("preview", Phase::Candidate),
    ("pre", Phase::Candidate),
    ("c", Phase::Candidate),
    ("rc", Phase::Candidate),
];

/// What Python's `str.strip` and `\s` take for white space.
pub(super) fn is_python_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

impl Pep440 {
    /// Reads a version with white space around it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_trimmed(text.trim_matches(is_python_space))
    }

    /// Reads a version that must fill the text.
    pub(super) fn parse_trimmed(text: &str) -> Result<Self, String> {
        let mut cursor = Cursor(text.as_bytes());
        cursor.eat_word("v");
        let mut epoch = 0;
        let mut first = cursor.expect_number()?;
        if cursor.eat(b'!') {
            epoch = first;
            first = cursor.expect_number()?;
        }
        let mut release = vec![first];
        while let [b'.', b'0'..=b'9', ..] = cursor.0 {
            cursor.eat(b'.');
            release.push(cursor.expect_number()?);
        }
        let pre = cursor.pre()?;
        let post = cursor.post()?;
        let dev = cursor.labelled(&[("dev", ())])?.map(|((), number)| number);
        let local = cursor.local()?;
        if !cursor.0.is_empty() {
            return Err(format!(
                "`{}` after the version is not of PEP 440",
                String::from_utf8_lossy(cursor.0)
            ));
        }
        Ok(Self {
            epoch,
            release: release.into_boxed_slice(),
            pre,
            post,
            dev,
            local,
        })
    }

    /// Alpha, beta, candidate or development release.
    pub(super) const fn is_prerelease(&self) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }

    pub(super) const fn is_post_or_dev(&self) -> bool {
        self.post.is_some() || self.dev.is_some()
    }

    pub(super) const fn has_local(&self) -> bool {
        !self.local.is_empty()
    }

    /// Nothing but epoch and release numbers.
    pub(super) const fn is_release_only(&self) -> bool {
        self.pre.is_none() && !self.is_post_or_dev() && !self.has_local()
    }

    pub(super) const fn release_len(&self) -> usize {
        self.release.len()
    }

    /// The earliest development release of this version: the exclusive upper bound that `<` sets.
    pub(super) fn with_dev_zero(mut self) -> Self {
        self.dev = Some(0);
        self
    }

    /// Whether epoch and the first `len` release numbers of `base` are this version's too, missing numbers being zero.
    pub(super) fn has_prefix_of(&self, base: &Self, len: usize) -> bool {
        let own = self.release.iter().chain(std::iter::repeat(&0));
        self.epoch == base.epoch && base.release.iter().take(len).zip(own).all(|(a, b)| a == b)
    }

    /// Same epoch, release and pre-release phase: `1.0.post1` and `1.0+x` are of the family of `1.0`.
    pub(super) fn is_of_family(&self, base: &Self) -> bool {
        self.epoch == base.epoch
            && compare_releases(&self.release, &base.release).is_eq()
            && self.pre == base.pre
    }

    /// The order without the local part of either.
    pub(super) fn compare_public(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_releases(&self.release, &other.release))
            .then_with(|| self.suffix().cmp(&other.suffix()))
    }

    /// Ranks and numbers of pre, post and dev. A development release of a final version sorts before its alphas.
    fn suffix(&self) -> (u8, u64, Option<u64>, bool, u64) {
        let (rank, number) = match self.pre {
            None if self.post.is_none() && self.dev.is_some() => (0, 0),
            Some((Phase::Alpha, number)) => (1, number),
            Some((Phase::Beta, number)) => (2, number),
            Some((Phase::Candidate, number)) => (3, number),
            None => (4, 0),
        };
        (
            rank,
            number,
            self.post,
            self.dev.is_none(),
            self.dev.unwrap_or(0),
        )
    }
}

/// Number by number, the shorter one padded with zeros.
fn compare_releases(left: &[u64], right: &[u64]) -> Ordering {
    let common = left.len().min(right.len());
    left[..common].cmp(&right[..common]).then_with(|| {
        match (
            left[common..].iter().any(|&n| n > 0),
            right[common..].iter().any(|&n| n > 0),
        ) {
            (true, _) => Ordering::Greater,
            (_, true) => Ordering::Less,
            _ => Ordering::Equal,
        }
    })
}

impl Ord for Pep440 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare_public(other)
            .then_with(|| self.local.cmp(&other.local))
    }
}

impl PartialOrd for Pep440 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pep440 {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Pep440 {}

impl Ord for LocalSegment {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Text(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Text(_)) => Ordering::Greater,
            (Self::Number(a), Self::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        }
    }
}

impl PartialOrd for LocalSegment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is left of a version text.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn eat(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn eat_separator(&mut self) {
        if let [b'.' | b'_' | b'-', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        match self.0.split_at_checked(word.len()) {
            Some((head, rest)) if head.eq_ignore_ascii_case(word.as_bytes()) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn take_while(&mut self, is_wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
        let end = self
            .0
            .iter()
            .position(|byte| !is_wanted(byte))
            .unwrap_or(self.0.len());
        let (head, rest) = self.0.split_at(end);
        self.0 = rest;
        head
    }

    /// `None` where no digit stands.
    fn number(&mut self) -> Result<Option<u64>, String> {
        let digits = self.take_while(u8::is_ascii_digit);
        if digits.is_empty() {
            return Ok(None);
        }
        digits
            .iter()
            .try_fold(0_u64, |number, digit| {
                number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
            })
            .map(Some)
            .ok_or_else(|| "a number in it is larger than 2^64 - 1".to_owned())
    }

    fn expect_number(&mut self) -> Result<u64, String> {
        self.number()?
            .ok_or_else(|| "a release number is missing".to_owned())
    }

    /// An optional `[._-]word[._-]number`, the number being 0 where it is left out.
    fn labelled<T: Copy>(&mut self, words: &[(&str, T)]) -> Result<Option<(T, u64)>, String> {
        let start = *self;
        self.eat_separator();
        for &(word, label) in words {
            if self.eat_word(word) {
                self.eat_separator();
                return Ok(Some((label, self.number()?.unwrap_or(0))));
            }
        }
        *self = start;
        Ok(None)
    }

    fn pre(&mut self) -> Result<Option<(Phase, u64)>, String> {
        self.labelled(&PHASES)
    }

    fn post(&mut self) -> Result<Option<u64>, String> {
        if let [b'-', b'0'..=b'9', ..] = self.0 {
            self.eat(b'-');
            return self.number();
        }
        let words = [("post", ()), ("rev", ()), ("r", ())];
        Ok(self.labelled(&words)?.map(|((), number)| number))
    }

    fn local(&mut self) -> Result<Box<[LocalSegment]>, String> {
        let mut segments = Vec::new();
        if self.eat(b'+') {
            loop {
                let segment = self.take_while(u8::is_ascii_alphanumeric);
                if segment.is_empty() {
                    return Err("an empty segment stands in the local version".to_owned());
                }
                segments.push(LocalSegment::of(segment));
                if self.0.is_empty() {
                    break;
                }
                let before = self.0.len();
                self.eat_separator();
                if self.0.len() == before {
                    break;
                }
            }
        }
        Ok(segments.into_boxed_slice())
    }
}

impl LocalSegment {
    fn of(segment: &[u8]) -> Self {
        let text = String::from_utf8_lossy(segment).to_ascii_lowercase();
        if segment.iter().all(u8::is_ascii_digit) {
            return Self::Number(text.trim_start_matches('0').into());
        }
        Self::Text(text.into())
    }
}
