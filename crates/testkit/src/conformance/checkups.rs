//! What `sweep` found by its checks, and when domains were last heard of.

use downriver_engine::doctor::{Check, Checkup, Finding, Missed, Severity, StoredFinding, Subject};
use downriver_engine::ports::{CommitOutcome, HEARD_EVERY_SECS, Heard, Store};

use super::read;
use crate::builders::{at, id, pipeline};

fn heard(domain: &str, secs: i64) -> Heard {
    Heard {
        domain_owner: id("111122223333"),
        domain: id(domain),
        at: at(secs),
    }
}

pub async fn a_checkup_is_written_over_its_predecessor_only(store: &impl Store) {
    assert_eq!(read(store.load_checkup().await), Checkup::default());
    let finding = Finding {
        severity: Severity::Error,
        check: Check::PipelineMissing,
        application: Some(id("web")),
        subject: Subject::Pipeline(pipeline("web")),
        evidence: "There is “none”.".repeat(100),
        mend: "aws codepipeline create-pipeline".to_owned(),
    };
    let first = Checkup {
        revision: 1,
        at: Some(at(1)),
        up_to: Some(id("web")),
        missed: Some(Missed {
            at: at(1),
            versions: 3,
        }),
        findings: vec![StoredFinding {
            finding,
            found_at: at(1),
            is_told: true,
        }],
        left_out: 2,
    };
    let second = Checkup {
        revision: 2,
        findings: Vec::new(),
        ..first.clone()
    };
    let conflict = CommitOutcome::Conflict;
    assert_eq!(read(store.record_checkup(&second).await), conflict);
    assert_eq!(
        read(store.record_checkup(&first).await),
        CommitOutcome::Done
    );
    assert_eq!(read(store.record_checkup(&first).await), conflict);
    assert_eq!(read(store.load_checkup().await), first);
    assert_eq!(
        read(store.record_checkup(&second).await),
        CommitOutcome::Done
    );
    assert_eq!(read(store.load_checkup().await), second);
}

pub async fn a_domain_is_heard_of_once_in_a_while(store: &impl Store) {
    assert_eq!(read(store.load_heard().await), []);
    read(
        store
            .record_heard(&[heard("acme", 1), heard("tools", 1)])
            .await,
    );
    read(store.record_heard(&[heard("acme", 2)]).await);
    let found = read(store.load_heard().await);
    let domains: Vec<_> = found.iter().map(|heard| heard.domain.as_str()).collect();
    assert_eq!(domains, ["acme", "tools"]);
    assert!([at(1), at(2)].contains(&found[0].at));
    let later = heard("acme", 2 + HEARD_EVERY_SECS.cast_signed());
    read(store.record_heard(std::slice::from_ref(&later)).await);
    assert_eq!(read(store.load_heard().await), [later, heard("tools", 1)]);
}
