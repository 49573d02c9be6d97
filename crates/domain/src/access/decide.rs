//! The decision: allowed, explicitly denied, implicitly denied, with the statements that decided.
//!
//! The rules are those of CodeArtifact's user guide (Repository policies, on the interaction between repository and
//! domain policies; Domain policies), and IAM's for everything that it leaves to them.

mod decision;
mod fit;
mod needs;
mod reach;
mod sentence;
#[cfg(test)]
mod tests;

use super::context::{Facts, RequestContext};
use super::policy::{Effect, PolicyDocument, PolicyKind};
use super::principal::{Naming, Principal, PrincipalKind};
use super::{Action, Level, Resource, ResourceKind};
use crate::AccountId;
pub use decision::{Decision, Ground, Miss, Missing, NearMiss, Outcome, StatementRef, Supposition};
use fit::{Judged, judge};
pub use needs::{Need, needs_of};
pub use reach::{Reach, reach_of};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub principal: Principal,
    pub action: Action,
    pub resource: Resource,
    /// The account that made the repository, where it is not the domain's owner.
    pub administrator: Option<AccountId>,
    pub context: RequestContext,
}

/// An action asked for a resource that it is not about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{action}` is not asked for {kind}: it is about {}", kinds(*.action))]
pub struct InvalidRequest {
    pub action: Action,
    pub kind: ResourceKind,
}

/// The policies at hand. A domain or repository without a policy is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    pub domain: Option<&'a PolicyDocument>,
    pub repository: Option<&'a PolicyDocument>,
    /// All identity policies of the principal; `None` if they could not be read, which counts as no allow and is told.
    pub identity: Option<&'a [PolicyDocument]>,
}

impl Request {
    /// The resource has to be of a kind that the action takes: `ReadFromRepository`, for example, is about a whole
    /// repository and never about a package (see [`Resource::widened_to`]).
    pub fn new(
        principal: Principal,
        action: Action,
        resource: Resource,
    ) -> Result<Self, InvalidRequest> {
        let kind = resource.kind();
        if !action.takes(kind) {
            return Err(InvalidRequest { action, kind });
        }
        Ok(Self {
            principal,
            action,
            resource,
            administrator: None,
            context: RequestContext::default(),
        })
    }

    #[must_use]
    pub fn administered_by(mut self, account: AccountId) -> Self {
        self.administrator = Some(account);
        self
    }

    #[must_use]
    pub fn in_context(mut self, context: RequestContext) -> Self {
        self.context = context;
        self
    }

    /// The resource policies that count: none for what is about an account; the domain's for the domain; both for
    /// repositories and packages; and never the one that a Put… replaces.
    pub fn policies_counted(&self) -> &'static [PolicyKind] {
        use PolicyKind::{Domain, Repository};
        match (self.action, self.action.level(), self.resource.kind()) {
            (Action::PutDomainPermissionsPolicy, ..)
            | (_, Level::Account, _)
            | (_, _, ResourceKind::Any) => &[],
            (Action::PutRepositoryPermissionsPolicy, ..)
            | (_, Level::Domain | Level::PackageGroup, _)
            | (_, _, ResourceKind::Domain | ResourceKind::PackageGroup) => &[Domain],
            (_, _, ResourceKind::Repository | ResourceKind::Package) => &[Domain, Repository],
        }
    }

    fn standing(&self) -> Standing {
        let account = &self.principal.account;
        let is_in_repository = self.action.level() != Level::Domain
            && matches!(
                self.resource.kind(),
                ResourceKind::Repository | ResourceKind::Package
            );
        if self.action.level() == Level::Account || self.resource.kind() == ResourceKind::Any {
            Standing::Account
        } else if self.resource.owner() == Some(account) {
            Standing::Owner
        } else if is_in_repository && self.administrator.as_ref() == Some(account) {
            Standing::Administrator
        } else {
            Standing::Other
        }
    }
}

/// How the principal's account stands to the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The action is about the principal's account: identity policies alone decide.
    Account,
    /// Of the domain's owner: an identity policy or a resource policy is enough.
    Owner,
    /// Of the repository's administrator: an identity policy is enough, and needed.
    Administrator,
    /// Any other: an identity policy and a resource policy are needed.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Allowed,
    ExplicitlyDenied,
    ImplicitlyDenied,
}

/// Decides a request. Pure: the same request and policies give the same decision.
pub fn decide(request: &Request, policies: &Policies<'_>) -> Decision {
    let facts = Facts::of(request);
    let counted = request.policies_counted();
    let mut judged = Vec::new();
    for (kind, document) in [
        (PolicyKind::Domain, policies.domain),
        (PolicyKind::Repository, policies.repository),
    ] {
        if let Some(document) = document.filter(|_| counted.contains(&kind)) {
            judge(document, 0, &facts, &mut judged);
        }
    }
    for (index, document) in policies.identity.unwrap_or_default().iter().enumerate() {
        judge(document, index, &facts, &mut judged);
    }
    let settled = settle(request, &judged);
    Decision {
        outcome: outcome(request, policies, counted, settled, &judged),
        suppositions: suppositions(request, settled, &judged),
    }
}

