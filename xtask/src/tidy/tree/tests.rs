use super::*;

#[test]
fn build_output_and_downloads_are_left_out() {
    let root = std::env::temp_dir().join(format!("xtask-tree-{}", std::process::id()));
    for (path, text) in [
        ("src/lib.rs", "//! Owned."),
        ("out/CACHEDIR.TAG", ""),
        ("out/made.rs", ""),
        ("node_modules/a/b.js", ""),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(root.join("image.png"), [0xff, 0xfe]).unwrap();
    let files = load(&root).unwrap();
    fs::remove_dir_all(&root).unwrap();
    assert_eq!(
        files,
        [file("image.png", ""), file("src/lib.rs", "//! Owned.")]
    );
}

#[test]
fn material_from_elsewhere_is_not_ours_but_rust_code_always_is() {
    assert!(file("crates/manifest/fixtures/npm/package-lock.json", "").is_material());
    assert!(!file("crates/manifest/fixtures/made.rs", "").is_material());
    assert!(!file("crates/manifest/src/fixtures.rs", "").is_material());
    assert!(!file("crates/manifest/fixtures/cargo/Cargo.toml", "").is_manifest());
    assert!(file("crates/manifest/Cargo.toml", "").is_manifest());
}

#[test]
fn a_line_is_counted_from_one() {
    let file = file("a.toml", "[package]\nname = \"a\"\n");
    assert_eq!(file.line_where(|line| line.starts_with("name")), 2);
    assert_eq!(file.line_where(|line| line == "absent"), 1);
}
