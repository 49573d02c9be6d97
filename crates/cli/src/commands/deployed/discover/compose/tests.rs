//! What was found as a catalog, beside what is known already, merged and checked.

use std::collections::BTreeMap;

use downriver_domain::{Repository, RepositoryId, Target};
use downriver_engine::wire::catalog::parse_catalog;
use toml_edit::DocumentMut;

use super::super::ask::{Asked, AskedPipeline};
use super::super::merge::merge;
use super::super::source::SourceFacts;
use super::compose;

fn repository(name: &str) -> RepositoryId {
    RepositoryId {
        domain_owner: "111122223333".parse().unwrap(),
        domain: "acme".parse().unwrap(),
        name: name.parse().unwrap(),
    }
}

fn pipeline(name: &str, repositories: &[&str], products: &[&str]) -> AskedPipeline {
    AskedPipeline {
        name: name.parse().unwrap(),
        owner: Some("team-web".parse().unwrap()),
        has_variables: true,
        source: Some(SourceFacts {
            folder: String::new(),
            products: products.iter().map(|it| it.parse().unwrap()).collect(),
            repositories: repositories.iter().map(|name| repository(name)).collect(),
        }),
    }
}

fn asked(pipelines: Vec<AskedPipeline>) -> Asked {
    let apps = Repository {
        upstreams: vec![repository("libs")],
        external_connections: Vec::new(),
    };
    let libs = Repository {
        upstreams: Vec::new(),
        external_connections: vec!["public:npmjs".to_owned()],
    };
    Asked {
        target: Target {
            account: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        names: pipelines.iter().map(|it| it.name.clone()).collect(),
        pipelines,
        repositories: BTreeMap::from([
            (repository("apps"), Some(apps)),
            (repository("libs"), Some(libs)),
        ]),
        remarks: Vec::new(),
    }
}

/// The catalog after a run, what the next run starts from, and all that was said. The catalog has no problem.
#[track_caller]
fn discovered(asked: &Asked, catalog: &str, before: &str) -> (String, String, Vec<String>) {
    let mut catalog: DocumentMut = catalog.parse().unwrap();
    let before: DocumentMut = before.parse().unwrap();
    let composed = compose(asked, &catalog, &before);
    let differences = merge(&mut catalog, &before, &composed.found);
    let mut said: Vec<String> = differences.iter().map(ToString::to_string).collect();
    said.extend(composed.remarks);
    let text = catalog.to_string();
    let checked = parse_catalog("downriver.toml", &text, None, &|name| Err(name.to_owned()));
    assert!(checked.is_ok(), "{checked:?} of\n{text}");
    (text, composed.found.to_string(), said)
}

fn two() -> Asked {
    asked(vec![
        pipeline("ui", &["apps"], &["pkg:npm/%40acme/ui"]),
        pipeline("shop.web", &["apps"], &[]),
    ])
}

#[test]
fn a_first_run_writes_a_whole_catalog() {
    let (catalog, ..) = discovered(&two(), "", "");
    insta::assert_snapshot!(catalog.trim_start(), @r#"
    [defaults]
    account = "123456789012"
    region = "eu-west-1"
    domain = "acme"
    domain_owner = "111122223333"
    repositories = ["apps"]

    [repositories.apps]
    upstreams = ["libs"]

    [repositories.libs]
    external_connection = "public:npmjs"

    [applications.shop-web]
    owner = "team-web"
    pipeline = "shop.web"
    variables = true

    [applications.ui]
    owner = "team-web"
    products = ["pkg:npm/%40acme/ui"]
    variables = true
    "#);
}

#[test]
fn the_same_account_changes_nothing_again() {
    let (catalog, before, _) = discovered(&two(), "", "");
    let (again, still, said) = discovered(&two(), &catalog, &before);
    assert_eq!((again, still, said), (catalog, before, Vec::new()));
}

#[test]
fn what_people_renamed_or_took_out_stays_as_they_have_it() {
    let (catalog, before, _) = discovered(&two(), "", "");
    let renamed = catalog.replace("[applications.shop-web]", "[applications.shop]");
    let (again, _, said) = discovered(&two(), &renamed, &before);
    assert_eq!((again, said), (renamed, Vec::new()));
    let (without, _) = catalog.split_once("[applications.ui]").unwrap();
    let (again, before, said) = discovered(&two(), without, &before);
    assert_eq!((again.as_str(), said.len()), (without, 0));
    assert_eq!(discovered(&two(), without, &before).0, without);
}

#[test]
fn what_could_not_be_read_this_time_is_not_gone() {
    let (catalog, before, _) = discovered(&two(), "", "");
    let mut unread = two();
    unread.pipelines[0].source = None;
    unread.repositories.clear();
    assert_eq!(discovered(&unread, &catalog, &before).2, [""; 0]);
    // A filter left it out.
    let mut filtered = two();
    filtered.pipelines.remove(0);
    let (again, still, said) = discovered(&filtered, &catalog, &before);
    assert_eq!((again, still, said), (catalog, before, Vec::new()));
}

#[test]
fn a_pipeline_that_was_deleted_is_said_to_be_gone() {
    let (catalog, before, _) = discovered(&two(), "", "");
    let left = asked(vec![pipeline("shop.web", &["apps"], &[])]);
    let (again, _, said) = discovered(&left, &catalog, &before);
    assert_eq!(again, catalog);
    assert_eq!(
        said,
        ["applications.ui: not found any more; it stays until you take it out"]
    );
}

#[test]
fn another_region_joins_the_same_catalog() {
    let (catalog, before, _) = discovered(&two(), "", "");
    let mut elsewhere = asked(vec![pipeline("ui", &["apps"], &[])]);
    elsewhere.target.region = "us-east-1".parse().unwrap();
    let (both, before, said) = discovered(&elsewhere, &catalog, &before);
    assert_eq!(
        said,
        [
            "targets.123456789012/us-east-1: added",
            "applications.ui-2: added"
        ]
    );
    assert!(both.contains("region = \"us-east-1\""), "{both}");
    assert_eq!(discovered(&two(), &both, &before).2, [""; 0]);
    assert_eq!(discovered(&elsewhere, &both, &before).2, [""; 0]);
}

#[test]
fn a_catalog_with_owners_gets_those_that_are_new() {
    let owners = "[owners.team-web]\nvariables = true\n";
    let mut found = two();
    found.pipelines[1].owner = Some("team-shop".parse().unwrap());
    let (catalog, _, said) = discovered(&found, owners, "");
    assert!(catalog.starts_with(owners), "{catalog}");
    assert!(
        said.contains(&"owners.team-shop: added".to_owned()),
        "{said:?}"
    );
    assert_eq!(catalog.matches("variables = true").count(), 2, "{catalog}");
}

#[test]
fn an_application_without_a_tag_is_nobodys_until_a_person_says_whose() {
    let mut bare = two();
    bare.pipelines[0].owner = None;
    let (catalog, before, _) = discovered(&bare, "", "");
    assert!(catalog.contains("owner = \"unassigned\""), "{catalog}");
    let assigned = catalog.replace("unassigned", "team-web");
    let (again, _, said) = discovered(&bare, &assigned, &before);
    assert_eq!((again, said), (assigned, Vec::new()));
}

#[test]
fn where_nothing_tells_what_builds_resolve_from_a_person_is_asked_first() {
    let mut bare = asked(vec![pipeline("web", &[], &[])]);
    bare.pipelines[0].source = None;
    bare.repositories.clear();
    let (catalog, before, said) = discovered(&bare, "", "");
    assert!(!catalog.contains("web"), "{catalog}");
    assert_eq!(
        said.last().unwrap(),
        "web: left out, since nothing tells what it resolves from: give [defaults] its `repositories` and run this again"
    );
    let lines = "repositories = [\"apps\"]\ndomain = \"acme\"\ndomain_owner = \"111122223333\"\n";
    let filled = format!("{}{lines}[repositories.apps]\n", catalog.trim_start());
    let (again, _, said) = discovered(&bare, &filled, &before);
    assert!(again.starts_with(&filled), "{again}");
    assert_eq!(said, ["applications.web: added"]);
}

#[test]
fn a_package_is_the_product_of_one_application_only() {
    let twice = asked(vec![
        pipeline("ui", &["apps"], &["pkg:npm/%40acme/ui"]),
        pipeline("ui-staging", &["apps"], &["pkg:npm/%40acme/ui"]),
    ]);
    let (catalog, _, said) = discovered(&twice, "", "");
    assert_eq!(catalog.matches("products").count(), 1, "{catalog}");
    assert!(
        said.iter()
            .any(|text| text.contains("product of ui already")),
        "{said:?}"
    );
}
