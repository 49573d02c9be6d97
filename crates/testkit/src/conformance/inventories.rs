//! The versions of a package, a record for each repository.

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{Origin, RepositoryInventory, VersionRecord, VersionStatus};
use downriver_engine::ports::{Commit, Store};

use super::{conflicts, done, read};
use crate::builders::{at, id, inventory, package, package_version, repository, version_record};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

pub async fn a_package_never_seen_has_an_empty_inventory(store: &impl Store) {
    let read = read(store.load_inventory(&package(TOKENS)).await);
    assert_eq!(read.package, package(TOKENS));
    assert!(read.repositories.is_empty());
}

pub async fn each_repository_has_a_record_of_its_own(store: &impl Store) {
    let shared = RepositoryInventory {
        seeded_at: Some(at(7)),
        ..inventory(TOKENS, "shared", &["1.0.0", "1.1.0"])
    };
    let mut staging = inventory(TOKENS, "staging", &[]);
    staging.versions = [("2.0.0-rc.1+build@5".to_owned(), full_record())].into();
    let generic = PackageId::new(Format::Generic, Some("ns"), "名前").expect("an allowed name");
    let other = RepositoryInventory {
        package: generic.clone(),
        ..inventory(TOKENS, "shared", &["1"])
    };
    for record in [&shared, &staging, &other] {
        done(store, write(record)).await;
    }
    let tokens = read(store.load_inventory(&package(TOKENS)).await);
    let expected = [
        (repository("shared"), shared),
        (repository("staging"), staging),
    ];
    assert_eq!(tokens.repositories, expected.into());
    let found = read(store.load_inventory(&generic).await);
    assert_eq!(found.repositories, [(repository("shared"), other)].into());
}

pub async fn an_inventory_is_written_over_its_predecessor_only(store: &impl Store) {
    let first = inventory(TOKENS, "shared", &["1.0.0"]);
    let mut second = inventory(TOKENS, "shared", &["1.0.0", "1.1.0"]);
    second.record_revision = 2;
    conflicts(store, write(&second)).await;
    done(store, write(&first)).await;
    conflicts(store, write(&first)).await;
    done(store, write(&second)).await;
    conflicts(store, write(&second)).await;
    let skipping = RepositoryInventory {
        record_revision: 4,
        ..second.clone()
    };
    conflicts(store, write(&skipping)).await;
    let found = read(store.load_inventory(&package(TOKENS)).await);
    assert_eq!(found.repositories, [(repository("shared"), second)].into());
}

fn write(inventory: &RepositoryInventory) -> Commit {
    Commit {
        inventory: Some(inventory.clone()),
        ..Commit::default()
    }
}

fn full_record() -> VersionRecord {
    let mut record = VersionRecord {
        status: VersionStatus::Unlisted,
        revision: Some("r=1/+".to_owned()),
        sequence: u64::MAX,
        origin: Origin::External,
        published_at: None,
        withdrawn_at: Some(at(4)),
        incarnation: 3,
        is_seeded: true,
        ..version_record(1)
    };
    record.cascade.roots = [package_version("pkg:npm/root", "1.0.0")].into();
    record.cascade.applications = [id("lib")].into();
    record
}
