//! What is known of a request beside principal, action and resource: the values of condition keys.

use std::collections::BTreeMap;

use super::decide::Request;
use super::principal::PrincipalKind;
use super::{Action, Resource};

/// Values of condition keys that are known of a request. Keys are compared in any case.
///
/// What follows from the principal and the resource (`aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalOrgID`,
/// `aws:PrincipalTag/…`, `aws:ResourceAccount`, …) need not be given; what is given stands above it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestContext {
    /// By key in lower case; no value means that the request certainly has no such key.
    keys: BTreeMap<String, Vec<String>>,
}

impl RequestContext {
    /// The request has this key with these values; without any it certainly lacks it.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.keys.insert(key.to_ascii_lowercase(), values);
        self
    }

    /// The request certainly lacks this key, for example `aws:SourceIp` where it comes through a VPC endpoint.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.with(key, Vec::<String>::new())
    }
}

/// What is known of one key.
pub(super) enum Told<'a> {
    /// At least one value.
    Values(&'a [String]),
    /// The request certainly lacks it.
    Absent,
    /// Nobody said. It is treated as absent, and the decision says so.
    Untold,
}

/// The request and every key that is known of it.
pub(super) struct Facts<'a> {
    pub(super) request: &'a Request,
    keys: BTreeMap<String, Vec<String>>,
}

/// All keys under it are known once the tags of a principal are.
const TAG_PREFIX: &str = "aws:principaltag/";

impl<'a> Facts<'a> {
    pub(super) fn of(request: &'a Request) -> Self {
        let mut keys = BTreeMap::new();
        add_principal(&mut keys, request);
        add_resource(&mut keys, request);
        keys.extend(request.context.keys.clone());
        Self { request, keys }
    }

    pub(super) fn told(&self, key: &str) -> Told<'_> {
        let key = key.to_ascii_lowercase();
        match self.keys.get(&key) {
            Some(values) if values.is_empty() => Told::Absent,
            Some(values) => Told::Values(values),
            None if key.starts_with(TAG_PREFIX) && self.request.principal.tags.is_some() => {
                Told::Absent
            }
            None => Told::Untold,
        }
    }
}

/// The keys about the principal (IAM user guide: AWS global condition context keys).
fn add_principal(keys: &mut BTreeMap<String, Vec<String>>, request: &Request) {
    let principal = &request.principal;
    let mut set = |key: &str, value: Option<String>| {
        keys.insert(key.to_owned(), value.into_iter().collect());
    };
    set("aws:principalaccount", Some(principal.account.to_string()));
    set("aws:principalarn", Some(principal.condition_arn()));
    set("aws:principalisawsservice", Some("false".to_owned()));
    set("aws:principalservicename", None);
    set("aws:principalservicenameslist", None);
    let (kind, username) = match &principal.kind {
        PrincipalKind::Root => ("Account", None),
        PrincipalKind::User { path_and_name } => {
            let name = path_and_name.rsplit('/').next().unwrap_or(path_and_name);
            ("User", Some(name.to_owned()))
        }
        PrincipalKind::Role { .. } | PrincipalKind::Session { .. } => ("AssumedRole", None),
        PrincipalKind::FederatedUser { .. } => ("FederatedUser", None),
    };
    set("aws:principaltype", Some(kind.to_owned()));
    set("aws:username", username);
    if let Some(organization) = &principal.organization {
        set("aws:principalorgid", Some(organization.to_string()));
    }
    for (tag, value) in principal.tags.iter().flatten() {
        let key = format!("{TAG_PREFIX}{}", tag.to_ascii_lowercase());
        set(&key, Some(value.clone()));
    }
}

/// The keys about the resource and the way the request takes: CodeArtifact answers over TLS only (user guide:
/// Infrastructure security).
fn add_resource(keys: &mut BTreeMap<String, Vec<String>>, request: &Request) {
    let mut set = |key: &str, value: String| {
        keys.insert(key.to_owned(), vec![value]);
    };
    set("aws:securetransport", "true".to_owned());
    if request.action == Action::GetServiceBearerToken {
        set("sts:awsservicename", super::action::SERVICE_HOST.to_owned());
    }
    if let Some(owner) = request.resource.owner() {
        set("aws:resourceaccount", owner.to_string());
    }
    if let Some(region) = Resource::region(&request.resource) {
        set("aws:requestedregion", region.to_string());
    }
}
