use std::time::Instant;

use super::*;
use crate::testing::{Answer, Server, clients_within};

fn read(variables: &[(&str, &str)]) -> Result<Clients, ClientsError> {
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Clients::read(lookup, Duration::from_secs(30))
}

#[test]
fn without_a_region_there_are_no_clients() {
    assert_eq!(read(&[]).unwrap_err(), ClientsError::NoRegion);
    assert_eq!(
        read(&[("AWS_REGION", " ")]).unwrap_err(),
        ClientsError::NoRegion
    );
    assert!(read(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-1")]).is_ok());
}

#[test]
fn an_endpoint_of_a_service_goes_before_that_of_all() {
    let clients = read(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_CODEPIPELINE", "http://127.0.0.1:4567"),
        ("AWS_ENDPOINT_URL_STS", ""),
    ])
    .expect("a Region");
    let general = Some("http://127.0.0.1:4566".to_owned());
    assert_eq!(
        clients.endpoints,
        Endpoints {
            codeartifact: general.clone(),
            codepipeline: Some("http://127.0.0.1:4567".to_owned()),
            dynamodb: general.clone(),
            eventbridge: general.clone(),
            s3: general.clone(),
            sqs: general.clone(),
            sts: general,
        }
    );
}

#[test]
fn empty_endpoints_count_as_not_set() {
    let clients = read(&[
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", ""),
        ("AWS_ENDPOINT_URL_CODEPIPELINE", " "),
    ])
    .expect("a Region");
    assert_eq!(clients.endpoints, Endpoints::default());
}

#[test]
fn what_is_no_endpoint_is_refused_with_its_variable() {
    for (found, shown) in [
        ("localhost:4566", "localhost:4566"),
        ("http://", "http://"),
        ("https://user:secret@host", "https://user:secret@host"),
        ("http://a\u{7}b c", "http://a\\u{7}b c"),
    ] {
        let error =
            read(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL_SQS", found)]).unwrap_err();
        assert_eq!(
            error,
            ClientsError::InvalidEndpoint {
                variable: "AWS_ENDPOINT_URL_SQS".to_owned(),
                found: shown.to_owned()
            }
        );
    }
}

#[test]
fn all_tries_of_a_call_fit_half_of_the_functions_time() {
    for secs in [1, 5, 30, 60, 300, 900] {
        let time_limit = Duration::from_secs(secs);
        let timeouts = Timeouts::within(time_limit);
        assert!(timeouts.operation <= time_limit / 2, "{secs}: {timeouts:?}");
        assert!(timeouts.operation <= OPERATION_MAX, "{secs}: {timeouts:?}");
        assert!(
            timeouts.connect <= timeouts.operation,
            "{secs}: {timeouts:?}"
        );
        if secs >= 5 {
            let all = timeouts.attempt * ATTEMPTS_MAX + BACKOFFS_SUM;
            assert!(all <= timeouts.operation, "{secs}: {timeouts:?}");
        }
    }
    assert_eq!(
        Timeouts::within(Duration::from_secs(30)).attempt,
        Duration::from_nanos(4_866_666_666)
    );
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[test]
fn a_call_is_tried_three_times_in_the_end() {
    for answer in [
        Answer::refusal(500, "InternalFailure"),
        Answer::refusal(400, "ThrottlingException"),
        Answer::Close,
    ] {
        let server = Server::start(vec![answer.clone()]);
        let sqs = clients_within(&server.endpoint, Duration::from_secs(30)).sqs();
        block_on(sqs.list_queues().send()).expect_err("no success");
        assert_eq!(server.requests().len(), 3, "{answer:?}");
    }
    let server = Server::start(vec![Answer::refusal(400, "AccessDeniedException")]);
    let sqs = clients_within(&server.endpoint, Duration::from_secs(30)).sqs();
    block_on(sqs.list_queues().send()).expect_err("no success");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_call_without_an_answer_ends_in_time() {
    let server = Server::start(vec![Answer::Silence]);
    let sqs = clients_within(&server.endpoint, Duration::from_secs(2)).sqs();
    let start = Instant::now();
    block_on(sqs.list_queues().send()).expect_err("no answer");
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_request_says_that_it_is_ours() {
    let server = Server::start(vec![Answer::Http(200, "{}".to_owned())]);
    let sqs = clients_within(&server.endpoint, Duration::from_secs(30)).sqs();
    block_on(sqs.list_queues().send()).expect("an answer");
    let requests = server.requests();
    let agent = requests[0]
        .headers
        .iter()
        .find(|header| header.starts_with("user-agent: "));
    let ours = concat!("app/downriver-", env!("CARGO_PKG_VERSION"));
    assert!(agent.is_some_and(|agent| agent.contains(ours)), "{agent:?}");
}
