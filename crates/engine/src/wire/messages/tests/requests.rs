use downriver_domain::{AttemptId, ClientRequestToken, Pipeline, Target};
use serde_json::{Value, json};

use super::*;
use crate::ports::StartExecution;

fn start(variables: &[(&str, &str)]) -> StartExecution {
    let attempt: AttemptId = "web-shop.7.2".parse().expect("an attempt");
    StartExecution {
        pipeline: Pipeline {
            target: Target {
                account: "444455556666".parse().expect("an account"),
                region: "eu-west-1".parse().expect("a Region"),
            },
            name: "web-shop".parse().expect("a name"),
        },
        token: ClientRequestToken::of(&attempt),
        attempt,
        variables: { variables.iter() }
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

fn event(start: &StartExecution) -> Value {
    let detail: Value = serde_json::from_str(&encode_request(start)).expect("JSON");
    json!({"source": NOTICE_SOURCE, "detail-type": REQUEST_DETAIL_TYPE, "detail": detail})
}

fn schema() -> Value {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/schemas");
    let text = std::fs::read_to_string(folder.join("request.1.json")).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn requests_of_version_1_are_written_so() {
    let lines = [
        encode_request(&start(&[])),
        encode_request(&start(&[
            ("DOWNRIVER_REBUILD", "web-shop.7"),
            ("DOWNRIVER_CHANGES", "pkg:npm/%40acme/tokens@2.4.0"),
        ])),
    ];
    let samples: Vec<&str> = include_str!("../samples/request.1.jsonl").lines().collect();
    assert_eq!(lines.to_vec(), samples);
}

#[test]
fn requests_are_as_the_schema_says() {
    let schema = schema();
    let documented = schema::documented(&schema);
    for variables in [&[][..], &[("DOWNRIVER_REBUILD", "web-shop.7")]] {
        let event = event(&start(variables));
        assert_eq!(schema::problems(&schema, &event), [""; 0], "{event}");
        let mut written: Vec<&str> = { event["detail"].as_object().expect("an object").keys() }
            .map(String::as_str)
            .collect();
        written.sort_unstable();
        let mut documented = documented.clone();
        documented.sort_unstable();
        assert_eq!(written, documented);
    }
    let mut broken = event(&start(&[("DOWNRIVER_REBUILD", "")]));
    broken["detail"]["has_variables"] = json!("yes");
    let mut problems = schema::problems(&schema, &broken);
    problems.sort();
    assert_eq!(
        problems,
        [
            "event.detail.has_variables: type",
            "event.detail.variables[0].value: minLength"
        ]
    );
}
