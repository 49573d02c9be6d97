use super::super::tree::file;
use super::*;

fn package(name: &str, manifest_path: &str, dependencies: &[(&str, bool)]) -> Package {
    let dependencies = dependencies
        .iter()
        .map(|&(name, is_dev)| Dependency {
            name: name.to_owned(),
            is_dev,
        })
        .collect();
    Package {
        name: name.to_owned(),
        manifest_path: manifest_path.to_owned(),
        is_member: true,
        dependencies,
        ..Package::default()
    }
}

/// A workspace of all roles in which only `from` has dependencies.
fn workspace(from: &str, dependencies: &[(&str, bool)]) -> Workspace {
    let all = [
        ("downriver-version", "crates/version/Cargo.toml"),
        ("downriver-domain", "crates/domain/Cargo.toml"),
        ("downriver-manifest", "crates/manifest/Cargo.toml"),
        ("downriver-engine", "crates/engine/Cargo.toml"),
        ("downriver-aws", "crates/aws/Cargo.toml"),
        ("downriver-local", "crates/local/Cargo.toml"),
        ("downriver", "crates/cli/Cargo.toml"),
        ("downriver-testkit", "crates/testkit/Cargo.toml"),
        ("downriver-resolve", "functions/resolve/Cargo.toml"),
        ("downriver-tests", "tests/Cargo.toml"),
        ("xtask", "xtask/Cargo.toml"),
    ];
    let packages = all
        .iter()
        .map(|&(name, path)| package(name, path, if name == from { dependencies } else { &[] }))
        .collect();
    Workspace { packages }
}

fn refused(from: &str, dependencies: &[(&str, bool)]) -> Vec<String> {
    check_edges(&workspace(from, dependencies), &[])
        .into_iter()
        .map(|finding| finding.wrong)
        .collect()
}

#[test]
fn every_edge_of_the_layout_is_allowed() {
    let edges = [
        ("downriver-domain", "downriver-version"),
        ("downriver-manifest", "downriver-domain"),
        ("downriver-engine", "downriver-manifest"),
        ("downriver-aws", "downriver-engine"),
        ("downriver-local", "downriver-engine"),
        ("downriver-resolve", "downriver-aws"),
        ("downriver-resolve", "downriver-version"),
        ("downriver", "downriver-local"),
        ("downriver", "downriver-aws"),
        ("downriver-testkit", "downriver-local"),
        ("downriver-tests", "downriver-testkit"),
    ];
    for (from, to) in edges {
        assert_eq!(refused(from, &[(to, false)]), [""; 0], "{from} -> {to}");
    }
}

#[test]
fn an_edge_outside_the_layout_is_refused() {
    let edges = [
        ("downriver-version", "downriver-domain"),
        ("downriver-domain", "downriver-engine"),
        ("downriver-engine", "downriver-aws"),
        ("downriver-aws", "downriver-local"),
        ("downriver-local", "downriver-aws"),
        ("downriver-resolve", "downriver-local"),
        ("downriver-testkit", "downriver-aws"),
        ("downriver", "xtask"),
        ("xtask", "downriver-engine"),
    ];
    for (from, to) in edges {
        assert_eq!(
            refused(from, &[(to, false)]),
            [format!("`{from}` may not have `{to}` as a dependency")]
        );
    }
}

#[test]
fn the_testkit_is_a_dev_dependency_only() {
    assert_eq!(
        refused("downriver-engine", &[("downriver-testkit", true)]),
        [""; 0]
    );
    assert_eq!(
        refused("downriver-engine", &[("downriver-testkit", false)]),
        ["`downriver-engine` may not have `downriver-testkit` as a dependency"]
    );
}

#[test]
fn dev_dependencies_follow_the_layout_except_for_tests_and_xtask() {
    assert_eq!(
        refused("downriver-domain", &[("downriver-engine", true)]).len(),
        1
    );
    assert_eq!(
        refused(
            "downriver-tests",
            &[("xtask", true), ("downriver-resolve", true)]
        ),
        [""; 0]
    );
    assert_eq!(refused("xtask", &[("downriver-engine", true)]), [""; 0]);
}

#[test]
fn a_package_without_a_place_is_reported() {
    let workspace = Workspace {
        packages: vec![package("downriver-extra", "crates/extra/Cargo.toml", &[])],
    };
    assert_eq!(
        check_edges(&workspace, &[])[0].wrong,
        "workspace package `downriver-extra` has no place in the layout"
    );
}

#[test]
fn only_the_aws_crate_names_the_sdk() {
    let dependencies = [
        ("aws-sdk-sqs", false),
        ("aws-config", true),
        ("aws-smithy-types", false),
        ("aws_lambda_events", false),
    ];
    assert_eq!(
        check_aws_sdk(&workspace("downriver-aws", &dependencies), &[]),
        []
    );
    let findings = check_aws_sdk(&workspace("downriver-resolve", &dependencies), &[]);
    let wrong: Vec<_> = findings
        .iter()
        .map(|finding| finding.wrong.as_str())
        .collect();
    assert_eq!(
        wrong,
        [
            "`downriver-resolve` names `aws-sdk-sqs`",
            "`downriver-resolve` names `aws-config`",
            "`downriver-resolve` names `aws-smithy-types`"
        ]
    );
}

#[test]
fn a_finding_points_at_the_line_of_the_dependency() {
    let text = "[package]\nname = \"downriver-domain\"\n\n[dependencies]\ndownriver-version.workspace = true\n\
                downriver-engine = { workspace = true }\n\n[dev-dependencies.downriver-local]\nworkspace = true\n";
    let manifest = file("crates/domain/Cargo.toml", text);
    let workspace = workspace(
        "downriver-domain",
        &[("downriver-engine", false), ("downriver-local", true)],
    );
    let lines: Vec<_> = check_edges(&workspace, &[manifest])
        .iter()
        .map(|finding| finding.line)
        .collect();
    assert_eq!(lines, [6, 8]);
}
