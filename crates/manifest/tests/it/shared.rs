//! The shared corpus of real lockfiles, where it is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use downriver_manifest::{Files, Reading, read_application};

/// The folder of the corpus; `None` (and a line that says so) on a machine without it.
pub(crate) fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/lockfiles");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

/// Reads a folder as an application, whatever files it holds.
pub(crate) fn read_folder(folder: &Path) -> Reading {
    let mut contents = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && !name.ends_with(".expected.json") {
            contents.push((name, std::fs::read(&path).unwrap()));
        }
    }
    let mut files = Files::default();
    for (name, bytes) in &contents {
        files.insert(name, bytes).unwrap();
    }
    read_application("", &files)
}

/// Every file of this ecosystem's folder that has an expected list must be read to exactly that list.
pub(crate) fn check_ecosystem(ecosystem: &str) {
    let Some(corpus) = corpus() else { return };
    let mut checked = 0;
    for case in std::fs::read_dir(corpus.join(ecosystem)).unwrap() {
        let case = case.unwrap().path();
        let reading = read_folder(&case);
        for entry in std::fs::read_dir(&case).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(file) = name.strip_suffix(".expected.json") else {
                continue;
            };
            let expected: BTreeSet<String> =
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let summary = reading.files.iter().find(|summary| summary.path == file);
            let Some(summary) = summary else {
                panic!(
                    "{}/{file} was not read: {:?}",
                    case.display(),
                    reading.problems
                );
            };
            let locked: BTreeSet<String> = summary.locked.iter().map(str::to_owned).collect();
            let missing: Vec<_> = expected.difference(&locked).collect();
            let extra: Vec<_> = locked.difference(&expected).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "{}/{file}: missing {missing:?}, extra {extra:?}",
                case.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 0, "no expected list in {ecosystem}");
}
