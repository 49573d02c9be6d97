//! From a place in a text to its line.

#[cfg(test)]
mod tests;

/// How many lines stand before each block of a text. Costs one pass; a look-up counts the rest of one block. A table of the
/// lines themselves would be many times as large, and a search in it slower.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    before: Vec<u32>,
}

/// Counting the lines of this many bytes takes as long as a few look-ups in memory.
const BLOCK_BYTES: usize = 256;

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lines = 0;
        let blocks = text.as_bytes().chunks(BLOCK_BYTES).map(|block| {
            let before = lines;
            lines += count(block);
            before
        });
        let before = blocks.collect();
        Self { text, before }
    }

    /// The line, from 1, of the byte at this place.
    pub(crate) fn at(&self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        let block = (offset / BLOCK_BYTES).min(self.before.len().saturating_sub(1));
        let rest = &self.text.as_bytes()[block * BLOCK_BYTES..offset];
        self.before
            .get(block)
            .map_or(1, |before| before + count(rest) + 1)
    }

    /// The line of a part of this same text; `None` for a text that stands elsewhere (one that had escapes, say).
    pub(crate) fn of(&self, part: &str) -> Option<u32> {
        let start = self.text.as_ptr().addr();
        let offset = part.as_ptr().addr().checked_sub(start)?;
        (offset + part.len() <= self.text.len()).then(|| self.at(offset))
    }
}

fn count(text: &[u8]) -> u32 {
    // No text is longer than a file may be.
    let count = memchr::memchr_iter(b'\n', text).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
