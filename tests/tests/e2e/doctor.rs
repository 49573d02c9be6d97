//! `doctor` on this deployment: whole, nothing is found; with faults planted, each is found and named.

use downriver_testkit::simulated_aws::{HeldRepository, HeldVersion, NewPipeline, RoleTrust};
use serde_json::{Value, json};

use crate::harness::{App, DOMAIN_OWNER, Publish, Stack, eventually, stack};

/// An account in which the deployment has no role.
const ELSEWHERE: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::777788889999:role/builds";
const OTHER_ROLE: &str = "arn:aws:iam::777788889999:role/others";

pub(crate) fn targets(region: &str) -> String {
    format!("[targets.\"{ELSEWHERE}/{region}\"]\n\n")
}

/// An application that uses what `doctor-lib` publishes, and a further line of its table.
fn user(name: &str) -> App {
    App::new(name).uses("doctor/ui", "^1.0.0", "1.0.0")
}

fn role(arn: &str) -> String {
    format!("build_role = \"{arn}\"")
}

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("doctor-lib").produces("doctor/ui"),
        user("doctor-web").with(&role(ROLE)),
        user("doctor-missing"),
        user("doctor-elsewhere").with(&format!("account = \"{ELSEWHERE}\"")),
        user("doctor-v1").with("variables = true"),
        user("doctor-undeclared").with("variables = true"),
        user("doctor-superseded").with("variables = true"),
        user("doctor-disabled"),
        user("doctor-denied").with(&role(OTHER_ROLE)),
        App::new("doctor-nowhere").produces("doctor/nowhere"),
        App::new("doctor-unknown").whose_dependencies_are_sent(),
        App::new("doctor-blocked-lib").produces("doctor/blocked"),
        App::new("doctor-blocked").uses("doctor/blocked", "^1.0.0", "1.0.0"),
        App::new("doctor-round")
            .produces("doctor/round")
            .uses("doctor/trip", "^1.0.0", "1.0.0"),
        App::new("doctor-trip")
            .produces("doctor/trip")
            .uses("doctor/round", "^1.0.0", "1.0.0"),
    ]
}

const HEALTHY: [&str; 2] = ["doctor-lib", "doctor-web"];

/// What `doctor` says of some applications and of the deployment as a whole, with its exit code.
fn doctor(stack: &Stack, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["doctor"], arguments, &["--format", "json"]].concat();
    let (code, out, error) = stack.downriver(&arguments);
    let document = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{error}"));
    (code, document)
}

/// The findings, as `<check> <application or subject>`.
fn lines(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().expect("a list");
    let line = |finding: &Value| {
        let about = finding["application"].as_str();
        let about = about.or_else(|| finding["subject"]["name"].as_str());
        let check = finding["check"].as_str().expect("a check");
        format!("{check} {}", about.unwrap_or_default())
    };
    findings.iter().map(line).collect()
}

#[track_caller]
fn assert_found(document: &Value, wanted: &[&str]) {
    let found = lines(document);
    for line in wanted {
        assert!(
            found.iter().any(|known| known == line),
            "{line} is not in {found:#?}"
        );
    }
    for finding in document["findings"].as_array().expect("a list") {
        for part in ["evidence", "mend"] {
            assert!(
                finding[part].as_str().is_some_and(|text| text.len() > 10),
                "{finding}"
            );
        }
    }
}

/// Repositories, packages, their controls and policies, as they should be.
fn set_up(stack: &Stack) {
    let repository = |name: &str, upstreams: &[&str]| HeldRepository {
        domain_owner: DOMAIN_OWNER.to_owned(),
        domain: "e2e".to_owned(),
        name: name.to_owned(),
        upstreams: upstreams.iter().map(ToString::to_string).collect(),
        ..HeldRepository::default()
    };
    let repositories = [
        repository("libraries", &[]),
        repository("apps", &["libraries"]),
    ];
    stack.simulated.put_repositories(&repositories);
    for package in ["doctor/ui", "doctor/blocked", "doctor/round", "doctor/trip"] {
        Publish::new(package, "1.0.0").appear(stack);
    }
    let owner = stack.simulated_client(DOMAIN_OWNER);
    let domain = [("domain", "e2e"), ("domain-owner", DOMAIN_OWNER)];
    let of_repository = [domain[0], domain[1], ("repository", "apps")];
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "codeartifact:*", "Resource": "*"}],
    });
    owner
        .put_policy(&domain, &policy.to_string(), None)
        .expect("the domain's policy is set");
    owner
        .put_policy(&of_repository, &policy.to_string(), None)
        .expect("the repository's policy is set");
}

