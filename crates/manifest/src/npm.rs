//! npm, Yarn, pnpm and Bun: which manifests and which lockfile belong to an application, and what they say together.
//!
//! Each format of lockfile has its own module; all of them turn their file into a [`workspace::Lockfile`], for which see
//! there. Here is decided what belongs together, and nowhere what a format means.

mod bun;
mod glob;
mod instances;
pub(crate) mod json;
mod overrides;
mod package_json;
mod package_lock;
mod pnpm;
mod pnpm_workspace;
mod spec;
mod workspace;
pub(crate) mod yaml;
mod yarn;
mod yarn_berry;
mod yarn_v1;

use std::borrow::Cow;

use package_json::Manifest;
use workspace::{Importer, Lockfile, Workspace};

use crate::files::{Files, folder_of, join_path};
use crate::graph::Graph;
use crate::reading::{FileSummary, Problem, Reading};
use crate::text::decode;
use crate::texts::Texts;

/// In the order in which they count where several stand in a folder and `packageManager` names none of them: npm itself
/// takes `npm-shrinkwrap.json` first.
const LOCKS: [(&str, &str); 5] = [
    ("npm-shrinkwrap.json", "npm"),
    ("package-lock.json", "npm"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
];
const MANIFEST: &str = "package.json";
const SETTINGS: &str = "pnpm-workspace.yaml";
/// Yarn's settings, which have catalogs as pnpm's have; the rest of them says nothing of dependencies.
const YARN_SETTINGS: &str = ".yarnrc.yml";

/// A file's text, with its path as it stands in [`Files`].
type File<'f> = (&'f str, Cow<'f, str>);

pub(crate) fn read(folder: &str, files: &Files<'_>, reading: &mut Reading) {
    let Some(root) = root_of(folder, files) else {
        return;
    };
    let root_text = text_of(files, root, MANIFEST, reading);
    let root_manifest = root_text
        .as_ref()
        .and_then(|file| parse_manifest(file, reading));
    let settings_text = text_of(files, root, SETTINGS, reading);
    let settings = settings_text
        .as_ref()
        .and_then(|file| parse_settings(file, root_manifest.as_ref(), reading));
    let yarn_text = text_of(files, root, YARN_SETTINGS, reading);
    let yarn_catalogs = yarn_text
        .as_ref()
        .map(|file| parse_yarn_catalogs(file, reading))
        .unwrap_or_default();
    let members = member_folders(files, root, root_manifest.as_ref());
    let member_texts: Vec<(String, File<'_>)> = members
        .into_iter()
        .filter_map(|member| {
            let folder = join_path(root, &member)?;
            Some((member, text_of(files, &folder, MANIFEST, reading)?))
        })
        .collect();
    let mut workspace = Workspace {
        folder: root,
        ..Workspace::default()
    };
    if root != folder {
        workspace.only = Some(folder[root.len()..].trim_start_matches('/').to_owned());
    }
    if let Some(mut manifest) = root_manifest {
        workspace.overrides = std::mem::take(&mut manifest.overrides);
        workspace.catalogs = std::mem::take(&mut manifest.catalogs);
        workspace.importers.push(Importer {
            folder: String::new(),
            manifest,
        });
    }
    if let Some(settings) = settings {
        workspace.overrides.extend(settings.overrides);
        workspace.catalogs.extend(settings.catalogs);
    }
    workspace.catalogs.extend(yarn_catalogs);
    for (folder, file) in &member_texts {
        if let Some(manifest) = parse_manifest(file, reading) {
            workspace.importers.push(Importer {
                folder: folder.clone(),
                manifest,
            });
        }
    }
    let own = workspace
        .only
        .clone()
        .filter(|own| workspace.importers.iter().all(|one| one.folder != *own));
    let own_text = own
        .as_ref()
        .and_then(|_| text_of(files, folder, MANIFEST, reading));
    if let Some((folder, file)) = own.zip(own_text.as_ref())
        && let Some(manifest) = parse_manifest(file, reading)
    {
        workspace.importers.push(Importer { folder, manifest });
    }
    tell_manifests(&workspace, reading);
    join(files, &workspace, reading);
}

/// The folder where the lockfile of the application in `folder` stands, or would: the root of the workspace that it is a
/// member of, else its own. `None` if it holds nothing of npm's.
fn root_of<'p>(folder: &'p str, files: &Files<'_>) -> Option<&'p str> {
    let has = |folder: &str, name: &str| {
        join_path(folder, name).is_some_and(|path| files.get(&path).is_some())
    };
    let has_lock = |folder: &str| LOCKS.iter().any(|(name, _)| has(folder, name));
    if has_lock(folder) {
        return Some(folder);
    }
    if !has(folder, MANIFEST) {
        return None;
    }
    let mut above = folder;
    while !above.is_empty() {
        above = folder_of(above);
        let member = folder[above.len()..].trim_start_matches('/');
        let is_ours = if has(above, MANIFEST) {
            // What cannot be read is reported when its own folder is.
            let text = text_of(files, above, MANIFEST, &mut Reading::default());
            let manifest = text
                .as_ref()
                .and_then(|file| parse_manifest(file, &mut Reading::default()));
            glob::is_member(&patterns(files, above, manifest.as_ref()), member)
        } else {
            has_lock(above)
        };
        if is_ours {
            return Some(above);
        }
    }
    Some(folder)
}

/// The patterns of the folders of a workspace's members; pnpm has them in a file of its own.
fn patterns(files: &Files<'_>, root: &str, manifest: Option<&Manifest<'_>>) -> Vec<String> {
    let unheard = &mut Reading::default();
    let settings_text = text_of(files, root, SETTINGS, unheard);
    let settings = settings_text
        .as_ref()
        .and_then(|file| parse_settings(file, None, unheard));
    if let Some(settings) = settings.filter(|settings| !settings.packages.is_empty()) {
        return settings.packages.into_iter().map(Cow::into_owned).collect();
    }
    let declared = manifest
        .map(|manifest| manifest.workspaces.as_slice())
        .unwrap_or_default();
    declared
        .iter()
        .map(|pattern| pattern.clone().into_owned())
        .collect()
}

/// The folders of a workspace's members, from its own.
fn member_folders(files: &Files<'_>, root: &str, manifest: Option<&Manifest<'_>>) -> Vec<String> {
    let patterns = patterns(files, root, manifest);
    if patterns.is_empty() {
        return Vec::new();
    }
    files
        .below(root)
        .filter_map(|(path, _)| path.strip_suffix(MANIFEST)?.strip_suffix('/'))
        .map(|folder| folder[root.len()..].trim_start_matches('/'))
        .filter(|folder| !folder.is_empty() && glob::is_member(&patterns, folder))
        .map(str::to_owned)
        .collect()
}

fn text_of<'f>(
    files: &'f Files<'_>,
    folder: &str,
    name: &str,
    reading: &mut Reading,
) -> Option<File<'f>> {
    let (path, bytes) = files.get_entry(&join_path(folder, name)?)?;
    match decode(path, bytes) {
        Ok(text) => Some((path, text)),
        Err(problem) => {
            reading.problem(problem);
            None
        }
    }
}

