//! Which failures say nothing about the changes that were built.

use super::super::{Ending, FailedStage, decide_end};
use super::world;
use crate::slot::{SeenExecution, StartedBy};
use crate::testing::{at, id};
use crate::{AttemptId, Cascade, RebuildId};

fn stage(code: &str, message: &str) -> FailedStage {
    FailedStage {
        name: "Build".to_owned(),
        is_before_deploy: false,
        action: Some("Compile".to_owned()),
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        url: Some("https://console.example/build/1".to_owned()),
    }
}

fn excuse_of(stage: FailedStage) -> Option<String> {
    let (mut slot, application, running) = world();
    let ending = Ending::Failed(Some(stage));
    decide_end(&mut slot, &application, running, &ending, at(500), at(510));
    slot.failure.expect("it failed").excuse
}

#[test]
fn what_failed_before_anything_was_built_does_not_count() {
    for (code, message, is_excused) in [
        (
            "JobFailed",
            "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: exit 1",
            false,
        ),
        (
            "JobFailed",
            "Build terminated with state: FAULT. Phase: PROVISIONING, Code: INTERNAL_SERVICE_ERROR, Message: none",
            true,
        ),
        (
            "JobFailed",
            "Build terminated with state: FAILED. Phase: PROVISIONING, Code: BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
            true,
        ),
        ("SystemUnavailable", "try again", true),
        (
            "JobFailed",
            "Error calling startBuild: Cannot have more than 1 builds in queue (AccountLimitExceededException)",
            true,
        ),
        ("PermissionError", "the role may not", false),
        (
            "JobFailed",
            "Rate exceeded (Service: CodeBuild, Status Code: 400)",
            true,
        ),
    ] {
        assert_eq!(
            excuse_of(stage(code, message)).is_some(),
            is_excused,
            "{code}: {message}"
        );
    }
}

#[test]
fn a_failure_says_where_it_was_and_where_to_look() {
    let (mut slot, application, running) = world();
    let ending = Ending::Failed(Some(stage("JobFailed", "exit 1")));
    decide_end(&mut slot, &application, running, &ending, at(500), at(510));
    let failure = slot.failure.expect("it failed");
    insta::assert_snapshot!(failure.reason, @"execution e-ours failed in stage Build, action Compile: exit 1");
    assert_eq!(
        failure.url.as_deref(),
        Some("https://console.example/build/1")
    );
    assert_eq!(failure.excuse, None);
}

#[test]
fn an_application_that_failed_before_the_change_too_does_not_count() {
    let before = |name: &str, secs: i64, is_failed: bool, is_superseded: bool| SeenExecution {
        execution: id(name),
        started_by: StartedBy::Person,
        started_at: at(secs),
        ended_at: Some(at(secs + 5)),
        is_superseded,
        is_failed,
        is_rollback: false,
        cascade: Cascade::default(),
    };
    let excuse = |executions: Vec<SeenExecution>| {
        let (mut slot, application, running) = world();
        for seen in executions {
            slot.note_execution(seen);
        }
        let ending = Ending::Failed(None);
        decide_end(&mut slot, &application, running, &ending, at(500), at(510));
        slot.failure.expect("it failed").excuse
    };
    assert_eq!(excuse(Vec::new()), None);
    assert!(excuse(vec![before("e-1", 10, true, false)]).is_some());
    // The last one before it counts, if it came to an end of its own.
    let mended = vec![
        before("e-1", 10, true, false),
        before("e-2", 20, false, false),
    ];
    assert_eq!(excuse(mended), None);
    let superseded = vec![
        before("e-1", 10, true, false),
        before("e-2", 20, false, true),
    ];
    assert!(excuse(superseded).is_some());
    // One that started after ours says nothing.
    assert_eq!(excuse(vec![before("e-3", 200, true, false)]), None);
    // Nor do earlier attempts of the same rebuild: they had the change.
    let own = SeenExecution {
        started_by: StartedBy::Downriver(AttemptId::numbered(
            &RebuildId::numbered(&id("web"), 1),
            1,
        )),
        ..before("e-0", 50, true, false)
    };
    assert_eq!(excuse(vec![own]), None);
}
