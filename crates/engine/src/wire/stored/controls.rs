//! The stored forms of the operators' switches and of active producers.

use std::collections::BTreeMap;

use downriver_domain::slot::{
    ActiveProducer, Comparison, ControlScope, Controls, Pause, PauseScope, Timed,
};
use downriver_domain::summary::SummaryProgress;
use downriver_domain::{Summary, Timestamp};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, InField, is_default, millis, named, parse, parse_optional, timestamp,
};
use super::key;
use crate::wire::summary::SummaryDocument;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ControlsV1 {
    revision: u64,
    pauses: Vec<PauseV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    freezes: Vec<TimedV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    openings: Vec<TimedV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reconciliation: Option<ComparisonV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repositories_read_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    summaries: Option<SummaryProgressV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SummaryProgressV1 {
    until: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up_to: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    owners: BTreeMap<String, SummaryDocument>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_told: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct ComparisonV1 {
    up_to: String,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct PauseV1 {
    scope: PauseScopeV1,
    by: String,
    reason: String,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TimedV1 {
    scope: ControlScopeV1,
    by: String,
    reason: String,
    at: i64,
    until: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ControlScopeV1 {
    System,
    Owner(String),
    Application(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PauseScopeV1 {
    System,
    Application(String),
    Package(String),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ActiveProducerV1 {
    application: String,
    rebuild: String,
    since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active_from: Option<i64>,
}

impl From<&Controls> for ControlsV1 {
    fn from(controls: &Controls) -> Self {
        Self {
            revision: controls.revision,
            pauses: controls
                .pauses
                .iter()
                .map(|(scope, pause)| PauseV1 {
                    scope: scope.into(),
                    by: pause.by.clone(),
                    reason: pause.reason.clone(),
                    at: pause.at.unix_millis(),
                })
                .collect(),
            freezes: controls.freezes.iter().map(TimedV1::from).collect(),
            openings: controls.openings.iter().map(TimedV1::from).collect(),
            comparison: controls.comparison.as_ref().map(ComparisonV1::from),
            reconciliation: controls.reconciliation.as_ref().map(ComparisonV1::from),
            repositories_read_at: millis(controls.repositories_read_at),
            summaries: controls.summaries.as_ref().map(SummaryProgressV1::from),
        }
    }
}

impl TryFrom<ControlsV1> for Controls {
    type Error = FieldError;

    fn try_from(stored: ControlsV1) -> Result<Self, FieldError> {
        let pause = |stored: PauseV1| {
            let pause = Pause {
                by: stored.by,
                reason: stored.reason,
                at: Timestamp::from_unix_millis(stored.at),
            };
            let scope = PauseScope::try_from(stored.scope).in_field("pauses")?;
            Ok((scope, pause))
        };
        Ok(Self {
            revision: stored.revision,
            pauses: stored
                .pauses
                .into_iter()
                .map(pause)
                .collect::<Result<_, FieldError>>()?,
            freezes: parse_timed("freezes", stored.freezes)?,
            openings: parse_timed("openings", stored.openings)?,
            comparison: stored
                .comparison
                .map(Comparison::try_from)
                .transpose()
                .in_field("comparison")?,
            reconciliation: stored
                .reconciliation
                .map(Comparison::try_from)
                .transpose()
                .in_field("reconciliation")?,
            repositories_read_at: timestamp(stored.repositories_read_at),
            summaries: stored
                .summaries
                .map(SummaryProgress::try_from)
                .transpose()
                .in_field("summaries")?,
        })
    }
}

fn parse_timed(
    field: &str,
    stored: Vec<TimedV1>,
) -> Result<BTreeMap<ControlScope, Timed>, FieldError> {
    stored
        .into_iter()
        .map(|stored| {
            let timed = Timed {
                by: stored.by,
                reason: stored.reason,
                at: Timestamp::from_unix_millis(stored.at),
                until: Timestamp::from_unix_millis(stored.until),
            };
            let scope = ControlScope::try_from(stored.scope).in_field(field)?;
            Ok((scope, timed))
        })
        .collect()
}

impl From<&ControlScope> for ControlScopeV1 {
    fn from(scope: &ControlScope) -> Self {
        match scope {
            ControlScope::System => Self::System,
            ControlScope::Owner(owner) => Self::Owner(owner.to_string()),
            ControlScope::Application(id) => Self::Application(id.to_string()),
        }
    }
}

impl TryFrom<ControlScopeV1> for ControlScope {
    type Error = FieldError;

    fn try_from(stored: ControlScopeV1) -> Result<Self, FieldError> {
        Ok(match stored {
            ControlScopeV1::System => Self::System,
            ControlScopeV1::Owner(owner) => Self::Owner(parse("owner", &owner)?),
            ControlScopeV1::Application(id) => Self::Application(parse("application", &id)?),
        })
    }
}

impl From<(&ControlScope, &Timed)> for TimedV1 {
    fn from((scope, timed): (&ControlScope, &Timed)) -> Self {
        Self {
            scope: scope.into(),
            by: timed.by.clone(),
            reason: timed.reason.clone(),
            at: timed.at.unix_millis(),
            until: timed.until.unix_millis(),
        }
    }
}

impl From<&SummaryProgress> for SummaryProgressV1 {
    fn from(progress: &SummaryProgress) -> Self {
        let owners = progress.owners.iter();
        Self {
            until: progress.until.unix_millis(),
            up_to: progress.up_to.as_ref().map(ToString::to_string),
            owners: owners
                .map(|(owner, summary)| (owner.to_string(), summary.into()))
                .collect(),
            is_told: progress.is_told,
        }
    }
}

impl TryFrom<SummaryProgressV1> for SummaryProgress {
    type Error = FieldError;

    fn try_from(stored: SummaryProgressV1) -> Result<Self, FieldError> {
        let owners = stored.owners.into_iter();
        let owners =
            owners.map(|(owner, document)| Ok((parse("owners", &owner)?, Summary::from(document))));
        Ok(Self {
            until: Timestamp::from_unix_millis(stored.until),
            up_to: parse_optional("up_to", stored.up_to.as_deref())?,
            owners: owners.collect::<Result<_, FieldError>>()?,
            is_told: stored.is_told,
        })
    }
}

impl From<&Comparison> for ComparisonV1 {
    fn from(comparison: &Comparison) -> Self {
        Self {
            up_to: comparison.up_to.to_string(),
            at: comparison.at.unix_millis(),
        }
    }
}

impl TryFrom<ComparisonV1> for Comparison {
    type Error = FieldError;

    fn try_from(stored: ComparisonV1) -> Result<Self, FieldError> {
        Ok(Self {
            up_to: parse("up_to", &stored.up_to)?,
            at: Timestamp::from_unix_millis(stored.at),
        })
    }
}

impl From<&PauseScope> for PauseScopeV1 {
    fn from(scope: &PauseScope) -> Self {
        match scope {
            PauseScope::System => Self::System,
            PauseScope::Application(id) => Self::Application(id.to_string()),
            PauseScope::Package(package) => Self::Package(key::package_key(package)),
        }
    }
}

impl TryFrom<PauseScopeV1> for PauseScope {
    type Error = FieldError;

    fn try_from(stored: PauseScopeV1) -> Result<Self, FieldError> {
        Ok(match stored {
            PauseScopeV1::System => Self::System,
            PauseScopeV1::Application(id) => Self::Application(parse("application", &id)?),
            PauseScopeV1::Package(package) => {
                Self::Package(named("package", key::parse_package_key(&package))?)
            }
        })
    }
}

impl From<&ActiveProducer> for ActiveProducerV1 {
    fn from(producer: &ActiveProducer) -> Self {
        Self {
            application: producer.application.to_string(),
            rebuild: producer.rebuild.to_string(),
            since: producer.since.unix_millis(),
            active_from: millis(producer.active_from),
        }
    }
}

impl TryFrom<ActiveProducerV1> for ActiveProducer {
    type Error = FieldError;

    fn try_from(stored: ActiveProducerV1) -> Result<Self, FieldError> {
        Ok(Self {
            application: parse("application", &stored.application)?,
            rebuild: parse("rebuild", &stored.rebuild)?,
            since: Timestamp::from_unix_millis(stored.since),
            active_from: timestamp(stored.active_from),
        })
    }
}
