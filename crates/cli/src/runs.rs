//! From paths to runs: which files are replayed together, and which are stories.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use downriver_engine::wire::Sources;
use downriver_engine::wire::inputs::Inputs;
use downriver_local::story::{Story, parse_story};
use downriver_local::world::{InputEvent, Quarantined, ReplayInput};

use crate::arguments::GlobalOptions;
use crate::exit::refuse;
use crate::setup::{LoadedCatalog, find_catalog, load_catalog_with_folders, read_text};

const STORY_NAME: &str = "story.toml";
const EVENT_EXTENSIONS: [&str; 3] = ["json", "jsonl", "ndjson"];
/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 16;

/// Events that are replayed together on one store, and the story around them.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) story: Option<RunStory>,
    pub(crate) catalog: LoadedCatalog,
    files: Vec<PathBuf>,
}

#[derive(Debug)]
pub(crate) struct RunStory {
    pub(crate) story: Story,
    bytes: Vec<u8>,
}

/// What lies under the paths, before it is read.
#[derive(Default)]
struct Found {
    /// The folders that lie around the one that is looked into: a link back to one of them leads nowhere new.
    around: Vec<PathBuf>,
    /// Names, folders of stories, and their event files, in order.
    runs: Vec<(String, Option<PathBuf>, Vec<PathBuf>)>,
}

/// The runs under these paths: files given by name are one run; so are the loose files of a folder; every folder with a
/// story is one of its own. Stories and catalogs are read here, so that what is wrong with them is told before anything
/// runs.
pub(crate) fn find_runs(paths: &[PathBuf], options: &GlobalOptions) -> anyhow::Result<Vec<Run>> {
    let mut found = Found::default();
    let mut files = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path)
            .map_err(|error| refuse(format!("failed to read {}: {error}", path.display())))?;
        if metadata.is_dir() {
            found.take_folder(path)?;
        } else {
            files.push(path.clone());
        }
    }
    if !files.is_empty() {
        let name = name_of(&files[0]);
        found.runs.insert(0, (name, None, files));
    }
    found.name_apart();
    let mut catalogs = Catalogs::new(options);
    let runs = found.runs.into_iter();
    runs.map(|(name, folder, files)| catalogs.run(name, folder.as_deref(), files))
        .collect()
}

