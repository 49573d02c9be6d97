//! Pipelines of other accounts, in other Regions: started and read in sessions of the role there, told by what is forwarded.
//!
//! The emulators check no permissions. An account that denies is one whose role asks for another external id than the deployment's.

use downriver_testkit::simulated_aws::{
    Call, ExecutionShown, NewScripts, Operation, RoleTrust, Script,
};

use crate::harness::{App, PIPELINE_STAGE_MS, Publish, Stack, eventually, npm_files, stack, stays};

/// Those of the local stack, each with the Region of its pipelines. The last one is told what the deployment's external id is
/// by its test alone.
const ADMITTING: [(&str, &str); 2] = [
    ("210987654321", "us-east-1"),
    ("222222222222", "eu-central-1"),
];
const DENYING: (&str, &str) = ("333333333333", "ap-southeast-2");
const BUDGET: u32 = 50;

pub(crate) fn apps() -> Vec<App> {
    let [first, second] = ADMITTING;
    let app = |name: &str, package: &str, (account, region): (&str, &str)| {
        App::new(name)
            .uses(package, "^1.0.0", "1.0.0")
            .in_account(account, region)
    };
    vec![
        App::new("spoke-home").uses("spoke/tokens", "^1.0.0", "1.0.0"),
        app("spoke-web", "spoke/tokens", first),
        app("spoke-shop", "spoke/tokens", second),
        app("spoke-failing", "spoke/failing", first),
        app("spoke-proven", "spoke/proven", second).built_from("spoke.zip"),
        app("spoke-denied", "spoke/denied", DENYING),
    ]
}

pub(crate) fn targets() -> String {
    let all = ADMITTING.iter().chain([&DENYING]);
    let tables = all.map(|(account, region)| {
        format!("[targets.\"{account}/{region}\"]\nbudget = {BUDGET}\n\n")
    });
    tables.collect()
}

fn role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/downriver-spoke")
}

/// What `infra/spoke` does in an account, with this external id.
fn trust(stack: &Stack, account: &str, external_id: &str) {
    stack.simulated.require_external_id(&RoleTrust {
        role_arn: role(account),
        external_id: external_id.to_owned(),
    });
}

fn admitted(stack: &Stack) {
    assert_eq!(stack.spokes(), [ADMITTING[0].0, ADMITTING[1].0, DENYING.0]);
    for (account, _) in ADMITTING {
        trust(stack, account, stack.output("HubExternalId"));
    }
}

/// The sessions that were opened of an account's role, and how: name, external id.
fn sessions(stack: &Stack, account: &str) -> Vec<(String, String)> {
    let mut calls = stack.simulated.calls();
    calls.retain(|call: &Call| {
        call.operation == Operation::AssumeRole && call.input["RoleArn"] == role(account)
    });
    let text = |call: &Call, name: &str| call.input[name].as_str().unwrap_or_default().to_owned();
    { calls.iter() }
        .map(|call| (text(call, "RoleSessionName"), text(call, "ExternalId")))
        .collect()
}

/// One rebuild, started in its account and Region alone, in a session of the attempt.
fn was_started_in(stack: &Stack, application: &str, (account, region): (&str, &str)) {
    let executions: Vec<ExecutionShown> = stack.rebuilt(application, 1);
    assert_eq!(stack.executions(application).len(), 1);
    let started = &executions[0];
    assert_eq!(
        (started.account.as_str(), started.region.as_str()),
        (account, region)
    );
    let attempt = format!("{application}.1.1");
    let session = format!("arn:aws:sts::{account}:assumed-role/downriver-spoke/{attempt}");
    assert_eq!(started.trigger_detail, session);
    let opened = (attempt, stack.output("HubExternalId").to_owned());
    assert!(sessions(stack, account).contains(&opened));
}

#[test]
fn a_publish_starts_executions_in_other_accounts_and_their_outcomes_come_back() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    admitted(stack);
    Publish::new("spoke/tokens", "1.1.0").put(stack);
    was_started_in(stack, "spoke-web", ADMITTING[0]);
    was_started_in(stack, "spoke-shop", ADMITTING[1]);
    assert_eq!(stack.rebuilt("spoke-home", 1)[0].account, stack.account);
    // No sweep runs here: what became of them is known from what was forwarded.
    for application in ["spoke-home", "spoke-web", "spoke-shop"] {
        stack.comes_to(application, "idle");
        assert_eq!(stack.end_of(application), "Succeeded");
    }
}

#[test]
fn where_an_execution_of_another_account_failed_is_read_there() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    admitted(stack);
    let (account, region) = ADMITTING[0];
    stack.simulated.set_scripts(&NewScripts {
        account: account.to_owned(),
        region: region.to_owned(),
        pipeline: Some("spoke-failing".to_owned()),
        script: None,
        next: vec![Script::fail(PIPELINE_STAGE_MS, "Deploy")],
    });
    Publish::new("spoke/failing", "1.1.0").put(stack);
    eventually(90, "the failure", || {
        (stack.end_of("spoke-failing") == "Failed").then_some(())
    });
    let told = stack.told("spoke-failing");
    assert!(told.contains("Deploy"), "{told}");
    let reads = stack.calls(Operation::ListActionExecutions, "spoke-failing");
    let by_track = reads
        .iter()
        .find(|call| call.session.as_deref() == Some("downriver@track"));
    let by_track = by_track.expect("track reads it");
    assert_eq!(
        (by_track.account.as_str(), by_track.region.as_str()),
        (account, region)
    );
}

#[test]
fn what_an_execution_of_another_account_built_is_proven_from_its_source() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    admitted(stack);
    let (account, region) = ADMITTING[1];
    let source = npm_files("", "spoke/proven", "^1.0.0", "1.1.0");
    stack.put_source_in(region, "spoke.zip", &source);
    Publish::new("spoke/proven", "1.1.0").put(stack);
    stack.rebuilt("spoke-proven", 1);
    let why = stack.comes_out_as("spoke-proven", 1, "Delivered");
    assert!(
        why.contains("s3://e2e-sources-eu-central-1/spoke.zip"),
        "{why}"
    );
    let reads = stack.calls(Operation::ListActionExecutions, "spoke-proven");
    let sessions: Vec<_> = { reads.iter() }
        .map(|call| (call.account.as_str(), call.session.as_deref()))
        .collect();
    assert!(
        sessions.contains(&(account, Some("downriver@index"))),
        "{sessions:?}"
    );
    assert!(
        sessions
            .iter()
            .all(|(of, session)| *of == account && session.is_some()),
        "{sessions:?}"
    );
}

#[test]
fn an_account_that_denies_needs_a_person_and_says_what_to_deploy_there() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let (account, _) = DENYING;
    let application = "spoke-denied";
    trust(stack, account, "of-another-deployment");
    Publish::new("spoke/denied", "1.1.0").put(stack);
    stack.comes_to(application, "stuck");
    let told = stack.told(application);
    let external_id = stack.output("HubExternalId");
    for part in [
        format!("assuming role {}: AccessDenied", role(account)),
        format!(
            "deploy infra/spoke in account {account} with this role's name, the external id `{external_id}` and"
        ),
        format!("run `downriver retry {application}`"),
    ] {
        assert!(told.contains(&part), "{part} is not in: {told}");
    }
    stays(1, "nothing starts", || {
        stack.executions(application).is_empty()
    });
    trust(stack, account, external_id);
    stack.order(&["retry", application]);
    assert_eq!(stack.rebuilt(application, 1)[0].account, account);
    stack.comes_to(application, "idle");
    assert_eq!(stack.end_of(application), "Succeeded");
}
