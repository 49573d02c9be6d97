//! The stored forms of judgements. There is one for each affected application and change: absent defaults matter.

use downriver_domain::Evidence;
use downriver_domain::impact::{
    Action, Direction, Instance, Judgement, Stranding, Unaffected, Verdict,
};
use serde::{Deserialize, Serialize};

use super::dependency::{ScopeV1, built_text, parse_built};
use super::fields::{
    FieldError, is_default, keys, list, named, parse, read_all, stored_names, try_list,
};
use super::key;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct JudgementV1 {
    application: String,
    package_version: String,
    repository: String,
    verdict: VerdictV1,
    action: ActionV1,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_assumed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    instances: Vec<InstanceV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct InstanceV1 {
    verdict: VerdictV1,
    requirement: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    built: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_locked: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    path: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    scope: ScopeV1,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock_file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lock_line: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    is_requirement_assumed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum VerdictV1 {
    Picks,
    Locked,
    Excluded,
    Unaffected(UnaffectedV1),
    MovesOff(DirectionV1),
    Stranded(StrandingV1),
}

stored_names!(DirectionV1 = Direction {
    Newer = "newer",
    Older = "older",
});

stored_names!(StrandingV1 = Stranding {
    Gone = "gone",
    Unlisted = "unlisted",
});

stored_names!(ActionV1 = Action {
    Nothing = "nothing",
    Notify = "notify",
    NotifyUrgent = "notify_urgent",
    Rebuild = "rebuild",
    Refresh = "refresh",
});

stored_names!(UnaffectedV1 = Unaffected {
    BuiltAlready = "built_already",
    NewerBuiltAlready = "newer_built_already",
    NotVisible = "not_visible",
    PrereleaseNotSelected = "prerelease_not_selected",
    SelectsAnother = "selects_another",
    SoftPinned = "soft_pinned",
    ScopeLeftOut = "scope_left_out",
    FollowLeftOut = "follow_left_out",
    ThirdParty = "third_party",
    PublishedBeforeRegistration = "published_before_registration",
    NotADependency = "not_a_dependency",
    AlreadyAttempted = "already_attempted",
    PassedInCascade = "passed_in_cascade",
    NotFromRegistry = "not_from_registry",
    NotPublished = "not_published",
    WithdrawnNotBuilt = "withdrawn_not_built",
});

impl From<&Judgement> for JudgementV1 {
    fn from(judgement: &Judgement) -> Self {
        Self {
            application: judgement.application.to_string(),
            package_version: key::package_version_key(&judgement.package_version),
            repository: key::repository_key(&judgement.repository),
            verdict: (&judgement.verdict).into(),
            action: judgement.action.into(),
            reason: judgement.reason.clone(),
            wanted: judgement.wanted.clone(),
            is_assumed: judgement.is_assumed,
            instances: list(&judgement.instances),
        }
    }
}

impl TryFrom<JudgementV1> for Judgement {
    type Error = FieldError;

    fn try_from(stored: JudgementV1) -> Result<Self, FieldError> {
        Ok(Self {
            application: parse("application", &stored.application)?,
            package_version: named(
                "package_version",
                key::parse_package_version_key(&stored.package_version),
            )?,
            repository: named("repository", key::parse_repository_key(&stored.repository))?,
            verdict: stored.verdict.into(),
            action: stored.action.into(),
            reason: stored.reason,
            wanted: stored.wanted,
            is_assumed: stored.is_assumed,
            instances: try_list("instances", stored.instances)?,
        })
    }
}

impl From<&Instance> for InstanceV1 {
    fn from(instance: &Instance) -> Self {
        Self {
            verdict: (&instance.verdict).into(),
            requirement: instance.requirement.clone(),
            built: built_text(&instance.built),
            is_locked: instance.is_locked,
            path: keys(&instance.path, key::package_key),
            scope: instance.scope.into(),
            file: instance.evidence.file.to_string(),
            line: instance.evidence.line,
            lock_file: instance.lock.as_ref().map(|lock| lock.file.to_string()),
            lock_line: instance.lock.as_ref().and_then(|lock| lock.line),
            is_requirement_assumed: instance.is_requirement_assumed,
        }
    }
}

impl TryFrom<InstanceV1> for Instance {
    type Error = FieldError;

    fn try_from(stored: InstanceV1) -> Result<Self, FieldError> {
        Ok(Self {
            verdict: stored.verdict.into(),
            requirement: stored.requirement,
            built: parse_built("built", stored.built.as_deref())?,
            is_locked: stored.is_locked,
            path: read_all("path", &stored.path, key::parse_package_key)?,
            scope: stored.scope.into(),
            evidence: Evidence {
                file: stored.file.into(),
                line: stored.line,
            },
            lock: stored.lock_file.map(|file| Evidence {
                file: file.into(),
                line: stored.lock_line,
            }),
            is_requirement_assumed: stored.is_requirement_assumed,
        })
    }
}

impl From<&Verdict> for VerdictV1 {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Picks => Self::Picks,
            Verdict::Locked => Self::Locked,
            Verdict::Excluded => Self::Excluded,
            Verdict::Unaffected(why) => Self::Unaffected((*why).into()),
            Verdict::MovesOff(direction) => Self::MovesOff((*direction).into()),
            Verdict::Stranded(stranding) => Self::Stranded((*stranding).into()),
        }
    }
}

impl From<VerdictV1> for Verdict {
    fn from(stored: VerdictV1) -> Self {
        match stored {
            VerdictV1::Picks => Self::Picks,
            VerdictV1::Locked => Self::Locked,
            VerdictV1::Excluded => Self::Excluded,
            VerdictV1::Unaffected(why) => Self::Unaffected(why.into()),
            VerdictV1::MovesOff(direction) => Self::MovesOff(direction.into()),
            VerdictV1::Stranded(stranding) => Self::Stranded(stranding.into()),
        }
    }
}
