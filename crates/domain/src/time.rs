#[cfg(test)]
mod tests;

use std::fmt;

/// An instant as milliseconds since the Unix epoch. Time always comes in as a value: this crate has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// `secs` seconds later, saturating.
    #[must_use]
    pub const fn plus_secs(self, secs: u64) -> Self {
        match self.0.checked_add_unsigned(secs.saturating_mul(1000)) {
            Some(millis) => Self(millis),
            None => Self::MAX,
        }
    }

    /// `secs` seconds earlier, saturating.
    #[must_use]
    pub const fn minus_secs(self, secs: u64) -> Self {
        match self.0.checked_sub_unsigned(secs.saturating_mul(1000)) {
            Some(millis) => Self(millis),
            None => Self::MIN,
        }
    }

    /// Whole seconds since `earlier`; zero if `earlier` is later.
    pub const fn secs_since(self, earlier: Self) -> u64 {
        let millis = self.0.saturating_sub(earlier.0);
        if millis < 0 {
            0
        } else {
            millis.unsigned_abs() / 1000
        }
    }
}

impl fmt::Display for Timestamp {
    /// Milliseconds since the epoch; people see RFC 3339, which the edges write.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}
