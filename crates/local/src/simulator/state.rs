//! The simulator's state as rows of a key and a JSON text, and back.

use serde::{Deserialize, Serialize};

use super::agenda::Entry;
use super::pipeline::PipelineState;
use super::registry::PackageState;
use super::{Counters, Simulator};

pub(crate) const COUNTERS: &str = "counters";
const AGENDA: &str = "agenda/";
const PIPELINE: &str = "pipeline/";
const PACKAGE: &str = "package/";

/// A row to write; `None`: it is gone.
pub(crate) type Row = (String, Option<String>);

impl Simulator {
    /// The rows that changed since the last call.
    pub(crate) fn take_rows(&mut self) -> Vec<Row> {
        let mut rows = vec![(COUNTERS.to_owned(), Some(written(&self.counters)))];
        for (sequence, entry) in self.agenda.take_changed() {
            let key = format!("{AGENDA}{sequence:016}");
            rows.push((key, entry.as_ref().map(written)));
        }
        for key in std::mem::take(&mut self.changed_pipelines) {
            let state = self.pipelines.get(&key).map(written);
            rows.push((format!("{PIPELINE}{key}"), state));
        }
        for (key, state) in self.registry.take_changed() {
            rows.push((format!("{PACKAGE}{key}"), state.as_ref().map(written)));
        }
        rows
    }

    /// Takes a row back in. `Ok(false)`: it is none of the simulator's. The error says what is wrong with it.
    pub(crate) fn restore(&mut self, key: &str, text: &str) -> Result<bool, String> {
        if key == COUNTERS {
            self.counters = read::<Counters>(text)?;
        } else if let Some(sequence) = key.strip_prefix(AGENDA) {
            let sequence = sequence.parse().map_err(|_| "no sequence".to_owned())?;
            self.agenda.restore(sequence, read::<Entry>(text)?);
        } else if let Some(pipeline) = key.strip_prefix(PIPELINE) {
            let state = read::<PipelineState>(text)?;
            self.pipelines.insert(pipeline.to_owned(), state);
        } else if key.starts_with(PACKAGE) {
            self.registry.restore(read::<PackageState>(text)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

pub(crate) fn written<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("rows have text keys and finite numbers")
}

pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