/// A domain of which an event came, and a sweep that made its checks.
fn be_heard(stack: &Stack) {
    Publish::new("doctor/ui", "1.0.0").put(stack);
    // What other tests let appear without an event is found first.
    eventually(60, "a sweep that misses nothing", || {
        stack.forget_checks();
        let report = stack.sweep();
        (report["reconciled"]["differences"] == 0).then_some(())
    });
    eventually(60, "the clock of the domain", || {
        let (_, document) = doctor(stack, &HEALTHY);
        let domains = document["domains"].as_array().expect("a list");
        domains
            .iter()
            .any(|heard| heard["domain"] == "e2e")
            .then_some(())
    });
}

fn empty_failed(stack: &Stack) {
    for queue in ["Changes", "Runs", "Due", "Index", "Sweep"] {
        stack.drain(stack.output(&format!("{queue}DeadLetterQueueUrl")));
    }
    stack.drain(stack.output("QuarantineQueueUrl"));
}

#[test]
fn a_healthy_deployment_has_nothing_to_mend() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    set_up(stack);
    be_heard(stack);
    empty_failed(stack);
    let (code, document) = doctor(stack, &HEALTHY);
    assert_eq!(document["findings"], json!([]), "{document:#}");
    assert_eq!(document["unread"], json!([]), "{document:#}");
    assert_eq!(code, 0);
    let (code, text, _) = stack.downriver(&[&["doctor"], &HEALTHY[..]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nothing to mend"), "{text}");
}

#[test]
fn faults_of_pipelines_are_found_and_named() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    set_up(stack);
    let without = |name: &str, kind: &str| NewPipeline {
        kind: kind.to_owned(),
        variables: Vec::new(),
        ..NewPipeline::named(name)
    };
    let pipelines = vec![
        without("doctor-v1", "V1"),
        without("doctor-undeclared", "V2"),
    ];
    stack
        .simulated
        .create_pipelines(&stack.account, &stack.region, pipelines);
    let call = |operation: &str, input: Value| {
        let answer = stack.codepipeline.codepipeline(operation, &input);
        answer.unwrap_or_else(|error| panic!("{operation}: {error}"));
    };
    call("DeletePipeline", json!({"name": "doctor-missing"}));
    call(
        "DisableStageTransition",
        json!({
            "pipelineName": "doctor-disabled", "stageName": "Deploy", "transitionType": "Inbound",
            "reason": "freeze until Friday",
        }),
    );
    let (code, document) = doctor(stack, &[]);
    assert_eq!(code, 9, "{document:#}");
    assert_found(
        &document,
        &[
            "pipeline-missing doctor-missing",
            "pipeline-account doctor-elsewhere",
            "pipeline-v1 doctor-v1",
            "variables-undeclared doctor-undeclared",
            "execution-mode doctor-superseded",
            "transition-disabled doctor-disabled",
            "never-indexed doctor-unknown",
            "cycle doctor-round",
        ],
    );
    let text = document.to_string();
    assert!(text.contains("freeze until Friday"), "{document:#}");
    // One check, one application.
    let of = ["doctor-disabled", "--check", "transition-disabled"];
    let (code, document) = doctor(stack, &of);
    assert_eq!(lines(&document), ["transition-disabled doctor-disabled"]);
    assert_eq!(code, 8);
}

