//! PEP 751.

use downriver_domain::Scope;

use super::{read, scope_of};

#[test]
fn packages_say_where_they_come_from_and_what_they_are_for() {
    let text = r#"lock-version = "1.0"
created-by = "pdm"

[[packages]]
name = "certifi"
version = "2025.1.31"
marker = "python_version >= \"3.6\" and \"security\" in extras"
[packages.tool.pdm]
dependencies = ["idna>=2; os_name == 'nt'"]

[[packages]]
name = "checkout"
vcs = { type = "git", url = "https://git.example/a.git", commit-id = "abc" }

[[packages]]
name = "folder"
directory = { path = ".", editable = true }

[[packages]]
name = "archive"
archive = { url = "https://files.example/a.zip", hashes = { sha256 = "00" } }

[[packages]]
name = "attrs"
version = "25.1.0"
dependencies = [{ name = "certifi", version = "2025.1.31" }]
"#;
    let lock = read("pylock.toml", text).unwrap();
    let told: Vec<String> = lock
        .packages
        .iter()
        .map(|package| {
            let needs: Vec<&str> = package.needs.iter().map(|need| &*need.name).collect();
            format!(
                "{} {:?} {:?} {needs:?}",
                package.name, package.source, package.scope
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"certifi Registry Some(Optional) ["idna"]"#,
            "checkout Git None []",
            "folder Path None []",
            "archive Url None []",
            r#"attrs Registry None ["certifi"]"#,
        ]
    );
    assert!(!lock.is_flat);
    assert_eq!(lock.format, "pylock.toml 1.0");
}

#[test]
fn groups_in_markers_are_scopes() {
    let table = [
        ("\"default\" in dependency_groups", Some(Scope::Runtime)),
        (
            "'dev' in dependency_groups or 'test' in dependency_groups",
            Some(Scope::Dev),
        ),
        ("(\"tests\" in dependency_groups)", Some(Scope::Test)),
        ("'socks' in extras", Some(Scope::Optional)),
        ("os_name == \"nt\"", None),
    ];
    for (marker, scope) in table {
        assert_eq!(scope_of(marker), scope, "{marker}");
    }
}

#[test]
fn another_toml_file_is_no_lockfile() {
    assert!(read("pylock.x.toml", "[packages]\n").is_err());
    assert!(read("pylock.x.toml", "a = 1\n").is_err());
}
