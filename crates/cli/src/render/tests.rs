//! What people read, as it is laid out.

use downriver_domain::impact::{Action, Instance, Judgement, Unaffected, Verdict};
use downriver_domain::slot::{ControlScope, Gate, PauseScope, Wait, WaitOn};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{
    ApplicationId, Built, Cascade, Evidence, RebuildId, RepositoryId, Scope, Timestamp,
};
use downriver_engine::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildRecord, Seen, SeenEffect,
};
use downriver_engine::query::{Dependents, DirectDependent, TransitiveDependent};
use insta::assert_snapshot;

use super::dependents::dependents;
use super::replay::{expectations, heading, quarantined, summary};
use super::style::{Page, Paint, columns, grouped, wrap};
use super::time::{rfc3339, span};
use super::timeline::{Detail, Timeline};
use super::waits::wait;
use crate::document::{QuarantinedDocument, SummaryDocument};
use crate::report::Expectations;

const PLAIN: Page = Page {
    width: 80,
    paint: Paint { is_colored: false },
};
/// 2026-03-02T09:14:07Z.
const NINE: Timestamp = Timestamp::from_unix_millis(1_772_442_847_000);

fn application(id: &str) -> ApplicationId {
    id.parse().unwrap()
}

fn tokens() -> PackageVersionId {
    "pkg:npm/%40acme/tokens@2.4.0".parse().unwrap()
}

fn libraries() -> RepositoryId {
    RepositoryId {
        domain_owner: "111122223333".parse().unwrap(),
        domain: "acme".parse().unwrap(),
        name: "libraries".parse().unwrap(),
    }
}

fn judgement(id: &str, verdict: Verdict, action: Action, reason: &str) -> Judgement {
    Judgement {
        application: application(id),
        package_version: tokens(),
        repository: libraries(),
        verdict: verdict.clone(),
        action,
        reason: reason.to_owned(),
        wanted: None,
        is_assumed: false,
        instances: vec![Instance {
            verdict,
            requirement: "^2".to_owned(),
            built: Built::Proven("2.3.1".to_owned()),
            is_locked: false,
            path: Vec::new(),
            scope: Scope::Runtime,
            evidence: evidence(),
            lock: None,
            is_requirement_assumed: false,
        }],
    }
}

fn evidence() -> Evidence {
    Evidence {
        file: "package-lock.json".into(),
        line: Some(31),
    }
}

fn entry(after_secs: u64, application: Option<&str>, body: HistoryBody) -> HistoryEntry {
    HistoryEntry {
        at: NINE.plus_secs(after_secs),
        application: application.map(self::application),
        package_version: application.is_none().then(tokens),
        body,
    }
}

fn note(after_secs: u64, id: &str, kind: NoteKind, text: &str) -> HistoryEntry {
    let note = Note {
        kind,
        rebuild: None,
        execution: None,
        text: text.to_owned(),
    };
    entry(after_secs, Some(id), HistoryBody::Note(note))
}

fn ended(after_secs: u64, id: &str, outcome: Outcome, reason: &str) -> HistoryEntry {
    let record = RebuildRecord {
        id: RebuildId::numbered(&application(id), 1),
        application: application(id),
        changes: Vec::new(),
        requested_at: NINE,
        started_at: Some(NINE),
        finished_at: Some(NINE),
        attempts: 1,
        executions: Vec::new(),
        outcome,
        reason: reason.to_owned(),
        waited: Vec::new(),
    };
    entry(after_secs, Some(id), HistoryBody::Rebuild(record))
}

fn entries() -> Vec<HistoryEntry> {
    let seen = Seen {
        repository: libraries(),
        effect: SeenEffect::Appeared,
        cascade: Cascade::default(),
        text: "published in libraries".to_owned(),
    };
    let verdicts = vec![
        judgement("icons", Verdict::Picks, Action::Rebuild, "picks it"),
        judgement("ui", Verdict::Picks, Action::Rebuild, "picks it"),
        judgement(
            "web",
            Verdict::Locked,
            Action::Refresh,
            "a lockfile holds 2.3.1",
        ),
        judgement(
            "loyalty",
            Verdict::Excluded,
            Action::Notify,
            "`^1` does not admit 2.4.0; the manifest must change first",
        ),
        judgement(
            "press",
            Verdict::Unaffected(Unaffected::NotVisible),
            Action::Nothing,
            "repository libraries is not one it resolves from",
        ),
        judgement(
            "kit",
            Verdict::Unaffected(Unaffected::NotVisible),
            Action::Nothing,
            "repository libraries is not one it resolves from",
        ),
    ];
    vec![
        entry(0, None, HistoryBody::Seen(seen)),
        entry(0, None, HistoryBody::Verdicts(verdicts)),
        note(60, "icons", NoteKind::Started, "execution 1 started"),
        note(60, "ui", NoteKind::Started, "execution 2 started"),
        note(
            60,
            "web",
            NoteKind::Waiting,
            "waits on upriver quiet (icons, ui)",
        ),
        ended(251, "icons", Outcome::Delivered, "built what it was for"),
        ended(251, "ui", Outcome::Failed, "execution 2 failed in Build"),
        note(86_400, "web", NoteKind::Started, "execution 3 started"),
    ]
}

