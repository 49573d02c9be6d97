use super::*;

fn package(name: &str, license: Option<&str>) -> Package {
    Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        license: license.map(str::to_owned),
        ..Package::default()
    }
}

#[test]
fn packages_are_read_from_the_tree_once_each() {
    let tree = "downriver-start v0.1.0 (/somewhere)\nserde v1.0.0\nsyn v2.0.0 (proc-macro) (*)\nserde v1.0.0 (*)\n\n";
    let expected = ["downriver-start 0.1.0", "serde 1.0.0", "syn 2.0.0"].map(str::to_owned);
    assert_eq!(parse_tree(tree), BTreeSet::from(expected));
}

#[test]
fn a_text_that_several_packages_share_stands_there_once() {
    let (first, second) = (package("a", Some("MIT")), package("b", None));
    let names = BTreeSet::from(["a 1.0.0".to_owned(), "b 1.0.0".to_owned()]);
    let document = rendered(
        &[&second, &first],
        &BTreeMap::from([("Do what you like.".to_owned(), names)]),
    );
    assert!(
        document.contains("\n  a 1.0.0 (MIT)\n  b 1.0.0 (see its text)\n"),
        "{document}"
    );
    assert!(
        document.ends_with("\na 1.0.0, b 1.0.0\n\nDo what you like.\n"),
        "{document}"
    );
}
