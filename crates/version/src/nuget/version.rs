//! NuGet versions: up to four numbers, labels that ignore letter case, metadata that counts for nothing. Follows
//! `NuGetVersion.TryParse` and `VersionComparer.VersionRelease` of NuGet.Versioning.

use std::cmp::Ordering;
use std::fmt;

/// A version; displays normalised, without leading zeros, metadata, or a fourth number that is zero.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    numbers: [u32; 4],
    /// The labels joined by dots, without the leading dash; empty for a final version.
    labels: Box<str>,
}

/// `int.MaxValue`, which bounds every number.
const NUMBER_MAX: u32 = i32::MAX.unsigned_abs();

impl Version {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (text, metadata) = match text.split_once('+') {
            Some((text, metadata)) => (text, Some(metadata)),
            None => (text, None),
        };
        let (numbers, labels) = match text.split_once('-') {
            Some((numbers, labels)) => (numbers, Some(labels)),
            None => (text, None),
        };
        if let Some(labels) = labels {
            check_labels(labels, true)?;
        }
        if let Some(metadata) = metadata {
            check_labels(metadata, false)?;
        }
        Ok(Self {
            numbers: parse_numbers(numbers)?,
            labels: labels.unwrap_or_default().into(),
        })
    }

    /// 0.0.0, the lower bound of `*`.
    pub(super) fn zero() -> Self {
        Self {
            numbers: [0; 4],
            labels: Box::default(),
        }
    }

    pub(super) const fn numbers(&self) -> [u32; 4] {
        self.numbers
    }

    pub(super) fn labels(&self) -> &str {
        &self.labels
    }

    pub(super) fn is_prerelease(&self) -> bool {
        !self.labels.is_empty()
    }
}

/// One to four numbers separated by dots, white space around each.
fn parse_numbers(text: &str) -> Result<[u32; 4], String> {
    let mut numbers = [0; 4];
    let mut parts = text.split('.');
    for number in &mut numbers {
        let Some(part) = parts.next() else {
            return Ok(numbers);
        };
        *number = parse_number(part.trim())?;
    }
    match parts.next() {
        Some(_) => Err("it has more than four numbers".to_owned()),
        None => Ok(numbers),
    }
}

fn parse_number(digits: &str) -> Result<u32, String> {
    if digits.is_empty() {
        return Err("a number is missing".to_owned());
    }
    digits.bytes().try_fold(0_u32, |number, digit| {
        if !digit.is_ascii_digit() {
            return Err("a character other than digits stands in a number".to_owned());
        }
        number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u32::from(digit - b'0')))
            .filter(|&number| number <= NUMBER_MAX)
            .ok_or_else(|| format!("a number is larger than {NUMBER_MAX}"))
    })
}

/// Labels are letters, digits and dashes. One of a pre-release that is a number has no leading zero.
fn check_labels(labels: &str, is_prerelease: bool) -> Result<(), String> {
    for label in labels.split('.') {
        if label.is_empty() {
            return Err("a label is empty".to_owned());
        }
        if !label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err("a label has a character other than letters, digits and dashes".to_owned());
        }
        let is_padded = label.len() > 1 && label.starts_with('0');
        if is_prerelease && is_padded && label.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a numeric label has a leading zero".to_owned());
        }
    }
    Ok(())
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.is_prerelease(), other.is_prerelease()) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                _ => compare_labels(&self.labels, &other.labels),
            }
        })
    }
}

/// Label by label; of equal beginnings the longer one is greater.
fn compare_labels(left: &str, right: &str) -> Ordering {
    let (mut lefts, mut rights) = (left.split('.'), right.split('.'));
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => compare_label(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// What .NET's `int.TryParse` reads is a number, so `-5` is one and `2147483648` is not. Numbers come first.
fn compare_label(left: &str, right: &str) -> Ordering {
    match (left.parse::<i32>(), right.parse::<i32>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => {
            let upper = |byte: u8| byte.to_ascii_uppercase();
            left.bytes().map(upper).cmp(right.bytes().map(upper))
        }
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

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, revision] = self.numbers;
        write!(out, "{major}.{minor}.{patch}")?;
        if revision > 0 {
            write!(out, ".{revision}")?;
        }
        if self.is_prerelease() {
            write!(out, "-{}", self.labels)?;
        }
        Ok(())
    }
}
