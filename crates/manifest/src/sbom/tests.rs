//! SBOMs in small.

mod round_trip;

use crate::reading::{Reading, read_sbom};
use crate::{Files, read_application};

fn read(text: &str) -> Reading {
    read_sbom("sbom.json", text.as_bytes()).unwrap()
}

/// One line for each dependency: what people would want to know.
fn told(reading: &Reading) -> String {
    let mut lines = Vec::new();
    for found in &reading.dependencies {
        let via: Vec<String> = found.via.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "{} {} [{}] {} {:?} via {} {}:{}",
            found.package,
            found.locked.as_deref().unwrap_or("-"),
            found.requirement.as_deref().unwrap_or("-"),
            if found.is_direct {
                "direct"
            } else {
                "transitive"
            },
            found.scopes,
            via.join(" > "),
            found.evidence.file,
            found.evidence.line.unwrap_or_default(),
        ));
    }
    for left_out in &reading.left_out {
        lines.push(format!(
            "left out: {} {:?}: {}",
            left_out.name, left_out.version, left_out.reason
        ));
    }
    lines.join("\n")
}

const CYCLONEDX: &str = r#"{
  "bomFormat": "CycloneDX",
  "specVersion": "1.6",
  "metadata": {"component": {"type": "application", "bom-ref": "root", "name": "shop",
    "components": [{"type": "library", "bom-ref": "part", "name": "part", "purl": "pkg:npm/part@1.0.0"}]}},
  "dependencies": [
    {"ref": "root", "dependsOn": ["ui", "dev", "part"]},
    {"dependsOn": ["tokens", "missing", "ui"], "ref": "ui"},
    {"ref": "part", "dependsOn": ["helper"]},
    {"ref": "tokens", "dependsOn": ["ui"]}
  ],
  "components": [
    {"type": "library", "bom-ref": "ui", "name": "ui", "purl": "pkg:npm/%40acme/ui@2.0.0?vcs_url=git%2Bhttps://git.example/ui",
     "pedigree": {"ancestors": [{"type": "library", "name": "old", "purl": "pkg:npm/old@1.0.0"}]},
     "components": [
      {"type": "library", "bom-ref": "tokens", "name": "tokens", "purl": "pkg:npm/%40acme/tokens@2.4.0", "scope": "optional"}
     ]},
    {"type": "library", "bom-ref": "dev", "name": "dev", "purl": "pkg:npm/dev@1.0.0",
     "properties": [{"name": "cdx:npm:package:development", "value": "true"}]},
    {"type": "library", "bom-ref": "helper", "name": "helper", "purl": "pkg:maven/com.acme/helper@1.0?type=jar"},
    {"type": "library", "bom-ref": "again", "name": "helper", "purl": "pkg:maven/com.acme/helper@1.0?classifier=tests"},
    {"type": "library", "name": "lone", "version": "3.0.0", "purl": "pkg:npm/lone"},
    {"type": "library", "name": "libc6", "purl": "pkg:deb/debian/libc6@2.36"},
    {"type": "library", "name": "local", "purl": "pkg:pypi/local@1.0?download_url=file:///src/local.whl"},
    {"type": "library", "name": "forked", "purl": "pkg:pypi/forked@1.0?vcs_url=git%2Bhttps://git.example/forked"},
    {"type": "library", "name": "nameless", "version": "1"},
    {"type": "file", "name": "/etc/passwd"}
  ]
}"#;

#[test]
fn cyclonedx_tells_ways_scopes_and_lines() {
    let reading = read(CYCLONEDX);
    insta::assert_snapshot!(told(&reading), @r#"
    pkg:maven/com.acme/helper 1.0 [-] direct {Runtime} via  sbom.json:20
    pkg:npm/dev 1.0.0 [-] direct {Dev} via  sbom.json:18
    pkg:npm/lone 3.0.0 [-] transitive {Runtime} via  sbom.json:22
    pkg:npm/%40acme/tokens 2.4.0 [-] transitive {Optional} via pkg:npm/%40acme/ui sbom.json:16
    pkg:npm/%40acme/ui 2.0.0 [-] direct {Runtime, Optional} via  sbom.json:13
    left out: pkg:deb/debian/libc6@2.36 Some("2.36"): no package of this name can stand in CodeArtifact
    left out: pkg:pypi/local@1.0?download_url=file:///src/local.whl Some("1.0"): comes from a file or folder
    left out: pkg:pypi/forked@1.0?vcs_url=git%2Bhttps://git.example/forked Some("1.0"): comes from git
    left out: nameless Some("1"): no package of this name can stand in CodeArtifact
    "#);
    insta::assert_snapshot!(
        reading.files[0].locked.iter().collect::<Vec<_>>().join("\n"),
        @"
        pkg:deb/debian/libc6@2.36
        pkg:maven/com.acme/helper@1.0?classifier=tests
        pkg:maven/com.acme/helper@1.0?type=jar
        pkg:npm/%40acme/tokens@2.4.0
        pkg:npm/%40acme/ui@2.0.0?vcs_url=git%2Bhttps://git.example/ui
        pkg:npm/dev@1.0.0
        pkg:npm/lone
        pkg:pypi/forked@1.0?vcs_url=git%2Bhttps://git.example/forked
        pkg:pypi/local@1.0?download_url=file:///src/local.whl
        "
    );
    assert_eq!(reading.files[0].format, "CycloneDX 1.6");
}

#[test]
fn components_without_a_graph_belong_to_nobody_in_particular() {
    let reading = read(
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.2", "components": [
            {"type": "library", "name": "a", "version": "1.0.0", "purl": "pkg:npm/a@1.0.0"}]}"#,
    );
    assert!(!reading.dependencies[0].is_direct);
}

