//! The control API: what each of its requests does. Its routes stand in the documentation of the module above.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::codeartifact::{HeldRepository, HeldVersion};
use super::constraint::Members;
use super::declaration::Declaration;
use super::events::EventFault;
use super::faults::Fault;
use super::instant::Millis;
use super::orders::{
    Delivered, EventsShown, ExecutionShown, Finish, NewPipelines, NewScripts, OtherStart,
    RoleTrust, Settings, UserKey,
};
use super::pipeline::{Moving, Pipeline, PipelineKey, Start};
use super::script::Outcome;
use super::world::World;

/// What is wrong with a control request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ControlError {
    UnknownRoute,
    Invalid(String),
}

type Answer = Result<Value, ControlError>;

/// Requests about held calls are not for the world: the server answers them.
pub(crate) fn answer(
    world: &mut World,
    (method, path): (&str, &str),
    body: &[u8],
    delivered: impl FnOnce() -> Delivered,
    now: Millis,
) -> Answer {
    match (method, path) {
        ("GET", "health") => Ok(done()),
        ("POST", "reset") => {
            world.reset();
            Ok(done())
        }
        ("GET", "settings") => Ok(json!(world.settings)),
        ("POST", "settings") => {
            world.settings = parse::<Settings>(body)?;
            Ok(done())
        }
        ("POST", "pipelines") => create_pipelines(world, parse(body)?, now),
        ("POST", "scripts") => set_scripts(world, &parse(body)?),
        ("GET", "executions") => Ok(json!(show_executions(world))),
        ("POST", "executions/start") => start(world, parse(body)?, now),
        ("POST", "executions/finish") => finish(world, &parse(body)?, now),
        ("GET", "events") => Ok(json!(EventsShown {
            emitted: world.events.emitted().cloned().collect(),
            faults: world.events.faults().to_vec(),
            delivery: delivered(),
        })),
        ("GET", "calls") => Ok(json!(world.calls.kept().collect::<Vec<_>>())),
        ("DELETE", "calls") => {
            world.calls.clear();
            Ok(done())
        }
        ("GET", "registry") => Ok(json!(world.registry.held().collect::<Vec<_>>())),
        ("POST", "registry") => fill_registry(world, parse(body)?, now),
        ("GET", "repositories") => Ok(json!(world.registry.described())),
        ("POST", "repositories") => describe_repositories(world, parse(body)?),
        ("DELETE", "registry") => {
            world.registry.clear();
            Ok(done())
        }
        (_, "faults" | "event-faults") => answer_faults(world, (method, path), body),
        (_, "roles" | "keys") => answer_keys(world, (method, path), body),
        _ => Err(ControlError::UnknownRoute),
    }
}

fn answer_faults(world: &mut World, route: (&str, &str), body: &[u8]) -> Answer {
    match route {
        ("GET", "faults") => return Ok(json!(world.faults.waiting())),
        ("POST", "faults") => {
            let added = world.faults.add(parse::<Fault>(body)?);
            added.map_err(ControlError::Invalid)?;
        }
        ("DELETE", "faults") => world.faults.clear(),
        ("POST", "event-faults") => world.events.add_fault(parse::<EventFault>(body)?),
        ("DELETE", "event-faults") => world.events.clear_faults(),
        _ => return Err(ControlError::UnknownRoute),
    }
    Ok(done())
}

fn answer_keys(world: &mut World, route: (&str, &str), body: &[u8]) -> Answer {
    match route {
        ("POST", "roles") => {
            let trust = parse::<RoleTrust>(body)?;
            let roles = &mut world.roles;
            roles.require_external_id(&trust.role_arn, &trust.external_id);
        }
        ("POST", "keys") => {
            let key = parse::<UserKey>(body)?;
            let keys = &mut world.keys;
            keys.add_user(&key.access_key, &key.account, &key.user);
        }
        _ => return Err(ControlError::UnknownRoute),
    }
    Ok(done())
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    serde_json::from_slice(body).map_err(|error| ControlError::Invalid(error.to_string()))
}

fn done() -> Value {
    json!({"ok": true})
}

