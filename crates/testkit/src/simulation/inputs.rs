//! What people do in a simulated day: publish, promote, withdraw, push, roll back, switch, edit the catalog. Decided
//! beforehand, from the seed of the organisation, so that two runs with other faults are given the same; data, so that a
//! failing day can be made shorter.

use downriver_domain::slot::{ControlScope, PauseScope};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, RepositoryId, Timestamp, VersionStatus};
use downriver_engine::operate::Command;

use super::organisation::{Change, Organisation};
use super::random::Random;
use super::{Profile, REGISTERED_AT};
use crate::builders::repository;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A version that no registered producer built.
    Publish(PackageVersionId, RepositoryId),
    /// The newest version of a package is copied to another repository.
    Promote(PackageId, RepositoryId),
    /// One of the versions of a package leaves `Published`, or comes back; the number chooses which.
    Restatus(PackageId, VersionStatus, u64),
    /// A version that was deleted is published again where it was; the number chooses which.
    Republish(PackageId, u64),
    Push(ApplicationId),
    /// An old EventBridge rule starts the pipeline.
    Rule(ApplicationId),
    /// A person goes back to the last execution but one that succeeded.
    RollBack(ApplicationId),
    Command(Command),
    Catalog(Change),
}

impl Input {
    /// The application that it is about, if it is about one.
    pub(super) const fn application(&self) -> Option<&ApplicationId> {
        match self {
            Self::Push(application) | Self::Rule(application) | Self::RollBack(application) => {
                Some(application)
            }
            Self::Command(command) => match command {
                Command::Retry { application }
                | Command::Expedite { application }
                | Command::Cancel { application, .. } => Some(application),
                Command::Freeze { scope, .. }
                | Command::Thaw { scope }
                | Command::OpenWindow { scope, .. }
                | Command::CloseWindow { scope } => match scope {
                    ControlScope::Application(application) => Some(application),
                    ControlScope::System | ControlScope::Owner(_) => None,
                },
                Command::ResumeChange { .. }
                | Command::Abandon { .. }
                | Command::Approve { .. } => None,
                Command::Pause { scope, .. } | Command::Resume { scope } => match scope {
                    PauseScope::Application(application) => Some(application),
                    PauseScope::System | PauseScope::Package(_) => None,
                },
            },
            Self::Catalog(change) => Some(change.application()),
            Self::Publish(..) | Self::Promote(..) | Self::Restatus(..) | Self::Republish(..) => {
                None
            }
        }
    }
}

/// The inputs of a day, each with its instant.
pub(super) fn plan(
    organisation: &Organisation,
    random: &mut Random,
    profile: Profile,
) -> Vec<(Timestamp, Input)> {
    let count = random.between(3, 14);
    let mut lines = organisation.lines.clone();
    let mut organisation = organisation.clone();
    let mut at = REGISTERED_AT.plus_secs(60);
    let mut inputs = Vec::new();
    for _ in 0..count {
        // Bursts with pauses between them.
        let gap = if random.chance(50) {
            random.between(0, 90)
        } else {
            random.between(90, 2_400)
        };
        at = Timestamp::from_unix_millis(at.plus_secs(gap).unix_millis() + 1);
        let input = match (random.below(100), profile) {
            (0..55, _) => {
                let package = random.pick(&organisation.roots);
                let line = lines
                    .get_mut(&package)
                    .expect("every package has a line of versions");
                let version = line.next_release(random, package.format());
                let version =
                    PackageVersionId::new(package, &version).expect("lines make valid versions");
                Input::Publish(version, birthplace(&organisation, random, profile))
            }
            (55..68, _) => Input::Push(any_member(&organisation, random)),
            (68..72, _) => Input::Rule(any_member(&organisation, random)),
            (_, Profile::SameEnd) => continue,
            (roll, Profile::Everything) => special(&organisation, random, roll, at),
        };
        if let Input::Catalog(change) = &input {
            organisation.change(change);
        }
        inputs.push((at, input));
    }
    inputs
}

/// What only a day with everything in it has.
fn special(organisation: &Organisation, random: &mut Random, roll: u64, at: Timestamp) -> Input {
    let root = random.pick(&organisation.roots);
    let chooses = random.below(1_000);
    match roll {
        0..75 => Input::Promote(
            root,
            repository(random.pick(&["shared", "team-a", "team-b"])),
        ),
        75..81 => {
            let status = random.pick(&[
                VersionStatus::Unlisted,
                VersionStatus::Archived,
                VersionStatus::Deleted,
                VersionStatus::Deleted,
                VersionStatus::Published,
            ]);
            Input::Restatus(root, status, chooses)
        }
        81..83 => Input::Republish(root, chooses),
        83..86 => Input::RollBack(any_member(organisation, random)),
        86..92 => Input::Catalog(Change::random(organisation, random)),
        _ => Input::Command(command(organisation, random, at)),
    }
}

fn birthplace(organisation: &Organisation, random: &mut Random, profile: Profile) -> RepositoryId {
    let names: &[&str] = match profile {
        Profile::Everything => &["shared", "shared", "shared", "staging", "team-a"],
        Profile::SameEnd => &["shared", "shared", "team-a"],
    };
    let chosen = repository(random.pick(names));
    debug_assert!(organisation.topology.repositories.contains_key(&chosen));
    chosen
}

fn any_member(organisation: &Organisation, random: &mut Random) -> ApplicationId {
    let ids: Vec<&ApplicationId> = organisation.members.keys().collect();
    random.pick(&ids).clone()
}

/// A command of an operator. A new one has its place here.
fn command(organisation: &Organisation, random: &mut Random, at: Timestamp) -> Command {
    let scope = match random.below(4) {
        0 => PauseScope::System,
        1 => PauseScope::Package(random.pick(&organisation.roots)),
        _ => PauseScope::Application(any_member(organisation, random)),
    };
    let (by, reason) = ("an operator".to_owned(), "simulated".to_owned());
    let application = any_member(organisation, random);
    if random.chance(40) {
        return of_spread(organisation, random, at);
    }
    match random.below(12) {
        0..4 => Command::Pause { scope, by, reason },
        4..7 => Command::Resume { scope },
        7..9 => Command::Retry { application },
        9..11 => Command::Cancel {
            application,
            by,
            reason,
        },
        _ => Command::Expedite { application },
    }
}

/// A command about how and when changes spread. The version is one of those that are likely to be published.
fn of_spread(organisation: &Organisation, random: &mut Random, at: Timestamp) -> Command {
    let (by, reason) = ("an operator".to_owned(), "simulated".to_owned());
    let scope = if random.chance(30) {
        ControlScope::System
    } else {
        ControlScope::Application(any_member(organisation, random))
    };
    let until = at.plus_secs(60 * random.between(5, 120));
    let version = random.pick(&["1.0.1", "1.1.0", "1.0.2", "1.2.0"]);
    let package = random.pick(&organisation.roots);
    let change = PackageVersionId::new(package, version).expect("lines make such versions");
    match random.below(10) {
        0..2 => Command::Freeze {
            scope,
            until,
            by,
            reason,
        },
        2 => Command::Thaw { scope },
        3..5 => Command::OpenWindow {
            scope,
            until,
            by,
            reason,
        },
        5 => Command::CloseWindow { scope },
        6..8 => Command::ResumeChange { change, by },
        8 => Command::Approve { change, by },
        _ => Command::Abandon { change, by, reason },
    }
}
