//! An event that comes again after the function that took it in died.

use downriver_domain::inventory::apply_sighting;
use downriver_domain::{Cascade, Origin, RepositoryInventory, Sighting};
use downriver_engine::history::{HistoryBody, HistoryEntry, Seen, SeenEffect};
use downriver_engine::ports::{Clock as _, Commit, Ports as _, Store as _};
use downriver_engine::resolve::resolve;
use downriver_engine::wire::{Sources, codeartifact};

use super::{open, published};
use crate::sqlite::SqliteStore;
use crate::world::{World, complete};

#[test]
fn verdicts_that_a_dying_function_did_not_write_are_written_at_the_redelivery_and_only_then() {
    let world = open(SqliteStore::in_memory().unwrap());
    let sighting = sighting();
    take_in_and_die(&world, &sighting);
    assert_eq!(verdicts_of(&world, "legacy"), 0);
    complete(resolve(&world, std::slice::from_ref(&sighting))).unwrap();
    assert_eq!(verdicts_of(&world, "legacy"), 1);
    assert_eq!(verdicts_of(&world, "icons"), 1);
    complete(resolve(&world, std::slice::from_ref(&sighting))).unwrap();
    assert_eq!(verdicts_of(&world, "legacy"), 1);
    assert_eq!(verdicts_of(&world, "icons"), 1);
}

fn sighting() -> Sighting {
    let bytes = published("2.4.0", 2, 0).bytes;
    codeartifact::parse(&bytes, &Sources::default())
        .unwrap()
        .sighting
}

/// What `resolve` commits first, and nothing after it.
fn take_in_and_die(world: &World, sighting: &Sighting) {
    let package = sighting.package_version.package().clone();
    let mut inventory = RepositoryInventory::new(sighting.repository.clone(), package);
    apply_sighting(
        &mut inventory,
        sighting,
        Origin::Internal,
        &Cascade::default(),
    );
    inventory.record_revision = 1;
    let seen = Seen {
        repository: sighting.repository.clone(),
        effect: SeenEffect::Appeared,
        cascade: Cascade::default(),
        text: "published in libraries".to_owned(),
    };
    let commit = Commit {
        inventory: Some(inventory),
        history: vec![HistoryEntry {
            at: world.clock().now(),
            application: None,
            package_version: Some(sighting.package_version.clone()),
            body: HistoryBody::Seen(seen),
        }],
        ..Commit::default()
    };
    complete(world.store().commit(&commit)).unwrap();
}

fn verdicts_of(world: &World, application: &str) -> usize {
    let history = world.store().load_whole_history(0, 1_000).unwrap();
    let verdicts = history
        .iter()
        .flat_map(|numbered| match &numbered.entry.body {
            HistoryBody::Verdicts(verdicts) => verdicts.as_slice(),
            _ => &[],
        });
    verdicts
        .filter(|verdict| verdict.application.as_str() == application)
        .count()
}
