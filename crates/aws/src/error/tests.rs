use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::*;

fn answered(status: u16, code: &str) -> NoResult {
    let status = StatusCode::try_from(status).unwrap();
    let meta = ErrorMetadata::builder().code(code).message("because");
    NoResult::of(&SdkError::service_error(
        PutItemError::generic(meta.build()),
        Response::new(status, SdkBody::empty()),
    ))
}

#[test]
fn throttling_means_not_now_whatever_its_status() {
    for (status, code) in [
        (400, "ThrottlingException"),
        (400, "ProvisionedThroughputExceededException"),
        (503, "SlowDown"),
    ] {
        let no_result = answered(status, code);
        assert!(matches!(no_result, NoResult::NotNow(_)), "{no_result:?}");
    }
}

#[test]
fn a_failure_of_the_service_leaves_unknown_what_was_done() {
    let no_result = answered(500, "InternalServerError");
    assert!(matches!(no_result, NoResult::Unknown(_)), "{no_result:?}");
}

#[test]
fn a_success_that_cannot_be_read_is_no_refusal() {
    let unreadable: SdkError<PutItemError, HttpResponse> = SdkError::service_error(
        PutItemError::unhandled("expected a boolean"),
        Response::new(StatusCode::try_from(200).unwrap(), SdkBody::empty()),
    );
    let no_result = NoResult::of(&unreadable);
    let NoResult::Unknown(text) = &no_result else {
        panic!("{no_result:?}");
    };
    assert!(text.contains("expected a boolean"), "{text}");
}

#[test]
fn a_refusal_keeps_its_code() {
    let refused = NoResult::Refused {
        code: "ValidationException".to_owned(),
        text: "ValidationException: because".to_owned(),
    };
    assert_eq!(answered(400, "ValidationException"), refused);
}

#[test]
fn a_request_that_was_cut_off_may_have_been_carried_out() {
    let timeout: SdkError<PutItemError, HttpResponse> = SdkError::timeout_error("too long");
    let broken: SdkError<PutItemError, HttpResponse> =
        SdkError::dispatch_failure(ConnectorError::io("reset".into()));
    for error in [timeout, broken] {
        let no_result = NoResult::of(&error);
        assert!(matches!(no_result, NoResult::Unknown(_)), "{no_result:?}");
    }
}
