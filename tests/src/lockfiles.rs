//! Lockfiles, manifests and SBOMs made up to any size, for benchmarks and for the fuzzer: the shapes are those that the
//! tools write, the packages do not exist.

mod java;
mod javascript;
mod others;
mod python;

/// A kind of file that can be made up.
#[derive(Debug, Clone, Copy)]
pub struct Generator {
    /// As people name the format.
    pub format: &'static str,
    /// What the file is called.
    pub file: &'static str,
    /// A whole file of this many packages.
    pub generate: fn(usize) -> String,
    /// People write it: nobody asks for more than some thousand packages in one.
    pub is_manifest: bool,
}

/// Every format, in the order in which figures are shown.
pub const GENERATORS: &[Generator] = &[
    Generator {
        format: "package-lock.json v3",
        file: "package-lock.json",
        generate: javascript::package_lock_v3,
        is_manifest: false,
    },
    Generator {
        format: "package-lock.json v1",
        file: "npm-shrinkwrap.json",
        generate: javascript::package_lock_v1,
        is_manifest: false,
    },
    Generator {
        format: "package.json",
        file: "package.json",
        generate: javascript::package_json,
        is_manifest: true,
    },
    Generator {
        format: "yarn.lock v1",
        file: "yarn.lock",
        generate: javascript::yarn_v1,
        is_manifest: false,
    },
    Generator {
        format: "yarn.lock berry",
        file: "yarn.lock",
        generate: javascript::yarn_berry,
        is_manifest: false,
    },
    Generator {
        format: "pnpm-lock.yaml v9",
        file: "pnpm-lock.yaml",
        generate: javascript::pnpm,
        is_manifest: false,
    },
    Generator {
        format: "bun.lock",
        file: "bun.lock",
        generate: javascript::bun,
        is_manifest: false,
    },
    Generator {
        format: "requirements.txt",
        file: "requirements.txt",
        generate: python::requirements,
        is_manifest: false,
    },
    Generator {
        format: "pyproject.toml",
        file: "pyproject.toml",
        generate: python::pyproject,
        is_manifest: true,
    },
    Generator {
        format: "poetry.lock",
        file: "poetry.lock",
        generate: python::poetry,
        is_manifest: false,
    },
    Generator {
        format: "Pipfile",
        file: "Pipfile",
        generate: python::pipfile,
        is_manifest: true,
    },
    Generator {
        format: "Pipfile.lock",
        file: "Pipfile.lock",
        generate: python::pipfile_lock,
        is_manifest: false,
    },
    Generator {
        format: "uv.lock",
        file: "uv.lock",
        generate: python::uv,
        is_manifest: false,
    },
    Generator {
        format: "pdm.lock",
        file: "pdm.lock",
        generate: python::pdm,
        is_manifest: false,
    },
    Generator {
        format: "pylock.toml",
        file: "pylock.toml",
        generate: python::pylock,
        is_manifest: false,
    },
    Generator {
        format: "pom.xml",
        file: "pom.xml",
        generate: java::pom,
        is_manifest: true,
    },
    Generator {
        format: "dependency:tree",
        file: "dependency-tree.txt",
        generate: java::tree,
        is_manifest: true,
    },
    Generator {
        format: "gradle.lockfile",
        file: "gradle.lockfile",
        generate: java::gradle_lock,
        is_manifest: false,
    },
    Generator {
        format: "libs.versions.toml",
        file: "gradle/libs.versions.toml",
        generate: java::gradle_catalog,
        is_manifest: true,
    },
    Generator {
        format: "build.gradle",
        file: "build.gradle",
        generate: java::gradle_build,
        is_manifest: true,
    },
    Generator {
        format: "csproj",
        file: "App.csproj",
        generate: others::csproj,
        is_manifest: true,
    },
    Generator {
        format: "packages.lock.json",
        file: "packages.lock.json",
        generate: others::nuget_lock,
        is_manifest: false,
    },
    Generator {
        format: "project.assets.json",
        file: "project.assets.json",
        generate: others::nuget_assets,
        is_manifest: false,
    },
    Generator {
        format: "packages.config",
        file: "packages.config",
        generate: others::nuget_config,
        is_manifest: true,
    },
    Generator {
        format: "Cargo.toml",
        file: "Cargo.toml",
        generate: others::cargo_toml,
        is_manifest: true,
    },
    Generator {
        format: "Cargo.lock",
        file: "Cargo.lock",
        generate: others::cargo_lock,
        is_manifest: false,
    },
    Generator {
        format: "Gemfile",
        file: "Gemfile",
        generate: others::gemfile,
        is_manifest: true,
    },
    Generator {
        format: "Gemfile.lock",
        file: "Gemfile.lock",
        generate: others::gemfile_lock,
        is_manifest: false,
    },
    Generator {
        format: "Package.swift",
        file: "Package.swift",
        generate: others::package_swift,
        is_manifest: true,
    },
    Generator {
        format: "Package.resolved",
        file: "Package.resolved",
        generate: others::package_resolved,
        is_manifest: false,
    },
    Generator {
        format: "CycloneDX",
        file: "app.cdx.json",
        generate: others::cyclonedx,
        is_manifest: false,
    },
    Generator {
        format: "SPDX",
        file: "app.spdx.json",
        generate: others::spdx,
        is_manifest: false,
    },
];

/// The packages that the `n`th of `count` depends on: two further ones, so that the first reaches them all.
fn needs(n: usize, count: usize) -> impl Iterator<Item = usize> {
    [2 * n + 1, 2 * n + 2]
        .into_iter()
        .filter(move |next| *next < count)
}

fn version(n: usize) -> String {
    format!("{}.{}.{}", 1 + n % 7, n % 13, n % 29)
}

/// 64 hex digits that differ from package to package.
fn digest(n: usize) -> String {
    let part = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!(
        "{part:016x}{:016x}{part:016x}{:016x}",
        !part,
        part.rotate_left(13)
    )
}
