//! The parts of an object that were fetched, read as if all of it were there: what is missing is noted, to be fetched.

use std::io::{Error, Result};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rawzip::ReaderAt;

/// Parts of an object by their place in it.
#[derive(Debug)]
pub(super) struct Sparse {
    size: u64,
    /// Where each begins, and its bytes; in no order, few at a time.
    parts: Vec<(u64, Vec<u8>)>,
    /// The first range that was read and is not here.
    missed: Mutex<Option<Range<u64>>>,
}

impl Sparse {
    /// Of an object of that many bytes, of which nothing is here yet.
    pub(super) const fn new(size: u64) -> Self {
        Self {
            size,
            parts: Vec::new(),
            missed: Mutex::new(None),
        }
    }

    pub(super) fn insert(&mut self, from: u64, bytes: Vec<u8>) {
        self.parts.push((from, bytes));
    }

    /// How many parts there are; [`Sparse::truncate`] takes later ones out again.
    pub(super) const fn count(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn truncate(&mut self, count: usize) {
        self.parts.truncate(count);
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// What was missed since it was asked last.
    pub(super) fn take_missed(&self) -> Option<Range<u64>> {
        self.missed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// The range without what is here of its beginning and its end.
    pub(super) fn without_known(&self, range: Range<u64>) -> Range<u64> {
        let Range { mut start, mut end } = range;
        for (from, bytes) in &self.parts {
            let to = from + bytes.len() as u64;
            if *from <= start && start < to {
                start = to.min(end);
            }
            if *from < end && end <= to {
                end = (*from).max(start);
            }
        }
        start..end
    }

    fn miss(&self, range: Range<u64>) {
        self.missed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(range);
    }
}

impl ReaderAt for Sparse {
    /// Zero bytes at the object's end; an error where it was not fetched.
    fn read_at(&self, into: &mut [u8], offset: u64) -> Result<usize> {
        let left = self.size.saturating_sub(offset);
        let wanted = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        for (from, bytes) in &self.parts {
            let at = offset.checked_sub(*from);
            let found = at.and_then(|at| bytes.get(usize::try_from(at).ok()?..));
            if let Some(found) = found.filter(|found| !found.is_empty()) {
                let count = wanted.min(found.len());
                into[..count].copy_from_slice(&found[..count]);
                return Ok(count);
            }
        }
        self.miss(offset..offset + wanted as u64);
        Err(Error::other("this part was not fetched yet"))
    }
}
