//! A deployment that cannot be reached, or is none: what is told, and the exit code. Needs no emulator.

use super::scene::Scene;

#[track_caller]
fn is_told(scene: &Scene, variables: &[(&str, &str)], arguments: &[&str], parts: &[&str]) {
    let ran = scene.run_with(variables, arguments);
    assert_eq!(ran.code, 6, "{}{}", ran.out, ran.err);
    for part in parts {
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
}

/// No configuration of whoever runs the tests.
const BARE: [(&str, &str); 3] = [
    ("AWS_CONFIG_FILE", "/nonexistent"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];
const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "123456789012"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
];

#[test]
fn without_a_region_the_ways_to_give_one_are_named() {
    let scene = Scene::new("no-region");
    let arguments = ["status", "--deployment", "hub"];
    is_told(
        &scene,
        &BARE,
        &arguments,
        &["--region REGION", "AWS_REGION"],
    );
}

#[test]
fn without_credentials_the_ways_to_get_some_are_named() {
    let scene = Scene::new("no-credentials");
    let arguments = ["status", "--deployment", "hub", "--region", "eu-west-1"];
    is_told(
        &scene,
        &BARE,
        &arguments,
        &["no AWS credentials", "--profile NAME"],
    );
}

#[test]
fn an_endpoint_that_nobody_listens_at_is_told_with_what_was_asked() {
    let scene = Scene::new("no-endpoint");
    let mut variables = BARE.to_vec();
    variables.extend(KEYS);
    variables.push(("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    let arguments = ["status", "--deployment", "hub", "--region", "eu-west-1"];
    let parts = ["cloudformation:DescribeStacks", "AWS_ENDPOINT_URL"];
    is_told(&scene, &variables, &arguments, &parts);
}

#[test]
fn what_is_wrong_here_is_told_before_anybody_is_asked() {
    let scene = Scene::new("wrong-here");
    let hub = ["--deployment", "hub"];
    for (arguments, part) in [
        (["send", "nowhere", "--through", "queues"], "nowhere"),
        (["send", ".", "--through", "bus"], "--source SOURCE"),
        (["send", ".", "--source", "acme.test"], "--through bus"),
        (
            ["redrive", "sweep", "--limit", "1"],
            "nowhere to go back to",
        ),
        (["catalog", "apply", "no.toml", "--dry-run"], "no.toml"),
    ] {
        let ran = scene.run_with(&BARE, &[&arguments[..], &hub[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(part), "no {part:?} in\n{}", ran.err);
    }
    let reserved = [
        "send",
        ".",
        "--through",
        "bus",
        "--source",
        "aws.codeartifact",
    ];
    let ran = scene.run_with(&BARE, &[&reserved[..], &hub[..]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("nobody but AWS"), "{}", ran.err);
}
