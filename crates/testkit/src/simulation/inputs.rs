//! What people do in a simulated day: publish, promote, withdraw, push, switch. Decided beforehand, from the seed of the
//! organisation, so that two runs with other faults are given the same.

use downriver_domain::slot::PauseScope;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, RepositoryId, Timestamp, VersionStatus};
use downriver_engine::operate::Command;

use super::organisation::Organisation;
use super::random::Random;
use super::{Profile, REGISTERED_AT};
use crate::builders::repository;

#[derive(Debug, Clone)]
pub(super) enum Input {
    /// A version that no registered producer built.
    Publish(PackageVersionId, RepositoryId),
    /// The newest version of a package is copied to another repository.
    Promote(PackageId, RepositoryId),
    /// One of the versions of a package leaves `Published`, or comes back.
    Restatus(PackageId, VersionStatus),
    Push(ApplicationId),
    /// An old EventBridge rule starts the pipeline.
    Rule(ApplicationId),
    Command(Command),
}

/// The inputs of a day, each with its instant, and when the last one is over.
pub(super) fn plan(
    organisation: &Organisation,
    random: &mut Random,
    profile: Profile,
) -> (Vec<(Timestamp, Input)>, Timestamp) {
    let count = random.between(3, 14);
    let mut lines = organisation.lines.clone();
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
            (0..60, _) => {
                let package = random.pick(&organisation.roots);
                let line = lines
                    .get_mut(&package)
                    .expect("every package has a line of versions");
                let version = line.next_release(random, package.format());
                let version =
                    PackageVersionId::new(package, &version).expect("lines make valid versions");
                Input::Publish(version, birthplace(organisation, random, profile))
            }
            (60..75, _) => Input::Push(any_member(organisation, random)),
            (75..79, _) => Input::Rule(any_member(organisation, random)),
            (79..83, Profile::Everything) => Input::Promote(
                random.pick(&organisation.roots),
                repository(random.pick(&["shared", "team-a", "team-b"])),
            ),
            (83..91, Profile::Everything) => {
                let status = random.pick(&[
                    VersionStatus::Unlisted,
                    VersionStatus::Archived,
                    VersionStatus::Deleted,
                    VersionStatus::Published,
                ]);
                Input::Restatus(random.pick(&organisation.roots), status)
            }
            (_, Profile::Everything) => Input::Command(command(organisation, random)),
            (_, Profile::SameEnd) => continue,
        };
        inputs.push((at, input));
    }
    (inputs, at)
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

fn command(organisation: &Organisation, random: &mut Random) -> Command {
    let scope = match random.below(4) {
        0 => PauseScope::System,
        1 => PauseScope::Package(random.pick(&organisation.roots)),
        _ => PauseScope::Application(any_member(organisation, random)),
    };
    match random.below(10) {
        0..4 => Command::Pause {
            scope,
            by: "an operator".to_owned(),
            reason: "simulated".to_owned(),
        },
        4..7 => Command::Resume { scope },
        7..9 => Command::Retry {
            application: any_member(organisation, random),
        },
        _ => Command::Expedite {
            application: any_member(organisation, random),
        },
    }
}
