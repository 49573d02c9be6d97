use std::collections::BTreeSet;
use std::path::Path as FilePath;

use downriver_domain::{
    AccountId, Application, Built, Dependency, Follow, OnLocked, Policy, Rollback, Scope,
    Versioning,
};
use insta::assert_snapshot;

use super::*;

fn root() -> &'static FilePath {
    FilePath::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn example() -> Catalog {
    let read =
        |file: &str| std::fs::read_to_string(root().join(file)).map_err(|error| error.to_string());
    let text = read("downriver.toml").unwrap();
    parse_catalog("downriver.toml", &text, None, &read)
        .unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

fn application<'c>(catalog: &'c Catalog, id: &str) -> &'c Application {
    let found = catalog
        .applications
        .iter()
        .find(|found| found.application.id.as_str() == id);
    &found.unwrap().application
}

fn dependencies<'c>(catalog: &'c Catalog, id: &str) -> &'c [Dependency] {
    let found = catalog
        .applications
        .iter()
        .find(|found| found.application.id.as_str() == id);
    &found.unwrap().dependencies
}

#[test]
fn the_example_organisation_has_no_problem() {
    let catalog = example();
    assert!(catalog.applications.len() >= 25);
    assert!(
        catalog
            .applications
            .is_sorted_by_key(|found| found.application.id.clone())
    );
    let formats: BTreeSet<&str> = catalog
        .applications
        .iter()
        .flat_map(|found| &found.dependencies)
        .map(|dependency| dependency.package.format().as_str())
        .collect();
    assert_eq!(formats.len(), 8, "{formats:?}");
}

#[test]
fn every_dependency_on_an_own_package_has_a_producer_in_the_example() {
    let catalog = example();
    let products: BTreeSet<_> = catalog
        .applications
        .iter()
        .flat_map(|found| &found.application.products)
        .collect();
    let edges = catalog
        .applications
        .iter()
        .flat_map(|found| &found.dependencies);
    for dependency in edges.filter(|dependency| catalog.topology.is_internal(&dependency.package)) {
        assert!(
            products.contains(&dependency.package),
            "{}",
            dependency.package
        );
    }
}

#[test]
fn the_committed_schema_is_the_one_the_parser_checks_against() {
    let committed = std::fs::read_to_string(root().join("docs/catalog.schema.json")).unwrap();
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert!(
        read(&committed) == read(&json_schema()),
        "docs/catalog.schema.json is stale: replace it with what `json_schema` returns"
    );
}

#[test]
fn the_documentation_names_every_key() {
    let documentation = std::fs::read_to_string(root().join("docs/catalog.md")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let tables = schema["$defs"]
        .as_object()
        .unwrap()
        .values()
        .chain([&schema]);
    let keys: BTreeSet<&String> = tables
        .filter_map(|table| table["properties"].as_object())
        .flat_map(serde_json::Map::keys)
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(
            documentation.contains(&format!("`{key}`")),
            "{key} is not described"
        );
    }
}

#[test]
fn the_examples_of_the_documentation_have_no_problem() {
    let documentation = std::fs::read_to_string(root().join("docs/catalog.md")).unwrap();
    let examples: Vec<&str> = documentation
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|text| text.contains("[defaults]"))
        .collect();
    assert_eq!(examples.len(), 2);
    for text in examples {
        let read = parse_catalog("docs/catalog.md", text, None, &no_files);
        assert!(read.is_ok(), "{}", lines(&read.unwrap_err()));
    }
}

#[test]
fn an_application_without_settings_has_the_defaults() {
    let catalog = parsed("[applications.shop-web]\nowner = \"team-shop\"\n");
    let found = application(&catalog, "shop-web");
    assert_eq!(found.policy, Policy::default());
    assert_eq!(found.pipeline.name.as_str(), "shop-web");
    assert_eq!(found.pipeline.target.to_string(), "123456789012/eu-west-1");
    assert_eq!(found.repositories[0].to_string(), "111122223333/acme/apps");
    assert_eq!(found.versioning, Versioning::Build);
}

#[test]
fn an_application_says_where_its_manifests_are() {
    let folder_of = |written: &str| {
        let text = format!(
            "[applications.shop-web]\nowner = \"team-shop\"\nsource_folder = \"{written}\"\n"
        );
        let catalog = parsed(&text);
        application(&catalog, "shop-web").source_folder.clone()
    };
    for (written, folder) in [
        ("services/web", "services/web"),
        ("services/web/", "services/web"),
        ("./web", "web"),
        (".", ""),
        ("", ""),
    ] {
        assert_eq!(folder_of(written), folder, "{written}");
    }
}

#[test]
fn a_folder_next_to_the_catalog_declares_nothing_in_a_deployment() {
    for (written, folder) in [("apps/web/", "apps/web"), ("./web", "web"), (".", "")] {
        let catalog = parsed(&format!(
            "[applications.shop-web]\nowner = \"team-shop\"\nfolder = \"{written}\"\n"
        ));
        let id = application(&catalog, "shop-web").id.clone();
        let found = catalog.folders.get(&id).map(String::as_str);
        assert_eq!(found, Some(folder), "{written}");
        assert!(catalog.undeclared.contains(&id));
        assert!(!application(&catalog, "shop-web").is_declared);
    }
    let declared = parsed("[applications.shop-web]\nowner = \"team-shop\"\ndependencies = []\n");
    assert!(application(&declared, "shop-web").is_declared);
}

