//! The dependencies of an application, and the built versions on them.

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{Built, Dependency, Evidence, Scope};
use downriver_engine::ports::{BuiltWrite, Commit, Store};

use super::{done, packages, read, register};
use crate::builders::{application, at, dependency, id, package};

const TOKENS: &str = "pkg:npm/%40acme/tokens";
const BUTTONS: &str = "pkg:npm/%40acme/buttons";

pub async fn dependencies_read_back_as_registered(store: &impl Store) {
    let full = Dependency {
        built: Built::Proven("1.2.3".to_owned()),
        built_as_of: Some(at(5)),
        built_revision: Some("r1".to_owned()),
        is_locked: true,
        is_requirement_assumed: true,
        is_direct: false,
        path: vec![package(BUTTONS), package("pkg:npm/left-pad")],
        scope: Scope::Peer,
        evidence: Evidence {
            file: "web/package-lock.json".into(),
            line: None,
        },
        lock: Some(Evidence {
            file: "web/package-lock.json".into(),
            line: Some(120),
        }),
        ..dependency(TOKENS, ">=1 <3")
    };
    let assumed = Dependency {
        built: Built::Assumed("1.1.0".to_owned()),
        ..dependency(TOKENS, "^1.0.0")
    };
    // Transitive, though nothing tells the way; and the same at another line of the lockfile.
    let untold = Dependency {
        is_direct: false,
        lock: Some(Evidence {
            file: "web/package-lock.json".into(),
            line: None,
        }),
        ..dependency(TOKENS, "^1.0.0")
    };
    let elsewhere = Dependency {
        lock: Some(Evidence {
            file: "web/package-lock.json".into(),
            line: Some(8),
        }),
        ..untold.clone()
    };
    let registered = vec![full, assumed, untold, elsewhere];
    register(store, application("web"), registered.clone()).await;
    assert_eq!(read(store.load_dependencies(&id("web")).await), registered);
    assert_eq!(read(store.load_dependencies(&id("other")).await), []);
}

pub async fn registering_again_replaces_all_dependencies(store: &impl Store) {
    let twice = vec![dependency(TOKENS, "^1.0.0"), dependency(TOKENS, "^2.0.0")];
    register(store, application("web"), twice).await;
    register(
        store,
        application("web"),
        vec![dependency(BUTTONS, "^3.0.0")],
    )
    .await;
    assert_eq!(
        read(store.load_dependencies(&id("web")).await),
        [dependency(BUTTONS, "^3.0.0")]
    );
    let dependents = store.load_dependents(&package(TOKENS), None, 10).await;
    assert_eq!(read(dependents).edges, []);
    assert_eq!(read(store.count_dependents(&package(TOKENS)).await), 0);
    assert_eq!(read(store.count_dependents(&package(BUTTONS)).await), 1);
}

pub async fn edges_of_several_packages_come_in_order(store: &impl Store) {
    let dependencies = vec![
        dependency(TOKENS, "^1.0.0"),
        dependency("pkg:npm/left-pad", "*"),
        dependency(BUTTONS, "^3.0.0"),
        dependency(TOKENS, "^2.0.0"),
    ];
    register(store, application("web"), dependencies.clone()).await;
    register(store, application("api"), dependencies).await;
    let asked = packages(&[TOKENS, BUTTONS, "pkg:npm/unknown"]);
    let edges = read(store.load_edges(&id("web"), &asked).await);
    let shown: Vec<(&str, u32, &str)> = edges
        .iter()
        .map(|edge| {
            let name = edge.dependency.package.name();
            (name, edge.instance, edge.dependency.requirement.as_str())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("buttons", 0, "^3.0.0"),
            ("tokens", 0, "^1.0.0"),
            ("tokens", 1, "^2.0.0")
        ]
    );
    assert!(edges.iter().all(|edge| edge.application == id("web")));
    let none = store.load_edges(&id("web"), &packages(&[])).await;
    assert_eq!(read(none), []);
    let unknown = store.load_edges(&id("other"), &asked).await;
    assert_eq!(read(unknown), []);
}

pub async fn a_built_version_is_written_to_its_edge_only(store: &impl Store) {
    let twice = vec![dependency(TOKENS, "^1.0.0"), dependency(TOKENS, "^1.0.0")];
    register(store, application("web"), twice.clone()).await;
    register(store, application("api"), twice).await;
    done(
        store,
        commit_built("web", 1, Built::Proven("1.5.0".to_owned())),
    )
    .await;
    let written = Dependency {
        built: Built::Proven("1.5.0".to_owned()),
        built_as_of: Some(at(9)),
        built_revision: Some("r2".to_owned()),
        ..dependency(TOKENS, "^1.0.0")
    };
    let untouched = dependency(TOKENS, "^1.0.0");
    assert_eq!(
        read(store.load_dependencies(&id("web")).await),
        [untouched.clone(), written]
    );
    assert_eq!(
        read(store.load_dependencies(&id("api")).await),
        [untouched.clone(), untouched.clone()]
    );
    done(store, commit_built("web", 1, Built::Unknown)).await;
    let forgotten = Dependency {
        built_as_of: Some(at(9)),
        built_revision: Some("r2".to_owned()),
        ..untouched.clone()
    };
    assert_eq!(
        read(store.load_dependencies(&id("web")).await),
        [untouched, forgotten]
    );
}

pub async fn a_built_version_of_an_edge_that_is_gone_is_left_out(store: &impl Store) {
    let built = || Built::Proven("1.5.0".to_owned());
    done(store, commit_built("web", 0, built())).await;
    register(store, application("web"), Vec::new()).await;
    done(store, commit_built("web", 0, built())).await;
    register(store, application("web"), vec![dependency(TOKENS, "*")]).await;
    done(store, commit_built("web", 1, built())).await;
    assert_eq!(
        read(store.load_dependencies(&id("web")).await),
        [dependency(TOKENS, "*")]
    );
    read(store.remove_registration(&id("web")).await);
    done(store, commit_built("web", 0, built())).await;
    assert_eq!(read(store.load_dependencies(&id("web")).await), []);
}

pub async fn odd_names_read_back(store: &impl Store) {
    let odd = [
        (Format::Generic, Some("ns"), "名前"),
        (Format::Generic, None, "a%b"),
        (Format::Generic, None, "a%2Fb"),
        (Format::Maven, Some("com.acme"), "core_2.13"),
        (Format::Npm, Some("acme"), "a.b-c_d~e"),
        (Format::Swift, Some("acme"), "Kit"),
    ];
    let dependencies: Vec<Dependency> = odd
        .iter()
        .map(|(format, namespace, name)| Dependency {
            package: PackageId::new(*format, *namespace, name).expect("an allowed name"),
            requirement: "\"'\u{0}\n\u{1F300}".to_owned(),
            evidence: Evidence {
                file: "ä b/😀'\".json".into(),
                line: Some(u32::MAX),
            },
            ..dependency(TOKENS, "*")
        })
        .collect();
    register(store, application("odd"), dependencies.clone()).await;
    assert_eq!(
        read(store.load_dependencies(&id("odd")).await),
        dependencies
    );
    for dependency in &dependencies {
        let page = store.load_dependents(&dependency.package, None, 1).await;
        assert_eq!(read(page).edges[0].dependency, *dependency);
    }
}

fn commit_built(application: &str, instance: u32, built: Built) -> Commit {
    Commit {
        built: vec![BuiltWrite {
            application: id(application),
            package: package(TOKENS),
            instance,
            built,
            built_as_of: at(9),
            built_revision: Some("r2".to_owned()),
        }],
        ..Commit::default()
    }
}
