//! The table as `infra/sam/template.yaml` declares it, which a test compares.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};

/// All keys are texts.
pub(super) const KEY: [&str; 2] = ["pk", "sk"];
/// Each holds keys only.
pub(super) const INDEXES: [(&str, [&str; 2]); 3] = [
    ("due", ["due_pk", "due_sk"]),
    ("waiting", ["waiting_pk", "waiting_sk"]),
    ("busy", ["busy_pk", "busy_sk"]),
];
pub(super) const EXPIRY: &str = "expires_at";

pub(super) fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let millis = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is past 1970")
        .as_millis();
    format!("downriver-{}-{millis}-{number}", std::process::id())
}

pub(super) async fn create(client: &Client, name: &str) {
    let attributes = KEY
        .into_iter()
        .chain(INDEXES.iter().flat_map(|(_, key)| *key));
    let definitions = attributes.map(|attribute| {
        AttributeDefinition::builder()
            .attribute_name(attribute)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("an attribute definition is complete")
    });
    let indexes = INDEXES.into_iter().map(|(index, key)| {
        let projection = Projection::builder().projection_type(ProjectionType::KeysOnly);
        GlobalSecondaryIndex::builder()
            .index_name(index)
            .set_key_schema(Some(key_schema(key)))
            .projection(projection.build())
            .build()
            .expect("an index is complete")
    });
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.collect()))
        .set_key_schema(Some(key_schema(KEY)))
        .set_global_secondary_indexes(Some(indexes.collect()))
        .send()
        .await
        .expect("the table is created");
}

fn key_schema(key: [&str; 2]) -> Vec<KeySchemaElement> {
    let types = [KeyType::Hash, KeyType::Range];
    let elements = key.into_iter().zip(types).map(|(attribute, key_type)| {
        KeySchemaElement::builder()
            .attribute_name(attribute)
            .key_type(key_type)
            .build()
            .expect("a key is complete")
    });
    elements.collect()
}
