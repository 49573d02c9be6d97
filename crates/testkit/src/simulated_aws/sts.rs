//! STS: role sessions, so that a caller's session is known by its access key, and who one is.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Operation;
use super::caller::{Caller, Session};
use super::constraint::{ROLE_ARN, Rule, check_text, free, is_made_of};
use super::error::ApiError;
use super::instant::{Millis, to_seconds_text};
use super::world::{Ticket, World};

/// Bounds of the service model.
const DURATION_SECS: std::ops::RangeInclusive<u64> = 900..=43_200;
const DURATION_SECS_DEFAULT: u64 = 3600;
const ARN: Rule = free(20, 2048);
const SESSION_NAME: Rule = Rule {
    min: 2,
    max: 64,
    pattern: "[\\w+=,.@-]*",
    allows: |text| is_made_of(text, "_+=,.@-"),
};
const EXTERNAL_ID: Rule = Rule {
    min: 2,
    max: 1224,
    pattern: "[\\w+=,.@:\\/-]*",
    allows: |text| is_made_of(text, "_+=,.@:/-"),
};

/// The roles whose trust asks for more than somebody who calls. Others may be assumed by everybody.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    /// Role ARN → the external id that its trust policy asks for.
    external_ids: BTreeMap<String, String>,
}

impl Roles {
    /// None is asked for where the external id is empty.
    pub(crate) fn require_external_id(&mut self, role_arn: &str, external_id: &str) {
        if external_id.is_empty() {
            self.external_ids.remove(role_arn);
            return;
        }
        self.external_ids
            .insert(role_arn.to_owned(), external_id.to_owned());
    }
}

/// The answer's members, by their paths in the XML.
pub(crate) fn perform(world: &mut World, ticket: &Ticket, now: Millis) -> Result<Value, ApiError> {
    match ticket.operation {
        Operation::AssumeRole => assume_role(world, ticket, now),
        Operation::GetCallerIdentity => Ok(json!({
            "UserId": user_id(&ticket.caller),
            "Account": ticket.caller.account,
            "Arn": ticket.caller.arn,
        })),
        _ => Err(ApiError::unknown_operation()),
    }
}

fn user_id(caller: &Caller) -> String {
    match &caller.session {
        Some(session) => format!("AROA{:0>17}:{session}", caller.account),
        None => format!("AIDA{:0>17}", caller.account),
    }
}

fn assume_role(world: &mut World, ticket: &Ticket, now: Millis) -> Result<Value, ApiError> {
    let role_arn = member(ticket, "RoleArn", ARN)?.ok_or_else(|| missing("roleArn"))?;
    let name = member(ticket, "RoleSessionName", SESSION_NAME)?;
    let name = name.ok_or_else(|| missing("roleSessionName"))?;
    let external_id = member(ticket, "ExternalId", EXTERNAL_ID)?;
    let duration_secs = parse_duration(ticket)?;
    if !(ROLE_ARN.allows)(role_arn) {
        let message = format!("{role_arn} is invalid");
        return Err(validation(message));
    }
    let required = world.roles.external_ids.get(role_arn).map(String::as_str);
    if required.is_some() && required != external_id {
        let caller = &ticket.caller.arn;
        let message = format!(
            "User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        );
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    let session = Session {
        account: account.to_owned(),
        role: role.to_owned(),
        name: name.to_owned(),
        expires_at: now + duration_secs * 1000,
    };
    let access_key = format!("ASIA{}", world.ids.letters(16));
    let answer = json!({
        "Credentials": {
            "AccessKeyId": access_key,
            "SecretAccessKey": world.ids.letters(40),
            "SessionToken": world.ids.letters(96),
            "Expiration": to_seconds_text(session.expires_at),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROA{:0>17}:{name}", account),
            "Arn": session.arn(),
        },
        "PackedPolicySize": 0,
    });
    world.keys.add_session(&access_key, session);
    Ok(answer)
}

/// The answer as the Query protocol has it.
pub(crate) fn to_xml(operation: Operation, answer: &Value, request_id: &str) -> String {
    let mut result = String::new();
    write_members(answer, &mut result);
    format!(
        "<{operation:?}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation:?}Result>{result}</{operation:?}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation:?}Response>"
    )
}

pub(crate) fn error_to_xml(error: &ApiError, request_id: &str) -> String {
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{fault}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
        error.kind,
        escape(&error.message)
    )
}

fn write_members(value: &Value, xml: &mut String) {
    for (name, value) in value.as_object().into_iter().flatten() {
        xml.extend(["<", name, ">"]);
        match value {
            Value::Object(_) => write_members(value, xml),
            Value::String(text) => xml.push_str(&escape(text)),
            other => xml.push_str(&other.to_string()),
        }
        xml.extend(["</", name, ">"]);
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A parameter of the Query protocol, which are all texts.
fn member<'a>(ticket: &'a Ticket, name: &str, rule: Rule) -> Result<Option<&'a str>, ApiError> {
    let Some(text) = ticket.input[name].as_str() else {
        return Ok(None);
    };
    let mut at = name.to_owned();
    at[..1].make_ascii_lowercase();
    check_text(text, rule, &at).map_err(|error| validation(error.message))?;
    Ok(Some(text))
}

fn parse_duration(ticket: &Ticket) -> Result<u64, ApiError> {
    let Some(text) = member(ticket, "DurationSeconds", free(0, usize::MAX))? else {
        return Ok(DURATION_SECS_DEFAULT);
    };
    let secs = text
        .parse()
        .ok()
        .filter(|secs| DURATION_SECS.contains(secs));
    secs.ok_or_else(|| {
        validation(format!(
            "1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200"
        ))
    })
}

fn missing(at: &str) -> ApiError {
    validation(format!(
        "1 validation error detected: Value null at '{at}' failed to satisfy constraint: Member must not be null"
    ))
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::of("ValidationError", message)
}
