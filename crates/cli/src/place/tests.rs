use clap::Parser as _;

use super::{Place, place_of};
use crate::arguments::Arguments;

fn place(line: &str, environment: Option<&str>) -> Result<Place, String> {
    let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
    place_of(&arguments.global, &arguments.command, environment).map_err(|error| error.to_string())
}

fn deployment(name: &str, is_from_environment: bool) -> Place {
    Place::Deployment {
        name: name.to_owned(),
        is_from_environment,
    }
}

#[test]
fn a_question_is_asked_here_unless_a_deployment_is_named() {
    assert_eq!(place("downriver status", None).unwrap(), Place::Here);
    assert_eq!(place("downriver status", Some("")).unwrap(), Place::Here);
    assert_eq!(
        place("downriver status --deployment hub", None).unwrap(),
        deployment("hub", false)
    );
    assert_eq!(
        place("downriver status --deployment hub", Some("other")).unwrap(),
        deployment("hub", false)
    );
    assert_eq!(
        place("downriver status", Some("hub")).unwrap(),
        deployment("hub", true)
    );
}

#[test]
fn the_variable_gives_way_to_what_names_something_on_this_machine() {
    for line in [
        "downriver status --store s.db",
        "downriver status --catalog downriver.toml",
        "downriver replay events",
        "downriver catalog check",
        "downriver catalog schema",
        "downriver completions bash",
        "downriver versions select npm ^1 1.0.0",
    ] {
        assert_eq!(place(line, Some("hub")).unwrap(), Place::Here, "{line}");
    }
}

#[test]
fn an_explicit_deployment_is_refused_where_it_contradicts() {
    for (line, part) in [
        ("downriver status --deployment hub --store s.db", "--store"),
        (
            "downriver plan pkg:npm/a@1 --deployment hub --catalog c.toml",
            "--catalog",
        ),
        (
            "downriver replay events --deployment hub",
            "`downriver replay` works on this machine only",
        ),
        ("downriver status --region eu-west-1", "--deployment NAME"),
        ("downriver status --profile ops", "--deployment NAME"),
    ] {
        let reason = place(line, None).unwrap_err();
        assert!(reason.contains(part), "{line}: {reason}");
    }
}

#[test]
fn what_only_a_deployment_can_do_needs_one() {
    for line in [
        "downriver send events",
        "downriver redrive",
        "downriver catalog apply",
    ] {
        let reason = place(line, None).unwrap_err();
        assert!(reason.contains("--deployment NAME"), "{line}: {reason}");
        assert_eq!(place(line, Some("hub")).unwrap(), deployment("hub", true));
    }
    assert_eq!(
        place("downriver catalog apply --catalog c.toml", Some("hub")).unwrap(),
        deployment("hub", true)
    );
}

#[test]
fn a_name_that_no_stack_can_have_is_refused_wherever_it_stands() {
    let reason = place("downriver status", Some("my hub")).unwrap_err();
    assert!(
        reason.contains("DOWNRIVER_DEPLOYMENT is `my hub`"),
        "{reason}"
    );
    let parsed = Arguments::try_parse_from(["downriver", "status", "--deployment", "9hub"]);
    assert!(
        parsed
            .unwrap_err()
            .to_string()
            .contains("begins with a letter")
    );
}

#[test]
fn an_account_is_asked_with_a_region_and_without_a_deployment() {
    let line = "downriver catalog discover --region eu-west-1 --profile ops --catalog c.toml";
    assert_eq!(place(line, Some("hub")).unwrap(), Place::Account);
    for other in ["--deployment hub", "--store s.db"] {
        let reason = place(&format!("downriver catalog discover {other}"), None).unwrap_err();
        assert!(reason.contains("asks the account"), "{other}: {reason}");
    }
}

#[test]
fn access_is_a_matter_of_the_account_unless_its_policies_are_in_files() {
    let line = "downriver access show --region eu-west-1 --profile ops";
    assert_eq!(place(line, Some("hub")).unwrap(), Place::Account);
    let reason = place("downriver access show --deployment hub", None).unwrap_err();
    assert!(
        reason.contains("`downriver access show` asks the account"),
        "{reason}"
    );
    let check = "downriver access check read 444455556666 --domain-policy d.json";
    let here = format!("{check} --region eu-west-1");
    assert_eq!(place(&here, Some("hub")).unwrap(), Place::Here);
    for other in ["--deployment hub", "--profile ops"] {
        assert!(place(&format!("{check} {other}"), None).is_err(), "{other}");
    }
}
