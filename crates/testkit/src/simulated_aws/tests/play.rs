//! Plays calls against the simulation at chosen instants, without a server and without waiting.

use serde_json::{Value, json};

use crate::simulated_aws::caller::Credential;
use crate::simulated_aws::orders::{NewPipeline, NewPipelines, NewScripts, Settings};
use crate::simulated_aws::world::World;
use crate::simulated_aws::{EventLevel, Operation, Script, control};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const REGION: &str = "eu-central-1";
const PIPELINE: &str = "web-shop";
/// By then everything that was scripted has happened.
const LATE: u64 = 1_000_000;

pub(super) struct Play {
    pub(super) world: World,
    now: u64,
    trace: Vec<String>,
}

impl Play {
    /// One pipeline whose stages Source, Build and Deploy take 100 ms each.
    pub(super) fn of(mode: &str) -> Self {
        Self::with(NewPipeline {
            mode: mode.to_owned(),
            script: Script::succeed(100),
            ..NewPipeline::named(PIPELINE)
        })
    }

    pub(super) fn with(pipeline: NewPipeline) -> Self {
        let mut play = Self {
            world: World::new(Settings::default()),
            now: 0,
            trace: Vec::new(),
        };
        let new = NewPipelines {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            pipelines: vec![pipeline],
        };
        play.control("pipelines", &json!(new));
        play
    }

    /// Lets time pass until this instant.
    pub(super) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self.world.advance(now);
        self
    }

    /// The next execution follows this script.
    pub(super) fn next(&mut self, script: Script) -> &mut Self {
        let scripts = NewScripts {
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            pipeline: Some(PIPELINE.to_owned()),
            script: None,
            next: vec![script],
        };
        self.control("scripts", &json!(scripts));
        self
    }

    pub(super) fn start(&mut self) -> &mut Self {
        self.call(Operation::StartPipelineExecution, json!({"name": PIPELINE}))
    }

    /// A call about the execution that started as number `number`; an error goes into the trace.
    pub(super) fn about(
        &mut self,
        operation: Operation,
        number: usize,
        mut input: Value,
    ) -> &mut Self {
        let member = match operation {
            Operation::RollbackStage => "targetPipelineExecutionId",
            _ => "pipelineExecutionId",
        };
        input[member] = json!(self.id(number));
        self.on(operation, input)
    }

    /// A call about the pipeline; an error goes into the trace.
    pub(super) fn on(&mut self, operation: Operation, mut input: Value) -> &mut Self {
        input["pipelineName"] = json!(PIPELINE);
        self.call(operation, input)
    }

    pub(super) fn call(&mut self, operation: Operation, input: Value) -> &mut Self {
        if let Err(kind) = self.try_call(operation, input) {
            self.trace.push(format!("{} {kind}", self.now));
        }
        self
    }

    /// The answer, or the error's name.
    pub(super) fn try_call(
        &mut self,
        operation: Operation,
        input: Value,
    ) -> Result<Value, &'static str> {
        let credential = Credential {
            access_key: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
        };
        let ticket = self
            .world
            .receive(operation, &credential, input, self.now)
            .map_err(|error| error.kind)?;
        self.world
            .perform(&ticket, self.now)
            .map_err(|error| error.kind)
    }

    pub(super) fn control(&mut self, route: &str, body: &Value) -> Value {
        let body = body.to_string();
        let route = ("POST", route);
        let world = &mut self.world;
        control::answer(world, route, body.as_bytes(), Default::default, self.now).unwrap()
    }

    /// The id of the execution that started as number `number`, from 1.
    pub(super) fn id(&self, number: usize) -> String {
        let pipeline = self.world.pipelines.values().next().unwrap();
        pipeline.executions[number - 1].id.clone()
    }

    /// What pipelines told until everything had happened, and the errors: instant, execution, state.
    pub(super) fn told(&mut self) -> Vec<String> {
        self.told_of(EventLevel::Pipeline)
    }

    pub(super) fn told_of(&mut self, level: EventLevel) -> Vec<String> {
        self.at(LATE);
        let pipeline = self.world.pipelines.values().next().unwrap();
        let ids: Vec<&str> = pipeline
            .executions
            .iter()
            .map(|known| known.id.as_str())
            .collect();
        let events = self.world.events.emitted();
        let events = events.filter(|event| event.level == level);
        let mut lines: Vec<String> = events
            .map(|event| {
                let number = ids
                    .iter()
                    .position(|id| event.detail["execution-id"] == *id);
                let stage = event.detail["stage"].as_str();
                let stage = stage.map_or(String::new(), |stage| format!(" {stage}"));
                format!(
                    "{} #{}{stage} {}",
                    event.at_ms,
                    number.unwrap() + 1,
                    event.state
                )
            })
            .collect();
        lines.append(&mut self.trace);
        lines.sort_by_key(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap());
        lines
    }
}
