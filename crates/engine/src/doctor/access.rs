//! Whether builds may read what they resolve from, as far as resource policies tell: what the policies of the role itself
//! allow is not read, and counts as allowed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_domain::access::{
    Action, Miss, NearMiss, Outcome, Policies, PolicyDocument, PolicyKind, Principal,
    RepositoryPlace, Request, Resource, decide,
};
use downriver_domain::{Application, RepositoryId, RoleArn, Topology};

use super::facts::{Facts, PolicyFacts};
use super::finding::{Check, Finding, Severity, Subject};

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    for entry in &facts.applications {
        let application = &entry.application;
        let Some(role) = &application.build_role else {
            continue;
        };
        let mut domains = BTreeSet::new();
        for repository in pulled_through(application, &facts.topology) {
            let Some(asked) = Asked::of(facts, application, role, repository) else {
                continue;
            };
            if domains.insert((&repository.domain_owner, &repository.domain)) {
                findings.extend(asked.token());
            }
            findings.extend(asked.read());
        }
    }
}

/// The repositories that the build itself asks: what is upstream of the first one comes through that, and needs no
/// permission.
fn pulled_through<'a>(application: &'a Application, topology: &Topology) -> Vec<&'a RepositoryId> {
    let Some((first, others)) = application.repositories.split_first() else {
        return Vec::new();
    };
    let behind = topology.visible_from(std::slice::from_ref(first));
    let others = others.iter().filter(|other| !behind.contains(*other));
    std::iter::once(first).chain(others).collect()
}

/// A role's build that asks a repository, with the policies that answer it.
struct Asked<'f> {
    application: &'f Application,
    role: &'f RoleArn,
    place: RepositoryPlace,
    domain: Option<PolicyDocument>,
    repository: Option<PolicyDocument>,
}

impl<'f> Asked<'f> {
    /// None if the policies are not known. One that cannot be parsed is one that CodeArtifact would not have taken.
    fn of(
        facts: &'f Facts,
        application: &'f Application,
        role: &'f RoleArn,
        id: &RepositoryId,
    ) -> Option<Self> {
        let PolicyFacts {
            repositories,
            domains,
        } = &facts.policies;
        let domain = (id.domain_owner.clone(), id.domain.clone());
        let parse = |kind, text: &Option<String>| match text {
            None => Some(None),
            Some(text) => PolicyDocument::parse(kind, text).ok().map(Some),
        };
        let administrator = facts.repositories.get(id)?.as_ref().ok()?;
        Some(Self {
            application,
            role,
            place: RepositoryPlace {
                region: application.pipeline.target.region.clone(),
                repository: id.clone(),
                administrator: administrator.clone(),
            },
            domain: parse(PolicyKind::Domain, domains.get(&domain)?.as_ref().ok()?)?,
            repository: parse(PolicyKind::Repository, repositories.get(id)?.as_ref().ok()?)?,
        })
    }

    fn token(&self) -> Option<Finding> {
        let RepositoryId {
            domain_owner,
            domain,
            ..
        } = &self.place.repository;
        let why = self.refusal(Action::GetAuthorizationToken, self.place.domain())?;
        Some(self.finding(
            Check::TokenDenied,
            Subject::Domain(domain_owner.clone(), domain.clone()),
            &format!(
                "gets no authorization token of domain {domain} of account {domain_owner} (GetDomainPermissionsPolicy)"
            ),
            &why,
            &format!(
                "the policy of the domain (`aws codeartifact put-domain-permissions-policy --domain-owner {domain_owner} --domain {domain}`)"
            ),
            "\"codeartifact:GetAuthorizationToken\"",
        ))
    }

    fn read(&self) -> Option<Finding> {
        let id = &self.place.repository;
        let why = self.refusal(Action::ReadFromRepository, self.place.repository())?;
        Some(self.finding(
            Check::RepositoryUnreadable,
            Subject::Repository(id.clone()),
            &format!("may not read {id} (GetRepositoryPermissionsPolicy)"),
            &why,
            &format!(
                "the policy of the repository (`aws codeartifact put-repository-permissions-policy --domain-owner {} --domain {} --repository {}`)",
                id.domain_owner, id.domain, id.name
            ),
            "[\"codeartifact:GetRepositoryEndpoint\", \"codeartifact:ReadFromRepository\"]",
        ))
    }

    /// Why the resource policies do not let it through; none if they do, or if only the role's own policies are open.
    fn refusal(&self, action: Action, resource: Resource) -> Option<Refusal> {
        let principal: Principal = self.role.as_str().parse().ok()?;
        let request = Request::new(principal, action, resource)
            .ok()?
            .administered_by(self.place.administrator.clone());
        let policies = Policies {
            domain: self.domain.as_ref(),
            repository: self.repository.as_ref(),
            identity: None,
        };
        let decision = decide(&request, &policies);
        if decision.is_up_to_identity() {
            return None;
        }
        let (is_denied, near) = match &decision.outcome {
            Outcome::Allowed(_) => return None,
            Outcome::ExplicitlyDenied(_) => (true, &[][..]),
            Outcome::ImplicitlyDenied { near, .. } => (false, near.as_slice()),
        };
        // What hangs on a condition, as on the role's organization, may hold all the same.
        let is_condition = |near: &NearMiss| matches!(near.why, Miss::Condition { .. });
        let is_certain = decision.suppositions.is_empty() && !near.iter().any(is_condition);
        Some(Refusal {
            severity: if is_certain {
                Severity::Error
            } else {
                Severity::Advice
            },
            is_denied,
            sentences: decision.sentences(&request).join(" "),
        })
    }

    fn finding(
        &self,
        check: Check,
        subject: Subject,
        what: &str,
        why: &Refusal,
        policy: &str,
        actions: &str,
    ) -> Finding {
        let mend = if why.is_denied {
            format!("take the role out of the denying statement in {policy}")
        } else {
            format!(
                "add this statement to {policy}: {{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"{}\"}}, \"Action\": {actions}, \"Resource\": \"*\"}}",
                self.role
            )
        };
        Finding {
            severity: why.severity,
            check,
            application: Some(self.application.id.clone()),
            subject,
            evidence: format!(
                "The build role of {}, {}, {what}: {}",
                self.application.id, self.role, why.sentences
            ),
            mend,
        }
    }
}

struct Refusal {
    severity: Severity,
    is_denied: bool,
    sentences: String,
}
