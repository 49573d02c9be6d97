//! When rebuilds go: windows, freezes, the age of third-party versions, limits for a day, urgency, and whose turn it is.

use downriver_domain::slot::{ControlScope, Gate, SlotState};
use downriver_domain::{Application, Dependency, OwnerId, Topology, Window};
use downriver_engine::operate::{Command, Operated};
use downriver_engine::ports::{ExecutionStatus, NoticeKind, Trigger};
use downriver_testkit::builders::{application, at, id, package, pipeline, producer, target};

use super::desk::{Desk, catalog};
use super::rolling::{TOKENS, built, closed, running, succeed, user};

const KIT: &str = "pkg:npm/kit";
const HOUR: i64 = 3_600;

/// Open for an hour, this many hours after the tests' beginning, which is midnight UTC.
fn window(hour: i64) -> Vec<Window> {
    let schedule = format!("0 {hour} * * *");
    vec![Window::parse(&schedule, "UTC", 3_600).expect("valid")]
}

fn windowed(
    (mut application, dependencies): (Application, Vec<Dependency>),
    hour: i64,
) -> (Application, Vec<Dependency>) {
    application.policy.windows = window(hour);
    (application, dependencies)
}

fn with(
    topology: impl FnOnce(&mut Topology),
    applications: Vec<(Application, Vec<Dependency>)>,
) -> Desk {
    let desk = Desk::with(Vec::new());
    let mut catalog = catalog(applications);
    topology(&mut catalog.topology);
    desk.apply(&catalog);
    desk.wait_until(1_000);
    desk
}

/// Lets time pass with a sweep every five minutes, as in a deployment.
fn pass_until(desk: &Desk, secs: i64) {
    while desk.now.get() + 300 < secs {
        desk.wait_until(desk.now.get() + 300);
        desk.sweep();
    }
    desk.wait_until(secs);
}

fn freeze(scope: ControlScope, until: i64) -> Command {
    Command::Freeze {
        scope,
        until: at(until),
        by: "ann".to_owned(),
        reason: "a fair".to_owned(),
    }
}

#[test]
fn when_a_window_opens_the_newest_state_is_built_once() {
    let desk = with(|_| {}, vec![windowed(user("web", &[]), 5)]);
    for (number, version) in ["1.1.0", "1.2.0", "1.3.0"].iter().enumerate() {
        pass_until(&desk, 1_100 + HOUR * i64::try_from(number).expect("few"));
        desk.publish(TOKENS, version);
    }
    pass_until(&desk, 5 * HOUR - 1);
    assert_eq!(desk.started(), Vec::<String>::new());
    assert_eq!(closed(&desk, "web"), [Gate::Window]);
    pass_until(&desk, 5 * HOUR + 300);
    assert_eq!(desk.started(), ["web.1.1"]);
    let SlotState::Running(running) = desk.slot("web").state else {
        panic!("it runs");
    };
    let wanted = &running.rebuild.packages[&package(TOKENS)];
    assert_eq!(wanted.version, "1.3.0");
}

#[test]
fn producers_go_before_what_they_reach_when_one_window_opens_for_both() {
    let kit = (producer("kit", &[KIT]), vec![built(TOKENS)]);
    let mut shop = user("a-shop", &[]);
    shop.1.push(built(KIT));
    let desk = with(|_| {}, vec![windowed(kit, 5), windowed(shop, 5)]);
    desk.publish(TOKENS, "1.1.0");
    pass_until(&desk, 5 * HOUR + 300);
    assert_eq!(desk.started(), ["kit.1.1"], "the shop waits for the kit");
    assert_eq!(closed(&desk, "a-shop"), [Gate::UpriverQuiet]);
}

#[test]
fn a_producer_whose_window_is_closed_holds_nobody_up_until_it_opens() {
    let kit = (producer("kit", &[KIT]), vec![built(TOKENS)]);
    let mut shop = user("shop", &[]);
    shop.1.push(built(KIT));
    let desk = with(|_| {}, vec![windowed(kit, 5), shop]);
    desk.publish(TOKENS, "1.1.0");
    pass_until(&desk, 2_000);
    assert_eq!(desk.started(), ["shop.1.1"]);
}

