//! Names of writes, by which whoever lost the answer to one finds out that it was done.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Names of writes, unlike any other process's: a record says which write it stands from. Whoever finds its own name on
/// a record after a failed condition has written it already, and only the answer was lost.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    /// Seeded by the operating system.
    seed: RandomState,
    count: AtomicU64,
}

impl Nonces {
    pub(super) fn next(&self) -> String {
        format!("{:016x}", self.random())
    }

    /// Any number.
    pub(super) fn random(&self) -> u64 {
        self.seed
            .hash_one(self.count.fetch_add(1, Ordering::Relaxed))
    }
}
