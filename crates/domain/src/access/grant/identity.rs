//! What the identity policies of a grantee have to allow.

use super::GrantKind;
use super::edit::document_of;
use super::wanted::{Role, wanted};
use crate::access::action::SERVICE_HOST;
use crate::access::json::Json;
use crate::access::policy::{PolicyDocument, PolicyError, PolicyKind};
use crate::access::{Action, RepositoryPlace};

/// One document for all grantees: the same actions as in the resource policies, on ARNs, and the token of STS, which only
/// an identity policy can allow (user guide: CodeArtifact authentication and tokens).
pub(super) fn document(
    kind: &GrantKind,
    place: &RepositoryPlace,
) -> Result<PolicyDocument, PolicyError> {
    let mut statements = Vec::new();
    for part in wanted(kind, place) {
        let mut resources: Vec<String> = Vec::new();
        for (_, resource) in &part.needs {
            if !resources.contains(resource) {
                resources.push(resource.clone());
            }
        }
        let actions = part.actions.iter().map(ToString::to_string);
        statements.push(statement(actions, Json::texts(resources)));
        if part.role == Role::Token {
            statements.push(bearer_token());
        }
    }
    document_of(PolicyKind::Identity, statements)
}

/// For a change that gives nobody anything.
pub(super) fn nothing() -> Result<PolicyDocument, PolicyError> {
    document_of(PolicyKind::Identity, Vec::new())
}

fn bearer_token() -> Json {
    let action = Action::GetServiceBearerToken.to_string();
    let mut statement = statement([action], Json::text("*"));
    if let Json::Object(members) = &mut statement {
        let key = Json::member("sts:AWSServiceName", Json::text(SERVICE_HOST));
        let condition = Json::member("StringEquals", key);
        members.push(("Condition".to_owned(), condition));
    }
    statement
}

fn statement(actions: impl IntoIterator<Item = String>, resources: Json) -> Json {
    Json::Object(vec![
        ("Effect".to_owned(), Json::text("Allow")),
        ("Action".to_owned(), Json::texts(actions)),
        ("Resource".to_owned(), resources),
    ])
}
