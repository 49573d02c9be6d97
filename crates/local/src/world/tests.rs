mod redelivered;
mod samples;
mod stories;

use std::fmt::Write as _;
use std::path::PathBuf;

use downriver_engine::wire::Sources;
use downriver_engine::wire::catalog::parse_catalog;

use super::{InputEvent, ReplayInput, StepKind, World, WorldError, clock_of};
use crate::sqlite::SqliteStore;
use crate::story::{Story, When, parse_story};

/// tokens → {icons, ui} → web.
const DIAMOND: &str = r#"
domain_owners = ["111122223333"]

[defaults]
account = "123456789012"
region = "eu-west-1"
domain = "acme"
domain_owner = "111122223333"
repositories = ["apps"]

[owners.team]

[repositories.libraries]
[repositories.apps]
upstreams = ["libraries"]

[applications.icons]
owner = "team"
products = ["pkg:npm/%40acme/icons"]
publishes_to = "libraries"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^2.3.0", built = "2.3.1" }]

[applications.ui]
owner = "team"
products = ["pkg:npm/%40acme/ui"]
publishes_to = "libraries"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^2.2.0", built = "2.3.1" }]

[applications.web]
owner = "team"
dependencies = [
  { package = "pkg:npm/%40acme/icons", requirement = "^1.8.0", built = "1.8.4" },
  { package = "pkg:npm/%40acme/ui", requirement = "^5.1.0", built = "5.1.2" },
]

[applications.legacy]
owner = "team"
dependencies = [{ package = "pkg:npm/%40acme/tokens", requirement = "^1", built = "1.9.4" }]
"#;

const EXPECT: &str = r#"
title = "A diamond"

[expect]
starts = { icons = 1, ui = 1, web = 1 }
order = [["icons", "web"], ["ui", "web"]]
outcomes = { web = ["Delivered"] }
never = ["legacy"]
quarantined = 1
"#;

fn published(version: &str, sequence: u32, second: u32) -> InputEvent {
    let event = serde_json::json!({
        "version": "0",
        "id": format!("73f03fec-a137-971e-6ac6-07c80000000{sequence}"),
        "detail-type": "CodeArtifact Package Version State Change",
        "source": "aws.codeartifact",
        "account": "111122223333",
        "time": format!("2026-03-01T12:00:{second:02}Z"),
        "region": "eu-west-1",
        "resources": ["arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libraries/npm/acme/tokens"],
        "detail": {
            "domainName": "acme", "domainOwner": "111122223333", "repositoryName": "libraries",
            "repositoryAdministrator": "111122223333", "packageFormat": "npm", "packageNamespace": "acme",
            "packageName": "tokens", "packageVersion": version, "packageVersionState": "Published",
            "packageVersionRevision": "0E5DE26A4CD79FDF3EBC4924FFFFFFFF",
            "changes": {"assetsAdded": 1, "assetsRemoved": 0, "metadataUpdated": true, "assetsUpdated": 0, "statusChanged": true},
            "operationType": "Created", "sequenceNumber": sequence,
            "eventDeduplicationId": format!("2mEO0A2Ke07rWUTBXk3CAiQhdTXF4N94LNaT/{sequence}=")
        }
    });
    InputEvent {
        position: format!("events.jsonl:{sequence}"),
        bytes: event.to_string().into_bytes(),
    }
}

fn input(story_text: &str) -> ReplayInput {
    let read_file = |name: &str| Err(format!("no file {name}"));
    let catalog = parse_catalog("downriver.toml", DIAMOND, None, &read_file)
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let broken = InputEvent {
        position: "events.jsonl:3".to_owned(),
        bytes: b"{\"time\":\"2026-03-01T12:00:01Z\"}".to_vec(),
    };
    ReplayInput {
        catalog,
        catalog_bytes: DIAMOND.as_bytes().to_vec(),
        story: parse_story("story.toml", story_text).unwrap(),
        story_bytes: story_text.as_bytes().to_vec(),
        events: vec![published("2.3.2", 1, 0), published("2.4.0", 2, 0), broken],
        broken: Vec::new(),
        sources: Sources::default(),
    }
}

