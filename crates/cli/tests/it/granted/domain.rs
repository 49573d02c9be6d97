//! A simulated domain whose policies are read, changed and deleted over HTTP, and its owner at work.

use std::time::Duration;

use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{
    Fault, FaultKind, HeldRepository, Operation, Release, Server, Settings,
};
use serde_json::{Value, json};

use crate::scene::{Ran, Scene};

pub(super) const OWNER: &str = "111122223333";
pub(super) const READER: &str = "444455556666";
const REGION: &str = "eu-west-1";
pub(super) const DOMAIN: &[(&str, &str)] = &[("domain", "acme"), ("domain-owner", OWNER)];
pub(super) const APPS: &[(&str, &str)] = &[
    ("domain", "acme"),
    ("domain-owner", OWNER),
    ("repository", "apps"),
];

/// A domain with two repositories, and its owner at work.
pub(super) struct Domain {
    server: Server,
    scene: Scene,
}

impl Domain {
    pub(super) fn new(name: &str) -> Self {
        let server = Server::start(Settings::default()).unwrap();
        let domain = Self {
            server,
            scene: Scene::new(name),
        };
        let repositories = ["apps", "libraries"].map(|name| HeldRepository {
            domain_owner: OWNER.to_owned(),
            domain: "acme".to_owned(),
            name: name.to_owned(),
            ..HeldRepository::default()
        });
        domain.control().put_repositories(&repositories);
        domain
    }

    /// With statements of others in both policies.
    pub(super) fn with_theirs(name: &str) -> Self {
        let domain = Self::new(name);
        for of in [DOMAIN, APPS] {
            domain.put(of, &theirs("Theirs"));
        }
        domain
    }

    pub(super) fn control(&self) -> Control {
        Control::new(&self.server.endpoint())
    }

    pub(super) fn client(&self) -> Client {
        Client::new(&self.server.endpoint(), OWNER, REGION)
    }

    pub(super) fn put(&self, of: &[(&str, &str)], document: &str) {
        self.client().put_policy(of, document, None).unwrap();
    }

    /// Without white space; empty where there is none.
    pub(super) fn policy(&self, of: &[(&str, &str)]) -> String {
        let kind = if of.len() == APPS.len() {
            "repository"
        } else {
            "domain"
        };
        let path = format!("/v1/{kind}/permissions/policy");
        let Ok(answer) = self.client().codeartifact(&path, of) else {
            return String::new();
        };
        let document = answer["policy"]["document"].as_str().unwrap();
        serde_json::from_str::<Value>(document).unwrap().to_string()
    }

    pub(super) fn both(&self) -> [String; 2] {
        [self.policy(DOMAIN), self.policy(APPS)]
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_as(OWNER, arguments)
    }

    pub(super) fn run_as(&self, account: &str, arguments: &[&str]) -> Ran {
        let endpoint = self.server.endpoint();
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", account),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_CONFIG_FILE", "/nonexistent"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"),
        ];
        let (command, rest) = arguments.split_first().unwrap();
        let access = ["access", command, "--region", REGION];
        self.scene.run_with(&variables, &[&access, rest].concat())
    }

    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        serde_json::from_str(&ran.out).unwrap()
    }

    /// Runs the command, and lets somebody else put a policy while its own write of it is under way.
    pub(super) fn run_beside(
        &self,
        operation: Operation,
        document: &str,
        arguments: &[&str],
    ) -> Ran {
        let control = self.control();
        control.add_fault(&fault(operation, FaultKind::Hold, 1));
        std::thread::scope(|scope| {
            let running = scope.spawn(|| self.run(arguments));
            control.wait_for(Duration::from_secs(20), |control| {
                (!control.holds().is_empty()).then_some(())
            });
            let of = match operation {
                Operation::PutDomainPermissionsPolicy => DOMAIN,
                _ => APPS,
            };
            self.put(of, document);
            control.release(&Release::default());
            running.join().unwrap()
        })
    }

    pub(super) fn writes(&self) -> usize {
        let calls = self.control().calls();
        let writes = calls.iter().filter(|call| {
            let name = format!("{:?}", call.operation);
            (name.starts_with("Put") || name.starts_with("Delete")) && name.ends_with("Policy")
        });
        writes.count()
    }
}

pub(super) fn fault(operation: Operation, fault: FaultKind, times: u32) -> Fault {
    Fault {
        operation,
        of: None,
        fault,
        times,
        after: 0,
    }
}

pub(super) fn theirs(sid: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
            "Action": "codeartifact:ListPackages",
            "Resource": "*",
        }],
    })
    .to_string()
}
