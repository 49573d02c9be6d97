//! One suite for every store: what the documentation of [`Store`] promises, a case for each promise.
//!
//! A backend's tests call [`store_conformance!`](crate::store_conformance), which makes a named test of each case. Each
//! case gets an empty store. No case sleeps, and none needs more than one caller at a time; what happens between
//! processes is each backend's own to test, with [`linearizable`](crate::linearizable).

pub mod budgets;
pub mod checkups;
pub mod dependents;
pub mod edges;
pub mod history;
pub mod indexes;
pub mod inventories;
pub mod records;
pub mod registrations;
pub mod rollouts;
pub mod slots;

use std::collections::BTreeSet;

use downriver_domain::slot::Slot;
use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Dependency};
use downriver_engine::ports::{ApplicationState, Commit, CommitOutcome, Store, StoreError};

use crate::builders::{id, package, registration};

/// Makes one `#[test]` of each case. `$fresh` is a function that returns an empty store, `$run` one that runs a future
/// to its end.
#[macro_export]
macro_rules! store_conformance {
    ($fresh:path, $run:path) => {
        $crate::store_conformance! { @tests $fresh, $run;
            budgets: a_place_taken_twice_is_taken_once,
            budgets: a_full_target_refuses_and_nothing_is_written,
            budgets: a_place_returned_is_free_again,
            budgets: returning_what_is_not_held_does_nothing,
            budgets: who_holds_a_place_keeps_it_when_the_limit_shrinks,
            budgets: a_limit_of_one_admits_one,
            budgets: a_limit_of_zero_admits_nobody,
            budgets: targets_have_places_of_their_own,
            checkups: a_checkup_is_written_over_its_predecessor_only,
            checkups: a_domain_is_heard_of_once_in_a_while,
            dependents: producers_come_first_then_applications_by_id,
            dependents: a_page_never_splits_an_application,
            dependents: an_application_larger_than_the_page_is_split,
            dependents: a_page_that_ends_with_the_last_edge_has_no_next,
            dependents: pages_of_any_size_give_the_same_edges,
            dependents: a_package_nobody_uses_has_no_dependents,
            dependents: applications_are_counted_not_edges,
            dependents: a_consumer_that_becomes_a_producer_moves_to_the_front,
            edges: dependencies_read_back_as_registered,
            edges: registering_again_replaces_all_dependencies,
            edges: edges_of_several_packages_come_in_order,
            edges: a_built_version_is_written_to_its_edge_only,
            edges: a_built_version_of_an_edge_that_is_gone_is_left_out,
            edges: odd_names_read_back,
            history: newest_comes_first,
            history: entries_of_one_commit_keep_their_order,
            history: an_entry_is_found_by_both_of_its_keys,
            history: every_kind_of_entry_reads_back,
            indexes: due_slots_come_earliest_first,
            indexes: a_slot_written_again_leaves_the_due_list,
            indexes: waiting_slots_come_longest_waiting_first,
            indexes: waiting_slots_are_paged_past_equal_instants,
            indexes: a_slot_that_moves_on_waits_no_more,
            indexes: busy_slots_come_in_order_of_application,
            inventories: a_package_never_seen_has_an_empty_inventory,
            inventories: each_repository_has_a_record_of_its_own,
            inventories: an_inventory_is_written_over_its_predecessor_only,
            records: a_fresh_store_has_the_defaults,
            records: a_topology_is_written_over_its_predecessor_only,
            records: controls_are_written_over_their_predecessor_only,
            records: a_marker_is_put_replaced_and_removed,
            registrations: unknown_applications_are_left_out_and_the_order_is_kept,
            registrations: more_applications_than_the_maximum_are_refused,
            registrations: a_removed_application_keeps_its_slot,
            registrations: a_removed_application_without_a_slot_is_gone,
            registrations: a_removed_application_can_come_back,
            registrations: removing_what_was_never_registered_does_nothing,
            registrations: registered_applications_are_listed_in_pages,
            registrations: an_application_is_found_by_its_present_pipeline,
            registrations: registering_again_keeps_the_slot,
            rollouts: a_change_nobody_asked_for_has_no_rollout,
            rollouts: a_rollout_is_written_over_its_predecessor_only,
            rollouts: rollouts_that_are_not_over_are_listed_in_pages,
            rollouts: a_conflict_over_a_rollout_leaves_nothing_written,
            rollouts: more_rollouts_than_the_maximum_are_refused,
            slots: an_application_without_a_slot_comes_with_a_new_one,
            slots: a_slot_reads_back_as_it_was_written,
            slots: a_slot_is_created_once,
            slots: a_slot_is_written_over_its_predecessor_only,
            slots: a_conflict_leaves_nothing_written,
            slots: a_commit_writes_all_its_parts,
            slots: an_empty_commit_is_done,
        }
    };
    (@tests $fresh:path, $run:path; $($module:ident: $case:ident),+ $(,)?) => {
        $(
            #[test]
            fn $case() {
                $run($crate::conformance::$module::$case(&$fresh()));
            }
        )+
    };
}

async fn register(store: &impl Store, application: Application, dependencies: Vec<Dependency>) {
    store
        .record_registration(&registration(application, dependencies))
        .await
        .expect("a registration is recorded");
}

async fn done(store: &impl Store, commit: Commit) {
    assert_eq!(read(store.commit(&commit).await), CommitOutcome::Done);
}

async fn conflicts(store: &impl Store, commit: Commit) {
    assert_eq!(read(store.commit(&commit).await), CommitOutcome::Conflict);
}

fn of_slot(slot: Slot) -> Commit {
    Commit {
        slot: Some(slot),
        ..Commit::default()
    }
}

async fn state(store: &impl Store, application: &str) -> ApplicationState {
    let states = store
        .load_applications(&[id(application)])
        .await
        .expect("applications are read");
    states.into_iter().next().expect("the application exists")
}

fn ids(names: &[&str]) -> Vec<ApplicationId> {
    names.iter().map(|name| id(name)).collect()
}

fn packages(purls: &[&str]) -> BTreeSet<PackageId> {
    purls.iter().map(|purl| package(purl)).collect()
}

fn read<T>(result: Result<T, StoreError>) -> T {
    result.expect("the store reads")
}
