//! `downriver index`: what the files of a folder say that an application uses; into a store, or uploaded from a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use downriver_domain::{Application, ApplicationId};
use downriver_engine::index::reading::dependencies_of;
use downriver_engine::ports::{Ports as _, Store as _};
use downriver_engine::register::{Refreshed, refresh_dependencies};
use downriver_local::world::complete;
use downriver_manifest::Reading;

use crate::arguments::{GlobalOptions, IndexOptions};
use crate::desk::here::LocalDesk;
use crate::document::reading::{FolderDocument, IndexDocument};
use crate::exit::{Exit, refuse, unknown};
use crate::render;
use crate::render::style::counted;
use crate::setup::{as_locked, find_catalog, folder_of, load_catalog};
use crate::source::{Place, read_place};
use crate::terminal::Terminal;

/// A folder as it was given, and what was read of it.
pub(crate) struct ReadFolder {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) application: Option<String>,
    pub(crate) reading: Reading,
}

pub(crate) fn index(
    global: &GlobalOptions,
    options: &IndexOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let mut read = read_all(options, terminal)?;
    if let Some(store) = &global.store {
        let desk = LocalDesk::open_or_make(global, store, terminal)?;
        let folders = catalog_folders(global);
        for one in &mut read {
            let known = complete(find(&desk, one, options, &folders))?;
            complete(record(&desk, known, one, terminal))?;
        }
    }
    show(&read, options, terminal)
}

/// Where the catalog's applications have their folders, as far as there is a catalog.
fn catalog_folders(global: &GlobalOptions) -> BTreeMap<PathBuf, ApplicationId> {
    let loaded = find_catalog(global).and_then(|path| Ok((load_catalog(&path)?, path)));
    let Ok((loaded, path)) = loaded else {
        return BTreeMap::new();
    };
    let root = folder_of(&path).to_owned();
    let folders = loaded.catalog.folders.into_iter();
    folders
        .filter_map(|(id, folder)| Some((root.join(folder).canonicalize().ok()?, id)))
        .collect()
}

/// The application that a folder belongs to: as the options say, as the catalog says, or of the same name.
async fn find(
    desk: &LocalDesk,
    read: &ReadFolder,
    options: &IndexOptions,
    folders: &BTreeMap<PathBuf, ApplicationId>,
) -> anyhow::Result<Application> {
    let named = options.application.as_ref();
    let in_catalog = || folders.get(&read.path);
    let of_same_name = || read.path.file_name()?.to_str()?.parse().ok();
    let id = named
        .or_else(in_catalog)
        .cloned()
        .or_else(of_same_name)
        .ok_or_else(|| no_application(read))?;
    let mut known = desk
        .store()
        .load_applications(std::slice::from_ref(&id))
        .await?;
    match known.pop() {
        Some(state) if state.is_registered => Ok(state.application),
        _ if named.is_some() => Err(unknown(format!(
            "application {id} is not in the store: it takes those of the catalog with which it was made"
        ))),
        _ => Err(no_application(read)),
    }
}

fn no_application(read: &ReadFolder) -> anyhow::Error {
    refuse(format!(
        "which application is {}? Name it with --application ID, or give it the key `folder` in the catalog",
        read.name
    ))
}

async fn record(
    desk: &LocalDesk,
    application: Application,
    read: &mut ReadFolder,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let id = application.id;
    if application.is_declared {
        return Err(refuse(format!(
            "the catalog declares the dependencies of {id}: take `dependencies` and `dependencies_file` out of its entry, and what its files say counts"
        )));
    }
    let dependencies = dependencies_of(&read.reading, as_locked);
    let count = counted(dependencies.len(), "dependency", "dependencies");
    let text = match refresh_dependencies(desk, &id, dependencies).await? {
        Refreshed::Changed => format!("{id}: {count} in the store, in place of those before"),
        Refreshed::Unchanged => format!("{id}: {count}, as in the store already"),
        Refreshed::UnknownApplication => return Err(no_application(read)),
    };
    terminal.remark(&text);
    read.application = Some(id.to_string());
    Ok(())
}

/// Reads every folder that was named; refuses one in which nothing is that could be read.
pub(crate) fn read_all(
    options: &IndexOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Vec<ReadFolder>> {
    if options.application.is_some() && options.folders.len() > 1 {
        return Err(refuse(
            "--application names one application: give one folder",
        ));
    }
    let mut read = Vec::new();
    for folder in &options.folders {
        terminal.show_progress(|| format!("reading {}", folder.display()));
        let place = Place::find(folder, options.root.as_deref())?;
        let reading = read_place(&place)?.reading;
        if reading.files.is_empty() && reading.problems.is_empty() {
            return Err(refuse(format!(
                "{} holds no manifest, lockfile or SBOM that downriver knows, nor does a folder above it up to {}: name the folder of the application; `docs/index.md` lists what is read",
                folder.display(),
                place.root.display()
            )));
        }
        read.push(ReadFolder {
            name: folder.display().to_string(),
            path: place.root.join(&place.folder),
            application: None,
            reading,
        });
    }
    terminal.end_progress();
    Ok(read)
}

/// Prints what was read. Files that could not be read make the exit code.
pub(crate) fn show(
    read: &[ReadFolder],
    options: &IndexOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    if terminal.is_json() {
        let folders = read
            .iter()
            .map(|read| FolderDocument::of(&read.name, read.application.as_deref(), &read.reading));
        terminal.print_json(&IndexDocument {
            folders: folders.collect(),
        })?;
    } else {
        for (number, read) in read.iter().enumerate() {
            if number > 0 {
                terminal.print("\n")?;
            }
            let text = render::reading::reading(
                terminal.page(),
                &read.name,
                &read.reading,
                options.verbose,
            );
            terminal.print(&text)?;
        }
    }
    let mut problems = read.iter().flat_map(|read| &read.reading.problems);
    let is_whole = problems.all(|problem| problem.is_gap);
    Ok(if is_whole {
        Exit::Fine
    } else {
        Exit::Quarantined
    })
}
