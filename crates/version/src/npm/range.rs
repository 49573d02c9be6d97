//! node-semver's `Range`: alternatives (`||`) of comparators that all have to hold.

use super::desugar::{self, Options};
use super::pattern;
use super::version::{Identifier, Version};

/// A range, read twice: the switch that lets pre-releases in also moves the bounds.
#[derive(Debug, Clone)]
pub(super) struct Range {
    sets: Box<[Set]>,
    /// Where it differs from `sets`.
    sets_with_prereleases: Option<Box<[Set]>>,
}

/// Comparators that all have to hold; none of them: any version.
type Set = Box<[Comparator]>;

#[derive(Debug, Clone, PartialEq)]
struct Comparator {
    operator: Operator,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Range {
    pub(super) fn parse(text: &str, loose: bool) -> Result<Self, String> {
        let sets = parse_sets(
            text,
            Options {
                loose,
                prereleases: false,
            },
        )?;
        // The moved bounds can be too large a number where the others were not; then the tool admits nothing.
        let with_prereleases = parse_sets(
            text,
            Options {
                loose,
                prereleases: true,
            },
        )
        .unwrap_or_default();
        Ok(Self {
            sets_with_prereleases: (with_prereleases != sets).then_some(with_prereleases),
            sets,
        })
    }

    /// Whether the range is one version written in full.
    pub(super) fn is_exact(&self) -> bool {
        matches!(&*self.sets, [set] if matches!(&**set, [one] if one.operator == Operator::Equal))
    }

    pub(super) fn admits(&self, version: &Version, prereleases: bool) -> bool {
        let sets = match &self.sets_with_prereleases {
            Some(sets) if prereleases => sets,
            _ => &self.sets,
        };
        sets.iter().any(|set| {
            set.iter().all(|comparator| comparator.holds_for(version))
                && (prereleases || !version.has_prerelease() || names_prerelease_of(set, version))
        })
    }
}

/// npm's rule: a pre-release is meant only where a comparator names a pre-release of the same three numbers.
fn names_prerelease_of(set: &[Comparator], version: &Version) -> bool {
    set.iter().any(|comparator| {
        comparator.version.has_prerelease() && comparator.version.is_of_same_release(version)
    })
}

impl Comparator {
    fn holds_for(&self, version: &Version) -> bool {
        let order = version.cmp(&self.version);
        match self.operator {
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Equal => order.is_eq(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Greater => order.is_gt(),
        }
    }
}

fn parse_comparator(text: &str, loose: bool) -> Result<Comparator, String> {
    let (operator, rest) = pattern::split_operator(text);
    let operator = match operator {
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">=" => Operator::GreaterOrEqual,
        ">" => Operator::Greater,
        _ => Operator::Equal,
    };
    let version = Version::parse(rest, loose)
        .map_err(|reason| format!("in the comparator `{text}`: {reason}"))?;
    Ok(Comparator { operator, version })
}

fn parse_sets(text: &str, options: Options) -> Result<Box<[Set]>, String> {
    let text = collapse_spaces(text);
    let mut sets = Vec::new();
    for alternative in text.split("||") {
        sets.extend(parse_set(alternative.trim_matches(' '), options)?);
    }
    let Some(first) = sets.first().cloned() else {
        return Err("no part of it is a version comparator".to_owned());
    };
    if sets.len() > 1 {
        sets.retain(|set| !is_nothing(set));
        if let Some(any) = sets.iter().position(|set| set.is_empty()) {
            // node-semver keeps the `*` alone, so a pre-release that another alternative names goes with it.
            sets = vec![sets.swap_remove(any)];
        }
    }
    if sets.is_empty() {
        sets.push(first);
    }
    Ok(sets.into_boxed_slice())
}

/// `None` where the loose reading drops every comparator.
fn parse_set(alternative: &str, options: Options) -> Result<Option<Set>, String> {
    let plain = desugar::hyphen(&without_builds(alternative), options)?;
    let plain = trim_after(&trim_after(&trim_operators(&plain), "~"), "^");
    let desugared: Result<Vec<String>, String> = plain
        .split(' ')
        .map(|written| desugar::comparator(written, options))
        .collect();
    let desugared = desugared?.join(" ");
    let mut comparators = Vec::new();
    // The tool splits at runs of spaces, so an empty comparator between two others is lost. In the loose reading, where
    // those two may be dropped, this can be the difference between any version and none.
    let mut is_any = desugared.is_empty() || desugared.starts_with(' ') || desugared.ends_with(' ');
    for text in desugared.split(' ').filter(|text| !text.is_empty()) {
        if is_lower_bound_of_all(text, options) {
            is_any = true;
        } else if !options.loose || is_loose_comparator(text) {
            comparators.push(parse_comparator(text, options.loose)?);
        }
    }
    if let Some(position) = comparators.iter().position(is_nothing_comparator) {
        return Ok(Some(Box::new([comparators.swap_remove(position)])));
    }
    Ok((is_any || !comparators.is_empty()).then(|| comparators.into_boxed_slice()))
}

fn is_lower_bound_of_all(text: &str, options: Options) -> bool {
    text == if options.prereleases {
        ">=0.0.0-0"
    } else {
        ">=0.0.0"
    }
}

fn is_loose_comparator(text: &str) -> bool {
    pattern::version(pattern::split_operator(text).1, true).is_some()
}

fn is_nothing(set: &[Comparator]) -> bool {
    set.first().is_some_and(is_nothing_comparator)
}

/// Whether this is `<0.0.0-0`, which no version satisfies.
fn is_nothing_comparator(comparator: &Comparator) -> bool {
    let Version {
        major,
        minor,
        patch,
        prerelease,
    } = &comparator.version;
    comparator.operator == Operator::Less
        && (major, minor, patch) == (&0, &0, &0)
        && matches!(&**prerelease, [Identifier::Number(0.0)])
}

fn collapse_spaces(text: &str) -> String {
    let words: Vec<&str> = text
        .split(super::is_space)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Takes out build suffixes (`+…`) wherever they stand.
fn without_builds(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(plus) = rest.find('+') {
        let end = pattern::build_end(rest.as_bytes(), plus);
        kept.push_str(&rest[..if end.is_some() { plus } else { plus + 1 }]);
        rest = &rest[end.unwrap_or(plus + 1)..];
    }
    kept + rest
}

/// Takes out the space between an operator and its version: `> 1.2.3` becomes `>1.2.3`.
fn trim_operators(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let before = at + usize::from(bytes[at] == b' ');
        let angle = before + usize::from(matches!(bytes.get(before), Some(b'<' | b'>')));
        let operator = angle + usize::from(bytes.get(angle) == Some(&b'='));
        let version = operator + usize::from(bytes.get(operator) == Some(&b' '));
        match pattern::prefix_end(bytes, version) {
            Ok(end) => {
                kept.push_str(&text[at..operator]);
                kept.push_str(&text[version..end]);
                at = end;
            }
            // A longer character than one byte starts no version, so stepping over the whole of it loses nothing.
            Err(end) => {
                let end = (end.max(at + 1)..=bytes.len())
                    .find(|end| text.is_char_boundary(*end))
                    .unwrap_or(bytes.len());
                kept.push_str(&text[at..end]);
                at = end;
            }
        }
    }
    kept
}

/// Takes out the space after `~`, `~>` or `^`, and the `>` with it.
fn trim_after(text: &str, sign: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find(sign) {
        let (before, after) = rest.split_at(position + sign.len());
        kept.push_str(before);
        let past_arrow = if sign == "~" {
            after.strip_prefix('>').unwrap_or(after)
        } else {
            after
        };
        rest = past_arrow.strip_prefix(' ').unwrap_or(after);
    }
    kept + rest
}