/// The diamond, with people's executions before and after.
fn long_story() -> String {
    let mut text = "title = \"A long day\"\n".to_owned();
    for hour in 0..6 {
        for application in ["web", "ui", "icons"] {
            writeln!(
                text,
                "[[push]]\napplication = \"{application}\"\nat = \"+{hour}h\""
            )
            .unwrap();
        }
    }
    text
}

fn open(store: SqliteStore) -> World {
    World::open(store, input(EXPECT)).unwrap()
}

/// Everything that a replay leaves behind, apart from how often it was opened.
fn left_by(store: &SqliteStore) -> String {
    let mut rows = store.load_simulation_rows().unwrap();
    rows.retain(|(key, _)| key != "holder");
    let history = store.load_whole_history(0, 100_000).unwrap();
    format!("{rows:#?}\n{history:#?}")
}

fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("downriver-world-{}-{name}", std::process::id()));
    for suffix in ["", "-wal", "-shm"] {
        let mut with_suffix = path.clone().into_os_string();
        with_suffix.push(suffix);
        drop(std::fs::remove_file(with_suffix));
    }
    path
}

#[test]
fn a_diamond_is_rebuilt_once_each_and_its_bottom_last() {
    let mut world = open(SqliteStore::in_memory().unwrap());
    let mut kinds = Vec::new();
    world
        .run_to_rest(|_, step| kinds.push(step.kind.clone()))
        .unwrap();
    let story: Story = parse_story("story.toml", EXPECT).unwrap();
    assert_eq!(world.check(&story).unwrap(), Vec::<String>::new());
    assert_eq!(
        kinds[0],
        StepKind::Packages(2),
        "what is due at one instant is one batch"
    );
}

#[test]
fn what_a_story_expects_in_vain_is_told() {
    let mut world = open(SqliteStore::in_memory().unwrap());
    world.run_to_rest(|_, _| {}).unwrap();
    let wrong = r#"
title = "Nothing of this comes true"

[expect]
starts_at = { web = ["+1s"] }
verdicts = [["legacy", "pkg:npm/%40acme/tokens@2.4.0", "Picks", "Rebuild"]]
notes = { ui = ["Parked"] }
in_flight_max = 1
"#;
    let story = parse_story("story.toml", wrong).unwrap();
    let unmet = world.check(&story).unwrap();
    let expected = [
        "`web` was started [312] seconds after the first event, not [1]",
        "the last verdict on pkg:npm/%40acme/tokens@2.4.0 for `legacy` is Some((\"Excluded\", \"Notify\")), not \
         (\"Picks\", \"Rebuild\")",
        "`ui` has no note `Parked`",
        "2 executions ran at once in 123456789012/eu-west-1, not 1",
    ];
    assert_eq!(unmet, expected);
}

#[test]
fn an_event_that_cannot_be_read_is_kept_with_its_position() {
    let mut world = open(SqliteStore::in_memory().unwrap());
    world.run_to_rest(|_, _| {}).unwrap();
    let quarantined = world.quarantined();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].position, "events.jsonl:3");
    assert!(!quarantined[0].reason.is_empty());
}

#[test]
fn the_same_input_leaves_the_same_behind() {
    let left = || {
        let mut world = open(SqliteStore::in_memory().unwrap());
        world.run_to_rest(|_, _| {}).unwrap();
        left_by(world.store())
    };
    assert_eq!(left(), left());
}

