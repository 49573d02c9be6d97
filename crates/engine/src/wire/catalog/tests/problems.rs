use insta::assert_snapshot;

use super::*;

#[test]
fn an_unknown_field_gets_the_nearest_one_proposed() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
pipelne = "shop-web"
colour = "blue"
[applicatons.shop-api]
owner = "team-shop"
"#), @r#"
        downriver.toml:12:1: applications.shop-web.pipelne: unknown field; did you mean "pipeline"?
        downriver.toml:13:1: applications.shop-web.colour: unknown field
        downriver.toml:14:2: applicatons: unknown field; did you mean "applications"?
    "#);
}

#[test]
fn a_wrong_type_is_named_with_what_was_expected() {
    assert_snapshot!(problems_of_whole("internal = \"pkg:npm/%40acme/*\""), @"downriver.toml:1:12: internal: expected an array, found a string");
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = 7
shadow = "yes"
products = ["pkg:npm/tokens", 3]
dependencies = "package-lock.json"
retries = 1.5
[applications]
shop-api = []
"#), @"
        downriver.toml:11:9: applications.shop-web.owner: expected a string, found an integer
        downriver.toml:12:10: applications.shop-web.shadow: expected a boolean, found a string
        downriver.toml:13:31: applications.shop-web.products[1]: expected a string, found an integer
        downriver.toml:14:16: applications.shop-web.dependencies: expected an array, found a string
        downriver.toml:15:11: applications.shop-web.retries: expected an integer, found a float
        downriver.toml:17:12: applications.shop-api: expected a table, found an array
    ");
}

#[test]
fn an_unknown_value_gets_the_nearest_one_proposed() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
follow = "dirct"
on_locked = "refesh"
scopes = ["runtime", "production"]
"#), @r#"
        downriver.toml:12:10: applications.shop-web.follow: unknown value `dirct`: expected one of `all`, `direct`, `none`; did you mean "direct"?
        downriver.toml:13:13: applications.shop-web.on_locked: unknown value `refesh`: expected one of `refresh`, `rebuild`, `notify`, `ignore`; did you mean "refresh"?
        downriver.toml:14:22: applications.shop-web.scopes[1]: unknown value `production`: expected one of `runtime`, `dev`, `test`, `build`, `optional`, `peer`
    "#);
}

#[test]
fn what_must_be_given_is_asked_for() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
dependencies = [{ built = "1.0.0" }]
"#), @"
        downriver.toml:10:1: applications.shop-web.owner: missing: it must be given
        downriver.toml:11:17: applications.shop-web.dependencies[0].package: missing: it must be given
        downriver.toml:11:17: applications.shop-web.dependencies[0].requirement: missing: it must be given
    ");
    assert_snapshot!(problems_of_whole(r#"
[applications.shop-web]
owner = "team-shop"
"#), @"
        downriver.toml:2:15: applications.shop-web.account: missing: give it here or in [defaults]
        downriver.toml:2:15: applications.shop-web.region: missing: give it here or in [defaults]
        downriver.toml:2:15: applications.shop-web.repositories: missing: give it here or in [defaults]
    ");
}

#[test]
fn folders_stay_where_they_belong() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
source_folder = "../other"
folder = "/etc"
[applications.shop-api]
owner = "team-shop"
source_folder = "/api"
folder = "api"
dependencies = []
"#), @r"
        downriver.toml:12:17: applications.shop-web.source_folder: `../other` is not a folder inside the source
        downriver.toml:13:10: applications.shop-web.folder: `/etc` is neither the catalog's own folder (`.`) nor one below it
        downriver.toml:16:17: applications.shop-api.source_folder: `/api` is not a folder inside the source
        downriver.toml:17:10: applications.shop-api.folder: give either `folder` or the dependencies themselves
    ");
}

#[test]
fn an_id_given_twice_is_refused() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
[applications.shop-web]
owner = "team-shop"
[repositories]
apps = {}
"111122223333/acme/apps" = {}
"#), @"
        downriver.toml:8:15: repositories.apps: this repository is listed twice
        downriver.toml:12:15: applications.shop-web: given twice: the name must be unique
        downriver.toml:13:1: owner: given twice: the name must be unique
        downriver.toml:15:1: apps: given twice: the name must be unique
    ");
}

