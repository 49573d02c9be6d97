//! What asks a rule of another account to start a pipeline: the detail and the detail-type of an event on the bus
//! [`crate::ports::REQUESTS_BUS`] there. Schema: `events/schemas/request.1.json`.

use serde::Serialize;

use super::encode::encode;
use crate::ports::StartExecution;

/// Its source is [`super::NOTICE_SOURCE`]. The notice of the same detail-type is told on the deployment's own bus.
pub const REQUEST_DETAIL_TYPE: &str = "Downriver Rebuild Requested";

#[derive(Serialize)]
struct RequestV1<'a> {
    version: &'static str,
    pipeline: &'a str,
    attempt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuild: Option<String>,
    /// For patterns: CodePipeline refuses an empty list, so that another target passes them on than where there are none.
    has_variables: bool,
    variables: Vec<VariableV1<'a>>,
}

/// As StartPipelineExecution takes it.
#[derive(Serialize)]
struct VariableV1<'a> {
    name: &'a str,
    value: &'a str,
}

/// The detail, in the newest version.
pub fn encode_request(start: &StartExecution) -> String {
    let variables = start.variables.iter();
    encode(&RequestV1 {
        version: "1",
        pipeline: start.pipeline.name.as_str(),
        attempt: start.attempt.as_str(),
        rebuild: { start.attempt.parts() }.map(|(rebuild, _)| rebuild.to_string()),
        has_variables: !start.variables.is_empty(),
        variables: variables
            .map(|(name, value)| VariableV1 { name, value })
            .collect(),
    })
}
