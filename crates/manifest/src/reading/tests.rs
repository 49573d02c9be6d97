use std::sync::Arc;

use downriver_domain::{Evidence, Scope};
use downriver_version::{Format, PackageId};
use proptest::prelude::*;

use super::{FoundDependency, key, sort_dependencies};

fn package() -> impl Strategy<Value = PackageId> {
    let format = prop_oneof![Just(Format::Npm), Just(Format::Generic)];
    let namespace = proptest::option::of("[a-b-]{1,16}");
    (format, namespace, "[a-b-]{1,16}").prop_map(|(format, namespace, name)| {
        PackageId::new(format, namespace.as_deref(), &name).expect("a name of letters")
    })
}

prop_compose! {
    fn found()(
        package in package(),
        locked in proptest::option::of("[1-2]"),
        via in proptest::collection::vec(package(), 0..2),
        line in 1_u32..3,
        requirement in "[1-9]",
    ) -> FoundDependency {
        FoundDependency {
            package,
            requirement: Some(requirement),
            locked: locked.map(Arc::from),
            is_direct: via.is_empty(),
            via: via.into(),
            via_version: None,
            scopes: Scope::Runtime.into(),
            evidence: Evidence { file: "lock".into(), line: Some(line) },
            lock: None,
        }
    }
}

proptest! {
    #[test]
    fn dependencies_are_sorted_as_their_keys_are(found in proptest::collection::vec(found(), 0..40)) {
        let mut sorted = found.clone();
        sort_dependencies(&mut sorted);
        let mut expected = found;
        expected.sort_by(|one, other| key(one).cmp(&key(other)));
        prop_assert_eq!(sorted, expected);
    }
}
