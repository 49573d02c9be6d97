//! Lockfiles and manifests in small.

use proptest::prelude::*;

use super::manifest::parse;
use crate::reading::Reading;
use crate::{Files, read_application};

fn read(files: &[(&str, &str)]) -> Reading {
    let mut source = Files::default();
    for (path, text) in files {
        source.insert(path, text.as_bytes()).unwrap();
    }
    read_application("", &source)
}

fn told(reading: &Reading) -> String {
    let mut lines = Vec::new();
    for found in &reading.dependencies {
        let lock = found.lock.as_ref().and_then(|lock| lock.line);
        lines.push(format!(
            "{} {} [{}] {} {}:{} lock {}",
            found.package,
            found.locked.as_deref().unwrap_or("-"),
            found.requirement.as_deref().unwrap_or("-"),
            if found.is_direct {
                "direct"
            } else {
                "transitive"
            },
            found.evidence.file,
            found.evidence.line.unwrap_or_default(),
            lock.unwrap_or_default(),
        ));
    }
    for left_out in &reading.left_out {
        let version = left_out.version.as_deref().unwrap_or("-");
        lines.push(format!(
            "left out: {} {version} {}",
            left_out.name, left_out.reason
        ));
    }
    lines.extend(
        reading
            .problems
            .iter()
            .map(|problem| format!("problem: {problem}")),
    );
    lines.join("\n")
}

const MANIFEST: &str = r#"// swift-tools-version: 5.9
import PackageDescription

let package = Package(
    name: "Shop",
    dependencies: [
        .package(id: "Acme.Kit", from: "1.2.0"),
        .package(url: "https://git.example/apple/swift-nio.git", .upToNextMinor(from: "2.0.0")),
        // .package(id: "acme.old", from: "1.0.0"),
        /* .package(id: "acme.older", /* nested */ from: "1.0.0"), */
        .package(id: "acme.unlocked", "1.0.0"..<"2.0.0"),
        .package(path: "../Local"),
    ],
    targets: [
        .target(name: "Shop", dependencies: [.product(name: "Kit", package: "Acme.Kit")]),
    ]
)
"#;

const RESOLVED: &str = r#"{
  "originHash" : "0123",
  "pins" : [
    {
      "identity" : "acme.kit",
      "kind" : "registry",
      "location" : "",
      "state" : { "version" : "1.4.0" }
    },
    {
      "identity" : "acme.tokens",
      "kind" : "registry",
      "location" : "",
      "state" : { "version" : "2.0.0" }
    },
    {
      "identity" : "swift-nio",
      "kind" : "remoteSourceControl",
      "location" : "https://git.example/apple/swift-nio.git",
      "state" : { "revision" : "0123", "version" : "2.0.3" }
    },
    {
      "identity" : "edge",
      "kind" : "localSourceControl",
      "location" : "/src/edge",
      "state" : { "branch" : "main", "revision" : "0123" }
    }
  ],
  "version" : 3
}
"#;

