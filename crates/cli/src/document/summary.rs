//! Summaries, as JSON.

use std::collections::BTreeMap;

use downriver_domain::{Summary, Timestamp};
use downriver_engine::query::Summaries;
use downriver_engine::wire::summary::SummaryDocument;
use serde::Serialize;

use crate::render::time::rfc3339;

#[derive(Serialize)]
pub(crate) struct SummariesDocument {
    since: String,
    until: String,
    owners: BTreeMap<String, SummaryDocument>,
    total: SummaryDocument,
}

impl SummariesDocument {
    pub(crate) fn of(found: &Summaries, since: Timestamp, until: Timestamp) -> Self {
        let mut total = Summary::default();
        let owners = found.owners.iter().map(|(owner, summary)| {
            total.add(summary);
            (owner.to_string(), summary.into())
        });
        Self {
            since: rfc3339(since),
            until: rfc3339(until),
            owners: owners.collect(),
            total: SummaryDocument::from(&total),
        }
    }
}