#[test]
fn an_operator_freezes_and_thaws_everything_an_owner_or_an_application() {
    let other = || {
        let (mut application, dependencies) = user("other", &[]);
        application.owner = OwnerId::clone(&id("team-b"));
        (application, dependencies)
    };
    for (scope, started_anyway) in [
        (ControlScope::System, vec![]),
        (ControlScope::Owner(id("team-a")), vec!["other.1.1"]),
        (ControlScope::Application(id("web")), vec!["other.1.1"]),
    ] {
        let desk = with(|_| {}, vec![user("web", &[]), other()]);
        let command = freeze(scope.clone(), 20_000);
        assert_eq!(desk.operate(&command), Operated::Done);
        assert_eq!(desk.operate(&command), Operated::Unchanged);
        desk.publish(TOKENS, "1.1.0");
        desk.wait_until(2_000);
        assert_eq!(desk.started(), started_anyway);
        let thaw = Command::Thaw { scope };
        assert_eq!(desk.operate(&thaw), Operated::Done);
        assert_eq!(desk.operate(&thaw), Operated::Unchanged);
        desk.wait_until(2_001);
        assert_eq!(desk.started().len(), 2);
    }
    let desk = with(|_| {}, vec![user("web", &[])]);
    let unknown = freeze(ControlScope::Application(id("wbe")), 20_000);
    assert_eq!(desk.operate(&unknown), Operated::UnknownApplication);
}

#[test]
fn a_freeze_ends_by_itself_and_is_not_for_what_is_urgent() {
    let desk = with(|_| {}, vec![user("web", &[]), user("web-2", &[])]);
    desk.operate(&freeze(ControlScope::System, 2 * HOUR));
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(closed(&desk, "web"), [Gate::Window]);
    let expedite = Command::Expedite {
        application: id("web-2"),
    };
    assert_eq!(desk.operate(&expedite), Operated::Done);
    desk.wait_until(1_201);
    assert_eq!(desk.started(), ["web-2.1.1"]);
    pass_until(&desk, 2 * HOUR + 300);
    assert_eq!(desk.started(), ["web-2.1.1", "web.1.1"]);
}

