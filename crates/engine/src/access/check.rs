//! Who may read or publish: one question for everything that it takes.

use downriver_domain::access::{
    Action, Decision, Need, Policies, PolicyDocument, PolicyKind, Principal, PrincipalPattern,
    Reach, RepositoryPlace, Request, RequestContext, Resource, StatementRef, decide, needs_of,
    reach_of,
};
use downriver_domain::version::PackageId;

/// An account that nobody has: it stands for any account that a policy lets in without naming it.
const ANY_ACCOUNT: &str = "000000000000";

/// An identity policy that allows everything.
const EVERYTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

/// Who is asked about, and under which circumstances.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub place: &'a RepositoryPlace,
    pub principal: &'a Principal,
    pub context: &'a RequestContext,
}

/// One permission that it takes, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub need: Need,
    pub request: Request,
    pub decision: Decision,
    /// Where it is up to identity policies that were not read: the statements of resource policies that allow it, as far
    /// as it takes any.
    pub so_far: Vec<StatementRef>,
}

/// What everything together comes to, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Allowed,
    /// Allowed if identity policies that were not read allow it.
    UpToIdentity,
    Denied,
}

/// Somebody whom the policies name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Principal(PrincipalPattern),
    Organization(String),
}

/// What somebody may who is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAccess {
    pub who: Named,
    /// Empty where it cannot be asked: services, and principals that were deleted.
    pub read: Vec<Checked>,
    /// The statements about publishing, both those that allow and those that deny.
    pub publish: Vec<Reach>,
}

/// Everything that reading takes, or publishing the package given.
pub fn check(
    question: &Question<'_>,
    published: Option<&PackageId>,
    policies: &Policies<'_>,
) -> Vec<Checked> {
    let needs = needs_of(question.place, published).into_iter();
    needs
        .map(|need| checked(question, need, policies))
        .collect()
}

fn checked(question: &Question<'_>, need: Need, policies: &Policies<'_>) -> Checked {
    let request = question
        .request(need.action, need.resource.clone())
        .expect("a need names a resource that its action takes");
    let decision = decide(&request, policies);
    Checked {
        so_far: so_far(&request, &decision, policies),
        decision,
        request,
        need,
    }
}

/// What allows it under an identity policy that allows everything.
fn so_far(request: &Request, decision: &Decision, policies: &Policies<'_>) -> Vec<StatementRef> {
    if !decision.is_up_to_identity() {
        return Vec::new();
    }
    let everything = PolicyDocument::parse(PolicyKind::Identity, EVERYTHING);
    let supposed = [everything.expect("a policy")];
    let policies = Policies {
        identity: Some(&supposed),
        ..*policies
    };
    let supposed = decide(request, &policies);
    let statements = supposed.statements().into_iter();
    statements
        .filter(|own| own.policy != PolicyKind::Identity)
        .cloned()
        .collect()
}

/// The worst of all.
pub fn answer_of(checked: &[Checked]) -> Answer {
    let answers = checked.iter().map(Checked::answer);
    answers.max().unwrap_or(Answer::Allowed)
}

/// Everyone whom the policies name, and what they may by the resource policies.
pub fn named(
    place: &RepositoryPlace,
    context: &RequestContext,
    policies: &Policies<'_>,
) -> Vec<NamedAccess> {
    let documents = || [policies.domain, policies.repository].into_iter().flatten();
    let mut named: Vec<Named> = Vec::new();
    let principals = documents().flat_map(PolicyDocument::named_principals);
    let organizations = documents().flat_map(PolicyDocument::named_organizations);
    let all = principals
        .map(Named::Principal)
        .chain(organizations.map(Named::Organization));
    for who in all {
        if !named.contains(&who) {
            named.push(who);
        }
    }
    let access = |who: Named| {
        let principal = who.principal();
        let Some(principal) = &principal else {
            return NamedAccess {
                who,
                read: Vec::new(),
                publish: Vec::new(),
            };
        };
        let question = Question {
            place,
            principal,
            context,
        };
        NamedAccess {
            read: check(&question, None, policies),
            publish: { documents() }
                .flat_map(|document| question.publishing(document))
                .collect(),
            who,
        }
    };
    named.into_iter().map(access).collect()
}

impl Question<'_> {
    fn request(&self, action: Action, resource: Resource) -> Option<Request> {
        let request = Request::new(self.principal.clone(), action, resource).ok()?;
        let administrator = self.place.administrator.clone();
        let request = request.administered_by(administrator);
        Some(request.in_context(self.context.clone()))
    }

    fn publishing(&self, document: &PolicyDocument) -> Vec<Reach> {
        // Which package it is does not count here.
        let package = "pkg:generic/any".parse().expect("a package");
        let resource = self.place.package(&package);
        let request = self.request(Action::PublishPackageVersion, resource);
        request.map_or_else(Vec::new, |request| reach_of(&request, document))
    }
}

impl Checked {
    /// Those that decide; where it is up to identity policies, those that allow it so far.
    pub fn statements(&self) -> Vec<&StatementRef> {
        if self.so_far.is_empty() {
            return self.decision.statements();
        }
        self.so_far.iter().collect()
    }

    pub fn answer(&self) -> Answer {
        if self.decision.is_allowed() {
            Answer::Allowed
        } else if self.decision.is_up_to_identity() {
            Answer::UpToIdentity
        } else {
            Answer::Denied
        }
    }
}

impl Named {
    /// Who is asked about in their place: for an account its root user, who needs no identity policy.
    fn principal(&self) -> Option<Principal> {
        let anybody = || Principal::root_of(ANY_ACCOUNT.parse().expect("twelve digits"));
        match self {
            Self::Principal(PrincipalPattern::Account(account)) => {
                Some(Principal::root_of(account.clone()))
            }
            Self::Principal(PrincipalPattern::One(principal)) => Some(principal.clone()),
            Self::Principal(PrincipalPattern::Everyone) => Some(anybody()),
            Self::Principal(PrincipalPattern::Other { .. }) => None,
            Self::Organization(organization) => Some(Principal {
                organization: Some(organization.parse().ok()?),
                ..anybody()
            }),
        }
    }
}
