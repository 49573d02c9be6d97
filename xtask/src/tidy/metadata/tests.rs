use serde_json::json;

use super::*;

#[test]
fn members_are_told_from_dependencies_and_paths_are_relative() {
    let value = json!({
        "workspace_root": "/repo",
        "workspace_members": ["path+file:///repo/crates/cli#downriver@0.1.0"],
        "packages": [
            {
                "name": "downriver", "version": "0.1.0", "id": "path+file:///repo/crates/cli#downriver@0.1.0",
                "license": "Apache-2.0", "manifest_path": "/repo/crates/cli/Cargo.toml",
                "dependencies": [
                    {"name": "serde", "kind": null}, {"name": "cc", "kind": "build"}, {"name": "insta", "kind": "dev"}
                ],
                "targets": [{"name": "downriver", "kind": ["bin"], "src_path": "/repo/crates/cli/src/main.rs"}]
            },
            {
                "name": "serde", "version": "1.0.0", "id": "registry#serde@1.0.0", "license": null,
                "manifest_path": "/elsewhere/serde/Cargo.toml", "dependencies": [], "targets": []
            }
        ]
    });
    let workspace = parse_workspace(&value).unwrap();
    let members: Vec<_> = workspace.members().collect();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].manifest_path, "crates/cli/Cargo.toml");
    assert_eq!(members[0].targets[0].path, "crates/cli/src/main.rs");
    let is_dev: Vec<_> = members[0]
        .dependencies
        .iter()
        .map(|dependency| (dependency.name.as_str(), dependency.is_dev))
        .collect();
    assert_eq!(is_dev, [("serde", false), ("cc", false), ("insta", true)]);
    assert_eq!(workspace.packages[1].license, None);
}

#[test]
fn a_missing_field_is_named() {
    let error = parse_workspace(&json!({"workspace_root": "/repo"})).unwrap_err();
    assert!(error.to_string().contains("workspace_members"));
}
