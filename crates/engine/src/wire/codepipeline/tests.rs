use downriver_domain::Timestamp;

use super::{Ignored, PipelineEvent, Sources, parse};
use crate::ports::Trigger;
use crate::track::{ExecutionEvent, ExecutionState};
use crate::wire::Rejection;

/// The user guide's own example of a started execution, with our names.
const EXAMPLE: &str = r#"{
    "version": "0",
    "id": "01234567-89ab-cdef-0123-456789abcdef",
    "detail-type": "CodePipeline Pipeline Execution State Change",
    "source": "aws.codepipeline",
    "account": "123456789012",
    "time": "2026-03-02T22:03:07Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:codepipeline:eu-west-1:123456789012:web-shop"],
    "detail": {
        "pipeline": "web-shop",
        "execution-id": "12345678-1234-5678-abcd-12345678abcd",
        "start-time": "2026-03-02T22:03:06.208Z",
        "execution-trigger": {
            "trigger-type": "StartPipelineExecution",
            "trigger-detail": "arn:aws:sts::123456789012:assumed-role/starter/web-shop.7.1"
        },
        "state": "STARTED",
        "version": 1.0,
        "pipeline-execution-attempt": 1.0
    }
}"#;

fn read(text: &str) -> Result<PipelineEvent, Rejection> {
    parse(text.as_bytes(), &Sources::default())
}

fn replaced(from: &str, to: &str) -> Result<PipelineEvent, Rejection> {
    assert!(EXAMPLE.contains(from), "the example has no {from}");
    read(&EXAMPLE.replace(from, to))
}

fn execution(event: Result<PipelineEvent, Rejection>) -> ExecutionEvent {
    match event.expect("a sound event") {
        PipelineEvent::Execution(event) => event,
        PipelineEvent::Ignored(reason) => panic!("ignored: {reason}"),
    }
}

fn with_trigger(trigger: &str) -> Result<PipelineEvent, Rejection> {
    let start = EXAMPLE.find("\"execution-trigger\"").expect("a trigger");
    let end = EXAMPLE.find("\"state\"").expect("a state");
    read(&format!(
        "{}{trigger}{}",
        &EXAMPLE[..start],
        &EXAMPLE[end..]
    ))
}

#[test]
fn the_documented_example_is_read_whole() {
    let event = execution(read(EXAMPLE));
    assert_eq!(event.pipeline.target.to_string(), "123456789012/eu-west-1");
    assert_eq!(event.pipeline.name.as_str(), "web-shop");
    assert_eq!(
        event.execution.as_str(),
        "12345678-1234-5678-abcd-12345678abcd"
    );
    assert_eq!(event.state, ExecutionState::Started);
    let started_at = event.started_at.expect("a start time");
    assert_eq!(started_at.unix_millis(), 1_772_488_986_208);
    assert_eq!(event.event_time.unix_millis(), 1_772_488_987_000);
    assert_eq!(
        event.trigger,
        Some(Trigger::Session("web-shop.7.1".to_owned()))
    );
}

#[test]
fn a_start_time_may_have_a_fraction_an_offset_or_be_missing() {
    let started_at = |text: &str| {
        execution(replaced("\"2026-03-02T22:03:06.208Z\"", text))
            .started_at
            .map(Timestamp::unix_millis)
    };
    assert_eq!(
        started_at("\"2026-03-02T22:03:06Z\""),
        Some(1_772_488_986_000)
    );
    assert_eq!(
        started_at("\"2026-03-03T00:03:06.2+02:00\""),
        Some(1_772_488_986_200)
    );
    assert_eq!(started_at("null"), None);
    let rejection = replaced("2026-03-02T22:03:06.208Z", "Mon, 02 Mar").expect_err("no RFC 3339");
    assert_eq!(
        rejection.to_string(),
        "detail.start-time is `Mon, 02 Mar`: expected an RFC 3339 time such as `2026-03-02T09:14:07Z`"
    );
}

#[test]
fn only_the_session_of_an_assumed_role_is_a_session() {
    let by = |detail: &str| {
        let trigger = format!(
            r#""execution-trigger": {{"trigger-type": "StartPipelineExecution", "trigger-detail": "{detail}"}},"#
        );
        execution(with_trigger(&trigger)).trigger
    };
    let session = |name: &str| Some(Trigger::Session(name.to_owned()));
    assert_eq!(
        by("arn:aws:sts::123456789012:assumed-role/Admin/ana@acme.example"),
        session("ana@acme.example")
    );
    assert_eq!(
        by("arn:aws-cn:sts::123456789012:assumed-role/Admin/a.1.1"),
        session("a.1.1")
    );
    let other = Some(Trigger::Other("StartPipelineExecution".to_owned()));
    for detail in [
        "",
        "arn:aws:iam::123456789012:user/ana",
        "arn:aws:iam::123456789012:role/Admin/a.1.1",
        "arn:aws:sts::123456789012:federated-user/ana",
        "arn:aws:sts::123456789012:assumed-role/Admin",
        "arn:aws:sts::123456789012:assumed-role/Admin/path/a.1.1",
        "arn:aws:sts::123456789012:assumed-role//a.1.1",
        "arn:aws:sts::123456789012:assumed-role/Admin/a b",
        "arn:aws:sts::123456789012:assumed-role/Admin/x",
        "assumed-role/Admin/a.1.1",
    ] {
        assert_eq!(by(detail), other, "{detail}");
    }
}

