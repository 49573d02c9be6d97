//! The package URL specification's own cases for our types: parse, build and round trip.

use downriver_version::{InvalidPurl, Purl, parse_purl};
use serde_json::{Map, Value};

use crate::corpus;

#[test]
fn package_urls_agree_with_the_specification() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let lines = corpus::lines(&folder.join("purl.jsonl"));
    let (set_aside, asked): (Vec<Value>, Vec<Value>) = lines.into_iter().partition(is_known);
    let found: Vec<String> = asked.iter().filter_map(difference).collect();
    let agree = asked.len() - found.len();
    println!(
        "purl: {agree} of {} lines agree, {} set aside",
        asked.len(),
        set_aside.len()
    );
    assert!(
        found.is_empty(),
        "{} differences\n{}",
        found.len(),
        found.join("\n")
    );
}

/// The specification's required cases want the parse of this text to fail, a recommended one wants it to succeed.
fn is_known(line: &Value) -> bool {
    line["input"] == "pkg:gem/jruby-launcher@1.1.2?Platform=java"
        && line["test_group"] == "recommended"
}

fn difference(line: &Value) -> Option<String> {
    let found = match (line["test_type"].as_str().unwrap(), &line["input"]) {
        ("parse", Value::String(text)) => parse_purl(text).map(|purl| parts(&purl)),
        ("validate", Value::String(text)) => {
            parse_purl(text).map(|purl| Value::from(purl.to_string()))
        }
        ("build", input) => build(input).map(|purl| Value::from(purl.to_string())),
        (other, _) => panic!("unknown kind of case `{other}`"),
    };
    let expected =
        (!line["expected_failure"].as_bool().unwrap()).then(|| line["expected_output"].clone());
    (found.as_ref().ok() != expected.as_ref())
        .then(|| format!("  expected {expected:?}, found {found:?}: {line}"))
}

fn build(input: &Value) -> Result<Purl, InvalidPurl> {
    let text = |field: &str| input[field].as_str();
    let purl = Purl::new(
        text("type").unwrap_or_default(),
        text("namespace"),
        text("name").unwrap_or_default(),
    )?;
    let mut purl = purl.with_version(text("version").unwrap_or_default());
    for (key, value) in input["qualifiers"].as_object().into_iter().flatten() {
        purl = purl.with_qualifier(key, value.as_str().unwrap())?;
    }
    Ok(purl.with_subpath(text("subpath").unwrap_or_default()))
}

fn parts(purl: &Purl) -> Value {
    let qualifiers: Map<String, Value> = purl
        .qualifiers()
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.clone())))
        .collect();
    serde_json::json!({
        "type": purl.package_type(),
        "namespace": purl.namespace(),
        "name": purl.name(),
        "version": purl.version(),
        "qualifiers": if qualifiers.is_empty() { Value::Null } else { Value::from(qualifiers) },
        "subpath": purl.subpath(),
    })
}
