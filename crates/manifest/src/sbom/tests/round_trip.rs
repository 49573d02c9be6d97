//! What is written is read back.

use std::collections::BTreeSet;
use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::PackageId;
use proptest::prelude::*;

use super::{CYCLONEDX, SPDX, read};
use crate::reading::{FoundDependency, Reading, order};
use crate::sbom::write_cyclonedx;

fn package() -> impl Strategy<Value = PackageId> {
    prop_oneof![
        "[a-z][a-z0-9._-]{0,8}".prop_map(|name| format!("pkg:npm/{name}")),
        "[a-z][a-z0-9-]{0,8}".prop_map(|name| format!("pkg:npm/%40acme/{name}")),
        "[a-zA-Z][a-z0-9._-]{0,8}".prop_map(|name| format!("pkg:pypi/{name}")),
        "[a-z][a-z0-9.-]{0,8}".prop_map(|name| format!("pkg:maven/com.acme/{name}")),
        "[A-Za-z][A-Za-z0-9.]{0,8}".prop_map(|name| format!("pkg:nuget/{name}")),
        "[a-z][a-z0-9_-]{0,8}".prop_map(|name| format!("pkg:cargo/{name}")),
        "[a-z][a-z0-9_-]{0,8}".prop_map(|name| format!("pkg:gem/{name}")),
        "[a-z][a-z0-9-]{0,8}".prop_map(|name| format!("pkg:swift/acme/{name}")),
        "[a-z%25]{1,8}".prop_filter_map("a package", |name| Some(format!("pkg:generic/{name}"))),
    ]
    .prop_filter_map("a package", |text| text.parse().ok())
}

fn text() -> impl Strategy<Value = String> {
    "[ -~éß→\"\\\\]{1,20}".prop_filter("not blank", |text| !text.trim().is_empty())
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (text(), proptest::option::of(1_u32..)).prop_map(|(file, line)| Evidence {
        file: file.into(),
        line,
    })
}

fn scopes() -> impl Strategy<Value = BTreeSet<Scope>> {
    proptest::collection::btree_set(
        prop_oneof![
            Just(Scope::Runtime),
            Just(Scope::Dev),
            Just(Scope::Test),
            Just(Scope::Build),
            Just(Scope::Optional),
            Just(Scope::Peer),
        ],
        1..4,
    )
}

prop_compose! {
    fn found()(
        package in package(),
        requirement in proptest::option::of(text()),
        locked in proptest::option::of("[0-9]{1,2}\\.[0-9](\\.[0-9]{1,2})?(-[a-z]{1,4})?(\\+[a-z]{1,4})?"),
        is_direct in any::<bool>(),
        via in proptest::collection::vec(package(), 0..4),
        via_version in proptest::option::of("[0-9]\\.[0-9]"),
        scopes in scopes(),
        evidence in evidence(),
        lock in proptest::option::of(evidence()),
    ) -> FoundDependency {
        FoundDependency {
            package, requirement, locked: locked.map(Arc::from), is_direct, via: via.into(),
            via_version: via_version.map(Arc::from), scopes: scopes.into_iter().collect(), evidence, lock
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(dependencies in proptest::collection::vec(found(), 0..12)) {
        let mut reading = Reading { dependencies, ..Reading::default() };
        order(&mut reading);
        let written = write_cyclonedx(&reading, "shop", Some("execution"));
        let back = read(&written);
        prop_assert_eq!(&back.dependencies, &reading.dependencies);
        prop_assert_eq!(write_cyclonedx(&back, "shop", Some("execution")), written);
    }
}

#[test]
fn what_was_read_of_others_is_written_and_read_back() {
    for text in [CYCLONEDX, SPDX] {
        let reading = read(text);
        let written = write_cyclonedx(&reading, "shop", None);
        assert_eq!(read(&written).dependencies, reading.dependencies);
    }
}

#[test]
fn the_way_to_a_dependency_is_in_the_graph_that_others_read() {
    let written = write_cyclonedx(&read(CYCLONEDX), "shop", None);
    let graph = written.split_once("\"dependencies\": ").unwrap().1;
    insta::assert_snapshot!(graph, @r#"
    [
        {
          "ref": "application",
          "dependsOn": [
            "pkg:maven/com.acme/helper@1.0",
            "pkg:npm/%40acme/ui@2.0.0",
            "pkg:npm/dev@1.0.0"
          ]
        },
        {
          "ref": "pkg:maven/com.acme/helper@1.0"
        },
        {
          "ref": "pkg:npm/dev@1.0.0"
        },
        {
          "ref": "pkg:npm/lone@3.0.0"
        },
        {
          "ref": "pkg:npm/%40acme/tokens@2.4.0"
        },
        {
          "ref": "pkg:npm/%40acme/ui@2.0.0",
          "dependsOn": [
            "pkg:npm/%40acme/tokens@2.4.0"
          ]
        }
      ]
    }
    "#);
}

#[test]
fn a_component_has_what_others_read_and_what_only_we_do() {
    let mut reading = read(CYCLONEDX);
    reading
        .dependencies
        .retain(|found| found.package.name() == "tokens");
    let written = write_cyclonedx(&reading, "shop", Some("e-1"));
    let component = written.split_once("\"components\": ").unwrap().1;
    let component = component.split_once("\"dependencies\": ").unwrap().0;
    insta::assert_snapshot!(component, @r#"
    [
        {
          "type": "library",
          "bom-ref": "pkg:npm/%40acme/tokens@2.4.0",
          "group": "@acme",
          "name": "tokens",
          "version": "2.4.0",
          "scope": "optional",
          "purl": "pkg:npm/%40acme/tokens@2.4.0",
          "properties": [
            {
              "name": "downriver:direct",
              "value": "false"
            },
            {
              "name": "downriver:scope",
              "value": "optional"
            },
            {
              "name": "downriver:file",
              "value": "sbom.json"
            },
            {
              "name": "downriver:line",
              "value": "16"
            },
            {
              "name": "downriver:lock-file",
              "value": "sbom.json"
            },
            {
              "name": "downriver:lock-line",
              "value": "16"
            },
            {
              "name": "downriver:via",
              "value": "pkg:npm/%40acme/ui"
            },
            {
              "name": "downriver:via-version",
              "value": "2.0.0"
            }
          ]
        }
      ],
    "#);
}

#[test]
fn the_serial_number_is_of_the_content() {
    let line = |text: &str| {
        let line = text.lines().find(|line| line.contains("serialNumber"));
        line.unwrap().to_owned()
    };
    let reading = read(CYCLONEDX);
    let one = line(&write_cyclonedx(&reading, "shop", Some("e-1")));
    assert_eq!(one, line(&write_cyclonedx(&reading, "shop", Some("e-1"))));
    assert_ne!(one, line(&write_cyclonedx(&reading, "shop", Some("e-2"))));
}
