//! npm: real files of the corpus, and cases of our own.

mod hostile;
mod join;
mod workspaces;

use std::collections::BTreeSet;

use crate::shared::{corpus, read_folder};

/// Folders of the source that a lockfile of version 1 names without their version: npm takes that from their own
/// `package.json`, which the corpus does not hold.
fn is_folder_without_version(name_and_version: &str, lock: &str) -> bool {
    let name = name_and_version
        .rsplit_once('@')
        .map_or("", |(name, _)| name);
    let entry = format!("\"{name}\": {{\n      \"version\": \"file:");
    lock.contains(&entry)
}

#[test]
fn locks_hold_what_npm_and_bun_say_they_hold() {
    let Some(corpus) = corpus() else { return };
    let mut checked = 0;
    for case in std::fs::read_dir(corpus.join("npm")).unwrap() {
        let case = case.unwrap().path();
        let reading = read_folder(&case);
        for name in ["package-lock.json", "npm-shrinkwrap.json", "bun.lock"] {
            let Ok(expected) = std::fs::read(case.join(format!("{name}.expected.json"))) else {
                continue;
            };
            let expected: BTreeSet<String> = serde_json::from_slice(&expected).unwrap();
            let lock = std::fs::read_to_string(case.join(name)).unwrap();
            let summary = reading.files.iter().find(|summary| summary.path == name);
            let Some(summary) = summary else {
                panic!(
                    "{}/{name} was not read: {:?}",
                    case.display(),
                    reading.problems
                );
            };
            let locked: BTreeSet<String> = summary.locked.iter().map(str::to_owned).collect();
            let missing: Vec<_> = expected
                .difference(&locked)
                .filter(|missing| !is_folder_without_version(missing, &lock))
                .collect();
            let extra: Vec<_> = locked.difference(&expected).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{}/{name}: missing {missing:?}, extra {extra:?}",
                case.display()
            );
            checked += 1;
        }
    }
    assert!(checked >= 6, "{checked} of the corpus were checked");
}
