//! What is found, what people wrote, and what is left of both.

use toml_edit::DocumentMut;

use super::merge;

fn document(text: &str) -> DocumentMut {
    text.parse().unwrap()
}

/// The catalog after the merge, and what was said.
fn merged(catalog: &str, before: &str, found: &str) -> (String, Vec<String>) {
    let mut catalog = document(catalog);
    let differences = merge(&mut catalog, &document(before), &document(found));
    let said = differences.iter().map(ToString::to_string).collect();
    (catalog.to_string(), said)
}

const FOUND: &str = "[applications.web]\nowner = \"team\"\nproducts = [\"pkg:npm/a\"]\n";

#[test]
fn a_new_application_is_added_and_nothing_else_touched() {
    let catalog = "# ours\n[applications.old]   # keep\nowner = \"me\"\n";
    let (text, said) = merged(catalog, "", FOUND);
    assert!(text.starts_with(catalog), "{text}");
    assert!(
        text.contains("[applications.web]\nowner = \"team\""),
        "{text}"
    );
    assert_eq!(said, ["applications.web: added"]);
}

#[test]
fn a_second_run_changes_nothing() {
    let (text, _) = merged("", "", FOUND);
    assert_eq!(merged(&text, FOUND, FOUND), (text.clone(), Vec::new()));
}

#[test]
fn a_value_that_nobody_touched_follows_what_is_found() {
    let catalog =
        "[applications.web]\nowner = \"team\"\nproducts = [\n  \"pkg:npm/a\",\n] # published\n";
    let found = FOUND.replace("pkg:npm/a", "pkg:npm/b");
    let (text, said) = merged(catalog, FOUND, &found);
    assert_eq!(
        text,
        "[applications.web]\nowner = \"team\"\nproducts = [\"pkg:npm/b\"] # published\n"
    );
    assert_eq!(
        said,
        [r#"applications.web.products: ["pkg:npm/a"] is now ["pkg:npm/b"]"#]
    );
}

#[test]
fn what_a_person_changed_or_took_out_stays() {
    let catalog = "[applications.web]\nowner = \"other\"\n";
    let found = FOUND.replace("pkg:npm/a", "pkg:npm/b");
    let (text, said) = merged(catalog, FOUND, &found);
    assert_eq!(text, catalog);
    assert_eq!(
        said,
        [r#"applications.web.owner: stays "other", as it was edited; found was "team""#]
    );
    let (text, said) = merged("", FOUND, FOUND);
    assert_eq!(
        (text.as_str(), said.len()),
        ("", 0),
        "a whole entry that was taken out stays out"
    );
}

#[test]
fn what_is_not_found_any_more_is_said_and_stays() {
    let (text, said) = merged(FOUND, FOUND, "[applications]\n");
    assert_eq!(text, FOUND);
    assert_eq!(
        said,
        ["applications.web: not found any more; it stays until you take it out"]
    );
}

#[test]
fn a_key_that_is_not_found_any_more_goes_unless_it_was_edited() {
    let found = "[applications.web]\nowner = \"team\"\n";
    let (text, said) = merged(FOUND, FOUND, found);
    assert_eq!(text, found);
    assert_eq!(
        said,
        ["applications.web.products: taken out, since it is not found any more"]
    );
    let edited = FOUND.replace("pkg:npm/a", "pkg:npm/mine");
    assert_eq!(merged(&edited, FOUND, found).0, edited);
}