#[test]
fn a_killed_replay_goes_on_and_comes_to_the_same_end() {
    let story = long_story();
    let mut whole = World::open(SqliteStore::in_memory().unwrap(), input(&story)).unwrap();
    let rest = whole.run_to_rest(|_, _| {}).unwrap();
    let wanted = left_by(whole.store());
    assert!(rest.steps > 2 * 64, "more than two transactions: {rest:?}");
    for killed_after in [0, 1, 63, 64, 65, 100, rest.steps - 1] {
        let path = file(&format!("killed-{killed_after}.db"));
        let mut world = World::open(SqliteStore::open(&path).unwrap(), input(&story)).unwrap();
        for _ in 0..killed_after {
            world.step().unwrap().expect("it is not at rest yet");
        }
        drop(world);
        let mut world = World::open(SqliteStore::open(&path).unwrap(), input(&story)).unwrap();
        assert_eq!(world.steps(), killed_after / 64 * 64);
        assert_eq!(world.run_to_rest(|_, _| {}).unwrap(), rest);
        let left = left_by(world.store());
        assert!(
            left == wanted,
            "another end when killed after {killed_after} steps"
        );
        assert_eq!(world.quarantined().len(), 1);
        drop(world);
        file(&format!("killed-{killed_after}.db"));
    }
}

#[test]
fn of_two_worlds_on_one_store_only_the_last_goes_on() {
    let story = long_story();
    let mut whole = World::open(SqliteStore::in_memory().unwrap(), input(&story)).unwrap();
    let rest = whole.run_to_rest(|_, _| {}).unwrap();
    let path = file("two-worlds.db");
    let open = || World::open(SqliteStore::open(&path).unwrap(), input(&story)).unwrap();
    let mut first = open();
    for _ in 0..64 {
        first.step().unwrap().expect("it is not at rest yet");
    }
    let mut second = open();
    assert_eq!(second.steps(), 64);
    for _ in 0..2 {
        assert!(matches!(first.step(), Err(WorldError::TakenOver)));
    }
    assert_eq!(second.run_to_rest(|_, _| {}).unwrap(), rest);
    assert!(left_by(second.store()) == left_by(whole.store()));
    assert!(matches!(first.step(), Err(WorldError::TakenOver)));
    drop((first, second));
    file("two-worlds.db");
}

#[test]
fn a_replay_at_rest_stays_at_rest() {
    let mut world = open(SqliteStore::in_memory().unwrap());
    let rest = world.run_to_rest(|_, _| {}).unwrap();
    assert_eq!(world.step().unwrap(), None);
    let mut again = open(world.into_store().unwrap());
    assert_eq!(again.run_to_rest(|_, _| {}).unwrap(), rest);
}

#[test]
fn a_replay_that_is_stopped_on_its_way_shows_that_instant_and_goes_on_from_it() {
    let mut whole = open(SqliteStore::in_memory().unwrap());
    whole.run_to_rest(|_, _| {}).unwrap();
    let mut world = open(SqliteStore::in_memory().unwrap());
    let first = world.input.first;
    for (secs, shown) in [(0, 0), (45, 45), (90, 90), (90, 90), (30, 90), (200, 200)] {
        let rest = world.run_until(When::After(secs), |_, _| {}).unwrap();
        assert!(!rest.is_over, "{rest:?}");
        assert_eq!(rest.at, first.plus_secs(shown));
        assert_eq!(clock_of(world.store()).unwrap(), Some(rest.at));
        world = open(world.into_store().unwrap());
    }
    let rest = world.run_until(When::After(90 * 24 * 3600), |_, _| {});
    assert!(rest.unwrap().is_over);
    assert!(left_by(world.store()) == left_by(whole.store()));
}

#[test]
fn a_store_of_another_replay_is_refused() {
    let world = open(SqliteStore::in_memory().unwrap());
    let store = world.into_store().unwrap();
    let other = input("title = \"another\"\n");
    assert!(matches!(
        World::open(store, other),
        Err(WorldError::OtherReplay)
    ));
}

#[test]
fn a_story_about_an_unknown_application_is_refused_with_its_line() {
    let store = SqliteStore::in_memory().unwrap();
    let told = input("title = \"t\"\n[[push]]\napplication = \"nobody\"\nat = \"+1s\"\n");
    let error = World::open(store, told).unwrap_err();
    assert_eq!(
        error.to_string(),
        "story.toml:3: application: the catalog has no application `nobody`"
    );
}
