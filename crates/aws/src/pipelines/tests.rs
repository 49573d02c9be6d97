mod answers;
mod requests;
mod simulated;
mod spokes;

use std::time::Duration;

use downriver_domain::{AttemptId, ClientRequestToken};

use super::*;
use crate::testing::clients_within;

const OWN: &str = "123456789012";
/// Two that let us in, and one that does not.
const SPOKES: [&str; 3] = ["222222222222", "333333333333", "444444444444"];
const EXTERNAL_ID: &str = "the-external-id";
const READER: &str = "downriver@track";
const ROLE: &str = "arn:aws:iam::123456789012:role/downriver-StarterRole-1A2B";

fn pipelines(endpoint: &str) -> CodePipelines {
    let clients = clients_within(endpoint, Duration::from_secs(6));
    let role = ROLE.parse().expect("a role");
    let own = OWN.parse().expect("an account");
    CodePipelines::new(clients, own, Some(role), Some(spokes()))
}

fn spokes() -> Spokes {
    let account = |text: &&str| text.parse().expect("an account");
    Spokes {
        accounts: SPOKES.iter().map(account).collect(),
        role: "arn:aws:iam::*:role/downriver-spoke"
            .parse()
            .expect("a role"),
        external_id: EXTERNAL_ID.parse().expect("an external id"),
        reader: READER.to_owned(),
    }
}

fn pipeline_of(account: &str, name: &str) -> Pipeline {
    Pipeline {
        target: downriver_domain::Target {
            account: account.parse().expect("an account"),
            region: "eu-west-1".parse().expect("a Region"),
        },
        name: name.parse().expect("a name"),
    }
}

fn attempt(name: &str) -> StartExecution {
    attempt_in(OWN, name)
}

fn attempt_in(account: &str, name: &str) -> StartExecution {
    let attempt: AttemptId = name.parse().expect("an attempt");
    StartExecution {
        pipeline: pipeline_of(account, "web-shop"),
        token: ClientRequestToken::of(&attempt),
        attempt,
        variables: vec![("DOWNRIVER_REBUILD".to_owned(), "web-shop.7".to_owned())],
    }
}

#[test]
fn a_role_says_whose_pipelines_it_starts() {
    let role: StarterRole = ROLE.parse().expect("a role");
    assert_eq!((role.account().as_str(), role.arn()), (OWN, ROLE));
    let role: StarterRole = "arn:aws-cn:iam::210987654321:role/path/to/starter"
        .parse()
        .expect("a role");
    assert_eq!(role.account().as_str(), "210987654321");
    for text in [
        "",
        "arn:aws:iam::123456789012:user/ana",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::12345:role/starter",
        "arn:aws:sts::123456789012:role/starter",
    ] {
        assert_eq!(
            text.parse::<StarterRole>(),
            Err(InvalidRole(text.to_owned()))
        );
    }
}
