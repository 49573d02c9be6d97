//! maven: real files of the corpus, and cases of our own.

mod gradle;
mod hostile;
mod pom;
mod tree;

use std::collections::BTreeSet;

use downriver_domain::Scope;
use downriver_manifest::{Files, FoundDependency, Reading, read_application};

use crate::shared;

/// Reads the application in `folder` from these files.
fn read(folder: &str, contents: &[(&str, &str)]) -> Reading {
    let mut files = Files::default();
    for (path, content) in contents {
        files.insert(path, content.as_bytes()).unwrap();
    }
    read_application(folder, &files)
}

/// The one dependency upon this package.
fn find<'r>(reading: &'r Reading, package: &str) -> &'r FoundDependency {
    let wanted = format!("pkg:maven/{package}");
    let mut found = reading
        .dependencies
        .iter()
        .filter(|one| one.package.to_string() == wanted);
    let one = found
        .next()
        .unwrap_or_else(|| panic!("no {wanted} in {}", list(reading)));
    assert!(
        found.next().is_none(),
        "more than one {wanted} in {}",
        list(reading)
    );
    one
}

/// A line for each dependency, as people read it.
fn list(reading: &Reading) -> String {
    let line = |one: &FoundDependency| {
        let scopes: Vec<String> = one
            .scopes
            .iter()
            .map(|scope| format!("{scope:?}"))
            .collect();
        let via: Vec<String> = one.via.iter().map(ToString::to_string).collect();
        let via = if one.is_direct {
            "direct".to_owned()
        } else {
            format!("via {}", via.join(" "))
        };
        let place = |file: &str, line: Option<u32>| format!("{file}:{}", line.unwrap_or(0));
        let lock = one.lock.as_ref();
        let lock = lock.map(|lock| format!(" locked at {}", place(&lock.file, lock.line)));
        format!(
            "{} {} -> {} {} {via} at {}{}\n",
            one.package.to_string().trim_start_matches("pkg:maven/"),
            one.requirement.as_deref().unwrap_or("-"),
            one.locked.as_deref().unwrap_or("-"),
            scopes.join("+"),
            place(&one.evidence.file, one.evidence.line),
            lock.unwrap_or_default(),
        )
    };
    reading.dependencies.iter().map(line).collect()
}

fn scopes(dependency: &FoundDependency) -> Vec<Scope> {
    dependency.scopes.iter().collect()
}

fn problems(reading: &Reading) -> String {
    let lines: BTreeSet<String> = reading
        .problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect();
    lines.into_iter().collect()
}

#[test]
fn every_list_of_the_corpus_is_read_to_the_letter() {
    shared::check_ecosystem("maven");
}
