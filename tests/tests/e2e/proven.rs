//! What executions built, read from their sources in S3 and from what builds upload; and whether rebuilds delivered.

use downriver_testkit::simulated_aws::{Finish, NewScripts, OtherStart, Outcome, Script};
use serde_json::{Value, json};

use crate::harness::{
    App, PIPELINE_STAGE_MS, Publish, eventually, line_of, npm_files, purl, sbom, stack,
};

/// A source with a film in it.
const LARGE_BYTES: u64 = 500 * 1024 * 1024;
/// The end of the archive, which every reading begins with, and some more.
const READ_BYTES_MAX: u64 = 320 * 1024;

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("proof-moved")
            .uses("proof/moved", "^1.0.0", "1.0.0")
            .built_from("moved.zip")
            .with("source_folder = \"services/web\""),
        App::new("proof-left")
            .uses("proof/left", "^1.0.0", "1.0.0")
            .built_from("left.zip"),
        App::new("proof-told")
            .whose_dependencies_are_sent()
            .built_from("told.zip")
            .with("variables = true"),
        App::new("proof-clone")
            .uses("proof/clone", "^1.0.0", "1.0.0")
            .built_from("clone")
            .with_source_setting("OutputArtifactFormat", "CODEBUILD_CLONE_REF"),
        App::new("proof-large")
            .uses("proof/large", "^1.0.0", "1.0.0")
            .built_from("large.zip"),
    ]
}

#[test]
fn a_rebuild_is_delivered_once_the_lockfile_in_its_source_has_moved() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let source = |locked| npm_files("services/web/", "proof/moved", "^1.0.0", locked);
    stack.put_source("moved.zip", &source("1.0.0"));
    Publish::new("proof/moved", "1.1.0").put(stack);
    stack.rebuilt("proof-moved", 1);
    stack.comes_out_as("proof-moved", 1, "NotPickedUp");
    // Somebody commits the lockfile.
    stack.put_source("moved.zip", &source("1.2.0"));
    Publish::new("proof/moved", "1.2.0").put(stack);
    stack.rebuilt("proof-moved", 2);
    let why = stack.comes_out_as("proof-moved", 2, "Delivered");
    let read =
        "services/web/package-lock.json, services/web/package.json in s3://e2e-sources/moved.zip";
    assert!(why.contains(read), "{why}");
    assert_eq!(stack.rebuilds("proof-moved").len(), 2);
}

#[test]
fn what_a_lockfile_keeps_out_is_told_with_its_line_and_what_to_do() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let source = npm_files("", "proof/left", "^1.0.0", "1.0.0");
    stack.put_source("left.zip", &source);
    Publish::new("proof/left", "1.1.0").put(stack);
    stack.rebuilt("proof-left", 1);
    let why = stack.comes_out_as("proof-left", 1, "NotPickedUp");
    let entry = "\"node_modules/@proof/left\"";
    let line = line_of(&source, "package-lock.json", entry);
    for part in [
        "wanted 1.1.0, built 1.0.0".to_owned(),
        format!("held by package-lock.json:{line};"),
        "run `npm update ".to_owned(),
        "@proof/left` and commit package-lock.json".to_owned(),
    ] {
        assert!(why.contains(&part), "{part} is not in: {why}");
    }
    let notice = eventually(60, "the notice", || {
        let notices = stack.notices("proof-left");
        notices.into_iter().find(|notice| {
            let text = notice["detail"]["text"].as_str();
            text.is_some_and(|text| text.contains("did not pick up"))
        })
    });
    assert_eq!(notice["detail"]["rebuild"], "proof-left.1", "{notice}");
}

#[test]
fn an_upload_proves_what_an_old_lockfile_in_the_source_cannot() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let source = npm_files("", "proof/told", "^1.0.0", "1.0.0");
    stack.put_source("told.zip", &source);
    // Nobody said what it depends on: a person's execution tells.
    stack.simulated.start_for_another(&OtherStart {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: "proof-told".to_owned(),
        trigger_type: "Webhook".to_owned(),
        trigger_detail: "arn:aws:codepipeline:eu-west-1:123456789012:webhook:push".to_owned(),
    });
    eventually(90, "the reading", || {
        let told = stack.told("proof-told");
        told.contains("s3://e2e-sources/told.zip").then_some(())
    });
    stack.comes_to("proof-told", "idle");
    // The build refreshes the lockfile, and says what it used.
    let told = App::new("proof-told").built_from("told.zip").script();
    stack.simulated.set_scripts(&NewScripts {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: Some("proof-told".to_owned()),
        script: None,
        next: vec![Script {
            source_artifact: told.source_artifact,
            ..Script::hang(PIPELINE_STAGE_MS, "Build")
        }],
    });
    Publish::new("proof/told", "1.1.0").put(stack);
    let execution = eventually(90, "the rebuild", || {
        let rebuilds = stack.rebuilds("proof-told");
        Some(rebuilds.first()?.id.clone())
    });
    stack.upload(
        "proof-told",
        &execution,
        "bom.json",
        &sbom("proof/told", "1.1.0"),
    );
    let end = Finish {
        account: stack.account.clone(),
        region: stack.region.clone(),
        pipeline: "proof-told".to_owned(),
        execution: Some(execution),
        outcome: Outcome::Succeed,
    };
    eventually(60, "the end of the build", || {
        stack.simulated.finish(&end);
        let is_over = stack.rebuilds("proof-told")[0].status == "Succeeded";
        is_over.then_some(())
    });
    let why = stack.comes_out_as("proof-told", 1, "Delivered");
    assert!(why.contains("the SBOM bom.json"), "{why}");
    // The next one says nothing, and its source still holds what it always held.
    Publish::new("proof/told", "1.2.0").put(stack);
    let rebuilds = stack.rebuilt("proof-told", 2);
    let changes = format!("{}@1.2.0", purl("proof/told"));
    let told = ("DOWNRIVER_CHANGES".to_owned(), changes);
    assert!(rebuilds[1].variables.contains(&told), "{rebuilds:#?}");
    let why = stack.comes_out_as("proof-told", 2, "Unproven");
    assert!(why.contains("downriver index --upload"), "{why}");
}

#[test]
fn of_a_source_that_is_only_a_reference_it_is_told_at_once_that_nothing_is_proven() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("proof/clone", "1.1.0").put(stack);
    stack.rebuilt("proof-clone", 1);
    let why = stack.comes_out_as("proof-clone", 1, "Unproven");
    assert!(why.contains("passes a full clone on"), "{why}");
}

#[test]
fn of_a_large_source_only_what_is_needed_is_read() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let source = npm_files("", "proof/large", "^1.0.0", "1.1.0");
    let stored = stack.put_large_source("large.zip", &source, LARGE_BYTES);
    Publish::new("proof/large", "1.1.0").put(stack);
    stack.rebuilt("proof-large", 1);
    stack.comes_out_as("proof-large", 1, "Delivered");
    drop(stored);
    let group = format!("/downriver/{}/index", stack.deployment);
    let line = eventually(60, "the line of the log", || {
        let lines = stack.aws.log_lines(&group, "s3://e2e-sources/large.zip");
        let lines = lines.iter().rev();
        let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["bytes_read"].is_u64())
    });
    let (read, total) = (&line["bytes_read"], &line["bytes_total"]);
    println!(
        "read {read} of {total} bytes in {} requests",
        line["requests"]
    );
    assert!(total.as_u64() > Some(LARGE_BYTES), "{line}");
    assert!(read.as_u64() < Some(READ_BYTES_MAX), "{line}");
    assert_eq!(line["files"], json!(2), "{line}");
}
