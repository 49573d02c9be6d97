//! What builds built is read, proven, told (I1, I9), and repeated where it broke off.

use downriver_domain::slot::SlotState;
use downriver_domain::version::PackageVersionId;
use downriver_domain::{Application, Built, Dependency, OnLocked, Policy, VersionStatus};
use downriver_engine::history::{HistoryBody, Outcome};
use downriver_engine::index::{
    BuiltPackage, BuiltReport, ReadReport, read_execution, record_built,
};
use downriver_engine::ports::{
    ExecutionStatus, HistoryOf, NoticeKind, ReadRequest, Store, Trigger, Upload,
};
use downriver_engine::repositories;
use downriver_testkit::builders::{application, at, dependency, id, package, pipeline, repository};
use downriver_testkit::run_at_once;

use super::desk::Desk;

const TOKENS: &str = "pkg:npm/tokens";

fn web(on_locked: OnLocked) -> (Application, Vec<Dependency>) {
    let tokens = Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        is_locked: true,
        ..dependency(TOKENS, "^1.0.0")
    };
    let mut web = application("web");
    web.policy = Policy {
        on_locked,
        ..Policy::default()
    };
    (web, vec![tokens])
}

/// Tokens 1.1.0 was published at 1,000, and the rebuild for it, `web.1`, has just ended.
fn rebuilt(on_locked: OnLocked) -> Desk {
    let desk = Desk::with(vec![web(on_locked)]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    assert_eq!(desk.started(), ["web.1.1"]);
    desk.wait_until(1_300);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.sweep();
    desk
}

fn source(desk: &Desk, locked: &str) {
    let manifest = r#"{
  "name": "web",
  "dependencies": {
    "tokens": "^1.0.0"
  }
}
"#;
    let lock = format!(
        r#"{{
  "name": "web",
  "lockfileVersion": 3,
  "packages": {{
    "": {{ "name": "web", "dependencies": {{ "tokens": "^1.0.0" }} }},
    "node_modules/tokens": {{
      "version": "{locked}",
      "resolved": "https://packages.example/tokens-{locked}.tgz"
    }}
  }}
}}
"#
    );
    *desk.source.borrow_mut() = vec![
        ("README.md".to_owned(), String::new()),
        ("package.json".to_owned(), manifest.to_owned()),
        ("package-lock.json".to_owned(), lock),
    ];
}

fn upload(desk: &Desk, execution: &str, version: &str) {
    let sbom = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
            "components":[{{"type":"library","bom-ref":"t","name":"tokens","version":"{version}","purl":"pkg:npm/tokens@{version}"}}]}}"#
    );
    let upload = Upload {
        name: "bom.json".to_owned(),
        bytes: sbom.into_bytes(),
    };
    desk.uploads
        .borrow_mut()
        .push((execution.to_owned(), upload));
}

fn request(execution: &str) -> ReadRequest {
    ReadRequest {
        application: id("web"),
        execution: id(execution),
    }
}

fn read(desk: &Desk, execution: &str) -> ReadReport {
    run_at_once(read_execution(desk, &request(execution))).expect("it is read")
}

fn tokens(desk: &Desk) -> Dependency {
    run_at_once(desk.store.load_dependencies(&id("web")))
        .expect("the store works")
        .remove(0)
}

/// How the last rebuild of `web` stands in the history.
fn record(desk: &Desk) -> (Outcome, String) {
    let of = HistoryOf::Application(id("web"));
    let entries = run_at_once(desk.store.load_history(&of, 100)).expect("the store works");
    let last = entries.into_iter().find_map(|entry| match entry.body {
        HistoryBody::Rebuild(record) => Some((record.outcome, record.reason)),
        _ => None,
    });
    last.expect("there was a rebuild")
}

