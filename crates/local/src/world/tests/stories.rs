//! What goes wrong with a diamond's pipelines, and how it ends: the whole engine over the simulated services.

use super::input;
use crate::sqlite::SqliteStore;
use crate::world::World;

/// Lets a story come to rest and checks what it expects.
#[track_caller]
fn comes_true(story: &str, expect: &str) {
    let text = format!("title = \"t\"\n{story}\n[expect]\n{expect}\n");
    let told = input(&text);
    let story = told.story.clone();
    let mut world = World::open(SqliteStore::in_memory().unwrap(), told).unwrap();
    world.run_to_rest(|_, _| {}).unwrap();
    assert_eq!(world.check(&story).unwrap(), Vec::<String>::new());
}

fn outcome(keys: &str) -> String {
    format!("[[outcome]]\nexecution = 1\n{keys}\n")
}

#[test]
fn a_failed_build_is_retried_once_and_its_dependents_wait() {
    comes_true(
        &outcome("application = \"ui\"\nstate = \"FAILED\""),
        "starts = { icons = 1, ui = 2, web = 1 }\norder = [[\"ui\", \"web\"]]\noutcomes = { ui = [\"Delivered\"] }",
    );
}

#[test]
fn a_failed_deployment_is_left_to_people_who_retry_it() {
    let failed = outcome("application = \"web\"\nstate = \"FAILED\"\nstage = \"Deploy\"");
    comes_true(
        &failed,
        "starts = { web = 1 }\noutcomes = { web = [\"Failed\"] }",
    );
    let resumed = outcome("application = \"web\"\nstate = \"RESUMED\"\nafter = \"2h\"");
    comes_true(
        &format!("{failed}{resumed}"),
        "starts = { web = 1 }\noutcomes = { web = [\"Delivered\"] }",
    );
}

#[test]
fn a_throttled_start_is_made_up_for() {
    comes_true(
        &outcome("application = \"ui\"\nstate = \"THROTTLED\"\ntimes = 3"),
        "starts = { ui = 1, web = 1 }\norder = [[\"ui\", \"web\"]]",
    );
}

#[test]
fn a_start_without_an_answer_starts_one_execution() {
    comes_true(
        &outcome("application = \"ui\"\nstate = \"UNKNOWN\""),
        "starts = { ui = 1, web = 1 }\norder = [[\"ui\", \"web\"]]\noutcomes = { ui = [\"Delivered\"] }",
    );
}

#[test]
fn a_refused_start_waits_for_a_person() {
    let denied = outcome("application = \"ui\"\nstate = \"DENIED\"");
    comes_true(
        &denied,
        "starts = { web = 1 }\nnever = [\"ui\"]\noutcomes = { ui = [\"Stuck\"] }",
    );
    let retry = "[[command]]\nat = \"+1h\"\ndo = \"retry\"\napplication = \"ui\"\n";
    comes_true(
        &format!("{denied}{retry}"),
        "starts = { ui = 1, web = 2 }\noutcomes = { ui = [\"Delivered\"] }",
    );
}

#[test]
fn a_stopped_execution_is_not_retried_and_a_cancelled_one_is() {
    comes_true(
        &outcome("application = \"ui\"\nstate = \"STOPPED\"\nafter = \"20s\""),
        "starts = { ui = 1 }\noutcomes = { ui = [\"Stopped\"] }",
    );
    comes_true(
        &outcome("application = \"ui\"\nstate = \"CANCELED\"\nafter = \"20s\""),
        "starts = { ui = 2 }\noutcomes = { ui = [\"Delivered\"] }",
    );
}

#[test]
fn an_overtaken_execution_is_followed_to_the_end_of_the_other() {
    let pushes = "[[push]]\napplication = \"web\"\nat = \"+300s\"\n[[push]]\napplication = \"web\"\nat = \"+330s\"\n";
    comes_true(
        pushes,
        "starts = { web = 1 }\noutcomes = { web = [\"Delivered\"] }",
    );
}

#[test]
fn a_paused_producer_holds_up_nobody_else() {
    let pause = "[[command]]\nat = \"+10s\"\ndo = \"pause\"\n";
    comes_true(
        &format!("{pause}application = \"ui\"\n"),
        "starts = { web = 1 }\nnever = [\"ui\"]\noutcomes = { ui = [\"Pending\"] }",
    );
    comes_true(
        &format!("{pause}[[command]]\nat = \"+1d\"\ndo = \"resume\"\n"),
        "starts = { icons = 1, ui = 1, web = 1 }\norder = [[\"ui\", \"web\"]]",
    );
}

#[test]
fn an_execution_that_nobody_approves_is_parked() {
    let stages = "[[pipeline]]\napplication = \"web\"\nstages = [{ name = \"Source\", secs = 5 }, { name = \"Approve\", approval = true }]\n";
    comes_true(
        stages,
        "starts = { web = 1 }\noutcomes = { web = [\"Parked\"] }",
    );
}