fn parse_manifest<'a>((path, text): &'a File<'_>, reading: &mut Reading) -> Option<Manifest<'a>> {
    Manifest::parse(path, text)
        .map_err(|problem| reading.problem(problem))
        .ok()
}

/// Reads pnpm's settings, and tells that they were read.
fn parse_settings<'a>(
    (path, text): &'a File<'_>,
    root: Option<&Manifest<'a>>,
    reading: &mut Reading,
) -> Option<pnpm_workspace::Settings<'a>> {
    let declared = root
        .map(|root| root.declared.as_slice())
        .unwrap_or_default();
    let settings = pnpm_workspace::parse(path, text, declared)
        .map_err(|problem| reading.problem(problem))
        .ok()?;
    tell_settings(path, SETTINGS, settings.catalogs.len(), reading);
    Some(settings)
}

/// Reads the catalogs in Yarn's settings, and tells that they were read if there are any.
fn parse_yarn_catalogs<'a>(
    (path, text): &'a File<'_>,
    reading: &mut Reading,
) -> Vec<package_json::Cataloged<'a>> {
    let catalogs = pnpm_workspace::parse_catalogs(path, text).unwrap_or_else(|problem| {
        reading.problem(problem);
        Vec::new()
    });
    if !catalogs.is_empty() {
        tell_settings(path, YARN_SETTINGS, catalogs.len(), reading);
    }
    catalogs
}

