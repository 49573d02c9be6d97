//! Every table that a `pyproject.toml` may declare dependencies in.

use super::{Manifest, read};
use crate::reading::Reading;

fn manifest(text: &str) -> (Manifest, Reading) {
    let mut reading = Reading::default();
    let manifest = read("pyproject.toml", text, &mut reading).unwrap();
    (manifest, reading)
}

fn told(text: &str) -> Vec<String> {
    let (manifest, reading) = manifest(text);
    let problems = reading.problems.iter().map(ToString::to_string);
    manifest
        .declared
        .iter()
        .map(|declared| {
            format!(
                "{} {} {:?} {:?} line {}",
                declared.name,
                declared.requirement.as_deref().unwrap_or("?"),
                declared.source,
                declared.scope,
                declared.evidence.line.unwrap_or_default()
            )
        })
        .chain(problems)
        .collect()
}

#[test]
fn the_standards_tables_are_read() {
    let text = r#"[build-system]
requires = ["hatchling>=1.20"]
[project]
name = "Acme.App"
version = "1.0"
dependencies = [
    "requests[socks] >=2.8, <3 ; python_version < '3.13'",
    "core @ git+https://git.example/core.git",
]
[project.optional-dependencies]
cli = ["rich"]
all = ["acme-app[cli]"]
[dependency-groups]
dev = ["ruff", {include-group = "Test"}]
test = ["pytest>=8", "acme_app[cli]"]
"#;
    assert_eq!(
        told(text),
        [
            "requests >=2.8, <3 Registry Runtime line 7",
            "core ? Git Runtime line 8",
            "rich  Registry Optional line 11",
            "ruff  Registry Dev line 14",
            "pytest >=8 Registry Dev line 15",
            "rich  Registry Dev line 11",
            "pytest >=8 Registry Test line 15",
            "rich  Registry Test line 11",
            "hatchling >=1.20 Registry Build line 2",
        ]
    );
}

#[test]
fn groups_that_include_each_other_are_told_and_end() {
    let told = told(
        "[dependency-groups]\na = [{include-group = 'b'}, 'x']\nb = [{include-group = 'a'}]\nc = [{include-group = 'none'}]\n",
    );
    assert_eq!(
        told,
        [
            "x  Registry Dev line 2",
            "x  Registry Dev line 2",
            "pyproject.toml:3: has groups that include each other: `a`",
            "pyproject.toml:2: has groups that include each other: `b`",
            "pyproject.toml:4: includes the group `none`, which is not there",
        ]
    );
}

#[test]
fn groups_that_double_with_each_level_are_stopped() {
    for first in ["'x'", ""] {
        let mut text = format!("[dependency-groups]\ng0 = [{first}]\n");
        for level in 1..30 {
            let include = format!("{{include-group = 'g{}'}}", level - 1);
            text = format!("{text}g{level} = [{include}, {include}]\n");
        }
        let (manifest, reading) = manifest(&text);
        assert!(
            manifest.declared.len() <= 10_030,
            "{}",
            manifest.declared.len()
        );
        assert!(!reading.problems.is_empty());
    }
}

#[test]
fn poetrys_own_tables_are_read() {
    let text = r#"[tool.poetry]
name = "acme"
version = "0.1"
[tool.poetry.dependencies]
python = "^3.9"
requests = "^2.13"
Flask = {version = "~2.0", extras = ["async"], optional = true}
numpy = [
    {version = "<=1.19", python = "<3.8"},
    {version = "^1.21", python = ">=3.8"},
]
vcs = {git = "https://git.example/vcs.git", branch = "main"}
local = {path = "../local", develop = true}
wheel = {url = "https://files.example/wheel.whl"}
wrong = "latest"
[tool.poetry.dev-dependencies]
black = "*"
[tool.poetry.group.test.dependencies]
pytest = ">=8"
[tool.poetry.group.ci]
include-groups = ["test"]
"#;
    assert_eq!(
        told(text),
        [
            "flask >=2.0,<2.1 Registry Optional line 7",
            "local ? Path Runtime line 13",
            "numpy <=1.19 Registry Runtime line 9",
            "numpy >=1.21,<2.0 Registry Runtime line 10",
            "requests >=2.13,<3.0 Registry Runtime line 6",
            "vcs ? Git Runtime line 12",
            "wheel ? Url Runtime line 14",
            "wrong ? Registry Runtime line 15",
            "black  Registry Dev line 17",
            "pytest >=8 Registry Dev line 19",
            "pytest >=8 Registry Test line 19",
            "pyproject.toml:15: has `wrong = \"latest\"`, which is no version constraint",
        ]
    );
}

