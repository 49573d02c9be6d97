//! `pnpm-lock.yaml`, and what pnpm has beside it.

use super::{read, told};

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

pub(super) const PNPM_9: &str = "---
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

#[test]
fn pnpm_5_is_read_with_its_own_keys() {
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
}

/// Version 5 as it was on the way to 6.
#[test]
fn pnpm_5_is_read_with_keys_and_requirements_of_6() {
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
