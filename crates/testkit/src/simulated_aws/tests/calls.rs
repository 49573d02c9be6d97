use serde_json::{Value, json};

use super::play::{ACCOUNT, Play};
use crate::simulated_aws::{NewPipeline, Operation};

#[test]
fn a_repeated_token_gives_the_first_execution_within_the_window() {
    let mut play = Play::of("QUEUED");
    let input = json!({"name": "web-shop", "clientRequestToken": "a-1"});
    let start = |play: &mut Play, at: u64| {
        let answer = play
            .at(at)
            .try_call(Operation::StartPipelineExecution, input.clone());
        answer.unwrap()["pipelineExecutionId"].clone()
    };
    let first = start(&mut play, 0);
    let other = json!({
        "account": ACCOUNT,
        "region": super::play::REGION,
        "pipeline": "web-shop",
        "trigger_type": "CloudWatchEvent",
    });
    play.at(1).control("executions/start", &other);
    assert_eq!(start(&mut play, 599_999), first);
    assert_ne!(start(&mut play, 600_000), first);
}

#[test]
fn a_start_is_checked_against_the_model() {
    let variable = |name: &str, value: &str| json!([{"name": name, "value": value}]);
    let invalid = Err("ValidationException");
    let long = "x".repeat(1001);
    let many: Vec<Value> = (0..51)
        .map(|_| json!({"name": "A", "value": "b"}))
        .collect();
    let known = "DOWNRIVER_REBUILD";
    for (member, value, expected) in [
        ("variables", variable(known, "x"), Ok(())),
        ("variables", variable(known, &long[..1000]), Ok(())),
        ("variables", variable(known, &long), invalid),
        ("variables", variable(known, ""), invalid),
        ("variables", variable(known, "two\nlines"), invalid),
        ("variables", variable("no name", "x"), invalid),
        ("variables", variable("UNDECLARED", "x"), invalid),
        ("variables", json!([]), invalid),
        ("variables", json!(many), invalid),
        ("variables", json!("x"), Err("SerializationException")),
        ("clientRequestToken", json!("a_b"), invalid),
        ("clientRequestToken", json!(""), invalid),
        ("clientRequestToken", json!("x".repeat(129)), invalid),
        ("clientRequestToken", json!("x".repeat(128)), Ok(())),
        ("name", json!("web shop"), invalid),
        ("name", Value::Null, invalid),
        ("name", json!("nowhere"), Err("PipelineNotFoundException")),
        (
            "sourceRevisions",
            json!([{"actionName": "SourceAction", "revisionType": "COMMIT_ID", "revisionValue": "a"}]),
            Ok(()),
        ),
        (
            "sourceRevisions",
            json!([{"actionName": "SourceAction", "revisionType": "BRANCH", "revisionValue": "a"}]),
            invalid,
        ),
    ] {
        let mut play = Play::of("SUPERSEDED");
        let mut input = json!({"name": "web-shop"});
        input[member] = value.clone();
        let answer = play.try_call(Operation::StartPipelineExecution, input);
        assert_eq!(answer.map(drop), expected, "{member} {value}");
    }
}

#[test]
fn a_pipeline_of_type_v1_takes_no_variables() {
    let mut play = Play::with(NewPipeline {
        kind: "V1".to_owned(),
        variables: Vec::new(),
        ..NewPipeline::named("web-shop")
    });
    let input = json!({"name": "web-shop", "variables": [{"name": "A", "value": "b"}]});
    let answer = play.try_call(Operation::StartPipelineExecution, input);
    assert_eq!(answer, Err("ValidationException"));
}

#[test]
fn a_declaration_is_checked_like_codepipeline_checks_it() {
    let good = || NewPipeline::named("new").declaration(ACCOUNT);
    let change = |path: &str, value: Value| {
        let mut declaration = good();
        *declaration.pointer_mut(path).unwrap() = value;
        declaration
    };
    let structure = Err("InvalidStructureException");
    let one_stage = json!([good()["stages"][0]]);
    let twice = json!([
        good()["stages"][0],
        good()["stages"][1],
        good()["stages"][1]
    ]);
    for (what, declaration, expected) in [
        ("good", good(), Ok(())),
        (
            "known",
            change("/name", json!("web-shop")),
            Err("PipelineNameInUseException"),
        ),
        (
            "name",
            change("/name", json!("a/b")),
            Err("ValidationException"),
        ),
        (
            "role",
            change("/roleArn", json!("role")),
            Err("ValidationException"),
        ),
        (
            "mode",
            change("/executionMode", json!("FAST")),
            Err("ValidationException"),
        ),
        ("one stage", change("/stages", one_stage), structure),
        ("same stage twice", change("/stages", twice), structure),
        (
            "source later",
            change("/stages/1/actions/0/actionTypeId/category", json!("Source")),
            structure,
        ),
        (
            "V1 with variables",
            change("/pipelineType", json!("V1")),
            structure,
        ),
    ] {
        let mut play = Play::of("SUPERSEDED");
        let input = json!({"pipeline": declaration});
        let answer = play.try_call(Operation::CreatePipeline, input);
        assert_eq!(answer.map(drop), expected, "{what}");
    }
}

