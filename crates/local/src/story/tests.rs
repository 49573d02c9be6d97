use downriver_domain::slot::PauseScope;

use super::{Deed, Delivery, OutcomeKind, PipelineMode, Transition, When, parse_story};

const FULL: &str = r#"
title = "A diamond"
text = "Tokens are published, and two arms of a diamond follow."
catalog = "catalog.toml"
delivery = "as_listed"

[[version]]
repository = "libraries"
package = "pkg:npm/%40acme/tokens"
versions = ["2.3.1"]
origin = "INTERNAL"
status = "Unlisted"

[[public]]
connection = "public:npmjs"
package = "pkg:npm/react"
versions = ["18.3.1", "19.0.0"]
at = "+15m"

[[built]]
application = "web"
package = "pkg:npm/react"
unknown = true

[[pipeline]]
application = "web"
mode = "QUEUED"
type = "V2"
index = false
events = false
stages = [
  { name = "Source", secs = 5 },
  { name = "Approve", approval = true, transition = "disabled" },
  { name = "Deploy", secs = 30, deploys = true },
]

[[outcome]]
application = "web"
execution = 1
state = "FAILED"
stage = "Deploy"
after = "20s"

[[push]]
application = "web"
at = "2026-01-01T10:00:00Z"
by = "rule"

[[command]]
at = "+1h"
do = "pause"
package = "pkg:npm/react"
by = "ops"
reason = "a bad release"

[expect]
starts = { web = 2 }
order = [["ui", "web"]]
outcomes = { web = ["Failed", "Delivered"] }
never = ["admin"]
starts_at = { web = ["+60s", "2026-01-01T10:05:00Z"] }
verdicts = [["admin", "pkg:npm/react@19.0.0", "Unaffected(ThirdParty)", "Nothing"]]
notes = { web = ["Parked"] }
in_flight_max = 2
quarantined = 1
"#;

#[test]
fn every_key_of_a_story_is_read() {
    let story = parse_story("story.toml", FULL).unwrap();

    assert_eq!(story.catalog.as_deref(), Some("catalog.toml"));
    assert_eq!(story.delivery, Delivery::AsListed);
    assert_eq!(story.versions[0].line, 8);
    assert_eq!(story.public[0].at, Some(When::After(900)));
    assert_eq!(story.built[0].version, None);
    let pipeline = &story.pipelines[0];
    assert_eq!(pipeline.mode, PipelineMode::Queued);
    assert!(!pipeline.is_indexed);
    assert!(!pipeline.is_told);
    assert!(pipeline.stages[1].needs_approval);
    assert_eq!(pipeline.stages[1].transition, Transition::Disabled);
    assert_eq!(story.outcomes[0].kind, OutcomeKind::Failed);
    assert_eq!(story.outcomes[0].after_secs, Some(20));
    assert!(story.pushes[0].is_rule);
    let Deed::Pause { scope, by, .. } = &story.commands[0].deed else {
        panic!("a pause");
    };
    assert_eq!(
        *scope,
        PauseScope::Package("pkg:npm/react".parse().unwrap())
    );
    assert_eq!(by, "ops");
    assert_eq!(story.expect.order.len(), 1);
    assert_eq!(story.expect.quarantined, Some(1));
    let starts_at: Vec<&Vec<When>> = story.expect.starts_at.values().collect();
    assert_eq!(starts_at[0][0], When::After(60));
    let verdict = &story.expect.verdicts[0];
    assert_eq!(verdict.package_version.to_string(), "pkg:npm/react@19.0.0");
    assert_eq!(verdict.action, "Nothing");
    assert_eq!(story.expect.notes.len(), 1);
    assert_eq!(story.expect.in_flight_max, Some(2));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_key() {
    let cases = [
        (
            "title = \"t\"\nnever = 1\n",
            "s.toml:2: story: unknown field `never`",
        ),
        ("text = \"t\"\n", "s.toml:1: story: missing field `title`"),
        (
            "title = \"t\"\n[expect]\nstarts_at = { web = [\"soon\"] }\n",
            "s.toml:3: expect.starts_at: expected an RFC 3339 instant",
        ),
        (
            "title = \"t\"\n\n[[push]]\napplication = \"web\"\nat = \"soon\"\n",
            "s.toml:5: push.at: expected an RFC 3339 instant",
        ),
        (
            "title = \"t\"\n[[push]]\napplication = \"not an id\"\nat = \"+1s\"\n",
            "s.toml:3: push.application: `not an id` is not an application id",
        ),
        (
            "title = \"t\"\n[[built]]\napplication = \"web\"\npackage = \"pkg:npm/react\"\n",
            "s.toml:3: built.version: give either `version` or `unknown = true`",
        ),
        (
            "title = \"t\"\n[[outcome]]\napplication = \"web\"\nexecution = 1\nstate = \"ROLLBACK\"\n",
            "s.toml:3: outcome.to: ROLLBACK needs",
        ),
        (
            "title = \"t\"\n[[pipeline]]\napplication = \"web\"\ntype = \"V1\"\nmode = \"QUEUED\"\n",
            "s.toml:3: pipeline.mode: a V1 pipeline",
        ),
        (
            "title = \"t\"\n[[command]]\nat = \"+1s\"\ndo = \"retry\"\n",
            "s.toml:3: command.application: `retry`, `expedite` and `cancel` need",
        ),
    ];
    for (text, message) in cases {
        let error = parse_story("s.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
