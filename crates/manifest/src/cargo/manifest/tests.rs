//! What a manifest declares.

use super::{Field, Manifest, Origin, parse};
use crate::reading::Reading;

fn read(text: &str) -> Manifest {
    let mut reading = Reading::default();
    let manifest = parse("Cargo.toml", text.as_bytes(), &mut reading).unwrap();
    assert_eq!(reading.problems, []);
    manifest
}

#[test]
fn every_section_and_every_way_to_write_an_entry_counts() {
    let manifest = read(
        r#"
[project]
name = "old"
publish = ["acme"]
[dependencies]
a = "1"
b = { version = ">=1, <3", optional = true, default-features = false }
c.version = "^2"
[dependencies.d]
package = "real-d"
registry-index = "https://index.example"
version = "=1.2.3"
[dev_dependencies]
e = { git = "https://git.example/e", version = "1" }
[target.x86_64-pc-windows-gnu.build-dependencies]
f = { path = "f" }
g = {}
"#,
    );
    let told: Vec<String> = manifest
        .declared
        .iter()
        .map(|declared| {
            format!(
                "{} {:?} {:?} {:?} {}",
                declared.name, declared.requirement, declared.scope, declared.origin, declared.line
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    a Some("1") Runtime Registry 6
    b Some(">=1, <3") Optional Registry 7
    c Some("^2") Runtime Registry 8
    real-d Some("=1.2.3") Runtime Registry 9
    e Some("1") Dev Git 14
    f None Build Path("f") 16
    g Some("*") Build Registry 17
    "#);
    let package = manifest.package.unwrap();
    assert_eq!(
        (package.publish, package.version),
        (Field::Here(true), Field::Missing)
    );
}

#[test]
fn replacements_are_named_by_their_package() {
    let manifest = read(
        "[replace]\n\"foo:1.2.3\" = { git = \"https://git.example/foo\" }\n[patch.crates-io]\nbar = { path = \"bar\" }\n[patch.acme]\nalias = { package = \"baz\", git = \"https://git.example/baz\" }\n",
    );
    let told: Vec<(&str, &Origin)> = manifest
        .patches
        .iter()
        .map(|(name, patch)| (name.as_str(), &patch.origin))
        .collect();
    assert_eq!(
        told,
        [
            ("bar", &Origin::Path("bar".to_owned())),
            ("baz", &Origin::Git),
            ("foo", &Origin::Git)
        ]
    );
}
