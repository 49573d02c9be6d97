//! ruby: real files of the corpus.

use crate::shared;

#[test]
fn every_lockfile_of_the_corpus_is_read_to_its_list() {
    shared::check_ecosystem("ruby");
}

#[test]
fn what_the_corpus_asks_for_is_known_by_line_and_group() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let reading = shared::read_folder(&corpus.join("ruby/rails-rails"));
    assert_eq!(reading.problems, []);
    let found = |name: &str| {
        let found = reading
            .dependencies
            .iter()
            .find(|found| found.package.name() == name);
        found.unwrap_or_else(|| panic!("{name} is not there"))
    };
    let sneakers = found("sneakers");
    assert_eq!(&*sneakers.evidence.file, "Gemfile");
    assert!(sneakers.is_direct);
    let mysql = found("mysql2");
    assert_eq!(mysql.requirement.as_deref(), Some("~> 0.5, < 0.5.7"));
    let retry = found("minitest-retry");
    assert_eq!(format!("{:?}", retry.scopes), "{Test}");
    let rack = found("rack");
    assert_eq!(rack.requirement.as_deref(), Some("~> 3.0"));
    assert!(
        reading
            .left_out
            .iter()
            .any(|left_out| left_out.name == "releaser")
    );
}
