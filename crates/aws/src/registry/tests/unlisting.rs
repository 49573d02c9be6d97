//! Taking a version out of what builds select.

use super::*;

#[tokio::test]
async fn a_published_version_is_unlisted_and_any_other_stays_as_it_is() {
    let simulation = simulation();
    let control = Control::new(&simulation.endpoint());
    control.put_versions(&[
        held("2.4.0", "Published", 1_000),
        held("2.5.0", "Archived", 2_000),
    ]);
    let registry = registry(&simulation.endpoint());
    let version = |version: &str| {
        format!("pkg:npm/%40acme/tokens@{version}")
            .parse::<PackageVersionId>()
            .expect("a package URL")
    };
    let repository = repository();
    let unlist = async |of: &str| {
        registry
            .unlist_package_version(&repository, &version(of))
            .await
    };
    let status = async |of: &str| {
        let version = version(of);
        let described = registry.describe_package_version(&repository, &version);
        described.await.expect("it is there").status
    };
    assert_eq!(unlist("2.4.0").await, Ok(()));
    assert_eq!(status("2.4.0").await, VersionStatus::Unlisted);
    // Repeated, and after somebody else: the status is another than is expected.
    assert_eq!(unlist("2.4.0").await, Ok(()));
    assert_eq!(unlist("2.5.0").await, Ok(()));
    assert_eq!(status("2.5.0").await, VersionStatus::Archived);
    assert_eq!(unlist("9.9.9").await, Err(ReadError::NotFound));
    let of_other = "pkg:npm/other@1.0.0".parse().expect("a package URL");
    let found = registry.unlist_package_version(&repository, &of_other);
    assert_eq!(found.await, Err(ReadError::NotFound));
    let told = control.events().emitted;
    assert_eq!(told.len(), 1, "one change of a status: {told:?}");
    assert_eq!(told[0].detail["packageVersionState"], "Unlisted");
    control.add_fault(&Fault {
        operation: Operation::UpdatePackageVersionsStatus,
        of: Some("libraries".to_owned()),
        fault: FaultKind::Refuse(Refusal::Denied),
        times: 1,
        after: 0,
    });
    let denied = unlist("2.5.0").await;
    assert!(matches!(denied, Err(ReadError::Denied(_))), "{denied:?}");
    control.add_fault(&Fault {
        operation: Operation::UpdatePackageVersionsStatus,
        of: None,
        fault: FaultKind::Refuse(Refusal::NotFound),
        times: 1,
        after: 0,
    });
    assert_eq!(unlist("2.5.0").await, Err(ReadError::NotFound));
}

#[tokio::test]
async fn a_version_that_may_not_be_unlisted_says_why() {
    let failed = |code: &str| {
        Answer::Http(
            200,
            format!(
                r#"{{"successfulVersions":{{}},"failedVersions":{{"2.4.0":{{"errorCode":"{code}","errorMessage":"because"}}}}}}"#
            ),
        )
    };
    for (answer, expected) in [
        (
            failed("NOT_ALLOWED"),
            Err(ReadError::Denied("NOT_ALLOWED: because".to_owned())),
        ),
        (
            failed("SKIPPED"),
            Err(ReadError::Denied("SKIPPED: because".to_owned())),
        ),
        (failed("NOT_FOUND"), Err(ReadError::NotFound)),
        (failed("MISMATCHED_STATUS"), Ok(())),
        (Answer::Http(200, "{}".to_owned()), Ok(())),
    ] {
        let server = Server::start(vec![answer.clone()]);
        let version = "pkg:npm/%40acme/tokens@2.4.0"
            .parse()
            .expect("a package URL");
        let found = registry(&server.endpoint)
            .unlist_package_version(&repository(), &version)
            .await;
        assert_eq!(found, expected, "{answer:?}");
    }
    let throttled = Server::start(vec![Answer::refusal(429, "ThrottlingException")]);
    let version = "pkg:npm/%40acme/tokens@2.4.0"
        .parse()
        .expect("a package URL");
    let found = registry(&throttled.endpoint)
        .unlist_package_version(&repository(), &version)
        .await;
    assert!(matches!(found, Err(ReadError::Transient(_))), "{found:?}");
}
