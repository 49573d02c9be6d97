//! Statuses of package versions: set by `UpdatePackageVersionsStatus`, and told to EventBridge.

use serde_json::{Map, Value, json};

use super::repositories::{Repositories, RepositoryKey};
use super::{HeldVersion, NAME, PackageKey, Registry, STATUSES};
use crate::simulated_aws::constraint::{Members, check_text};
use crate::simulated_aws::error::ApiError;
use crate::simulated_aws::events::{Event, EventLevel};
use crate::simulated_aws::instant::Millis;

/// Of the service model.
const VERSIONS_MAX: usize = 100;
/// What the operation sets; `Disposed` and `Deleted` have operations of their own.
const TARGETS: &[&str] = &["Archived", "Published", "Unlisted"];

impl Registry {
    /// `UpdatePackageVersionsStatus`: the answer, and an event for each version that changed.
    pub(super) fn update_statuses(
        &mut self,
        input: &Members<'_>,
        repository: &RepositoryKey,
        package: &PackageKey,
        (region, now): (&str, Millis),
    ) -> Result<(Value, Vec<Event>), ApiError> {
        let versions = parse_versions(input)?;
        let expected = input.choice("expectedStatus", STATUSES)?;
        let target = input.choice("targetStatus", STATUSES)?;
        let target = target.ok_or_else(|| input.missing("targetStatus"))?;
        if !TARGETS.contains(&target) {
            let message = format!("'{target}' is not a valid target status");
            return Err(ApiError::validation(message));
        }
        let revisions = input.structure("versionRevisions")?;
        self.versions(repository, package)?;
        let (mut successful, mut failed) = (Map::new(), Map::new());
        let mut events = Vec::new();
        for version in versions {
            let revision = revisions
                .as_ref()
                .and_then(|revisions| revisions.get(version)?.as_str());
            let held = self.repositories.held_mut(repository, package, version);
            if let Some((code, message)) = refusal(held.as_deref(), expected, revision) {
                let error = json!({"errorCode": code, "errorMessage": message});
                failed.insert(version.to_owned(), error);
                continue;
            }
            let Some(held) = held else { continue };
            let info = json!({"revision": held.revision(), "status": target});
            successful.insert(version.to_owned(), info);
            if held.status != target {
                let of = (repository, package, version);
                let told = self.repositories.set_status(of, target, (region, now));
                events.extend(told);
            }
        }
        let answer = json!({"successfulVersions": successful, "failedVersions": failed});
        Ok((answer, events))
    }
}

fn parse_versions<'a>(input: &Members<'a>) -> Result<Vec<&'a str>, ApiError> {
    let versions = input.get("versions").and_then(Value::as_array);
    let versions = versions.ok_or_else(|| input.missing("versions"))?;
    if versions.len() > VERSIONS_MAX {
        let message = format!("versions has more than {VERSIONS_MAX} members");
        return Err(ApiError::validation(message));
    }
    versions
        .iter()
        .map(|version| {
            let version = version.as_str().unwrap_or_default();
            check_text(version, NAME, "versions")?;
            Ok(version)
        })
        .collect()
}

/// `PackageVersionError` of the model: code and message.
fn refusal(
    held: Option<&HeldVersion>,
    expected: Option<&str>,
    revision: Option<&str>,
) -> Option<(&'static str, &'static str)> {
    let Some(held) = held else {
        return Some(("NOT_FOUND", "The package version does not exist"));
    };
    if expected.is_some_and(|expected| expected != held.status) {
        return Some((
            "MISMATCHED_STATUS",
            "The package version has another status than is expected",
        ));
    }
    if revision.is_some_and(|revision| revision != held.revision()) {
        return Some((
            "MISMATCHED_REVISION",
            "The package version has another revision than is expected",
        ));
    }
    (held.status == "Disposed").then_some((
        "NOT_ALLOWED",
        "The status of a disposed package version does not change",
    ))
}

impl Repositories {
    /// An event for the domain's owner, and one for the repository's administrator if that is another account.
    fn set_status(
        &mut self,
        (repository, package, version): (&RepositoryKey, &PackageKey, &str),
        status: &str,
        (region, now): (&str, Millis),
    ) -> Vec<Event> {
        let known = self.sequence_of(repository, package);
        let administrator = self.administrator_of(repository);
        let Some(held) = self.held_mut(repository, package, version) else {
            return Vec::new();
        };
        status.clone_into(&mut held.status);
        held.sequence = Some(known + 1);
        let detail = held.to_event_detail(&administrator);
        let mut receivers = vec![repository.domain_owner.clone()];
        receivers.extend(Some(administrator).filter(|account| *account != repository.domain_owner));
        receivers
            .into_iter()
            .map(|account| Event {
                account,
                region: region.to_owned(),
                pipeline: String::new(),
                level: EventLevel::PackageVersion,
                state: status.to_owned(),
                at_ms: now,
                detail: detail.clone(),
            })
            .collect()
    }
}

impl HeldVersion {
    fn to_event_detail(&self, administrator: &str) -> Value {
        let identity = (
            &self.repository,
            &self.package,
            &self.version,
            self.sequence,
        );
        json!({
            "domainName": self.domain,
            "domainOwner": self.domain_owner,
            "repositoryName": self.repository,
            "repositoryAdministrator": administrator,
            "packageFormat": self.format,
            "packageNamespace": self.namespace,
            "packageName": self.package,
            "packageVersion": self.version,
            "packageVersionState": self.status,
            "packageVersionRevision": self.revision(),
            "changes": {
                "assetsAdded": 0,
                "assetsRemoved": 0,
                "metadataUpdated": false,
                "assetsUpdated": 0,
                "statusChanged": true,
            },
            "operationType": "Updated",
            "sequenceNumber": self.sequence,
            "eventDeduplicationId": crate::simulated_aws::ids::commit_of(identity),
        })
    }
}
