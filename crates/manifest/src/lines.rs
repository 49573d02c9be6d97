//! From a place in a text to its line.

/// Where each line of a text begins. Costs one pass; a look-up is a binary search.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    breaks: Vec<u32>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes())
            .map(|at| u32::try_from(at).unwrap_or(u32::MAX))
            .collect();
        Self { text, breaks }
    }

    /// The line, from 1, of the byte at this place.
    pub(crate) fn at(&self, offset: usize) -> u32 {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let before = self.breaks.partition_point(|line_end| *line_end < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }

    /// The line of a part of this same text; `None` for a text that stands elsewhere (one that had escapes, say).
    pub(crate) fn of(&self, part: &str) -> Option<u32> {
        let start = self.text.as_ptr().addr();
        let offset = part.as_ptr().addr().checked_sub(start)?;
        (offset + part.len() <= self.text.len()).then(|| self.at(offset))
    }
}
