//! The protocols of the services: JSON 1.1, Query with XML, REST with JSON.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::simulated_aws::Operation;
use crate::simulated_aws::error::ApiError;
use crate::simulated_aws::eventbridge::TARGET_PREFIX;
use crate::simulated_aws::operation::Service;
use crate::simulated_aws::sts::{error_to_xml, to_xml};

/// What stands before the operation in `x-amz-target`, by the service.
const TARGET_PREFIXES: [(&str, Service); 2] = [
    ("CodePipeline_20150709.", Service::CodePipeline),
    (TARGET_PREFIX, Service::EventBridge),
];
const STS_VERSION: &str = "2011-06-15";
const JSON: &str = "application/x-amz-json-1.1";
/// A parameter of CodeArtifact's query string and the member of the model that it carries.
const QUERY_MEMBERS: &[(&str, &str)] = &[
    ("domain", "domain"),
    ("domain-owner", "domainOwner"),
    ("repository", "repository"),
    ("format", "format"),
    ("namespace", "namespace"),
    ("package", "package"),
    ("version", "packageVersion"),
    ("status", "status"),
    ("sortBy", "sortBy"),
    ("max-results", "maxResults"),
    ("next-token", "nextToken"),
    ("originType", "originType"),
    ("administrator-account", "administratorAccount"),
    ("repository-prefix", "repositoryPrefix"),
    ("policy-revision", "policyRevision"),
];
/// CodeArtifact's operations by the paths that the model gives them.
const CODEARTIFACT_PATHS: &[(&str, Operation)] = &[
    (
        "/v1/domain/repositories",
        Operation::ListRepositoriesInDomain,
    ),
    ("/v1/package/version", Operation::DescribePackageVersion),
    (
        "/v1/package/version/dependencies",
        Operation::ListPackageVersionDependencies,
    ),
    ("/v1/package/versions", Operation::ListPackageVersions),
    ("/v1/repository", Operation::DescribeRepository),
    ("/v1/package", Operation::DescribePackage),
    (
        "/v1/domain/permissions/policy",
        Operation::GetDomainPermissionsPolicy,
    ),
    (
        "/v1/repository/permissions/policy",
        Operation::GetRepositoryPermissionsPolicy,
    ),
];
/// Those that write, by the methods and paths that the model gives them.
const CODEARTIFACT_WRITES: &[(&str, &str, Operation)] = &[
    (
        "POST",
        "/v1/package",
        Operation::PutPackageOriginConfiguration,
    ),
    (
        "POST",
        "/v1/package/versions/update_status",
        Operation::UpdatePackageVersionsStatus,
    ),
    (
        "PUT",
        "/v1/domain/permissions/policy",
        Operation::PutDomainPermissionsPolicy,
    ),
    (
        "DELETE",
        "/v1/domain/permissions/policy",
        Operation::DeleteDomainPermissionsPolicy,
    ),
    (
        "PUT",
        "/v1/repository/permissions/policy",
        Operation::PutRepositoryPermissionsPolicy,
    ),
    (
        "DELETE",
        "/v1/repository/permissions/policies",
        Operation::DeleteRepositoryPermissionsPolicy,
    ),
];

pub(super) type Answer = Response<Full<Bytes>>;

/// The operation that a request asks for, and its input.
pub(super) fn parse_request(head: &Parts, body: &[u8]) -> Result<(Operation, Value), ApiError> {
    let path = head.uri.path();
    let method = head.method.as_str();
    let write = { CODEARTIFACT_WRITES.iter() }
        .find(|(known_method, known, _)| *known_method == method && *known == path);
    if let Some((_, _, operation)) = write {
        return Ok((*operation, parse_query_and_body(head, body)?));
    }
    let operation = CODEARTIFACT_PATHS.iter().find(|(known, _)| *known == path);
    match (operation, path) {
        (Some((_, operation)), _) => Ok((*operation, parse_query(head))),
        (None, "/") => match header(head, "x-amz-target") {
            Some(target) => parse_json(target, body),
            None => parse_form(body),
        },
        (None, _) => Err(ApiError::new(404, "UnknownOperationException", "")),
    }
}

pub(super) fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

