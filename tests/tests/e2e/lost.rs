//! Messages that are lost, and messages that fail for good.

use downriver_testkit::simulated_aws::{EventFault, EventFaultKind, EventLevel};
use serde_json::{Value, json};

use crate::harness::{App, Publish, eventually, purl, stack, stays};

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("lost-timer").uses("lost/timer", "^1.0.0", "1.0.0"),
        App::new("lost-event").uses("lost/event", "^1.0.0", "1.0.0"),
        App::new("lost-publish").uses("lost/publish", "^1.0.0", "1.0.0"),
        App::new("unreadable-web").uses("unreadable/ui", "^1.0.0", "1.0.0"),
        App::new("dead-web").uses("dead/ui", "^1.0.0", "1.0.0"),
        App::new("dead-other").uses("dead/other", "^1.0.0", "1.0.0"),
    ]
}

#[test]
fn sweep_finds_what_a_lost_timer_left_waiting() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    let due = stack.output("DueQueueUrl");
    let off = stack.switch_off("StartFunction");
    Publish::new("lost/timer", "1.1.0").put(stack);
    stack.comes_to("lost-timer", "pending");
    // Those of others come back after a second.
    let lost = eventually(60, "the timer", || {
        let messages = stack.aws.receive(due, 1);
        messages
            .into_iter()
            .find(|message| message.body.contains("\"lost-timer\""))
    });
    stack.aws.delete(due, &lost);
    let timer: Value = serde_json::from_str(&lost.body).expect("a timer is JSON");
    assert_eq!(timer["kind"], "timer");
    drop(off);
    stays(2, "nothing starts by itself", || {
        stack.executions("lost-timer").is_empty()
    });
    let report = stack.sweep();
    let overdue = report["overdue"]["first"].as_array().expect("a list");
    assert!(overdue.contains(&json!("lost-timer")), "{report}");
    assert_eq!(stack.rebuilt("lost-timer", 1).len(), 1);
}

#[test]
fn sweep_finds_an_end_that_no_event_told() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    stack.simulated.add_event_fault(&EventFault {
        level: Some(EventLevel::Pipeline),
        state: Some("SUCCEEDED".to_owned()),
        pipeline: Some("lost-event".to_owned()),
        fault: EventFaultKind::Drop,
        times: 1,
    });
    Publish::new("lost/event", "1.1.0").put(stack);
    stack.rebuilt("lost-event", 1);
    eventually(60, "the repair", || {
        stack.sweep();
        (stack.status("lost-event")["state"] == "idle").then_some(())
    });
    assert_eq!(stack.end_of("lost-event"), "Succeeded");
    let version = format!("{}@1.1.0", purl("lost/event"));
    let explained = stack.ask(&["explain", "lost-event", &version]);
    assert_eq!(explained["verdict"]["verdict"], "Unaffected", "{explained}");
    assert_eq!(stack.executions("lost-event").len(), 1);
}

#[test]
fn sweep_finds_a_version_that_no_event_told() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("lost/publish", "1.1.0").put(stack);
    stack.rebuilt("lost-publish", 1);
    stack.comes_to("lost-publish", "idle");
    Publish::new("lost/publish", "1.2.0").appear(stack);
    stays(2, "nothing starts by itself", || {
        stack.executions("lost-publish").len() == 1
    });
    // Each pass compares some packages, in rotation.
    eventually(90, "the comparison", || {
        let report = stack.sweep();
        assert!(report["reconciled"]["packages"].is_u64(), "{report}");
        (stack.rebuilds("lost-publish").len() > 1).then_some(())
    });
    stack.rebuilt("lost-publish", 2);
    let history = stack.history("lost-publish");
    let mut rebuilds = history
        .iter()
        .filter_map(|entry| entry["rebuild"].as_object());
    let last = rebuilds.next_back().expect("a rebuild");
    let version = format!("{}@1.2.0", purl("lost/publish"));
    assert_eq!(last["changes"], json!([version]), "{history:#?}");
}

#[test]
fn a_dead_letter_is_sent_again_and_nothing_is_lost() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    let changes = stack.output("ChangesQueueUrl");
    let dead = stack.output("ChangesDeadLetterQueueUrl");
    // A record that this release cannot read, as after a roll-back that went too far.
    let strange = json!({"S": r#"{"v":"99","application":"dead-web"}"#});
    let replaced = stack.replace("dead-web", "app_body", &strange);
    let arn = dead_letter_arn(stack, changes);
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 2}).to_string();
    let adjusted = stack.adjust(
        changes,
        &json!({"VisibilityTimeout": "3", "RedrivePolicy": policy}),
    );
    Publish::new("dead/ui", "1.1.0").put(stack);
    Publish::new("dead/other", "1.1.0").put(stack);
    stack.rebuilt("dead-other", 1);
    eventually(60, "the dead letter", || {
        // What is received too often is moved when somebody looks; the function's queue is looked at all the time.
        (stack.aws.queue_length(dead) == 1).then_some(())
    });
    drop(adjusted);
    let (code, listed, _) = stack.downriver(&["redrive", "--list"]);
    assert_eq!(code, 0);
    assert!(
        listed.contains("ChangesDeadLetterQueue  1 message"),
        "{listed}"
    );
    assert_eq!(stack.aws.queue_length(dead), 1, "listing moves nothing");
    drop(replaced);
    // What was listed is hidden for a moment.
    eventually(150, "the redrive", || {
        stack.order(&["redrive", "changes"]);
        (stack.aws.queue_length(dead) == 0).then_some(())
    });
    assert_eq!(stack.rebuilt("dead-web", 1).len(), 1);
}

#[test]
fn sweep_goes_on_past_a_record_that_it_cannot_read() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    stack.order(&["pause", "unreadable-web"]);
    Publish::new("unreadable/ui", "1.1.0").put(stack);
    // Only then its timer has come: one that meets the strange record would come again much later.
    eventually(60, "the gate", || {
        let status = stack.status("unreadable-web");
        let waits = status["waits"].as_array()?;
        let is_held = waits.iter().any(|wait| wait["gate"] == "not paused");
        is_held.then_some(())
    });
    let strange = json!({"S": r#"{"v":"99","application":"unreadable-web"}"#});
    let replaced = stack.replace("unreadable-web", "app_body", &strange);
    // One of the next passes also has it before it in the rotation of what is compared.
    for _ in 0..3 {
        let report = stack.sweep();
        let failures = report["failures"].as_array().expect("a list");
        let failed = failures.iter().map(|failure| &failure["application"]);
        assert!(
            failed.into_iter().any(|id| id == "unreadable-web"),
            "{report}"
        );
    }
    drop(replaced);
    stack.order(&["resume", "unreadable-web"]);
    assert_eq!(stack.rebuilt("unreadable-web", 1).len(), 1);
}

fn dead_letter_arn(stack: &crate::harness::Stack, queue: &str) -> String {
    let answer = stack.aws.json(
        "sqs",
        "AmazonSQS.GetQueueAttributes",
        &json!({"QueueUrl": queue, "AttributeNames": ["RedrivePolicy"]}),
    );
    let policy = answer["Attributes"]["RedrivePolicy"].as_str();
    let policy: Value = serde_json::from_str(policy.expect("a policy")).expect("JSON");
    let arn = policy["deadLetterTargetArn"].as_str();
    arn.expect("an ARN").to_owned()
}
