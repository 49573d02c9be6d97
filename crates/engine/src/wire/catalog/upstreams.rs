//! Cycles among upstream repositories, which CodeArtifact refuses too.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{Repository, RepositoryId};

use super::at::At;
use super::keys::RepositoryKeys;
use super::report::{Path, Report};

/// Cycles that are reported: finding the next one walks over all repositories again.
const CYCLES_MAX: usize = 100;

/// Reports each cycle once, at the `upstreams` of its first repository.
pub(super) fn report_cycles(
    report: &mut Report<'_>,
    repositories: &BTreeMap<RepositoryId, Repository>,
    written: &BTreeMap<RepositoryId, (&At<String>, &RepositoryKeys)>,
) {
    let mut left = looping(repositories);
    for _ in 0..CYCLES_MAX {
        let Some(start) = left.first().cloned() else {
            break;
        };
        let cycle = cycle_from(&start, &left, repositories);
        let first = cycle.first().unwrap_or(&start);
        if let Some((key, table)) = written.get(first) {
            let names: Vec<&str> = cycle
                .iter()
                .chain(std::iter::once(first))
                .map(|id| written.get(id).map_or("?", |(key, _)| key.get().as_str()))
                .collect();
            let span = table.upstreams.first().map_or_else(|| key.span(), At::span);
            let root = Path::Root;
            let section = root.key("repositories");
            let path = section.key(key.get());
            let message = format!("upstreams form a cycle: {}", names.join(" → "));
            report.problem(span, &path.key("upstreams"), message);
        }
        left.retain(|id| *id != start && !cycle.contains(id));
        left = looping_within(&left, repositories);
    }
}

/// Repositories on a cycle, or upstream of one and leading back into one: what is left after taking away again and again
/// those whose upstreams are all gone.
fn looping(repositories: &BTreeMap<RepositoryId, Repository>) -> BTreeSet<RepositoryId> {
    looping_within(&repositories.keys().cloned().collect(), repositories)
}

fn looping_within(
    among: &BTreeSet<RepositoryId>,
    repositories: &BTreeMap<RepositoryId, Repository>,
) -> BTreeSet<RepositoryId> {
    let mut left = among.clone();
    let mut waiting: BTreeMap<&RepositoryId, usize> = BTreeMap::new();
    let mut downstream: BTreeMap<&RepositoryId, Vec<&RepositoryId>> = BTreeMap::new();
    for id in among {
        let upstreams = upstreams_within(id, among, repositories);
        waiting.insert(id, upstreams.len());
        for upstream in upstreams {
            downstream.entry(upstream).or_default().push(id);
        }
    }
    let mut free: Vec<&RepositoryId> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for next in downstream.get(id).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    free.push(next);
                }
            }
        }
    }
    left
}

/// Walks to the first remaining upstream until a repository comes again; the walk from there on is the cycle.
fn cycle_from(
    start: &RepositoryId,
    left: &BTreeSet<RepositoryId>,
    repositories: &BTreeMap<RepositoryId, Repository>,
) -> Vec<RepositoryId> {
    let mut walk: Vec<RepositoryId> = vec![start.clone()];
    let mut here = start;
    while let Some(&next) = upstreams_within(here, left, repositories).first() {
        if let Some(at) = walk.iter().position(|id| id == next) {
            walk.drain(..at);
            break;
        }
        walk.push(next.clone());
        here = next;
    }
    walk
}

fn upstreams_within<'r>(
    id: &RepositoryId,
    among: &BTreeSet<RepositoryId>,
    repositories: &'r BTreeMap<RepositoryId, Repository>,
) -> Vec<&'r RepositoryId> {
    repositories
        .get(id)
        .into_iter()
        .flat_map(|repository| &repository.upstreams)
        .filter(|upstream| among.contains(*upstream))
        .collect()
}
