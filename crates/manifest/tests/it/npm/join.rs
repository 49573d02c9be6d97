//! What manifests and lockfiles say together.

use downriver_manifest::{Files, Reading, read_application};
use downriver_version::PackageId;

/// Reads the application in a folder of a source.
pub(super) fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

/// One line for each dependency, and for what was left out.
pub(super) fn told(reading: &Reading) -> Vec<String> {
    let dependencies = reading.dependencies.iter().map(|found| {
        let scopes: Vec<_> = found
            .scopes
            .iter()
            .map(|scope| format!("{scope:?}"))
            .collect();
        let via: Vec<_> = found.via.iter().map(PackageId::name).collect();
        let line = |line: Option<u32>| line.map_or("?".to_owned(), |line| line.to_string());
        format!(
            "{}@{} {} {} at {}:{}{}{}",
            found.package.name(),
            found.locked.as_deref().unwrap_or("-"),
            found.requirement.as_deref().unwrap_or("?"),
            scopes.join("+"),
            found.evidence.file,
            line(found.evidence.line),
            found.lock.as_ref().map_or(String::new(), |lock| format!(
                " lock {}:{}",
                lock.file,
                line(lock.line)
            )),
            if found.is_direct {
                String::new()
            } else {
                format!(" via {}", via.join(">"))
            },
        )
    });
    let left_out = reading.left_out.iter().map(|left| {
        format!(
            "left out: {} {:?} {}:{}",
            left.name,
            left.source,
            left.evidence.file,
            left.evidence.line.unwrap_or(0)
        )
    });
    dependencies.chain(left_out).collect()
}

const MANIFEST: &str = r#"{
  "name": "@acme/shop",
  "version": "1.4.0",
  "dependencies": {
    "@acme/ui": "^2.0.0",
    "old": "npm:left@^1"
  },
  "devDependencies": { "check": "~3.1" },
  "optionalDependencies": {
    "fast": "1.x"
  }
}
"#;

const LOCK: &str = r#"{
  "name": "@acme/shop",
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "@acme/shop", "dependencies": { "@acme/ui": "^1.0.0" } },
    "node_modules/@acme/ui": {
      "version": "2.3.1",
      "resolved": "https://packages.example/ui/-/ui-2.3.1.tgz",
      "dependencies": {
        "left": "^2.0.0",
        "shared": "^1.0.0"
      },
      "peerDependencies": { "react": ">=17", "vue": ">=3" },
      "peerDependenciesMeta": { "vue": { "optional": true } }
    },
    "node_modules/@acme/ui/node_modules/left": { "version": "2.0.5" },
    "node_modules/check": {
      "version": "3.1.4",
      "dev": true,
      "dependencies": { "shared": "*" }
    },
    "node_modules/fast": { "version": "1.0.0", "optional": true },
    "node_modules/old": { "name": "left", "version": "1.9.0" },
    "node_modules/react": { "version": "18.0.0", "peer": true },
    "node_modules/shared": { "version": "1.2.0" },
    "node_modules/stale": { "version": "0.1.0", "extraneous": true }
  }
}
"#;

#[test]
fn the_requirement_is_the_manifests_and_the_version_the_locks() {
    let reading = read(
        "",
        &[("package.json", MANIFEST), ("package-lock.json", LOCK)],
    );
    assert_eq!(
        told(&reading),
        [
            "check@3.1.4 ~3.1 Dev at package.json:8 lock package-lock.json:17",
            "fast@1.0.0 1.x Optional at package.json:10 lock package-lock.json:22",
            "left@1.9.0 npm:left@^1 Runtime at package.json:6 lock package-lock.json:23",
            "left@2.0.5 ^2.0.0 Runtime at package-lock.json:10 lock package-lock.json:16 via ui",
            "react@18.0.0 >=17 Peer at package-lock.json:13 lock package-lock.json:24 via ui",
            "shared@1.2.0 ^1.0.0 Runtime+Dev at package-lock.json:11 lock package-lock.json:25 via ui",
            "ui@2.3.1 ^2.0.0 Runtime at package.json:5 lock package-lock.json:6",
        ]
    );
    assert_eq!(reading.problems, []);
    let product = &reading.products[0];
    assert_eq!(product.package.to_string(), "pkg:npm/%40acme/shop");
    assert_eq!(product.evidence.line, Some(2));
    assert!(reading.files[0].locked.contains("stale@0.1.0"));
}

#[test]
fn a_lock_alone_tells_what_the_root_asks_for() {
    let reading = read("", &[("package-lock.json", LOCK)]);
    let ui = &told(&reading)[3];
    assert_eq!(
        ui,
        "ui@2.3.1 ^1.0.0 Runtime at package-lock.json:5 lock package-lock.json:6"
    );
}

#[test]
fn a_manifest_alone_tells_what_it_asks_for() {
    let reading = read("", &[("package.json", MANIFEST)]);
    assert_eq!(
        told(&reading),
        [
            "check@- ~3.1 Dev at package.json:8",
            "fast@- 1.x Optional at package.json:10",
            "left@- npm:left@^1 Runtime at package.json:6",
            "ui@- ^2.0.0 Runtime at package.json:5",
        ]
    );
}

