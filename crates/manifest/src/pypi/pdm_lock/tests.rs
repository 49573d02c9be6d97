//! Shapes of `pdm.lock` through its versions.

use super::read;
use crate::pypi::lock::Lock;

fn told(lock: &Lock<'_>) -> Vec<String> {
    lock.packages
        .iter()
        .map(|package| {
            let needs: Vec<String> = package
                .needs
                .iter()
                .map(|need| {
                    let requirement = need.requirement.as_deref().unwrap_or("?");
                    format!("{}{requirement}[{}]", need.name, need.only_with.join("|"))
                })
                .collect();
            format!(
                "{}@{} {:?} {:?} {}",
                package.name,
                package.version.as_deref().unwrap_or("-"),
                package.source,
                package.scope,
                needs.join(" ")
            )
        })
        .collect()
}

#[test]
fn the_first_versions_had_sections_and_tables() {
    let text = r#"[[package]]
name = "requests"
section = "default"
version = "2.19.1"

[package.dependencies]
certifi = ">=2017.4.17"
colorama = {marker = "sys_platform == \"win32\"", version = "*"}

[[package]]
name = "pytest"
sections = ["dev"]
version = "6.0"
"#;
    let lock = read("pdm.lock", text).unwrap();
    assert_eq!(lock.format, "pdm.lock 1");
    assert_eq!(
        told(&lock),
        [
            "requests@2.19.1 Registry Some(Runtime) certifi>=2017.4.17[] colorama[]",
            "pytest@6.0 Registry Some(Dev) ",
        ]
    );
}

#[test]
fn later_ones_have_groups_specifiers_and_packages_with_extras_apart() {
    let text = r#"[metadata]
groups = ["default", "test"]
lock_version = "4.5.1"

[[package]]
name = "requests"
version = "2.32"
groups = ["default"]
dependencies = [
    "certifi>=2017.4.17",
    "urllib3<3,>=1.21.1; python_version > \"3\"",
]

[[package]]
name = "requests"
version = "2.32"
extras = ["socks"]
groups = ["test"]
dependencies = ["PySocks!=1.5.7,>=1.5.6", "requests==2.32"]

[[package]]
name = "sub"
version = "0.1"
path = "./sub"
editable = true

[[package]]
name = "vcs"
version = "0.1"
git = "https://git.example/vcs.git"
revision = "abc"

[[package]]
name = "wheel"
version = "0.1"
url = "https://files.example/wheel-0.1-py3-none-any.whl"
"#;
    let lock = read("pdm.lock", text).unwrap();
    assert_eq!(lock.format, "pdm.lock 4.5.1");
    assert_eq!(
        told(&lock),
        [
            "requests@2.32 Registry Some(Runtime) certifi>=2017.4.17[] urllib3<3,>=1.21.1[]",
            "requests@2.32 Registry Some(Test) pysocks!=1.5.7,>=1.5.6[socks] requests==2.32[socks]",
            "sub@0.1 Path None ",
            "vcs@0.1 Git None ",
            "wheel@0.1 Url None ",
        ]
    );
}
