//! `downriver replay`: delivers events in order of their time and shows what comes of them.

use std::path::Path;

use downriver_domain::ApplicationId;
use downriver_domain::slot::{HeldReason, SlotState};
use downriver_engine::operate::{self, Command};
use downriver_engine::ports::{LOAD_APPLICATIONS_MAX, Store as _, StoreError};
use downriver_engine::query;
use downriver_local::sqlite::SqliteStore;
use downriver_local::story::When;
use downriver_local::world::{Rest, Step, World, WorldError, complete};

use crate::arguments::{GlobalOptions, ReplayOptions};
use crate::document::ReplayDocument;
use crate::exit::{Exit, refuse};
use crate::render;
use crate::render::replay::{
    QUARANTINED_MAX, contents, expectations, heading, quarantined, summary,
};
use crate::render::style::{Page, hang};
use crate::render::time::date_and_clock;
use crate::render::timeline::{Detail, Timeline};
use crate::report::{InputFacts, RunName, RunReport, each_entry, report};
use crate::runs::{Run, find_runs};
use crate::setup::open_store;
use crate::terminal::Terminal;

pub(crate) fn replay(
    global: &GlobalOptions,
    options: &ReplayOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let runs = choose(find_runs(&options.paths, global)?, options.only.as_deref())?;
    if let Some(store) = &global.store
        && runs.len() > 1
    {
        return Err(refuse(format!(
            "--store {} holds one run, but there are {}: name one of them with --only: {}",
            store.display(),
            runs.len(),
            names(&runs)
        )));
    }
    if options.until.is_some() && runs.len() > 1 {
        return Err(refuse(format!(
            "--until stops one run, but there are {}: name one of them with --only: {}",
            runs.len(),
            names(&runs)
        )));
    }
    let mut whole = ReplayDocument::default();
    let mut exit = Exit::Fine;
    for run in &runs {
        run.catalog
            .remarks
            .iter()
            .for_each(|text| terminal.remark(text));
        let reported = perform(run, global.store.as_deref(), options, terminal)?;
        exit = worse(exit, judged(run, &reported));
        whole.add(reported.document);
    }
    terminal.end_progress();
    if terminal.is_json() {
        terminal.print_json(&whole)?;
    } else if runs.len() > 1 {
        let page = terminal.page();
        let title = format!("All {} runs", runs.len());
        terminal.print(&heading(page, &title, None, ""))?;
        terminal.print(&contents(page, &whole.stories))?;
        terminal.print(&summary(page, &whole.summary))?;
    }
    Ok(exit)
}

fn choose(runs: Vec<Run>, only: Option<&str>) -> anyhow::Result<Vec<Run>> {
    let Some(only) = only else {
        return Ok(runs);
    };
    let known = names(&runs);
    let chosen: Vec<Run> = runs.into_iter().filter(|run| run.name == only).collect();
    if chosen.is_empty() {
        return Err(refuse(format!(
            "no run is named `{only}`; there are: {known}"
        )));
    }
    Ok(chosen)
}

fn names(runs: &[Run]) -> String {
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    names.join(", ")
}