#[test]
fn a_new_pipeline_starts_by_itself_unless_the_settings_say_otherwise() {
    for starts in [true, false] {
        let mut play = Play::of("SUPERSEDED");
        play.world.settings.starts_on_create = starts;
        let input = json!({"pipeline": NewPipeline::named("new").declaration(ACCOUNT)});
        play.call(Operation::CreatePipeline, input);
        let input = json!({"pipelineName": "new"});
        let answer = play
            .try_call(Operation::ListPipelineExecutions, input)
            .unwrap();
        let triggers: Vec<&Value> = answer["pipelineExecutionSummaries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|summary| &summary["trigger"]["triggerType"])
            .collect();
        let expected: &[&str] = if starts { &["CreatePipeline"] } else { &[] };
        assert_eq!(triggers, expected);
    }
}

#[test]
fn a_role_asks_for_its_external_id_and_a_session_for_a_name() {
    let arn = "arn:aws:iam::210987654321:role/teams/starter";
    let mut play = Play::of("SUPERSEDED");
    play.control(
        "roles",
        &json!({"role_arn": arn, "external_id": "shared-1"}),
    );
    let invalid = Err("ValidationError");
    for (role, name, external_id, expected) in [
        (arn, "web-shop.1.1", Some("shared-1"), Ok(())),
        (arn, "web-shop.1.1", Some("other"), Err("AccessDenied")),
        (arn, "web-shop.1.1", None, Err("AccessDenied")),
        (arn, "w", Some("shared-1"), invalid),
        (arn, "web shop", Some("shared-1"), invalid),
        (arn, &"x".repeat(65), Some("shared-1"), invalid),
        (arn, "web-shop.1.1", Some("no spaces here"), invalid),
        (
            "arn:aws:iam::210987654321:user/somebody",
            "web-shop.1.1",
            None,
            invalid,
        ),
        (
            "arn:aws:iam::210987654321:role/other",
            "web-shop.1.1",
            None,
            Ok(()),
        ),
    ] {
        let mut input = json!({"RoleArn": role, "RoleSessionName": name});
        if let Some(external_id) = external_id {
            input["ExternalId"] = json!(external_id);
        }
        let answer = play.try_call(Operation::AssumeRole, input);
        assert_eq!(answer.map(drop), expected, "{role} {name} {external_id:?}");
    }
}

#[test]
fn the_registry_shows_what_a_repository_itself_holds() {
    let mut play = Play::of("SUPERSEDED");
    let held = |version: &str, status: &str, at: u64| {
        json!({
            "domain_owner": ACCOUNT,
            "domain": "acme",
            "repository": "release",
            "format": "npm",
            "namespace": "acme",
            "package": "tokens",
            "version": version,
            "status": status,
            "published_at_ms": at,
        })
    };
    let versions = [
        held("1.0.0", "Published", 3000),
        held("1.1.0", "Unlisted", 1000),
        held("1.2.0", "Published", 2000),
        held("1.2.0", "Deleted", 2000),
    ];
    play.control("registry", &json!(versions));
    let query = json!({
        "domain": "acme",
        "repository": "release",
        "format": "npm",
        "namespace": "acme",
        "package": "tokens",
    });
    let list = |play: &mut Play, member: &str, value: &str| -> Vec<String> {
        let mut input = query.clone();
        input[member] = json!(value);
        let answer = play
            .try_call(Operation::ListPackageVersions, input)
            .unwrap();
        let versions = answer["versions"].as_array().unwrap().clone();
        let version = |held: &Value| held["version"].as_str().unwrap().to_owned();
        versions.iter().map(version).collect()
    };
    assert_eq!(
        list(&mut play, "sortBy", "PUBLISHED_TIME"),
        ["1.0.0", "1.1.0"]
    );
    assert_eq!(list(&mut play, "status", "Unlisted"), ["1.1.0"]);
    assert_eq!(list(&mut play, "maxResults", "1"), ["1.0.0"]);
    for (member, value, expected) in [
        ("packageVersion", "1.1.0", Ok(())),
        ("packageVersion", "1.2.0", Err("ResourceNotFoundException")),
        ("package", "other", Err("ResourceNotFoundException")),
        ("repository", "staging", Err("ResourceNotFoundException")),
        (
            "domainOwner",
            "210987654321",
            Err("ResourceNotFoundException"),
        ),
        ("format", "deb", Err("ValidationException")),
        ("domain", "Acme", Err("ValidationException")),
    ] {
        let mut input = query.clone();
        input["packageVersion"] = json!("1.0.0");
        input[member] = json!(value);
        let answer = play.try_call(Operation::DescribePackageVersion, input);
        assert_eq!(answer.map(drop), expected, "{member} {value}");
    }
}
