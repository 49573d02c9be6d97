//! `TSCUtility.Version`: three numbers, pre-release identifiers, build metadata that counts for nothing.

use std::cmp::Ordering;

#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// Major, minor, patch; at most `i64::MAX`, as Swift's `Int`.
    numbers: [u64; 3],
    /// What stands after the dash. `1.0.0-` has one, which is empty.
    prerelease: Option<Box<str>>,
}

const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();

impl Version {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (text, metadata) = match text.split_once('+') {
            Some((text, metadata)) => (text, Some(metadata)),
            None => (text, None),
        };
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let is_identifier = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if ![metadata, prerelease]
            .into_iter()
            .flatten()
            .flat_map(str::bytes)
            .all(is_identifier)
        {
            return Err(
                "an identifier has a character other than letters, digits and hyphens".to_owned(),
            );
        }
        let mut parts = core.split('.');
        let mut next = || {
            parts
                .next()
                .ok_or_else(|| "it has fewer than three numbers".to_owned())
                .and_then(parse_number)
        };
        let numbers = [next()?, next()?, next()?];
        if parts.next().is_some() {
            return Err("it has more than three numbers".to_owned());
        }
        Ok(Self {
            numbers,
            prerelease: prerelease.map(Into::into),
        })
    }

    pub(super) const fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    pub(super) const fn numbers(&self) -> [u64; 3] {
        self.numbers
    }

    /// The final version of the next major (0), minor (1) or patch (2) number.
    pub(super) fn next(&self, position: usize) -> Result<Self, String> {
        let mut numbers = self.numbers;
        numbers[position] += 1;
        numbers[position + 1..].fill(0);
        if numbers[position] > NUMBER_MAX {
            return Err("its number has no next one".to_owned());
        }
        Ok(Self {
            numbers,
            prerelease: None,
        })
    }

    /// The next patch with the same pre-release identifiers.
    pub(super) fn next_patch_alike(&self) -> Result<Self, String> {
        Ok(Self {
            prerelease: self.prerelease.clone(),
            ..self.next(2)?
        })
    }
}

fn parse_number(digits: &str) -> Result<u64, String> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("a part before the dash is no number".to_owned());
    }
    let number = digits
        .parse()
        .ok()
        .filter(|&number: &u64| number <= NUMBER_MAX);
    number.ok_or_else(|| format!("a number is larger than {NUMBER_MAX}"))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (&self.prerelease, &other.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(left), Some(right)) => compare_prereleases(left, right),
            })
    }
}

/// Identifier by identifier; of equal beginnings the longer one is greater.
fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut lefts, mut rights) = (left.split('.'), right.split('.'));
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => compare_identifiers(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// What Swift's `Int` reads is a number, so `-5` is one. Numbers come first.
fn compare_identifiers(left: &str, right: &str) -> Ordering {
    match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
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
