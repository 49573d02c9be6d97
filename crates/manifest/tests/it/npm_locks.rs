//! Yarn's and pnpm's lockfiles, alone and with their manifests.

mod pnpm;
mod yarn;

use std::collections::BTreeSet;
use std::sync::Arc;

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
        let locked = reading.files[0].locked.iter().map(str::to_owned);
        assert_eq!(locked.collect::<BTreeSet<_>>(), expected, "{case}");
        assert!(
            reading.problems.is_empty(),
            "{case}: {:?}",
            reading.problems
        );
        // Alone, a lockfile tells of everything that it holds, and where.
        let from_registry = expected.iter().filter(|locked| !locked.contains("@file:"));
        let found: BTreeSet<(String, Option<Arc<str>>)> = reading
            .dependencies
            .iter()
            .inspect(|found| assert!(found.lock.as_ref().unwrap().line.is_some(), "{found:?}"))
            .map(|found| (name(&found.package), found.locked.clone()))
            .collect();
        assert_eq!(found.len(), from_registry.count(), "{case}");
    }
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
        ("yarn.lock", yarn::YARN_1),
        ("yarn.lock", yarn::BERRY),
        ("pnpm-lock.yaml", pnpm::PNPM_9),
    ] {
        for end in (0..text.len()).step_by(17) {
            let reading = read("", &[("package.json", "{}"), (name, &text[..end])]);
            assert!(reading.files.iter().any(|file| file.path == "package.json"));
        }
    }
}