#[test]
fn an_operator_opens_a_window_and_closes_it_again() {
    let desk = with(|_| {}, vec![windowed(user("web", &[]), 5)]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(desk.started(), Vec::<String>::new());
    let open = Command::OpenWindow {
        scope: ControlScope::Application(id("web")),
        until: at(3_000),
        by: "ann".to_owned(),
        reason: "hotfix".to_owned(),
    };
    assert_eq!(desk.operate(&open), Operated::Done);
    desk.wait_until(1_201);
    assert_eq!(desk.started(), ["web.1.1"]);
    let close = Command::CloseWindow {
        scope: ControlScope::Application(id("web")),
    };
    assert_eq!(desk.operate(&close), Operated::Done);
    succeed(&desk, "web", "1.1.0");
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(2_500);
    assert_eq!(closed(&desk, "web"), [Gate::Window]);
}

#[test]
fn a_third_partys_version_is_taken_when_it_is_old_enough_and_an_older_one_before() {
    let (mut web, dependencies) = user("web", &[]);
    web.policy.is_third_party_followed = true;
    web.policy.minimum_age_secs = 2 * 3_600;
    let desk = with(|_| {}, vec![(web, dependencies)]);
    desk.ingest(TOKENS, "1.1.0", 1_000);
    pass_until(&desk, 1_000 + HOUR);
    assert_eq!(closed(&desk, "web"), [Gate::Age]);
    desk.ingest(TOKENS, "1.2.0", 1_000 + HOUR);
    pass_until(&desk, 1_000 + 2 * HOUR - 1);
    assert_eq!(desk.started(), Vec::<String>::new());
    // 1.1.0 is old enough now; 1.2.0 is not.
    pass_until(&desk, 1_000 + 2 * HOUR + 600);
    assert_eq!(desk.started(), ["web.1.1"]);
    let SlotState::Running(running) = desk.slot("web").state else {
        panic!("it runs");
    };
    let wanted = &running.rebuild.packages[&package(TOKENS)];
    assert_eq!(wanted.version, "1.1.0");
    succeed(&desk, "web", "1.1.0");
    pass_until(&desk, 1_000 + 3 * HOUR + 900);
    assert_eq!(desk.started(), ["web.1.1", "web.2.1"]);
}

#[test]
fn our_own_versions_need_no_age() {
    let (mut web, dependencies) = user("web", &[]);
    web.policy.is_third_party_followed = true;
    let desk = with(|_| {}, vec![(web, dependencies)]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn a_limit_for_a_day_is_told_once_and_opens_a_day_after_the_first() {
    let (mut web, dependencies) = user("web", &[]);
    web.policy.rebuilds_per_day_max = Some(2);
    let desk = with(|_| {}, vec![(web, dependencies)]);
    for (number, version) in ["1.1.0", "1.2.0", "1.3.0"].iter().enumerate() {
        pass_until(&desk, 2_000 * (1 + i64::try_from(number).expect("few")));
        desk.publish(TOKENS, version);
        desk.wait_until(desk.now.get() + 100);
        if number < 2 {
            succeed(&desk, "web", version);
        }
    }
    assert_eq!(closed(&desk, "web"), [Gate::DailyLimit]);
    let told = |desk: &Desk| {
        let notices = desk.notices.borrow();
        let limits = notices
            .iter()
            .filter(|notice| notice.kind == NoticeKind::LimitReached);
        limits.map(|notice| notice.text.clone()).collect::<Vec<_>>()
    };
    pass_until(&desk, 80_000);
    insta::assert_snapshot!(told(&desk).join("\n"), @"2 rebuilds started within a day, which is its limit; the next may start a day after the first of them");
    assert_eq!(desk.started().len(), 2);
    pass_until(&desk, 86_400 + 2_060 + 600);
    assert_eq!(desk.started()[2..], ["web.3.1"]);
}

#[test]
fn packages_that_the_catalog_calls_urgent_wait_for_nothing_but_safety() {
    let urgent = |topology: &mut Topology| {
        topology.urgent = vec![downriver_domain::PackagePattern {
            format: downriver_domain::version::Format::Npm,
            namespace: None,
            name: "tok*".to_owned(),
        }];
    };
    let desk = with(urgent, vec![windowed(user("web", &[]), 5)]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_001);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn owners_take_turns_when_places_are_short() {
    let of = |name: &str, owner: &str| {
        let (mut application, dependencies) = user(name, &[]);
        application.owner = OwnerId::clone(&id(owner));
        (application, dependencies)
    };
    let mut lib = (producer("c-lib", &[KIT]), vec![built(TOKENS)]);
    lib.0.owner = OwnerId::clone(&id("team-c"));
    let budget = |topology: &mut Topology| {
        topology.budgets.insert(target("eu-west-1"), 2);
    };
    let desk = with(
        budget,
        vec![
            of("a-1", "team-a"),
            of("a-2", "team-a"),
            of("a-3", "team-a"),
            of("b-1", "team-b"),
            of("c-app", "team-c"),
            lib,
        ],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    // Producers are judged first, then in order of their ids.
    assert_eq!(desk.started(), ["c-lib.1.1", "a-1.1.1"]);
    succeed(&desk, "c-lib", "1.1.0");
    desk.wait_until(1_201);
    assert_eq!(desk.started()[2..], ["b-1.1.1"], "team-b has nothing yet");
    succeed(&desk, "a-1", "1.1.0");
    desk.wait_until(1_202);
    assert_eq!(
        desk.started()[3..],
        ["a-2.1.1"],
        "it waits longer than team-c's"
    );
    succeed(&desk, "b-1", "1.1.0");
    desk.wait_until(1_203);
    assert_eq!(desk.started()[4..], ["c-app.1.1"]);
}

#[test]
fn within_an_owners_share_the_one_with_most_dependents_goes_first() {
    const OTHER: &str = "pkg:npm/other";
    let lib = (producer("z-lib", &[KIT]), vec![built(OTHER)]);
    let budget = |topology: &mut Topology| {
        topology.budgets.insert(target("eu-west-1"), 1);
    };
    let desk = with(
        budget,
        vec![
            user("a-1", &[]),
            user("a-2", &[]),
            lib,
            (application("uses-kit"), vec![built(KIT)]),
        ],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(desk.started(), ["a-1.1.1"]);
    desk.publish(OTHER, "1.1.0");
    desk.wait_until(1_400);
    assert_eq!(closed(&desk, "z-lib"), [Gate::Budget]);
    succeed(&desk, "a-1", "1.1.0");
    desk.wait_until(1_401);
    assert_eq!(desk.started()[1..], ["z-lib.1.1"]);
}

#[test]
fn an_owner_with_its_share_lets_others_go_first_also_when_a_place_is_free() {
    let of = |name: &str, owner: &str, hour: Option<i64>| {
        let (mut application, dependencies) = user(name, &[]);
        application.owner = OwnerId::clone(&id(owner));
        application.policy.windows = hour.map_or_else(Vec::new, window);
        (application, dependencies)
    };
    let budget = |topology: &mut Topology| {
        topology.budgets.insert(target("eu-west-1"), 2);
    };
    let desk = with(
        budget,
        vec![
            of("a-1", "team-a", None),
            of("a-2", "team-a", None),
            of("b-1", "team-b", None),
        ],
    );
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    succeed(&desk, "a-1", "1.1.0");
    // The message that was to wake team-b is lost; team-a asks again first.
    desk.lose_timers();
    desk.publish(TOKENS, "1.2.0");
    desk.wait_until(1_261);
    assert_eq!(closed(&desk, "a-1"), [Gate::Budget]);
    desk.wait_until(1_700);
    desk.sweep();
    desk.wait_until(1_701);
    assert_eq!(desk.started()[2..], ["b-1.1.1"]);
}

#[test]
fn a_push_after_a_change_that_picked_it_up_settles_it_without_another_run() {
    let desk = with(|_| {}, vec![windowed(user("web", &[]), 5)]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    assert_eq!(closed(&desk, "web"), [Gate::Window]);
    let execution = desk.start(&pipeline("web"), Trigger::Other("Webhook".to_owned()));
    desk.wait_until(1_300);
    desk.end(&execution, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("web"), &execution);
    let report = downriver_engine::index::BuiltReport {
        application: id("web"),
        execution: id(&execution),
        packages: vec![downriver_engine::index::BuiltPackage {
            package: package(TOKENS),
            version: "1.1.0".to_owned(),
            revision: None,
        }],
    };
    downriver_testkit::run_at_once(downriver_engine::index::record_built(&desk, &report))
        .expect("the store works");
    desk.wait_until(1_301);
    assert_eq!(desk.slot("web").state, SlotState::Idle);
    pass_until(&desk, 6 * HOUR);
    assert_eq!(desk.started(), ["-"], "only the push");
    let told = desk.told("web");
    assert!(
        told.iter()
            .any(|text| text.contains("did not start, succeeded")),
        "{told:?}"
    );
}

#[test]
fn a_push_that_did_not_pick_the_change_up_settles_nothing() {
    let desk = with(|_| {}, vec![windowed(user("web", &[]), 5)]);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_200);
    let execution = desk.start(&pipeline("web"), Trigger::Other("Webhook".to_owned()));
    desk.wait_until(1_300);
    desk.end(&execution, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("web"), &execution);
    let report = downriver_engine::index::BuiltReport {
        application: id("web"),
        execution: id(&execution),
        packages: vec![downriver_engine::index::BuiltPackage {
            package: package(TOKENS),
            version: "1.0.0".to_owned(),
            revision: None,
        }],
    };
    downriver_testkit::run_at_once(downriver_engine::index::record_built(&desk, &report))
        .expect("the store works");
    pass_until(&desk, 5 * HOUR + 600);
    assert_eq!(desk.started(), ["-", "web.1.1"]);
    assert!(!running(&desk, "web").is_empty());
}
