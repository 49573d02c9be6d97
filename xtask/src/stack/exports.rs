//! What a shell, the command and the tests must be told to use a local stack.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::deployment::{EVENT_STARTED_ACCOUNTS, SPOKE_ACCOUNTS};
use super::ports::Ports;

/// The stack's name, which is what the command calls a deployment.
pub(crate) const DEPLOYMENT: &str = "downriver";
/// The account and Region of most of the example organisation.
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-west-1";
const SECRET: &str = "local";
/// Changes when a reader of the document must change.
const DOCUMENT_VERSION: &str = "1";

pub(crate) type Setting = (&'static str, String);

pub(crate) fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Account, Region and where everything but the simulated services is: enough for `aws` and `sam` to set the stack up.
pub(crate) fn deployer_settings(ports: Ports) -> Vec<Setting> {
    vec![
        ("AWS_ENDPOINT_URL", endpoint(ports.aws)),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        // The emulators take a key of twelve digits for the account.
        ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
    ]
}

/// What a person or a test uses.
pub(crate) fn settings(ports: Ports) -> Vec<Setting> {
    let simulated = endpoint(ports.simulated);
    let mut settings = deployer_settings(ports);
    settings.extend([
        ("AWS_ENDPOINT_URL_CODEPIPELINE", simulated.clone()),
        ("AWS_ENDPOINT_URL_STS", simulated.clone()),
        ("AWS_ENDPOINT_URL_CODEARTIFACT", simulated.clone()),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", simulated),
        ("DOWNRIVER_DEPLOYMENT", DEPLOYMENT.to_owned()),
    ]);
    settings
}

/// Lines for a POSIX shell, to paste or to source.
pub(crate) fn rendered_exports(ports: Ports, programs: &Path) -> String {
    // A profile would bring other credentials, and endpoints of its own.
    let mut text = "unset AWS_PROFILE AWS_SESSION_TOKEN\n".to_owned();
    for (name, value) in settings(ports) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "export {name}={}", quoted(&value));
    }
    let _ = writeln!(
        text,
        "export PATH={}:\"$PATH\"",
        quoted(&programs.display().to_string())
    );
    text
}

/// A script that calls the AWS CLI. Version 1, which pip has, forgets `AWS_ENDPOINT_URL` for SQS alone, and would ask AWS itself.
pub(crate) fn rendered_wrapper(aws: &Path) -> String {
    let aws = quoted(&aws.display().to_string());
    format!(
        "#!/bin/sh\n\
         if [ \"$1\" = sqs ]; then set -- \"$@\" --endpoint-url \"${{AWS_ENDPOINT_URL:?source the env file of the local stack}}\"; fi\n\
         exec {aws} \"$@\"\n"
    )
}

/// `stack.json`: the same for programs, and where things are.
pub(crate) fn document(ports: Ports, folder: &Path) -> Value {
    let environment: serde_json::Map<_, _> = settings(ports)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    json!({
        "v": DOCUMENT_VERSION,
        "deployment": DEPLOYMENT,
        "account": ACCOUNT,
        "region": REGION,
        "spoke_accounts": SPOKE_ACCOUNTS,
        "event_started_accounts": EVENT_STARTED_ACCOUNTS,
        "endpoints": {
            "aws": endpoint(ports.aws),
            "simulated": endpoint(ports.simulated),
            "moto": endpoint(ports.moto),
        },
        "environment": environment,
        "folder": folder,
        "programs": folder.join(super::PROGRAMS_FOLDER),
        "logs": folder.join(super::LOGS_FOLDER),
    })
}

/// The ports in a `stack.json` of this version.
pub(crate) fn parse_ports(document: &str) -> Option<Ports> {
    let document: Value = serde_json::from_str(document).ok()?;
    if document["v"] != DOCUMENT_VERSION {
        return None;
    }
    let port = |name: &str| {
        let endpoint = document["endpoints"][name].as_str()?;
        endpoint.rsplit_once(':')?.1.parse().ok()
    };
    Some(Ports {
        aws: port("aws")?,
        simulated: port("simulated")?,
        moto: port("moto")?,
    })
}

/// Between single quotes, unless every character is one that no shell reads anything into.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}
