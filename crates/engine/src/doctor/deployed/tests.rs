use serde_json::json;

use super::*;
use crate::doctor::testing::{
    deployment_mut, executions, found, healthy, hours_ago, id, only, package_versions, pipeline,
    rule, topology_mut,
};
use crate::doctor::{EventKind, Missed, RuleState, StoredFinding, examine};

fn rules(facts: &mut Facts, kind: EventKind, rules: Vec<RuleState>) {
    deployment_mut(facts).rules.insert(kind, Ok(rules));
}

#[test]
fn a_role_that_cannot_be_assumed_is_named_where_it_was_tried() {
    let tried = |result: Option<Result<(), ReadError>>| {
        move |facts: &mut Facts| {
            let reach = facts.reach.as_mut().expect("it is known");
            reach.starters.insert(id("123456789012"), result);
        }
    };
    let denied = Err(ReadError::Denied("AccessDenied: no".to_owned()));
    let (line, evidence, _) = only(tried(Some(denied)));
    assert_eq!(line, "error role-not-assumable - role 123456789012");
    assert!(evidence.contains("AccessDenied: no"), "{evidence}");
    assert_eq!(found(tried(None)), []);
    let no_answer = Err(ReadError::Transient("timed out".to_owned()));
    assert_eq!(found(tried(Some(no_answer))), []);
}

#[test]
fn queues_are_named_that_are_missing_or_lose_what_fails() {
    let (line, ..) = only(|facts| {
        deployment_mut(facts).queues[0].state = Err(ReadError::NotFound);
    });
    assert_eq!(line, "error queue-missing - queue ChangesQueue");
    let (line, _, mend) = only(|facts| {
        let state = deployment_mut(facts).queues[0].state.as_mut();
        state.expect("it is read").dead_letters = None;
    });
    assert_eq!(
        line,
        "error queue-without-dead-letters - queue ChangesQueue"
    );
    assert!(
        mend.contains("--queue-url https://sqs.example/123456789012/ChangesQueue"),
        "{mend}"
    );
    let (line, evidence, mend) = only(|facts| {
        let state = deployment_mut(facts).queues[1].state.as_mut();
        state.expect("it is read").messages = 3;
    });
    assert_eq!(line, "warning dead-letters - queue ChangesDeadLetterQueue");
    assert!(
        evidence.contains("About 3 messages that failed lie in"),
        "{evidence}"
    );
    assert!(
        mend.starts_with("downriver redrive changes --list --deployment downriver"),
        "{mend}"
    );
}

#[test]
fn rules_that_are_absent_or_disabled_are_named() {
    let (line, evidence, _) = only(|facts| rules(facts, EventKind::PackageVersions, Vec::new()));
    assert_eq!(line, "error rule-missing - rule ChangesQueue");
    assert!(
        evidence.contains("has ChangesQueue as its target"),
        "{evidence}"
    );
    let (line, _, mend) = only(|facts| {
        let disabled = RuleState {
            is_enabled: false,
            ..rule("Mine", &executions())
        };
        let other = RuleState {
            name: "Other".to_owned(),
            pattern: Some(json!({"source": ["somebody"]}).to_string()),
            ..disabled.clone()
        };
        rules(facts, EventKind::Executions, vec![other, disabled]);
    });
    assert_eq!(
        line, "error rule-missing - rule Mine",
        "the one that lets most through"
    );
    assert_eq!(mend, "aws events enable-rule --name Mine");
}

#[test]
fn patterns_that_drop_events_are_named_with_what_they_drop() {
    let with = |detail: serde_json::Value| {
        let mut pattern = package_versions();
        pattern["detail"] = detail;
        pattern
    };
    for (detail, dropped) in [
        (
            json!({"packageNamespace": [{"exists": true}]}),
            "without `packageNamespace`",
        ),
        (
            json!({"packageNamespace": [""]}),
            "whose `packageNamespace` is null",
        ),
        (
            json!({"packageNamespace": ["acme"]}),
            "whose `packageNamespace` is null",
        ),
        (
            json!({"operationType": ["Created"]}),
            "of withdrawn versions",
        ),
        (
            json!({"packageVersionState": ["Published"]}),
            "of deleted versions",
        ),
        (
            json!({"domainOwner": ["999999999999"]}),
            "of packages with a namespace",
        ),
    ] {
        let pattern = with(detail);
        let (line, evidence, mend) = only(|facts| {
            rules(
                facts,
                EventKind::PackageVersions,
                vec![rule("Mine", &pattern)],
            );
        });
        assert_eq!(line, "error rule-pattern - rule Mine", "{pattern}");
        assert!(evidence.contains(dropped), "{pattern}: {evidence}");
        assert!(mend.contains("aws events put-rule --name Mine"), "{mend}");
    }
    // Of several rules, the one that is nearest is named.
    let (line, ..) = only(|facts| {
        let mut of_others = package_versions();
        of_others["source"] = json!(["emulated.codeartifact"]);
        let scoped = with(json!({"packageNamespace": [{"exists": true}]}));
        let all = vec![rule("Extra", &of_others), rule("Mine", &scoped)];
        rules(facts, EventKind::PackageVersions, all);
    });
    assert_eq!(line, "error rule-pattern - rule Mine");
    // What one rule drops another one lets through.
    let both = |facts: &mut Facts| {
        let all = vec![
            rule(
                "Scoped",
                &with(json!({"packageNamespace": [{"exists": true}]})),
            ),
            rule(
                "Rest",
                &with(json!({"packageNamespace": [null, {"exists": false}]})),
            ),
        ];
        rules(facts, EventKind::PackageVersions, all);
    };
    assert_eq!(found(both), []);
}

