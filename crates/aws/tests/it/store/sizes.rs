//! Records that do not fit one item, or one transaction.

use downriver_domain::slot::SlotState;
use downriver_domain::version::{Format, PackageId};
use downriver_domain::{RepositoryInventory, Topology};
use downriver_engine::ports::{Commit, CommitOutcome, HistoryOf, Store};
use downriver_testkit::builders::{
    application, dependency, id, inventory, note, package, pending, registration, repository,
    topology,
};

use super::{fresh, run};

const TOKENS: &str = "pkg:npm/tokens";

/// Texts that compression does not make much smaller.
fn noise(number: usize) -> String {
    let mut state = number as u64 + 1;
    (0..60)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
            char::from(letters[usize::try_from(state >> 40).unwrap() % letters.len()])
        })
        .collect()
}

fn large_inventory(revision: u64, versions: usize) -> RepositoryInventory {
    let versions: Vec<String> = (0..versions)
        .map(|number| format!("1.0.0-{}", noise(number)))
        .collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    RepositoryInventory {
        record_revision: revision,
        ..inventory(TOKENS, "shared", &versions)
    }
}

#[test]
fn an_inventory_larger_than_an_item_grows_and_shrinks() {
    let store = fresh();
    run(async {
        let small = inventory(TOKENS, "shared-2", &["1.0.0"]);
        let commit = Commit {
            inventory: Some(small.clone()),
            ..Commit::default()
        };
        assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
        for (revision, versions) in [(1, 10), (2, 9_000), (3, 16_000), (4, 6_000), (5, 10)] {
            let record = large_inventory(revision, versions);
            let commit = Commit {
                inventory: Some(record.clone()),
                ..Commit::default()
            };
            assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
            assert_eq!(
                store.commit(&commit).await.unwrap(),
                CommitOutcome::Conflict
            );
            let read = store.load_inventory(&package(TOKENS)).await.unwrap();
            assert_eq!(read.repositories[&repository("shared")], record);
            assert_eq!(read.repositories[&repository("shared-2")], small);
        }
    });
}

#[test]
fn a_topology_larger_than_a_read_unit_is_read_in_parts() {
    let store = fresh();
    run(async {
        for (revision, count) in [(1, 9_000), (2, 2_000), (3, 0)] {
            let producers = (0..count).map(|number| {
                let name = format!("pkg:npm/{}", noise(number));
                (package(&name), [id(&format!("app{number}"))].into())
            });
            let wanted = Topology {
                revision,
                producers: producers.collect(),
                ..topology()
            };
            assert_eq!(
                store.record_topology(&wanted).await.unwrap(),
                CommitOutcome::Done
            );
            for _ in 0..2 {
                assert_eq!(*store.load_topology().await.unwrap(), wanted);
            }
        }
    });
}

#[test]
fn a_slot_with_much_in_it_is_compressed() {
    let store = fresh();
    run(async {
        store
            .record_registration(&registration(application("web"), Vec::new()))
            .await
            .unwrap();
        let mut slot = pending("web", 0, Vec::new());
        let SlotState::Pending(state) = &mut slot.state else {
            panic!("it is pending");
        };
        let wanted = state.rebuild.packages[&package(TOKENS)].clone();
        for number in 0..4_000 {
            state
                .rebuild
                .packages
                .insert(package(&format!("pkg:npm/p{number}")), wanted.clone());
        }
        let commit = Commit {
            slot: Some(slot.clone()),
            ..Commit::default()
        };
        assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
        let states = store.load_applications(&[id("web")]).await.unwrap();
        assert_eq!(states[0].slot, slot);
    });
}

#[test]
fn more_history_than_a_transaction_takes_is_written_whole() {
    let store = fresh();
    run(async {
        let commit = Commit {
            history: (0..150)
                .map(|number| note("web", 0, &format!("line {number}")))
                .collect(),
            ..Commit::default()
        };
        assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
        let web = HistoryOf::Application(id("web"));
        let mut newest_first = commit.history.clone();
        newest_first.reverse();
        assert_eq!(store.load_history(&web, 500).await.unwrap(), newest_first);
        // The same again, as when its answer was lost and its message came again.
        assert_eq!(store.commit(&commit).await.unwrap(), CommitOutcome::Done);
        assert_eq!(store.load_history(&web, 500).await.unwrap(), newest_first);
    });
}

#[test]
fn names_as_long_as_names_may_be_are_stored() {
    let store = fresh();
    run(async {
        let long = "\u{1F300}".repeat(255);
        let name = |name: &str| PackageId::new(Format::Generic, Some(&long), name).unwrap();
        let packages = [name(&long), name(&format!("{}x", "\u{1F300}".repeat(254)))];
        let dependencies = packages
            .clone()
            .map(|package| downriver_domain::Dependency {
                package,
                ..dependency(TOKENS, "*")
            });
        let wanted = registration(application("web"), dependencies.to_vec());
        store.record_registration(&wanted).await.unwrap();
        assert_eq!(
            store.load_dependencies(&id("web")).await.unwrap(),
            wanted.dependencies
        );
        for package in packages {
            let page = store.load_dependents(&package, None, 10).await.unwrap();
            assert_eq!(page.edges[0].dependency.package, package);
            assert_eq!(page.edges.len(), 1);
        }
    });
}
