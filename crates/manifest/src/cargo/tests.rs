//! Joins of manifests and locks, as the application sees them.

use crate::files::Files;
use crate::reading::{FoundDependency, Reading, read_application};

fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

fn told(reading: &Reading) -> String {
    let lines: Vec<String> = reading.dependencies.iter().map(line).collect();
    lines.join("\n")
}

fn line(found: &FoundDependency) -> String {
    let via: Vec<&str> = found
        .via
        .iter()
        .map(downriver_version::PackageId::name)
        .collect();
    let lock = found
        .lock
        .as_ref()
        .map(|lock| format!("{}:{}", lock.file, lock.line.unwrap_or(0)));
    format!(
        "{} {} -> {} {:?} via {via:?} {}:{} {}",
        found.package.name(),
        found.requirement.as_deref().unwrap_or("?"),
        found.locked.as_deref().unwrap_or("?"),
        found.scopes,
        found.evidence.file,
        found.evidence.line.unwrap_or(0),
        lock.unwrap_or_default()
    )
}

fn problems(reading: &Reading) -> Vec<String> {
    reading.problems.iter().map(ToString::to_string).collect()
}

const ROOT: &str = r#"
[workspace]
members = ["crates/*", "tools/gen"]
exclude = ["crates/left"]
[workspace.package]
version = "0.3.0"
publish = false
[workspace.dependencies]
serde = { version = "1.0.100", features = ["derive"] }
old = { package = "rand", version = "0.8" }
core = { path = "crates/core" }
"#;
const CORE: &str = r#"
[package]
name = "core"
version.workspace = true
publish.workspace = true
[dependencies]
serde.workspace = true
[dev-dependencies]
proptest = "1"
[build-dependencies]
cc = "1"
"#;
const API: &str = r#"
[package]
name = "api"
version = "2.0.0"
[dependencies]
core = { workspace = true }
old = { workspace = true, optional = true }
new = { package = "rand", version = "0.9" }
[target.'cfg(unix)'.dependencies]
libc = "0.2"
"#;
const GEN: &str = "[package]\nname = \"gen\"\nversion = \"1.0.0\"\n[dependencies]\nsyn = \"2\"\n";
const LEFT: &str = "[package]\nname = \"left\"\n[dependencies]\nother = \"1\"\n";
const LOCK: &str = r#"version = 4

[[package]]
name = "api"
version = "2.0.0"
dependencies = [
 "core",
 "libc",
 "rand 0.8.5",
 "rand 0.9.1",
]

[[package]]
name = "cc"
version = "1.2.0"
source = "registry+https://index.example"

[[package]]
name = "core"
version = "0.3.0"
dependencies = [
 "cc",
 "proptest",
 "serde",
]

[[package]]
name = "gen"
version = "1.0.0"
dependencies = [
 "syn",
]

[[package]]
name = "libc"
version = "0.2.150"
source = "sparse+https://index.example"

[[package]]
name = "proptest"
version = "1.5.0"
source = "registry+https://index.example"
dependencies = [
 "rand 0.9.1",
]

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://index.example"

[[package]]
name = "rand"
version = "0.9.1"
source = "registry+https://index.example"

[[package]]
name = "serde"
version = "1.0.200"
source = "registry+https://index.example"

[[package]]
name = "syn"
version = "2.0.0"
source = "git+https://git.example/syn?branch=main#0123"
"#;
const WORKSPACE: [(&str, &str); 6] = [
    ("Cargo.toml", ROOT),
    ("Cargo.lock", LOCK),
    ("crates/core/Cargo.toml", CORE),
    ("crates/api/Cargo.toml", API),
    ("crates/left/Cargo.toml", LEFT),
    ("tools/gen/Cargo.toml", GEN),
];

