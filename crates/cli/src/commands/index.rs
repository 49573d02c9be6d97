//! `downriver index`: what the files of a folder say that an application uses; into a store, or uploaded from a build.

use crate::arguments::{GlobalOptions, IndexOptions};
use crate::document::reading::{FolderDocument, IndexDocument};
use crate::exit::{Exit, refuse};
use crate::render;
use crate::source::{Place, read_place};
use crate::terminal::Terminal;
use downriver_manifest::Reading;

/// A folder as it was given, and what was read of it.
pub(crate) struct ReadFolder {
    pub(crate) name: String,
    pub(crate) application: Option<String>,
    pub(crate) reading: Reading,
}

pub(crate) fn index(
    _global: &GlobalOptions,
    options: &IndexOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let read = read_all(options, terminal)?;
    show(&read, options, terminal)
}

/// Reads every folder that was named; refuses one in which nothing is that could be read.
pub(crate) fn read_all(
    options: &IndexOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Vec<ReadFolder>> {
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
    let is_whole = read.iter().all(|read| read.reading.problems.is_empty());
    Ok(if is_whole {
        Exit::Fine
    } else {
        Exit::Quarantined
    })
}