#[test]
fn a_success_asks_for_its_reading_and_a_lost_request_is_made_again() {
    let desk = rebuilt(OnLocked::Rebuild);
    assert_eq!(*desk.requests.borrow(), [request("e-1")]);
    desk.requests.borrow_mut().clear();
    desk.wait_until(1_350);
    desk.sweep();
    assert_eq!(*desk.requests.borrow(), [], "it is on its way");
    desk.wait_until(1_600);
    let report = desk.sweep();
    assert_eq!(*desk.requests.borrow(), [request("e-1")]);
    assert_eq!(report.asked.first, [id("web")]);
    upload(&desk, "e-1", "1.1.0");
    read(&desk, "e-1");
    desk.requests.borrow_mut().clear();
    desk.wait_until(1_800);
    desk.sweep();
    assert_eq!(*desk.requests.borrow(), [], "it was read");
}

#[test]
fn an_sbom_proves_what_the_build_made_of_an_old_lockfile() {
    let desk = rebuilt(OnLocked::Rebuild);
    source(&desk, "1.0.0");
    upload(&desk, "e-1", "1.1.0");
    let report = read(&desk, "e-1");
    assert_eq!(
        (report.outcome, report.files),
        (Some(Outcome::Delivered), 3)
    );
    let (outcome, reason) = record(&desk);
    assert_eq!(outcome, Outcome::Delivered);
    assert_eq!(
        reason,
        "execution e-1 built what it was for, as told by the SBOM bom.json and package-lock.json, package.json in \
         s3://artifacts/web"
    );
    let tokens = tokens(&desk);
    assert_eq!(tokens.built, Built::Proven("1.1.0".to_owned()));
    assert_eq!(tokens.built_as_of, Some(at(1_060)));
    assert_eq!(
        (&*tokens.evidence.file, tokens.evidence.line),
        ("package.json", Some(4))
    );
    assert_eq!(
        tokens.lock.as_ref().map(|lock| &*lock.file),
        Some("package-lock.json")
    );
    assert!(desk.slot("web").index_awaited_until.is_none());
    let told = desk.notices.borrow();
    let proofs = told
        .iter()
        .filter(|notice| notice.kind == NoticeKind::RebuildProof(Outcome::Delivered));
    assert_eq!(proofs.count(), 1);
}

#[test]
fn what_a_lockfile_held_back_is_told_with_file_line_and_command() {
    // Its owner says that the build refreshes; it was started before that, for a floating requirement.
    let desk = Desk::with(vec![{
        let (web, mut dependencies) = web(OnLocked::Notify);
        dependencies[0].is_locked = false;
        (web, dependencies)
    }]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_300);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.sweep();
    source(&desk, "1.0.0");
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::NotPickedUp));
    let (outcome, reason) = record(&desk);
    assert_eq!(outcome, Outcome::NotPickedUp);
    assert!(
        reason.contains("pkg:npm/tokens: wanted 1.1.0, built 1.0.0 (held by package-lock.json:6; run `npm update "),
        "{reason}"
    );
    assert_eq!(tokens(&desk).built, Built::Proven("1.0.0".to_owned()));
    // Not attempted again, and what its edges became is judged: the lockfile holds it now.
    desk.wait_until(3_000);
    desk.sweep();
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn the_lockfile_in_the_source_of_a_refreshed_execution_proves_nothing_against_it() {
    let desk = rebuilt(OnLocked::Refresh);
    source(&desk, "1.0.0");
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::Unproven));
    let (outcome, reason) = record(&desk);
    assert_eq!(outcome, Outcome::Unproven);
    assert!(reason.contains("package-lock.json:6"), "{reason}");
    assert!(reason.contains("`downriver index --upload`"), "{reason}");
    assert_eq!(tokens(&desk).built, Built::Assumed("1.1.0".to_owned()));
    // An SBOM that comes later settles it.
    upload(&desk, "e-1", "1.1.0");
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::Delivered));
    assert_eq!(tokens(&desk).built, Built::Proven("1.1.0".to_owned()));
}

#[test]
fn nothing_to_read_is_a_result_at_once() {
    let desk = rebuilt(OnLocked::Rebuild);
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::Unproven));
    assert_eq!(
        record(&desk).1,
        "execution e-1 succeeded; nothing tells what it built of pkg:npm/tokens: its source is not kept"
    );
    assert!(desk.slot("web").index_awaited_until.is_none());
    assert!(!desk.slot("web").builds[0].is_proven);
}

