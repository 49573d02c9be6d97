use super::{
    Decision, Miss, Missing, NearMiss, Outcome, Policies, Request, StatementRef, decide, needs_of,
};
use crate::access::policy::PolicyKind;
use crate::access::testing::{OTHER, arn, place, policy, principal};
use crate::access::{Action, Ground, PolicyDocument, RequestContext};

/// One line of a table: a rule, a request under some policies, and what is decided.
#[derive(Clone, Copy)]
struct Case {
    rule: &'static str,
    who: &'static str,
    does: &'static str,
    on: &'static str,
    domain: &'static [&'static str],
    repository: &'static [&'static str],
    /// `?` for policies that could not be read.
    identity: &'static [&'static str],
    organization: Option<&'static str>,
    /// `key=value|value`; nothing after `=` for a key that the request certainly lacks.
    context: &'static [&'static str],
    /// As [`summary`] writes it.
    decision: &'static str,
}

const BASE: Case = Case {
    rule: "",
    who: "",
    does: "ReadFromRepository",
    on: "<r>",
    domain: &[],
    repository: &[],
    identity: &[],
    organization: None,
    context: &[],
    decision: "",
};

/// A table: rule; who, action, resource; domain policy, repository policy, identity policies => decision.
macro_rules! cases {
    ($name:ident: $($rule:literal; $who:literal, $does:literal, $on:literal;
        $domain:expr, $repository:expr, $identity:expr => $decision:literal;)*) => {
        pub(super) const $name: &[super::Case] = &[$(super::Case {
            rule: $rule,
            who: $who,
            does: $does,
            on: $on,
            domain: &$domain,
            repository: &$repository,
            identity: &$identity,
            decision: $decision,
            ..super::BASE
        },)*];
    };
}

mod conditions;
mod denies;
mod levels;
mod owners;
mod principals;
mod properties;
mod reach;
mod resources;
mod sentences;

const TABLES: &[&[Case]] = &[
    owners::TABLE,
    levels::TABLE,
    denies::TABLE,
    principals::TABLE,
    resources::TABLE,
    conditions::OPERATORS,
    conditions::ABSENT_KEYS,
];

#[test]
fn the_tables_have_at_least_sixty_cases_each_with_its_own_rule() {
    let mut rules: Vec<&str> = TABLES
        .iter()
        .flat_map(|table| table.iter().map(|case| case.rule))
        .collect();
    let count = rules.len();
    rules.sort_unstable();
    rules.dedup();
    assert!(count >= 60, "{count} cases");
    assert_eq!(rules.len(), count);
}

