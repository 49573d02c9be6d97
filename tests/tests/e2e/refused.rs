//! StartPipelineExecution refuses, or does not answer, or its caller dies.

use downriver_testkit::simulated_aws::{
    Call, EventFault, EventFaultKind, Fault, FaultKind, NewPipeline, Operation, Refusal, Release,
    Script,
};

use serde_json::json;

use crate::harness::{App, PIPELINE_STAGE_MS, Publish, Stack, eventually, stack, stays};

/// A refused start is tried again after 30 seconds and a little.
const BACK_OFF_SECS: u64 = 100;
/// A killed start may be looked into after the function's limit and two minutes; then a message has to come, or sweep.
const RECOVERED_SECS: u64 = 260;

pub(crate) fn apps() -> Vec<App> {
    let names = [
        "throttled",
        "busy",
        "limited",
        "denied",
        "unanswered",
        "closed",
        "intended",
        "missing",
        "unrecorded",
    ];
    names
        .iter()
        .map(|name| App::new(&format!("start-{name}")).uses(&package(name), "^1.0.0", "1.0.0"))
        .collect()
}

fn package(name: &str) -> String {
    format!("start/{name}")
}

fn fault(stack: &Stack, name: &str, fault: FaultKind) -> String {
    let application = format!("start-{name}");
    stack.simulated.add_fault(&Fault {
        operation: Operation::StartPipelineExecution,
        of: Some(application.clone()),
        fault,
        times: 1,
        after: 0,
    });
    application
}

/// The starts that an application's pipeline was asked for.
fn starts(stack: &Stack, application: &str) -> Vec<Call> {
    stack.calls(Operation::StartPipelineExecution, application)
}

fn comes_after_a_refusal(name: &str, refusal: Refusal) {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = fault(stack, name, FaultKind::Refuse(refusal));
    Publish::new(&package(name), "1.1.0").put(stack);
    eventually(60, "the refusal", || {
        stack
            .told(&application)
            .contains("was refused")
            .then_some(())
    });
    let status = stack.status(&application);
    assert_eq!(status["state"], "pending", "{status}");
    eventually(BACK_OFF_SECS, "the next try", || {
        let all = stack.rebuilds(&application);
        all.iter()
            .any(|execution| execution.status == "Succeeded")
            .then_some(())
    });
    let starts = starts(stack, &application);
    let sessions: Vec<&str> = starts
        .iter()
        .filter_map(|call| call.session.as_deref())
        .collect();
    let attempts = [format!("{application}.1.1"), format!("{application}.1.2")];
    assert_eq!(sessions, attempts, "the same rebuild, another attempt");
    assert_ne!(starts[0].token, starts[1].token);
    assert_eq!(stack.executions(&application).len(), 1);
    stack.comes_to(&application, "idle");
    let outcomes = stack.outcomes(&application);
    assert!(
        !outcomes.iter().any(|outcome| outcome == "Failed"),
        "{outcomes:?}"
    );
}

#[test]
fn a_throttled_start_comes_later() {
    comes_after_a_refusal("throttled", Refusal::Throttle);
}

#[test]
fn a_start_in_conflict_comes_later() {
    comes_after_a_refusal("busy", Refusal::Conflict);
}

#[test]
fn a_start_over_the_limit_comes_later() {
    comes_after_a_refusal("limited", Refusal::Limit);
}

#[test]
fn a_missing_pipeline_needs_a_person_who_makes_it_and_retries() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "start-missing";
    let gone = stack
        .codepipeline
        .codepipeline("DeletePipeline", &json!({"name": application}));
    gone.expect("a person deletes it");
    Publish::new(&package("missing"), "1.1.0").put(stack);
    stack.comes_to(application, "stuck");
    let (_, text, _) = stack.downriver(&["status", application]);
    assert!(text.contains("the pipeline does not exist"), "{text}");
    let told = stack.told(application);
    assert!(
        told.contains("run `downriver retry start-missing`"),
        "{told}"
    );
    let notice = eventually(30, "the notice", || {
        let mut notices = stack.notices(application).into_iter();
        notices.find(|notice| notice["detail-type"] == "Downriver Rebuild Stuck")
    });
    assert_eq!(notice["detail"]["is_urgent"], true);
    let pipeline = NewPipeline {
        script: Script::succeed(PIPELINE_STAGE_MS),
        ..NewPipeline::named(application)
    };
    stack
        .simulated
        .create_pipelines(&stack.account, &stack.region, vec![pipeline]);
    stays(1, "stuck until somebody retries", || {
        stack.executions(application).is_empty()
    });
    stack.order(&["retry", application]);
    assert_eq!(stack.rebuilt(application, 1).len(), 1);
    stack.comes_to(application, "idle");
}

