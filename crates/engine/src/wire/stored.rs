//! Everything at rest, as versioned JSON that both store backends share.
//!
//! Each record is an enum of its versions, named by the field `v`; a reader knows every version ever written and
//! refuses a newer one. Within a version, fields are only ever added, and only such that a release which does not know
//! them may overlook and drop them: while a deployment is upgraded or rolled back, two releases share the records.
//! Whatever must not be overlooked is a new version, which a release reads before the next one writes it. The text is deterministic: the same value always gives the same bytes. Samples of each version
//! stay in `samples/` under a test. No decision is made here, and nothing is repaired: a record that breaks a rule of
//! its domain type is an error.

mod catalog;
mod checkup;
mod controls;
mod dependency;
mod fields;
mod history;
mod impact;
mod inventory;
pub mod key;
mod rebuild;
mod rollout;
mod slot;
mod topology;

#[cfg(test)]
mod tests;

use downriver_domain::slot::{ActiveProducer, Controls, Slot};
use downriver_domain::{Application, Dependency, RepositoryInventory, Rollout, Topology};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::fields::FieldError;
use crate::doctor::Checkup;
use crate::history::HistoryEntry;

/// A stored record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to read a stored {record}: {}{reason}; if a newer version of downriver wrote this store, use that version",
    shown_field(.field)
)]
pub struct DecodeError {
    /// What kind of record, as people call it.
    pub record: &'static str,
    /// The path of the field whose value is refused; empty where the JSON itself does not fit, which `reason` tells.
    pub field: String,
    pub reason: String,
}

macro_rules! record {
    ($domain:ident, $stored:ident, $v1:path, $record:literal, $encode:ident, $decode:ident) => {
        #[derive(Serialize, Deserialize)]
        #[serde(tag = "v")]
        enum $stored {
            #[serde(rename = "1")]
            V1($v1),
        }

        #[doc = concat!("The ", $record, " in the newest stored version.")]
        pub fn $encode(value: &$domain) -> String {
            encode(&$stored::V1(value.into()))
        }

        #[doc = concat!("Reads any stored version of the ", $record, ".")]
        pub fn $decode(text: &str) -> Result<$domain, DecodeError> {
            let v1 = match parse_newest(text) {
                Some(v1) => v1,
                None => match parse($record, text)? {
                    $stored::V1(v1) => v1,
                },
            };
            v1.try_into().map_err(|error| refused($record, error))
        }
    };
}

record!(
    Slot,
    StoredSlot,
    slot::SlotV1,
    "slot",
    encode_slot,
    decode_slot
);
record!(
    RepositoryInventory,
    StoredInventory,
    inventory::InventoryV1,
    "inventory",
    encode_inventory,
    decode_inventory
);
record!(
    Topology,
    StoredTopology,
    topology::TopologyV1,
    "topology",
    encode_topology,
    decode_topology
);
record!(
    Application,
    StoredApplication,
    catalog::ApplicationV1,
    "application",
    encode_application,
    decode_application
);
record!(
    Dependency,
    StoredDependency,
    dependency::DependencyV1,
    "dependency",
    encode_dependency,
    decode_dependency
);
record!(
    Controls,
    StoredControls,
    controls::ControlsV1,
    "controls record",
    encode_controls,
    decode_controls
);
record!(
    ActiveProducer,
    StoredActiveProducer,
    controls::ActiveProducerV1,
    "active producer",
    encode_active_producer,
    decode_active_producer
);
record!(
    Checkup,
    StoredCheckup,
    checkup::CheckupV1,
    "checkup",
    encode_checkup,
    decode_checkup
);
record!(
    Rollout,
    StoredRollout,
    rollout::RolloutV1,
    "rollout",
    encode_rollout,
    decode_rollout
);
record!(
    HistoryEntry,
    StoredHistoryEntry,
    history::HistoryEntryV1,
    "history entry",
    encode_history_entry,
    decode_history_entry
);

fn encode<S: Serialize>(stored: &S) -> String {
    serde_json::to_string(stored)
        .expect("strings, integers, lists and maps with string keys always serialise")
}

/// Reads what [`encode`] writes of the newest version without first holding it as a tree, which looking for the version
/// anywhere in the text takes. What does not fit is left to [`parse`], which also says why.
fn parse_newest<S: DeserializeOwned>(text: &str) -> Option<S> {
    let fields = text.strip_prefix(r#"{"v":"1","#)?;
    serde_json::from_str(&format!("{{{fields}")).ok()
}

fn parse<S: DeserializeOwned>(record: &'static str, text: &str) -> Result<S, DecodeError> {
    serde_json::from_str(text).map_err(|error| DecodeError {
        record,
        field: String::new(),
        reason: error.to_string(),
    })
}

fn refused(record: &'static str, error: FieldError) -> DecodeError {
    DecodeError {
        record,
        field: error.field,
        reason: error.reason,
    }
}

fn shown_field(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!("field `{field}`: ")
    }
}
