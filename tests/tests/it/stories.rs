//! Replays the stories of `events/stories`, each on a fresh store.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use downriver_engine::history::HistoryEntry;
use downriver_engine::wire::Sources;
use downriver_engine::wire::catalog::parse_catalog;
use downriver_engine::wire::inputs::Inputs;
use downriver_local::sqlite::SqliteStore;
use downriver_local::story::{Story, parse_story};
use downriver_local::world::{InputEvent, Quarantined, ReplayInput, World};

#[test]
fn every_story_comes_out_as_it_expects() {
    let mut unmet = Vec::new();
    let folders = story_folders();
    assert!(!folders.is_empty(), "there are stories");
    for folder in folders {
        let (story, input) = load(&folder);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut world = World::open(SqliteStore::in_memory().unwrap(), input).unwrap();
        match world.run_to_rest(|_, _| {}) {
            Ok(_) => {}
            Err(error) => unmet.push(format!("{name}: {error}")),
        }
        if std::env::var_os("SHOW_STORY").is_some_and(|wanted| *wanted == *name) {
            show(&world);
        }
        unmet.extend(
            world
                .check(&story)
                .unwrap()
                .into_iter()
                .map(|line| format!("{name}: {line}")),
        );
    }
    assert!(
        unmet.is_empty(),
        "expectations not met:\n{}",
        unmet.join("\n")
    );
}

#[test]
fn a_story_replayed_twice_leaves_the_same_history() {
    for folder in story_folders() {
        let histories: Vec<Vec<String>> = (0..2)
            .map(|_| {
                let (_, input) = load(&folder);
                let mut world = World::open(SqliteStore::in_memory().unwrap(), input).unwrap();
                world.run_to_rest(|_, _| {}).unwrap();
                whole_history(&world)
                    .iter()
                    .map(|entry| format!("{entry:?}"))
                    .collect()
            })
            .collect();
        assert_eq!(histories[0], histories[1], "{}", folder.display());
    }
}

fn show(world: &World) {
    for entry in whole_history(world) {
        let millis = entry.at.unix_millis();
        let about = entry
            .application
            .as_ref()
            .map(ToString::to_string)
            .or(entry.package_version.as_ref().map(ToString::to_string));
        match entry.body {
            downriver_engine::history::HistoryBody::Verdicts(verdicts) => {
                for verdict in verdicts {
                    println!(
                        "{millis} VERDICT {:?} {} {}: {}",
                        verdict.verdict,
                        verdict.application,
                        verdict.package_version,
                        verdict.reason
                    );
                }
            }
            downriver_engine::history::HistoryBody::Rebuild(record) => println!(
                "{millis} REBUILD {} {:?} {}: {}",
                record.id,
                record.outcome,
                record
                    .changes
                    .iter()
                    .map(|change| change.package_version.to_string())
                    .collect::<Vec<_>>()
                    .join(","),
                record.reason
            ),
            downriver_engine::history::HistoryBody::Note(note) => {
                println!("{millis} NOTE {about:?} {:?}: {}", note.kind, note.text);
            }
            downriver_engine::history::HistoryBody::Seen(seen) => {
                println!(
                    "{millis} SEEN {about:?} {:?} {} {:?}",
                    seen.effect, seen.text, seen.cascade
                );
            }
        }
    }
    for quarantined in world.quarantined() {
        println!(
            "QUARANTINED {}: {}",
            quarantined.position, quarantined.reason
        );
    }
}

fn whole_history(world: &World) -> Vec<HistoryEntry> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let page = world.store().load_whole_history(after, 1000).unwrap();
        let Some(last) = page.last() else { return all };
        after = last.id;
        all.extend(page.into_iter().map(|numbered| numbered.entry));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn story_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root().join("events/stories"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("story.toml").is_file())
        .collect();
    folders.sort();
    folders
}

fn load(folder: &Path) -> (Story, ReplayInput) {
    let story_bytes = fs::read(folder.join("story.toml")).unwrap();
    let story = parse_story("story.toml", std::str::from_utf8(&story_bytes).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let catalog_file = story
        .catalog
        .as_ref()
        .map_or_else(|| root().join("downriver.toml"), |file| folder.join(file));
    let catalog_bytes = fs::read(&catalog_file).unwrap();
    let beside = catalog_file.parent().unwrap().to_owned();
    let read =
        |file: &str| fs::read_to_string(beside.join(file)).map_err(|error| error.to_string());
    let catalog = parse_catalog(
        "downriver.toml",
        std::str::from_utf8(&catalog_bytes).unwrap(),
        None,
        &read,
    )
    .unwrap_or_else(|problems| panic!("{}: {problems:?}", catalog_file.display()));
    let (events, broken) = read_events(folder);
    let input = ReplayInput {
        catalog,
        catalog_bytes,
        story: story.clone(),
        story_bytes,
        events,
        broken,
        sources: Sources::default(),
    };
    (story, input)
}

fn read_events(folder: &Path) -> (Vec<InputEvent>, Vec<Quarantined>) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json" || extension == "jsonl")
        })
        .collect();
    files.sort();
    let (mut events, mut broken) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for input in Inputs::new(name, BufReader::new(File::open(&file).unwrap())) {
            match input {
                Ok(input) => events.push(InputEvent {
                    position: input.position.to_string(),
                    bytes: input.bytes,
                }),
                Err(error) => {
                    broken.push(Quarantined {
                        position: error.position.to_string(),
                        reason: error.reason.to_string(),
                    });
                }
            }
        }
    }
    (events, broken)
}