/// The answer to a call in the protocol of its service.
pub(super) fn to_answer(
    operation: Operation,
    result: &Result<Value, ApiError>,
    request_id: &str,
) -> Answer {
    match (operation.service(), result) {
        (Service::Sts, Ok(answer)) => {
            let xml = to_xml(operation, answer, request_id);
            write(200, "text/xml", xml, request_id)
        }
        (Service::CodePipeline | Service::EventBridge, Ok(Value::Null)) => {
            write(200, JSON, String::new(), request_id)
        }
        (Service::CodePipeline | Service::EventBridge, Ok(answer)) => {
            write(200, JSON, answer.to_string(), request_id)
        }
        (Service::CodeArtifact, Ok(answer)) => {
            write(200, "application/json", answer.to_string(), request_id)
        }
        (Service::Sts, Err(error)) => {
            let xml = error_to_xml(error, request_id);
            write(error.status, "text/xml", xml, request_id)
        }
        (Service::CodePipeline | Service::EventBridge, Err(error)) => {
            error_answer(error, request_id)
        }
        (Service::CodeArtifact, Err(error)) => {
            let body = json!({"message": error.message}).to_string();
            let mut answer = write(error.status, "application/json", body, request_id);
            let headers = answer.headers_mut();
            headers.insert(
                "x-amzn-errortype",
                error.kind.parse().expect("a shape's name fits a header"),
            );
            if let Some(secs) = error.retry_after_secs {
                headers.insert("retry-after", secs.into());
            }
            answer
        }
    }
}

/// As JSON 1.1 has errors, also where it is not known what was asked for.
pub(super) fn error_answer(error: &ApiError, request_id: &str) -> Answer {
    let body = json!({"__type": error.kind, "message": error.message});
    write(error.status, JSON, body.to_string(), request_id)
}

pub(super) fn write(status: u16, kind: &'static str, body: String, request_id: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("x-amzn-requestid", request_id)
        .body(Full::new(Bytes::from(body)))
        .expect("every header above is valid")
}

fn parse_json(target: &str, body: &[u8]) -> Result<(Operation, Value), ApiError> {
    let operation = TARGET_PREFIXES.iter().find_map(|(prefix, service)| {
        let operation = target.strip_prefix(prefix).and_then(Operation::parse);
        operation.filter(|known| known.service() == *service)
    });
    let operation = operation.ok_or_else(ApiError::unknown_operation)?;
    let input =
        serde_json::from_slice(body).map_err(|_| ApiError::serialization("The body is no JSON"))?;
    Ok((operation, input))
}

fn parse_form(body: &[u8]) -> Result<(Operation, Value), ApiError> {
    let form = parse_pairs(&String::from_utf8_lossy(body));
    let of = |name: &str| form.get(name).and_then(Value::as_str);
    let operation = of("Action").and_then(Operation::parse);
    match operation.filter(|known| known.service() == Service::Sts) {
        Some(operation) if of("Version") == Some(STS_VERSION) => {
            Ok((operation, Value::Object(form)))
        }
        _ => Err(ApiError::of("InvalidAction", "Could not find operation")),
    }
}

fn parse_query(head: &Parts) -> Value {
    let query = parse_pairs(head.uri.query().unwrap_or_default());
    let members = QUERY_MEMBERS.iter().filter_map(|(parameter, member)| {
        let value = query.get(*parameter)?;
        Some(((*member).to_owned(), value.clone()))
    });
    Value::Object(members.collect())
}

/// Members of the query string, and those of the JSON body if there is one.
fn parse_query_and_body(head: &Parts, body: &[u8]) -> Result<Value, ApiError> {
    let mut input = parse_query(head);
    if body.is_empty() {
        return Ok(input);
    }
    let given: Value =
        serde_json::from_slice(body).map_err(|_| ApiError::serialization("The body is no JSON"))?;
    for (member, value) in given.as_object().into_iter().flatten() {
        input[member] = value.clone();
    }
    Ok(input)
}

/// `application/x-www-form-urlencoded`.
fn parse_pairs(text: &str) -> Map<String, Value> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), Value::String(decode(value)))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (first, _) => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
