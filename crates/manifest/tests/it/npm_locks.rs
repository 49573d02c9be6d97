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

const YARN_1: &str = r#"# yarn lockfile v1


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

const PNPM_MANIFESTS: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{
  "name": "root",
  "private": true,
  "devDependencies": {"typescript": "catalog:"}
}"#,
    ),
    (
        "pnpm-workspace.yaml",
        "packages:
  - packages/*
catalog:
  typescript: ^5.0.0
overrides:
  ms: 2.1.3
",
    ),
    (
        "packages/a/package.json",
        r#"{
  "name": "@acme/a",
  "dependencies": {
    "@acme/b": "workspace:*",
    "debug": "^4.3.0",
    "mine": "npm:@acme/real@^2.0.0"
  },
  "optionalDependencies": {"from-git": "acme/from-git"}
}"#,
    ),
    (
        "packages/b/package.json",
        r#"{
  "name": "@acme/b",
  "dependencies": {"react-dom": "^18.0.0", "react": "^18.0.0"},
  "devDependencies": {"jest": "^29.0.0"}
}"#,
    ),
];

const PNPM_9: &str = "---
lockfileVersion: '9.0'
importers:
  .:
    packageManagerDependencies:
      pnpm:
        specifier: 11.9.0
        version: 11.9.0
packages:
  pnpm@11.9.0:
    resolution: {integrity: sha512-a}
snapshots:
  pnpm@11.9.0: {}
---
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

catalogs:
  default:
    typescript:
      specifier: ^5.0.0
      version: 5.4.0

overrides:
  ms: 2.1.3

importers:

  .:
    devDependencies:
      typescript:
        specifier: 'catalog:'
        version: 5.4.0

  packages/a:
    dependencies:
      '@acme/b':
        specifier: workspace:*
        version: link:../b
      debug:
        specifier: ^4.3.0
        version: 4.3.4
      mine:
        specifier: npm:@acme/real@^2.0.0
        version: '@acme/real@2.0.1'
    optionalDependencies:
      from-git:
        specifier: acme/from-git
        version: https://codeload.github.com/acme/from-git/tar.gz/abc

  packages/b:
    dependencies:
      react:
        specifier: ^18.0.0
        version: 18.2.0(patch_hash=abc)
      react-dom:
        specifier: ^18.0.0
        version: 18.2.0(react@18.2.0(patch_hash=abc))
    devDependencies:
      jest:
        specifier: ^29.0.0
        version: 29.7.0

packages:

  '@acme/real@2.0.1':
    resolution: {integrity: sha512-a}

  debug@4.3.4:
    resolution: {integrity: sha512-a}
    engines: {node: '>=6.0'}
    peerDependencies:
      supports-color: '*'
    peerDependenciesMeta:
      supports-color:
        optional: true

  from-git@https://codeload.github.com/acme/from-git/tar.gz/abc:
    resolution: {tarball: https://codeload.github.com/acme/from-git/tar.gz/abc}
    version: 0.3.0

  jest@29.7.0:
    resolution: {integrity: sha512-a}

  ms@2.1.3:
    resolution: {integrity: sha512-a}

  react-dom@18.2.0:
    resolution: {integrity: sha512-a}
    peerDependencies:
      react: ^18.2.0

  react@18.2.0:
    resolution: {integrity: sha512-a}

  typescript@5.4.0:
    resolution: {integrity: sha512-a}
    hasBin: true

snapshots:

  '@acme/real@2.0.1': {}

  debug@4.3.4:
    dependencies:
      ms: 2.1.3

  from-git@https://codeload.github.com/acme/from-git/tar.gz/abc: {}

  jest@29.7.0: {}

  ms@2.1.3: {}

  react-dom@18.2.0(react@18.2.0(patch_hash=abc)):
    dependencies:
      react: 18.2.0(patch_hash=abc)

  react@18.2.0(patch_hash=abc): {}

  typescript@5.4.0: {}
";

fn with_pnpm_lock(lock: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut files = PNPM_MANIFESTS.to_vec();
    files.push(("pnpm-lock.yaml", lock));
    files
}

#[test]
fn the_root_of_a_pnpm_workspace_asks_for_what_all_importers_do() {
    insta::assert_snapshot!(told(&read("", &with_pnpm_lock(PNPM_9))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:5 locked at pnpm-lock.yaml:71
    jest ^29.0.0 29.7.0 {Dev} at packages/b/package.json:4 locked at pnpm-lock.yaml:84
    ms 2.1.3 2.1.3 by debug {Runtime} at pnpm-workspace.yaml:6 locked at pnpm-lock.yaml:87
    react ^18.0.0 18.2.0 {Runtime, Peer} at packages/b/package.json:3 locked at pnpm-lock.yaml:95
    react-dom ^18.0.0 18.2.0 {Runtime} at packages/b/package.json:3 locked at pnpm-lock.yaml:90
    typescript ^5.0.0 5.4.0 {Dev} at pnpm-workspace.yaml:4 locked at pnpm-lock.yaml:98
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:6 locked at pnpm-lock.yaml:68
    - from-git comes from git, pnpm-lock.yaml:80
    ");
}

#[test]
fn an_importer_asks_for_its_own_and_what_importers_that_it_uses_need() {
    insta::assert_snapshot!(told(&read("packages/a", &with_pnpm_lock(PNPM_9))), @"
    debug ^4.3.0 4.3.4 {Runtime} at packages/a/package.json:5 locked at pnpm-lock.yaml:71
    ms 2.1.3 2.1.3 by debug {Runtime} at pnpm-workspace.yaml:6 locked at pnpm-lock.yaml:87
    react ^18.0.0 18.2.0 by @acme/b {Runtime, Peer} at packages/b/package.json:3 locked at pnpm-lock.yaml:95
    react-dom ^18.0.0 18.2.0 by @acme/b {Runtime} at packages/b/package.json:3 locked at pnpm-lock.yaml:90
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at packages/a/package.json:6 locked at pnpm-lock.yaml:68
    - from-git comes from git, pnpm-lock.yaml:80
    ");
}

#[test]
fn a_pnpm_lockfile_alone_tells_of_its_importers() {
    insta::assert_snapshot!(told(&read("", &[("pnpm-lock.yaml", PNPM_9)])), @"
    debug ^4.3.0 4.3.4 {Runtime} at pnpm-lock.yaml:42 locked at pnpm-lock.yaml:71
    jest ^29.0.0 29.7.0 {Dev} at pnpm-lock.yaml:62 locked at pnpm-lock.yaml:84
    ms 2.1.3 2.1.3 by debug {Runtime} at pnpm-lock.yaml:108 locked at pnpm-lock.yaml:87
    react ^18.0.0 18.2.0 {Runtime, Peer} at pnpm-lock.yaml:55 locked at pnpm-lock.yaml:95
    react-dom ^18.0.0 18.2.0 {Runtime} at pnpm-lock.yaml:58 locked at pnpm-lock.yaml:90
    typescript ^5.0.0 5.4.0 {Dev} at pnpm-lock.yaml:22 locked at pnpm-lock.yaml:98
    @acme/real npm:@acme/real@^2.0.0 2.0.1 {Runtime} at pnpm-lock.yaml:45 locked at pnpm-lock.yaml:68
    - from-git comes from git, pnpm-lock.yaml:80
    ");
}

#[test]
fn catalogs_hold_without_a_lockfile() {
    insta::assert_snapshot!(told(&read("", PNPM_MANIFESTS)), @"
    debug ^4.3.0 - {Runtime} at packages/a/package.json:5 locked at -
    jest ^29.0.0 - {Dev} at packages/b/package.json:4 locked at -
    react ^18.0.0 - {Runtime} at packages/b/package.json:3 locked at -
    react-dom ^18.0.0 - {Runtime} at packages/b/package.json:3 locked at -
    typescript ^5.0.0 - {Dev} at pnpm-workspace.yaml:4 locked at -
    @acme/real npm:@acme/real@^2.0.0 - {Runtime} at packages/a/package.json:6 locked at -
    - from-git comes from git, packages/a/package.json:8
    ");
}

/// Version 5 as it was, with floats that are versions of the format, and as it was on the way to 6.
#[test]
fn pnpm_5_is_read_with_its_own_keys_and_with_those_of_6() {
    let plain = "lockfileVersion: 5.4

importers:

  packages/a:
    specifiers:
      '@acme/b': workspace:*
      alias: npm:real@^1.0.0
      react-dom: ^18.0.0
    dependencies:
      '@acme/b': link:../b
      alias: /real/1.10.0
      react-dom: 18.2.0_react@18.2.0

  packages/b:
    specifiers:
      local: file:../../local
    devDependencies:
      local: file:local

packages:

  /real/1.10.0:
    resolution: {integrity: sha512-a}
    dev: false

  /react-dom/18.2.0_react@18.2.0:
    resolution: {integrity: sha512-a}
    peerDependencies:
      react: ^18.2.0
    dependencies:
      react: 18.2.0
    optionalDependencies:
      '@acme/c': npm.acme.example/@acme/c/1.0.0
    dev: false

  /react/18.2.0:
    resolution: {integrity: sha512-a}
    dev: false

  npm.acme.example/@acme/c/1.0.0:
    resolution: {integrity: sha512-a, registry: https://npm.acme.example/, tarball: c-1.0.0.tgz}
    name: '@acme/c'
    version: 1.0.0
    optional: true

  file:local:
    resolution: {directory: local, type: directory}
    name: local
    version: 1.10.0
    dev: true
";
    insta::assert_snapshot!(told(&read("", &[("pnpm-lock.yaml", plain)])), @"
    react ^18.2.0 18.2.0 by react-dom {Peer} at pnpm-lock.yaml:32 locked at pnpm-lock.yaml:37
    react-dom ^18.0.0 18.2.0 {Runtime} at pnpm-lock.yaml:13 locked at pnpm-lock.yaml:27
    real npm:real@^1.0.0 1.10.0 {Runtime} at pnpm-lock.yaml:12 locked at pnpm-lock.yaml:23
    @acme/c ? 1.0.0 by react-dom {Optional} at pnpm-lock.yaml:34 locked at pnpm-lock.yaml:41
    - local comes from a file or folder, pnpm-lock.yaml:47
    ");
    let mixed = "lockfileVersion: 5.4

specifiers:
  eslint: ^8.26.0

devDependencies:
  eslint:
    specifier: ^8.26.0
    version: 8.38.0

packages:

  /@acme/utils/4.4.0_eslint@8.38.0:
    resolution: {integrity: sha512-a}
    dev: true

  /eslint@8.38.0:
    resolution: {integrity: sha512-a}
    dependencies:
      '@acme/utils': 4.4.0_eslint@8.38.0
    dev: true
";
    insta::assert_snapshot!(told(&read("", &[("pnpm-lock.yaml", mixed)])), @"
    eslint ^8.26.0 8.38.0 {Dev} at pnpm-lock.yaml:7 locked at pnpm-lock.yaml:17
    @acme/utils ? 4.4.0 by eslint {Dev} at pnpm-lock.yaml:20 locked at pnpm-lock.yaml:13
    ");
}

#[test]
fn a_broken_lockfile_leaves_what_manifests_tell() {
    let broken = [
        (
            "yarn.lock",
            "# yarn lockfile v1\n\ndebug@^4:\n  version \"4.3",
        ),
        (
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"debug@npm:^4\":\n  version: [4\n",
        ),
        (
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"debug@npm:^4\":\n  version: 4.3.4\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n   - a\n",
        ),
        ("pnpm-lock.yaml", "lockfileVersion: '12.0'\n"),
        ("pnpm-lock.yaml", "importers: {}\n"),
        ("pnpm-lock.yaml", ""),
    ];
    for (name, text) in broken {
        let manifest = (
            "package.json",
            "{\"dependencies\": {\"debug\": \"^4.0.0\"}}",
        );
        let reading = read("", &[manifest, (name, text)]);
        let found = &reading.dependencies[0];
        assert_eq!(
            (found.requirement.as_deref(), &found.locked),
            (Some("^4.0.0"), &None),
            "{text}"
        );
        assert_eq!(
            (reading.problems.len(), &*reading.problems[0].file),
            (1, name),
            "{text}"
        );
    }
}

#[test]
fn no_place_to_cut_a_lockfile_off_stops_the_reading() {
    for (name, text) in [
        ("yarn.lock", YARN_1),
        ("yarn.lock", BERRY),
        ("pnpm-lock.yaml", PNPM_9),
    ] {
        for end in (0..text.len()).step_by(17) {
            let reading = read("", &[("package.json", "{}"), (name, &text[..end])]);
            assert!(reading.files.iter().any(|file| file.path == "package.json"));
        }
    }
}
