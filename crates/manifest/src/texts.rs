//! Many short texts.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::begin::begin;

/// Texts in order, each once. They stand side by side in one piece of memory: a lockfile names tens of thousands, and a text
/// of its own for each would take several times the space, and most of the time.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Texts {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

/// The same while they come in, in any order.
#[derive(Debug, Default)]
pub(crate) struct TextsBuilder(Texts);

impl TextsBuilder {
    /// Adds a text, given in parts.
    pub(crate) fn push<const N: usize>(&mut self, parts: [&str; N]) {
        self.0.text.extend(parts);
        self.0.ends.push(self.0.text.len());
    }

    pub(crate) fn finish(self) -> Texts {
        self.0.sorted()
    }
}

impl Texts {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.at(at))
    }

    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn contains(&self, text: &str) -> bool {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.at(middle).cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn at(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    fn sorted(self) -> Self {
        if self.iter().is_sorted_by(|one, other| one < other) {
            return self;
        }
        let texts = self.iter().map(|text| (begin([text.as_bytes()]), text));
        let mut texts: Vec<(u128, &str)> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        let mut sorted = Self {
            text: String::with_capacity(self.text.len()),
            ends: Vec::with_capacity(texts.len()),
        };
        for (_, text) in texts {
            sorted.text.push_str(text);
            sorted.ends.push(sorted.text.len());
        }
        sorted
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let parts = texts.into_iter();
        let mut found = TextsBuilder::default();
        parts.for_each(|text| found.push([text.as_ref()]));
        found.finish()
    }
}

/// Texts in parts.
impl<'t, const N: usize> FromIterator<[&'t str; N]> for TextsBuilder {
    fn from_iter<I: IntoIterator<Item = [&'t str; N]>>(texts: I) -> Self {
        let mut found = Self::default();
        texts.into_iter().for_each(|parts| found.push(parts));
        found
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}