#[test]
fn other_triggers_say_what_they_are() {
    let trigger =
        |text: &str| execution(with_trigger(&format!("\"execution-trigger\": {text},"))).trigger;
    let other = |text: &str| Some(Trigger::Other(text.to_owned()));
    let rule = r#"{"trigger-type": "CloudWatchEvent", "trigger-detail": "arn:aws:events:eu-west-1:123456789012:rule/r"}"#;
    assert_eq!(trigger(rule), Some(Trigger::Rule));
    let by_rule = |path: &str| {
        trigger(&format!(
            r#"{{"trigger-type": "CloudWatchEvent", "trigger-detail": "arn:aws-cn:events:cn-north-1:123456789012:{path}"}}"#
        ))
    };
    assert_eq!(
        by_rule("rule/downriver-requests/web"),
        Some(Trigger::Request)
    );
    // A rule of the default bus that is called so, another bus, and what is no rule's name.
    for path in [
        "rule/downriver-requests",
        "rule/downriver-requests/",
        "rule/downriver-requests/a/b",
        "rule/other/downriver-requests",
        "event-bus/downriver-requests/web",
    ] {
        assert_eq!(by_rule(path), Some(Trigger::Rule), "{path}");
    }
    assert_eq!(
        trigger(r#"{"trigger-type": "ManualRollback"}"#),
        other("ManualRollback")
    );
    assert_eq!(
        trigger(r#"{"trigger-type": "a\u001b[1m"}"#),
        other("a\\u{1b}[1m")
    );
    assert_eq!(
        trigger(r#"{"provider-type": "GitLab", "commit-id": "c0ffee", "author-id": 7}"#),
        other("GitLab")
    );
    assert_eq!(trigger("{}"), other("unknown"));
    assert_eq!(trigger("null"), None);
    assert_eq!(execution(with_trigger("")).trigger, None);
    let rejection = with_trigger("\"execution-trigger\": \"me\",").expect_err("no object");
    assert_eq!(
        rejection.to_string(),
        "detail.execution-trigger is a string: expected an object"
    );
}

#[test]
fn stages_and_actions_are_ignored_with_a_reason() {
    for (kind, expected) in [("Stage", Ignored::Stage), ("Action", Ignored::Action)] {
        let event = replaced("Pipeline Execution", &format!("{kind} Execution")).expect(kind);
        assert_eq!(event, PipelineEvent::Ignored(expected));
    }
}

#[test]
fn every_rejection_names_the_field_the_value_and_what_is_expected() {
    let table = [
        (
            "\"STARTED\"",
            "\"InProgress\"",
            "detail.state is `InProgress`, which is unknown: expected one of STARTED, SUCCEEDED, FAILED, CANCELED, SUPERSEDED, STOPPING, STOPPED, RESUMED",
        ),
        (
            "\"pipeline\": \"web-shop\",",
            "",
            "detail.pipeline is missing: expected a string",
        ),
        (
            "\"pipeline\": \"web-shop\"",
            "\"pipeline\": \"web/shop\"",
            "detail.pipeline is `web/shop`: expected 1 to 100 letters, digits, `.`, `@`, `-` or `_`",
        ),
        (
            "12345678-1234-5678-abcd-12345678abcd",
            "../1",
            "detail.execution-id is `../1`: expected 1 to 100 letters, digits or `-`",
        ),
        (
            "\"aws.codepipeline\"",
            "\"aws.codeartifact\"",
            "source is `aws.codeartifact`: expected `aws.codepipeline`",
        ),
        (
            "CodePipeline Pipeline Execution State Change",
            "AWS API Call via CloudTrail",
            "detail-type is `AWS API Call via CloudTrail`: expected `CodePipeline Pipeline Execution State Change`",
        ),
        (
            "123456789012:web-shop\"]",
            "123456789012:web-shops\"]",
            "resources names `arn:aws:codepipeline:eu-west-1:123456789012:web-shops`, but detail.pipeline says `web-shop`: expected both to agree",
        ),
        (
            "eu-west-1:123456789012:web-shop\"]",
            "eu-west-2:123456789012:web-shop\"]",
            "resources names `arn:aws:codepipeline:eu-west-2:123456789012:web-shop`, but region says `eu-west-1`: expected both to agree",
        ),
    ];
    for (from, to, expected) in table {
        assert_eq!(replaced(from, to).expect_err(to).to_string(), expected);
    }
}

#[test]
fn what_a_notification_rule_sends_is_refused() {
    let processed = EXAMPLE.replace("detail-type", "detailType");
    let rejection = read(&processed).expect_err("another shape");
    assert_eq!(
        rejection.to_string(),
        "detail-type is missing: expected a string"
    );
}