#[test]
fn a_second_reading_of_the_same_changes_nothing() {
    let desk = rebuilt(OnLocked::Rebuild);
    source(&desk, "1.0.0");
    upload(&desk, "e-1", "1.1.0");
    read(&desk, "e-1");
    // What changed of the edges is judged once.
    desk.wait_until(1_400);
    let (revision, notices) = (desk.slot("web").revision, desk.notices.borrow().len());
    read(&desk, "e-1");
    assert_eq!(desk.slot("web").revision, revision);
    assert_eq!(desk.notices.borrow().len(), notices);
}

#[test]
fn a_reading_that_breaks_off_anywhere_comes_to_the_same_end() {
    let ends = (0..60).map(|half| {
        let (calls, is_written) = (half / 2, half % 2 == 1);
        let desk = rebuilt(OnLocked::Rebuild);
        source(&desk, "1.0.0");
        upload(&desk, "e-1", "1.1.0");
        desk.store.break_after(calls, is_written);
        let first = run_at_once(read_execution(&desk, &request("e-1")));
        desk.store.mend();
        if first.is_err() {
            read(&desk, "e-1");
        }
        desk.wait_until(1_400);
        let slot = desk.slot("web");
        assert!(matches!(slot.state, SlotState::Idle) && slot.joined.is_empty());
        (record(&desk), tokens(&desk), slot.builds, first.is_ok())
    });
    let mut ends: Vec<_> = ends.collect();
    let last = ends.pop().expect("there are some");
    assert!(last.3, "it is read before so many calls");
    assert!(ends.iter().any(|end| !end.3));
    for (at, end) in ends.into_iter().enumerate() {
        assert_eq!(
            (end.0, end.1, end.2),
            (last.0.clone(), last.1.clone(), last.2.clone()),
            "{at}"
        );
    }
}

#[test]
fn a_report_of_a_running_execution_is_kept_until_its_end() {
    let desk = Desk::with(vec![web(OnLocked::Rebuild)]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_100);
    let report = BuiltReport {
        application: id("web"),
        execution: id("e-1"),
        packages: vec![BuiltPackage {
            package: package(TOKENS),
            version: "1.1.0".to_owned(),
            revision: None,
        }],
    };
    run_at_once(record_built(&desk, &report)).expect("it is kept");
    assert_eq!(tokens(&desk).built, Built::Proven("1.0.0".to_owned()));
    desk.wait_until(1_300);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.sweep();
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::Delivered));
    assert_eq!(tokens(&desk).built, Built::Proven("1.1.0".to_owned()));
    // One of an execution that is over, or that never was, is not.
    desk.uploads.borrow_mut().clear();
    let unknown = BuiltReport {
        execution: id("e-77"),
        ..report
    };
    run_at_once(record_built(&desk, &unknown)).expect("it is looked at");
    assert!(desk.uploads.borrow().is_empty());
}

#[test]
fn edges_that_the_catalog_declares_are_proven_and_stay() {
    let (mut application, dependencies) = web(OnLocked::Rebuild);
    application.is_declared = true;
    let desk = Desk::with(vec![(application, dependencies)]);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.1.0");
    desk.wait_until(1_300);
    desk.end("e-1", ExecutionStatus::Succeeded);
    desk.sweep();
    source(&desk, "1.0.0");
    upload(&desk, "e-1", "1.1.0");
    assert_eq!(read(&desk, "e-1").outcome, Some(Outcome::Delivered));
    let tokens = tokens(&desk);
    assert_eq!(tokens.built, Built::Proven("1.1.0".to_owned()));
    assert_eq!(tokens.lock, None);
}

#[test]
fn a_persons_build_is_read_too_and_brings_dependencies_of_its_own() {
    let desk = Desk::with(vec![(application("web"), Vec::new())]);
    desk.wait_until(1_000);
    let trigger = Trigger::Other("Webhook".to_owned());
    let execution = desk.start(&pipeline("web"), trigger);
    source(&desk, "1.0.0");
    desk.wait_until(1_300);
    desk.end(&execution, ExecutionStatus::Succeeded);
    desk.tell_end(&pipeline("web"), &execution);
    assert_eq!(*desk.requests.borrow(), [request("e-1")]);
    let report = read(&desk, "e-1");
    assert_eq!((report.outcome, report.dependencies), (None, 1));
    let found = tokens(&desk);
    assert_eq!(found.requirement, "^1.0.0");
    assert_eq!(found.built, Built::Proven("1.0.0".to_owned()));
    assert!(found.is_direct && found.is_locked);
    let told = desk.told("web");
    assert!(
        told.iter().any(
            |text| text.contains("what it built was read from package-lock.json, package.json")
        ),
        "{told:?}"
    );
}

