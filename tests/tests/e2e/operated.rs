//! What operators decide: pauses, cancels, urgency, applications that are only watched.

use crate::harness::{App, Publish, eventually, purl, stack, stays};

pub(crate) fn apps() -> Vec<App> {
    vec![
        App::new("paused-web").uses("paused/ui", "^1.0.0", "1.0.0"),
        App::new("paused-package").uses("paused/held", "^1.0.0", "1.0.0"),
        App::new("paused-all").uses("paused/all", "^1.0.0", "1.0.0"),
        App::new("cancelled-web").uses("cancelled/ui", "^1.0.0", "1.0.0"),
        App::new("expedited-web")
            .uses("expedited/ui", "^1.0.0", "1.0.0")
            .with("quiet_period = \"30m\"")
            .with("max_wait = \"1h\""),
        App::new("shadow-web")
            .uses("shadow/ui", "^1.0.0", "1.0.0")
            .with("shadow = true"),
    ]
}

/// Paused, nothing starts, and it is told why; resumed, it does.
fn waits_for_resume(application: &str, package: &str, scope: &[&str]) {
    let Some(stack) = stack() else { return };
    let pause = [&["pause"], scope, &["--reason", "sale until Friday"]].concat();
    stack.order(&pause);
    Publish::new(package, "1.1.0").put(stack);
    let gate = eventually(60, "the gate", || {
        let status = stack.status(application);
        let waits = status["waits"].as_array().cloned().unwrap_or_default();
        waits.into_iter().find(|wait| wait["gate"] == "not paused")
    });
    assert!(gate["on"].is_array(), "{gate}");
    let (_, text, _) = stack.downriver(&["status", application]);
    assert!(text.contains("sale until Friday"), "{text}");
    stays(2, "nothing starts while it is paused", || {
        stack.executions(application).is_empty()
    });
    stack.order(&[&["resume"], scope].concat());
    assert_eq!(stack.rebuilt(application, 1).len(), 1);
}

#[test]
fn a_paused_application_starts_when_it_is_resumed() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    waits_for_resume("paused-web", "paused/ui", &["paused-web"]);
}

#[test]
fn what_a_paused_package_asks_for_starts_when_it_is_resumed() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    waits_for_resume("paused-package", "paused/held", &[&purl("paused/held")]);
}

#[test]
fn nothing_starts_while_everything_is_paused() {
    let Some(stack) = stack() else { return };
    let _turn = stack.to_change();
    waits_for_resume("paused-all", "paused/all", &[]);
}

#[test]
fn a_cancelled_rebuild_does_not_start() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "cancelled-web";
    stack.order(&["pause", application]);
    Publish::new("cancelled/ui", "1.1.0").put(stack);
    stack.comes_to(application, "pending");
    stack.order(&["cancel", application, "--reason", "not this one"]);
    stack.comes_to(application, "idle");
    stack.order(&["resume", application]);
    stays(3, "nothing starts", || {
        stack.executions(application).is_empty()
    });
    assert!(stack.told(application).contains("not this one"));
    // A newer version does.
    Publish::new("cancelled/ui", "1.2.0").put(stack);
    assert_eq!(stack.rebuilt(application, 1).len(), 1);
}

#[test]
fn an_expedited_rebuild_does_not_wait_for_its_burst_to_end() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    let application = "expedited-web";
    Publish::new("expedited/ui", "1.1.0").put(stack);
    stack.comes_to(application, "pending");
    stays(2, "it waits for its burst", || {
        stack.executions(application).is_empty()
    });
    stack.order(&["expedite", application]);
    assert_eq!(stack.rebuilt(application, 1).len(), 1);
}

#[test]
fn an_application_in_shadow_is_decided_about_and_not_started() {
    let Some(stack) = stack() else { return };
    let _turn = stack.shared();
    Publish::new("shadow/ui", "1.1.0").put(stack);
    eventually(60, "the decision", || {
        let outcomes = stack.outcomes("shadow-web");
        outcomes
            .iter()
            .any(|outcome| outcome == "WouldStart")
            .then_some(())
    });
    stays(1, "nothing starts", || {
        stack.executions("shadow-web").is_empty()
    });
    assert_eq!(stack.status("shadow-web")["state"], "idle");
}
