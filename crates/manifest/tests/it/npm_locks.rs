//! Yarn's and pnpm's lockfiles, alone and with their manifests.

use std::collections::BTreeSet;

use downriver_manifest::{Files, FoundDependency, Reading, read_application};
use downriver_version::PackageId;

use crate::shared;

/// Reads an application of these files.
fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, text) in contents {
        files.insert(path, text.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

fn name(package: &PackageId) -> String {
    match package.namespace() {
        Some(scope) => format!("@{scope}/{}", package.name()),
        None => package.name().to_owned(),
    }
}

/// A dependency a line, as people would say it.
fn told(reading: &Reading) -> String {
    let place = |file: &str, line: Option<u32>| {
        line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
    };
    let one = |found: &FoundDependency| {
        let via: Vec<String> = found.via.iter().map(name).collect();
        let lock = found.lock.as_ref();
        format!(
            "{} {} {}{} {:?} at {} locked at {}",
            name(&found.package),
            found.requirement.as_deref().unwrap_or("?"),
            found.locked.as_deref().unwrap_or("-"),
            if found.is_direct {
                String::new()
            } else {
                format!(" by {}", via.join(">"))
            },
            found.scopes,
            place(&found.evidence.file, found.evidence.line),
            lock.map_or_else(|| "-".to_owned(), |lock| place(&lock.file, lock.line)),
        )
    };
    let mut lines: Vec<String> = reading.dependencies.iter().map(one).collect();
    lines.extend(reading.left_out.iter().map(|left| {
        let line = left.evidence.line;
        format!(
            "- {} {}, {}",
            left.name,
            left.reason,
            place(&left.evidence.file, line)
        )
    }));
    lines.extend(
        reading
            .problems
            .iter()
            .map(|problem| format!("! {problem}")),
    );
    lines.join("\n")
}

#[test]
fn real_lockfiles_are_read_to_the_list_of_their_own_tool() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    for case in [
        "npm/rails-rails/yarn.lock",
        "npm/cdklabs-construct-hub/yarn.lock",
        "npm/dependabot-dependabot-core-yarn-submodule/yarn.lock",
        "npm/vitejs-vite/pnpm-lock.yaml",
        "npm/dependabot-dependabot-core-pnpm-6.1/pnpm-lock.yaml",
        "npm/pnpm-pnpm/pnpm-lock.yaml",
    ] {
        let path = corpus.join(case);
        let expected = std::fs::read(path.with_added_extension("expected.json")).unwrap();
        let expected: BTreeSet<String> = serde_json::from_slice(&expected).unwrap();
        let reading = shared::read_folder(path.parent().unwrap());
        assert_eq!(reading.files[0].locked, expected, "{case}");
        assert!(
            reading.problems.is_empty(),
            "{case}: {:?}",
            reading.problems
        );
        // Alone, a lockfile tells of everything that it holds, and where.
        let from_registry = expected.iter().filter(|locked| !locked.contains("@file:"));
        let found: BTreeSet<(String, Option<String>)> = reading
            .dependencies
            .iter()
            .inspect(|found| assert!(found.lock.as_ref().unwrap().line.is_some(), "{found:?}"))
            .map(|found| (name(&found.package), found.locked.clone()))
            .collect();
        assert_eq!(found.len(), from_registry.count(), "{case}");
    }
}

/// A workspace as Yarn has it, with a member that uses another.
const MONOREPO: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{
  "name": "root",
  "private": true,
  "workspaces": ["packages/*"],
  "devDependencies": {"typescript": "^5.0.0"},
  "resolutions": {"ms": "2.1.3"}
}"#,
    ),
    (
        "packages/a/package.json",
        r#"{
  "name": "@acme/a",
  "version": "1.0.0",
  "dependencies": {
    "@acme/b": "workspace:^",
    "debug": "^4.3.0",
    "mine": "npm:@acme/real@^2.0.0"
  }
}"#,
    ),
    (
        "packages/b/package.json",
        r#"{
  "name": "@acme/b",
  "version": "1.0.0",
  "dependencies": {"left-pad": "^1.3.0"},
  "devDependencies": {"jest": "^29.0.0"}
}"#,
    ),
];

