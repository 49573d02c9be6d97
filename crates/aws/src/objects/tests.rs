use super::*;
use crate::testing::{Answer, Server, clients, emulator};

const JSON: &str = "application/json";

async fn bucket(endpoint: &str, name: &str) -> Objects {
    let client = clients(endpoint).s3();
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuCentral1)
        .build();
    let _ = client
        .create_bucket()
        .bucket(name)
        .create_bucket_configuration(location)
        .send()
        .await;
    let listed = client
        .list_objects_v2()
        .bucket(name)
        .send()
        .await
        .expect("a bucket");
    for object in listed.contents() {
        let key = object.key().expect("a key");
        client
            .delete_object()
            .bucket(name)
            .key(key)
            .send()
            .await
            .expect("deleted");
    }
    Objects::new(client, name.to_owned())
}

#[tokio::test]
async fn an_object_reads_back_as_it_was_written() {
    let Some(endpoint) = emulator() else { return };
    let objects = bucket(&endpoint, "downriver-test-objects").await;
    let content = vec![b'x'; 100_000];
    objects
        .put("catalogs/a b.json", JSON, content.clone())
        .await
        .expect("written");
    assert_eq!(
        objects.load("catalogs/a b.json", 100_000).await,
        Ok(content.clone())
    );
    assert_eq!(
        objects.load("catalogs/a b.json", 99_999).await,
        Err(ObjectError::TooLarge { bytes_max: 99_999 })
    );
    assert_eq!(
        objects.load("catalogs/none.json", 10).await,
        Err(ObjectError::NotFound)
    );
    let elsewhere = objects.of_bucket("downriver-test-none");
    assert!(matches!(
        elsewhere.load("catalogs/a b.json", 10).await,
        Err(ObjectError::Denied(_))
    ));
}

#[tokio::test]
async fn an_object_that_stands_is_left_alone() {
    let Some(endpoint) = emulator() else { return };
    let objects = bucket(&endpoint, "downriver-test-conditional").await;
    let put = async |text: &str| {
        objects
            .put_if_absent(
                "catalogs/a.json.result.json",
                JSON,
                text.as_bytes().to_vec(),
            )
            .await
    };
    assert_eq!(put("first").await, Ok(PutOutcome::Written));
    assert_eq!(put("second").await, Ok(PutOutcome::Exists));
    assert_eq!(
        objects.load("catalogs/a.json.result.json", 10).await,
        Ok(b"first".to_vec())
    );
}

#[tokio::test]
async fn a_refusal_is_told_from_what_passes() {
    let error = |status: u16, code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
        vec![Answer::Http(status, body)]
    };
    for (answers, expected, calls) in [
        (error(404, "NoSuchKey"), ObjectError::NotFound, 1),
        (
            error(403, "AccessDenied"),
            ObjectError::Denied("AccessDenied: because".to_owned()),
            1,
        ),
    ] {
        let server = Server::start(answers);
        let objects = Objects::new(clients(&server.endpoint).s3(), "acme".to_owned());
        assert_eq!(objects.load("a", 10).await, Err(expected));
        assert_eq!(server.requests().len(), calls);
    }
    let server = Server::start(error(503, "SlowDown"));
    let objects = Objects::new(clients(&server.endpoint).s3(), "acme".to_owned());
    assert!(matches!(
        objects.load("a", 10).await,
        Err(ObjectError::Transient(_))
    ));
    assert!(matches!(
        objects.put("a", JSON, Vec::new()).await,
        Err(ObjectError::Transient(_))
    ));
    assert_eq!(server.requests().len(), 6);
}
