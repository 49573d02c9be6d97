//! Impact: would a plain rebuild of this application, now, resolve this package to another version than its last
//! build used? State comparison, not event counting (DESIGN 3).

mod assess;
mod baseline;
mod judge;
mod sentence;
#[cfg(test)]
mod tests;

pub use assess::{Ask, ask};
pub use judge::{JudgedChange, judge};

use downriver_version::{PackageId, PackageVersionId};

use crate::ApplicationId;
use crate::catalog::RepositoryId;
use crate::dependency::{Built, Evidence, Scope};

/// What a change means for one application; the stronger one first, as several instances are merged by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A plain rebuild resolves to the new version.
    Picks,
    /// The requirement admits it; a committed lockfile holds another.
    Locked,
    /// The requirement does not admit it.
    Excluded,
    Unaffected(Unaffected),
    /// The built version was withdrawn, and a plain rebuild picks another.
    MovesOff(Direction),
    /// The built version was withdrawn and a lock or exact pin holds it.
    Stranded(Stranding),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    Newer,
    Older,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stranding {
    /// Does not install any more.
    Gone,
    /// `Unlisted`: still installs from a lock or exact pin; a warning.
    Unlisted,
}

/// Why nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unaffected {
    BuiltAlready,
    NewerBuiltAlready,
    NotVisible,
    PrereleaseNotSelected,
    SelectsAnother,
    /// A Maven soft pin admits every version and keeps its own.
    SoftPinned,
    ScopeLeftOut,
    FollowLeftOut,
    ThirdParty,
    PublishedBeforeRegistration,
    NotADependency,
    AlreadyAttempted,
    PassedInCascade,
    /// The requirement is a path, a git address, a tag, …
    NotFromRegistry,
    /// The version is not (or not yet) `Published`.
    NotPublished,
    /// The withdrawn version is not the one it was built with.
    WithdrawnNotBuilt,
}

/// What is done about a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Nothing,
    Notify,
    NotifyUrgent,
    Rebuild,
    /// Rebuild with refresh variables.
    Refresh,
}

/// A verdict with its evidence: enough to explain it without any other record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub application: ApplicationId,
    pub package_version: PackageVersionId,
    pub repository: RepositoryId,
    pub verdict: Verdict,
    pub action: Action,
    /// One plain sentence.
    pub reason: String,
    /// What a plain rebuild would resolve the package to.
    pub wanted: Option<String>,
    /// The verdict rests on an assumed built version or an unseeded inventory.
    pub is_assumed: bool,
    /// One for each instance of the package, the deciding one first; empty where it is no dependency.
    pub instances: Vec<Instance>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub verdict: Verdict,
    pub requirement: String,
    pub built: Built,
    pub is_locked: bool,
    pub path: Vec<PackageId>,
    pub scope: Scope,
    /// Where the requirement is written.
    pub evidence: Evidence,
    /// Where a lockfile or SBOM holds the version.
    pub lock: Option<Evidence>,
    /// No file told the requirement.
    pub is_requirement_assumed: bool,
}

impl Verdict {
    /// Orders verdicts by strength, strongest first: the table of DESIGN 3 with `Unaffected` last, as it asks for
    /// nothing.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Picks => 0,
            Self::Locked => 1,
            Self::Excluded => 2,
            Self::MovesOff(Direction::Newer) => 3,
            Self::MovesOff(Direction::Older) => 4,
            Self::Stranded(Stranding::Gone) => 5,
            Self::Stranded(Stranding::Unlisted) => 6,
            Self::Unaffected(_) => 7,
        }
    }

    /// Whether another built version could have given another verdict.
    pub const fn rests_on_built(&self) -> bool {
        !matches!(
            self,
            Self::Excluded
                | Self::Unaffected(
                    Unaffected::NotVisible
                        | Unaffected::PrereleaseNotSelected
                        | Unaffected::SoftPinned
                        | Unaffected::ScopeLeftOut
                        | Unaffected::FollowLeftOut
                        | Unaffected::ThirdParty
                        | Unaffected::NotADependency
                        | Unaffected::PassedInCascade
                        | Unaffected::NotFromRegistry
                        | Unaffected::NotPublished
                )
        )
    }

    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Picks => "Picks",
            Self::Locked => "Locked",
            Self::Excluded => "Excluded",
            Self::Unaffected(_) => "Unaffected",
            Self::MovesOff(_) => "MovesOff",
            Self::Stranded(_) => "Stranded",
        }
    }
}
