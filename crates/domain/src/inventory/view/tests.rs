use std::collections::{BTreeMap, BTreeSet};

use super::View;
use crate::Timestamp;
use crate::inventory::{
    Cascade, Operation, Origin, PackageInventory, RepositoryId, RepositoryInventory, Sighting,
    VersionStatus, apply_sighting,
};

const LIBRARIES: &str = "libraries";
/// Before `libraries` in every order, so that no test passes by the order of names.
const APPS: &str = "apps";

fn at(secs: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_770_000_000_000).plus_secs(secs)
}

fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: "111122223333".parse().unwrap(),
        domain: "acme".parse().unwrap(),
        name: name.parse().unwrap(),
    }
}

/// What two repositories show of version 3.1.6 after these events, each with its second.
fn view(events: &[(u64, &str, VersionStatus, &str)]) -> View {
    let package: downriver_version::PackageId = "pkg:gem/acme-mailer".parse().unwrap();
    let mut repositories = BTreeMap::new();
    for name in [APPS, LIBRARIES] {
        let mut records = RepositoryInventory::new(repository(name), package.clone());
        for (secs, _, status, revision) in events.iter().filter(|event| event.1 == name) {
            let sighting = Sighting {
                repository: repository(name),
                package_version: downriver_version::PackageVersionId::new(package.clone(), "3.1.6")
                    .unwrap(),
                status: *status,
                operation: if *status == VersionStatus::Deleted {
                    Operation::Deleted
                } else {
                    Operation::Created
                },
                revision: Some((*revision).to_owned()),
                sequence: *secs,
                event_time: at(*secs),
            };
            apply_sighting(
                &mut records,
                &sighting,
                Origin::Internal,
                &Cascade::default(),
            );
        }
        repositories.insert(repository(name), records);
    }
    let inventory = PackageInventory {
        package,
        repositories,
    };
    let visible = BTreeSet::from([repository(APPS), repository(LIBRARIES)]);
    View::of(&inventory, &visible)
}

#[test]
fn a_copy_outlives_the_deletion_of_the_original() {
    use VersionStatus::{Deleted, Published};
    let view = view(&[
        (0, LIBRARIES, Published, "one"),
        (60, APPS, Published, "one"),
        (3600, LIBRARIES, Deleted, "one"),
    ]);
    let seen = view.get("3.1.6").unwrap();
    assert_eq!(seen.status, Published);
    assert_eq!(seen.withdrawn_at, None);
    assert_eq!(seen.repository, repository(APPS));
}

#[test]
fn what_is_published_again_counts_and_not_the_copy_that_is_gone() {
    use VersionStatus::{Deleted, Published};
    let view = view(&[
        (0, LIBRARIES, Published, "one"),
        (60, APPS, Published, "one"),
        (3600, LIBRARIES, Deleted, "one"),
        (3601, APPS, Deleted, "one"),
        (7200, LIBRARIES, Published, "two"),
    ]);
    let seen = view.get("3.1.6").unwrap();
    assert_eq!(seen.status, Published);
    assert_eq!(seen.revision.as_deref(), Some("two"));
    assert_eq!(seen.revised_at, at(7200));
    assert_eq!(seen.repository, repository(LIBRARIES));
}
