//! The stored form of what `sweep` found by its checks.

use downriver_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::fields::{FieldError, InField, is_default, millis, named, parse, timestamp};
use super::key;
use crate::doctor::{Check, Checkup, Finding, Missed, Severity, StoredFinding, Subject};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CheckupV1 {
    revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missed: Option<MissedV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingV1>,
    #[serde(default, skip_serializing_if = "is_default")]
    left_out: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct MissedV1 {
    at: i64,
    versions: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct FindingV1 {
    check: String,
    severity: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    subject: SubjectV1,
    evidence: String,
    mend: String,
    found_at: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    is_told: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectV1 {
    Application(String),
    Pipeline(String),
    Repository(String),
    Domain(String),
    Queue(String),
    Rule(String),
    Role(String),
    Deployment,
}

impl From<&Checkup> for CheckupV1 {
    fn from(checkup: &Checkup) -> Self {
        Self {
            revision: checkup.revision,
            at: millis(checkup.at),
            up_to: checkup.up_to.as_ref().map(ToString::to_string),
            missed: checkup.missed.map(|missed| MissedV1 {
                at: missed.at.unix_millis(),
                versions: missed.versions,
            }),
            findings: checkup.findings.iter().map(FindingV1::from).collect(),
            left_out: checkup.left_out,
        }
    }
}

impl TryFrom<CheckupV1> for Checkup {
    type Error = FieldError;

    fn try_from(stored: CheckupV1) -> Result<Self, FieldError> {
        Ok(Self {
            revision: stored.revision,
            at: timestamp(stored.at),
            up_to: stored.up_to.map(|id| parse("up_to", &id)).transpose()?,
            missed: stored.missed.map(|missed| Missed {
                at: Timestamp::from_unix_millis(missed.at),
                versions: missed.versions,
            }),
            findings: stored
                .findings
                .into_iter()
                .filter_map(|finding| read(finding).transpose())
                .collect::<Result<_, FieldError>>()
                .in_field("findings")?,
            left_out: stored.left_out,
        })
    }
}

impl From<&StoredFinding> for FindingV1 {
    fn from(stored: &StoredFinding) -> Self {
        let finding = &stored.finding;
        Self {
            check: finding.check.to_string(),
            severity: finding.severity.as_str().to_owned(),
            application: finding.application.as_ref().map(ToString::to_string),
            subject: (&finding.subject).into(),
            evidence: finding.evidence.clone(),
            mend: finding.mend.clone(),
            found_at: stored.found_at.unix_millis(),
            is_told: stored.is_told,
        }
    }
}

/// None for a check that this release does not know: a newer one, which was rolled back, will find it again.
fn read(stored: FindingV1) -> Result<Option<StoredFinding>, FieldError> {
    let severity = { Severity::ALL.into_iter() }.find(|known| known.as_str() == stored.severity);
    let (Ok(check), Some(severity)) = (stored.check.parse::<Check>(), severity) else {
        return Ok(None);
    };
    Ok(Some(StoredFinding {
        finding: Finding {
            severity,
            check,
            application: stored
                .application
                .map(|id| parse("application", &id))
                .transpose()?,
            subject: stored.subject.try_into()?,
            evidence: stored.evidence,
            mend: stored.mend,
        },
        found_at: Timestamp::from_unix_millis(stored.found_at),
        is_told: stored.is_told,
    }))
}

impl From<&Subject> for SubjectV1 {
    fn from(subject: &Subject) -> Self {
        match subject {
            Subject::Application(id) => Self::Application(id.to_string()),
            Subject::Pipeline(pipeline) => Self::Pipeline(key::pipeline_key(pipeline)),
            Subject::Repository(id) => Self::Repository(key::repository_key(id)),
            Subject::Domain(owner, name) => Self::Domain(format!("{owner}/{name}")),
            Subject::Queue(name) => Self::Queue(name.clone()),
            Subject::Rule(name) => Self::Rule(name.clone()),
            Subject::Role(name) => Self::Role(name.clone()),
            Subject::Deployment => Self::Deployment,
        }
    }
}

impl TryFrom<SubjectV1> for Subject {
    type Error = FieldError;

    fn try_from(stored: SubjectV1) -> Result<Self, FieldError> {
        Ok(match stored {
            SubjectV1::Application(id) => Self::Application(parse("subject", &id)?),
            SubjectV1::Pipeline(pipeline) => {
                Self::Pipeline(named("subject", key::parse_pipeline_key(&pipeline))?)
            }
            SubjectV1::Repository(id) => {
                Self::Repository(named("subject", key::parse_repository_key(&id))?)
            }
            SubjectV1::Domain(domain) => {
                let (owner, name) = domain.split_once('/').unwrap_or((&domain, ""));
                Self::Domain(parse("subject", owner)?, parse("subject", name)?)
            }
            SubjectV1::Queue(name) => Self::Queue(name),
            SubjectV1::Rule(name) => Self::Rule(name),
            SubjectV1::Role(name) => Self::Role(name),
            SubjectV1::Deployment => Self::Deployment,
        })
    }
}