#[test]
fn the_manifest_tells_what_is_asked_for_and_the_lock_which_version() {
    let reading = read(&[("Package.swift", MANIFEST), ("Package.resolved", RESOLVED)]);
    insta::assert_snapshot!(told(&reading), @r#"
    pkg:swift/acme/kit 1.4.0 [from: "1.2.0"] direct Package.swift:7 lock 5
    pkg:swift/acme/tokens 2.0.0 [-] transitive Package.resolved:11 lock 11
    pkg:swift/acme/unlocked - ["1.0.0"..<"2.0.0"] direct Package.swift:11 lock 0
    left out: swift-nio 2.0.3 comes from git
    left out: edge - comes from a file or folder
    left out: local - comes from a file or folder
    "#);
    let locked: Vec<&str> = reading.files[0].locked.iter().collect();
    assert_eq!(
        locked,
        ["acme.kit@1.4.0", "acme.tokens@2.0.0", "swift-nio@2.0.3"]
    );
    assert_eq!(reading.files[0].format, "Package.resolved v3");
}

#[test]
fn a_lock_alone_does_not_say_who_asks() {
    let reading = read(&[("Package.resolved", RESOLVED)]);
    assert!(reading.dependencies.iter().all(|found| !found.is_direct));
    assert_eq!(reading.dependencies.len(), 2);
}

#[test]
fn xcode_keeps_the_lock_in_its_workspace_or_project() {
    let project = "App.xcodeproj/project.xcworkspace/xcshareddata/swiftpm/Package.resolved";
    let workspace = "App.xcworkspace/xcshareddata/swiftpm/Package.resolved";
    let other = "Demo/Demo.xcworkspace/xcshareddata/swiftpm/Package.resolved";
    let newer = RESOLVED.replace("1.4.0", "1.5.0");
    let locked = |files: &[(&str, &str)]| {
        let reading = read(files);
        reading
            .dependencies
            .first()
            .and_then(|found| found.locked.clone())
    };
    assert_eq!(locked(&[(project, RESOLVED)]).as_deref(), Some("1.4.0"));
    assert_eq!(
        locked(&[(project, RESOLVED), (workspace, &newer)]).as_deref(),
        Some("1.5.0")
    );
    assert_eq!(locked(&[(other, RESOLVED)]), None);
}

#[test]
fn a_broken_lock_leaves_what_the_manifest_tells() {
    for (lock, expected) in [
        ("{", "EOF while parsing an object"),
        (
            r#"{"version": 4, "pins": []}"#,
            "is of version 4: 1 to 3 are read",
        ),
        (r#"{"version": "2"}"#, "invalid type"),
        (
            r#"{"version": 2, "pins": [{"identity": 7}]}"#,
            "invalid type",
        ),
        ("<<<<<<< HEAD", "expected value"),
    ] {
        let reading = read(&[("Package.swift", MANIFEST), ("Package.resolved", lock)]);
        assert_eq!(reading.dependencies.len(), 2, "{lock}");
        let problem = reading.problems[0].to_string();
        assert!(problem.contains(expected), "{lock}: {problem}");
    }
}

#[test]
fn requirements_are_known_only_where_they_are_written_out() {
    let text = r##"
        .package(id: "a.a", exact: "1.0.0"),
        .package(id: "a.b", .exact("1.0.0")),
        .package(id: "a.c", "1.0.0"..."1.9.9"),
        .package(id: "a.d", from: version),
        .package(id: "a.e", from: "\(major).0.0"),
        .package(name: "F", url: "git@git.example:acme/F.git", branch: "main"),
        .package(
            url: "https://git.example/acme/g/",
            revision: "0123"
        ),
        .package(url: base + "/h", from: "1.0.0"),
        .package(id: "a.i", from: "1.0.0", traits: [.trait(name: "x"), "y"]),
        .package (id: "a.j", .upToNextMajor(from: "2.0.0-beta.1")),
        let note = """
            .package(id: "no.no", from: "1.0.0")
            """
        let raw = #".package(id: "no.no")"#
        .package(id: "a.k", from: "1.0.0"
    "##;
    let lines: Vec<String> = parse(text)
        .iter()
        .map(|one| {
            let requirement = one.requirement.as_deref().unwrap_or("?");
            format!(
                "{}: {} {:?} {requirement}",
                one.line, one.identity, one.source
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    2: a.a Registry exact: "1.0.0"
    3: a.b Registry .exact("1.0.0")
    4: a.c Registry "1.0.0"..."1.9.9"
    5: a.d Registry ?
    6: a.e Registry ?
    7: f Git branch: "main"
    8: g Git revision: "0123"
    13: a.i Registry from: "1.0.0"
    14: a.j Registry .upToNextMajor(from: "2.0.0-beta.1")
    "#);
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in "(\\.package\\(|\\.package|url: |\"|\"\"\"|#|/\\*|\\*/|//|\\\\|[a-zé,:()\\[\\] \\n])*") {
        prop_assert!(parse(&text).len() <= text.len());
    }
}

#[test]
fn what_never_ends_is_read_in_one_pass() {
    for part in [
        ".package(",
        ".package(\"",
        "\"",
        "#",
        "/*",
        "\"\"\"#",
        ".package(id: \"a.b\"",
        "#\"",
    ] {
        parse(&part.repeat(300_000 / part.len()));
    }
}