fn floating() -> Vec<(Application, Vec<Dependency>)> {
    let tokens = Dependency {
        built: Built::Proven("1.0.0".to_owned()),
        ..dependency(TOKENS, "^1.0.0")
    };
    vec![(application("web"), vec![tokens])]
}

#[test]
fn a_publish_that_no_event_told_is_found_and_rebuilt_for() {
    let desk = Desk::with(floating());
    desk.own(TOKENS);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.0.0");
    desk.wait_until(2_000);
    assert_eq!(desk.sweep().reconciled.differences, 0);
    desk.list(TOKENS, "1.1.0", 1_900);
    let report = desk.sweep();
    assert_eq!(
        (report.reconciled.packages, report.reconciled.differences),
        (1, 1)
    );
    assert_eq!(desk.sweep().reconciled.differences, 0, "it is known now");
    desk.wait_until(2_200);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn a_deletion_that_no_event_told_is_found() {
    let desk = Desk::with(floating());
    desk.own(TOKENS);
    desk.wait_until(1_000);
    desk.publish(TOKENS, "1.0.0");
    desk.listed.borrow_mut().clear();
    desk.wait_until(2_000);
    assert_eq!(desk.sweep().reconciled.differences, 1);
    let version: PackageVersionId = format!("{TOKENS}@1.0.0").parse().expect("a package URL");
    let inventory =
        run_at_once(desk.store.load_inventory(version.package())).expect("the store works");
    let (_, record) = inventory.first_record("1.0.0").expect("it was there");
    assert_eq!(record.status, VersionStatus::Deleted);
    assert_eq!(desk.sweep().reconciled.differences, 0);
}

#[test]
fn a_package_that_was_never_met_is_met_and_judged() {
    let desk = Desk::with(floating());
    desk.own(TOKENS);
    desk.list(TOKENS, "1.0.0", 10);
    desk.list(TOKENS, "1.2.0", 20);
    desk.wait_until(2_000);
    let report = desk.sweep();
    assert_eq!(
        (report.reconciled.packages, report.reconciled.differences),
        (1, 1),
        "its event was missed"
    );
    desk.wait_until(2_200);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn what_was_there_before_anybody_depended_on_it_is_met_and_no_event_was_missed() {
    let desk = Desk::with(floating());
    desk.own(TOKENS);
    desk.list(TOKENS, "1.2.0", -20);
    desk.wait_until(2_000);
    let report = desk.sweep();
    assert_eq!(
        (report.reconciled.packages, report.reconciled.differences),
        (1, 0)
    );
    desk.wait_until(2_200);
    assert_eq!(desk.started(), ["web.1.1"]);
}

#[test]
fn what_codeartifact_says_of_its_repositories_is_kept_and_survives_the_catalog() {
    let desk = Desk::with(floating());
    let with = |upstreams: &[&str]| downriver_domain::Repository {
        upstreams: upstreams.iter().map(|name| repository(name)).collect(),
        external_connections: Vec::new(),
    };
    desk.repositories
        .borrow_mut()
        .insert(repository("shared"), with(&["base"]));
    desk.repositories
        .borrow_mut()
        .insert(repository("base"), with(&[]));
    let report = run_at_once(repositories::refresh(&desk)).expect("it is read");
    assert_eq!((report.observed, report.changed.len()), (2, 2));
    let again = run_at_once(repositories::refresh(&desk)).expect("it is read");
    assert_eq!(again.changed, []);
    desk.apply(&super::desk::catalog(floating()));
    let topology = run_at_once(desk.store.load_topology()).expect("the store works");
    let seen = topology.visible_from(&[repository("shared")]);
    assert_eq!(seen, [repository("shared"), repository("base")].into());
}
