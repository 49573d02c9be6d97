use downriver_aws::deployment::{DeployedQueue, FailedQueue, Moved, Refusal};

use super::describe::describe;
use super::list::{Listed, ListedMessage, text};
use super::show::{Account, Row};
use crate::render::style::{Page, Paint};

const PAGE: Page = Page {
    width: 80,
    paint: Paint { is_colored: false },
};

#[test]
fn an_account_says_what_moved_where_and_what_stayed() {
    let mut changes = Row::of(FailedQueue::DeadLetters(DeployedQueue::Changes));
    changes.take(
        DeployedQueue::Changes,
        &Moved {
            moved: 12,
            undeleted: 1,
            refused: vec![Refusal {
                index: 3,
                reason: "the message is too long".to_owned(),
            }],
        },
    );
    changes.left = 2;
    let mut quarantine = Row::of(FailedQueue::Quarantine);
    quarantine.left = 4;
    let empty = Row::of(FailedQueue::DeadLetters(DeployedQueue::Due));
    let account = Account {
        rows: vec![changes, empty, quarantine],
    };
    insta::assert_snapshot!(account.text(PAGE, "hub"), @r"
    Moved 12 messages back in deployment hub
      from                    to            moved  left
      ChangesDeadLetterQueue  ChangesQueue  12     2
      QuarantineQueue                       0      4
      ChangesDeadLetterQueue: one was not taken back: the message is too long
      ChangesDeadLetterQueue: 1 message was sent back but could not be taken out,
        and will be sent again by the next redrive; their consumer takes that for a
        redelivery
    ");
}

#[test]
fn a_list_says_what_failed_since_when_and_why() {
    let message = |about: &str, from: Option<&str>, reason: Option<&str>| ListedMessage {
        id: "5f1c".to_owned(),
        sent_at: None,
        about: about.to_owned(),
        from_queue: from.map(str::to_owned),
        reason: reason.map(str::to_owned),
        shown_at: "2026-05-04 09:12:00".to_owned(),
    };
    let listed = [
        Listed {
            queue: "ChangesDeadLetterQueue".to_owned(),
            count: 0,
            held: 0,
            messages: Vec::new(),
        },
        Listed {
            queue: "QuarantineQueue".to_owned(),
            count: 3,
            held: 1,
            messages: vec![
                message(
                    "pkg:npm/%40acme/tokens@2.4.0",
                    Some("hub-ChangesQueue-1A2B"),
                    Some(
                        "detail.domainOwner is `999999999999`: expected a configured domain owner (111122223333)",
                    ),
                ),
                message("timer of shop-web", None, None),
            ],
        },
    ];
    insta::assert_snapshot!(text(PAGE, "hub", &listed), @r"
    ChangesDeadLetterQueue  empty
    QuarantineQueue  3 messages, 1 of them held by somebody just now
      2026-05-04 09:12:00  pkg:npm/%40acme/tokens@2.4.0 (from hub-ChangesQueue-1A2B)
        detail.domainOwner is `999999999999`: expected a configured domain owner
        (111122223333)
      2026-05-04 09:12:00  timer of shop-web
        its consumer failed again and again: see the function's log
    Once the cause is mended: downriver redrive --deployment hub (or with
    --quarantine) sends them back.
    ");
}

#[test]
fn a_message_is_told_by_what_it_is_about() {
    let timer = r#"{"v":"1","kind":"timer","application":"shop-web","slot_revision":7,"at":"2026-05-04T09:12:00Z"}"#;
    assert_eq!(describe(timer), "timer of shop-web");
    assert_eq!(describe("{\"a\": 1"), "{\\\"a\\\": 1");
}
