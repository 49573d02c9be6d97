//! What belongs to whom where several packages share a lockfile.

use super::join::{read, told};

const ROOT: &str = r#"{
  "name": "root", "private": true,
  "workspaces": { "packages": ["packages/*", "!packages/attic"] },
  "devDependencies": { "check": "^3" }
}"#;
const A: &str = r#"{ "name": "@acme/a", "version": "1.0.0",
  "dependencies": { "@acme/b": "^2.0.0", "left": "^1" } }"#;
const B: &str = r#"{ "name": "@acme/b", "version": "2.1.0",
  "dependencies": { "left": "^2" }, "devDependencies": { "only-b": "*" } }"#;
const ATTIC: &str = r#"{ "name": "attic", "dependencies": { "gone": "*" } }"#;
const LOCK: &str = r#"{ "lockfileVersion": 3, "packages": {
"": { "name": "root", "workspaces": ["packages/*", "!packages/attic"], "devDependencies": { "check": "^3" } },
"node_modules/@acme/a": { "resolved": "packages/a", "link": true },
"node_modules/@acme/b": { "resolved": "packages/b", "link": true },
"node_modules/check": { "version": "3.0.0", "dev": true },
"node_modules/left": { "version": "1.0.0" },
"node_modules/only-b": { "version": "4.0.0", "dev": true },
"packages/a": { "name": "@acme/a", "version": "1.0.0", "dependencies": { "@acme/b": "^2.0.0", "left": "^1" } },
"packages/b": { "name": "@acme/b", "version": "2.1.0", "dependencies": { "left": "^2" }, "devDependencies": { "only-b": "*" } },
"packages/b/node_modules/left": { "version": "2.0.0" }
} }"#;
const FILES: [(&str, &str); 5] = [
    ("package.json", ROOT),
    ("packages/a/package.json", A),
    ("packages/b/package.json", B),
    ("packages/attic/package.json", ATTIC),
    ("package-lock.json", LOCK),
];

#[test]
fn the_root_has_what_it_and_all_members_ask_for() {
    let reading = read("", &FILES);
    assert_eq!(
        told(&reading),
        [
            "check@3.0.0 ^3 Dev at package.json:4 lock package-lock.json:5",
            "left@1.0.0 ^1 Runtime at packages/a/package.json:2 lock package-lock.json:6",
            "left@2.0.0 ^2 Runtime at packages/b/package.json:2 lock package-lock.json:10",
            "only-b@4.0.0 * Dev at packages/b/package.json:2 lock package-lock.json:7",
        ]
    );
    let products: Vec<_> = reading
        .products
        .iter()
        .map(|product| product.package.name())
        .collect();
    assert_eq!(products, ["root", "a", "b"]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
}

#[test]
fn a_member_has_what_it_asks_for_and_what_other_members_bring() {
    let reading = read("packages/a", &FILES);
    assert_eq!(
        told(&reading),
        [
            "left@1.0.0 ^1 Runtime at packages/a/package.json:2 lock package-lock.json:6",
            "left@2.0.0 ^2 Runtime at packages/b/package.json:2 lock package-lock.json:10 via b",
        ]
    );
    assert_eq!(reading.products.len(), 1);
}

#[test]
fn members_need_no_manifest_where_the_lock_tells_of_them() {
    let lock = [("package-lock.json", LOCK)];
    let versions = |reading: &[String]| -> Vec<String> {
        reading
            .iter()
            .map(|line| line.split(" at ").next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        versions(&told(&read("", &lock))),
        versions(&told(&read("", &FILES)))
    );
}

#[test]
fn a_folder_that_is_no_member_does_not_have_the_lock_above() {
    let reading = read("packages/attic", &FILES);
    assert_eq!(
        told(&reading),
        ["gone@- * Runtime at packages/attic/package.json:1"]
    );
}

#[test]
fn members_without_a_lock_are_linked_where_their_version_is_admitted() {
    let reading = read("", &FILES[..4]);
    let names: Vec<_> = told(&reading)
        .iter()
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["check@-", "left@-", "left@-", "only-b@-"]);
    let old = A.replace("^2.0.0", "^1.0.0");
    let files = [
        FILES[0],
        ("packages/a/package.json", old.as_str()),
        FILES[2],
    ];
    assert!(
        told(&read("", &files))
            .contains(&"b@- ^1.0.0 Runtime at packages/a/package.json:2".to_owned())
    );
}

#[test]
fn a_folder_that_is_linked_is_on_the_way_but_no_dependency() {
    let lock = r#"{ "lockfileVersion": 2, "packages": {
"": { "dependencies": { "tool": "file:tools/tool" } },
"node_modules/tool": { "resolved": "tools/tool", "link": true },
"tools/tool": { "version": "0.1.0", "dependencies": { "left": "^1" } },
"node_modules/left": { "version": "1.0.0" }
}, "dependencies": { "ignored": { "version": "9.9.9" } } }"#;
    assert_eq!(
        told(&read("", &[("package-lock.json", lock)])),
        [
            "left@1.0.0 ^1 Runtime at package-lock.json:4 lock package-lock.json:5 via tool",
            "left out: tool Path package-lock.json:4",
        ]
    );
}

#[test]
fn bun_resolves_through_the_names_of_members() {
    let lock = r#"{
  // written by hand
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "root", "devDependencies": { "check": "^3", }, },
    "packages/a": { "name": "@acme/a", "dependencies": { "@acme/b": "workspace:*", "left": "^1", }, },
    "packages/b": {
      "name": "@acme/b", "dependencies": { "left": "^2" },
      "peerDependencies": { "vue": "*" }, "optionalPeers": ["vue"],
    },
  },
  "packages": {
    "@acme/a": ["@acme/a@workspace:packages/a"],
    "@acme/b": ["@acme/b@workspace:packages/b"],
    "check": ["check@3.0.0", "", { "dependencies": { "inner": "^1", "git": "acme/git" } }, "sha512-x"],
    "check/inner": ["inner@1.1.0", "", {}, "sha512-x"], /* only check gets it */
    "git": ["git@github:acme/git#abc", {}, "acme-git-abc"],
    "inner": ["inner@2.0.0", "", {}, "sha512-x"],
    "left": ["left@1.0.0", "", {}, "sha512-x"],
    "@acme/b/left": ["left@2.0.0", "", {}, "sha512-x"],
  },
}"#;
    let reading = read("", &[("bun.lock", lock)]);
    assert_eq!(
        told(&reading),
        [
            "check@3.0.0 ^3 Dev at bun.lock:5 lock bun.lock:15",
            "inner@1.1.0 ^1 Dev at bun.lock:15 lock bun.lock:16 via check",
            "left@1.0.0 ^1 Runtime at bun.lock:6 lock bun.lock:19",
            "left@2.0.0 ^2 Runtime at bun.lock:8 lock bun.lock:20",
            "left out: git Git bun.lock:15",
        ]
    );
    assert_eq!(reading.files[0].format, "bun.lock v1");
    let a = [("bun.lock", lock), FILES[0], FILES[1]];
    let of_a: Vec<_> = told(&read("packages/a", &a));
    assert_eq!(
        of_a,
        [
            "left@1.0.0 ^1 Runtime at packages/a/package.json:2 lock bun.lock:19",
            "left@2.0.0 ^2 Runtime at bun.lock:8 lock bun.lock:20 via b",
        ]
    );
}
