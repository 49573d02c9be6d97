//! `pnpm-lock.yaml` as it is written.

use downriver_domain::Scope;
use serde::Deserialize;

use crate::npm::yaml::{Entries, Text};

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Written<'a, D> {
    #[serde(borrow)]
    overrides: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    catalogs: Catalogs<'a>,
    #[serde(borrow)]
    importers: Entries<'a, Importer<'a, D>>,
    /// What the only importer has, if it is the only one. So was it up to version 8.
    #[serde(borrow)]
    specifiers: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    dependencies: Entries<'a, D>,
    #[serde(borrow)]
    optional_dependencies: Entries<'a, D>,
    #[serde(borrow)]
    dev_dependencies: Entries<'a, D>,
    #[serde(borrow)]
    packages: Entries<'a, Package<'a>>,
    #[serde(borrow)]
    snapshots: Entries<'a, Package<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Importer<'a, D> {
    #[serde(borrow)]
    specifiers: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    dependencies: Entries<'a, D>,
    #[serde(borrow)]
    optional_dependencies: Entries<'a, D>,
    #[serde(borrow)]
    dev_dependencies: Entries<'a, D>,
}

/// A package or a snapshot of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Package<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) resolution: Resolution<'a>,
    #[serde(borrow)]
    pub(super) dependencies: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    pub(super) optional_dependencies: Entries<'a, Text<'a>>,
    #[serde(borrow)]
    pub(super) peer_dependencies: Entries<'a, Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Resolution<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) directory: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) tarball: Option<Text<'a>>,
}

/// What an importer was given for a requirement, with the requirement.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dependency<'a> {
    #[serde(borrow)]
    pub(super) specifier: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) version: Option<Text<'a>>,
}

/// The same in version 5, which has the requirements by themselves.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Plain<'a>(#[serde(borrow)] Text<'a>);

impl<'a> From<Plain<'a>> for Dependency<'a> {
    fn from(Plain(version): Plain<'a>) -> Self {
        Self {
            specifier: None,
            version: Some(version),
        }
    }
}

impl<D> Default for Importer<'_, D> {
    fn default() -> Self {
        Self {
            specifiers: Entries::default(),
            dependencies: Entries::default(),
            optional_dependencies: Entries::default(),
            dev_dependencies: Entries::default(),
        }
    }
}

impl<D> Default for Written<'_, D> {
    fn default() -> Self {
        Self {
            overrides: Entries::default(),
            catalogs: Entries::default(),
            importers: Entries::default(),
            specifiers: Entries::default(),
            dependencies: Entries::default(),
            optional_dependencies: Entries::default(),
            dev_dependencies: Entries::default(),
            packages: Entries::default(),
            snapshots: Entries::default(),
        }
    }
}

/// Catalogs by name, `default` for the one without.
pub(super) type Catalogs<'a> = Entries<'a, Entries<'a, Dependency<'a>>>;

/// What counts of all that, the only importer as one like others.
pub(super) struct Parts<'a, D> {
    pub(super) overrides: Entries<'a, Text<'a>>,
    pub(super) catalogs: Catalogs<'a>,
    pub(super) importers: Entries<'a, Importer<'a, D>>,
    pub(super) packages: Entries<'a, Package<'a>>,
    pub(super) snapshots: Entries<'a, Package<'a>>,
}

impl<'a, D> Written<'a, D> {
    pub(super) fn into_parts(self) -> Parts<'a, D> {
        let mut importers = self.importers;
        let only = Importer {
            specifiers: self.specifiers,
            dependencies: self.dependencies,
            optional_dependencies: self.optional_dependencies,
            dev_dependencies: self.dev_dependencies,
        };
        if importers.is_empty() {
            importers.0.push((Text(".".into()), only));
        }
        Parts {
            overrides: self.overrides,
            catalogs: self.catalogs,
            importers,
            packages: self.packages,
            snapshots: self.snapshots,
        }
    }
}

impl<'a, D> Importer<'a, D> {
    /// The requirements that stand by themselves, and what is asked for in each scope.
    pub(super) fn into_sections(self) -> (Entries<'a, Text<'a>>, [(Scope, Entries<'a, D>); 3]) {
        let sections = [
            (Scope::Runtime, self.dependencies),
            (Scope::Optional, self.optional_dependencies),
            (Scope::Dev, self.dev_dependencies),
        ];
        (self.specifiers, sections)
    }
}
