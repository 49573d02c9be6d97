use super::*;
use crate::doctor::testing::{NOW, healthy, hours_ago, id, pipeline};
use crate::doctor::{Check, PipelineFacts, Subject, Unread};
use crate::ports::ReadError;

fn facts_without(name: &str) -> Facts {
    let mut facts = healthy();
    facts.deployment = None;
    let read = PipelineFacts {
        declared: Err(ReadError::NotFound),
        disabled: Ok(Vec::new()),
    };
    facts.pipelines.insert(pipeline(name), read);
    facts
}

fn stored(check: Check, name: &str) -> StoredFinding {
    StoredFinding {
        finding: Finding {
            severity: Severity::Error,
            check,
            application: Some(id(name)),
            subject: Subject::Pipeline(pipeline(name)),
            evidence: String::new(),
            mend: String::new(),
        },
        found_at: hours_ago(9),
        is_told: true,
    }
}

fn merged(before: Vec<StoredFinding>, facts: &Facts) -> Checkup {
    let mut checkup = Checkup {
        findings: before,
        ..Checkup::default()
    };
    merge(&mut checkup, facts, &examine(facts));
    checkup
}

#[test]
fn what_was_told_is_not_told_again_until_it_was_gone() {
    let facts = facts_without("web");
    let first = merged(Vec::new(), &facts).findings;
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].found_at, first[0].is_told), (NOW, false));
    let known = vec![stored(Check::PipelineMissing, "web")];
    let again = merged(known.clone(), &facts).findings;
    assert_eq!((again[0].found_at, again[0].is_told), (hours_ago(9), true));
    assert!(!again[0].finding.evidence.is_empty());
    assert_eq!(merged(known, &healthy()).findings, []);
}

#[test]
fn what_was_not_looked_at_stays() {
    let facts = healthy();
    let of_other = stored(Check::PipelineMissing, "other");
    assert_eq!(merged(vec![of_other.clone()], &facts).findings, [of_other]);
    let mut blind = healthy();
    let denied = Err(ReadError::Denied("no".to_owned()));
    let read = blind.pipelines.get_mut(&pipeline("web"));
    read.expect("it is read").declared = denied;
    let known = stored(Check::PipelineMissing, "web");
    assert_eq!(merged(vec![known.clone()], &blind).findings, [known]);
}

#[test]
fn the_record_is_bounded_and_keeps_the_gravest() {
    let mut before: Vec<StoredFinding> = (0..FINDINGS_MAX)
        .map(|number| stored(Check::TransitionDisabled, &format!("gone-{number}")))
        .collect();
    for one in &mut before {
        one.finding.severity = Severity::Warning;
    }
    let checkup = merged(before, &facts_without("web"));
    assert_eq!(checkup.findings.len(), FINDINGS_MAX);
    assert_eq!(checkup.left_out, 1);
    assert_eq!(checkup.findings[0].finding.check, Check::PipelineMissing);
    assert_eq!(
        cut(&"ü".repeat(TEXT_CHARS_MAX + 1)).chars().count(),
        TEXT_CHARS_MAX + 1
    );
    let unread: Vec<Unread> = Vec::new();
    assert_eq!(examine(&healthy()).unread, unread);
}
