//! Events in every order, seeding, and what an application sees of several copies.

use std::collections::BTreeMap;

use downriver_version::{Format, PackageVersionId, Requirement};
use proptest::prelude::*;

use super::{
    Cascade, Operation, Origin, PackageInventory, RepositoryInventory, Sighting, SightingEffect,
    SightingOrder, VersionRecord, VersionStatus, View, apply_sighting, date_listed, dates_listed,
    order_sighting, seed_inventory,
};
use crate::Timestamp;
use crate::testing::{at, record, repository, tokens, topology};

use SightingEffect::{Appeared, Noted, Revised, Unchanged, Withdrawn};
use VersionStatus::{Archived, Deleted, Disposed, Published, Unfinished, Unlisted};

fn sighting(status: VersionStatus, revision: &str, secs: i64, sequence: u64) -> Sighting {
    Sighting {
        repository: repository("shared"),
        package_version: PackageVersionId::new(tokens(Format::Npm), "1.0.0").expect("valid"),
        status,
        operation: if status == Deleted {
            Operation::Deleted
        } else {
            Operation::Updated
        },
        revision: Some(revision.to_owned()),
        sequence,
        event_time: at(secs),
    }
}

fn empty() -> RepositoryInventory {
    RepositoryInventory::new(repository("shared"), tokens(Format::Npm))
}

fn applied(inventory: &mut RepositoryInventory, sighting: &Sighting) -> SightingEffect {
    apply_sighting(inventory, sighting, Origin::Internal, &Cascade::default())
}

