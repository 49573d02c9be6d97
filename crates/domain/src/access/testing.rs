//! Policies in one line a statement, for the tables of tests.

use super::json::Json;
use super::policy::{PolicyDocument, PolicyKind};
use super::{Principal, RepositoryPlace, Resource};

/// Made the repository in the domain of 111122223333.
pub(super) const ADMINISTRATOR: &str = "222233334444";
pub(super) const OTHER: &str = "444455556666";

pub(super) fn place() -> RepositoryPlace {
    let resource = "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/libs";
    let Resource::Repository { region, repository } = resource.parse().unwrap() else {
        panic!("a repository's ARN");
    };
    RepositoryPlace {
        region,
        repository,
        administrator: ADMINISTRATOR.parse().unwrap(),
    }
}

/// `<effect> <principals> <actions> <resources> [<condition>]`, lists with commas, `not:` before one for Not…. Principals
/// are account ids or ARNs, or `-` in identity policies. Actions are without `codeartifact:` unless they have a prefix.
/// `<d>`, `<r>`, `<p>` stand for the ARN of the domain, the repository, and what its packages' ARNs begin with.
pub(super) fn statement(line: &str) -> Json {
    let fields: Vec<&str> = line.splitn(5, ' ').collect();
    let mut members = vec![("Effect".to_owned(), Json::text(fields[0]))];
    let mut set = |name: &str, text: &str, value: &dyn Fn(Vec<String>) -> Json| {
        let (name, text) = match text.strip_prefix("not:") {
            Some(text) => (format!("Not{name}"), text),
            None => (name.to_owned(), text),
        };
        members.push((name, value(text.split(',').map(str::to_owned).collect())));
    };
    match fields[1] {
        "-" => {}
        "*" => set("Principal", "*", &|_| Json::text("*")),
        other => set("Principal", other, &|names| {
            Json::member("AWS", Json::texts(names))
        }),
    }
    set("Action", fields[2], &|names| {
        let prefixed = |name: String| match name.as_str() {
            "*" => name,
            other if other.contains(':') => name,
            other => format!("codeartifact:{other}"),
        };
        Json::texts(names.into_iter().map(prefixed))
    });
    set("Resource", fields[3], &|names| {
        Json::texts(names.into_iter().map(|name| arn(&name)))
    });
    if let Some(condition) = fields.get(4) {
        let condition = serde_json::from_str(condition).unwrap();
        members.push(("Condition".to_owned(), condition));
    }
    Json::Object(members)
}

pub(super) fn arn(short: &str) -> String {
    let prefix = "arn:aws:codeartifact:eu-west-1:111122223333";
    short
        .replace("<d>", &format!("{prefix}:domain/acme"))
        .replace("<r>", &format!("{prefix}:repository/acme/libs"))
        .replace("<p>", &format!("{prefix}:package/acme/libs"))
        .replace("<g>", &format!("{prefix}:package-group/acme"))
}

/// `None` for no statements: there is no policy then.
pub(super) fn policy(kind: PolicyKind, lines: &[&str]) -> Option<PolicyDocument> {
    if lines.is_empty() {
        return None;
    }
    let statements = lines.iter().map(|line| statement(line)).collect();
    let source = Json::Object(vec![
        ("Version".to_owned(), Json::text("2012-10-17")),
        ("Statement".to_owned(), Json::List(statements)),
    ]);
    Some(PolicyDocument::parse(kind, &source.pretty()).unwrap())
}

/// An account id, an ARN, or `user:`, `role:`, `session:` and an account with a name.
pub(super) fn principal(short: &str) -> Principal {
    let mut parts = short.split('/');
    let (kind, name) = (parts.next().unwrap(), parts.next());
    let Some(name) = name else {
        return short.parse().unwrap();
    };
    let (kind, account) = kind.split_once(':').unwrap();
    let text = match kind {
        "session" => format!("arn:aws:sts::{account}:assumed-role/{name}/build-7"),
        kind => format!("arn:aws:iam::{account}:{kind}/{name}"),
    };
    text.parse().unwrap()
}
