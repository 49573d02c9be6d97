//! Pipfile and its lock.

use super::{read_lock, read_manifest};

#[test]
fn a_pipfile_tells_requirements_scopes_and_sources() {
    let text = r#"[[source]]
url = "https://pypi.example/simple"
name = "pypi"

[packages]
Requests = "*"
records = ">0.5.0"
django = {version = "~=4.2", extras = ["argon2"], markers = "os_name == 'posix'"}
sub = {path = "./sub", editable = true}
vcs = {git = "https://git.example/vcs.git", ref = "main"}

[dev-packages]
pytest = "==7.1"

[tests]
tox = "*"

[requires]
python_version = "3.12"

[scripts]
start = "python app.py"
"#;
    let (declared, problems) = read_manifest("Pipfile", text).unwrap();
    assert_eq!(problems, []);
    let mut told: Vec<String> = declared
        .iter()
        .map(|declared| {
            format!(
                "{} {:?} {:?} {:?} {:?} {:?}",
                declared.name,
                declared.requirement,
                declared.extras,
                declared.source,
                declared.scope,
                declared.evidence.line
            )
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            r#"django Some("~=4.2") {"argon2"} Registry Runtime Some(8)"#,
            r#"pytest Some("==7.1") {} Registry Dev Some(13)"#,
            r#"records Some(">0.5.0") {} Registry Runtime Some(7)"#,
            r#"requests Some("") {} Registry Runtime Some(6)"#,
            "sub None {} Path Runtime Some(9)",
            r#"tox Some("") {} Registry Test Some(16)"#,
            "vcs None {} Git Runtime Some(10)",
        ]
    );
}

#[test]
fn what_is_no_requirement_is_a_problem_with_its_line() {
    let (declared, problems) =
        read_manifest("Pipfile", "[packages]\na = 3\nb = 'latest'\nc = '*'\n").unwrap();
    assert_eq!(declared.len(), 1);
    assert_eq!(problems[0].line, Some(2));
    assert_eq!(
        problems[1].to_string(),
        "Pipfile:3: has `b = \"latest\"`, which is no version requirement"
    );
}

#[test]
fn the_lock_tells_pins_by_category() {
    let text = r#"{
    "_meta": {"pipfile-spec": 6, "requires": {}, "sources": []},
    "default": {
        "Jaraco.Text": {"hashes": ["sha256:aa"], "version": "==3.1"},
        "sub": {"editable": true, "path": "."}
    },
    "develop": {
        "vcs": {"git": "https://git.example/vcs.git", "ref": "abc"},
        "any": {"version": "*"},
        "by-hand": "==2.18.0"
    }
}"#;
    let lock = read_lock("Pipfile.lock", text).unwrap();
    let told: Vec<String> = lock
        .packages
        .iter()
        .map(|package| {
            format!(
                "{} {:?} {:?} {:?} {:?}",
                package.name,
                package.version.as_deref(),
                package.source,
                package.scope,
                package.line
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"jaraco-text Some("3.1") Registry Some(Runtime) Some(4)"#,
            "sub None Path Some(Runtime) Some(5)",
            "any None Registry Some(Dev) Some(9)",
            r#"by-hand Some("2.18.0") Registry Some(Dev) Some(10)"#,
            "vcs None Git Some(Dev) Some(8)",
        ]
    );
    assert_eq!(lock.format, "Pipfile.lock 6");
}

#[test]
fn a_lock_cut_short_is_an_error_with_its_line() {
    let problem = read_lock(
        "Pipfile.lock",
        "{\n\"default\": {\n\"a\": {\"version\": \"==1\"",
    )
    .unwrap_err();
    assert_eq!(problem.line, Some(3));
    assert!(read_lock("Pipfile.lock", &"{\"a\":".repeat(10_000)).is_err());
}
