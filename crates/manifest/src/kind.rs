//! What a file is, by its path; and which files of a source an application needs.

use std::collections::BTreeSet;

use crate::files::folder_of;
use crate::limits::FILES_MAX;

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `package.json`
    NpmManifest,
    /// `package-lock.json`, `npm-shrinkwrap.json`
    NpmLock,
    /// `yarn.lock`, v1 and berry
    YarnLock,
    /// `pnpm-lock.yaml`
    PnpmLock,
    /// `pnpm-workspace.yaml`
    PnpmWorkspace,
    /// `bun.lock`
    BunLock,
    /// `requirements*.txt`, `requirements*.in`, `constraints*.txt`, anything in a folder `requirements`
    Requirements,
    /// Another `.txt` or `.in`: only its content tells whether it is a requirements file.
    MaybeRequirements,
    /// `pyproject.toml`
    Pyproject,
    /// `poetry.lock`
    PoetryLock,
    /// `Pipfile`
    Pipfile,
    /// `Pipfile.lock`
    PipfileLock,
    /// `uv.lock`
    UvLock,
    /// `pdm.lock`
    PdmLock,
    /// `pylock.toml`, `pylock.<name>.toml`
    Pylock,
    /// `pom.xml`, `*.pom`
    Pom,
    /// `gradle.lockfile`, `buildscript-gradle.lockfile`, `gradle/dependency-locks/*.lockfile`
    GradleLock,
    /// `*.versions.toml`
    GradleCatalog,
    /// `build.gradle`, `build.gradle.kts`, `settings.gradle`, `settings.gradle.kts`
    GradleBuild,
    /// `gradle.properties`: values that build scripts use
    GradleProperties,
    /// `.mvn/maven.config`, `.mvn/extensions.xml`: what every run of Maven gets
    MavenConfig,
    /// What `mvn dependency:tree` printed: `dependency-tree.txt`, `dependency-tree.json`, `mvn-dependency-tree.*`
    MavenTree,
    /// `*.csproj`, `*.fsproj`, `*.vbproj` and other `*proj`, `*.props`, `*.targets`, `*.sln`, `*.slnx`
    Msbuild,
    /// `packages.lock.json`, `packages.<project>.lock.json`
    NugetLock,
    /// `project.assets.json`
    NugetAssets,
    /// `packages.config`
    NugetPackagesConfig,
    /// `Cargo.toml`
    CargoManifest,
    /// `Cargo.lock`
    CargoLock,
    /// `Gemfile`, `gems.rb`, `*.gemspec`
    RubyManifest,
    /// `Gemfile.lock`, `gems.locked`
    RubyLock,
    /// `Package.swift`
    SwiftManifest,
    /// `Package.resolved`
    SwiftLock,
    /// `bom.json`, `*.cdx.json`, `sbom.json`, `*.spdx.json`, `*bom*.json`: CycloneDX or SPDX
    Sbom,
    /// Where packages come from: `.npmrc`, `.yarnrc.yml`, `pip.conf`, `settings.xml`, `nuget.config`,
    /// `.cargo/config.toml`, `bunfig.toml`, `.bundle/config`, `.swiftpm/configuration/registries.json`. Says nothing of dependencies.
    RegistrySettings,
    /// `gradlew`, `mvnw`: the project brings its own tool. Only that it is there is of interest.
    Wrapper,
}

/// Folders whose files belong to somebody else, or were made by a build.
const SKIPPED_FOLDERS: [&str; 16] = [
    "node_modules",
    "bower_components",
    "vendor",
    "target",
    "dist",
    "bin",
    "out",
    ".git",
    ".venv",
    "venv",
    ".tox",
    ".gradle",
    ".build",
    "Carthage",
    "Pods",
    "__pycache__",
];

/// Whether files in a folder of this name belong to somebody else, or were made by a build.
pub fn is_skipped_folder(name: &str) -> bool {
    SKIPPED_FOLDERS.contains(&name)
}

/// What a file of this path is taken for; `None` for one that is not read.
pub fn recognise(path: &str) -> Option<FileKind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    by_name(path, name).or_else(|| by_pattern(path, name))
}

