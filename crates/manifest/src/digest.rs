//! Finding texts that are long and alike, of which there are many: by digest.

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

/// The same in every process: the hasher's keys are fixed. Two texts with the same digest are still to be told apart.
pub(crate) fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Numbers by digest, as long as more come in.
#[expect(
    clippy::disallowed_types,
    reason = "it is only asked, never iterated: the seed decides nothing"
)]
pub(crate) type ByDigest = std::collections::HashMap<u64, usize>;

/// Places by digest, in order of both. Digests are spread evenly, so that their first bits tell where to look.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    sorted: Vec<(u64, u32)>,
    /// Where those begin whose first bits are this number, and where the last end.
    starts: Vec<u32>,
    bits: u32,
}

impl Digests {
    pub(crate) fn new(digests: &[(u64, u32)]) -> Self {
        let bits = digests.len().max(2).ilog2();
        let mut starts = vec![0_u32; (1 << bits) + 1];
        for (digest, _) in digests {
            starts[first(*digest, bits) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut sorted = vec![(0, 0); digests.len()];
        let mut next = starts.clone();
        for entry in digests {
            let at = &mut next[first(entry.0, bits)];
            sorted[*at as usize] = *entry;
            *at += 1;
        }
        for ends in starts.windows(2) {
            sorted[ends[0] as usize..ends[1] as usize].sort_unstable();
        }
        Self {
            sorted,
            starts,
            bits,
        }
    }

    /// The places of this digest, in order.
    pub(crate) fn get(&self, digest: u64) -> impl DoubleEndedIterator<Item = u32> {
        let alike = if self.sorted.is_empty() {
            &[][..]
        } else {
            let first = first(digest, self.bits);
            &self.sorted[self.starts[first] as usize..self.starts[first + 1] as usize]
        };
        let from = alike.partition_point(|(known, _)| *known < digest);
        let same = alike[from..].partition_point(|(known, _)| *known == digest);
        alike[from..from + same].iter().map(|(_, place)| *place)
    }
}

fn first(digest: u64, bits: u32) -> usize {
    usize::try_from(digest >> (u64::BITS - bits)).unwrap_or_default()
}
