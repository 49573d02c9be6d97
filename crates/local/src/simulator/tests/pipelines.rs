use downriver_domain::{AttemptId, ClientRequestToken, PipelineExecutionId};
use downriver_engine::ports::{ExecutionStatus, StartError, Trigger};
use downriver_engine::wire::Sources;
use downriver_engine::wire::event::{WireEvent, parse};

use super::worlds::{CATALOG, FIRST, begin, catalog, pipeline_of, run};
use crate::simulator::agenda::Item;
use crate::simulator::{Simulator, pipeline_key};

fn start(simulator: &mut Simulator, attempt: &str) -> Result<PipelineExecutionId, StartError> {
    let pipeline = pipeline_of(simulator, "web");
    let attempt: AttemptId = attempt.parse().unwrap();
    let token = ClientRequestToken::of(&attempt);
    simulator.call_start(&pipeline, &attempt, &token, &[])
}

fn statuses(simulator: &Simulator) -> Vec<ExecutionStatus> {
    let key = pipeline_key(&pipeline_of(simulator, "web"));
    let facts = simulator.facts.by_pipeline(&key).unwrap();
    let executions = &simulator.pipelines[&key].executions;
    executions
        .iter()
        .map(|execution| execution.report(facts).status)
        .collect()
}

#[test]
fn a_default_pipeline_takes_its_stages_one_after_another() {
    let mut simulator = begin(CATALOG, "");
    start(&mut simulator, "web.1.1").unwrap();
    let trace = run(&mut simulator, &catalog(CATALOG), 300);
    assert_eq!(
        trace,
        [
            "1 web STARTED",
            "12 team lib@1.2.3 Created Published",
            "12 team react@18.2.0 Created Published",
            "251 web SUCCEEDED",
            "255 built lib@1.2.3 react@18.2.0",
        ],
    );
}

#[test]
fn an_execution_that_waits_between_stages_is_overtaken() {
    let mut simulator = begin(CATALOG, "");
    let dependencies = catalog(CATALOG);
    start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &dependencies, 20);
    start(&mut simulator, "web.2.1").unwrap();
    run(&mut simulator, &dependencies, 20);
    start(&mut simulator, "web.3.1").unwrap();
    run(&mut simulator, &dependencies, 20);
    assert_eq!(
        statuses(&simulator),
        [
            ExecutionStatus::InProgress,
            ExecutionStatus::Superseded,
            ExecutionStatus::InProgress
        ]
    );
    run(&mut simulator, &dependencies, 600);
    assert_eq!(
        statuses(&simulator),
        [
            ExecutionStatus::Succeeded,
            ExecutionStatus::Superseded,
            ExecutionStatus::Succeeded
        ]
    );
}

#[test]
fn a_queued_pipeline_skips_nobody_and_keeps_the_order() {
    let mut simulator = begin(
        CATALOG,
        "[[pipeline]]\napplication = \"web\"\nmode = \"QUEUED\"\n",
    );
    for attempt in ["web.1.1", "web.2.1", "web.3.1"] {
        start(&mut simulator, attempt).unwrap();
    }
    let trace = run(&mut simulator, &catalog(CATALOG), 2_000);
    let ended: Vec<&str> = trace
        .iter()
        .filter(|line| line.ends_with("SUCCEEDED"))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(ended, ["251", "431", "611"]);
}

#[test]
fn a_parallel_pipeline_runs_fifty_at_once_and_refuses_more() {
    let mut simulator = begin(
        CATALOG,
        "[[pipeline]]\napplication = \"web\"\nmode = \"PARALLEL\"\n",
    );
    for number in 1..=50 {
        start(&mut simulator, &format!("web.{number}.1")).unwrap();
    }
    assert_eq!(start(&mut simulator, "web.51.1"), Err(StartError::Busy));
    run(&mut simulator, &catalog(CATALOG), 250);
    assert_eq!(statuses(&simulator), [ExecutionStatus::Succeeded; 50]);
    assert!(start(&mut simulator, "web.51.1").is_ok());
}

#[test]
fn a_repeated_token_starts_nothing_again() {
    let mut simulator = begin(CATALOG, "");
    let first = start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 1_000);
    assert_eq!(start(&mut simulator, "web.1.1"), Ok(first));
    assert_eq!(statuses(&simulator).len(), 1);
}

#[test]
fn a_call_without_an_answer_has_started_all_the_same() {
    let story = "[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"UNKNOWN\"\n";
    let mut simulator = begin(CATALOG, story);
    let answer = start(&mut simulator, "web.1.1");
    assert!(matches!(answer, Err(StartError::Unknown(_))));
    assert_eq!(statuses(&simulator), [ExecutionStatus::InProgress]);
    assert!(start(&mut simulator, "web.1.1").is_ok());
    assert_eq!(statuses(&simulator).len(), 1);
}

#[test]
fn scripted_errors_come_first_and_as_often_as_said() {
    let story = "[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"THROTTLED\"\ntimes = 2\n\
                 [[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"DENIED\"\n";
    let mut simulator = begin(CATALOG, story);
    assert_eq!(start(&mut simulator, "web.1.1"), Err(StartError::Throttled));
    assert_eq!(start(&mut simulator, "web.1.1"), Err(StartError::Throttled));
    assert!(matches!(
        start(&mut simulator, "web.1.1"),
        Err(StartError::Denied(_))
    ));
    assert!(start(&mut simulator, "web.1.1").is_ok());
}

