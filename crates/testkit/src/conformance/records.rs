//! Topology, controls and the markers of active producers.

use downriver_domain::slot::{
    ActiveProducer, Comparison, ControlScope, Controls, Pause, PauseScope, Timed,
};
use downriver_domain::summary::SummaryProgress;
use downriver_domain::version::Format;
use downriver_domain::{ObservedRepository, PackagePattern, Repository, Summary, Topology};
use downriver_engine::ports::{Commit, CommitOutcome, MarkerWrite, Store};

use super::{conflicts, done, read};
use crate::builders::{at, id, package, repository, target, topology};

pub async fn a_fresh_store_has_the_defaults(store: &impl Store) {
    assert_eq!(*read(store.load_topology().await), Topology::default());
    assert_eq!(read(store.load_controls().await), Controls::default());
    assert_eq!(read(store.load_active_producers().await), []);
    let budget = read(store.load_budget(&target("eu-west-1")).await);
    assert!(budget.is_empty());
    assert_eq!(read(store.list_applications(None, 10).await), []);
}

pub async fn a_topology_is_written_over_its_predecessor_only(store: &impl Store) {
    let pattern = PackagePattern {
        format: Format::Npm,
        namespace: Some("acme".to_owned()),
        name: "*".to_owned(),
    };
    let upstream = Repository {
        upstreams: vec![repository("public")],
        external_connections: vec!["public:npmjs".to_owned()],
    };
    let observed = ObservedRepository {
        upstreams: vec![repository("staging")],
        external_connections: vec!["public:npmjs".to_owned()],
        at: at(7),
    };
    let full = Topology {
        repositories: [(repository("shared"), upstream)].into(),
        observed: [(repository("shared"), observed)].into(),
        budgets: [(target("eu-west-1"), 3)].into(),
        internal: vec![pattern.clone()],
        mutable: vec![pattern],
        producers: [(package("pkg:npm/lib"), [id("lib")].into())].into(),
        upriver: [(id("lib"), [id("core")].into()), (id("core"), [].into())].into(),
        is_shadow: true,
        ..topology()
    };
    let second = Topology {
        revision: 2,
        ..topology()
    };
    assert_eq!(
        read(store.record_topology(&second).await),
        CommitOutcome::Conflict
    );
    assert_eq!(
        read(store.record_topology(&full).await),
        CommitOutcome::Done
    );
    assert_eq!(
        read(store.record_topology(&full).await),
        CommitOutcome::Conflict
    );
    assert_eq!(*read(store.load_topology().await), full);
    assert_eq!(
        read(store.record_topology(&second).await),
        CommitOutcome::Done
    );
    assert_eq!(*read(store.load_topology().await), second);
}

pub async fn controls_are_written_over_their_predecessor_only(store: &impl Store) {
    let pause = Pause {
        by: "ana".to_owned(),
        reason: "“release” freeze".to_owned(),
        at: at(1),
    };
    let scopes = [
        PauseScope::System,
        PauseScope::Application(id("web")),
        PauseScope::Package(package("pkg:npm/lib")),
    ];
    let timed = Timed {
        by: "ana".to_owned(),
        reason: "year end".to_owned(),
        at: at(1),
        until: at(900),
    };
    let controlled = [
        ControlScope::System,
        ControlScope::Owner(id("team-a")),
        ControlScope::Application(id("web")),
    ];
    let summary = Summary {
        applications: 2,
        changes: 9,
        ..Summary::default()
    };
    let first = Controls {
        revision: 1,
        pauses: scopes.map(|scope| (scope, pause.clone())).into(),
        freezes: controlled
            .clone()
            .map(|scope| (scope, timed.clone()))
            .into(),
        openings: controlled.map(|scope| (scope, timed.clone())).into(),
        comparison: Some(Comparison {
            up_to: id("web"),
            at: at(3),
        }),
        reconciliation: Some(Comparison {
            up_to: id("api"),
            at: at(4),
        }),
        repositories_read_at: Some(at(5)),
        summaries: Some(SummaryProgress {
            up_to: Some(id("web")),
            owners: [(id("team-a"), summary)].into(),
            ..SummaryProgress::begin(at(6))
        }),
    };
    let second = Controls {
        revision: 2,
        ..Controls::default()
    };
    conflicts(store, write(&second)).await;
    done(store, write(&first)).await;
    conflicts(store, write(&first)).await;
    assert_eq!(read(store.load_controls().await), first);
    done(store, write(&second)).await;
    assert_eq!(read(store.load_controls().await), second);
}

pub async fn a_marker_is_put_replaced_and_removed(store: &impl Store) {
    let marker = |application: &str, rebuild: &str, secs| ActiveProducer {
        application: id(application),
        rebuild: id(rebuild),
        since: at(secs),
        active_from: None,
    };
    put(store, marker("lib", "lib.1", 1)).await;
    put(store, marker("core", "core.1", 2)).await;
    put(store, marker("lib", "lib.2", 3)).await;
    let mut producers = read(store.load_active_producers().await);
    producers.sort();
    assert_eq!(
        producers,
        [marker("core", "core.1", 2), marker("lib", "lib.2", 3)]
    );
    for name in ["lib", "never-there"] {
        let commit = Commit {
            marker: Some(MarkerWrite::Remove(id(name))),
            ..Commit::default()
        };
        done(store, commit).await;
    }
    let left = read(store.load_active_producers().await);
    assert_eq!(left, [marker("core", "core.1", 2)]);
}

async fn put(store: &impl Store, producer: ActiveProducer) {
    let commit = Commit {
        marker: Some(MarkerWrite::Put(producer)),
        ..Commit::default()
    };
    done(store, commit).await;
}

fn write(controls: &Controls) -> Commit {
    Commit {
        controls: Some(controls.clone()),
        ..Commit::default()
    }
}
