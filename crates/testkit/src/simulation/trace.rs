//! What happened, line by line: the hash of the text shows that two runs were the same, its end shows how a failure came
//! about. Text is made only where somebody wants it; a digest of what happened is always kept.

use std::collections::VecDeque;

/// Lines kept for a failure.
const TAIL_MAX: usize = 40;
// FNV-1a, 64 bits.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// How much of a run is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tracing {
    /// Nothing: the fastest.
    #[default]
    Off,
    /// Everything is hashed, and a failure shows the end.
    Tail,
    /// A failure shows everything.
    Whole,
}

#[derive(Debug)]
pub(super) struct Trace {
    tracing: Tracing,
    digest: u64,
    hash: u64,
    lines: VecDeque<String>,
}

/// Writes a line of the trace of a world, if anybody wants it.
macro_rules! tell {
    ($world:expr, $($text:tt)+) => {
        if $world.trace.is_on() {
            let text = format!($($text)+);
            $world.tell(&text);
        }
    };
}
pub(super) use tell;

impl Trace {
    pub(super) const fn new(tracing: Tracing) -> Self {
        Self {
            tracing,
            digest: FNV_OFFSET,
            hash: FNV_OFFSET,
            lines: VecDeque::new(),
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        !matches!(self.tracing, Tracing::Off)
    }

    pub(super) fn line(&mut self, text: String) {
        for byte in text.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
        if self.tracing == Tracing::Tail && self.lines.len() >= TAIL_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(text);
    }

    /// Something happened that this number stands for.
    pub(super) const fn mix(&mut self, number: u64) {
        let mixed = (self.digest ^ number).wrapping_mul(FNV_PRIME);
        self.digest = mixed ^ (mixed >> 29);
    }

    pub(super) fn mix_text(&mut self, text: &str) {
        let hash = text.bytes().fold(FNV_OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
        });
        self.mix(hash);
    }

    /// Of what happened, traced or not.
    pub(super) const fn digest(&self) -> u64 {
        self.digest
    }

    /// Of every line.
    pub(super) const fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}
