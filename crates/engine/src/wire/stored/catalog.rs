//! The stored form of an application with its policy.

use downriver_domain::{
    Application, Follow, OnLocked, Policy, Rollback, Scope, Timestamp, Versioning, Window,
};
use serde::{Deserialize, Serialize};

use super::dependency::ScopeV1;
use super::fields::{
    FieldError, InField, is_default, keys, list, named, parse, parse_all, read_all, stored_names,
    texts, try_list,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ApplicationV1 {
    id: String,
    owner: String,
    pipeline: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repositories: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    products: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publishes_to: Option<String>,
    versioning: VersioningV1,
    policy: PolicyV1,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source_folder: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    build_role: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_declared: bool,
    registered_at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    upriver: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    ring: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct PolicyV1 {
    follow: FollowV1,
    scopes: Vec<ScopeV1>,
    on_locked: OnLockedV1,
    rollback: RollbackV1,
    #[serde(default, skip_serializing_if = "is_default")]
    is_third_party_followed: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_source_rebuilt: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    is_shadow: bool,
    quiet_period_secs: u64,
    max_wait_secs: u64,
    max_block_secs: u64,
    max_run_secs: u64,
    publish_grace_secs: u64,
    retries_max: u32,
    retry_after_secs: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<WindowV1>,
    /// Of records that were written before there was one: the default.
    #[serde(default = "minimum_age_secs", skip_serializing_if = "is_default_age")]
    minimum_age_secs: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rebuilds_per_day_max: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ring: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WindowV1 {
    schedule: String,
    timezone: String,
    duration_secs: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_default_age(secs: &u64) -> bool {
    *secs == minimum_age_secs()
}

fn minimum_age_secs() -> u64 {
    Policy::default().minimum_age_secs
}

stored_names!(VersioningV1 = Versioning {
    Build = "build",
    Source = "source",
});

stored_names!(FollowV1 = Follow {
    All = "all",
    Direct = "direct",
    None = "none",
});

stored_names!(OnLockedV1 = OnLocked {
    Refresh = "refresh",
    Rebuild = "rebuild",
    Notify = "notify",
    Ignore = "ignore",
});

stored_names!(RollbackV1 = Rollback {
    Notify = "notify",
    Auto = "auto",
});

impl From<&Application> for ApplicationV1 {
    fn from(application: &Application) -> Self {
        Self {
            id: application.id.to_string(),
            owner: application.owner.to_string(),
            pipeline: key::pipeline_key(&application.pipeline),
            repositories: keys(&application.repositories, key::repository_key),
            products: keys(&application.products, key::package_key),
            publishes_to: application.publishes_to.as_ref().map(key::repository_key),
            versioning: application.versioning.into(),
            policy: (&application.policy).into(),
            source_folder: application.source_folder.clone(),
            build_role: application.build_role.as_ref().map(ToString::to_string),
            is_declared: application.is_declared,
            registered_at: application.registered_at.unix_millis(),
            upriver: texts(&application.upriver),
            ring: application.ring,
        }
    }
}

impl TryFrom<ApplicationV1> for Application {
    type Error = FieldError;

    fn try_from(stored: ApplicationV1) -> Result<Self, FieldError> {
        let publishes_to = stored.publishes_to.as_deref();
        Ok(Self {
            id: parse("id", &stored.id)?,
            owner: parse("owner", &stored.owner)?,
            pipeline: named("pipeline", key::parse_pipeline_key(&stored.pipeline))?,
            repositories: read_all(
                "repositories",
                &stored.repositories,
                key::parse_repository_key,
            )?,
            products: read_all("products", &stored.products, key::parse_package_key)?,
            publishes_to: named(
                "publishes_to",
                publishes_to.map(key::parse_repository_key).transpose(),
            )?,
            versioning: stored.versioning.into(),
            policy: stored.policy.try_into().in_field("policy")?,
            source_folder: stored.source_folder,
            build_role: stored
                .build_role
                .map(|role| parse("build_role", &role))
                .transpose()?,
            is_declared: stored.is_declared,
            registered_at: Timestamp::from_unix_millis(stored.registered_at),
            upriver: parse_all("upriver", &stored.upriver)?,
            ring: stored.ring,
        })
    }
}

impl From<&Policy> for PolicyV1 {
    fn from(policy: &Policy) -> Self {
        Self {
            follow: policy.follow.into(),
            scopes: policy.scopes.iter().copied().map(ScopeV1::from).collect(),
            on_locked: policy.on_locked.into(),
            rollback: policy.rollback.into(),
            is_third_party_followed: policy.is_third_party_followed,
            is_source_rebuilt: policy.is_source_rebuilt,
            is_shadow: policy.is_shadow,
            quiet_period_secs: policy.quiet_period_secs,
            max_wait_secs: policy.max_wait_secs,
            max_block_secs: policy.max_block_secs,
            max_run_secs: policy.max_run_secs,
            publish_grace_secs: policy.publish_grace_secs,
            retries_max: policy.retries_max,
            retry_after_secs: policy.retry_after_secs,
            windows: list(&policy.windows),
            minimum_age_secs: policy.minimum_age_secs,
            rebuilds_per_day_max: policy.rebuilds_per_day_max,
            ring: policy.ring,
            tags: texts(&policy.tags),
        }
    }
}

impl From<&Window> for WindowV1 {
    fn from(window: &Window) -> Self {
        Self {
            schedule: window.schedule().to_owned(),
            timezone: window.timezone().to_owned(),
            duration_secs: window.duration_secs(),
        }
    }
}

impl TryFrom<WindowV1> for Window {
    type Error = FieldError;

    fn try_from(stored: WindowV1) -> Result<Self, FieldError> {
        let window = Self::parse(&stored.schedule, &stored.timezone, stored.duration_secs);
        named("window", window)
    }
}

impl TryFrom<PolicyV1> for Policy {
    type Error = FieldError;

    fn try_from(stored: PolicyV1) -> Result<Self, FieldError> {
        Ok(Self {
            follow: stored.follow.into(),
            scopes: stored.scopes.into_iter().map(Scope::from).collect(),
            on_locked: stored.on_locked.into(),
            rollback: stored.rollback.into(),
            is_third_party_followed: stored.is_third_party_followed,
            is_source_rebuilt: stored.is_source_rebuilt,
            is_shadow: stored.is_shadow,
            quiet_period_secs: stored.quiet_period_secs,
            max_wait_secs: stored.max_wait_secs,
            max_block_secs: stored.max_block_secs,
            max_run_secs: stored.max_run_secs,
            publish_grace_secs: stored.publish_grace_secs,
            retries_max: stored.retries_max,
            retry_after_secs: stored.retry_after_secs,
            windows: try_list("windows", stored.windows)?,
            minimum_age_secs: stored.minimum_age_secs,
            rebuilds_per_day_max: stored.rebuilds_per_day_max,
            ring: stored.ring,
            tags: stored.tags.into_iter().collect(),
        })
    }
}
