//! Shapes of `poetry.lock` through the years.

use downriver_domain::Scope;

use super::read;
use crate::pypi::lock::Lock;
use crate::reading::Source;

fn told(lock: &Lock<'_>) -> Vec<String> {
    lock.packages
        .iter()
        .map(|package| {
            let needs: Vec<String> = package
                .needs
                .iter()
                .map(|need| {
                    let with = need.only_with.join("|");
                    format!(
                        "{}{}[{with}]",
                        need.name,
                        need.requirement.as_deref().unwrap_or("?")
                    )
                })
                .collect();
            format!(
                "{}@{} {:?} {:?} line {:?} {}",
                package.name,
                package.version.as_deref().unwrap_or("-"),
                package.source,
                package.scope,
                package.line,
                needs.join(" ")
            )
        })
        .collect()
}

#[test]
fn old_lockfiles_have_categories_and_hashes_at_the_end() {
    let text = r#"[[package]]
category = "dev"
name = "pytest"
optional = false
version = "3.7.4"

[package.dependencies]
attrs = ">=17.4.0"
setuptools = "*"

[package.dependencies.colorama]
platform = "win32"
version = "*"

[[package]]
category = "main"
name = "toml"
optional = true
version = "0.10.0"

[package.source]
type = "file"
url = "toml-8.2.54.tar.gz"

[metadata]
content-hash = "a8d5"

[metadata.hashes]
toml = []
"#;
    let lock = read("poetry.lock", text).unwrap();
    assert_eq!(lock.format, "poetry.lock 0");
    assert_eq!(
        told(&lock),
        [
            "pytest@3.7.4 Registry Some(Dev) line Some(3) attrs>=17.4.0[] colorama[] setuptools[]",
            "toml@0.10.0 Path Some(Optional) line Some(17) ",
        ]
    );
}

#[test]
fn new_lockfiles_have_groups_extras_and_alternatives() {
    let text = r#"[[package]]
name = "Requests"
version = "2.28.1"
optional = false
groups = ["dev", "main"]
files = [
    {file = "requests-2.28.1.tar.gz", hash = "sha256:7c55"},
]

[package.dependencies]
numpy = [
    {version = ">=1.20", markers = "python_version < \"3.10\""},
    {version = "^1.22 || ^2", markers = "python_version >= \"3.10\""},
]
PySocks = {version = ">=1.5.6,<1.5.7 || >1.5.7", optional = true, markers = "extra == \"socks\""}

[package.extras]
socks = ["PySocks (>=1.5.6,!=1.5.7)"]

[[package]]
name = "core"
version = "1.0"
optional = false
groups = ["test"]
[package.source]
type = "git"
url = "https://git.example/core.git"
reference = "HEAD"
resolved_reference = "e399"

[[package]]
name = "internal"
version = "3"
optional = false
[package.source]
type = "legacy"
url = "https://pypi.internal.example/simple"
reference = "internal"

[metadata]
lock-version = "2.1"
"#;
    let lock = read("poetry.lock", text).unwrap();
    assert_eq!(lock.format, "poetry.lock 2.1");
    assert_eq!(
        told(&lock),
        [
            "requests@2.28.1 Registry Some(Runtime) line Some(2) pysocks>=1.5.6[socks] numpy>=1.20[] numpy>=1.22,<3[]",
            "core@1.0 Git Some(Test) line Some(21) ",
            "internal@3 Registry None line Some(32) ",
        ]
    );
    assert_eq!(lock.packages[1].scope, Some(Scope::Test));
    assert_eq!(lock.packages[2].source, Source::Registry);
}

#[test]
fn a_number_in_place_of_a_version_is_an_error_with_its_line() {
    let problem = read("poetry.lock", "[[package]]\nname = \"a\"\nversion = 1.0\n").unwrap_err();
    insta::assert_snapshot!(problem, @"poetry.lock:3: is not valid here: invalid type: floating point `1.0`, expected a text");
}