#[test]
fn a_broken_lock_leaves_what_the_manifest_tells() {
    let cut = &LOCK[..LOCK.len() / 2];
    let reading = read(
        "",
        &[("package.json", MANIFEST), ("package-lock.json", cut)],
    );
    assert_eq!(told(&reading).len(), 4);
    let problem = reading.problems[0].to_string();
    assert!(problem.starts_with("package-lock.json:"), "{problem}");
}

#[test]
fn what_the_lock_does_not_hold_yet_has_no_version() {
    let manifest = r#"{ "dependencies": { "new": "^1", "check": "^3" } }"#;
    let reading = read(
        "",
        &[("package.json", manifest), ("package-lock.json", LOCK)],
    );
    assert_eq!(
        told(&reading)[..2],
        [
            "check@3.1.4 ^3 Runtime at package.json:1 lock package-lock.json:17",
            "new@- ^1 Runtime at package.json:1",
        ]
    );
}

#[test]
fn what_no_registry_delivers_is_left_out() {
    let manifest = r#"{
  "dependencies": {
    "a": "git+ssh://git@code.example/a.git#v1",
    "b": "https://files.example/b.tgz",
    "c": "file:../c",
    "d": "acme/d",
    "e": "workspace:*",
    "Bad Name": "1",
    "f": "link:./f"
  }
}"#;
    let reading = read("", &[("package.json", manifest)]);
    assert_eq!(
        told(&reading),
        [
            "left out: a Git package.json:3",
            "left out: b Url package.json:4",
            "left out: c Path package.json:5",
            "left out: d Git package.json:6",
            "left out: Bad Name Registry package.json:8",
            "left out: f Path package.json:9",
        ]
    );
}

#[test]
fn an_archive_from_an_address_is_known_by_who_asks_for_it() {
    let lock = r#"{ "lockfileVersion": 3, "packages": {
"": { "dependencies": { "a": "https://files.example/a.tgz", "b": "^1", "c": "git+https://code.example/c.git" } },
"node_modules/a": { "version": "1.0.0", "resolved": "https://files.example/a.tgz" },
"node_modules/b": { "version": "1.0.0", "resolved": "https://files.example/b.tgz" },
"node_modules/c": { "version": "1.0.0", "resolved": "git+ssh://git@code.example/c.git#abc" }
} }"#;
    let reading = read("", &[("package-lock.json", lock)]);
    assert_eq!(
        told(&reading),
        [
            "b@1.0.0 ^1 Runtime at package-lock.json:2 lock package-lock.json:4",
            "left out: a Url package-lock.json:3",
            "left out: c Git package-lock.json:5",
        ]
    );
}

#[test]
fn overrides_are_the_requirement_in_force() {
    let manifest = r#"{
  "dependencies": { "@acme/ui": "^2.0.0" },
  "overrides": {
    "@acme/ui": {
      "left": "2.0.5"
    },
    "shared@^1": "~1.2.0",
    "shared@^2": "3.0.0",
    "react": "$@acme/ui"
  }
}"#;
    let reading = read(
        "",
        &[("package.json", manifest), ("package-lock.json", LOCK)],
    );
    assert_eq!(
        told(&reading),
        [
            "left@2.0.5 2.0.5 Runtime at package.json:5 lock package-lock.json:16 via ui",
            "react@18.0.0 ^2.0.0 Peer at package.json:9 lock package-lock.json:24 via ui",
            "shared@1.2.0 ~1.2.0 Runtime at package.json:7 lock package-lock.json:25 via ui",
            "ui@2.3.1 ^2.0.0 Runtime at package.json:2 lock package-lock.json:6",
        ]
    );
}

#[test]
fn the_package_manager_that_the_manifest_names_has_the_lock_that_counts() {
    let manifest = r#"{ "packageManager": "bun@1.2.0", "dependencies": { "a": "^1" } }"#;
    let bun = r#"{ "lockfileVersion": 1, "packages": { "a": ["a@1.5.0", "", {}, "sha512-x"], } }"#;
    let npm =
        r#"{ "lockfileVersion": 3, "packages": { "node_modules/a": { "version": "1.0.0" } } }"#;
    let files = [
        ("package.json", manifest),
        ("bun.lock", bun),
        ("package-lock.json", npm),
    ];
    let reading = read("", &files);
    assert_eq!(
        told(&reading),
        ["a@1.5.0 ^1 Runtime at package.json:1 lock bun.lock:1"]
    );
    assert_eq!(
        reading.problems[0].to_string(),
        "package-lock.json: does not count: bun.lock stands beside it"
    );
    assert_eq!(reading.files.len(), 3);
}

#[test]
fn overrides_of_a_bun_lock_count_where_no_manifest_says_them() {
    let bun = r#"{ "lockfileVersion": 1,
"workspaces": { "": { "dependencies": { "a": "^1" } } },
"overrides": { "b": "2.0.0" },
"packages": { "a": ["a@1.5.0", "", { "dependencies": { "b": "^1" } }, ""], "b": ["b@2.0.0", "", {}, ""] } }"#;
    assert_eq!(
        told(&read("", &[("bun.lock", bun)])),
        [
            "a@1.5.0 ^1 Runtime at bun.lock:2 lock bun.lock:4",
            "b@2.0.0 2.0.0 Runtime at bun.lock:3 lock bun.lock:4 via a",
        ]
    );
}