#[test]
fn a_denied_start_needs_a_person() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = fault(stack, "denied", FaultKind::Refuse(Refusal::Denied));
    Publish::new(&package("denied"), "1.1.0").put(stack);
    stack.comes_to(&application, "stuck");
    assert_eq!(starts(stack, &application).len(), 1);
    let told = stack.told(&application);
    assert!(told.contains("not authorized"), "{told}");
    stack.order(&["retry", &application]);
    assert_eq!(stack.rebuilt(&application, 1).len(), 1);
}

fn starts_once_without_an_answer(name: &str, kind: FaultKind) {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = fault(stack, name, kind);
    Publish::new(&package(name), "1.1.0").put(stack);
    stack.rebuilt(&application, 1);
    stack.comes_to(&application, "idle");
    stays(2, "one execution", || {
        stack.executions(&application).len() == 1
    });
    assert_eq!(starts(stack, &application).len(), 1, "one call");
}

#[test]
fn a_start_that_is_never_answered_starts_one_execution() {
    starts_once_without_an_answer("unanswered", FaultKind::NoAnswer);
}

#[test]
fn a_start_whose_answer_is_lost_starts_one_execution() {
    starts_once_without_an_answer("closed", FaultKind::CloseAfter);
}

/// Kills the start function while its call is held. Others wait meanwhile, so that only this call is hit.
fn kill_during_the_call(stack: &Stack, name: &str, kind: FaultKind) -> String {
    let _turn = stack.alone_at_once();
    let application = fault(stack, name, kind);
    Publish::new(&package(name), "1.1.0").put(stack);
    let held = eventually(60, "the held call", || {
        let holds = stack.simulated.holds();
        let starts = starts(stack, &application);
        let call = starts.iter().find(|call| holds.contains(&call.number));
        call.map(|call| call.number)
    });
    assert!(
        stack.kill("StartFunction") > 0,
        "there is a process to kill"
    );
    stack.simulated.release(&Release {
        call: Some(held),
        is_closed: true,
    });
    application
}

#[test]
fn a_function_killed_between_intent_and_start_starts_one_execution() {
    let Some(stack) = stack() else { return };
    let first = stack.first();
    let _settings = stack.as_configured();
    let application = kill_during_the_call(stack, "intended", FaultKind::Hold);
    drop(first);
    assert!(
        stack.executions(&application).is_empty(),
        "nothing was started"
    );
    assert_eq!(stack.status(&application)["state"], "starting");
    let rebuilds = eventually(RECOVERED_SECS, "the repeated call", || {
        let all = stack.rebuilds(&application);
        all.iter()
            .any(|execution| execution.status == "Succeeded")
            .then_some(all)
    });
    assert_eq!(rebuilds.len(), 1);
    let starts = starts(stack, &application);
    assert_eq!(starts.len(), 2, "the same call again: {starts:#?}");
    assert_eq!(starts[0].session, starts[1].session);
    assert_eq!(starts[0].token, starts[1].token);
    let told = stack.told(&application);
    assert!(told.contains("the same call is made again"), "{told}");
    stack.comes_to(&application, "idle");
}

#[test]
fn a_function_killed_between_start_and_record_starts_one_execution() {
    let Some(stack) = stack() else { return };
    let first = stack.first();
    let _settings = stack.as_configured();
    // No event tells of it either, so that it has to be found by its session's name.
    stack.simulated.add_event_fault(&EventFault {
        level: None,
        state: None,
        pipeline: Some("start-unrecorded".to_owned()),
        fault: EventFaultKind::Drop,
        times: 100,
    });
    let application = kill_during_the_call(stack, "unrecorded", FaultKind::HoldAfter);
    drop(first);
    let status = stack.status(&application);
    assert_eq!(status["state"], "starting", "{status}");
    eventually(RECOVERED_SECS, "that it is found", || {
        // Not while somebody is alone, and sees what happens without a sweep.
        let _turn = stack.shared();
        stack.sweep();
        (stack.status(&application)["state"] == "idle").then_some(())
    });
    assert_eq!(stack.executions(&application).len(), 1);
    assert_eq!(starts(stack, &application).len(), 1, "one call");
    assert_eq!(stack.end_of(&application), "Succeeded");
}
