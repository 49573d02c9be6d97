use std::path::Path;

use downriver_engine::register::Catalog;
use downriver_engine::wire::bundle::parse_bundle;

use super::Bundle;
use crate::setup::load_catalog;

#[test]
fn the_deployment_reads_the_catalog_that_was_checked_here() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../downriver.toml"));
    let loaded = load_catalog(path).unwrap();
    assert!(loaded.files.len() > 1, "the example names files of its own");
    let bundle = Bundle::of(&loaded).unwrap();
    let read = parse_bundle(&bundle.bytes).unwrap();
    assert_eq!(without_places(read), without_places(loaded.catalog));
}

/// A bundle names its files as the catalog does, without the folder they lie in here.
fn without_places(mut catalog: Catalog) -> Catalog {
    let entries = catalog.applications.iter_mut();
    for dependency in entries.flat_map(|entry| &mut entry.dependencies) {
        dependency.evidence.file = "".into();
    }
    catalog
}

#[test]
fn the_same_catalog_has_the_same_key() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../downriver.toml"));
    let keys: Vec<String> = (0..2)
        .map(|_| Bundle::of(&load_catalog(path).unwrap()).unwrap().key)
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), "catalogs/.json".len() + 64);
}