/// The event files under these paths, in the order in which `replay` reads them; stories count as folders of events.
#[cfg(feature = "aws")]
pub(crate) fn find_event_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path)
            .map_err(|error| refuse(format!("failed to read {}: {error}", path.display())))?;
        if metadata.is_dir() {
            let mut found = Found::default();
            found.take_folder(path)?;
            all.extend(found.runs.into_iter().flat_map(|(_, _, files)| files));
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

impl Run {
    /// Reads the events. Parts that are none are quarantined, and so is a file that cannot be read.
    pub(crate) fn read(&self) -> ReplayInput {
        let mut events = Vec::new();
        let mut broken = Vec::new();
        for path in &self.files {
            let file = match File::open(path) {
                Ok(file) => file,
                Err(error) => {
                    broken.push(Quarantined {
                        position: format!("{}:1", path.display()),
                        reason: format!("failed to read the file: {error}"),
                    });
                    continue;
                }
            };
            for part in Inputs::new(path.display().to_string(), BufReader::new(file)) {
                match part {
                    Ok(input) => events.push(InputEvent {
                        position: input.position.to_string(),
                        bytes: input.bytes,
                    }),
                    Err(error) => broken.push(Quarantined {
                        position: error.position.to_string(),
                        reason: error.reason.to_string(),
                    }),
                }
            }
        }
        let (story, story_bytes) = match &self.story {
            Some(run) => (run.story.clone(), run.bytes.clone()),
            None => (Story::default(), Vec::new()),
        };
        ReplayInput {
            catalog: self.catalog.catalog.clone(),
            catalog_bytes: self.catalog.bytes(),
            story,
            story_bytes,
            events,
            broken,
            sources: Sources::default(),
        }
    }
}

impl Found {
    fn take_folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let before = self.runs.len();
        let mut loose = Vec::new();
        self.walk(folder, 0, &mut loose)?;
        if !loose.is_empty() {
            self.runs.insert(before, (name_of(folder), None, loose));
        }
        if self.runs.len() == before {
            return Err(refuse(format!(
                "nothing to replay in {}: it has neither events (.json, .jsonl, .ndjson) nor a `{STORY_NAME}`",
                folder.display()
            )));
        }
        Ok(())
    }

    fn walk(
        &mut self,
        folder: &Path,
        depth: usize,
        loose: &mut Vec<PathBuf>,
    ) -> anyhow::Result<()> {
        let unreadable = |error| {
            refuse(format!(
                "failed to read the folder {}: {error}",
                folder.display()
            ))
        };
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            entries.push(entry.map_err(unreadable)?.path());
        }
        entries.retain(|path| !name_of(path).starts_with('.'));
        entries.sort();
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            entries.into_iter().partition(|path| path.is_dir());
        let is_story = files.iter().any(|path| name_of(path) == STORY_NAME);
        let events = files.into_iter().filter(|path| is_event_file(path));
        if is_story {
            let events = events.collect();
            self.runs
                .push((name_of(folder), Some(folder.to_owned()), events));
        } else {
            loose.extend(events);
        }
        if depth == DEPTH_MAX {
            return Ok(());
        }
        // What lies loose below a story is the story's own affair.
        let mut ignored = Vec::new();
        let loose = if is_story { &mut ignored } else { loose };
        self.around.push(folder.canonicalize().map_err(unreadable)?);
        for below in folders {
            let real = below.canonicalize().map_err(unreadable)?;
            if !self.around.contains(&real) {
                self.walk(&below, depth + 1, loose)?;
            }
        }
        self.around.pop();
        Ok(())
    }

    /// Runs of one name are told apart by the whole path.
    fn name_apart(&mut self) {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (name, ..) in &self.runs {
            *counts.entry(name.clone()).or_default() += 1;
        }
        for (name, folder, _) in &mut self.runs {
            if counts[name] > 1
                && let Some(folder) = folder
            {
                *name = folder.display().to_string();
            }
        }
    }
}

/// Catalogs that were read already.
struct Catalogs<'a> {
    options: &'a GlobalOptions,
    read: BTreeMap<PathBuf, LoadedCatalog>,
}

impl<'a> Catalogs<'a> {
    const fn new(options: &'a GlobalOptions) -> Self {
        Self {
            options,
            read: BTreeMap::new(),
        }
    }

    fn run(
        &mut self,
        name: String,
        folder: Option<&Path>,
        files: Vec<PathBuf>,
    ) -> anyhow::Result<Run> {
        let story = folder.map(read_story).transpose()?;
        let own = story.as_ref().and_then(|run| run.story.catalog.as_ref());
        let path = match (own, folder) {
            (Some(own), Some(folder)) => folder.join(own),
            _ => find_catalog(self.options)?,
        };
        Ok(Run {
            name,
            story,
            catalog: self.load(path)?,
            files,
        })
    }

    fn load(&mut self, path: PathBuf) -> anyhow::Result<LoadedCatalog> {
        if let Some(known) = self.read.get(&path) {
            return Ok(known.clone());
        }
        let loaded = load_catalog_with_folders(&path, None)?;
        self.read.insert(path, loaded.clone());
        Ok(loaded)
    }
}

fn read_story(folder: &Path) -> anyhow::Result<RunStory> {
    let path = folder.join(STORY_NAME);
    let text = read_text(&path)
        .map_err(|reason| refuse(format!("failed to read {}: {reason}", path.display())))?;
    let story = parse_story(&path.display().to_string(), &text)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(RunStory {
        story,
        bytes: text.into_bytes(),
    })
}

fn is_event_file(path: &Path) -> bool {
    let name = name_of(path);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_event = extension.is_some_and(|extension| EVENT_EXTENSIONS.contains(&extension));
    is_event && !name.ends_with(".schema.json")
}

/// The last part of a path; of `.` and `..` the folder that they stand for.
fn name_of(path: &Path) -> String {
    let name = match path.file_name() {
        Some(name) => name.to_owned(),
        None => path
            .canonicalize()
            .ok()
            .and_then(|path| path.file_name().map(ToOwned::to_owned))
            .unwrap_or_else(|| path.as_os_str().to_owned()),
    };
    name.to_string_lossy().into_owned()
}