#[test]
fn poetry_beside_the_standard_only_adds_sources() {
    let text = r#"[project]
name = "acme"
dependencies = ["core>=1", "requests>=2"]
[tool.poetry.dependencies]
core = {git = "https://git.example/core.git"}
requests = {source = "internal"}
other = "*"
"#;
    assert_eq!(
        told(text),
        [
            "core ? Git Runtime line 3",
            "requests >=2 Registry Runtime line 3"
        ]
    );
}

#[test]
fn uvs_sources_and_pdms_groups_count() {
    let text = r#"[project]
name = "acme"
dependencies = ["lib", "member", "torch", "indexed"]
[tool.uv]
dev-dependencies = ["mypy"]
package = false
[tool.uv.sources]
lib = {path = "../lib"}
member = {workspace = true}
torch = [{index = "cpu", marker = "os_name == 'nt'"}, {git = "https://git.example/torch.git"}]
indexed = {index = "internal"}
[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]
[tool.pdm.dev-dependencies]
tests = ["pytest", "-e file:///${PROJECT_ROOT}/sub#egg=acme-sub"]
"#;
    assert_eq!(
        told(text),
        [
            "lib  Path Runtime line 3",
            "member  Workspace Runtime line 3",
            "torch  Registry Runtime line 3",
            "indexed  Registry Runtime line 3",
            "mypy  Registry Dev line 5",
            "pytest  Registry Test line 16",
            "acme-sub ? Path Test line 16",
        ]
    );
    let (manifest, reading) = manifest(text);
    assert_eq!(manifest.members, ["packages/*"]);
    assert_eq!(manifest.excluded, ["packages/old"]);
    assert!(reading.products[0].is_private);
}

#[test]
fn what_the_project_publishes_is_told() {
    let (_, reading) = manifest("[project]\nname = 'Acme_Auth'\nversion = '1.2'\n");
    let product = &reading.products[0];
    assert_eq!(
        (product.package.name(), product.version.as_deref()),
        ("acme-auth", Some("1.2"))
    );
    assert_eq!(
        (product.is_private, product.evidence.line),
        (false, Some(2))
    );
    let (_, reading) = manifest(
        "[project]\nname = 'a'\ndynamic = ['version']\nclassifiers = ['Private :: Do Not Upload']\n",
    );
    assert!(reading.products[0].is_private);
    assert_eq!(reading.products[0].version, None);
}

#[test]
fn setuptools_reads_files() {
    let text = "[tool.setuptools.dynamic]\ndependencies = {file = ['requirements.txt']}\n[tool.setuptools.dynamic.optional-dependencies]\ndev = {file = 'dev.txt'}\n";
    let (manifest, _) = manifest(text);
    let files: Vec<String> = manifest
        .requirements
        .iter()
        .map(|(file, scope)| format!("{file} {scope:?}"))
        .collect();
    assert_eq!(files, ["requirements.txt Runtime", "dev.txt Optional"]);
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let mut reading = Reading::default();
    assert!(read("pyproject.toml", "[project]\nname = \n", &mut reading).is_none());
    assert_eq!(reading.problems[0].line, Some(2));
    let mut reading = Reading::default();
    assert!(
        read(
            "pyproject.toml",
            "[project]\nname = 'a'\nname = 'b'\n",
            &mut reading
        )
        .is_none()
    );
    assert_eq!(reading.problems[0].line, Some(3));
}

#[test]
fn values_of_the_wrong_kind_are_told() {
    assert_eq!(
        told(
            "[project]\nname = 'a'\ndependencies = [3, 'b ==', 'c']\n[dependency-groups]\ndev = [4]\n"
        ),
        [
            "c  Registry Runtime line 3",
            "pyproject.toml:3: has a dependency that is no text",
            "pyproject.toml:3: has `b ==`, which is not a Python dependency specifier: a release number is missing",
            "pyproject.toml:5: has a dependency that is no text",
        ]
    );
}

#[test]
fn extras_that_are_asked_for_many_times_end_somewhere() {
    let extra: Vec<String> = (0..1_000).map(|number| format!("'p{number}'")).collect();
    let asked = "'a[x]',".repeat(1_000);
    let text = format!(
        "[project]\nname = 'a'\n[project.optional-dependencies]\nx = [{}]\n[dependency-groups]\ndev = [{asked}]\n",
        extra.join(",")
    );
    let (manifest, reading) = manifest(&text);
    assert!(
        manifest.declared.len() <= 101_000,
        "{}",
        manifest.declared.len()
    );
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(
        reading.problems[0].to_string(),
        "pyproject.toml:1: asks for more than 100000 dependencies"
    );
}
