use downriver_testkit::simulated_aws::{Server, Settings};

use super::*;

const CATALOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../downriver.toml");

fn version<'v>(held: &'v [HeldVersion], repository: &str, purl_name: &str) -> Vec<&'v str> {
    { held.iter() }
        .filter(|held| held.repository == repository && held.package == purl_name)
        .map(|held| held.version.as_str())
        .collect()
}

#[test]
fn the_example_is_held_and_what_changed_since_stays() {
    let server = Server::start(Settings::default()).unwrap();
    let endpoint = server.endpoint();
    let (repositories, versions) = fill(&endpoint, Path::new(CATALOG)).unwrap();
    let control = Control::new(&endpoint);
    assert_eq!(control.repositories().len(), repositories);
    let held = control.held_versions();
    assert_eq!(held.len(), versions);
    assert!(version(&held, "libraries", "tokens").contains(&"2.3.1"));
    // Only what it was built with was ever copied there.
    assert_eq!(version(&held, "release", "tokens"), ["2.2.0"]);
    let apps = control.repositories();
    let apps = apps.iter().find(|known| known.name == "apps").unwrap();
    assert_eq!(apps.upstreams, ["libraries", "third-party"]);

    let owner = Client::new(&endpoint, "111122223333", REGION);
    let of = [
        ("domain", "acme"),
        ("domain-owner", "111122223333"),
        ("repository", "apps"),
    ];
    let somebody: RoleArn = "arn:aws:iam::111122223333:role/somebody".parse().unwrap();
    let theirs = policy(
        &["codeartifact:ReadFromRepository"],
        &BTreeSet::from([&somebody]),
    );
    let set = owner.put_policy(&of, &theirs.to_string(), None);
    let revision = set.unwrap()["policy"]["revision"].clone();
    let mut unlisted = held[0].clone();
    "Unlisted".clone_into(&mut unlisted.status);
    control.put_versions(&[unlisted.clone()]);
    assert_eq!(fill(&endpoint, Path::new(CATALOG)).unwrap(), (0, 0));
    assert!(control.held_versions().contains(&unlisted));
    let known = owner.codeartifact("/v1/repository/permissions/policy", &of);
    assert_eq!(known.unwrap()["policy"]["revision"], revision);
}

#[test]
fn a_catalog_that_cannot_be_read_is_named() {
    let error = fill("http://127.0.0.1:9", Path::new("nowhere.toml")).unwrap_err();
    assert!(
        format!("{error:#}").starts_with("failed to read nowhere.toml: "),
        "{error:#}"
    );
}