/// One decision of each kind, for its sentences.
const ALL_SENTENCES: &[Case] = &[
    Case {
        who: "session:444455556666/ci",
        repository: &["Allow 444455556666 ReadFromRepository *"],
        identity: &["Allow - * *"],
        ..BASE
    },
    Case {
        who: "role:444455556666/ci",
        domain: &["Deny * ReadFromRepository *"],
        ..BASE
    },
    Case {
        who: "role:444455556666/ci",
        repository: &["Allow 777788889999 Read* *", "Allow * Read* <p>/*"],
        identity: &["?"],
        ..BASE
    },
    Case {
        who: "role:111122223333/ci",
        repository: &["Allow 111122223333 Read* *"],
        ..BASE
    },
    Case {
        who: "role:444455556666/ci",
        does: "PutDomainPermissionsPolicy",
        on: "<d>",
        identity: &["Allow - * *"],
        ..BASE
    },
    Case {
        who: "444455556666",
        repository: &[r#"Allow * Read* * {"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#],
        ..BASE
    },
    Case {
        who: "111122223333",
        ..BASE
    },
];

fn check(table: &[Case]) {
    let mut wrong = Vec::new();
    for case in table {
        let decision = decide_case(case);
        let found = summary(&decision);
        if found != case.decision {
            wrong.push(format!(
                "{}\n  expected {}\n  found    {found}",
                case.rule, case.decision
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn decide_case(case: &Case) -> Decision {
    let documents = Documents::of(case);
    decide(&request(case), &documents.policies())
}

fn request(case: &Case) -> Request {
    let mut principal = principal(case.who);
    principal.organization = case.organization.map(|id| id.parse().unwrap());
    let action: Action = case.does.parse().unwrap();
    let resource = arn(case.on).parse().unwrap();
    let mut context = RequestContext::default();
    for given in case.context {
        let (key, values) = given.split_once('=').unwrap();
        let values = values.split('|').filter(|value| !value.is_empty());
        context = context.with(key, values);
    }
    Request::new(principal, action, resource)
        .unwrap()
        .administered_by(place().administrator)
        .in_context(context)
}

struct Documents {
    domain: Option<PolicyDocument>,
    repository: Option<PolicyDocument>,
    identity: Option<Vec<PolicyDocument>>,
}

impl Documents {
    fn of(case: &Case) -> Self {
        let identity = policy_unless_unread(case.identity);
        Self {
            domain: policy(PolicyKind::Domain, case.domain),
            repository: policy(PolicyKind::Repository, case.repository),
            identity,
        }
    }

    fn policies(&self) -> Policies<'_> {
        Policies {
            domain: self.domain.as_ref(),
            repository: self.repository.as_ref(),
            identity: self.identity.as_deref(),
        }
    }
}

fn policy_unless_unread(lines: &[&str]) -> Option<Vec<PolicyDocument>> {
    (lines != ["?"]).then(|| policy(PolicyKind::Identity, lines).into_iter().collect())
}

/// `allowed: domain 1, identity 2`, `denied: repository 1`, `no allow: identity, domain or repository`; then the near
/// misses after `near`, the suppositions after `supposing`.
fn summary(decision: &Decision) -> String {
    let mut text = match &decision.outcome {
        Outcome::Allowed(grounds) => {
            let grounds: Vec<String> = grounds.iter().map(ground).collect();
            format!("allowed: {}", grounds.join(", "))
        }
        Outcome::ExplicitlyDenied(statements) => {
            let statements: Vec<String> = statements.iter().map(short).collect();
            format!("denied: {}", statements.join(", "))
        }
        Outcome::ImplicitlyDenied { missing, near } => {
            let missing: Vec<String> = missing.iter().map(of_missing).collect();
            let near: Vec<String> = near.iter().map(of_near).collect();
            let mut text = format!("no allow: {}", missing.join(" and "));
            if !near.is_empty() {
                text = format!("{text}; near {}", near.join(", "));
            }
            text
        }
    };
    for supposition in &decision.suppositions {
        let statement = short(&supposition.statement);
        let keys = supposition.keys.join(", ");
        text = format!("{text}; supposing no {keys} in {statement}");
    }
    text
}

fn ground(ground: &Ground) -> String {
    match ground {
        Ground::Statement(statement) => short(statement),
        Ground::RootUser => "root user".to_owned(),
    }
}

fn short(statement: &StatementRef) -> String {
    let policy = statement.policy.to_string();
    let policy = policy.trim_end_matches(" policy");
    format!("{policy} {}", statement.index + 1)
}

fn of_missing(missing: &Missing) -> String {
    let identity = |is_known: &bool| if *is_known { "identity" } else { "identity?" };
    let either = |policies: &[PolicyKind]| {
        let names: Vec<String> = policies
            .iter()
            .map(|kind| kind.to_string().trim_end_matches(" policy").to_owned())
            .collect();
        names.join(" or ")
    };
    match missing {
        Missing::Identity { is_known, .. } => identity(is_known).to_owned(),
        Missing::Resource { policies } if policies.is_empty() => "no policy counts".to_owned(),
        Missing::Resource { policies } => either(policies),
        Missing::IdentityOrResource {
            is_known, policies, ..
        } if policies.is_empty() => identity(is_known).to_owned(),
        Missing::IdentityOrResource {
            is_known, policies, ..
        } => format!("{} or {}", identity(is_known), either(policies)),
    }
}

fn of_near(near: &NearMiss) -> String {
    let why = match &near.why {
        Miss::Action => "action".to_owned(),
        Miss::Principal => "principal".to_owned(),
        Miss::Resource => "resource".to_owned(),
        Miss::Condition { key, .. } => key.clone(),
        Miss::OnlyDelegates => "delegates".to_owned(),
    };
    format!("{} ({why})", short(&near.statement))
}

#[test]
fn an_action_is_refused_for_a_resource_that_it_is_not_about() {
    let resource = arn("<p>/npm//react").parse().unwrap();
    let wrong = Request::new(principal(OTHER), Action::ReadFromRepository, resource).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "`codeartifact:ReadFromRepository` is not asked for a package: it is about a repository"
    );
}

#[test]
fn publishing_takes_more_for_maven_and_nuget() {
    let needs = |package: Option<&str>| {
        let package = package.map(|text| text.parse().unwrap());
        let needs = needs_of(&place(), package.as_ref());
        let names: Vec<&str> = needs.iter().map(|need| need.action.name()).collect();
        for need in &needs {
            assert!(need.action.takes(need.resource.kind()), "{need:?}");
        }
        names.split_off_token()
    };
    assert_eq!(needs(None), ["ReadFromRepository"]);
    assert_eq!(needs(Some("pkg:npm/react")), ["PublishPackageVersion"]);
    assert_eq!(
        needs(Some("pkg:maven/com.acme/core")),
        ["PublishPackageVersion", "PutPackageMetadata"]
    );
    assert_eq!(
        needs(Some("pkg:nuget/Acme.Core")),
        ["PublishPackageVersion", "ReadFromRepository"]
    );
}

trait SplitOffToken<'a> {
    fn split_off_token(self) -> Vec<&'a str>;
}

impl<'a> SplitOffToken<'a> for Vec<&'a str> {
    /// Without what everything needs.
    fn split_off_token(mut self) -> Vec<&'a str> {
        let rest = self.split_off(3);
        assert_eq!(
            self,
            [
                "GetAuthorizationToken",
                "GetServiceBearerToken",
                "GetRepositoryEndpoint"
            ]
        );
        rest
    }
}
