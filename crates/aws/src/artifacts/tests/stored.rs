//! Uploads, on an emulator of S3.

use std::time::{SystemTime, UNIX_EPOCH};

use super::super::uploads::{load, store};
use super::*;
use crate::testing::{clients, emulator};

const BUCKET: &str = "downriver-test-uploads";

async fn objects(endpoint: &str) -> Objects {
    let client = clients(endpoint).s3();
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
        .build();
    // It may stand there from an earlier run.
    let _ = client
        .create_bucket()
        .bucket(BUCKET)
        .create_bucket_configuration(location)
        .send()
        .await;
    Objects::new(client, BUCKET.to_owned())
}

/// One that no earlier run has used.
fn application(name: &str) -> ApplicationId {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970").as_millis();
    format!("{name}-{now}").parse().expect("an id")
}

fn now() -> Timestamp {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    Timestamp::from_unix_millis(i64::try_from(now.as_millis()).expect("soon"))
}

#[tokio::test]
async fn uploads_about_an_execution_come_before_those_that_name_none() {
    let Some(endpoint) = emulator() else { return };
    let objects = objects(&endpoint).await;
    let web = application("web");
    let execution: PipelineExecutionId = "e-1".parse().expect("an id");
    let put = async |key: &str, text: &str| {
        let key = format!("sbom/{web}/{key}");
        let content = text.as_bytes().to_vec();
        objects
            .put(&key, "application/json", content)
            .await
            .expect("written");
    };
    put("cyclonedx.json", "without an execution").await;
    put("e-1/bom.XML", "no JSON").await;
    put("e-1/empty.json", "").await;
    put("e-2/bom.json", "another execution's").await;
    put("e-1/bom.json", "first").await;
    store(&objects, &web, &execution, "built.json", b"report".to_vec())
        .await
        .expect("stored");
    let shown = async |since: Timestamp, until: Timestamp| {
        let uploads = load(&objects, &web, &execution, since..until).await;
        let mut shown: Vec<(String, String)> = uploads
            .expect("a listing")
            .into_iter()
            .map(|upload| (upload.name, String::from_utf8(upload.bytes).expect("text")))
            .collect();
        // Both came within one second, which is as exact as S3 tells.
        shown[..2].sort();
        shown
    };
    let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let own = [pair("bom.json", "first"), pair("built.json", "report")];
    let soon = now();
    let earlier = Timestamp::from_unix_millis(soon.unix_millis() - 60_000);
    let all = shown(earlier, soon).await;
    assert_eq!(all[..2], own);
    assert_eq!(all[2..], [pair("cyclonedx.json", "without an execution")]);
    let before = Timestamp::from_unix_millis(soon.unix_millis() - 3_600_000);
    assert_eq!(
        shown(before, before).await,
        own,
        "it came long after that build"
    );
    put("e-1/bom.json", "second").await;
    assert!(
        shown(before, before)
            .await
            .contains(&pair("bom.json", "second"))
    );
}

#[tokio::test]
async fn no_more_uploads_are_read_than_are_useful() {
    let Some(endpoint) = emulator() else { return };
    let objects = objects(&endpoint).await;
    let web = application("many");
    let execution: PipelineExecutionId = "e-1".parse().expect("an id");
    for number in 0..25 {
        let name = format!("bom-{number:02}.json");
        let stored = store(&objects, &web, &execution, &name, b"{}".to_vec()).await;
        stored.expect("stored");
    }
    let uploads = load(&objects, &web, &execution, now()..now()).await;
    assert_eq!(uploads.expect("a listing").len(), 20);
    let nobody = application("nobody");
    let none = load(&objects, &nobody, &execution, now()..now()).await;
    assert_eq!(none.expect("a listing"), []);
}