#[test]
fn text_that_is_no_toml_is_reported_with_its_line() {
    assert_snapshot!(problems_of("[applications.shop-web\nowner = team-shop\n"), @"downriver.toml:9:23: unclosed table, expected `]`");
}

#[test]
fn identifiers_are_checked() {
    assert_snapshot!(problems_of_whole(r#"
domain_owners = ["1234"]
[defaults]
account = "12345"
region = "Ireland"
domain = "ACME"
domain_owner = "111122223333"
[repositories."my repo"]
[repositories."444455556666/other/libs"]
[repositories."a/b"]
[targets.123456789012]
[targets."123456789012/mars"]
[owners."team shop"]
[applications."shop web"]
owner = "team shop"
pipeline = "shop web"
"#), @r#"
        downriver.toml:2:18: domain_owners[0]: `1234` is not an AWS account id: expected 12 digits
        downriver.toml:4:11: defaults.account: `12345` is not an AWS account id: expected 12 digits
        downriver.toml:5:10: defaults.region: `Ireland` is not an AWS Region: expected a name such as `eu-west-1`
        downriver.toml:6:10: defaults.domain: `ACME` is not a CodeArtifact domain name: expected 2 to 50 lower-case letters, digits or `-`, starting with a letter and not ending with `-`
        downriver.toml:9:15: repositories."444455556666/other/libs": its events would be refused: 444455556666 is not in domain_owners
        downriver.toml:10:15: repositories."a/b": `a/b` is not a repository: expected `name` or `owner/domain/name`
        downriver.toml:11:10: targets.123456789012: `123456789012` is not a target: expected `account/region`
        downriver.toml:12:10: targets."123456789012/mars": `mars` is not an AWS Region: expected a name such as `eu-west-1`
        downriver.toml:13:9: owners."team shop": `team shop` is not an owner: expected 1 to 64 letters, digits, `-`, `_`, `.`, `@` or `/`
        downriver.toml:14:15: applications."shop web": `shop web` is not an application id: expected 1 to 48 letters, digits, `-` or `_`, starting with a letter or digit
        downriver.toml:14:15: applications."shop web".repositories: missing: give it here or in [defaults]
        downriver.toml:15:9: applications."shop web".owner: `team shop` is not an owner: expected 1 to 64 letters, digits, `-`, `_`, `.`, `@` or `/`
        downriver.toml:16:12: applications."shop web".pipeline: `shop web` is not a pipeline name: expected 1 to 100 letters, digits, `.`, `@`, `-` or `_`
    "#);
}

#[test]
fn an_unknown_repository_gets_the_nearest_one_proposed() {
    assert_snapshot!(problems_of(r#"
[repositories.libraries]
upstreams = ["third-prty"]
[repositories.third-party]
external_connection = "npmjs"
[applications.shop-web]
owner = "team-shop"
repositories = ["app", "apps", "apps", "nowhere", "444455556666/other/libs"]
products = ["pkg:npm/%40acme/web"]
publishes_to = "librareis"
"#), @r#"
        downriver.toml:11:14: repositories.libraries.upstreams[0]: unknown repository `third-prty`; did you mean "third-party"?
        downriver.toml:13:23: repositories.third-party.external_connection: `npmjs` is not an external connection: expected a name such as `public:npmjs`
        downriver.toml:16:17: applications.shop-web.repositories[0]: unknown repository `app`; did you mean "apps"?
        downriver.toml:16:32: applications.shop-web.repositories[2]: `apps` is named twice
        downriver.toml:16:40: applications.shop-web.repositories[3]: unknown repository `nowhere`
        downriver.toml:16:51: applications.shop-web.repositories[4]: unknown repository `444455556666/other/libs`
        downriver.toml:18:16: applications.shop-web.publishes_to: unknown repository `librareis`; did you mean "libraries"?
    "#);
}

#[test]
fn an_unknown_target_gets_the_nearest_one_proposed() {
    assert_snapshot!(problems_of(r#"
[targets."210987654321/us-east-1"]
[applications.shop-web]
owner = "team-shop"
account = "210987654321"
region = "us-east-2"
[applications.shop-api]
owner = "team-shop"
region = "eu-west-1"
"#), @r#"downriver.toml:13:11: applications.shop-web.account: unknown target `210987654321/us-east-2`: it is not in [targets]; did you mean "210987654321/us-east-1"?"#);
}

#[test]
fn an_unknown_owner_gets_the_nearest_one_proposed_where_owners_are_listed() {
    assert_snapshot!(problems_of(r#"
[owners.team-shop]
[applications.shop-web]
owner = "team-shp"
"#), @r#"downriver.toml:12:9: applications.shop-web.owner: unknown owner `team-shp`: it is not in [owners]; did you mean "team-shop"?"#);
}

#[test]
fn an_owner_may_be_held_to_its_own_pipelines() {
    assert_snapshot!(problems_of(r#"
[owners.team-shop]
pipelines = ["shop-*"]
[applications.shop-web]
owner = "team-shop"
pipeline = "payments-deploy"
"#), @"downriver.toml:14:12: applications.shop-web.pipeline: its owner may not name the pipeline `payments-deploy`: allowed are shop-*");
}

#[test]
fn a_cycle_among_upstreams_is_shown_once() {
    assert_snapshot!(problems_of(r#"
[repositories.a1]
upstreams = ["b1"]
[repositories.b1]
upstreams = ["c1", "apps"]
[repositories.c1]
upstreams = ["a1"]
[repositories.above]
upstreams = ["a1"]
[repositories.own]
upstreams = ["own"]
"#), @"
        downriver.toml:11:14: repositories.a1.upstreams: upstreams form a cycle: a1 → b1 → c1 → a1
        downriver.toml:19:14: repositories.own.upstreams: upstreams form a cycle: own → own
    ");
}

#[test]
fn more_upstreams_than_code_artifact_allows_are_refused() {
    let names: Vec<String> = (0..11).map(|number| format!("r{number}")).collect();
    let tables = names.join("]\n[repositories.");
    let text = format!("[repositories.{tables}]\n[repositories.all]\nupstreams = {names:?}\n");
    assert_snapshot!(problems_of(&text), @"downriver.toml:21:13: repositories.all.upstreams: 11 entries are too many: at most 10");
}

#[test]
fn a_repository_of_an_owner_whose_events_are_refused_is_reported() {
    assert_snapshot!(problems_of_whole(r#"
domain_owners = ["111122223333"]
[repositories."444455556666/partner/sdk"]
"#), @r#"downriver.toml:3:15: repositories."444455556666/partner/sdk": its events would be refused: 444455556666 is not in domain_owners"#);
}

#[test]
fn package_urls_are_checked() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
products = ["tokens", "pkg:npm/%40acme/ui@1.0.0", "pkg:npn/tokens", "pkg:maven/no-group"]
dependencies = [
  { package = "@acme/tokens", requirement = "^1" },
  { package = "pkg:npm/left-pad", requirement = "^1", via = ["left pad"] },
]
"#), @"
        downriver.toml:12:13: applications.shop-web.products[0]: `tokens` is not a package URL: write one such as `pkg:npm/%40acme/tokens`
        downriver.toml:12:23: applications.shop-web.products[1]: `pkg:npm/%40acme/ui@1.0.0` names the version `1.0.0`, but a package without one is needed: write `pkg:npm/%40acme/ui`
        downriver.toml:12:51: applications.shop-web.products[2]: `pkg:npn/tokens` has the type `npn`, which CodeArtifact has no format for: expected one of cargo, generic, maven, npm, nuget, pypi, gem, swift
        downriver.toml:12:69: applications.shop-web.products[3]: `pkg:maven/no-group` is not a package URL: packages of the type `maven` need a namespace before the name
        downriver.toml:14:15: applications.shop-web.dependencies[0].package: `@acme/tokens` is not a package URL: did you mean `pkg:npm/%40acme/tokens`?
        downriver.toml:15:62: applications.shop-web.dependencies[1].via[0]: `left pad` is not a package URL: write one such as `pkg:npm/%40acme/tokens`
    ");
    assert_snapshot!(problems_of_whole("internal = [\"acme-*\"]\nmutable = [\"pkg:npm/%40acme/*@*\"]\n"), @"
        downriver.toml:1:13: internal[0]: `acme-*` is not a package URL: write one such as `pkg:npm/%40acme/tokens`
        downriver.toml:2:12: mutable[0]: `pkg:npm/%40acme/*@*` names the version `*`, but a package without one is needed: write `pkg:npm/%40acme/*`
    ");
}

#[test]
fn requirements_and_versions_are_read_as_their_ecosystem_reads_them() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
dependencies = [
  { package = "pkg:cargo/serde", requirement = "^^1", built = "1.0.0" },
  { package = "pkg:npm/left-pad", requirement = "^1", built = "one" },
  { package = "pkg:maven/com.acme/money", requirement = "[1.0,", assumed = "1.0" },
  { package = "pkg:npm/react", requirement = "^18", built = "18.3.1", assumed = "18.3.0" },
]
"#), @"
        downriver.toml:13:48: applications.shop-web.dependencies[0].requirement: `^^1` is not a cargo version requirement: unexpected character '^' while parsing major version number
        downriver.toml:14:63: applications.shop-web.dependencies[1].built: `one` is not a npm version: expected three numbers separated by dots, then optionally `-` and a pre-release
        downriver.toml:15:57: applications.shop-web.dependencies[2].requirement: `[1.0,` is not a maven version requirement: the range `[1.0,` is not closed by `]` or `)`
        downriver.toml:16:81: applications.shop-web.dependencies[3].assumed: give either `built` or `assumed`
    ");
}

#[test]
fn a_pipeline_belongs_to_one_application() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
[applications.web]
owner = "team-shop"
pipeline = "shop-web"
"#), @"downriver.toml:14:12: applications.web.pipeline: the pipeline `shop-web` in 123456789012/eu-west-1 belongs to application `shop-web` already");
}

#[test]
fn a_product_named_twice_is_refused() {
    assert_snapshot!(problems_of(r#"
[applications.tokens]
owner = "team-design"
products = ["pkg:npm/%40acme/tokens", "pkg:npm/%40acme/tokens"]
"#), @"downriver.toml:12:39: applications.tokens.products[1]: `pkg:npm/%40acme/tokens` is named twice");
}

#[test]
fn keys_of_producers_need_products() {
    assert_snapshot!(problems_of(r#"
[applications.tokens]
owner = "team-design"
publishes_to = "apps"
versioning = "source"
"#), @"
        downriver.toml:12:16: applications.tokens.publishes_to: only an application with `products` has this
        downriver.toml:13:14: applications.tokens.versioning: only an application with `products` has this
    ");
}

#[test]
fn a_budget_without_room_is_refused() {
    assert_snapshot!(problems_of(r#"
[targets."210987654321/us-east-1"]
budget = 0
[targets."210987654321/us-west-2"]
budget = -1
[targets."210987654321/eu-west-1"]
budget = 99999999999999999999
"#), @r#"
        downriver.toml:11:10: targets."210987654321/us-east-1".budget: 0 is out of range: expected 1 to 10000
        downriver.toml:13:10: targets."210987654321/us-west-2".budget: -1 is out of range: expected 1 to 10000
        downriver.toml:15:10: targets."210987654321/eu-west-1".budget: 99999999999999999999 is out of range: expected 1 to 10000
    "#);
}

#[test]
fn a_target_is_started_in_one_of_two_ways() {
    assert_snapshot!(problems_of(r#"
[targets."210987654321/us-east-1"]
start = "evnt"
[targets."210987654321/us-west-2"]
start = true
"#), @r#"
        downriver.toml:11:9: targets."210987654321/us-east-1".start: unknown value `evnt`: expected one of `role`, `event`; did you mean "event"?
        downriver.toml:13:9: targets."210987654321/us-west-2".start: expected a string, found a boolean
    "#);
}

#[test]
fn durations_have_a_unit_and_a_range() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
quiet_period = "60"
max_wait = "2d"
max_block = "0s"
max_run = "99999999999999999999d"
publish_grace = "é"
retry_after = "1h30m"
retries = 11
"#), @"
        downriver.toml:12:16: applications.shop-web.quiet_period: `60` is not a duration: expected a whole number and s, m, h or d, such as `90s`
        downriver.toml:13:12: applications.shop-web.max_wait: `2d` is out of range: expected 0s to 1d
        downriver.toml:14:13: applications.shop-web.max_block: `0s` is out of range: expected 1m to 7d
        downriver.toml:15:11: applications.shop-web.max_run: `99999999999999999999d` is out of range: expected 1m to 30d
        downriver.toml:16:17: applications.shop-web.publish_grace: `é` is not a duration: expected a whole number and s, m, h or d, such as `90s`
        downriver.toml:17:15: applications.shop-web.retry_after: `1h30m` is not a duration: expected a whole number and s, m, h or d, such as `90s`
        downriver.toml:18:11: applications.shop-web.retries: 11 is out of range: expected 0 to 10
    ");
}

#[test]
fn settings_that_contradict_each_other_are_refused_where_they_meet() {
    assert_snapshot!(problems_of(r#"
[owners.team-shop]
quiet_period = "10m"
[applications.shop-web]
owner = "team-shop"
max_wait = "5m"
[applications.shop-api]
owner = "team-shop"
variables = false
on_locked = "refresh"
"#), @r#"
        downriver.toml:14:12: applications.shop-web.max_wait: max_wait (300s) must not be shorter than quiet_period (600s)
        downriver.toml:18:13: applications.shop-api.on_locked: on_locked = "refresh" needs a pipeline that declares the variables, but `variables` is false
    "#);
}

#[test]
fn empty_lists_where_one_is_needed_are_refused() {
    assert_snapshot!(problems_of(r#"
[applications.shop-web]
owner = "team-shop"
repositories = []
scopes = []
"#), @"
        downriver.toml:12:16: applications.shop-web.repositories: empty: leave it out or give at least one
        downriver.toml:13:10: applications.shop-web.scopes: empty: leave it out or give at least one
    ");
}

#[test]
fn files_outside_the_catalogs_folder_are_not_read() {
    assert_snapshot!(problems_of(r#"
[applications.a]
owner = "team-shop"
dependencies_file = "../secrets.toml"
[applications.b]
owner = "team-shop"
dependencies_file = "/etc/passwd"
[applications.c]
owner = "team-shop"
dependencies_file = "deps/missing.toml"
"#), @"
        downriver.toml:12:21: applications.a.dependencies_file: `../secrets.toml` is not a path below the catalog's own folder
        downriver.toml:15:21: applications.b.dependencies_file: `/etc/passwd` is not a path below the catalog's own folder
        downriver.toml:18:21: applications.c.dependencies_file: cannot read `deps/missing.toml`: no such file: deps/missing.toml
    ");
}

#[test]
fn problems_of_another_file_carry_its_name() {
    let read = |_: &str| {
        Ok("[[dependencies]]\npackage = \"pkg:npm/react\"\nrequirment = \"^18\"\n".to_owned())
    };
    let text =
        format!("{DEFAULTS}[applications.a]\nowner = \"x\"\ndependencies_file = \"deps/a.toml\"\n");
    let problems = parse_catalog("downriver.toml", &text, None, &read).unwrap_err();
    assert_snapshot!(lines(&problems), @r#"
        deps/a.toml:1:1: dependencies[0].requirement: missing: it must be given
        deps/a.toml:3:1: dependencies[0].requirment: unknown field; did you mean "requirement"?
    "#);
}

#[test]
fn no_more_problems_are_kept_than_the_bound() {
    let keys: Vec<String> = (0..2 * PROBLEMS_MAX)
        .map(|number| format!("k{number} = 1"))
        .collect();
    let text = keys.join("\n");
    let problems = parse_catalog("downriver.toml", &text, None, &no_files).unwrap_err();
    assert_eq!(problems.len(), PROBLEMS_MAX);
}

#[test]
fn columns_count_characters() {
    assert_snapshot!(problems_of_whole("shadow = \"käse\" # ü\n\"é\" = { \"ö\" = 1 }"), @r#"
        downriver.toml:1:10: shadow: expected a boolean, found a string
        downriver.toml:2:1: "é": unknown field
    "#);
}