#[test]
fn the_top_of_a_graph_without_a_root_counts_as_asked_for() {
    let reading = read(
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [
            {"type": "library", "name": "a", "bom-ref": "a", "purl": "pkg:npm/a@1.0.0"},
            {"type": "library", "name": "b", "purl": "pkg:npm/b@1.0.0"},
            {"type": "library", "name": "c", "bom-ref": "c", "purl": "pkg:npm/c@1.0.0"},
            {"type": "library", "name": "d", "bom-ref": "d", "purl": "pkg:npm/d@1.0.0"}],
            "dependencies": [
            {"ref": "a", "dependsOn": ["pkg:npm/b@1.0.0"]}, {"ref": "c", "dependsOn": ["d"]}, {"ref": "d", "dependsOn": ["c"]}]}"#,
    );
    insta::assert_snapshot!(told(&reading), @"
    pkg:npm/a 1.0.0 [-] direct {Runtime} via  sbom.json:2
    pkg:npm/b 1.0.0 [-] transitive {Runtime} via pkg:npm/a sbom.json:3
    pkg:npm/c 1.0.0 [-] transitive {Runtime} via  sbom.json:4
    pkg:npm/d 1.0.0 [-] transitive {Runtime} via pkg:npm/c sbom.json:5
    ");
}

