//! What `doctor` found, as JSON.

use downriver_engine::doctor::{Diagnosis, Finding, Severity, Unread};
use downriver_engine::ports::Heard;
use serde::Serialize;

use crate::render::time::rfc3339;

#[derive(Serialize)]
pub(crate) struct DiagnosisDocument {
    /// The gravest first.
    findings: Vec<FindingDocument>,
    /// What could not be read, and which checks were therefore not made.
    unread: Vec<UnreadDocument>,
    /// The last accepted event of each domain.
    domains: Vec<HeardDocument>,
    applications: usize,
    errors: usize,
    warnings: usize,
    advice: usize,
}

#[derive(Serialize)]
struct FindingDocument {
    check: &'static str,
    severity: &'static str,
    application: Option<String>,
    subject: SubjectDocument,
    evidence: String,
    mend: String,
}

#[derive(Serialize)]
struct SubjectDocument {
    kind: &'static str,
    name: String,
}

#[derive(Serialize)]
struct UnreadDocument {
    action: &'static str,
    count: usize,
    first: String,
    why: String,
    checks: Vec<&'static str>,
}

#[derive(Serialize)]
struct HeardDocument {
    domain_owner: String,
    domain: String,
    last_event_at: String,
}

impl DiagnosisDocument {
    pub(crate) fn of(diagnosis: &Diagnosis, heard: &[Heard]) -> Self {
        Self {
            findings: diagnosis.findings.iter().map(finding).collect(),
            unread: diagnosis.unread.iter().map(unread).collect(),
            domains: heard
                .iter()
                .map(|heard| HeardDocument {
                    domain_owner: heard.domain_owner.to_string(),
                    domain: heard.domain.to_string(),
                    last_event_at: rfc3339(heard.at),
                })
                .collect(),
            applications: diagnosis.applications,
            errors: diagnosis.count(Severity::Error),
            warnings: diagnosis.count(Severity::Warning),
            advice: diagnosis.count(Severity::Advice),
        }
    }
}

fn finding(finding: &Finding) -> FindingDocument {
    FindingDocument {
        check: finding.check.as_str(),
        severity: finding.severity.as_str(),
        application: finding.application.as_ref().map(ToString::to_string),
        subject: SubjectDocument {
            kind: finding.subject.kind(),
            name: finding.subject.name(),
        },
        evidence: finding.evidence.clone(),
        mend: finding.mend.clone(),
    }
}

fn unread(unread: &Unread) -> UnreadDocument {
    UnreadDocument {
        action: unread.action,
        count: unread.count,
        first: unread.what.clone(),
        why: unread.why.clone(),
        checks: unread.checks.iter().map(|check| check.as_str()).collect(),
    }
}
