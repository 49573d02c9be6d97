use std::path::PathBuf;

use super::*;

const PORTS: Ports = Ports {
    aws: 4566,
    simulated: 4567,
    moto: 4568,
};

#[test]
fn the_exports_can_be_pasted_into_a_shell() {
    let expected = "\
unset AWS_PROFILE AWS_SESSION_TOKEN
export AWS_ENDPOINT_URL=http://127.0.0.1:4566
export AWS_REGION=eu-west-1
export AWS_DEFAULT_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=123456789012
export AWS_SECRET_ACCESS_KEY=local
export AWS_ENDPOINT_URL_CODEPIPELINE=http://127.0.0.1:4567
export AWS_ENDPOINT_URL_STS=http://127.0.0.1:4567
export AWS_ENDPOINT_URL_CODEARTIFACT=http://127.0.0.1:4567
export AWS_ENDPOINT_URL_EVENTBRIDGE=http://127.0.0.1:4567
export DOWNRIVER_DEPLOYMENT=downriver
export PATH='/home/a person/downriver/target/local-stack/bin':\"$PATH\"
";
    let programs = PathBuf::from("/home/a person/downriver/target/local-stack/bin");
    assert_eq!(rendered_exports(PORTS, &programs), expected);
}

#[test]
fn a_value_with_a_quote_stays_one_word() {
    assert_eq!(quoted("it's"), r"'it'\''s'");
    assert_eq!(quoted(""), "''");
    assert_eq!(quoted("$HOME"), "'$HOME'");
}

#[test]
fn the_document_gives_its_ports_back() {
    let document = document(PORTS, Path::new("/stack"));
    assert_eq!(parse_ports(&document.to_string()), Some(PORTS));
    assert_eq!(document["environment"]["DOWNRIVER_DEPLOYMENT"], "downriver");
    assert_eq!(document["logs"], "/stack/logs");
}

#[test]
fn a_document_of_another_version_or_none_at_all_gives_no_ports() {
    let mut newer = document(PORTS, Path::new("/stack"));
    newer["v"] = json!("2");
    assert_eq!(parse_ports(&newer.to_string()), None);
    assert_eq!(parse_ports(""), None);
    assert_eq!(parse_ports("{\"v\":\"1\"}"), None);
}

#[test]
fn the_command_line_of_aws_is_told_where_queues_are() {
    let script = rendered_wrapper(Path::new("/bin/echo"));
    let output = |arguments: &[&str]| {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, "aws"]).args(arguments);
        let output = command
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
            .output();
        String::from_utf8_lossy(&output.expect("sh is there").stdout).into_owned()
    };
    assert_eq!(
        output(&["sqs", "list-queues"]),
        "sqs list-queues --endpoint-url http://127.0.0.1:4566\n"
    );
    assert_eq!(output(&["logs", "tail", "a b"]), "logs tail a b\n");
}