#[test]
fn settings_of_the_application_win_over_its_owners_and_those_over_the_defaults() {
    let text = r#"
[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]
follow = "none"
max_run = "1h"
quiet_period = "1s"
[repositories.apps]
[owners.team-shop]
follow = "direct"
max_run = "2h"
scopes = ["dev"]
[applications.shop-web]
owner = "team-shop"
follow = "all"
rollback = "auto"
"#;
    let catalog = parse_catalog("downriver.toml", text, None, &no_files).unwrap();
    let policy = &application(&catalog, "shop-web").policy;
    assert_eq!(policy.follow, Follow::All);
    assert_eq!(policy.rollback, Rollback::Auto);
    assert_eq!(policy.max_run_secs, 2 * 3600);
    assert_eq!(policy.quiet_period_secs, 1);
    assert_eq!(policy.scopes, BTreeSet::from([Scope::Dev]));
}

#[test]
fn a_pipeline_with_variables_refreshes_its_lockfile_unless_it_says_otherwise() {
    let catalog = parsed(
        r#"
[applications.plain]
owner = "o"
[applications.variables]
owner = "o"
variables = true
[applications.both]
owner = "o"
variables = true
on_locked = "ignore"
"#,
    );
    let on_locked = |id| application(&catalog, id).policy.on_locked;
    assert_eq!(on_locked("plain"), OnLocked::Notify);
    assert_eq!(on_locked("variables"), OnLocked::Refresh);
    assert_eq!(on_locked("both"), OnLocked::Ignore);
}

#[test]
fn built_versions_are_stated_assumed_or_unknown() {
    let catalog = parsed(
        r#"
[applications.shop-web]
owner = "o"
dependencies = [
  { package = "pkg:npm/a", requirement = "^1", built = "1.0.0", evidence = "package-lock.json:120" },
  { package = "pkg:npm/b", requirement = "^1", assumed = "1.0.0", evidence = "Dockerfile" },
  { package = "pkg:npm/c", requirement = "^1", scope = "dev", via = ["pkg:npm/a", "pkg:npm/b"] },
]
"#,
    );
    let shown: Vec<String> = dependencies(&catalog, "shop-web")
        .iter()
        .map(|found| {
            let built = match &found.built {
                Built::Proven(version) => format!("proven {version}"),
                Built::Assumed(version) => format!("assumed {version}"),
                Built::Unknown => "unknown".to_owned(),
            };
            let evidence = &found.evidence;
            format!(
                "{} {built}, {:?}, {} via, {}:{:?}",
                found.package,
                found.scope,
                found.path.len(),
                evidence.file,
                evidence.line
            )
        })
        .collect();
    assert_snapshot!(shown.join("\n"), @"
        pkg:npm/a proven 1.0.0, Runtime, 0 via, package-lock.json:Some(120)
        pkg:npm/b assumed 1.0.0, Runtime, 0 via, Dockerfile:None
        pkg:npm/c unknown, Dev, 2 via, downriver.toml:Some(15)
    ");
}

#[test]
fn two_entries_of_one_package_are_two_instances() {
    let catalog = example();
    let instances = dependencies(&catalog, "shop-web")
        .iter()
        .filter(|found| found.package.name() == "tokens");
    assert_eq!(instances.count(), 2);
}

#[test]
fn accepted_accounts_follow_from_the_repositories_unless_stated() {
    let catalog = parsed("[repositories.\"444455556666/partner/sdk\"]\n");
    let shown: Vec<&str> = catalog
        .topology
        .domain_owners
        .iter()
        .map(AccountId::as_str)
        .collect();
    assert_eq!(shown, ["111122223333", "444455556666"]);
    assert!(catalog.topology.receivers.is_empty());
    assert_eq!(example().topology.receivers.len(), 1);
}

#[test]
fn patterns_match_as_package_names_are_normalised() {
    let text = "internal = [\"pkg:npm/%40acme/*\", \"pkg:pypi/ACME_*\"]\n";
    let catalog = parse_catalog("downriver.toml", text, None, &no_files).unwrap();
    let is_internal = |package: &str| catalog.topology.is_internal(&package.parse().unwrap());
    assert!(is_internal("pkg:npm/%40acme/tokens"));
    assert!(is_internal("pkg:pypi/acme-auth"));
    assert!(!is_internal("pkg:npm/tokens"));
    assert!(!is_internal("pkg:pypi/requests"));
}

#[test]
fn an_empty_file_is_an_empty_catalog() {
    let catalog = parse_catalog("downriver.toml", "", None, &no_files).unwrap();
    assert!(catalog.applications.is_empty());
    assert!(catalog.topology.domain_owners.is_empty());
}
