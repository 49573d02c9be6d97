//! What happened, line by line: its hash shows that two runs were the same, its end shows how a failure came about.

use std::collections::VecDeque;

/// Lines kept for a failure.
const TAIL_MAX: usize = 40;

#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    lines: u64,
    tail: VecDeque<String>,
    is_whole: bool,
}

impl Trace {
    pub(super) const fn new(is_whole: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: 0,
            tail: VecDeque::new(),
            is_whole,
        }
    }

    pub(super) fn line(&mut self, text: String) {
        // FNV-1a, 64 bits.
        for byte in text.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.lines += 1;
        if !self.is_whole && self.tail.len() >= TAIL_MAX {
            self.tail.pop_front();
        }
        self.tail.push_back(text);
    }

    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn into_tail(self) -> Vec<String> {
        self.tail.into()
    }
}
