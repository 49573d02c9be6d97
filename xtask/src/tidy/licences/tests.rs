use super::super::tree::file;
use super::*;

fn package(name: &str, license: Option<&str>) -> Package {
    Package {
        name: name.into(),
        version: "1.0.0".into(),
        license: license.map(str::to_owned),
        ..Package::default()
    }
}

fn findings(license: Option<&str>) -> Vec<String> {
    let workspace = Workspace {
        packages: vec![package("planted", license)],
    };
    let lock = file(
        "Cargo.lock",
        "[[package]]\nname = \"other\"\n\n[[package]]\nname = \"planted\"\n",
    );
    check_licences(&workspace, &[lock])
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn permissive_licences_pass() {
    for license in [
        "MIT OR Apache-2.0",
        "Zlib",
        "Unicode-3.0",
        "BSL-1.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "CC0-1.0",
    ] {
        assert_eq!(findings(Some(license)), [""; 0], "{license}");
    }
}

#[test]
fn copyleft_is_found_at_its_line_of_the_lock_file() {
    assert_eq!(
        findings(Some("MPL-2.0")),
        [
            "Cargo.lock:5: `planted 1.0.0` is licensed `MPL-2.0`, which is not permissive; replace it"
        ]
    );
    assert_eq!(findings(Some("GPL-3.0-only")).len(), 1);
    assert_eq!(findings(Some("MIT AND LGPL-2.1-or-later")).len(), 1);
}

#[test]
fn a_package_without_a_licence_fails_unless_a_person_read_it() {
    assert_eq!(findings(None).len(), 1);
    let planted = package("planted", None);
    assert_eq!(check_package(&planted, &[("planted", "MIT")], &[]), None);
    assert!(check_package(&planted, &[("planted", "MPL-2.0")], &[]).is_some());
}

#[test]
fn a_text_that_is_no_expression_is_found() {
    assert!(findings(Some("see the file"))[0].contains("no SPDX expression"));
}
