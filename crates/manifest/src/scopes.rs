//! What a dependency is for, all of it together.

#[cfg(test)]
mod tests;

use std::fmt;

use downriver_domain::Scope;

/// A set of scopes. There is one for each of many thousands of dependencies: a byte, where a tree would be an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

/// In the order of [`Scope`] itself.
const ALL: [Scope; 6] = [
    Scope::Runtime,
    Scope::Dev,
    Scope::Test,
    Scope::Build,
    Scope::Optional,
    Scope::Peer,
];

impl Scopes {
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it was not in yet.
    pub const fn insert(&mut self, scope: Scope) -> bool {
        let is_new = !self.contains(scope);
        self.0 |= bit(scope);
        is_new
    }

    /// In the order of [`Scope`] itself.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

const fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(bit(scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            set.insert(scope);
        }
        set
    }
}

impl std::ops::BitOrAssign for Scopes {
    fn bitor_assign(&mut self, others: Self) {
        self.0 |= others.0;
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter()).finish()
    }
}
