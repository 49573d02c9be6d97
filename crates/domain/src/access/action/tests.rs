use super::{Action, Level, ResourceKind};

#[test]
fn every_action_has_a_name_a_level_and_a_resource() {
    assert_eq!(Action::ALL.len(), 52);
    for action in Action::ALL {
        let text = action.to_string();
        assert_eq!(text.parse(), Ok(*action));
        assert_eq!(text.to_lowercase().parse(), Ok(*action));
        assert_eq!(action.name().parse(), Ok(*action));
        assert!(!action.resource_kinds().is_empty(), "{action}");
        let expected = match action.level() {
            Level::Account => ResourceKind::Any,
            Level::Domain | Level::Tagged => ResourceKind::Domain,
            Level::PackageGroup => ResourceKind::PackageGroup,
            Level::Repository => ResourceKind::Repository,
            Level::Package => ResourceKind::Package,
        };
        assert!(action.takes(expected), "{action}");
    }
}

#[test]
fn reading_is_about_repositories_and_publishing_about_packages() {
    use ResourceKind::{Package, Repository};
    assert_eq!(Action::ReadFromRepository.resource_kinds(), [Repository]);
    assert_eq!(Action::PublishPackageVersion.resource_kinds(), [Package]);
    assert_eq!(Action::PutPackageMetadata.resource_kinds(), [Package]);
}

#[test]
fn an_unknown_action_is_refused() {
    let wrong = "codeartifact:ReadEverything".parse::<Action>().unwrap_err();
    assert!(wrong.to_string().contains("`codeartifact:ReadEverything`"));
    assert!("s3:GetObject".parse::<Action>().is_err());
}
