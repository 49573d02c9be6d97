//! What sources tell, and what is left to a person.

use super::{SourceFacts, read_source};

const SETTINGS: &str =
    "registry=https://acme-111122223333.d.codeartifact.eu-west-1.amazonaws.com/npm/apps/\n";

fn facts(files: &[(&str, &str)]) -> (SourceFacts, Vec<String>) {
    let files = files.iter();
    let files: Vec<(String, Vec<u8>)> = files
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect();
    read_source(&files, &"eu-west-1".parse().unwrap())
}

fn products(facts: &SourceFacts) -> Vec<String> {
    facts.products.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_published_and_where_packages_come_from_is_told() {
    let manifest = r#"{"name":"@acme/ui","version":"5.0.0"}"#;
    let (facts, remarks) = facts(&[("package.json", manifest), (".npmrc", SETTINGS)]);
    assert_eq!(products(&facts), ["pkg:npm/%40acme/ui"]);
    assert_eq!(facts.repositories[0].to_string(), "111122223333/acme/apps");
    assert_eq!((facts.folder.as_str(), remarks), ("", Vec::new()));
}

#[test]
fn what_is_private_or_has_no_version_is_no_product() {
    let private = r#"{"name":"web","version":"1.0.0","private":true}"#;
    assert_eq!(products(&facts(&[("package.json", private)]).0), [""; 0]);
    let bare = r#"{"name":"web"}"#;
    assert_eq!(products(&facts(&[("package.json", bare)]).0), [""; 0]);
}

#[test]
fn the_only_folder_with_a_manifest_is_the_applications() {
    let manifest = r#"{"name":"@acme/ui","version":"5.0.0"}"#;
    let files = [
        ("services/ui/package.json", manifest),
        ("services/ui/demo/package.json", manifest),
        (".npmrc", SETTINGS),
    ];
    let (facts, remarks) = facts(&files);
    assert_eq!(facts.folder, "services/ui");
    assert_eq!(products(&facts), ["pkg:npm/%40acme/ui"]);
    assert_eq!((facts.repositories.len(), remarks.len()), (1, 0));
}

#[test]
fn of_several_folders_a_person_has_to_choose() {
    let files = [("a/package.json", "{}"), ("b/pom.xml", "<project/>")];
    let (facts, remarks) = facts(&files);
    assert_eq!(facts, SourceFacts::default());
    assert_eq!(
        remarks,
        [
            "manifests lie in 2 folders of its source (a, b): say which is the application's with `source_folder`"
        ]
    );
}

#[test]
fn a_repository_elsewhere_is_said() {
    let elsewhere = SETTINGS.replace("eu-west-1", "us-east-1");
    let (facts, remarks) = facts(&[("package.json", "{}"), (".npmrc", &elsewhere)]);
    assert_eq!(facts.repositories.len(), 1);
    assert_eq!(
        remarks,
        ["repository acme/apps of .npmrc is in us-east-1, not in eu-west-1"]
    );
}
