//! The built versions that a successful execution sets (DESIGN 3).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Build, Rebuild};
use downriver_domain::version::{Format, PackageId, Requirement, RequirementKind, Version};
use downriver_domain::{Application, Built, Dependency, Edge, Timestamp};

use crate::error::EngineError;
use crate::judging::load_edges;
use crate::ports::{BuiltWrite, Ports};
use crate::session::Session;

/// What a success of ours makes assumed: the wanted version, for every instance whose requirement admits it. A locked
/// instance moves only if the execution carried our variables for it.
pub(crate) async fn assumed<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    rebuild: &Rebuild,
    settled: &BTreeSet<PackageId>,
    started_at: Timestamp,
) -> Result<Vec<BuiltWrite>, EngineError> {
    let edges = load_edges(session, application, settled).await?;
    let mut writes = Vec::new();
    for (edge, is_one_of_several) in with_company(edges) {
        let Some(wanted) = rebuild.packages.get(&edge.dependency.package) else {
            continue;
        };
        let is_held =
            edge.dependency.is_locked && !wanted.needs_refresh && !rebuilds_on_lock(application);
        // What another instance wanted; this one selects the lower version that it has, as NuGet's `1.0.0` does.
        let is_anothers = is_one_of_several
            && selected(
                &edge.dependency,
                [edge.dependency.built.version(), Some(&wanted.version)],
            )
            .is_some_and(|selected| selected != wanted.version);
        if is_held || is_anothers || !admits(&edge.dependency, &wanted.version) {
            continue;
        }
        writes.push(BuiltWrite {
            application: application.id.clone(),
            package: edge.dependency.package,
            instance: edge.instance,
            built: Built::Assumed(wanted.version.clone()),
            built_as_of: started_at,
            built_revision: wanted.revision.clone(),
        });
    }
    Ok(writes)
}

/// What a rollback undoes.
pub(crate) struct Reverted {
    pub(crate) writes: Vec<BuiltWrite>,
    /// Of each package, the version that is not deployed any more.
    pub(crate) undone: BTreeMap<PackageId, String>,
}

/// What a rollback makes assumed: what later builds had delivered is as it was before them.
pub(crate) async fn reverted<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    undone: &[Build],
    started_at: Timestamp,
) -> Result<Reverted, EngineError> {
    let mut undone_versions: BTreeMap<PackageId, String> = BTreeMap::new();
    let mut before: BTreeMap<PackageId, Option<String>> = BTreeMap::new();
    // Newest first, so that what the oldest of them replaced is what counts.
    for delivered in undone.iter().flat_map(|build| &build.delivered) {
        before.insert(delivered.package.clone(), delivered.from.clone());
        undone_versions
            .entry(delivered.package.clone())
            .or_insert_with(|| delivered.to.clone());
    }
    let packages = before.keys().cloned().collect();
    let edges = load_edges(session, application, &packages).await?;
    // A build may have resolved what came after it was asked for.
    for edge in edges.values().flatten() {
        let built = edge.dependency.built.version();
        let undone = undone_versions.get_mut(&edge.dependency.package);
        if let (Some(built), Some(undone)) = (built, undone)
            && is_newer(edge.dependency.package.format(), built, undone)
        {
            built.clone_into(undone);
        }
    }
    let writes = edges.into_values().flatten().map(|edge| BuiltWrite {
        application: application.id.clone(),
        instance: edge.instance,
        built: before[&edge.dependency.package]
            .clone()
            .map_or(Built::Unknown, Built::Assumed),
        built_as_of: started_at,
        built_revision: None,
        package: edge.dependency.package,
    });
    Ok(Reverted {
        writes: writes.collect(),
        undone: undone_versions,
    })
}

fn is_newer(format: Format, version: &str, than: &str) -> bool {
    let parse = |text| Version::parse(format, text);
    match (parse(version), parse(than)) {
        (Ok(version), Ok(than)) => version.compare(&than) == Some(Ordering::Greater),
        _ => false,
    }
}

/// The edges, and whether others are to the same package.
fn with_company(edges: BTreeMap<PackageId, Vec<Edge>>) -> impl Iterator<Item = (Edge, bool)> {
    edges.into_values().flat_map(|edges| {
        let is_one_of_several = edges.len() > 1;
        edges.into_iter().map(move |edge| (edge, is_one_of_several))
    })
}

/// Of these versions, the one that the dependency's requirement selects.
pub(crate) fn selected<'a>(
    dependency: &Dependency,
    versions: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<String> {
    let format = dependency.package.format();
    let requirement = Requirement::parse(format, &dependency.requirement).ok()?;
    let versions = versions.into_iter().flatten();
    let candidates: Vec<Version> = versions
        .filter_map(|version| Version::parse(format, version).ok())
        .collect();
    Some(requirement.selects(&candidates)?.as_str().to_owned())
}

pub(crate) fn admits(dependency: &Dependency, version: &str) -> bool {
    let format = dependency.package.format();
    let (Ok(requirement), Ok(version)) = (
        Requirement::parse(format, &dependency.requirement),
        Version::parse(format, version),
    ) else {
        return false;
    };
    matches!(requirement.kind(), RequirementKind::Tag(_))
        || requirement.admits_with_prereleases(&version)
}

fn rebuilds_on_lock(application: &Application) -> bool {
    application.policy.on_locked == downriver_domain::OnLocked::Rebuild
}
