//! The stored form of the topology.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::rollout::RingRule;
use downriver_domain::version::PackageId;
use downriver_domain::{
    ApplicationId, Freeze, ObservedRepository, PackagePattern, Repository, RepositoryId,
    RolloutPolicy, Target, Timestamp, Topology,
};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, InField, is_default, keys, list, named, parse, parse_all, read_all, texts, try_list,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TopologyV1 {
    revision: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    domain_owners: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    receivers: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    repositories: BTreeMap<String, RepositoryV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    observed: BTreeMap<String, ObservedV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    budgets: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    event_started: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    internal: Vec<PatternV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mutable: Vec<PatternV1>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    producers: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    upriver: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_shadow: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    urgent_budgets: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    urgent: Vec<PatternV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    freezes: Vec<FreezeV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutPolicyV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct FreezeV1 {
    from: i64,
    until: i64,
    reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RolloutPolicyV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rings: Vec<RingRuleV1>,
    pass_percent: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    halt_percent: Option<u32>,
    is_ramped: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_unlisted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    applications_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth_max: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RingRuleV1 {
    Tags(BTreeSet<String>),
    Share(u32),
}

#[derive(Debug, Serialize, Deserialize)]
struct RepositoryV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    upstreams: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    external_connections: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ObservedV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    upstreams: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    external_connections: Vec<String>,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct PatternV1 {
    format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
}

impl From<&Topology> for TopologyV1 {
    fn from(topology: &Topology) -> Self {
        let repositories = topology.repositories.iter();
        let observed = topology.observed.iter();
        let budgets = topology.budgets.iter();
        let producers = topology.producers.iter();
        let upriver = topology.upriver.iter();
        Self {
            revision: topology.revision,
            domain_owners: texts(&topology.domain_owners),
            receivers: texts(&topology.receivers),
            repositories: repositories
                .map(|(id, repository)| (key::repository_key(id), repository.into()))
                .collect(),
            observed: observed
                .map(|(id, repository)| (key::repository_key(id), repository.into()))
                .collect(),
            budgets: budgets
                .map(|(target, max)| (key::target_key(target), *max))
                .collect(),
            event_started: keys(&topology.event_started, key::target_key),
            internal: list(&topology.internal),
            mutable: list(&topology.mutable),
            producers: producers
                .map(|(package, ids)| (key::package_key(package), texts(ids)))
                .collect(),
            upriver: upriver
                .map(|(id, above)| (id.to_string(), texts(above)))
                .collect(),
            is_shadow: topology.is_shadow,
            urgent_budgets: topology
                .urgent_budgets
                .iter()
                .map(|(target, kept)| (key::target_key(target), *kept))
                .collect(),
            urgent: list(&topology.urgent),
            freezes: list(&topology.freezes),
            rollout: topology.rollout.as_ref().map(RolloutPolicyV1::from),
        }
    }
}

impl From<&ObservedRepository> for ObservedV1 {
    fn from(observed: &ObservedRepository) -> Self {
        Self {
            upstreams: keys(&observed.upstreams, key::repository_key),
            external_connections: observed.external_connections.clone(),
            at: observed.at.unix_millis(),
        }
    }
}

impl TryFrom<TopologyV1> for Topology {
    type Error = FieldError;

    fn try_from(stored: TopologyV1) -> Result<Self, FieldError> {
        Ok(Self {
            revision: stored.revision,
            domain_owners: parse_all("domain_owners", &stored.domain_owners)?,
            receivers: parse_all("receivers", &stored.receivers)?,
            repositories: stored
                .repositories
                .into_iter()
                .map(|(id, repository)| {
                    let id = named("repositories", key::parse_repository_key(&id))?;
                    let repository = Repository::try_from(repository).in_field("repositories")?;
                    Ok((id, repository))
                })
                .collect::<Result<_, FieldError>>()?,
            observed: parse_observed(stored.observed)?,
            budgets: parse_budgets("budgets", &stored.budgets)?,
            event_started: read_all(
                "event_started",
                &stored.event_started,
                key::parse_target_key,
            )?,
            internal: try_list("internal", stored.internal)?,
            mutable: try_list("mutable", stored.mutable)?,
            producers: parse_producers(&stored.producers)?,
            upriver: parse_upriver(&stored.upriver)?,
            is_shadow: stored.is_shadow,
            urgent_budgets: parse_budgets("urgent_budgets", &stored.urgent_budgets)?,
            urgent: try_list("urgent", stored.urgent)?,
            freezes: stored.freezes.into_iter().map(Freeze::from).collect(),
            rollout: stored.rollout.map(RolloutPolicy::from),
        })
    }
}

fn parse_observed(
    stored: BTreeMap<String, ObservedV1>,
) -> Result<BTreeMap<RepositoryId, ObservedRepository>, FieldError> {
    stored
        .into_iter()
        .map(|(id, observed)| {
            let id = named("observed", key::parse_repository_key(&id))?;
            let observed = ObservedRepository {
                upstreams: read_all("upstreams", &observed.upstreams, key::parse_repository_key)
                    .in_field("observed")?,
                external_connections: observed.external_connections,
                at: Timestamp::from_unix_millis(observed.at),
            };
            Ok((id, observed))
        })
        .collect()
}

fn parse_budgets(
    field: &str,
    stored: &BTreeMap<String, u32>,
) -> Result<BTreeMap<Target, u32>, FieldError> {
    stored
        .iter()
        .map(|(target, max)| Ok((named(field, key::parse_target_key(target))?, *max)))
        .collect()
}

fn parse_producers(
    stored: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<PackageId, BTreeSet<ApplicationId>>, FieldError> {
    stored
        .iter()
        .map(|(package, ids)| {
            let package = named("producers", key::parse_package_key(package))?;
            Ok((package, parse_all("producers", ids)?))
        })
        .collect()
}

fn parse_upriver(
    stored: &BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<ApplicationId, BTreeSet<ApplicationId>>, FieldError> {
    stored
        .iter()
        .map(|(id, above)| Ok((parse("upriver", id)?, parse_all("upriver", above)?)))
        .collect()
}

impl From<&Freeze> for FreezeV1 {
    fn from(freeze: &Freeze) -> Self {
        Self {
            from: freeze.from.unix_millis(),
            until: freeze.until.unix_millis(),
            reason: freeze.reason.clone(),
        }
    }
}

impl From<FreezeV1> for Freeze {
    fn from(stored: FreezeV1) -> Self {
        Self {
            from: Timestamp::from_unix_millis(stored.from),
            until: Timestamp::from_unix_millis(stored.until),
            reason: stored.reason,
        }
    }
}

impl From<&RolloutPolicy> for RolloutPolicyV1 {
    fn from(policy: &RolloutPolicy) -> Self {
        let rule = |rule: &RingRule| match rule {
            RingRule::Tags(tags) => RingRuleV1::Tags(tags.clone()),
            RingRule::Share(percent) => RingRuleV1::Share(*percent),
        };
        Self {
            rings: policy.rings.iter().map(rule).collect(),
            pass_percent: policy.pass_percent,
            halt_percent: policy.halt_percent,
            is_ramped: policy.is_ramped,
            is_unlisted: policy.is_unlisted,
            applications_max: policy.applications_max,
            depth_max: policy.depth_max,
        }
    }
}

impl From<RolloutPolicyV1> for RolloutPolicy {
    fn from(stored: RolloutPolicyV1) -> Self {
        let rule = |rule: RingRuleV1| match rule {
            RingRuleV1::Tags(tags) => RingRule::Tags(tags),
            RingRuleV1::Share(percent) => RingRule::Share(percent),
        };
        Self {
            rings: stored.rings.into_iter().map(rule).collect(),
            pass_percent: stored.pass_percent,
            halt_percent: stored.halt_percent,
            is_ramped: stored.is_ramped,
            is_unlisted: stored.is_unlisted,
            applications_max: stored.applications_max,
            depth_max: stored.depth_max,
        }
    }
}

impl From<&Repository> for RepositoryV1 {
    fn from(repository: &Repository) -> Self {
        Self {
            upstreams: keys(&repository.upstreams, key::repository_key),
            external_connections: repository.external_connections.clone(),
        }
    }
}

impl TryFrom<RepositoryV1> for Repository {
    type Error = FieldError;

    fn try_from(stored: RepositoryV1) -> Result<Self, FieldError> {
        Ok(Self {
            upstreams: read_all("upstreams", &stored.upstreams, key::parse_repository_key)?,
            external_connections: stored.external_connections,
        })
    }
}

impl From<&PackagePattern> for PatternV1 {
    fn from(pattern: &PackagePattern) -> Self {
        Self {
            format: pattern.format.to_string(),
            namespace: pattern.namespace.clone(),
            name: pattern.name.clone(),
        }
    }
}

impl TryFrom<PatternV1> for PackagePattern {
    type Error = FieldError;

    fn try_from(stored: PatternV1) -> Result<Self, FieldError> {
        Ok(Self {
            format: parse("format", &stored.format)?,
            namespace: stored.namespace,
            name: stored.name,
        })
    }
}