#[test]
fn a_failed_stage_is_reported_and_retried_by_a_person() {
    let story = "[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"FAILED\"\nstage = \"Deploy\"\n\
                 [[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"RESUMED\"\nafter = \"100s\"\n";
    let mut simulator = begin(CATALOG, story);
    let id = start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 260);
    let key = pipeline_key(&pipeline_of(&simulator, "web"));
    let facts = simulator.facts.by_pipeline(&key).unwrap();
    let report = simulator.pipelines[&key].by_id(&id).unwrap().report(facts);
    assert_eq!(report.status, ExecutionStatus::Failed);
    let failed = report.failed_stage.unwrap();
    assert_eq!(
        (failed.name.as_str(), failed.is_before_deploy),
        ("Deploy", false)
    );
    assert_eq!(report.trigger, Trigger::Session("web.1.1".to_owned()));
    let trace = run(&mut simulator, &catalog(CATALOG), 300);
    assert_eq!(trace[0], "351 web RESUMED");
    assert_eq!(trace[1], "411 web SUCCEEDED");
}

#[test]
fn stopping_takes_five_seconds_and_frees_the_stage() {
    let story =
        "[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"STOPPED\"\nafter = \"30s\"\n";
    let mut simulator = begin(CATALOG, story);
    start(&mut simulator, "web.1.1").unwrap();
    let trace = run(&mut simulator, &catalog(CATALOG), 600);
    let states: Vec<&String> = trace.iter().filter(|line| line.contains("STOP")).collect();
    assert_eq!(states, ["31 web STOPPING", "36 web STOPPED"]);
    assert_eq!(statuses(&simulator), [ExecutionStatus::Stopped]);
    start(&mut simulator, "web.2.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 600);
    assert_eq!(statuses(&simulator)[1], ExecutionStatus::Succeeded);
}

#[test]
fn nobody_approves_unless_the_story_says_so() {
    let stages = "[[pipeline]]\napplication = \"web\"\nstages = [{ name = \"Source\", secs = 5 }, \
                  { name = \"Approve\", approval = true }, { name = \"Deploy\", secs = 5, deploys = true }]\n";
    let mut simulator = begin(CATALOG, stages);
    start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 100_000);
    assert_eq!(statuses(&simulator), [ExecutionStatus::InProgress]);

    let approved = "[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"APPROVED\"\nstage = \"Approve\"\nafter = \"1h\"\n";
    let mut simulator = begin(CATALOG, &format!("{stages}{approved}"));
    start(&mut simulator, "web.1.1").unwrap();
    let trace = run(&mut simulator, &catalog(CATALOG), 100_000);
    assert!(
        trace.contains(&"3611 web SUCCEEDED".to_owned()),
        "{trace:?}"
    );
}

#[test]
fn a_disabled_transition_holds_and_the_newest_overtakes() {
    let stages = "[[pipeline]]\napplication = \"web\"\nstages = [{ name = \"Source\", secs = 5 }, \
                  { name = \"Deploy\", secs = 5, deploys = true, transition = \"disabled\" }]\n";
    let mut simulator = begin(CATALOG, stages);
    start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 60);
    start(&mut simulator, "web.2.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 60);
    assert_eq!(
        statuses(&simulator),
        [ExecutionStatus::Superseded, ExecutionStatus::InProgress]
    );
}

#[test]
fn a_rollback_returns_to_what_an_earlier_execution_built() {
    let story = "[[outcome]]\napplication = \"web\"\nexecution = 2\nstate = \"FAILED\"\nstage = \"Deploy\"\n\
                 [[outcome]]\napplication = \"web\"\nexecution = 2\nstate = \"ROLLBACK\"\nto = 1\nafter = \"30s\"\n";
    let mut simulator = begin(CATALOG, story);
    let first = start(&mut simulator, "web.1.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 600);
    start(&mut simulator, "web.2.1").unwrap();
    run(&mut simulator, &catalog(CATALOG), 600);
    let key = pipeline_key(&pipeline_of(&simulator, "web"));
    let facts = simulator.facts.by_pipeline(&key).unwrap();
    let last = simulator.pipelines[&key].executions.last().unwrap();
    assert_eq!(last.report(facts).rollback_target, Some(first));
    assert_eq!(last.report(facts).status, ExecutionStatus::Succeeded);
}

#[test]
fn events_have_the_shape_that_the_engine_reads() {
    let mut simulator = begin(CATALOG, "");
    start(&mut simulator, "web.1.1").unwrap();
    let (_, item) = simulator.agenda.take().unwrap();
    let Item::Event { body, .. } = item else {
        panic!("the first thing is the event of the start: {item:?}");
    };
    assert!(body.contains("\"pipeline-execution-attempt\":1.0"));
    let event = parse(body.as_bytes(), &Sources::default()).unwrap();
    let WireEvent::Execution(event) = event else {
        panic!("an execution's event");
    };
    assert_eq!(event.trigger, Some(Trigger::Session("web.1.1".to_owned())));
    assert_eq!(event.event_time, FIRST);
    assert_eq!(event.pipeline, pipeline_of(&simulator, "web"));
}

#[test]
fn the_same_calls_give_the_same_trace() {
    let trace = || {
        let mut simulator = begin(CATALOG, "[[push]]\napplication = \"lib\"\nat = \"+10s\"\n");
        start(&mut simulator, "web.1.1").unwrap();
        let trace = run(&mut simulator, &catalog(CATALOG), 1_000);
        (trace, simulator.take_rows())
    };
    assert_eq!(trace(), trace());
}
