//! Who depends on a package.

use std::collections::BTreeMap;

use downriver_domain::{ApplicationId, Built, Edge};
use downriver_engine::query::Dependents;

use super::style::{Page, counted, hang, put, table};
use super::words::{listed, package};
use crate::document::{evidence_text, scope_name};

pub(crate) fn dependents(page: Page, dependents: &Dependents) -> String {
    let paint = page.paint;
    let mut out = format!("{}\n", paint.strong(&package(&dependents.package)));
    let producers: Vec<&str> = dependents
        .producers
        .iter()
        .map(ApplicationId::as_str)
        .collect();
    let published = if producers.is_empty() {
        "published by no application of the catalog".to_owned()
    } else {
        format!("published by {}", listed(&producers, 8))
    };
    hang(&mut out, page, "", &published, 0);
    let direct = &dependents.direct;
    if direct.is_empty() {
        out.push_str("\nNobody depends on it.\n");
        return out;
    }
    let count = counted(direct.len(), "application has", "applications have");
    put(&mut out, format_args!("\n{count} it in their graph:\n"));
    let mut rows = Vec::new();
    for dependent in direct {
        for (number, edge) in dependent.edges.iter().enumerate() {
            let name = if number == 0 {
                dependent.application.as_str()
            } else {
                ""
            };
            rows.push(row(name, edge));
        }
    }
    let header = [
        "application",
        "requirement",
        "built",
        "scope",
        "read from",
        "through",
    ];
    table(&mut out, page, &header, &rows);
    transitive(&mut out, page, dependents);
    out
}

fn row(name: &str, edge: &Edge) -> [String; 6] {
    let dependency = &edge.dependency;
    let path: Vec<String> = dependency.path.iter().map(package).collect();
    [
        name.to_owned(),
        dependency.requirement.clone(),
        built(&dependency.built, dependency.is_locked),
        scope_name(dependency.scope).to_owned(),
        evidence_text(&dependency.evidence),
        path.join(" > "),
    ]
}

/// `2.3.1`, `2.3.1 assumed`, `2.3.1 locked`, `unknown`.
pub(crate) fn built(built: &Built, is_locked: bool) -> String {
    let lock = if is_locked { " locked" } else { "" };
    match built {
        Built::Proven(version) => format!("{version}{lock}"),
        Built::Assumed(version) => format!("{version} assumed{lock}"),
        Built::Unknown => format!("unknown{lock}"),
    }
}

fn transitive(out: &mut String, page: Page, dependents: &Dependents) {
    if dependents.transitive.is_empty() {
        return;
    }
    let count = dependents.transitive.len();
    let what = counted(count, "more is", "more are");
    put(
        out,
        format_args!("\n{what} reached when those are rebuilt and publish:\n"),
    );
    let mut by_step: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for dependent in &dependents.transitive {
        let key = (dependent.distance, package(&dependent.through));
        by_step
            .entry(key)
            .or_default()
            .push(dependent.application.as_str());
    }
    for ((distance, through), names) in by_step {
        let steps = counted(distance, "step", "steps");
        let head = format!("  {}  ", page.paint.faint(&format!("{steps:<8}")));
        hang(
            out,
            page,
            &head,
            &format!("{} (through {through})", listed(&names, 40)),
            12,
        );
    }
}