#[test]
fn every_domain_owner_of_the_catalog_has_to_come_through() {
    let (line, evidence, _) = only(|facts| {
        topology_mut(facts).domain_owners.insert(id("777788889999"));
    });
    assert_eq!(line, "error rule-pattern - rule PackageVersionRule");
    assert!(
        evidence.contains("(domain owner 777788889999)"),
        "{evidence}"
    );
}

#[test]
fn a_pattern_that_cannot_be_judged_is_advice() {
    let (line, evidence, _) = only(|facts| {
        let mut pattern = package_versions();
        pattern["detail"] = json!({"packageName": [{"cidr": "10.0.0.0/24"}]});
        rules(
            facts,
            EventKind::PackageVersions,
            vec![rule("Mine", &pattern)],
        );
    });
    assert_eq!(line, "advice rule-pattern - rule Mine");
    assert!(evidence.contains("hangs on cidr"), "{evidence}");
}

#[test]
fn a_domain_that_never_said_anything_is_named_after_a_day() {
    let (line, evidence, _) = only(|facts| deployment_mut(facts).heard.clear());
    assert_eq!(line, "warning events-silent - domain 111122223333/acme");
    assert!(
        evidence.contains("2 applications have waited for one since 2026-01-01T00:00:00Z"),
        "{evidence}"
    );
    let young = |facts: &mut Facts| {
        deployment_mut(facts).heard.clear();
        for entry in &mut facts.applications {
            entry.application.registered_at = hours_ago(23);
        }
    };
    assert_eq!(found(young), []);
}

#[test]
fn versions_that_no_event_told_of_are_told_for_a_week() {
    let missed = |hours: u64| {
        move |facts: &mut Facts| {
            deployment_mut(facts).checkup.missed = Some(Missed {
                at: hours_ago(hours),
                versions: 4,
            });
        }
    };
    let (line, evidence, _) = only(missed(3));
    assert_eq!(line, "warning events-missed - deployment");
    assert!(evidence.contains("sweep found 4 versions"), "{evidence}");
    assert_eq!(found(missed(24 * 8)), []);
}

#[test]
fn a_sweep_that_does_not_run_is_told() {
    let last =
        |at: Option<Timestamp>| move |facts: &mut Facts| deployment_mut(facts).checkup.at = at;
    let (line, ..) = only(last(Some(hours_ago(3))));
    assert_eq!(line, "warning sweep-silent - deployment");
    let (_, evidence, _) = only(last(None));
    assert!(evidence.contains("has never made its checks"), "{evidence}");
    assert_eq!(found(last(Some(hours_ago(2)))), []);
}

#[test]
fn what_the_caller_may_not_read_is_told_as_sweep_found_it() {
    let mut facts = healthy();
    let stored = |check, subject| StoredFinding {
        finding: Finding {
            application: Some(id("web")),
            evidence: "It is so.".to_owned(),
            ..finding(Severity::Error, check, subject)
        },
        found_at: hours_ago(2),
        is_told: true,
    };
    deployment_mut(&mut facts).checkup.findings = vec![
        stored(Check::PipelineMissing, Subject::Pipeline(pipeline("web"))),
        stored(
            Check::RoleNotAssumable,
            Subject::Role("123456789012".to_owned()),
        ),
    ];
    let told = |facts: &Facts| -> Vec<(Check, String)> {
        let findings = examine(facts).findings.into_iter();
        findings
            .map(|finding| (finding.check, finding.evidence))
            .collect()
    };
    let role = "It is so. Found by sweep, first at 2026-01-02T22:00:00Z.".to_owned();
    // The pipeline is there now.
    assert_eq!(told(&facts), [(Check::RoleNotAssumable, role.clone())]);
    let read = facts
        .pipelines
        .get_mut(&pipeline("web"))
        .expect("it is read");
    read.declared = Err(ReadError::Denied("no".to_owned()));
    assert_eq!(
        told(&facts),
        [
            (Check::PipelineMissing, role.clone()),
            (Check::RoleNotAssumable, role)
        ]
    );
}