/// An explicit deny wins over everything; after that it depends on whose principal it is.
fn settle(request: &Request, judged: &[Judged]) -> Settled {
    let applies = |effect, is_identity: bool| {
        judged
            .iter()
            .filter(move |own| own.applies && own.effect == effect)
            .filter(move |own| own.is_identity() == is_identity)
    };
    let is_denied = [true, false]
        .into_iter()
        .any(|is_identity| applies(Effect::Deny, is_identity).next().is_some());
    if is_denied {
        return Settled::ExplicitlyDenied;
    }
    let by_identity = request.principal.kind == PrincipalKind::Root
        || applies(Effect::Allow, true).next().is_some();
    let by_resource = applies(Effect::Allow, false).next().is_some();
    let is_allowed = match request.standing() {
        Standing::Account | Standing::Administrator => by_identity,
        Standing::Owner => by_identity || applies(Effect::Allow, false).any(Judged::is_direct),
        Standing::Other => by_identity && by_resource,
    };
    if is_allowed {
        Settled::Allowed
    } else {
        Settled::ImplicitlyDenied
    }
}

fn outcome(
    request: &Request,
    policies: &Policies<'_>,
    counted: &[PolicyKind],
    settled: Settled,
    judged: &[Judged],
) -> Outcome {
    let of = |effect| {
        let applying = judged
            .iter()
            .filter(move |own| own.applies && own.effect == effect);
        applying.map(|own| own.statement.clone())
    };
    match settled {
        Settled::ExplicitlyDenied => Outcome::ExplicitlyDenied(of(Effect::Deny).collect()),
        Settled::Allowed => {
            let mut grounds: Vec<Ground> = of(Effect::Allow).map(Ground::Statement).collect();
            if request.principal.kind == PrincipalKind::Root {
                grounds.push(Ground::RootUser);
            }
            Outcome::Allowed(grounds)
        }
        Settled::ImplicitlyDenied => Outcome::ImplicitlyDenied {
            missing: missing(request, policies, counted, judged),
            near: near(request, judged),
        },
    }
}

fn missing(
    request: &Request,
    policies: &Policies<'_>,
    counted: &[PolicyKind],
    judged: &[Judged],
) -> Vec<Missing> {
    let allows = |is_identity| {
        judged.iter().any(|own| {
            own.applies && own.effect == Effect::Allow && own.is_identity() == is_identity
        })
    };
    let account = request.principal.account.clone();
    let is_known = policies.identity.is_some();
    let resource = Missing::Resource {
        policies: counted.to_vec(),
    };
    match request.standing() {
        Standing::Account | Standing::Administrator => {
            vec![Missing::Identity { account, is_known }]
        }
        Standing::Owner => vec![Missing::IdentityOrResource {
            account,
            is_known,
            policies: counted.to_vec(),
        }],
        Standing::Other => {
            let mut missing = Vec::new();
            if !allows(false) {
                missing.push(resource);
            }
            if request.principal.kind != PrincipalKind::Root && !allows(true) {
                missing.push(Missing::Identity { account, is_known });
            }
            missing
        }
    }
}

/// Allows for this action that fail at something else, and allows that only delegate.
fn near(request: &Request, judged: &[Judged]) -> Vec<NearMiss> {
    let near = |own: &Judged| {
        let why = match &own.miss {
            Some(Miss::Action) => return None,
            Some(miss) => miss.clone(),
            None if request.standing() == Standing::Owner && !own.is_identity() => {
                Miss::OnlyDelegates
            }
            None => return None,
        };
        Some(NearMiss {
            statement: own.statement.clone(),
            why,
        })
    };
    let allows = judged.iter().filter(|own| own.effect == Effect::Allow);
    allows.filter_map(near).collect()
}

/// The statements whose untold keys decide: each that alone would change the outcome, or else all that would together.
fn suppositions(request: &Request, settled: Settled, judged: &[Judged]) -> Vec<Supposition> {
    let is_open = |own: &&Judged| !own.untold.is_empty();
    let flipped = |flips: &dyn Fn(&Judged) -> bool| {
        let mut others = judged.to_vec();
        for own in &mut others {
            own.applies ^= !own.untold.is_empty() && flips(own);
        }
        settle(request, &others) != settled
    };
    let supposition = |own: &Judged| Supposition {
        statement: own.statement.clone(),
        keys: own.untold.clone(),
    };
    let alone: Vec<Supposition> = judged
        .iter()
        .filter(is_open)
        .filter(|own| flipped(&|other| other.statement == own.statement))
        .map(supposition)
        .collect();
    if !alone.is_empty() {
        return alone;
    }
    let mut together = Vec::new();
    for effect in [Effect::Allow, Effect::Deny] {
        let applies = effect_in_force(settled, effect);
        let belongs =
            |own: &Judged| own.effect == effect && own.applies == applies && is_open(&own);
        if flipped(&belongs) {
            together.extend(judged.iter().filter(|own| belongs(own)).map(supposition));
        }
    }
    together
}

/// Whether the statements of this effect that could change the outcome are those that apply now.
fn effect_in_force(settled: Settled, effect: Effect) -> bool {
    match settled {
        Settled::Allowed => effect == Effect::Allow,
        Settled::ExplicitlyDenied => effect == Effect::Deny,
        Settled::ImplicitlyDenied => false,
    }
}

fn kinds(action: Action) -> String {
    let kinds: Vec<String> = action
        .resource_kinds()
        .iter()
        .map(ToString::to_string)
        .collect();
    kinds.join(" or ")
}

impl Judged {
    fn is_identity(&self) -> bool {
        self.statement.policy == PolicyKind::Identity
    }

    fn is_direct(&self) -> bool {
        self.naming == Naming::Directly
    }
}
