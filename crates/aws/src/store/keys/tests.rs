use downriver_domain::version::Format;

use super::*;

#[test]
fn instants_sort_as_text() {
    let instants = [i64::MIN, -1, 0, 1, 1_767_225_600_000, i64::MAX];
    let texts = instants.map(|millis| sortable(Timestamp::from_unix_millis(millis)));
    assert!(texts.is_sorted());
    assert!(texts.iter().all(|text| text.len() == 20));
    let application: ApplicationId = "web".parse().unwrap();
    for millis in instants {
        let at = Timestamp::from_unix_millis(millis);
        let sk = timed_sk(at, &application);
        assert_eq!(parse_timed_sk(&sk), Some((at, application.clone())));
        assert!(sk < end_of(at));
    }
}

#[test]
fn names_of_any_length_make_keys_within_dynamodb_limits() {
    let name = "\u{1F300}".repeat(255);
    for (namespace, name) in [(Some(name.as_str()), name.as_str()), (None, &name)] {
        let package = PackageId::new(Format::Generic, namespace, name).unwrap();
        let version = PackageVersionId::new(package.clone(), &"9".repeat(255)).unwrap();
        for pk in [
            edges_of(&package),
            inventories_of(&package),
            history_of_version(&version),
            rollout(&version).pk,
        ] {
            assert!(pk.len() <= 2_048, "{}", pk.len());
        }
        // A sort key has half of that.
        assert!(rollout_sk(&version).len() <= 1_024);
    }
}

#[test]
fn keys_that_were_too_long_stay_apart() {
    let named = |last: &str| {
        let name = format!("{}{last}", "\u{1F300}".repeat(254));
        PackageId::new(Format::Generic, Some(&"\u{1F300}".repeat(255)), &name).unwrap()
    };
    assert_ne!(edges_of(&named("a")), edges_of(&named("b")));
    assert_eq!(edges_of(&named("a")), edges_of(&named("a")));
    let [a, b] = ["a", "b"].map(|last| PackageVersionId::new(named(last), "1").unwrap());
    assert_ne!(rollout(&a), rollout(&b));
    assert_ne!(rollout_sk(&a), rollout_sk(&b));
}

#[test]
fn producers_sort_before_consumers() {
    let [a, z] = ["a", "z"].map(|id| id.parse::<ApplicationId>().unwrap());
    assert!(edge_sk(true, &z) < edge_sk(false, &a));
    assert_eq!(parse_edge_sk(&edge_sk(true, &z)), Some((true, z)));
    assert_eq!(parse_edge_sk("2#a"), None);
}

/// What is stored must be found again by every later version.
#[test]
fn shards_stay_where_they_are() {
    let shards = ["a", "api", "web", "web-2", "x"].map(|id| shard_of(&id.parse().unwrap()));
    assert_eq!(shards, [2, 0, 3, 1, 1]);
}
