//! Identifiers that no other process and no earlier run of this one has given out.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, DefaultHasher, Hash, Hasher as _, RandomState};

/// Access key ids are `ASIA` and 16 of these.
const KEY_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[derive(Debug, Default)]
pub(crate) struct Ids {
    keyed: RandomState,
    given: u64,
}

impl Ids {
    /// A lower-case UUID, version 4 in form.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// Upper-case letters and digits.
    pub(crate) fn letters(&mut self, count: usize) -> String {
        let mut text = String::with_capacity(count);
        while text.len() < count {
            let bits = self.next();
            let word = (0..12).map(|at| char::from(KEY_LETTERS[(bits >> (5 * at) & 31) as usize]));
            text.extend(word);
        }
        text.truncate(count);
        text
    }

    fn next(&mut self) -> u64 {
        self.given += 1;
        self.keyed.hash_one(self.given)
    }
}

/// Forty hex digits that depend on nothing but what they name, as a commit's id does.
pub(crate) fn commit_of(named: impl Hash) -> String {
    let mut text = String::with_capacity(48);
    for part in 0..3_u8 {
        let mut hasher = DefaultHasher::new();
        (part, &named).hash(&mut hasher);
        write!(text, "{:016x}", hasher.finish()).expect("writing to a String cannot fail");
    }
    text.truncate(40);
    text
}