#[test]
fn a_member_reaches_what_it_asks_for_and_what_comes_with_the_members_it_uses() {
    let reading = read("crates/api", &WORKSPACE);
    insta::assert_snapshot!(told(&reading), @r#"
    cc 1 -> 1.2.0 {Build} via ["core"] crates/core/Cargo.toml:11 Cargo.lock:14
    libc 0.2 -> 0.2.150 {Runtime} via [] crates/api/Cargo.toml:10 Cargo.lock:35
    rand 0.8 -> 0.8.5 {Optional} via [] Cargo.toml:10 Cargo.lock:48
    rand 0.9 -> 0.9.1 {Runtime} via [] crates/api/Cargo.toml:8 Cargo.lock:53
    serde 1.0.100 -> 1.0.200 {Runtime} via ["core"] Cargo.toml:9 Cargo.lock:58
    "#);
    assert_eq!(problems(&reading), [""; 0]);
    assert!(reading.left_out.is_empty());
}

#[test]
fn the_root_of_a_workspace_is_all_its_members() {
    let reading = read("", &WORKSPACE);
    insta::assert_snapshot!(told(&reading), @r#"
    cc 1 -> 1.2.0 {Build} via [] crates/core/Cargo.toml:11 Cargo.lock:14
    libc 0.2 -> 0.2.150 {Runtime} via [] crates/api/Cargo.toml:10 Cargo.lock:35
    proptest 1 -> 1.5.0 {Dev} via [] crates/core/Cargo.toml:9 Cargo.lock:40
    rand 0.8 -> 0.8.5 {Optional} via [] Cargo.toml:10 Cargo.lock:48
    rand 0.9 -> 0.9.1 {Runtime, Dev} via [] crates/api/Cargo.toml:8 Cargo.lock:53
    serde 1.0.100 -> 1.0.200 {Runtime} via [] Cargo.toml:9 Cargo.lock:58
    "#);
    let products: Vec<String> = reading
        .products
        .iter()
        .map(|product| {
            format!(
                "{} {:?} private={}",
                product.package.name(),
                product.version,
                product.is_private
            )
        })
        .collect();
    insta::assert_snapshot!(products.join("\n"), @r#"
    api Some("2.0.0") private=false
    core Some("0.3.0") private=true
    gen Some("1.0.0") private=false
    "#);
    assert_eq!(reading.left_out[0].name, "syn");
    assert_eq!(reading.left_out[0].reason, "comes from git");
    let files: Vec<(&str, usize)> = reading
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.declared))
        .collect();
    assert_eq!(
        files,
        [
            ("Cargo.lock", 0),
            ("Cargo.toml", 3),
            ("crates/api/Cargo.toml", 4),
            ("crates/core/Cargo.toml", 3),
            ("tools/gen/Cargo.toml", 1),
        ]
    );
}

#[test]
fn without_a_lock_manifests_tell_requirements_only() {
    let files: Vec<_> = WORKSPACE
        .into_iter()
        .filter(|(path, _)| *path != "Cargo.lock")
        .collect();
    let reading = read("crates/api", &files);
    insta::assert_snapshot!(told(&reading), @r#"
        cc 1 -> ? {Build} via ["core"] crates/core/Cargo.toml:11 
        libc 0.2 -> ? {Runtime} via [] crates/api/Cargo.toml:10 
        rand 0.8 -> ? {Optional} via [] Cargo.toml:10 
        rand 0.9 -> ? {Runtime} via [] crates/api/Cargo.toml:8 
        serde 1.0.100 -> ? {Runtime} via ["core"] Cargo.toml:9
        "#);
}

#[test]
fn without_a_manifest_the_packages_of_the_source_are_the_roots() {
    let reading = read("", &[("Cargo.lock", LOCK)]);
    insta::assert_snapshot!(told(&reading), @r#"
    cc ? -> 1.2.0 {Runtime} via [] Cargo.lock:22 Cargo.lock:14
    libc ? -> 0.2.150 {Runtime} via [] Cargo.lock:8 Cargo.lock:35
    proptest ? -> 1.5.0 {Runtime} via [] Cargo.lock:23 Cargo.lock:40
    rand ? -> 0.8.5 {Runtime} via [] Cargo.lock:9 Cargo.lock:48
    rand ? -> 0.9.1 {Runtime} via [] Cargo.lock:10 Cargo.lock:53
    serde ? -> 1.0.200 {Runtime} via [] Cargo.lock:24 Cargo.lock:58
    "#);
    assert_eq!(reading.files[0].format, "Cargo.lock v4");
}

#[test]
fn an_excluded_folder_is_no_member_and_has_no_lock_of_the_workspace() {
    let reading = read("crates/left", &WORKSPACE);
    assert_eq!(reading.dependencies[0].package.name(), "other");
    assert_eq!(reading.dependencies[0].locked, None);
}

#[test]
fn a_broken_lock_leaves_the_requirements() {
    let broken = LOCK.replace(
        "[[package]]\nname = \"cc\"",
        "<<<<<<< HEAD\n[[package]]\nname = \"cc\"",
    );
    let mut files = WORKSPACE;
    files[1].1 = &broken;
    let reading = read("crates/core", &files);
    insta::assert_snapshot!(told(&reading), @r#"
    cc 1 -> ? {Build} via [] crates/core/Cargo.toml:11 
    proptest 1 -> ? {Dev} via [] crates/core/Cargo.toml:9 
    serde 1.0.100 -> ? {Runtime} via [] Cargo.toml:9
    "#);
    insta::assert_snapshot!(problems(&reading).join("\n"), @"Cargo.lock:13: is not valid TOML here: key with no value, expected `=`");
}

#[test]
fn a_broken_manifest_leaves_what_the_lock_tells() {
    let reading = read("", &[("Cargo.toml", "[package\n"), ("Cargo.lock", LOCK)]);
    assert_eq!(reading.dependencies.len(), 6);
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(reading.problems[0].line, Some(1));
}

#[test]
fn what_is_patched_comes_from_elsewhere() {
    let manifest = r#"
[package]
name = "app"
version = "1.0.0"
[dependencies]
one = "1"
two = { version = "1", registry = "acme" }
three = { git = "https://git.example/three" }
four = { path = "../../outside", version = "1" }
[patch.crates-io]
one = { path = "vendor/one" }
"#;
    let reading = read("", &[("Cargo.toml", manifest)]);
    let left_out: Vec<String> = reading
        .left_out
        .iter()
        .map(|left| format!("{}: {}", left.name, left.reason))
        .collect();
    assert_eq!(
        left_out,
        [
            "one: comes from a file or folder",
            "three: comes from git",
            "four: comes from a file or folder"
        ]
    );
    assert_eq!(told(&reading), "two 1 -> ? {Runtime} via [] Cargo.toml:7 ");
}

#[test]
fn what_nobody_can_mean_is_a_problem_with_a_line() {
    let manifest = r#"
[package]
name = "app"
version = "1.0.0"
[dependencies]
a = 1
b = { version = 2 }
c = "no version"
d.workspace = true
"#;
    let lock = "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\ndependencies = [\n \"gone\",\n]\n";
    let reading = read("", &[("Cargo.toml", manifest), ("Cargo.lock", lock)]);
    insta::assert_snapshot!(problems(&reading).join("\n"), @r#"
            Cargo.toml:6: says of `a` neither a version nor a table: write `a = "1.2"`
            Cargo.toml:7: says of `b` neither a version nor a table: write `b = "1.2"`
            Cargo.toml:8: asks for `c` as `no version`, which is no requirement of Cargo's: write `1.2`, `>=1, <3` or `*`
            Cargo.toml:9: takes `d` from its workspace, which does not share it: add it to `[workspace.dependencies]`
            Cargo.lock:10: says that `x` needs `gone`, but holds no such package: run `cargo update --workspace`
            "#);
    // Which version of `c` cannot be told, but that it is used can.
    assert_eq!(told(&reading), "c ? -> ? {Runtime} via [] Cargo.toml:8 ");
}

#[test]
fn paths_may_form_a_circle() {
    let a = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = { path = \"../b\" }\nx = \"1\"\n";
    let b = "[package]\nname = \"b\"\nversion = \"1.0.0\"\n[dependencies]\na = { path = \"../a\" }\ny = \"2\"\n";
    let reading = read("a", &[("a/Cargo.toml", a), ("b/Cargo.toml", b)]);
    insta::assert_snapshot!(told(&reading), @r#"
    x 1 -> ? {Runtime} via [] a/Cargo.toml:6 
    y 2 -> ? {Runtime} via ["b"] b/Cargo.toml:6
    "#);
}
