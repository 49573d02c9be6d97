//! A version appears, and what uses it is rebuilt.

use serde_json::Value;

use crate::harness::{App, Publish, Stack, eventually, purl, stack, stays};

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("publish-web").uses("publish/ui", "^1.0.0", "1.0.0"),
        App::new("publish-other").uses("publish/ui", "^2.0.0", "2.0.0"),
        App::new("publish-locked")
            .uses_locked("publish/locked", "^1.0.0", "1.0.0")
            .with("variables = true"),
    ]
}

#[test]
fn a_publish_starts_what_picks_it_and_nothing_else() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("publish/ui", "1.1.0").put(stack);
    let rebuilds = stack.rebuilt("publish-web", 1);
    assert_eq!(rebuilds.len(), 1);
    let session = rebuilds[0].trigger_detail.rsplit('/').next();
    assert_eq!(session, Some("publish-web.1.1"));
    // A floating dependency needs no variables, and the pipeline's own defaults stand.
    assert_ne!(
        variable(&rebuilds[0].variables, "DOWNRIVER_REBUILD"),
        "publish-web.1"
    );
    stays(
        1,
        "one execution, and none of what does not admit it",
        || {
            stack.executions("publish-web").len() == 1
                && stack.executions("publish-other").is_empty()
        },
    );
    stack.comes_to("publish-web", "idle");
    assert_story(stack);
    let explained = stack.ask(&[
        "explain",
        "publish-web",
        &format!("{}@1.1.0", purl("publish/ui")),
    ]);
    assert_eq!(explained["verdict"]["verdict"], "Unaffected", "{explained}");
    let excluded = stack.ask(&[
        "explain",
        "publish-other",
        &format!("{}@1.1.0", purl("publish/ui")),
    ]);
    assert_ne!(excluded["verdict"]["verdict"], "Picks", "{excluded}");
    assert!(
        !holders(stack).contains("publish-web.1"),
        "its place in the budget is returned"
    );
}

#[test]
fn a_locked_dependency_is_refreshed_by_variables() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("publish/locked", "1.2.0").put(stack);
    let rebuilds = stack.rebuilt("publish-locked", 1);
    assert_eq!(
        variable(&rebuilds[0].variables, "DOWNRIVER_REBUILD"),
        "publish-locked.1"
    );
    let change = format!("{}@1.2.0", purl("publish/locked"));
    assert_eq!(
        variable(&rebuilds[0].variables, "DOWNRIVER_CHANGES"),
        change
    );
}

#[test]
fn what_is_decided_is_told_on_the_bus_as_the_schema_says() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    // Of the rebuild that another test causes, or this one.
    Publish::new("publish/ui", "1.1.0").put(stack);
    let told = |kind: &str| {
        let notices = stack.notices("publish-web");
        notices
            .into_iter()
            .find(|notice| notice["detail-type"] == kind)
    };
    for kind in ["Requested", "Started", "Ended"] {
        let kind = format!("Downriver Rebuild {kind}");
        let notice = eventually(60, &kind, || told(&kind));
        assert_eq!(notice["source"], "downriver");
        assert_eq!(notice["detail"]["rebuild"], "publish-web.1");
        assert_eq!(notice["detail"]["deployment"], stack.deployment.as_str());
        assert_as_in_schema(&notice);
    }
}

fn assert_story(stack: &Stack) {
    let of_version = stack.ask(&["history", &format!("{}@1.1.0", purl("publish/ui"))]);
    let entries = of_version.as_array().into_iter().flatten();
    let verdicts: Vec<(&str, &str)> = entries
        .filter_map(|entry| entry["verdicts"].as_array())
        .flatten()
        .filter_map(|verdict| {
            Some((
                verdict["application"].as_str()?,
                verdict["verdict"].as_str()?,
            ))
        })
        .collect();
    assert!(
        verdicts.contains(&("publish-web", "Picks")),
        "{of_version:#}"
    );
    assert_eq!(stack.end_of("publish-web"), "Succeeded");
    let told = stack.told("publish-web");
    let execution = &stack.executions("publish-web")[0].id;
    assert!(
        told.contains(&format!("execution {execution} started")),
        "{told}"
    );
}

fn variable<'a>(variables: &'a [(String, String)], name: &str) -> &'a str {
    let found = variables.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// Who holds places in the budget of the deployment's own target.
fn holders(stack: &Stack) -> String {
    let items = stack.aws.scan(stack.output("TableName"));
    let budgets = items.iter().filter(|item| {
        let pk = item["pk"]["S"].as_str();
        pk.is_some_and(|pk| pk.starts_with("budget#"))
    });
    budgets
        .map(|budget| budget["holders"].to_string())
        .collect()
}

/// What can be read off the schema without a library: what must be there, what is one of a list, and the types.
fn assert_as_in_schema(notice: &Value) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../events/schemas/notice.1.json"
    );
    let schema = std::fs::read_to_string(path).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    assert_object(notice, &schema, &schema["properties"]);
    let detail = &schema["$defs"]["detail"];
    assert_object(&notice["detail"], detail, &detail["properties"]);
}

fn assert_object(object: &Value, schema: &Value, properties: &Value) {
    for required in schema["required"].as_array().expect("a list") {
        let name = required.as_str().expect("a name");
        assert!(object.get(name).is_some(), "{name} is missing in {object}");
    }
    for (name, rule) in properties.as_object().expect("properties") {
        let Some(value) = object.get(name) else {
            continue;
        };
        if let Some(allowed) = rule["enum"].as_array() {
            assert!(allowed.contains(value), "{name} of {object}");
        }
        match rule["type"].as_str() {
            Some("string") => assert!(value.is_string(), "{name} of {object}"),
            Some("boolean") => assert!(value.is_boolean(), "{name} of {object}"),
            Some("object") => assert!(value.is_object(), "{name} of {object}"),
            _ => {}
        }
    }
}
