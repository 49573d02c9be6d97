//! Dependencies that are sent, and what a catalog says of them.

use downriver_domain::slot::{Gate, SlotState};
use downriver_domain::{Built, Dependency};
use downriver_engine::ports::Store;
use downriver_engine::register::{Catalog, Refreshed, refresh_dependencies};
use downriver_testkit::builders::{application, dependency, id, producer};
use downriver_testkit::run_at_once;

use super::desk::{Desk, catalog};
use super::rolling::{self, KIT};

const TOKENS: &str = "pkg:npm/tokens";
const ICONS: &str = "pkg:npm/icons";

fn built(purl: &str, requirement: &str, version: &str) -> Dependency {
    Dependency {
        built: Built::Proven(version.to_owned()),
        ..dependency(purl, requirement)
    }
}

fn refresh(desk: &Desk, application: &str, dependencies: Vec<Dependency>) -> Refreshed {
    run_at_once(refresh_dependencies(desk, &id(application), dependencies))
        .expect("the store works")
}

fn packages(desk: &Desk, application: &str) -> Vec<String> {
    run_at_once(desk.store.load_dependencies(&id(application)))
        .expect("the store works")
        .iter()
        .map(|known| format!("{} {} {:?}", known.package, known.requirement, known.built))
        .collect()
}

#[test]
fn sent_dependencies_replace_those_known_and_are_judged_at_once() {
    let desk = Desk::with(vec![(
        application("web"),
        vec![built(TOKENS, "^1.0.0", "1.0.0")],
    )]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.publish(TOKENS, "2.0.0");
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["web.1.1"]);
    desk.end("e-1", downriver_engine::ports::ExecutionStatus::Succeeded);
    desk.sweep();
    desk.wait_until(9_000);
    let moved = vec![dependency(TOKENS, "^2.0.0"), dependency(ICONS, "^1.0.0")];
    assert_eq!(refresh(&desk, "web", moved.clone()), Refreshed::Changed);
    assert_eq!(
        packages(&desk, "web"),
        [
            "pkg:npm/tokens ^2.0.0 Assumed(\"1.1.0\")",
            "pkg:npm/icons ^1.0.0 Unknown"
        ],
        "what the execution built stays with its edge"
    );
    desk.wait_until(9_100);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
    assert_eq!(refresh(&desk, "web", moved), Refreshed::Unchanged);
    assert_eq!(
        refresh(&desk, "gone", Vec::new()),
        Refreshed::UnknownApplication
    );
}

#[test]
fn sent_dependencies_of_a_producer_change_who_waits_for_whom() {
    let desk = Desk::with(vec![
        (producer("tokens", &[TOKENS]), Vec::new()),
        (producer("icons", &[ICONS]), Vec::new()),
    ]);
    assert_eq!(
        refresh(&desk, "icons", vec![dependency(TOKENS, "^1.0.0")]),
        Refreshed::Changed
    );
    let topology = run_at_once(desk.store.load_topology()).expect("the store works");
    assert_eq!(topology.upriver[&id("icons")], [id("tokens")].into());
    let states = run_at_once(desk.store.load_applications(&[id("icons")]));
    let state = states.expect("the store works").remove(0);
    assert_eq!(state.application.upriver, [id("tokens")].into());
    assert!(matches!(state.slot.state, SlotState::Idle));
}

#[test]
fn a_catalog_that_declares_no_dependencies_keeps_what_was_sent() {
    let entries = || vec![(producer("icons", &[ICONS]), Vec::new())];
    let undeclared = || Catalog {
        undeclared: [id("icons")].into(),
        ..catalog(entries())
    };
    let desk = Desk::with(entries());
    refresh(&desk, "icons", vec![dependency(TOKENS, "^1.0.0")]);
    let applied = desk.apply(&undeclared());
    assert_eq!((applied.changed, applied.unchanged), (0, 1));
    assert_eq!(packages(&desk, "icons"), ["pkg:npm/tokens ^1.0.0 Unknown"]);
    // An empty list is a declaration too.
    let applied = desk.apply(&catalog(entries()));
    assert_eq!((applied.changed, applied.unchanged), (1, 0));
    assert_eq!(packages(&desk, "icons"), [""; 0]);
}

/// The canary runs, and the three others wait for it.
fn waiting_for_the_canary() -> Desk {
    let desk = rolling::four();
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(rolling::closed(&desk, "web-1"), [Gate::Ring]);
    desk
}

#[test]
fn a_catalog_without_rollouts_lets_go_at_once_who_waited_for_a_ring() {
    let desk = waiting_for_the_canary();
    desk.apply(&catalog(rolling::applications()));
    desk.wait_until(1_101);
    assert_eq!(
        desk.started(),
        ["bird.1.1", "web-1.1.1", "web-2.1.1", "web-3.1.1"]
    );
}

#[test]
fn who_is_judged_anew_while_it_waits_for_a_ring_is_judged_at_once() {
    let desk = waiting_for_the_canary();
    let mut applications = rolling::applications();
    let mut webs = applications.iter_mut();
    let (_, dependencies) = webs
        .find(|(application, _)| application.id.as_str() == "web-1")
        .expect("it is one of them");
    dependencies.push(rolling::built(KIT));
    desk.apply(&rolling::catalog_of(&rolling::policy(), applications));
    desk.wait_until(1_101);
    assert!(desk.slot("web-1").joined.is_empty());
    assert_eq!(rolling::closed(&desk, "web-1"), [Gate::Ring]);
}

#[test]
fn who_waits_for_a_ring_and_is_taken_out_ends_even_if_no_message_says_so() {
    let desk = waiting_for_the_canary();
    let mut applications = rolling::applications();
    applications.retain(|(application, _)| application.id.as_str() != "web-1");
    desk.apply(&rolling::catalog_of(&rolling::policy(), applications));
    desk.lose_timers();
    desk.wait_until(1_500);
    desk.sweep();
    desk.wait_until(1_501);
    assert_eq!(desk.slot("web-1").state, SlotState::Idle);
}
