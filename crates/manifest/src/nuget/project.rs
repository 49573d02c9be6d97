//! What a project asks for, once it is evaluated.

use std::collections::BTreeMap;

use downriver_domain::{Evidence, Scope};

#[derive(Debug)]
pub(super) struct Project {
    pub(super) path: String,
    pub(super) packages: Vec<Asked>,
    /// Versions that are managed in one place, by name in lower case; several where conditions tell them apart.
    pub(super) central: BTreeMap<String, Vec<Central>>,
    /// Other projects, from the root of the source, each with its line.
    pub(super) references: Vec<(String, u32)>,
    pub(super) is_test: bool,
    /// The name under which it would be published.
    pub(super) package: String,
    pub(super) version: Option<String>,
    pub(super) is_private: bool,
    /// Where its lock is, if it says so.
    pub(super) lock: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// In lower case.
    pub(super) name: String,
    pub(super) requirement: Option<String>,
    pub(super) scope: Scope,
    /// Does not reach the projects that refer to this one.
    pub(super) is_private: bool,
    /// Only under a condition, which was not evaluated.
    pub(super) is_conditional: bool,
    pub(super) evidence: Evidence,
}

#[derive(Debug, Clone)]
pub(super) struct Central {
    pub(super) requirement: String,
    pub(super) evidence: Evidence,
}

impl Project {
    /// The name of its file, without the extension.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// The names by which locks know it, in lower case.
    pub(super) fn names(&self) -> [String; 2] {
        [self.package.to_lowercase(), self.stem().to_lowercase()]
    }
}
