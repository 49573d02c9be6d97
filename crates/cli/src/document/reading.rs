//! What was read of folders, as JSON.

use downriver_domain::version::PackageId;
use downriver_manifest::{FoundDependency, LeftOut, Problem, Product, Reading, Source};
use serde::Serialize;

use super::convert::scope_name;

#[derive(Serialize)]
pub(crate) struct IndexDocument {
    pub(crate) folders: Vec<FolderDocument>,
}

/// One application's folder.
#[derive(Serialize)]
pub(crate) struct FolderDocument {
    /// As it was given.
    folder: String,
    /// The application whose dependencies were replaced in the store, or uploaded.
    application: Option<String>,
    files: Vec<FileDocument>,
    dependencies: Vec<DependencyDocument>,
    /// Declared or locked, but delivered by no registry.
    left_out: Vec<LeftOutDocument>,
    products: Vec<ProductDocument>,
    problems: Vec<ProblemDocument>,
}

#[derive(Serialize)]
struct FileDocument {
    path: String,
    format: String,
    /// Dependencies that a manifest declares.
    declared: usize,
    /// What a lockfile holds from registries: `name@version` in the ecosystem's own names; of an SBOM, package URLs.
    locked: Vec<String>,
}

#[derive(Serialize)]
struct DependencyDocument {
    package: String,
    /// In the native syntax of whoever pulls it in; `null` where no file tells it.
    requirement: Option<String>,
    /// Where that is written.
    file: String,
    line: Option<u32>,
    /// The version that the lockfile or SBOM holds.
    locked: Option<String>,
    lock_file: Option<String>,
    lock_line: Option<u32>,
    direct: bool,
    /// The packages that pull it in, outermost first.
    via: Vec<String>,
    scopes: Vec<&'static str>,
}

#[derive(Serialize)]
struct LeftOutDocument {
    name: String,
    version: Option<String>,
    source: &'static str,
    reason: String,
    file: String,
    line: Option<u32>,
}

#[derive(Serialize)]
struct ProductDocument {
    package: String,
    version: Option<String>,
    private: bool,
    file: String,
    line: Option<u32>,
}

#[derive(Serialize)]
struct ProblemDocument {
    file: String,
    line: Option<u32>,
    text: String,
    /// The file itself was read whole.
    gap: bool,
}

impl FolderDocument {
    pub(crate) fn of(folder: &str, application: Option<&str>, reading: &Reading) -> Self {
        let files = reading.files.iter().map(|file| FileDocument {
            path: file.path.clone(),
            format: file.format.clone(),
            declared: file.declared,
            locked: file.locked.iter().map(str::to_owned).collect(),
        });
        Self {
            folder: folder.to_owned(),
            application: application.map(str::to_owned),
            files: files.collect(),
            dependencies: reading.dependencies.iter().map(dependency).collect(),
            left_out: reading.left_out.iter().map(left_out).collect(),
            products: reading.products.iter().map(product).collect(),
            problems: reading.problems.iter().map(problem).collect(),
        }
    }
}

fn dependency(found: &FoundDependency) -> DependencyDocument {
    DependencyDocument {
        package: found.package.to_string(),
        requirement: found.requirement.clone(),
        file: found.evidence.file.to_string(),
        line: found.evidence.line,
        locked: found.locked.as_deref().map(str::to_owned),
        lock_file: found.lock.as_ref().map(|lock| lock.file.to_string()),
        lock_line: found.lock.as_ref().and_then(|lock| lock.line),
        direct: found.is_direct,
        via: found.via.iter().map(PackageId::to_string).collect(),
        scopes: found.scopes.iter().map(scope_name).collect(),
    }
}

fn left_out(left_out: &LeftOut) -> LeftOutDocument {
    LeftOutDocument {
        name: left_out.name.clone(),
        version: left_out.version.clone(),
        source: source_name(left_out.source),
        reason: left_out.reason.clone(),
        file: left_out.evidence.file.to_string(),
        line: left_out.evidence.line,
    }
}

fn product(product: &Product) -> ProductDocument {
    ProductDocument {
        package: product.package.to_string(),
        version: product.version.clone(),
        private: product.is_private,
        file: product.evidence.file.to_string(),
        line: product.evidence.line,
    }
}

fn problem(problem: &Problem) -> ProblemDocument {
    ProblemDocument {
        file: problem.file.clone(),
        line: problem.line,
        text: problem.text.clone(),
        gap: problem.is_gap,
    }
}

const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Registry => "registry",
        Source::Git => "git",
        Source::Url => "url",
        Source::Path => "path",
        Source::Workspace => "workspace",
        Source::Platform => "platform",
    }
}