fn create_pipelines(world: &mut World, new: NewPipelines, now: Millis) -> Answer {
    let mut made = Vec::new();
    for pipeline in new.pipelines {
        let input = json!({"pipeline": pipeline.declaration(&new.account)});
        let declaration = Members::of_input(&input)
            .and_then(|input| Declaration::parse(&input, 1))
            .map_err(|error| {
                ControlError::Invalid(format!("{}: {}", pipeline.name, error.message))
            })?;
        let key = PipelineKey {
            account: new.account.clone(),
            region: new.region.clone(),
            name: declaration.name.clone(),
        };
        let mut state = Pipeline::new(key, declaration, now);
        state.script = pipeline.script;
        state.tags = pipeline.tags;
        made.push(state);
    }
    for state in made {
        world.pipelines.insert(state.key.clone(), state);
    }
    Ok(done())
}

fn set_scripts(world: &mut World, new: &NewScripts) -> Answer {
    let mut changed = 0;
    for (key, pipeline) in &mut world.pipelines {
        let is_meant = (&key.account, &key.region) == (&new.account, &new.region)
            && new.pipeline.as_ref().is_none_or(|name| *name == key.name);
        if is_meant {
            changed += 1;
            if let Some(script) = &new.script {
                pipeline.script = script.clone();
            }
            pipeline.next_scripts.extend(new.next.iter().cloned());
        }
    }
    match changed {
        0 => Err(ControlError::Invalid("no such pipeline".to_owned())),
        _ => Ok(json!({"changed": changed})),
    }
}

fn show_executions(world: &World) -> Vec<ExecutionShown> {
    let mut shown = Vec::new();
    for (key, pipeline) in &world.pipelines {
        shown.extend(pipeline.executions.iter().map(|execution| ExecutionShown {
            account: key.account.clone(),
            region: key.region.clone(),
            pipeline: key.name.clone(),
            id: execution.id.clone(),
            status: execution.status.as_str().to_owned(),
            trigger_type: execution.trigger.kind.clone(),
            trigger_detail: execution.trigger.detail.clone(),
            variables: execution.variables.clone(),
            started_at_ms: execution.started_at,
            updated_at_ms: execution.updated_at,
            is_in_a_stage: execution.is_in_a_stage(),
        }));
    }
    shown
}

fn start(world: &mut World, other: OtherStart, now: Millis) -> Answer {
    let key = PipelineKey {
        account: other.account,
        region: other.region,
        name: other.pipeline,
    };
    let start = Start::by(&other.trigger_type, &other.trigger_detail);
    let id = change(world, &key, now, |moving| moving.start(start, 0))?;
    let id = id.map_err(|error| ControlError::Invalid(error.message))?;
    Ok(json!({"id": id}))
}

fn finish(world: &mut World, order: &Finish, now: Millis) -> Answer {
    let key = PipelineKey {
        account: order.account.clone(),
        region: order.region.clone(),
        name: order.pipeline.clone(),
    };
    let result = match order.outcome {
        Outcome::Succeed => Ok(()),
        Outcome::Fail => Err("Failed on script".to_owned()),
        Outcome::Hang => return Err(ControlError::Invalid("`hang` is no end".to_owned())),
    };
    let finished = change(world, &key, now, |moving| {
        let only = order.execution.as_ref();
        let only = only.map(|id| moving.pipeline.by_id(id).map_or(0, |known| known.number));
        moving.finish(only, &result)
    })?;
    Ok(json!({"finished": finished}))
}

fn change<T>(
    world: &mut World,
    key: &PipelineKey,
    now: Millis,
    moves: impl FnOnce(&mut Moving<'_>) -> T,
) -> Result<T, ControlError> {
    let unknown = || ControlError::Invalid(format!("no pipeline {}", key.arn()));
    world.change(key, now, moves).ok_or_else(unknown)
}

fn describe_repositories(world: &mut World, repositories: Vec<HeldRepository>) -> Answer {
    for repository in repositories {
        let described = world.registry.describe(repository);
        described.map_err(ControlError::Invalid)?;
    }
    Ok(done())
}

fn fill_registry(world: &mut World, versions: Vec<HeldVersion>, now: Millis) -> Answer {
    for version in versions {
        world
            .registry
            .put(version, now)
            .map_err(ControlError::Invalid)?;
    }
    Ok(done())
}
