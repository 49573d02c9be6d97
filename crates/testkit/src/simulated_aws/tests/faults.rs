//! Through HTTP: who calls, and what goes wrong on script.

use std::time::Duration;

use serde_json::json;

use crate::simulated_aws::client::{CallError, Client, Control};
use crate::simulated_aws::{
    EventFault, EventFaultKind, EventLevel, Fault, FaultKind, NewPipeline, Operation, Refusal,
    Release, Script, Server, Settings,
};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";
const LONG: Duration = Duration::from_secs(20);

struct Bench {
    control: Control,
    client: Client,
    server: Server,
}

fn bench() -> Bench {
    let server = Server::start(Settings::default()).unwrap();
    let control = Control::new(&server.endpoint());
    let pipeline = NewPipeline {
        script: Script::succeed(5),
        ..NewPipeline::named("web-shop")
    };
    control.create_pipelines(ACCOUNT, REGION, vec![pipeline]);
    Bench {
        control,
        client: Client::new(&server.endpoint(), ACCOUNT, REGION),
        server,
    }
}

fn next_start(fault: FaultKind) -> Fault {
    Fault {
        operation: Operation::StartPipelineExecution,
        of: Some("web-shop".to_owned()),
        fault,
        times: 1,
        after: 0,
    }
}

#[test]
fn an_execution_runs_on_the_wall_clock_and_knows_the_session_that_started_it() {
    let bench = bench();
    let role = "arn:aws:iam::123456789012:role/downriver/starter";
    let starter = bench
        .client
        .assume_role(role, "web-shop.1.1", None)
        .unwrap();
    let id = starter
        .start(
            "web-shop",
            Some("t-1"),
            &[("DOWNRIVER_REBUILD", "web-shop.1")],
        )
        .unwrap();
    let ended = bench.control.wait_for(LONG, |_| {
        let execution = bench.client.execution("web-shop", &id).unwrap();
        (execution["status"] == "Succeeded").then_some(execution)
    });
    assert_eq!(
        ended["trigger"]["triggerDetail"],
        "arn:aws:sts::123456789012:assumed-role/starter/web-shop.1.1"
    );
    let calls = bench.control.calls();
    let start = calls
        .iter()
        .find(|call| call.operation == Operation::StartPipelineExecution)
        .unwrap();
    assert_eq!(start.session.as_deref(), Some("web-shop.1.1"));
    assert_eq!(start.token.as_deref(), Some("t-1"));
    assert_eq!(start.execution.as_ref(), Some(&id));
    assert_eq!(start.outcome.as_deref(), Some("ok"));
    assert_eq!(start.input["variables"][0]["value"], "web-shop.1");
}

#[test]
fn pipelines_belong_to_an_account_in_a_region() {
    let bench = bench();
    let endpoint = bench.server.endpoint();
    for (account, region) in [(ACCOUNT, "eu-west-1"), ("210987654321", REGION)] {
        let stranger = Client::new(&endpoint, account, region);
        let error = stranger.start("web-shop", None, &[]).unwrap_err();
        assert_eq!(
            error.kind(),
            "PipelineNotFoundException",
            "{account} {region}"
        );
    }
}

#[test]
fn a_scripted_error_meets_as_many_calls_as_it_says_and_nothing_happens() {
    let bench = bench();
    for (refusal, status, kind) in [
        (Refusal::Throttle, 400, "ThrottlingException"),
        (Refusal::Conflict, 400, "ConflictException"),
        (Refusal::NotFound, 400, "PipelineNotFoundException"),
        (Refusal::Denied, 400, "AccessDeniedException"),
        (
            Refusal::Limit,
            400,
            "ConcurrentPipelineExecutionsLimitExceededException",
        ),
        (Refusal::Internal, 500, "InternalFailure"),
        (Refusal::Invalid, 400, "ValidationException"),
        (Refusal::Expired, 400, "ExpiredTokenException"),
    ] {
        let mut fault = next_start(FaultKind::Refuse(refusal));
        fault.times = 2;
        bench.control.add_fault(&fault);
        for _ in 0..2 {
            match bench.client.start("web-shop", None, &[]) {
                Err(CallError::Refused {
                    status: found,
                    kind: name,
                    ..
                }) => assert_eq!((found, name.as_str()), (status, kind)),
                other => panic!("{refusal:?} gave {other:?}"),
            }
        }
    }
    assert_eq!(bench.control.executions(), []);
    bench.client.start("web-shop", None, &[]).unwrap();
}

#[test]
fn an_unanswered_start_has_happened_and_its_repetition_finds_it() {
    let bench = bench();
    let hasty = bench
        .client
        .clone()
        .with_timeout(Duration::from_millis(200));
    for (fault, happens) in [
        (FaultKind::NoAnswer, true),
        (FaultKind::CloseAfter, true),
        (FaultKind::CloseBefore, false),
    ] {
        let before = bench.control.executions().len();
        bench.control.add_fault(&next_start(fault));
        let token = format!("{fault:?}");
        let lost = hasty.start("web-shop", Some(&token), &[]).unwrap_err();
        assert!(matches!(lost, CallError::NoAnswer(_)), "{fault:?}: {lost}");
        let after = bench.control.executions().len();
        assert_eq!(after - before, usize::from(happens), "{fault:?}");
        bench.client.start("web-shop", Some(&token), &[]).unwrap();
        assert_eq!(bench.control.executions().len() - before, 1, "{fault:?}");
    }
}