/// Runs one replay to its rest and shows it.
fn perform(
    run: &Run,
    store: Option<&Path>,
    options: &ReplayOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<RunReport> {
    let input = run.read();
    let facts = InputFacts::of(&input);
    let opened = match store {
        Some(path) => open_store(path)?,
        None => SqliteStore::in_memory()?,
    };
    let mut world = World::open(opened, input).map_err(usable)?;
    let (taken_before, steps_before) = (world.progress().0, world.steps());
    let rest = advance(&mut world, &run.name, options.until, terminal)?;
    if steps_before > 0 {
        let text = resumed(&world, rest, taken_before, steps_before);
        terminal.remark(&text);
    }
    if options.force {
        let retried = retry_failed(&world)?;
        advance(&mut world, &run.name, None, terminal)?;
        terminal.remark(&format!("--force: {retried} attempted again"));
    }
    let story = run.story.as_ref().map(|run| &run.story);
    let name = RunName {
        name: &run.name,
        story,
    };
    let reported = report(&name, &facts, &world, rest)?;
    if !terminal.is_json() {
        show(run, &facts, &world, &reported, options, terminal)?;
        if !rest.is_over {
            let page = terminal.page();
            terminal.print(&stopped(page, &world, rest, store))?;
        }
    }
    Ok(reported)
}

/// Tells a run to people.
fn show(
    run: &Run,
    facts: &InputFacts,
    world: &World,
    reported: &RunReport,
    options: &ReplayOptions,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let page = terminal.page();
    let story = run.story.as_ref().map(|run| &run.story);
    let title = story.map(|story| story.title.as_str());
    let text = story.filter(|_| !terminal.is_quiet);
    let text = text.map_or("", |story| story.text.as_str());
    terminal.print(&heading(page, &run.name, title, text))?;
    let (detail, quarantined_max) = if options.verbose {
        (Detail::COMPLETE, usize::MAX)
    } else {
        (Detail::SHORT, QUARANTINED_MAX)
    };
    if !terminal.is_quiet {
        let mut timeline = Timeline::new(page, detail);
        each_entry(world.store(), |entry| {
            let is_simulated = !facts.is_reported(&entry);
            terminal.print(&timeline.take(entry, is_simulated))
        })?;
        terminal.print(&timeline.finish())?;
        terminal.print("\n")?;
    }
    terminal.print(&unfinished(page, world)?)?;
    let document = &reported.document;
    terminal.print(&quarantined(page, &document.quarantined, quarantined_max))?;
    if let Some(checked) = &reported.expectations {
        terminal.print(&expectations(page, checked))?;
    }
    terminal.print(&summary(page, &document.summary))?;
    terminal.print("\n")
}

/// What still waits at rest, for a person mostly, and what would let it go.
fn unfinished(page: Page, world: &World) -> anyhow::Result<String> {
    let status = complete(query::status(world, None))?;
    let mut out = String::new();
    for state in &status.applications {
        if !matches!(state.slot.state, SlotState::Idle) {
            render::status::application(&mut out, page, state, world.now());
        }
    }
    Ok(out)
}

fn advance(
    world: &mut World,
    name: &str,
    until: Option<When>,
    terminal: &mut Terminal,
) -> anyhow::Result<Rest> {
    let on_step = |world: &World, step: &Step| {
        terminal.show_progress(|| {
            let (taken, total) = world.progress();
            format!("{name}: event {taken} of {total}, step {}", step.number)
        });
    };
    let rest = match until {
        None => world.run_to_rest(on_step),
        Some(until) => world.run_until(until, on_step),
    };
    terminal.end_progress();
    rest.map_err(usable)
}

/// Where it was stopped, and how it goes on.
fn stopped(page: Page, world: &World, rest: Rest, store: Option<&Path>) -> String {
    let (taken, total) = world.progress();
    let onwards = store.map_or_else(String::new, |path| {
        format!(
            ": `downriver status --store {}` shows how it stands, and the same command without --until goes on",
            path.display()
        )
    });
    let text = format!(
        "Stopped at {}, after {taken} of {total} events{onwards}.",
        date_and_clock(rest.at)
    );
    let mut out = String::new();
    hang(&mut out, page, "", &text, 0);
    out
}

fn resumed(world: &World, rest: Rest, taken_before: usize, steps_before: u64) -> String {
    if world.steps() == steps_before {
        let text = if rest.is_over {
            "this replay had finished before; nothing was left to do"
        } else {
            "this replay had come that far before; nothing was left to do until then"
        };
        return text.to_owned();
    }
    format!("went on with an interrupted replay after event {taken_before}, step {steps_before}")
}

/// Attempts again what failed or was not picked up; what is built stays.
fn retry_failed(world: &World) -> anyhow::Result<usize> {
    let mut retried = 0;
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = complete(
            world
                .store()
                .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX),
        )?;
        let Some(last) = ids.last() else {
            return Ok(retried);
        };
        after = Some(last.clone());
        for state in complete(world.store().load_applications(&ids))? {
            let is_not_picked_up = state
                .slot
                .held
                .values()
                .any(|held| held.reason == HeldReason::NotPickedUp);
            if state.slot.failure.is_some() || is_not_picked_up {
                let application = state.application.id;
                let command = Command::Retry { application };
                if complete(operate::operate(world, &command))? == operate::Operated::Done {
                    retried += 1;
                }
            }
        }
    }
}

/// What a person can mend is bad usage; the rest is a defect or a broken disk.
fn usable(error: WorldError) -> anyhow::Error {
    match error {
        WorldError::Story(_)
        | WorldError::OtherReplay
        | WorldError::TakenOver
        | WorldError::BrokenRow { .. } => refuse(error.to_string()),
        WorldError::Store(StoreError::Transient(_)) => refuse(
            "the store is in use by another process, which did not let go in time: try again",
        ),
        other => other.into(),
    }
}

fn judged(run: &Run, reported: &RunReport) -> Exit {
    if let Some(expectations) = &reported.expectations
        && !expectations.unmet.is_empty()
    {
        return Exit::Unmet;
    }
    let expects_quarantined = run
        .story
        .as_ref()
        .is_some_and(|run| run.story.expect.quarantined.is_some());
    if !reported.document.quarantined.is_empty() && !expects_quarantined {
        return Exit::Quarantined;
    }
    Exit::Fine
}

fn worse(one: Exit, other: Exit) -> Exit {
    if (other as u8) > (one as u8) {
        other
    } else {
        one
    }
}
