use super::{DeploymentError, answered};

#[test]
fn a_denied_call_names_the_action_and_what_the_service_said() {
    let said = "User: arn:aws:sts::123456789012:assumed-role/dev/pat is not authorized to perform: sqs:SendMessage";
    let error = answered("sqs:SendMessage", "AccessDenied", said);
    assert!(matches!(error, DeploymentError::Denied { .. }));
    let text = error.to_string();
    assert!(
        text.contains("AWS denied sqs:SendMessage: User: arn:"),
        "{text}"
    );
    assert!(text.contains("docs/cli.md"), "{text}");
}

#[test]
fn an_expired_token_asks_to_log_in_again() {
    let error = answered("sqs:SendMessage", "ExpiredToken", "the token has expired");
    assert!(error.to_string().contains("aws sso login"), "{error}");
}

#[test]
fn another_refusal_is_told_as_it_came() {
    let error = answered("s3:PutObject", "NoSuchBucket", "");
    assert_eq!(error.to_string(), "AWS refused s3:PutObject: NoSuchBucket");
}

#[test]
fn a_missing_stack_names_the_region_and_the_account_that_were_asked() {
    let error = DeploymentError::NoStack {
        name: "hub".to_owned(),
        region: "eu-west-1".to_owned(),
        account: Some("123456789012".to_owned()),
    };
    let text = error.to_string();
    assert!(
        text.starts_with("there is no stack `hub` in region eu-west-1 of account 123456789012:"),
        "{text}"
    );
}

#[test]
fn a_stack_without_outputs_is_unfinished_or_not_ours() {
    let without = |status: &str| DeploymentError::NotADeployment {
        name: "hub".to_owned(),
        region: "eu-west-1".to_owned(),
        status: status.to_owned(),
        missing: vec!["TableName", "BusName"],
    };
    let text = without("CREATE_IN_PROGRESS").to_string();
    assert!(text.contains("`TableName`, `BusName`"), "{text}");
    assert!(text.contains("CREATE_IN_PROGRESS"), "{text}");
    let text = without("CREATE_COMPLETE").to_string();
    assert!(
        text.contains("none of Downriver's, or was deployed from an older template"),
        "{text}"
    );
}