fn told(page: Page, detail: Detail) -> String {
    let mut timeline = Timeline::new(page, detail);
    let mut text = String::new();
    for entry in entries() {
        text.push_str(&timeline.take(entry, false));
    }
    text.push_str(&timeline.finish());
    text
}

#[test]
fn a_timeline_puts_names_together_by_what_happened_to_them() {
    assert_snapshot!(told(PLAIN, Detail::SHORT), @r#"
    2026-03-02
    09:14:07  ● @acme/tokens 2.4.0 published in libraries
                rebuild      2  icons, ui
                refresh      1  web
                excluded     1  loyalty: `^1` does not admit 2.4.0; the manifest
                                must change first
                unaffected   2  press, kit: repository libraries is not one it
                                resolves from
    09:15:07    started      2  icons, ui
                waits on     1  web: upriver quiet (icons, ui)
    09:18:18    delivered    1  icons
                failed       1  ui: execution 2 failed in Build

    2026-03-03
    09:14:07    started      1  web
    "#);
}

#[test]
fn a_complete_timeline_tells_every_reason() {
    assert_snapshot!(told(PLAIN, Detail::COMPLETE), @r#"
    2026-03-02
    09:14:07  ● @acme/tokens 2.4.0 published in libraries
                rebuild      2  icons, ui: picks it
                refresh      1  web: a lockfile holds 2.3.1
                excluded     1  loyalty: `^1` does not admit 2.4.0; the manifest
                                must change first
                unaffected   2  press, kit: repository libraries is not one it
                                resolves from
    09:15:07    started      2  icons: execution 1 started
                                ui: execution 2 started
                waits on     1  web: upriver quiet (icons, ui)
    09:18:18    delivered    1  icons
                failed       1  ui: execution 2 failed in Build

    2026-03-03
    09:14:07    started      1  web: execution 3 started
    "#);
}

#[test]
fn colours_change_no_column_and_no_line_is_wider_than_the_page() {
    let colored = Page {
        width: 60,
        paint: Paint { is_colored: true },
    };
    let plain = Page { width: 60, ..PLAIN };
    let (colored, plain) = (told(colored, Detail::SHORT), told(plain, Detail::SHORT));
    assert!(colored.contains('\x1b'));
    for (colored, plain) in colored.lines().zip(plain.lines()) {
        assert_eq!(columns(colored), columns(plain), "{plain}");
        assert!(columns(plain) <= 60, "{plain}");
    }
}

#[test]
fn a_run_has_a_heading_and_ends_with_what_came_true_and_the_sums() {
    let sums = SummaryDocument {
        events: 1204,
        changes: 1,
        rebuilds_started: 7,
        naive_starts: 15_652,
        quarantined: 3,
        ..SummaryDocument::default()
    };
    let refused = |line: u32| QuarantinedDocument {
        story: None,
        source: format!("events.jsonl:{line}"),
        reason: "the event breaks off: expected a JSON object that ends".to_owned(),
    };
    let unmet = Expectations {
        unmet: vec!["`web` was started 2 times, not 1".to_owned()],
    };
    let met = Expectations { unmet: Vec::new() };
    let text = [
        heading(
            PLAIN,
            "diamond",
            Some("A diamond"),
            "Both arms,\nthen the bottom.",
        ),
        quarantined(PLAIN, &[refused(3), refused(9), refused(27)], 2),
        expectations(PLAIN, &met),
        expectations(PLAIN, &unmet),
        summary(PLAIN, &sums),
    ];
    assert_snapshot!(text.concat(), @r#"
    A diamond  diamond
    Both arms, then the bottom.

    quarantined
      events.jsonl:3
          the event breaks off: expected a JSON object that ends
      events.jsonl:9
          the event breaks off: expected a JSON object that ends
      … and 1 more (-v shows all)

    ✓ everything came as the story expects
    ✗ not as expected: `web` was started 2 times, not 1
    Σ 1,204 events, 1 change → 7 rebuilds started; one rule for each package and
      pipeline would have started 15,652; 3 quarantined
    "#);
}

#[test]
fn dependents_stand_in_a_table_and_what_does_not_fit_below() {
    let dependency = |path: Vec<&str>| downriver_domain::Dependency {
        package: tokens().package().clone(),
        requirement: "^2.3.0".to_owned(),
        is_requirement_assumed: false,
        built: Built::Assumed("2.3.1".to_owned()),
        built_as_of: None,
        built_revision: None,
        is_locked: true,
        is_direct: path.is_empty(),
        path: path
            .into_iter()
            .map(|package| package.parse().unwrap())
            .collect(),
        scope: Scope::Optional,
        evidence: evidence(),
        lock: None,
    };
    let edge = |instance, path| downriver_domain::Edge {
        application: application("shop-web"),
        instance,
        is_producer: false,
        dependency: dependency(path),
    };
    let all = Dependents {
        package: tokens().package().clone(),
        producers: [application("tokens")].into(),
        direct: vec![DirectDependent {
            application: application("shop-web"),
            is_producer: false,
            edges: vec![edge(0, vec![]), edge(1, vec!["pkg:npm/%40acme/ui"])],
        }],
        transitive: vec![TransitiveDependent {
            application: application("storybook"),
            through: "pkg:npm/%40acme/ui".parse().unwrap(),
            distance: 1,
        }],
    };
    assert_snapshot!(dependents(PLAIN, &all), @r#"
    @acme/tokens
    published by tokens

    1 application has it in their graph:
      application  requirement  built                 scope     read from
      shop-web     ^2.3.0       2.3.1 assumed locked  optional  package-lock.json:31
                   ^2.3.0       2.3.1 assumed locked  optional  package-lock.json:31
        through @acme/ui

    1 more is reached when those are rebuilt and publish:
      1 step    storybook (through @acme/ui)
    "#);
}

#[test]
fn gates_that_no_story_closes_say_what_opens_them_and_when() {
    let closed = |gate, on, until| {
        let closed = Wait {
            gate,
            since: NINE,
            until,
            on,
        };
        wait(&closed, &application("web"), NINE.plus_secs(30))
    };
    let freeze = |scope| WaitOn::Freeze {
        scope,
        reason: "year end".to_owned(),
    };
    let soon = Some(NINE.plus_secs(60));
    let text = [
        closed(Gate::Compared, WaitOn::Time, soon),
        closed(Gate::Indexed, WaitOn::Time, soon),
        closed(Gate::NotPaused, WaitOn::Pause(PauseScope::System), None),
        closed(
            Gate::NotPaused,
            WaitOn::Pause(PauseScope::Package(tokens().package().clone())),
            None,
        ),
        closed(Gate::Window, freeze(None), soon),
        closed(Gate::Window, freeze(Some(ControlScope::System)), soon),
        closed(
            Gate::Window,
            freeze(Some(ControlScope::Owner("team".parse().unwrap()))),
            soon,
        ),
    ];
    assert_snapshot!(text.join("\n"), @r#"
    restored and not yet compared with CodePipeline (closed since 2026-03-02 09:14:07): opens at 2026-03-02 09:15:07 (in 30 s)
    indexed (closed since 2026-03-02 09:14:07): what the last success built is being read; opens at 2026-03-02 09:15:07 (in 30 s)
    not paused (closed since 2026-03-02 09:14:07): opens with `downriver resume`
    not paused (closed since 2026-03-02 09:14:07): opens with `downriver resume 'pkg:npm/%40acme/tokens'`
    window (closed since 2026-03-02 09:14:07): frozen (year end); opens at 2026-03-02 09:15:07 (in 30 s)
    window (closed since 2026-03-02 09:14:07): frozen (year end); opens at 2026-03-02 09:15:07 (in 30 s), or with `downriver thaw`
    window (closed since 2026-03-02 09:14:07): frozen (year end); opens at 2026-03-02 09:15:07 (in 30 s), or with `downriver thaw --owner team`
    "#);
}

#[test]
fn words_wrap_and_a_long_one_stands_alone() {
    let lines = wrap("one two a-word-that-is-too-long three", 10, 4);
    assert_eq!(lines, ["one", "two", "a-word-that-is-too-long", "three"]);
    assert_eq!(wrap("", 10, 0), [""]);
}

#[test]
fn numbers_and_instants_are_written_for_people_and_programs() {
    assert_eq!(grouped(1_234_567), "1,234,567");
    assert_eq!(grouped(12), "12");
    let spans = [59, 60, 200, 7500, 100_000].map(span);
    assert_eq!(
        spans,
        ["59 s", "1 min", "3 min 20 s", "2 h 5 min", "1 d 3 h"]
    );
    assert_eq!(rfc3339(NINE), "2026-03-02T09:14:07Z");
    let later = Timestamp::from_unix_millis(NINE.unix_millis() + 5);
    assert_eq!(rfc3339(later), "2026-03-02T09:14:07.005Z");
}
