//! The schema in the tree is the one of the types.

use std::path::Path;

use super::json_schema;

#[test]
fn the_schema_in_the_documents_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/replay.schema.json");
    let schema = json_schema();
    if std::env::var_os("DOWNRIVER_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == schema,
        "docs/replay.schema.json is not current: run this test with DOWNRIVER_UPDATE_SCHEMA=1"
    );
}