#[test]
fn a_held_start_goes_on_when_it_is_released() {
    for (fault, happened_before) in [(FaultKind::Hold, 0), (FaultKind::HoldAfter, 1)] {
        let bench = bench();
        bench.control.add_fault(&next_start(fault));
        let client = bench.client.clone();
        let starting = std::thread::spawn(move || client.start("web-shop", None, &[]));
        let held = bench
            .control
            .wait_for(LONG, |control| control.holds().first().copied());
        assert_eq!(
            bench.control.executions().len(),
            happened_before,
            "{fault:?}"
        );
        let release = Release {
            call: Some(held),
            is_closed: false,
        };
        assert_eq!(bench.control.release(&release), 1);
        let id = starting.join().unwrap().unwrap();
        assert_eq!(bench.control.executions()[0].id, id);
        assert_eq!(bench.control.holds(), [0_u64; 0]);
    }
}

#[test]
fn a_held_start_whose_caller_dies_never_happens() {
    let bench = bench();
    bench.control.add_fault(&next_start(FaultKind::Hold));
    let hasty = bench
        .client
        .clone()
        .with_timeout(Duration::from_millis(200));
    hasty.start("web-shop", None, &[]).unwrap_err();
    bench
        .control
        .wait_for(LONG, |control| control.holds().is_empty().then_some(()));
    assert_eq!(bench.control.release(&Release::default()), 0);
    assert_eq!(bench.control.executions(), []);
    let calls = bench.control.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].outcome, None);
}

#[test]
fn every_service_answers_its_own_errors() {
    let bench = bench();
    for (operation, refusal) in [
        (Operation::AssumeRole, Refusal::Denied),
        (Operation::DescribePackageVersion, Refusal::Throttle),
    ] {
        bench.control.add_fault(&Fault {
            operation,
            of: None,
            fault: FaultKind::Refuse(refusal),
            times: 1,
            after: 0,
        });
    }
    let role = "arn:aws:iam::123456789012:role/starter";
    let denied = bench.client.assume_role(role, "web-shop.1.1", None);
    assert_eq!(denied.unwrap_err().kind(), "AccessDenied");
    let version = [
        ("domain", "acme"),
        ("repository", "release"),
        ("format", "npm"),
        ("package", "tokens"),
        ("version", "1.0.0"),
    ];
    let mut errors = Vec::new();
    for _ in 0..2 {
        match bench.client.codeartifact("/v1/package/version", &version) {
            Err(CallError::Refused { status, kind, .. }) => errors.push((status, kind)),
            other => panic!("{other:?}"),
        }
    }
    let expected = [
        (429, "ThrottlingException"),
        (404, "ResourceNotFoundException"),
    ];
    assert_eq!(
        errors,
        expected.map(|(status, kind)| (status, kind.to_owned()))
    );
}

#[test]
fn an_order_that_makes_no_sense_is_refused_with_its_reason() {
    let bench = bench();
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    for (route, body, reason) in [
        (
            "faults",
            json!({"operation": "Nothing", "fault": "hold"}),
            "Nothing",
        ),
        (
            "faults",
            json!({"operation": "AssumeRole", "fault": {"refuse": "limit"}}),
            "no error like Limit",
        ),
        ("settings", json!({"busses": []}), "busses"),
        (
            "scripts",
            json!({"account": ACCOUNT, "region": REGION, "pipeline": "nowhere"}),
            "no such pipeline",
        ),
    ] {
        let address = format!("{}/_simulator/{route}", bench.server.endpoint());
        let mut answer = agent.post(address).send(body.to_string()).unwrap();
        assert_eq!(answer.status(), 400, "{route}");
        let said = answer.body_mut().read_to_string().unwrap();
        assert!(said.contains(reason), "{route}: {said}");
    }
}

#[test]
fn events_are_lost_doubled_and_delayed_on_script() {
    let mut play = super::play::Play::of("SUPERSEDED");
    for (state, fault) in [
        ("STARTED", EventFaultKind::Drop),
        ("SUCCEEDED", EventFaultKind::Duplicate),
        ("SUCCEEDED", EventFaultKind::Delay(500)),
    ] {
        let fault = EventFault {
            level: Some(EventLevel::Pipeline),
            state: Some(state.to_owned()),
            pipeline: None,
            fault,
            times: 1,
        };
        play.control("event-faults", &json!(fault));
    }
    let mut sent = Vec::new();
    play.start().at(400).start();
    for at in (0..=1500).step_by(50) {
        play.at(400 + at);
        let outbox = play.world.take_outbox();
        let outbox = outbox
            .into_iter()
            .filter(|event| event.level == EventLevel::Pipeline);
        sent.extend(outbox.map(|event| (400 + at, event.at_ms, event.state)));
    }
    let expected = [
        (400, 300, "SUCCEEDED"),
        (400, 300, "SUCCEEDED"),
        (400, 400, "STARTED"),
        (1200, 700, "SUCCEEDED"),
    ];
    assert_eq!(
        sent,
        expected.map(|(at, told, state)| (at, told, state.to_owned()))
    );
}