fn tell_settings(path: &str, format: &str, declared: usize, reading: &mut Reading) {
    reading.files.push(FileSummary {
        path: path.to_owned(),
        format: format.to_owned(),
        locked: Texts::default(),
        declared,
    });
}

fn tell_manifests(workspace: &Workspace<'_>, reading: &mut Reading) {
    for importer in &workspace.importers {
        let manifest = &importer.manifest;
        reading.files.push(FileSummary {
            path: manifest.path.to_owned(),
            format: MANIFEST.to_owned(),
            locked: Texts::default(),
            declared: manifest.declared.len(),
        });
        if workspace.is_asked(&importer.folder) {
            reading.products.extend(manifest.product());
        }
    }
}

/// Reads every lockfile of the workspace, and joins the one that counts with the manifests.
fn join(files: &Files<'_>, workspace: &Workspace<'_>, reading: &mut Reading) {
    let texts: Vec<(File<'_>, &str)> = LOCKS
        .iter()
        .filter_map(|(name, tool)| {
            let (path, text) = text_of(files, workspace.folder, name, reading)?;
            let text = if *tool == "bun" {
                bun::as_json(text)
            } else {
                text
            };
            Some(((path, text), *tool))
        })
        .collect();
    let named = workspace
        .importers
        .first()
        .and_then(|root| root.manifest.package_manager.as_deref());
    let counts = texts
        .iter()
        .position(|(_, tool)| named == Some(*tool))
        .unwrap_or(0);
    let mut counted = None;
    for (at, ((path, text), _)) in texts.iter().enumerate() {
        match parse_lock(path, text, workspace) {
            Ok(mut lockfile) => {
                reading.files.push(FileSummary {
                    path: (*path).to_owned(),
                    format: std::mem::take(&mut lockfile.format),
                    locked: std::mem::take(&mut lockfile.locked),
                    declared: 0,
                });
                if at == counts {
                    counted = Some(lockfile);
                }
            }
            Err(problem) => reading.problem(problem),
        }
        if at != counts {
            let other = texts[counts].0.0;
            reading.problem(Problem::gap(
                path,
                None,
                format!("does not count: {other} stands beside it"),
            ));
        }
    }
    finish(counted, workspace, reading);
}

/// Puts the requirements in force onto the graph, and tells it. Without a lockfile what the manifests say is all.
fn finish<'a>(lockfile: Option<Lockfile<'a>>, workspace: &Workspace<'a>, reading: &mut Reading) {
    let (graph, told) = match lockfile {
        Some(lockfile) => (Ok(lockfile.graph), lockfile.overrides),
        None => (declared_graph(workspace), Vec::new()),
    };
    match graph {
        Ok(mut graph) => {
            let manifests = overrides::apply(&workspace.overrides, &mut graph);
            let lockfile = overrides::apply(&told, &mut graph);
            for problem in manifests.into_iter().chain(lockfile) {
                reading.problem(problem);
            }
            graph.into_reading(reading);
        }
        Err(problem) => reading.problem(problem),
    }
}

/// What manifests alone tell.
fn declared_graph<'a>(workspace: &Workspace<'a>) -> Result<Graph<'a>, Problem> {
    let path = workspace
        .importers
        .first()
        .map_or("", |first| first.manifest.path);
    let mut graph = Graph::new(path);
    let members = workspace.add_members(&mut graph)?;
    let names = workspace.member_names();
    workspace.connect_members(&mut graph, &members, |_, declared| {
        workspace
            .linked(&names, declared)
            .map(|member| members[member])
    })?;
    Ok(graph)
}

/// Reads a lockfile of any of the formats.
fn parse_lock<'a>(
    path: &'a str,
    text: &'a str,
    workspace: &Workspace<'a>,
) -> Result<Lockfile<'a>, Problem> {
    match path.rsplit('/').next() {
        Some("bun.lock") => bun::parse(path, text, workspace),
        Some("pnpm-lock.yaml") => pnpm::parse(path, text, workspace),
        Some("yarn.lock") => yarn::parse(path, text, workspace),
        Some("package-lock.json" | "npm-shrinkwrap.json") => {
            package_lock::parse(path, text, workspace)
        }
        _ => Err(Problem::new(path, None, "is of a format that is not read")),
    }
}
