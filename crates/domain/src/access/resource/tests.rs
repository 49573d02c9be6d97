use super::{Action, Resource};
use crate::access::ResourceKind;
use crate::access::testing::arn;

#[test]
fn an_arn_reads_and_writes_the_same() {
    let table = [
        ("*", ResourceKind::Any),
        ("<d>", ResourceKind::Domain),
        ("<g>/npm/acme/ui%7E", ResourceKind::PackageGroup),
        ("<r>", ResourceKind::Repository),
        ("<p>/npm//react", ResourceKind::Package),
        ("<p>/maven/com.acme/core", ResourceKind::Package),
    ];
    for (short, kind) in table {
        let text = arn(short);
        let resource: Resource = text.parse().unwrap();
        assert_eq!(resource.kind(), kind, "{text}");
        assert_eq!(resource.to_string(), text);
    }
    let china = "arn:aws-cn:codeartifact:cn-north-1:111122223333:domain/acme";
    assert_eq!(china.parse::<Resource>().unwrap().to_string(), china);
}

#[test]
fn what_names_nothing_in_codeartifact_is_refused() {
    let table = [
        "",
        "arn:aws:s3:::bucket",
        "arn:aws:codeartifact:*:111122223333:domain/acme",
        "arn:aws:codeartifact:eu-west-1:111122223333:domain/acme/libs",
        "arn:aws:codeartifact:eu-west-1:111122223333:repository/acme",
        "arn:aws:codeartifact:eu-west-1:111122223333:package/acme/libs/npm/react",
        "arn:aws-cn:codeartifact:eu-west-1:111122223333:domain/acme",
    ];
    for text in table {
        assert!(text.parse::<Resource>().is_err(), "{text}");
    }
}

#[test]
fn a_package_is_read_by_reading_its_repository() {
    let package: Resource = arn("<p>/npm//react").parse().unwrap();
    let widened = |action| package.widened_to(action).map(|own| own.to_string());
    assert_eq!(widened(Action::ReadFromRepository), Some(arn("<r>")));
    assert_eq!(widened(Action::GetAuthorizationToken), Some(arn("<d>")));
    assert_eq!(widened(Action::ListDomains), Some("*".to_owned()));
    assert_eq!(
        widened(Action::PublishPackageVersion),
        Some(package.to_string())
    );
    let repository: Resource = arn("<r>").parse().unwrap();
    assert_eq!(repository.widened_to(Action::PublishPackageVersion), None);
}
