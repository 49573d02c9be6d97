//! Package URLs: taken apart, and put together. Pure.

use std::fmt::Write as _;

use downriver_domain::version::{Purl, parse_purl};
use serde_json::{Map, Value};

/// The parts in the order in which a package URL has them.
pub(super) const PARTS: [&str; 6] = [
    "type",
    "namespace",
    "name",
    "version",
    "qualifiers",
    "subpath",
];

/// The parts of a package URL, decoded; `null` for those it has not.
pub(super) fn parts(text: &str) -> Result<[(&'static str, Value); 6], String> {
    let purl = parse_purl(text).map_err(|error| error.to_string())?;
    let qualifiers: Map<String, Value> = purl
        .qualifiers()
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let values = [
        purl.package_type().into(),
        purl.namespace().into(),
        purl.name().into(),
        purl.version().into(),
        if qualifiers.is_empty() {
            Value::Null
        } else {
            qualifiers.into()
        },
        purl.subpath().into(),
    ];
    let mut values = values.into_iter();
    Ok(PARTS.map(|part| (part, values.next().unwrap_or_default())))
}

/// The package URL of these parts in its normal form. A part that is `null` or absent is left out.
pub(super) fn build(parts: &Map<String, Value>) -> Result<String, String> {
    let text = |part: &str| match parts.get(part) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("`{part}` has to be a string or null")),
    };
    let needed = |part: &str| text(part)?.ok_or_else(|| format!("a package URL needs `{part}`"));
    let told = |error: downriver_domain::version::InvalidPurl| error.to_string();
    let mut purl = Purl::new(needed("type")?, text("namespace")?, needed("name")?).map_err(told)?;
    purl = purl.with_version(text("version")?.unwrap_or_default());
    match parts.get("qualifiers") {
        None | Some(Value::Null) => {}
        Some(Value::Object(qualifiers)) => {
            for (key, value) in qualifiers {
                let value = match value {
                    Value::Null => "",
                    Value::String(value) => value,
                    _ => return Err(format!("the qualifier `{key}` has to be a string")),
                };
                purl = purl.with_qualifier(key, value).map_err(told)?;
            }
        }
        Some(_) => return Err("`qualifiers` has to be an object or null".to_owned()),
    }
    Ok(purl
        .with_subpath(text("subpath")?.unwrap_or_default())
        .to_string())
}

/// The normal form with its parts below; `text` is known to be a package URL.
pub(super) fn shown(text: &str) -> String {
    let Ok(purl) = parse_purl(text) else {
        return String::new();
    };
    let qualifiers: Vec<String> = purl
        .qualifiers()
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let qualifiers = qualifiers.join(" ");
    let rows = [
        ("type", Some(purl.package_type())),
        ("namespace", purl.namespace()),
        ("name", Some(purl.name())),
        ("version", purl.version()),
        (
            "qualifiers",
            Some(qualifiers.as_str()).filter(|qualifiers| !qualifiers.is_empty()),
        ),
        ("subpath", purl.subpath()),
    ];
    let mut out = format!("{purl}\n");
    for (name, value) in rows {
        if let Some(value) = value {
            writeln!(out, "  {name:10}  {value}").expect("a string takes all that is written");
        }
    }
    out
}
