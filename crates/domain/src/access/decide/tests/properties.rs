use proptest::prelude::*;
use proptest::sample::select;

use super::{Documents, Outcome, Request, decide, policy, principal};
use crate::access::policy::PolicyKind;
use crate::access::testing::{arn, place};
use crate::access::{Action, Decision};

const PRINCIPALS: &[&str] = &[
    "*",
    "111122223333",
    "444455556666",
    "arn:aws:iam::111122223333:role/ci",
    "arn:aws:iam::444455556666:role/ci",
    "777788889999",
];
const ACTIONS: &[&str] = &["ReadFromRepository", "Read*", "*", "DescribeRepository"];
const RESOURCES: &[&str] = &["*", "<r>", "<p>/*", "<d>"];
const CONDITIONS: &[&str] = &[
    "",
    "",
    r#" {"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
    r#" {"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#,
    r#" {"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}}"#,
];
const ASKING: &[&str] = &[
    "role:111122223333/ci",
    "role:222233334444/ci",
    "session:444455556666/ci",
    "444455556666",
];

fn statement(effect: &'static str, is_identity: bool) -> impl Strategy<Value = String> {
    let principals = if is_identity { &["-"] } else { PRINCIPALS };
    let parts = (
        select(principals),
        select(ACTIONS),
        select(RESOURCES),
        select(CONDITIONS),
    );
    parts.prop_map(move |(principal, action, resource, condition)| {
        format!("{effect} {principal} {action} {resource}{condition}")
    })
}

#[derive(Debug, Clone)]
struct World {
    who: &'static str,
    domain: Vec<String>,
    repository: Vec<String>,
    identity: Vec<String>,
}

fn world() -> impl Strategy<Value = World> {
    let lines = |is_identity| {
        let any = prop_oneof![
            3 => statement("Allow", is_identity),
            1 => statement("Deny", is_identity),
        ];
        prop::collection::vec(any, 0..4)
    };
    let parts = (select(ASKING), lines(false), lines(false), lines(true));
    parts.prop_map(|(who, domain, repository, identity)| World {
        who,
        domain,
        repository,
        identity,
    })
}

impl World {
    fn request(&self) -> Request {
        let resource = arn("<r>").parse().unwrap();
        Request::new(principal(self.who), Action::ReadFromRepository, resource)
            .unwrap()
            .administered_by(place().administrator)
    }

    fn documents(&self) -> Documents {
        let lines = |lines: &[String], kind| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            policy(kind, &lines)
        };
        let identity = lines(&self.identity, PolicyKind::Identity);
        Documents {
            domain: lines(&self.domain, PolicyKind::Domain),
            repository: lines(&self.repository, PolicyKind::Repository),
            identity: Some(identity.into_iter().collect()),
        }
    }

    fn decide(&self) -> Decision {
        decide(&self.request(), &self.documents().policies())
    }

    /// Which statements decided, as their lines, so that their order does not matter.
    fn deciding(&self) -> Vec<String> {
        let decision = self.decide();
        let line = |statement: &crate::access::StatementRef| {
            let lines = match statement.policy {
                PolicyKind::Domain => &self.domain,
                PolicyKind::Repository => &self.repository,
                PolicyKind::Identity => &self.identity,
            };
            format!("{} {}", statement.policy, lines[statement.index])
        };
        let mut lines: Vec<String> = decision.statements().into_iter().map(line).collect();
        lines.sort();
        lines
    }

    fn rank(&self) -> u8 {
        rank(&self.decide())
    }
}

const fn rank(decision: &Decision) -> u8 {
    match decision.outcome {
        Outcome::ExplicitlyDenied(_) => 0,
        Outcome::ImplicitlyDenied { .. } => 1,
        Outcome::Allowed(_) => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_explicit_deny_of_everything_always_wins(mut world in world(), place in 0..3) {
        match place {
            0 => world.domain.push("Deny * * *".to_owned()),
            1 => world.repository.push("Deny * * *".to_owned()),
            _ => world.identity.push("Deny - * *".to_owned()),
        }
        prop_assert_eq!(world.rank(), 0);
    }

    #[test]
    fn one_more_allow_never_takes_away(
        world in world(),
        in_domain in statement("Allow", false),
        in_repository in statement("Allow", false),
        in_identity in statement("Allow", true),
    ) {
        let before = world.rank();
        let mut more = world;
        more.domain.push(in_domain);
        more.repository.push(in_repository);
        more.identity.push(in_identity);
        prop_assert!(more.rank() >= before);
    }

    #[test]
    fn one_more_deny_never_gives(world in world(), deny in statement("Deny", false)) {
        let before = world.rank();
        let mut more = world;
        more.repository.push(deny);
        prop_assert!(more.rank() <= before);
    }

    #[test]
    fn the_order_of_statements_does_not_matter(world in world(), turn in 0_usize..4) {
        let mut turned = world.clone();
        for lines in [&mut turned.domain, &mut turned.repository, &mut turned.identity] {
            if !lines.is_empty() {
                let by = turn % lines.len();
                lines.rotate_left(by);
            }
        }
        prop_assert_eq!(world.rank(), turned.rank());
        prop_assert_eq!(world.deciding(), turned.deciding());
    }

    #[test]
    fn statements_that_did_not_decide_can_be_left_out(world in world(), left_out in 0..3) {
        let deciding = world.deciding();
        let mut less = world.clone();
        let (policy, lines) = match left_out {
            0 => ("domain policy", &mut less.domain),
            1 => ("repository policy", &mut less.repository),
            _ => ("identity policy", &mut less.identity),
        };
        lines.retain(|line| deciding.contains(&format!("{policy} {line}")));
        prop_assert_eq!(less.rank(), world.rank());
    }

    #[test]
    fn without_suppositions_no_value_of_an_untold_key_changes_the_outcome(
        world in world(),
        address in select(&["203.0.113.9", "198.51.100.1", ""][..]),
        organization in select(&["o-abcdefghij", "o-jihgfedcba", ""][..]),
    ) {
        let decision = world.decide();
        if decision.suppositions.is_empty() {
            let mut told = world.request();
            let values = |value: &'static str| Some(value).filter(|value| !value.is_empty());
            told.context = told
                .context
                .with("aws:SourceIp", values(address))
                .with("aws:PrincipalOrgID", values(organization));
            let after = decide(&told, &world.documents().policies());
            prop_assert_eq!(rank(&after), rank(&decision));
        }
    }
}