/// A state and the revision.
type Event = (VersionStatus, &'static str);

/// The effects of events at 1, 2, 3, … seconds, and the record that they leave.
fn after(events: &[Event]) -> (Vec<SightingEffect>, VersionRecord) {
    let mut inventory = empty();
    let effects = (1..)
        .zip(events)
        .map(|(secs, (status, revision))| {
            let sequence = u64::try_from(secs).expect("positive");
            applied(&mut inventory, &sighting(*status, revision, secs, sequence))
        })
        .collect();
    (effects, inventory.versions["1.0.0"].clone())
}

#[test]
fn event_time_orders_where_it_differs_and_sequence_numbers_where_it_does_not() {
    let known = VersionRecord {
        event_time: at(10),
        sequence: 5,
        ..record(Published, 10)
    };
    for (secs, sequence, expected) in [
        (10, 5, SightingOrder::Same),
        (11, 6, SightingOrder::Newer),
        (11, 5, SightingOrder::Newer),
        (10, 6, SightingOrder::Newer),
        (10, 900, SightingOrder::Newer),
        (9, 4, SightingOrder::Older),
        (9, 5, SightingOrder::Older),
        (10, 4, SightingOrder::Older),
        // The sequence restarted, or the clock did.
        (11, 1, SightingOrder::Disputed),
        (9, 6, SightingOrder::Disputed),
    ] {
        let sighting = sighting(Published, "r1", secs, sequence);
        let order = order_sighting(Some(&known), &sighting);
        assert_eq!(order, expected, "at {secs}, sequence {sequence}");
    }
    let first = sighting(Published, "r1", 0, 0);
    assert_eq!(order_sighting(None, &first), SightingOrder::Newer);
}

#[test]
fn older_events_do_not_change_a_seeded_row() {
    let rows = [("1.0.0".to_owned(), Published, None, Origin::Internal)];
    let seeded = seed_inventory(&repository("shared"), &tokens(Format::Npm), rows, at(100));
    let row = &seeded.versions["1.0.0"];
    for (secs, expected) in [
        (99, SightingOrder::Older),
        (100, SightingOrder::Older),
        (101, SightingOrder::Newer),
    ] {
        let sighting = sighting(Deleted, "r1", secs, 7);
        assert_eq!(order_sighting(Some(row), &sighting), expected, "at {secs}");
    }
    assert_eq!(seeded.seeded_at, Some(at(100)));
    assert!(row.first_seen < at(-1_000_000) && row.published_at == Some(row.first_seen));
}

#[test]
fn a_seeded_row_that_is_not_finished_was_not_withdrawn() {
    for (status, is_withdrawn) in [
        (Published, false),
        (Unfinished, false),
        (Unlisted, true),
        (Archived, true),
        (Disposed, true),
        (Deleted, true),
    ] {
        let rows = [("1.0.0".to_owned(), status, None, Origin::Internal)];
        let seeded = seed_inventory(&repository("shared"), &tokens(Format::Npm), rows, at(100));
        let withdrawn_at = seeded.versions["1.0.0"].withdrawn_at;
        assert_eq!(withdrawn_at.is_some(), is_withdrawn, "{status:?}");
    }
}

#[test]
fn each_event_tells_what_it_changed() {
    let rows: [(&[Event], &[SightingEffect]); 9] = [
        (
            &[(Published, "r1"), (Published, "r1")],
            &[Appeared, Unchanged],
        ),
        (
            &[(Published, "r1"), (Published, "r2")],
            &[Appeared, Revised],
        ),
        (&[(Unfinished, "r1"), (Published, "r2")], &[Noted, Appeared]),
        (
            &[(Published, "r1"), (Unlisted, "r1")],
            &[Appeared, Withdrawn],
        ),
        (
            &[(Published, "r1"), (Archived, "r1"), (Published, "r1")],
            &[Appeared, Withdrawn, Appeared],
        ),
        // From what still installs by lock to what does not.
        (
            &[(Published, "r1"), (Unlisted, "r1"), (Disposed, "r1")],
            &[Appeared, Withdrawn, Withdrawn],
        ),
        (
            &[(Published, "r1"), (Archived, "r1"), (Deleted, "r1")],
            &[Appeared, Withdrawn, Noted],
        ),
        (
            &[
                (Published, "r1"),
                (Deleted, "r1"),
                (Unfinished, "r2"),
                (Published, "r2"),
            ],
            &[Appeared, Withdrawn, Noted, Appeared],
        ),
        (&[(Unlisted, "r1"), (Unlisted, "r2")], &[Noted, Unchanged]),
    ];
    for (events, expected) in rows {
        assert_eq!(after(events).0, expected, "{events:?}");
    }
}

#[test]
fn a_version_that_is_finished_was_published_then_and_not_before() {
    let (_, record) = after(&[(Unfinished, "r1"), (Published, "r2")]);
    assert_eq!(record.first_seen, at(1));
    assert_eq!(record.published_at, Some(at(2)));
    assert_eq!((record.withdrawn_at, record.incarnation), (None, 1));
}

#[test]
fn publishing_a_deleted_version_again_makes_a_new_incarnation() {
    let (_, record) = after(&[(Published, "r1"), (Deleted, "r1"), (Published, "r1")]);
    assert_eq!((record.incarnation, record.first_seen), (2, at(3)));
    assert_eq!((record.revised_at, record.withdrawn_at), (at(3), None));
    let (_, unfinished) = after(&[(Published, "r1"), (Deleted, "r1"), (Unfinished, "r2")]);
    assert_eq!((unfinished.incarnation, unfinished.published_at), (2, None));
    // Whoever built the old one still cannot get it.
    assert_eq!(unfinished.withdrawn_at, Some(at(2)));
}

#[test]
fn offering_an_unlisted_version_again_does_not_change_its_contents() {
    let (_, record) = after(&[(Published, "r1"), (Unlisted, "r1"), (Published, "r1")]);
    assert_eq!((record.incarnation, record.first_seen), (1, at(1)));
    assert_eq!(record.published_at, Some(at(3)));
    assert_eq!(
        (record.withdrawn_at, record.revised_at),
        (Some(at(2)), at(1))
    );
    let (_, edited) = after(&[(Published, "r1"), (Unlisted, "r1"), (Published, "r2")]);
    assert_eq!(edited.revised_at, at(3));
}

#[test]
fn a_deletion_counts_whatever_state_its_event_carries() {
    let mut inventory = empty();
    applied(&mut inventory, &sighting(Published, "r1", 1, 1));
    let deletion = Sighting {
        operation: Operation::Deleted,
        ..sighting(Published, "r1", 2, 2)
    };
    assert_eq!(applied(&mut inventory, &deletion), Withdrawn);
    assert_eq!(inventory.versions["1.0.0"].status, Deleted);
}

#[test]
fn one_that_is_met_unlisted_was_withdrawn_unless_it_is_created_so() {
    for (operation, is_withdrawn) in [(Operation::Created, false), (Operation::Updated, true)] {
        let mut inventory = empty();
        let event = Sighting {
            operation,
            ..sighting(Unlisted, "r1", 1, 1)
        };
        applied(&mut inventory, &event);
        let withdrawn_at = inventory.versions["1.0.0"].withdrawn_at;
        assert_eq!(withdrawn_at.is_some(), is_withdrawn, "{operation:?}");
    }
}

#[test]
fn an_origin_that_was_not_known_is_filled_in() {
    let mut inventory = empty();
    let first = sighting(Published, "r1", 1, 1);
    apply_sighting(&mut inventory, &first, Origin::Unknown, &Cascade::default());
    let second = sighting(Published, "r1", 2, 2);
    apply_sighting(
        &mut inventory,
        &second,
        Origin::External,
        &Cascade::default(),
    );
    assert_eq!(inventory.versions["1.0.0"].origin, Origin::External);
}

/// What `apps` sees of these copies of 1.0.0.
fn view(copies: &[(&str, VersionRecord)]) -> View {
    let mut inventory = PackageInventory {
        package: tokens(Format::Npm),
        repositories: BTreeMap::new(),
    };
    for (name, record) in copies {
        let mut records = RepositoryInventory::new(repository(name), tokens(Format::Npm));
        records.seeded_at = Some(at(0));
        records.versions.insert("1.0.0".to_owned(), record.clone());
        inventory.repositories.insert(repository(name), records);
    }
    View::of(&inventory, &topology().visible_from(&[repository("apps")]))
}

#[test]
fn the_most_usable_copy_decides_and_the_first_one_dates() {
    let seen = view(&[
        ("apps", record(Published, 50)),
        ("shared", record(Archived, 10)),
        ("staging", record(Published, 1)),
    ]);
    let seen = seen.get("1.0.0").expect("visible");
    assert_eq!((seen.status, seen.first_seen), (Published, at(10)));
    assert_eq!(
        (seen.withdrawn_at, seen.repository.clone()),
        (None, repository("shared"))
    );
    assert_eq!(seen.withdrawn_from, [repository("shared")].into());
    let gone = view(&[
        ("apps", record(Unlisted, 50)),
        ("shared", record(Deleted, 10)),
    ]);
    let gone = gone.get("1.0.0").expect("visible");
    assert_eq!((gone.status, gone.withdrawn_at), (Unlisted, Some(at(200))));
}

#[test]
fn a_build_could_select_what_any_copy_offered_then() {
    let view = view(&[
        ("apps", record(Published, 300)),
        ("shared", record(Deleted, 10)),
    ]);
    let requirement = Requirement::parse(Format::Npm, "^1.0").expect("valid");
    for (secs, is_selected) in [
        (9, false),
        (10, true),
        (199, true),
        (200, false),
        (299, false),
        (300, true),
    ] {
        let selected = view.select_during(&requirement, &(at(secs)..=at(secs)));
        assert_eq!(selected.is_some(), is_selected, "at {secs}");
    }
}

#[test]
fn a_view_is_read_only_where_every_visible_inventory_was() {
    assert!(view(&[("apps", record(Published, 1))]).is_seeded);
    let package = tokens(Format::Npm);
    let unread = RepositoryInventory::new(repository("shared"), package.clone());
    let inventory = PackageInventory {
        package,
        repositories: BTreeMap::from([(repository("shared"), unread)]),
    };
    assert!(!View::of(&inventory, &[repository("shared")].into()).is_seeded);
    assert!(View::of(&inventory, &[repository("apps")].into()).is_seeded);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn redelivered_and_reordered_events_leave_the_same_record(
        statuses in prop::collection::vec(prop::sample::select(vec![Published, Unlisted, Deleted, Unfinished]), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let events: Vec<Sighting> = (1..)
            .zip(&statuses)
            .map(|(secs, status)| sighting(*status, "r1", secs, u64::try_from(secs).expect("positive")))
            .collect();
        let mut inventory = empty();
        let last = events.last().expect("not empty").clone();
        let shuffled = order.iter().map(|index| index.get(&events).clone());
        for event in shuffled.chain([last.clone()]).chain(events.clone()) {
            if order_sighting(inventory.versions.get("1.0.0"), &event) == SightingOrder::Newer {
                applied(&mut inventory, &event);
            }
        }
        let record = &inventory.versions["1.0.0"];
        prop_assert_eq!((record.status, record.event_time), (last.status, last.event_time));
        prop_assert_eq!(order_sighting(Some(record), &last), SightingOrder::Same);
    }
}

#[test]
fn the_publish_of_a_listed_version_tells_when_it_was() {
    let row = ("1.0.0".to_owned(), Published, None, Origin::Internal);
    let package = tokens(Format::Npm);
    let mut inventory = seed_inventory(&repository("shared"), &package, [row], at(100));
    let publish = Sighting {
        operation: Operation::Created,
        ..sighting(Published, "r1", 99, 7)
    };
    let known = inventory.versions.get_mut("1.0.0").unwrap();
    assert!(dates_listed(known, &publish));
    date_listed(known, &publish, &Cascade::default());
    assert_eq!(known.published_at, Some(at(99)));
    assert!(!dates_listed(known, &publish), "it is dated once");
    known.published_at = Some(Timestamp::MIN);
    let update = sighting(Published, "r1", 99, 7);
    assert!(
        !dates_listed(known, &update),
        "an update of an npm version is no publish"
    );
}
