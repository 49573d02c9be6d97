use super::*;
use crate::doctor::testing::{
    application_mut, dependency, found, id, only, repository, topology_mut,
};

#[test]
fn an_application_of_which_nothing_is_known_is_named() {
    let unknown = |facts: &mut Facts| {
        let web = application_mut(facts, "web");
        web.application.is_declared = false;
        web.dependencies.clear();
        application_mut(facts, "lib").application.products.clear();
    };
    let (line, _, mend) = only(unknown);
    assert_eq!(line, "warning never-indexed web application web");
    assert!(
        mend.contains("`downriver index --application web --upload`"),
        "{mend}"
    );
    let declared = |facts: &mut Facts| {
        unknown(facts);
        application_mut(facts, "web").application.is_declared = true;
    };
    assert_eq!(found(declared), []);
}

#[test]
fn a_lockfile_that_nothing_refreshes_is_told_for_packages_of_ours() {
    let locked = |facts: &mut Facts| {
        let web = application_mut(facts, "web");
        web.application.policy.on_locked = OnLocked::Notify;
        web.dependencies[0].is_locked = true;
    };
    let (line, evidence, _) = only(locked);
    assert_eq!(line, "advice locked-not-refreshed web application web");
    assert!(evidence.contains("pkg:npm/%40acme/tokens"), "{evidence}");
    for (name, on_locked) in [
        ("web", OnLocked::Refresh),
        ("web", OnLocked::Rebuild),
        ("web", OnLocked::Ignore),
    ] {
        let settled = |facts: &mut Facts| {
            locked(facts);
            application_mut(facts, name).application.policy.on_locked = on_locked;
        };
        assert_eq!(found(settled), [], "{on_locked:?}");
    }
    let third_party = |facts: &mut Facts| {
        let web = application_mut(facts, "web");
        web.application.policy.on_locked = OnLocked::Notify;
        let mut react = dependency("pkg:npm/react");
        react.is_locked = true;
        web.dependencies.push(react);
    };
    assert_eq!(found(third_party), []);
}

#[test]
fn a_product_that_nobody_depends_on_is_advice() {
    let (line, evidence, _) = only(|facts| {
        application_mut(facts, "web").dependencies.clear();
    });
    assert_eq!(line, "advice product-unseen lib application lib");
    assert!(
        evidence.contains("No application of the catalog depends on"),
        "{evidence}"
    );
    let unseen = |facts: &mut Facts| {
        facts.is_whole = false;
        application_mut(facts, "web").dependencies.clear();
    };
    assert_eq!(found(unseen), [], "others may depend on it");
}

#[test]
fn a_product_whose_repository_dependents_do_not_see_is_a_warning() {
    let (line, evidence, mend) = only(|facts| {
        application_mut(facts, "lib").application.publishes_to = Some(repository("staging"));
        topology_mut(facts).repositories.insert(
            repository("staging"),
            downriver_domain::Repository::default(),
        );
        facts.packages.held.clear();
    });
    assert_eq!(line, "warning product-unseen lib application lib");
    assert_eq!(
        evidence,
        "lib publishes pkg:npm/%40acme/tokens to 111122223333/acme/staging, which 1 of 1 applications that depend on it cannot see: web."
    );
    assert!(mend.contains("an upstream of a repository"), "{mend}");
}

#[test]
fn each_cycle_is_told_once_with_all_its_members() {
    let graph = |edges: &[(&str, &[&str])]| {
        let edges = edges.iter().map(|(from, to)| {
            let to = to.iter().map(|name| id(name)).collect();
            (id(from), to)
        });
        Topology {
            upriver: edges.collect(),
            ..Topology::default()
        }
    };
    let shown = |topology: &Topology| -> Vec<String> {
        cycles(topology)
            .iter()
            .map(|members| {
                let names: Vec<&str> = members.iter().map(ApplicationId::as_str).collect();
                names.join(" ")
            })
            .collect()
    };
    for (edges, cycles) in [
        (
            &[("a", &["b"] as &[&str]), ("b", &["c"]), ("c", &[])] as &[(&str, &[&str])],
            &[] as &[&str],
        ),
        (&[("a", &["a"])], &["a"]),
        (&[("a", &["b"]), ("b", &["a"])], &["a b"]),
        // Between two cycles, and behind them.
        (
            &[
                ("a", &["b"]),
                ("b", &["a", "m"]),
                ("m", &["x"]),
                ("x", &["y"]),
                ("y", &["z"]),
                ("z", &["x", "end"]),
                ("end", &[]),
            ],
            &["a b", "x y z"],
        ),
        // Two circles that share a member are one.
        (
            &[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])],
            &["a b c"],
        ),
    ] {
        assert_eq!(shown(&graph(edges)), cycles, "{edges:?}");
    }
    let (line, evidence, _) = only(|facts| {
        topology_mut(facts).upriver = graph(&[("lib", &["web"]), ("web", &["lib"])]).upriver;
    });
    assert_eq!(line, "advice cycle lib application lib");
    assert!(
        evidence.starts_with("lib and web publish what each other depends on"),
        "{evidence}"
    );
}

#[test]
fn long_lists_are_counted() {
    let names = |count: usize| named((1..=count).collect::<Vec<_>>().iter());
    assert_eq!(names(1), "1");
    assert_eq!(names(2), "1 and 2");
    assert_eq!(names(5), "1, 2, 3, 4 and 5");
    assert_eq!(names(8), "1, 2, 3, 4, 5 and 3 more");
}
