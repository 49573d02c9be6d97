//! Workspaces and sources of `uv.lock`.

use super::read;

const WORKSPACE: &str = r#"version = 1
revision = 3

[manifest]
members = ["acme-app", "acme-lib"]

[[package]]
name = "acme-app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "acme-lib", extra = ["fast"] },
    { name = "numpy", version = "1.26.0", source = { registry = "https://pypi.example/simple" }, marker = "python_version < '3.12'" },
    { name = "numpy", version = "2.1.0", source = { registry = "https://pypi.example/simple" }, marker = "python_version >= '3.12'" },
]

[package.dev-dependencies]
test = [{ name = "pytest" }]

[package.metadata]
requires-dist = [
    { name = "acme-lib", extras = ["fast"], editable = "packages/lib" },
    { name = "numpy", specifier = ">=1.20" },
    { name = "patched", git = "https://git.example/patched.git" },
    { name = "rich", marker = "extra == 'cli'", specifier = ">=13" },
]

[package.metadata.requires-dev]
test = [{ name = "pytest", specifier = ">=8" }]

[[package]]
name = "acme-lib"
source = { editable = "packages/lib" }

[package.optional-dependencies]
fast = [{ name = "orjson" }]

[[package]]
name = "neighbour"
version = "0.3"
source = { directory = "../neighbour" }

[[package]]
name = "patched"
version = "0.4"
source = { git = "https://git.example/patched.git?rev=1#abc" }

[[package]]
name = "wheel"
version = "0.5"
source = { url = "https://files.example/wheel.whl" }

[[package]]
name = "orjson"
version = "3.10"
source = { registry = "https://pypi.example/simple" }
"#;

#[test]
fn members_are_known_with_what_they_declare() {
    let uv = read("uv.lock", WORKSPACE).unwrap();
    assert_eq!(uv.lock.format, "uv.lock 1 revision 3");
    let folders: Vec<&str> = uv
        .members
        .iter()
        .map(|member| member.folder.as_str())
        .collect();
    assert_eq!(folders, ["", "packages/lib"]);
    let declared: Vec<String> = uv.members[0]
        .declared
        .iter()
        .map(|declared| {
            format!(
                "{} {:?} {:?} {:?} {:?}",
                declared.name,
                declared.requirement,
                declared.source,
                declared.scope,
                declared.evidence.line
            )
        })
        .collect();
    assert_eq!(
        declared,
        [
            "acme-lib None Path Runtime Some(22)",
            r#"numpy Some(">=1.20") Registry Runtime Some(23)"#,
            "patched None Git Runtime Some(24)",
            r#"rich Some(">=13") Registry Optional Some(25)"#,
            r#"pytest Some(">=8") Registry Test Some(29)"#,
        ]
    );
}

#[test]
fn sources_versions_and_extras_are_told() {
    let uv = read("uv.lock", WORKSPACE).unwrap();
    let told: Vec<String> = uv
        .lock
        .packages
        .iter()
        .map(|package| {
            let needs: Vec<String> = package
                .needs
                .iter()
                .map(|need| {
                    let version = need.version.as_deref().unwrap_or("");
                    format!(
                        "{}={version}{:?}<{}>",
                        need.name,
                        need.extras,
                        need.only_with.join("|")
                    )
                })
                .collect();
            format!("{} {:?} {}", package.name, package.source, needs.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"acme-app Workspace acme-lib=["fast"]<> numpy=1.26.0[]<> numpy=2.1.0[]<>"#,
            "acme-lib Workspace orjson=[]<fast>",
            "neighbour Path ",
            "patched Git ",
            "wheel Url ",
            "orjson Registry ",
        ]
    );
}

#[test]
fn a_folder_out_of_the_source_is_no_member() {
    let text = "version = 1\n[manifest]\nmembers = ['a']\n[[package]]\nname = 'a'\nversion = '1'\nsource = { editable = '../../etc' }\n";
    assert!(read("uv.lock", text).unwrap().members.is_empty());
}

#[test]
fn what_is_no_lockfile_says_so() {
    let problem = read("uv.lock", "[[package]]\nname = 'a'\n").unwrap_err();
    assert!(problem.text.starts_with("has no `version`"), "{problem}");
}
