//! The example organisation and every sample event there is: nothing of it may end a replay.

use std::io::BufReader;
use std::path::Path;

use downriver_engine::wire::Sources;
use downriver_engine::wire::catalog::parse_catalog;
use downriver_engine::wire::inputs::Inputs;

use super::left_by;
use crate::sqlite::SqliteStore;
use crate::story::Story;
use crate::world::{InputEvent, Quarantined, ReplayInput, World};

fn input() -> ReplayInput {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let catalog_text = std::fs::read_to_string(root.join("downriver.toml")).unwrap();
    let read_file =
        |name: &str| std::fs::read_to_string(root.join(name)).map_err(|error| error.to_string());
    let catalog = parse_catalog("downriver.toml", &catalog_text, None, &read_file)
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut names: Vec<String> = std::fs::read_dir(root.join("events"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    names.sort();
    let mut events = Vec::new();
    let mut broken = Vec::new();
    for name in names {
        let file = std::fs::File::open(root.join("events").join(&name)).unwrap();
        for part in Inputs::new(name, BufReader::new(file)) {
            match part {
                Ok(input) => events.push(InputEvent {
                    position: format!("{}:{}", input.position.file, input.position.line),
                    bytes: input.bytes,
                }),
                Err(error) => broken.push(Quarantined {
                    position: error.position.to_string(),
                    reason: error.reason.to_string(),
                }),
            }
        }
    }
    ReplayInput {
        catalog,
        catalog_bytes: catalog_text.into_bytes(),
        story: Story::default(),
        story_bytes: Vec::new(),
        events,
        broken,
        sources: Sources::default(),
    }
}

#[test]
fn every_sample_event_is_replayed_against_the_example_catalog() {
    let replay = || {
        let store = SqliteStore::in_memory().unwrap();
        let mut world = World::open(store, input()).unwrap();
        world.run_to_rest(|_, _| {}).unwrap();
        world
    };
    let (one, other) = (replay(), replay());
    assert_eq!(one.progress().0, one.progress().1);
    assert!(!one.quarantined().is_empty(), "hostile samples are refused");
    assert!(left_by(one.store()) == left_by(other.store()));
}