fn by_name(path: &str, name: &str) -> Option<FileKind> {
    Some(match name {
        "package.json" => FileKind::NpmManifest,
        "package-lock.json" | "npm-shrinkwrap.json" => FileKind::NpmLock,
        "yarn.lock" => FileKind::YarnLock,
        "pnpm-lock.yaml" => FileKind::PnpmLock,
        "pnpm-workspace.yaml" => FileKind::PnpmWorkspace,
        "bun.lock" => FileKind::BunLock,
        "pyproject.toml" => FileKind::Pyproject,
        "poetry.lock" => FileKind::PoetryLock,
        "Pipfile" => FileKind::Pipfile,
        "Pipfile.lock" => FileKind::PipfileLock,
        "uv.lock" => FileKind::UvLock,
        "pdm.lock" => FileKind::PdmLock,
        "pylock.toml" => FileKind::Pylock,
        "pom.xml" => FileKind::Pom,
        "gradle.lockfile" | "buildscript-gradle.lockfile" | "settings-gradle.lockfile" => {
            FileKind::GradleLock
        }
        "build.gradle" | "build.gradle.kts" | "settings.gradle" | "settings.gradle.kts" => {
            FileKind::GradleBuild
        }
        "maven.config" | "extensions.xml" if path.ends_with(&format!(".mvn/{name}")) => {
            FileKind::MavenConfig
        }
        "gradle.properties" => FileKind::GradleProperties,
        "packages.lock.json" => FileKind::NugetLock,
        "project.assets.json" => FileKind::NugetAssets,
        "packages.config" => FileKind::NugetPackagesConfig,
        "Cargo.toml" => FileKind::CargoManifest,
        "Cargo.lock" => FileKind::CargoLock,
        "Gemfile" | "gems.rb" => FileKind::RubyManifest,
        "Gemfile.lock" | "gems.locked" => FileKind::RubyLock,
        "Package.swift" => FileKind::SwiftManifest,
        "Package.resolved" => FileKind::SwiftLock,
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" | "bunfig.toml" | "pip.conf" | "pip.ini"
        | "settings.xml" => FileKind::RegistrySettings,
        "config.toml" | "config" if path.ends_with(&format!(".cargo/{name}")) => {
            FileKind::RegistrySettings
        }
        "config" if path.ends_with(".bundle/config") => FileKind::RegistrySettings,
        "registries.json" if path.ends_with(".swiftpm/configuration/registries.json") => {
            FileKind::RegistrySettings
        }
        "gradlew" | "mvnw" => FileKind::Wrapper,
        _ if name.eq_ignore_ascii_case("nuget.config") => FileKind::RegistrySettings,
        _ => return None,
    })
}

fn by_pattern(path: &str, name: &str) -> Option<FileKind> {
    let (stem, extension) = name.rsplit_once('.')?;
    let lower = stem.to_ascii_lowercase();
    Some(match extension.to_ascii_lowercase().as_str() {
        "txt" | "json" | "dot" if lower.contains("dependency-tree") => FileKind::MavenTree,
        "txt" | "in" if is_requirements(path, &lower) => FileKind::Requirements,
        "txt" | "in" => FileKind::MaybeRequirements,
        "toml" if lower.starts_with("pylock.") => FileKind::Pylock,
        "toml" if lower.ends_with(".versions") => FileKind::GradleCatalog,
        "pom" => FileKind::Pom,
        "lockfile" if folder_of(path).ends_with("dependency-locks") => FileKind::GradleLock,
        "csproj" | "fsproj" | "vbproj" | "sqlproj" | "vcxproj" | "wixproj" | "proj" | "props"
        | "targets" | "sln" | "slnx" => FileKind::Msbuild,
        "json" if lower.starts_with("packages.") && lower.rsplit('.').next() == Some("lock") => {
            FileKind::NugetLock
        }
        "gemspec" => FileKind::RubyManifest,
        "json" if is_sbom(&lower) => FileKind::Sbom,
        _ => return None,
    })
}

fn is_sbom(stem: &str) -> bool {
    stem.contains("bom")
        || [".cdx", ".spdx"]
            .iter()
            .any(|ending| stem.ends_with(ending))
}

fn is_requirements(path: &str, stem: &str) -> bool {
    let folder = folder_of(path).rsplit('/').next().unwrap_or("");
    stem.contains("requirements") || stem.contains("constraints") || folder == "requirements"
}

/// The files of a source that the application in `folder` may need: those it holds, some levels down (other people's
/// and a build's own folders left out), and what it may share in the folders above it. At most [`FILES_MAX`], the
/// nearest to the folder first.
pub fn wanted<'p>(paths: impl IntoIterator<Item = &'p str>, folder: &str) -> BTreeSet<&'p str> {
    let mut found: Vec<(usize, &str)> = paths
        .into_iter()
        .filter(|path| recognise(path).is_some())
        .filter_map(|path| Some((distance(path, folder)?, path)))
        .collect();
    found.sort_unstable();
    found.truncate(FILES_MAX);
    found.into_iter().map(|(_, path)| path).collect()
}

/// How many folders lie between; `None` for a file that cannot matter.
fn distance(path: &str, folder: &str) -> Option<usize> {
    let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).count();
    let stands_in = folder_of(path);
    let rest = match path.strip_prefix(folder) {
        Some(rest) if folder.is_empty() || rest.starts_with('/') => rest,
        // Above, or beside: a member of the same workspace, or a file that is included. What is not needed costs a read.
        _ => stands_in,
    };
    let kind = recognise(path);
    let is_skipped = folder_of(rest).split('/').any(|name| match name {
        // A build's own folders, but for what restores leave there, and what .NET projects keep there to import.
        "obj" => kind != Some(FileKind::NugetAssets),
        "build" => kind != Some(FileKind::Msbuild),
        name => is_skipped_folder(name),
    });
    (!is_skipped).then(|| parts(stands_in).abs_diff(parts(folder)))
}