const SPDX: &str = r#"{
  "spdxVersion": "SPDX-2.3",
  "SPDXID": "SPDXRef-DOCUMENT",
  "name": "shop",
  "packages": [
    {"SPDXID": "SPDXRef-shop", "name": "shop", "versionInfo": "1.0.0"},
    {"SPDXID": "SPDXRef-ui", "name": "ui", "versionInfo": "2.0.0", "externalRefs": [
      {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:acme:ui:2.0.0"},
      {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/%40acme/ui@2.0.0"}]},
    {"SPDXID": "SPDXRef-tokens", "name": "tokens", "versionInfo": "^2.4", "externalRefs": [
      {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/%40acme/tokens"}]},
    {"SPDXID": "SPDXRef-jest", "name": "jest", "versionInfo": "29.0.0", "externalRefs": [
      {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/jest@29.0.0"}]},
    {"SPDXID": "SPDXRef-other", "name": "other", "versionInfo": "NOASSERTION"}
  ],
  "relationships": [
    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-shop"},
    {"spdxElementId": "SPDXRef-shop", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-ui"},
    {"spdxElementId": "SPDXRef-tokens", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-ui"},
    {"spdxElementId": "SPDXRef-jest", "relationshipType": "DEV_DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-shop"},
    {"spdxElementId": "SPDXRef-shop", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-other"}
  ]
}"#;

#[test]
fn spdx_tells_ways_and_scopes() {
    let reading = read(SPDX);
    insta::assert_snapshot!(told(&reading), @"
    pkg:npm/jest 29.0.0 [-] direct {Dev} via  sbom.json:13
    pkg:npm/%40acme/tokens - [^2.4] transitive {Runtime} via pkg:npm/%40acme/ui sbom.json:11
    pkg:npm/%40acme/ui 2.0.0 [-] direct {Runtime} via  sbom.json:9
    left out: other None: no package of this name can stand in CodeArtifact
    ");
    assert_eq!(reading.files[0].format, "SPDX 2.3");
}

#[test]
fn an_spdx_document_that_describes_all_it_holds_is_about_the_top() {
    let text = SPDX.replace("SPDX-2.3", "SPDX-2.2").replace(
        r#""name": "shop","#,
        r#""documentDescribes": ["SPDXRef-shop", "SPDXRef-ui", "SPDXRef-tokens", "SPDXRef-jest"],"#,
    );
    let reading = read(&text);
    assert_eq!(reading.dependencies, read(SPDX).dependencies);
}

#[test]
fn an_sbom_in_a_folder_counts_for_what_nothing_else_told() {
    let second = CYCLONEDX.replace(
        "pkg:maven/com.acme/helper@1.0",
        "pkg:maven/com.acme/helper@2.0",
    );
    let mut files = Files::default();
    files.insert("shop/bom.json", CYCLONEDX.as_bytes()).unwrap();
    files
        .insert("shop/second.cdx.json", second.as_bytes())
        .unwrap();
    files.insert("shop/bombs.json", b"{\"weight\": 3}").unwrap();
    files
        .insert(
            "shop/broken-bom.json",
            b"{\"bomFormat\": \"CycloneDX\",\n \"components\": 3}",
        )
        .unwrap();
    files
        .insert("shop/other/bom.json", SPDX.as_bytes())
        .unwrap();
    let reading = read_application("shop", &files);
    let paths: Vec<&str> = reading
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(paths, ["shop/bom.json", "shop/second.cdx.json"]);
    assert_eq!(reading.dependencies.len(), 5);
    let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"), @"shop/broken-bom.json:2: is no SBOM that can be read: invalid type: integer `3`, expected an array of components");
}

#[test]
fn what_is_no_sbom_is_refused_with_a_reason() {
    let deep = format!(
        "{{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": {}",
        "[{\"components\": ".repeat(10_000)
    );
    let cases = [
        "",
        "{}",
        "[]",
        "<bom/>",
        "{\"bomFormat\": \"CycloneDX\"",
        "{\"bomFormat\": \"CycloneDX\"}",
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"2.0\"}",
        "{\"spdxVersion\": \"SPDX-3.0\"}",
        "{\"@context\": \"https://spdx.example/rdf/3.0.1\", \"@graph\": []}",
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\",\n\"components\": [{\"purl\": 7}]}",
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": []} trailing",
        &deep,
    ];
    let errors: Vec<String> = cases
        .into_iter()
        .map(|text| read_sbom("x", text.as_bytes()).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    x:1: is no SBOM that can be read: EOF while parsing a value
    x: is no SBOM: it has neither `bomFormat` (CycloneDX) nor `spdxVersion` (SPDX)
    x:1: is no SBOM that can be read: invalid type: sequence, expected an object
    x:1: is XML: SBOMs are read as JSON only; let the tool that made it write CycloneDX or SPDX JSON
    x:1: is no SBOM that can be read: EOF while parsing an object
    x: is CycloneDX but has no `specVersion`: let the tool write 1.2 to 1.7
    x: is CycloneDX `2.0`: 1.2 to 1.7 are read; let the tool write one of these
    x: is SPDX `3.0`: 2.1 to 2.3 are read; let the tool write SPDX 2.3 or CycloneDX
    x: is JSON-LD, perhaps SPDX 3: let the tool write SPDX 2.3 or CycloneDX
    x:2: is no SBOM that can be read: invalid type: integer `7`, expected a string
    x:1: is no SBOM that can be read: trailing characters
    x:1: is no SBOM that can be read: recursion limit exceeded
    ");
    assert!(read_sbom("x", b"{\"bomFormat\": \"\xff\"}").is_err());
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_no_matter() {
    let text = format!("\u{feff}{}", CYCLONEDX.replace('\n', "\r\n"));
    let reading = read_sbom("sbom.json", text.as_bytes()).unwrap();
    assert_eq!(reading.dependencies, read(CYCLONEDX).dependencies);
}

#[test]
fn properties_of_somebody_else_s_making_are_bounded() {
    let via = r#"{"name": "downriver:via", "value": "pkg:npm/b"},"#.repeat(10_000);
    let text = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
        {{"type": "library", "name": "a", "purl": "pkg:npm/a", "version": "1.0.0", "properties": [
            {{"name": "downriver:direct", "value": "false"}}, {{"name": "downriver:file", "value": "a\u001b[2J"}},
            {{"name": "downriver:scope", "value": "none"}}, {via} {{"name": "x", "value": null}}]}}]}}"#
    );
    let reading = read(&text);
    let [found] = reading.dependencies.as_slice() else {
        panic!("one dependency: {reading:?}")
    };
    assert_eq!(found.via.len(), crate::limits::VIA_MAX);
    assert_eq!(&*found.evidence.file, "sbom.json");
    assert_eq!(found.locked.as_deref(), Some("1.0.0"));
}
