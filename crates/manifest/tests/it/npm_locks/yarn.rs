//! `yarn.lock`, of Yarn 1 and of berry.

use super::{read, told};

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

pub(super) const BERRY: &str = r#"# This file is generated
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

pub(super) const YARN_1: &str = r#"# yarn lockfile v1


"@acme/c@file:./c":
  version "0.1.0"

debug@^4.3.0:
  version "4.3.4"
  resolved "https://npm.acme.example/debug/-/debug-4.3.4.tgz#1319f6"
  dependencies:
    ms "2.1.2"

jest@^29.0.0:
  version "29.7.0"
  optionalDependencies:
    fsevents "^2.3.2"

fsevents@^2.3.2, fsevents@~2.3.2:
  version "2.3.3"

left-pad@^1.0.0, left-pad@^1.3.0:
  version "1.3.0"

"mine@npm:@acme/real@^2.0.0":
  version "2.0.1"

ms@2.1.2, ms@2.1.3:
  version "2.1.3"

typescript@^5.0.0:
  version "5.4.0"
"#;

#[test]
fn the_root_of_a_yarn_1_workspace_asks_for_what_all_members_do() {
    insta::assert_snapshot!(told(&read("", &with_lock(YARN_1))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:6 locked at yarn.lock:7
    fsevents ^2.3.2 2.3.3 by jest {Dev} at yarn.lock:16 locked at yarn.lock:18
    jest ^29.0.0 29.7.0 {Dev} at packages/b/package.json:5 locked at yarn.lock:13
    left-pad ^1.3.0 1.3.0 {Runtime} at packages/b/package.json:4 locked at yarn.lock:21
    ms 2.1.3 2.1.3 by debug {Runtime} at package.json:6 locked at yarn.lock:27
    typescript ^5.0.0 5.4.0 {Dev} at package.json:5 locked at yarn.lock:30
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:7 locked at yarn.lock:24
    ");
}

#[test]
fn a_member_of_a_yarn_1_workspace_asks_for_its_own_and_what_members_that_it_uses_need() {
    insta::assert_snapshot!(told(&read("packages/a", &with_lock(YARN_1))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:6 locked at yarn.lock:7
    left-pad ^1.3.0 1.3.0 by @acme/b {Runtime} at packages/b/package.json:4 locked at yarn.lock:21
    ms 2.1.3 2.1.3 by debug {Runtime} at package.json:6 locked at yarn.lock:27
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:7 locked at yarn.lock:24
    ");
}

#[test]
fn what_nobody_pulls_in_counts_as_asked_for_where_a_lockfile_does_not_say() {
    insta::assert_snapshot!(told(&read("", &[("yarn.lock", YARN_1)])), @"
    debug ^4.3.0 4.3.4 {Runtime} at yarn.lock:7 locked at yarn.lock:7
    fsevents ~2.3.2 2.3.3 {Runtime, Optional} at yarn.lock:18 locked at yarn.lock:18
    jest ^29.0.0 29.7.0 {Runtime} at yarn.lock:13 locked at yarn.lock:13
    left-pad ^1.0.0 1.3.0 {Runtime} at yarn.lock:21 locked at yarn.lock:21
    ms 2.1.3 2.1.3 {Runtime} at yarn.lock:27 locked at yarn.lock:27
    typescript ^5.0.0 5.4.0 {Runtime} at yarn.lock:30 locked at yarn.lock:30
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at yarn.lock:24 locked at yarn.lock:24
    - @acme/c comes from a file or folder, yarn.lock:4
    ");
}

/// As Yarn 4.10 and later write it: the members keep `catalog:`, the entries have what it stands for.
const CATALOGED: &[(&str, &str)] = &[
    (
        ".yarnrc.yml",
        "nodeLinker: node-modules
catalog:
  react: ^18.0.0
catalogs:
  next:
    zod: npm:^4.0.0
",
    ),
    (
        "package.json",
        r#"{
  "name": "root",
  "private": true,
  "workspaces": ["apps/*"]
}"#,
    ),
    (
        "apps/web/package.json",
        r#"{
  "name": "web",
  "dependencies": {"react": "catalog:", "zod": "catalog:next", "gone": "catalog:other"}
}"#,
    ),
    (
        "yarn.lock",
        r#"__metadata:
  version: 8
  cacheKey: 10c0

"react@npm:^18.0.0":
  version: 18.3.1
  resolution: "react@npm:18.3.1"
  languageName: node
  linkType: hard

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  languageName: unknown
  linkType: soft

"web@workspace:apps/web":
  version: 0.0.0-use.local
  resolution: "web@workspace:apps/web"
  dependencies:
    react: "catalog:"
    zod: "catalog:next"
  languageName: unknown
  linkType: soft

"zod@npm:^4.0.0":
  version: 4.1.5
  resolution: "zod@npm:4.1.5"
  languageName: node
  linkType: hard
"#,
    ),
];

#[test]
fn catalogs_of_yarn_tell_the_requirement_and_where_it_is_written() {
    insta::assert_snapshot!(told(&read("apps/web", CATALOGED)), @"
    gone ? - {Runtime} at apps/web/package.json:3 locked at -
    react ^18.0.0 18.3.1 {Runtime} at .yarnrc.yml:3 locked at yarn.lock:5
    zod npm:^4.0.0 4.1.5 {Runtime} at .yarnrc.yml:6 locked at yarn.lock:26
    ");
}

#[test]
fn settings_without_catalogs_are_no_file_of_dependencies() {
    let files = [
        (".yarnrc.yml", "nodeLinker: pnp\nnpmScopes:\n  acme: {}\n"),
        (
            "package.json",
            r#"{"name": "a", "dependencies": {"b": "^1.0.0"}}"#,
        ),
    ];
    let reading = read("", &files);
    let read: Vec<&str> = reading.files.iter().map(|file| &*file.path).collect();
    assert_eq!(read, ["package.json"]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
}
