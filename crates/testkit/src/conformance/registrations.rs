//! Applications in and out of the catalog.

use downriver_domain::{Application, ApplicationId, OnLocked, Policy, Rollback, Versioning};
use downriver_engine::ports::{LOAD_APPLICATIONS_MAX, Store, StoreError};

use super::{done, ids, of_slot, read, register, state};
use crate::builders::{
    application, dependency, id, package, pending, pipeline, producer, repository,
};

const TOKENS: &str = "pkg:npm/%40acme/tokens";

pub async fn unknown_applications_are_left_out_and_the_order_is_kept(store: &impl Store) {
    let full = Application {
        repositories: vec![repository("shared"), repository("public")],
        publishes_to: Some(repository("staging")),
        versioning: Versioning::Source,
        policy: Policy {
            on_locked: OnLocked::Refresh,
            rollback: Rollback::Auto,
            is_shadow: true,
            retries_max: 7,
            ..Policy::default()
        },
        source_folder: "services/b".to_owned(),
        build_role: Some(id("arn:aws:iam::123456789012:role/build")),
        is_declared: true,
        upriver: [id("core"), id("lib")].into(),
        ..producer("b", &["pkg:npm/b", "pkg:maven/com.acme/b"])
    };
    register(store, application("a"), Vec::new()).await;
    register(store, full.clone(), Vec::new()).await;
    let states = read(store.load_applications(&ids(&["b", "unknown", "a"])).await);
    let found: Vec<_> = states.into_iter().map(|state| state.application).collect();
    assert_eq!(found, [full, application("a")]);
    assert_eq!(read(store.load_applications(&[]).await), []);
}

pub async fn more_applications_than_the_maximum_are_refused(store: &impl Store) {
    register(store, application("a"), Vec::new()).await;
    let most = vec![id("a"); LOAD_APPLICATIONS_MAX];
    assert!(store.load_applications(&most).await.is_ok());
    let more = vec![id("a"); LOAD_APPLICATIONS_MAX + 1];
    let refused = store.load_applications(&more).await;
    assert!(
        matches!(refused, Err(StoreError::Permanent(_))),
        "{refused:?}"
    );
}

pub async fn a_removed_application_keeps_its_slot(store: &impl Store) {
    register(store, application("web"), vec![dependency(TOKENS, "*")]).await;
    let slot = pending("web", 0, Vec::new());
    done(store, of_slot(slot.clone())).await;
    read(store.remove_registration(&id("web")).await);
    let removed = state(store, "web").await;
    assert!(!removed.is_registered);
    assert_eq!(removed.slot, slot);
    assert_eq!(removed.application, application("web"));
    assert_eq!(read(store.list_applications(None, 10).await), []);
    assert_eq!(read(store.load_dependencies(&id("web")).await), []);
    let dependents = store.load_dependents(&package(TOKENS), None, 10).await;
    assert_eq!(read(dependents).edges, []);
    assert_eq!(
        read(store.find_application_by_pipeline(&pipeline("web")).await),
        Some(id("web"))
    );
}

pub async fn a_removed_application_without_a_slot_is_gone(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    read(store.remove_registration(&id("web")).await);
    assert_eq!(read(store.load_applications(&ids(&["web"])).await), []);
}

pub async fn a_removed_application_can_come_back(store: &impl Store) {
    register(store, application("web"), vec![dependency(TOKENS, "*")]).await;
    read(store.remove_registration(&id("web")).await);
    register(store, application("web"), vec![dependency(TOKENS, "^2")]).await;
    assert!(state(store, "web").await.is_registered);
    assert_eq!(
        read(store.load_dependencies(&id("web")).await),
        [dependency(TOKENS, "^2")]
    );
    assert_eq!(read(store.list_applications(None, 10).await), ids(&["web"]));
}

pub async fn removing_what_was_never_registered_does_nothing(store: &impl Store) {
    read(store.remove_registration(&id("web")).await);
    assert_eq!(read(store.load_applications(&ids(&["web"])).await), []);
}

pub async fn registered_applications_are_listed_in_pages(store: &impl Store) {
    for name in ["c", "a", "B", "d"] {
        register(store, application(name), Vec::new()).await;
    }
    read(store.remove_registration(&id("c")).await);
    let all = ids(&["B", "a", "d"]);
    assert_eq!(read(store.list_applications(None, 10).await), all);
    let mut seen: Vec<ApplicationId> = Vec::new();
    loop {
        let page = read(store.list_applications(seen.last(), 1).await);
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);
}

pub async fn an_application_is_found_by_its_present_pipeline(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    let moved = Application {
        pipeline: pipeline("web-v2"),
        ..application("web")
    };
    register(store, moved, Vec::new()).await;
    let found = |name: &'static str| async move {
        read(store.find_application_by_pipeline(&pipeline(name)).await)
    };
    assert_eq!(found("web").await, None);
    assert_eq!(found("web-v2").await, Some(id("web")));
    // Its pipeline is taken over by another application.
    read(store.remove_registration(&id("web")).await);
    assert_eq!(found("web-v2").await, Some(id("web")));
    let successor = Application {
        pipeline: pipeline("web-v2"),
        ..application("x-web")
    };
    register(store, successor, Vec::new()).await;
    assert_eq!(found("web-v2").await, Some(id("x-web")));
}

pub async fn registering_again_keeps_the_slot(store: &impl Store) {
    register(store, application("web"), Vec::new()).await;
    let slot = pending("web", 0, Vec::new());
    done(store, of_slot(slot.clone())).await;
    register(store, producer("web", &["pkg:npm/web"]), Vec::new()).await;
    let state = state(store, "web").await;
    assert_eq!(state.slot, slot);
    assert!(state.application.is_producer());
}
