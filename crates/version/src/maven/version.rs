//! maven-resolver's `GenericVersion`: any text is a version, split into numbers and words.

use std::cmp::Ordering;

/// A Maven version with the text it was read from: Maven finds an artifact by text, not by equality of versions.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    text: Box<str>,
    items: Box<[Item]>,
}

/// One number or word. The ranks of the qualifiers are those of maven-resolver: negative before the release, zero for
/// the release itself (`ga`, `final`, `release`), positive after it.
#[derive(Debug, Clone)]
enum Item {
    Min,
    Qualifier(i8),
    /// Folded for a comparison without case.
    Word(Box<str>),
    Int(u32),
    /// Ten digits or more, without leading zeros.
    BigInt(Box<str>),
    Max,
}

impl Version {
    pub(super) fn parse(text: &str) -> Self {
        let tokens = Tokens {
            rest: if text.is_empty() { "0" } else { text },
        };
        Self {
            text: text.into(),
            items: without_padding(tokens.collect()),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the version is mutable: `-SNAPSHOT`, or a time stamp in its place (`-20240131.101500-3`).
    pub(super) fn is_snapshot(&self) -> bool {
        is_snapshot(&self.text)
    }

    /// Whether a word before the release (alpha to snapshot) stands anywhere in it.
    pub(super) fn is_prerelease(&self) -> bool {
        self.is_snapshot()
            || self
                .items
                .iter()
                .any(|item| matches!(item, Item::Qualifier(rank) if *rank < 0))
    }
}

pub(super) fn is_snapshot(text: &str) -> bool {
    const SUFFIX: &str = "SNAPSHOT";
    let has_suffix = text
        .len()
        .checked_sub(SUFFIX.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(SUFFIX));
    has_suffix || has_time_stamp(text)
}

/// Maven's `-([0-9]{8}.[0-9]{6})-([0-9]+)` at the end of the text.
fn has_time_stamp(text: &str) -> bool {
    let are_digits =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.rsplitn(3, '-');
    let (Some(build), Some(stamp), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    are_digits(build)
        && stamp.split_once('.').is_some_and(|(day, time)| {
            day.len() == 8 && time.len() == 6 && are_digits(day) && are_digits(time)
        })
}

impl Item {
    const fn is_number(&self) -> bool {
        !matches!(self, Self::Qualifier(_) | Self::Word(_))
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Min => 0,
            Self::Qualifier(_) => 2,
            Self::Word(_) => 3,
            Self::Int(_) => 4,
            Self::BigInt(_) => 5,
            Self::Max => 8,
        }
    }

    /// Compares with what an absent item counts as: the number 0 or the qualifier of a release.
    fn cmp_padding(&self) -> Ordering {
        match self {
            Self::Min => Ordering::Less,
            Self::Max | Self::BigInt(_) | Self::Word(_) => Ordering::Greater,
            Self::Int(number) => number.cmp(&0),
            Self::Qualifier(rank) => rank.cmp(&0),
        }
    }

    fn cmp_item(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Qualifier(rank), Self::Qualifier(other)) => rank.cmp(other),
            (Self::Int(number), Self::Int(other)) => number.cmp(other),
            (Self::BigInt(digits), Self::BigInt(other)) => {
                (digits.len(), digits).cmp(&(other.len(), other))
            }
            // Java compares the 16-bit units, not the characters.
            (Self::Word(word), Self::Word(other)) => word.encode_utf16().cmp(other.encode_utf16()),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Iterator for Tokens<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let first = self.rest.chars().next()?;
        let is_number = first.is_ascii_digit();
        let end = self
            .rest
            .find(|c: char| is_separator(c) || c.is_ascii_digit() != is_number)
            .unwrap_or(self.rest.len());
        let (token, after) = self.rest.split_at(end);
        self.rest = after.strip_prefix(is_separator).unwrap_or(after);
        let is_before_digit = after.starts_with(|c: char| c.is_ascii_digit());
        Some(match token {
            "" => Item::Int(0),
            _ if is_number => number_item(token),
            _ => word_item(token, self.rest.is_empty(), is_before_digit),
        })
    }
}

const fn is_separator(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

fn number_item(token: &str) -> Item {
    const INT_DIGITS_MAX: usize = 9;
    let digits = token.trim_start_matches('0');
    if digits.len() > INT_DIGITS_MAX {
        return Item::BigInt(digits.into());
    }
    Item::Int(
        digits
            .bytes()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0')),
    )
}

fn word_item(token: &str, is_last: bool, is_before_digit: bool) -> Item {
    let word = token.to_lowercase();
    match word.as_str() {
        "min" if is_last => Item::Min,
        "max" if is_last => Item::Max,
        "a" if is_before_digit => Item::Qualifier(-5),
        "b" if is_before_digit => Item::Qualifier(-4),
        "m" if is_before_digit => Item::Qualifier(-3),
        "alpha" => Item::Qualifier(-5),
        "beta" => Item::Qualifier(-4),
        "milestone" => Item::Qualifier(-3),
        "rc" | "cr" => Item::Qualifier(-2),
        "snapshot" => Item::Qualifier(-1),
        "ga" | "final" | "release" => Item::Qualifier(0),
        "sp" => Item::Qualifier(1),
        _ => Item::Word(word.chars().map(folded).collect()),
    }
}

/// Java's comparison without case: each character in upper, then in lower case, where that is one character.
fn folded(c: char) -> char {
    let single = |c: char, mut mapped: Box<dyn Iterator<Item = char>>| match (
        mapped.next(),
        mapped.next(),
    ) {
        (Some(one), None) => one,
        _ => c,
    };
    let upper = single(c, Box::new(c.to_uppercase()));
    single(upper, Box::new(upper.to_lowercase()))
}

/// Takes out the items that count as padding at the end of each run of numbers or words; the first item stays.
fn without_padding(items: Vec<Item>) -> Box<[Item]> {
    let mut kept_reversed: Vec<Item> = Vec::with_capacity(items.len());
    let mut run_is_number = None;
    let mut is_end_of_run = true;
    let mut items = items.into_iter().rev().peekable();
    while let Some(item) = items.next() {
        let Some(before) = items.peek() else {
            kept_reversed.push(item);
            break;
        };
        if run_is_number != Some(item.is_number()) {
            run_is_number = Some(item.is_number());
            is_end_of_run = true;
        }
        let is_in_run = kept_reversed.is_empty() || before.is_number() == item.is_number();
        if is_end_of_run && is_in_run && item.cmp_padding().is_eq() {
            continue;
        }
        is_end_of_run = false;
        kept_reversed.push(item);
    }
    kept_reversed.reverse();
    kept_reversed.into_boxed_slice()
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) = (&*self.items, &*other.items);
        let mut is_number = true;
        for index in 0.. {
            let (this, that) = match (mine.get(index), others.get(index)) {
                (None, None) => return Ordering::Equal,
                (None, Some(_)) => return cmp_rest(others, index, None).reverse(),
                (Some(_), None) => return cmp_rest(mine, index, None),
                (Some(this), Some(that)) => (this, that),
            };
            if this.is_number() == that.is_number() {
                let order = this.cmp_item(that);
                if order.is_ne() {
                    return order;
                }
                is_number = this.is_number();
            } else if index == 0 {
                return this.cmp_item(that);
            } else if is_number == this.is_number() {
                return cmp_rest(mine, index, Some(is_number));
            } else {
                return cmp_rest(others, index, Some(is_number)).reverse();
            }
        }
        Ordering::Equal
    }
}

/// Compares the items from `index` on with padding; with `is_number`, those of that sort alone.
fn cmp_rest(items: &[Item], index: usize, is_number: Option<bool>) -> Ordering {
    items[index..]
        .iter()
        .filter(|item| is_number.is_none_or(|is_number| is_number == item.is_number()))
        .map(Item::cmp_padding)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
