//! What the files of a source tell of the application: what it publishes, where its packages come from, where it lies. Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_domain::version::{Format, PackageId};
use downriver_domain::{RegionName, RepositoryId};
use downriver_manifest::{
    FileKind, Files, Product, RegistryUse, folder_of, read_application, recognise, registries,
};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct SourceFacts {
    /// The application's folder; empty for the root.
    pub(super) folder: String,
    pub(super) products: BTreeSet<PackageId>,
    /// In the order in which the settings name them, each once.
    pub(super) repositories: Vec<RepositoryId>,
}

/// Folders named in a remark.
const FOLDERS_NAMED: usize = 5;

/// Returns what is told, and what a person should know of it. `region`: where repositories are asked for.
pub(super) fn read_source(
    contents: &[(String, Vec<u8>)],
    region: &RegionName,
) -> (SourceFacts, Vec<String>) {
    let mut remarks = Vec::new();
    let mut files = Files::default();
    for (path, bytes) in contents {
        if let Err(error) = files.insert(path, bytes) {
            remarks.push(error.to_string());
        }
    }
    let mut folder = String::new();
    let mut reading = read_application("", &files);
    if reading.files.is_empty() {
        let folders = folders(&files);
        match folders.as_slice() {
            [] => remarks.push("its source holds no manifest or lockfile that is known".to_owned()),
            [only] => {
                folder.clone_from(only);
                reading = read_application(only, &files);
            }
            many => remarks.push(format!(
                "manifests lie in {} folders of its source ({}): say which is the application's with `source_folder`",
                many.len(),
                many[..many.len().min(FOLDERS_NAMED)].join(", ")
            )),
        }
    }
    let mut repositories = Vec::new();
    for found in registries(&folder, &files) {
        if found.region != region.as_str() {
            remarks.push(format!(
                "repository {}/{} of {} is in {}, not in {region}",
                found.domain, found.repository, found.evidence.file, found.region
            ));
        }
        if let Some(id) = repository(&found)
            && !repositories.contains(&id)
        {
            repositories.push(id);
        }
    }
    let published = reading.products.into_iter().filter(is_published);
    let facts = SourceFacts {
        products: published.map(|product| product.package).collect(),
        repositories,
        folder,
    };
    (facts, remarks)
}

/// npm publishes nothing without a version.
fn is_published(product: &Product) -> bool {
    let is_npm = product.package.format() == Format::Npm;
    !product.is_private && (product.version.is_some() || !is_npm)
}

/// The topmost folders with a manifest or lockfile.
fn folders(files: &Files<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let of_applications = files.iter().filter(|(path, _)| is_application_file(path));
    let folders: BTreeSet<&str> = of_applications.map(|(path, _)| folder_of(path)).collect();
    for folder in folders {
        let is_below = |above: &String| {
            let rest = folder.strip_prefix(above.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        if !found.iter().any(is_below) {
            found.push(folder.to_owned());
        }
    }
    found
}

/// Settings and the like say nothing of where an application lies.
fn is_application_file(path: &str) -> bool {
    match recognise(path) {
        None
        | Some(
            FileKind::RegistrySettings
            | FileKind::Wrapper
            | FileKind::Sbom
            | FileKind::MaybeRequirements
            | FileKind::MavenConfig
            | FileKind::GradleProperties
            | FileKind::GradleCatalog,
        ) => false,
        Some(FileKind::Msbuild) => path.ends_with("proj"),
        Some(_) => true,
    }
}

fn repository(found: &RegistryUse) -> Option<RepositoryId> {
    Some(RepositoryId {
        domain_owner: found.domain_owner.parse().ok()?,
        domain: found.domain.parse().ok()?,
        name: found.repository.parse().ok()?,
    })
}