#[test]
fn faults_of_codeartifact_are_found_and_named() {
    let Some(stack) = stack() else { return };
    let _turn = stack.alone();
    set_up(stack);
    let in_apps: HeldVersion = serde_json::from_value(json!({
        "domain_owner": DOMAIN_OWNER, "domain": "e2e", "repository": "apps", "format": "npm",
        "namespace": "doctor", "package": "blocked", "version": "1.0.0",
    }))
    .expect("a version");
    stack.simulated.put_versions(&[in_apps]);
    let owner = stack.simulated_client(DOMAIN_OWNER);
    let package = |repository: &'static str| {
        [
            ("domain", "e2e"),
            ("domain-owner", DOMAIN_OWNER),
            ("repository", repository),
            ("format", "npm"),
            ("namespace", "doctor"),
            ("package", "blocked"),
        ]
    };
    for (repository, publish, upstream) in
        [("libraries", "BLOCK", "ALLOW"), ("apps", "ALLOW", "BLOCK")]
    {
        let set = owner.set_origin_controls(&package(repository), publish, upstream);
        set.unwrap_or_else(|error| panic!("{repository}: {error}"));
    }
    let (code, document) = doctor(stack, &[]);
    assert_eq!(code, 9, "{document:#}");
    assert_found(
        &document,
        &[
            "package-missing doctor-nowhere",
            "publish-blocked doctor-blocked-lib",
            "upstream-blocked doctor-blocked",
            "token-denied doctor-denied",
            "repository-unreadable doctor-denied",
        ],
    );
    let found = lines(&document);
    assert!(
        !found.iter().any(|line| line.ends_with(" doctor-web")),
        "{found:#?}"
    );
}

#[test]
fn faults_of_the_deployment_itself_are_found_and_named() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    set_up(stack);
    let rule = stack.rule_name("PackageVersionRule");
    let known = stack.event_rule(&rule);
    let mut pattern: Value =
        serde_json::from_str(known["EventPattern"].as_str().expect("a pattern")).expect("JSON");
    pattern["detail"]["packageNamespace"] = json!([{"exists": true}]);
    let broken = stack.with_pattern(&rule, &pattern);
    let runs = [
        stack.rule_name("PipelineExecutionRule"),
        stack.rule_name("ExtraPipelineExecutionRule"),
    ];
    let disabled = runs.each_ref().map(|name| stack.without_rule(name));
    let due = stack.output("DueQueueUrl");
    let lost = stack.adjust(due, &json!({"RedrivePolicy": ""}));
    let failed = stack.output("SweepDeadLetterQueueUrl");
    stack.aws.send(failed, "a sweep that failed");
    let (code, document) = doctor(stack, &HEALTHY);
    assert_eq!(code, 9, "{document:#}");
    assert_found(
        &document,
        &[
            &format!("rule-pattern {rule}"),
            "queue-without-dead-letters DueQueue",
            "dead-letters SweepDeadLetterQueue",
        ],
    );
    let found = lines(&document);
    assert!(
        found.iter().any(|line| line.starts_with("rule-missing ")),
        "{found:#?}"
    );
    assert!(
        document.to_string().contains("without `packageNamespace`"),
        "{document:#}"
    );
    drop((broken, disabled, lost));
    empty_failed(stack);
}

#[test]
fn a_role_that_cannot_be_assumed_is_found_by_sweep_and_told() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    let role = stack.output("StarterRoleArn").to_owned();
    let trust = |external_id: &str| RoleTrust {
        role_arn: role.clone(),
        external_id: external_id.to_owned(),
    };
    stack
        .simulated
        .require_external_id(&trust("somebody-elses"));
    stack.forget_checks();
    let report = stack.sweep();
    assert!(report["checked"]["errors"].as_u64() >= Some(1), "{report}");
    eventually(30, "the notice", || {
        let all = stack.all_notices();
        let is_told = |notice: &Value| {
            notice["detail-type"] == "Downriver Doctor Finding"
                && notice["detail"]["check"] == "role-not-assumable"
        };
        all.iter().any(is_told).then_some(())
    });
    let (code, document) = doctor(stack, &HEALTHY);
    assert_eq!(code, 9, "{document:#}");
    assert_found(
        &document,
        &[&format!("role-not-assumable {}", stack.account)],
    );
    stack.simulated.trust_everybody(&role);
    stack.forget_checks();
    stack.sweep();
    let (_, document) = doctor(stack, &HEALTHY);
    let found = lines(&document);
    assert!(
        !found.iter().any(|line| line.starts_with("role-")),
        "{found:#?}"
    );
}