const BERRY: &str = r#"# This file is generated
__metadata:
  version: 8
  cacheKey: 10c0

"@acme/a@workspace:packages/a":
  version: 0.0.0-use.local
  resolution: "@acme/a@workspace:packages/a"
  dependencies:
    "@acme/b": "workspace:^"
    debug: "npm:^4.3.0"
    mine: "npm:@acme/real@^2.0.0"
  languageName: unknown
  linkType: soft

"@acme/b@workspace:^, @acme/b@workspace:packages/b":
  version: 0.0.0-use.local
  resolution: "@acme/b@workspace:packages/b"
  dependencies:
    jest: "npm:^29.0.0"
    left-pad: "npm:^1.3.0"
  languageName: unknown
  linkType: soft

"debug@npm:^4.3.0":
  version: 4.3.4
  resolution: "debug@npm:4.3.4"
  dependencies:
    ms: "npm:2.1.2"
  peerDependenciesMeta:
    supports-color:
      optional: true

"jest@npm:^29.0.0":
  version: 29.7.0
  resolution: "jest@npm:29.7.0"

"left-pad@npm:^1.3.0":
  version: 1.3.0
  resolution: "left-pad@npm:1.3.0"

"mine@npm:@acme/real@^2.0.0":
  version: 2.0.1
  resolution: "@acme/real@npm:2.0.1"

"ms@npm:2.1.3":
  version: 2.1.3
  resolution: "ms@npm:2.1.3"

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  dependencies:
    typescript: "npm:^5.0.0"

"typescript@npm:^5.0.0":
  version: 5.4.0
  resolution: "typescript@npm:5.4.0"

"typescript@patch:typescript@npm%3A^5.0.0#~builtin<compat/typescript>":
  version: 5.4.0
  resolution: "typescript@patch:typescript@npm%3A5.4.0#~builtin<compat/typescript>::version=5.4.0&hash=abc"
"#;

fn with_lock(lock: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut files = MONOREPO.to_vec();
    files.push(("yarn.lock", lock));
    files
}

#[test]
fn the_root_of_a_berry_workspace_asks_for_what_all_members_do() {
    insta::assert_snapshot!(told(&read("", &with_lock(BERRY))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:6 locked at yarn.lock:25
    jest ^29.0.0 29.7.0 {Dev} at packages/b/package.json:5 locked at yarn.lock:34
    left-pad ^1.3.0 1.3.0 {Runtime} at packages/b/package.json:4 locked at yarn.lock:38
    ms 2.1.3 2.1.3 by debug {Runtime} at package.json:6 locked at yarn.lock:46
    typescript ^5.0.0 5.4.0 {Dev} at package.json:5 locked at yarn.lock:56
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:7 locked at yarn.lock:42
    ");
}

#[test]
fn a_member_of_a_berry_workspace_asks_for_its_own_and_what_members_that_it_uses_need() {
    insta::assert_snapshot!(told(&read("packages/a", &with_lock(BERRY))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:6 locked at yarn.lock:25
    left-pad ^1.3.0 1.3.0 by @acme/b {Runtime} at packages/b/package.json:4 locked at yarn.lock:38
    ms 2.1.3 2.1.3 by debug {Runtime} at package.json:6 locked at yarn.lock:46
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:7 locked at yarn.lock:42
    ");
}

#[test]
fn a_berry_lockfile_alone_tells_of_its_members() {
    insta::assert_snapshot!(told(&read("", &[("yarn.lock", BERRY)])), @"
    debug ^4.3.0 4.3.4 {Runtime} at yarn.lock:11 locked at yarn.lock:25
    jest ^29.0.0 29.7.0 {Runtime} at yarn.lock:20 locked at yarn.lock:34
    left-pad ^1.3.0 1.3.0 {Runtime} at yarn.lock:21 locked at yarn.lock:38
    ms 2.1.2 2.1.3 by debug {Runtime} at yarn.lock:29 locked at yarn.lock:46
    typescript ^5.0.0 5.4.0 {Runtime} at yarn.lock:54 locked at yarn.lock:56
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at yarn.lock:12 locked at yarn.lock:42
    ");
}
