//! List prices.

use super::as_f64;
use super::calls::Calls;

pub(super) const STATED: &str = "list prices of us-east-1 as of November 2025, without free tiers, in USD: a million Lambda requests 0.20, \
a GB-second on arm64 0.0000133334, a million SQS requests 0.40, a million DynamoDB write units 0.625 and read units 0.125, \
a million events on a bus 1.00, a GB of logs 0.50";

const LAMBDA_REQUEST: f64 = 0.20e-6;
const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
const SQS_REQUEST: f64 = 0.40e-6;
const WRITE_UNIT: f64 = 0.625e-6;
const READ_UNIT: f64 = 0.125e-6;
const BUS_EVENT: f64 = 1.00e-6;
const LOG_BYTE: f64 = 0.50e-9;
/// Of all functions but `index` and `sweep`.
const FUNCTION_GB: f64 = 0.25;

/// What was used.
#[derive(Debug, Clone, Default)]
pub(super) struct Usage {
    pub(super) invocations: u64,
    pub(super) seconds: f64,
    pub(super) log_bytes: u64,
    /// SQS requests that Lambda makes for us: receive and delete, up to ten messages each.
    pub(super) queue_requests: u64,
    pub(super) calls: Calls,
}

/// By service, in USD.
pub(super) fn cost(usage: &Usage) -> [(&'static str, f64); 5] {
    let calls = &usage.calls;
    let writes = as_f64(calls.write_units) * WRITE_UNIT;
    let reads = calls.of_service("DynamoDB") - writing(calls);
    let lambda =
        as_f64(usage.invocations) * LAMBDA_REQUEST + usage.seconds * FUNCTION_GB * LAMBDA_GB_SECOND;
    let sqs = calls.of_service("SQS") + usage.queue_requests;
    [
        ("Lambda", lambda),
        ("SQS", as_f64(sqs) * SQS_REQUEST),
        ("DynamoDB", writes + as_f64(reads) * READ_UNIT),
        ("EventBridge", as_f64(calls.notices) * BUS_EVENT),
        ("CloudWatch Logs", as_f64(usage.log_bytes) * LOG_BYTE),
    ]
}

fn writing(calls: &Calls) -> u64 {
    [
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "TransactWriteItems",
        "BatchWriteItem",
    ]
    .iter()
    .map(|operation| calls.of_operation(&format!("DynamoDB {operation}")))
    .sum()
}
